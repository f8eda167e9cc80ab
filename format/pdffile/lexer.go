package pdffile

import (
	"io"
	"strconv"

	"github.com/chartroom/chartroom/format"
)

// Limits on one object (ISO 32000-2 section 7.3 sets none).
const (
	maxNesting  = 64
	maxElements = 1 << 20 // of one array or dictionary, and of an object in all
	maxString   = 8 << 20
)

// The objects of a PDF: nil, bool, int64, float64, text, name, array, dict, ref, and in content streams operator.
type (
	// Text is a string.
	Text []byte
	// Name is a name without its slash.
	Name string
	// Array is a list of objects.
	Array []any
	// Dict is a dictionary.
	Dict map[Name]any
	// Ref refers to an object by its number and generation.
	Ref struct{ Num, Gen uint32 }
	// Operator is a keyword, which is an operator in a content stream.
	Operator string
)

// Lexer cuts a stream of bytes into objects.
type Lexer struct {
	src      io.Reader
	buf      []byte
	pos, end int
	base     int64 // offset of the buffer in the stream
	err      error
	elements int
}

// NewLexer makes a lexer with a window of so many bytes.
func NewLexer(src io.Reader, size int) *Lexer { return &Lexer{src: src, buf: make([]byte, size)} }

// offset is where the next byte stands in the stream.
func (l *Lexer) offset() int64 { return l.base + int64(l.pos) }

// peek gives the next byte, and false at the end.
func (l *Lexer) peek() (byte, bool) {
	if l.pos == l.end && !l.fill() {
		return 0, false
	}
	return l.buf[l.pos], true
}

func (l *Lexer) fill() bool {
	if l.err != nil {
		return false
	}
	l.base += int64(l.end)
	l.pos, l.end = 0, 0
	for tries := 0; l.end == 0 && l.err == nil; tries++ {
		l.end, l.err = l.src.Read(l.buf)
		if tries == 100 {
			l.err = io.ErrNoProgress
		}
	}
	return l.end > 0
}

// Next gives the next byte, and false at the end.
func (l *Lexer) Next() (byte, bool) {
	c, ok := l.peek()
	if ok {
		l.pos++
	}
	return c, ok
}

// Classes of characters (section 7.2.3).
const (
	regular = iota
	white
	delimiter
)

var classes = func() (t [256]uint8) {
	for _, c := range []byte("\x00\t\n\f\r ") {
		t[c] = white
	}
	for _, c := range []byte("()<>[]{}/%") {
		t[c] = delimiter
	}
	return t
}()

// White tells whether a byte is white space (section 7.2.3).
func White(c byte) bool { return classes[c] == white }

// blanks skips white space and comments.
func (l *Lexer) blanks() {
	for {
		c, ok := l.peek()
		switch {
		case !ok:
			return
		case classes[c] == white:
			l.pos++
		case c == '%':
			for ok && c != '\n' && c != '\r' {
				c, ok = l.Next()
			}
		default:
			return
		}
	}
}

// Marks that close something, as objects.
const (
	closeArray = Operator("]")
	closeDict  = Operator(">>")
)

// Object reads the next object; io.EOF at the end. Within a content stream no references stand, so that "1 0 R" is three objects.
func (l *Lexer) Object(refs bool) (any, error) {
	l.elements = 0
	return l.nested(refs, 0)
}

func (l *Lexer) nested(refs bool, depth int) (any, error) {
	l.blanks()
	c, ok := l.Next()
	if !ok {
		if l.err != nil && l.err != io.EOF {
			return nil, l.err
		}
		return nil, io.EOF
	}
	if l.elements++; depth > maxNesting || l.elements > maxElements {
		return nil, format.Damaged("an object of over %d elements, or %d deep", maxElements, maxNesting)
	}
	switch c {
	case '(':
		return l.literal()
	case '/':
		return l.name(), nil
	case '[':
		return l.array(refs, depth)
	case ']':
		return closeArray, nil
	case '<':
		if n, _ := l.peek(); n == '<' {
			l.pos++
			return l.dict(refs, depth)
		}
		return l.hex()
	case '>':
		if n, _ := l.peek(); n == '>' {
			l.pos++
			return closeDict, nil
		}
		return Operator(">"), nil
	case ')', '{', '}':
		return Operator(string(c)), nil
	}
	return l.word(c), nil
}

// word reads a number, a keyword or an operator.
func (l *Lexer) word(first byte) any {
	var b [64]byte
	w := append(b[:0], first)
	for c, ok := l.peek(); ok && classes[c] == regular; c, ok = l.peek() {
		if l.pos++; len(w) < cap(b) {
			w = append(w, c)
		}
	}
	if first >= '0' && first <= '9' || first == '-' || first == '+' || first == '.' {
		if v, ok := number(w); ok {
			return v
		}
	}
	switch string(w) {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	return Operator(w)
}

// number reads an integer or a real (section 7.3.3).
func number(w []byte) (any, bool) {
	n, sign, digits := int64(0), int64(1), 0
	for i, c := range w {
		switch {
		case i == 0 && c == '-':
			sign = -1
		case i == 0 && c == '+':
		case c >= '0' && c <= '9' && digits < 18:
			n = n*10 + int64(c-'0')
			digits++
		default:
			f, err := strconv.ParseFloat(string(w), 64)
			if err != nil && len(w) > 1 && w[0] == '-' && w[1] == '-' { // as some writers write it
				f, err = strconv.ParseFloat(string(w[1:]), 64)
			}
			return f, err == nil
		}
	}
	return sign * n, digits > 0
}

// name reads a name behind its slash (section 7.3.5).
func (l *Lexer) name() Name {
	var b [128]byte
	w := b[:0]
	for c, ok := l.peek(); ok && classes[c] == regular; c, ok = l.peek() {
		l.pos++
		if c == '#' {
			hi, ok1 := l.peek()
			if hex := hexDigit(hi); ok1 && hex >= 0 {
				l.pos++
				lo, _ := l.peek()
				if low := hexDigit(lo); low >= 0 {
					l.pos++
					c = byte(hex<<4 | low)
				}
			}
		}
		if len(w) < cap(b) {
			w = append(w, c)
		}
	}
	return Name(w)
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// literal reads a string behind its bracket (section 7.3.4.2).
func (l *Lexer) literal() (any, error) {
	var s Text
	for depth := 1; ; {
		c, ok := l.Next()
		if !ok {
			return s, nil
		}
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return s, nil
			}
		case '\\':
			if c, ok = l.escape(); !ok {
				continue
			}
		}
		if len(s) == maxString {
			return nil, format.Damaged("a string over %d MiB", maxString>>20)
		}
		s = append(s, c)
	}
}

// escape reads what stands behind a backslash; false for a line break, which stands for nothing.
func (l *Lexer) escape() (byte, bool) {
	c, _ := l.Next()
	switch c {
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case '\r':
		if n, _ := l.peek(); n == '\n' {
			l.pos++
		}
		return 0, false
	case '\n':
		return 0, false
	}
	if c < '0' || c > '7' {
		return c, true
	}
	v := int(c - '0')
	for range 2 {
		d, ok := l.peek()
		if !ok || d < '0' || d > '7' {
			break
		}
		v = v*8 + int(d-'0')
		l.pos++
	}
	return byte(v), true
}

// hex reads a string of hexadecimal digits (section 7.3.4.3).
func (l *Lexer) hex() (any, error) {
	var s Text
	high := -1
	for {
		c, ok := l.Next()
		if !ok || c == '>' {
			if high >= 0 {
				s = append(s, byte(high<<4))
			}
			return s, nil
		}
		d := hexDigit(c)
		switch {
		case d < 0:
		case high < 0:
			high = d
		default:
			if len(s) == maxString {
				return nil, format.Damaged("a string over %d MiB", maxString>>20)
			}
			s = append(s, byte(high<<4|d))
			high = -1
		}
	}
}

// list reads objects up to a closing mark, and makes references of "1 0 R".
func (l *Lexer) list(refs bool, depth int, closing Operator) ([]any, error) {
	var out []any
	for {
		v, err := l.nested(refs, depth+1)
		if err != nil {
			if err == io.EOF {
				return out, nil
			}
			return out, err
		}
		switch op, isOp := v.(Operator); {
		case isOp && op == closing:
			return out, nil
		case isOp && refs && op == "R" && len(out) >= 2:
			num, ok1 := out[len(out)-2].(int64)
			gen, ok2 := out[len(out)-1].(int64)
			if ok1 && ok2 && num >= 0 && num < 1<<32 && gen >= 0 && gen < 1<<16 {
				out = append(out[:len(out)-2], Ref{uint32(num), uint32(gen)})
			}
		case isOp && refs && (op == "endobj" || op == "stream" || op == closeDict || op == closeArray):
			return out, nil // it was never closed
		case isOp:
		default:
			out = append(out, v)
		}
	}
}

func (l *Lexer) array(refs bool, depth int) (any, error) {
	out, err := l.list(refs, depth, closeArray)
	return Array(out), err
}

func (l *Lexer) dict(refs bool, depth int) (any, error) {
	list, err := l.list(refs, depth, closeDict)
	d := make(Dict, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		if key, ok := list[i].(Name); ok {
			d[key] = list[i+1]
		} else {
			i-- // out of step: look for the next name
		}
	}
	return d, err
}
