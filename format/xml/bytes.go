package xml

import (
	"bytes"
	"encoding/binary"
	"html"
	"math/bits"
	"unicode/utf8"
)

// class sorts bytes for the places where a loop must know more than one.
type class uint8

const (
	nameStart class = 1 << iota // what a name may begin with; all beyond ASCII may
	nameEnd                     // what an element's name ends before
	attrEnd                     // what an attribute's name ends before
	colon
)

var classes = func() (t [256]class) {
	for c := range 256 {
		if c|0x20 >= 'a' && c|0x20 <= 'z' && c < 0x80 || c == '_' || c == ':' || c >= 0x80 {
			t[c] |= nameStart
		}
		if c <= ' ' || c == '/' || c == '>' || c == '<' {
			t[c] |= nameEnd
		}
		if c <= ' ' || c == '/' || c == '>' || c == '<' || c == '=' || c == '"' || c == '\'' {
			t[c] |= attrEnd
		}
	}
	t[':'] |= colon
	return t
}()

// Eight bytes at a time.
const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

func load(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// zeros is the first byte of eight that is marked by its top bit.
func zeros(m uint64) int { return bits.TrailingZeros64(m) >> 3 }

// quoted gives where the quotation mark stands, -1 when it does not, and whether an ampersand stands before it.
func quoted(b []byte, q byte) (n int, amp bool) {
	i, marks := 0, uint64(q)*ones
	for ; i+8 <= len(b); i += 8 {
		x := load(b[i:])
		y, z := x^marks, x^('&'*ones)
		at := (y - ones) &^ y & tops
		ands := (z - ones) &^ z & tops
		if at != 0 {
			return i + zeros(at), amp || ands != 0 && zeros(ands) < zeros(at)
		}
		amp = amp || ands != 0
	}
	for ; i < len(b); i++ {
		if b[i] == q {
			return i, amp
		}
		amp = amp || b[i] == '&'
	}
	return -1, amp
}

// maxReference is how long a reference to a character or an entity may be.
const maxReference = 64

// whole is how much of a piece of text may be cut off: no reference and no rune is divided.
func whole(b []byte) int {
	tail := b[max(0, len(b)-maxReference):]
	if i := bytes.LastIndexByte(tail, '&'); i >= 0 && bytes.IndexByte(tail[i:], ';') < 0 {
		return len(b) - len(tail) + i
	}
	return runes(b, len(b))
}

// runes is the most of b[:n] that divides no rune.
func runes(b []byte, n int) int {
	for back := 1; back < utf8.UTFMax && back <= n; back++ {
		if c := b[n-back]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[n-back:n]) {
				return n - back
			}
			break
		}
	}
	return n
}

// decode resolves the references of a text to characters and to XML's own five entities. Others stay as they are, and are
// counted: they are the document's own, which are never expanded.
func (s *Scanner) decode(b []byte) []byte {
	n := bytes.IndexByte(b, '&')
	if n < 0 {
		return b
	}
	if s.html {
		return []byte(html.UnescapeString(string(b)))
	}
	from := len(s.scratch)
	out := s.scratch
	for n >= 0 {
		out = append(out, b[:n]...)
		b = b[n:]
		r, size := reference(b)
		switch {
		case size == 0: // a bare ampersand
			out = append(out, '&')
			b = b[1:]
		case r == 0:
			s.unknown++
			out = append(out, b[:size]...)
			b = b[size:]
		default:
			out = utf8.AppendRune(out, r)
			b = b[size:]
		}
		n = bytes.IndexByte(b, '&')
	}
	s.scratch = append(out, b...)
	return s.scratch[from:len(s.scratch):len(s.scratch)]
}

// reference reads a reference: its character, 0 for an entity that is not XML's own, and its length, 0 when it is none.
func reference(b []byte) (rune, int) {
	end := bytes.IndexByte(b[:min(len(b), maxReference)], ';')
	if end < 2 {
		return 0, 0
	}
	name := b[1:end]
	switch string(name) {
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "amp":
		return '&', end + 1
	case "quot":
		return '"', end + 1
	case "apos":
		return '\'', end + 1
	}
	if name[0] != '#' {
		for _, c := range name {
			if classes[c]&nameStart == 0 && (c < '0' || c > '9') && c != '-' && c != '.' {
				return 0, 0
			}
		}
		return 0, end + 1
	}
	r, base := rune(0), rune(10)
	name = name[1:]
	if len(name) > 0 && name[0]|0x20 == 'x' {
		name, base = name[1:], 16
	}
	if len(name) == 0 {
		return 0, 0
	}
	for _, c := range name {
		d := rune(c) - '0'
		if base == 16 && c|0x20 >= 'a' && c|0x20 <= 'f' {
			d = rune(c|0x20) - 'a' + 10
		} else if d < 0 || d > 9 {
			return 0, 0
		}
		if r = r*base + d; r > utf8.MaxRune {
			return utf8.RuneError, end + 1
		}
	}
	if r == 0 || !utf8.ValidRune(r) {
		r = utf8.RuneError
	}
	return r, end + 1
}
