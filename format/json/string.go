package json

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
	// pieceMargin is how many bytes at the end of a full buffer are kept for the next piece: a pair of \u escapes.
	pieceMargin = 12
	// wordScan is how many bytes of a string are looked at by words before the search by blocks sets in.
	wordScan = 32
)

func load(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// look is what a search for a string's end has seen in it.
type look uint8

const (
	clean   look = iota // neither escapes nor control characters
	raw                 // no escapes
	escaped             // escapes
)

// stringEnd finds the quote that ends the string whose text begins at b[i]; -1 when it is not in b.
func stringEnd(b []byte, i int) (end int, seen look) {
	for stop := min(len(b)-8, i+wordScan); i < stop; {
		x := load(b[i:])
		q, e := x^(ones*'"'), x^(ones*'\\')
		m := ((q-ones)&^q | (e-ones)&^e | (x-ones*0x20)&^x) & tops
		if m == 0 {
			i += 8
			continue
		}
		i += zeros(m)
		if b[i] == '"' {
			return i, clean
		}
		break
	}
	return longEnd(b, i)
}

// longEnd is stringEnd for what is not short and plain.
func longEnd(b []byte, i int) (end int, seen look) {
	seen = raw
	q := -1
	for {
		if q < i {
			if i > len(b) {
				return -1, seen
			}
			k := bytes.IndexByte(b[i:], '"')
			if k < 0 {
				return -1, seen
			}
			q = i + k
		}
		k := bytes.IndexByte(b[i:q], '\\')
		if k < 0 {
			return q, seen
		}
		seen = escaped
		i += k + 2
	}
}

// string reads the string whose text begins at r into val.
func (s *Scanner) string() error {
	end, seen := stringEnd(s.buf[:s.w], s.r)
	if seen == clean {
		s.val = s.buf[s.r:end]
		s.r = end + 1
		return nil
	}
	if end < 0 {
		if s.fill() || s.r == 0 && s.w == len(s.buf) {
			end, seen = stringEnd(s.buf[:s.w], s.r)
		}
		if end < 0 {
			return s.startPieces()
		}
	}
	return s.take(end, seen)
}

// take makes buf[r:end] the value and passes the quote.
func (s *Scanner) take(end int, seen look) error {
	text := s.buf[s.r:end]
	if s.lines && seen != clean && bytes.IndexByte(text, '\n') >= 0 {
		return s.damaged("a string runs over the line's end")
	}
	if seen == escaped {
		text = s.decode(text)
	}
	s.val = text
	s.r = end + 1
	return nil
}

// startPieces hands out the first piece of a string that the buffer cannot hold.
func (s *Scanner) startPieces() error {
	if s.err != nil {
		return s.short()
	}
	s.more = true
	return s.piece()
}

// piece hands out the next piece of a long string.
func (s *Scanner) piece() error {
	if end, seen := longEnd(s.buf[:s.w], s.r); end >= 0 {
		s.more = false
		return s.take(end, seen)
	}
	if s.w < len(s.buf) || s.r > 0 {
		if s.fill() {
			return s.piece()
		}
		if s.err != nil {
			s.more = false
			return s.short()
		}
	}
	cut := safeCut(s.buf[:s.w])
	text := s.buf[:cut]
	if s.lines && bytes.IndexByte(text, '\n') >= 0 {
		s.more = false
		return s.damaged("a string runs over the line's end")
	}
	if bytes.IndexByte(text, '\\') >= 0 {
		text = s.decode(text)
	}
	s.val, s.r = text, cut
	return nil
}

// safeCut finds where a full buffer of a string's text can be cut: not within an escape, a pair of them, or a character.
func safeCut(b []byte) int {
	cut := len(b) - pieceMargin
	for i := 0; i < cut; {
		k := bytes.IndexByte(b[i:cut], '\\')
		if k < 0 {
			break
		}
		i += k
		n := 2
		if b[i+1] == 'u' {
			n = 6
			if surrogateAt(b[i:]) && i+8 <= len(b) && b[i+6] == '\\' && b[i+7] == 'u' {
				n = 12
			}
		}
		if i+n > cut {
			return i
		}
		i += n
	}
	for n := 0; n < 3 && b[cut]&0xC0 == 0x80; n++ {
		cut--
	}
	return cut
}

func surrogateAt(b []byte) bool {
	r, ok := hex4(b)
	return ok && utf16.IsSurrogate(r)
}

// hex4 reads \uXXXX.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

var escapes = [256]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', '"': '"', '\\': '\\', '/': '/'}

// decode resolves the escapes of a string's text. What is no escape stays as it is.
func (s *Scanner) decode(text []byte) []byte {
	out := s.scratch[:0]
	for {
		k := bytes.IndexByte(text, '\\')
		if k < 0 || k+1 == len(text) {
			out = append(out, text...)
			break
		}
		out = append(out, text[:k]...)
		text = text[k:]
		if text[1] != 'u' {
			if c := escapes[text[1]]; c != 0 {
				out = append(out, c)
			} else {
				out = append(out, text[:2]...)
			}
			text = text[2:]
			continue
		}
		r, ok := hex4(text)
		if !ok {
			out = append(out, text[:2]...)
			text = text[2:]
			continue
		}
		text = text[6:]
		if utf16.IsSurrogate(r) {
			low, ok := rune(0), len(text) > 1 && text[0] == '\\' && text[1] == 'u'
			if ok {
				low, ok = hex4(text)
			}
			if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
				text = text[6:]
			}
		}
		out = utf8.AppendRune(out, r)
	}
	s.scratch = out
	return out
}

// zeros counts the bytes before the lowest set top bit of a mask of bytes.
func zeros(mask uint64) int { return bits.TrailingZeros64(mask) >> 3 }
