package hl7v2

import (
	"io"
)

// unescape appends a value with its escape sequences decoded (HL7 v2.9 chapter 2, section 7). What is no escape sequence
// stays as it is: text with lone backslashes is common.
func unescape(dst, v []byte, sep separators) []byte {
	for i := 0; i < len(v); {
		if v[i] != sep.escape {
			dst = append(dst, v[i])
			i++
			continue
		}
		end := i + 1
		for end < len(v) && end-i < 512 && v[end] != sep.escape {
			end++
		}
		if end == len(v) || v[end] != sep.escape {
			dst = append(dst, v[i])
			i++
			continue
		}
		var ok bool
		if dst, ok = sequence(dst, v[i+1:end], sep); ok {
			i = end + 1
			continue
		}
		dst = append(dst, v[i])
		i++
	}
	return dst
}

// sequence appends what an escape sequence stands for.
func sequence(dst, s []byte, sep separators) ([]byte, bool) {
	if len(s) == 0 {
		return dst, false
	}
	if len(s) == 1 {
		switch s[0] {
		case 'F':
			return append(dst, sep.field), true
		case 'S':
			return append(dst, sep.component), true
		case 'T':
			return append(dst, sep.sub), true
		case 'R':
			return append(dst, sep.repetition), true
		case 'E':
			return append(dst, sep.escape), true
		case 'P':
			return append(dst, '#'), true
		case 'H', 'N': // highlighting
			return dst, true
		}
		return dst, false
	}
	switch s[0] {
	case 'X':
		return appendHex(dst, s[1:])
	case 'C', 'M':
		if _, ok := appendHex(nil, s[1:]); ok && (len(s) == 5 || len(s) == 7) {
			return append(dst, ' '), true // a switch of the character set
		}
	case '.':
		return formatting(dst, s[1:])
	}
	return dst, false
}

// formatting appends what a formatting command of FT leaves in plain text: a line end or a blank.
func formatting(dst, s []byte) ([]byte, bool) {
	if len(s) < 2 {
		return dst, false
	}
	switch string(s[:2]) {
	case "br", "sp", "ce":
		return append(dst, '\n'), true
	case "fi", "nf", "in", "ti", "sk":
		return append(dst, ' '), true
	}
	return dst, false
}

func appendHex(dst, s []byte) ([]byte, bool) {
	if len(s) == 0 || len(s)&1 == 1 {
		return dst, false
	}
	was := len(dst)
	for i := 0; i < len(s); i += 2 {
		hi, lo := hexValues[s[i]], hexValues[s[i+1]]
		if hi > 15 || lo > 15 {
			return dst[:was], false
		}
		dst = append(dst, hi<<4|lo)
	}
	return dst, true
}

const (
	skipped = 0x80 // a byte between digits that means nothing
	padding = 0x81
	foreign = 0xff // a byte that does not belong there
)

// base64Values are the values of the digits of base 64, of both alphabets (RFC 4648).
var base64Values = func() (t [256]byte) {
	for i := range t {
		t[i] = foreign
	}
	for i := range byte(26) {
		t['A'+i], t['a'+i] = i, i+26
	}
	for i := range byte(10) {
		t['0'+i] = i + 52
	}
	t['+'], t['/'], t['-'], t['_'], t['='] = 62, 63, 62, 63, padding
	t[' '], t['\t'], t['\r'], t['\n'] = skipped, skipped, skipped, skipped
	return t
}()

// hexValues are the values of the digits of base 16.
var hexValues = func() (t [256]byte) {
	for i := range t {
		t[i] = foreign
	}
	for i := range byte(10) {
		t['0'+i] = i
	}
	for i := range byte(6) {
		t['a'+i], t['A'+i] = i+10, i+10
	}
	t[' '], t['\t'], t['\r'], t['\n'] = skipped, skipped, skipped, skipped
	return t
}()

// decoder decodes base 64 or base 16 while it is read. Blanks and escape sequences between the digits mean nothing; a byte
// that does not belong there is skipped and remembered.
type decoder struct {
	src     io.Reader
	table   *[256]byte
	escape  byte
	group   int // digits that make whole bytes: 4, or 2
	size    int // how many digits to read at a time
	raw     []byte
	out     []byte
	pending []byte
	digits  uint32
	held    int // digits held
	within  bool
	eof     bool
	bad     bool
}

// Read implements io.Reader.
func (d *decoder) Read(p []byte) (int, error) {
	if d.raw == nil {
		d.raw, d.out = make([]byte, d.size), make([]byte, 0, d.size)
	}
	for tries := 0; len(d.pending) == 0; tries++ {
		switch {
		case d.eof:
			return 0, io.EOF
		case tries > 1000:
			return 0, errStalled
		}
		got, err := d.src.Read(d.raw)
		if err != nil && err != io.EOF {
			return 0, err
		}
		if got > 0 {
			tries = 0
		}
		d.out = d.out[:0]
		d.decode(d.raw[:got])
		if err == io.EOF {
			d.eof = true
			d.finish()
		}
		d.pending = d.out
	}
	n := copy(p, d.pending)
	d.pending = d.pending[n:]
	return n, nil
}

func (d *decoder) decode(v []byte) {
	for i := 0; i < len(v); i++ {
		if d.group == 4 && d.held == 0 && !d.within {
			i = d.quads(v, i)
			if i >= len(v) {
				return
			}
		}
		c := v[i]
		switch value := d.table[c]; {
		case c == d.escape && c != 0:
			d.within = !d.within
		case d.within || value == skipped:
		case value == padding:
			d.finish()
		case value == foreign:
			d.bad = true
		default:
			d.digit(value)
		}
	}
}

// quads decodes whole groups of four digits, and gives where it stopped.
func (d *decoder) quads(v []byte, i int) int {
	t := d.table
	for ; i+4 <= len(v); i += 4 {
		a, b, c, e := t[v[i]], t[v[i+1]], t[v[i+2]], t[v[i+3]]
		if a|b|c|e > 63 {
			break
		}
		d.out = append(d.out, a<<2|b>>4, b<<4|c>>2, c<<6|e)
	}
	return i
}

func (d *decoder) digit(value byte) {
	if d.group == 2 {
		d.digits = d.digits<<4 | uint32(value)
		if d.held++; d.held == 2 {
			d.out = append(d.out, byte(d.digits))
			d.digits, d.held = 0, 0
		}
		return
	}
	d.digits = d.digits<<6 | uint32(value)
	if d.held++; d.held == 4 {
		d.out = append(d.out, byte(d.digits>>16), byte(d.digits>>8), byte(d.digits))
		d.digits, d.held = 0, 0
	}
}

// finish ends a group that is not full.
func (d *decoder) finish() {
	switch {
	case d.group == 4 && d.held == 2:
		d.out = append(d.out, byte(d.digits>>4))
	case d.group == 4 && d.held == 3:
		d.out = append(d.out, byte(d.digits>>10), byte(d.digits>>2))
	case d.held > 0:
		d.bad = true
	}
	d.digits, d.held = 0, 0
}
