package json

import (
	"context"
	"errors"
	"io"

	"github.com/chartroom/chartroom/format"
)

// Token is a kind of token.
type Token uint8

// The tokens.
const (
	EOF Token = iota
	BeginObject
	EndObject
	BeginArray
	EndArray
	Key
	String
	Number
	Literal // true, false, null, NaN, Infinity
)

const (
	// MaxDepth is how many containers deep the scanner follows. What lies deeper it passes over, and counts.
	MaxDepth = 512
	// MaxKey is how many bytes of a key are looked at. A longer key is cut.
	MaxKey = 256

	minBuffer = 4 << 10
)

// expect is what the grammar allows next.
type expect uint8

const (
	expectValue     expect = iota // a value
	expectFirst                   // a value, or the end of the array
	expectKey                     // a key
	expectFirstKey                // a key, or the end of the object
	expectSeparator               // a comma or the end of the container; at the top, another document
)

// Scanner cuts JSON into tokens. It holds one chunk of the text, whatever its shape, and allocates nothing for a token.
type Scanner struct {
	ctx  context.Context
	src  io.Reader
	buf  []byte
	r, w int   // what is not yet read: buf[r:w]
	base int64 // offset of buf[0] in the text
	err  error // of the source; io.EOF at its end

	objects [MaxDepth / 64]uint64 // bit d: the container at depth d is an object
	object  bool                  // the innermost container is an object
	depth   int
	expect  expect

	val     []byte // of the last Key, String, Number or Literal
	more    bool   // val is a piece, and another follows
	scratch []byte // decoded text
	ended   bool   // the text ended within a value
	lines   bool   // a document a line: no string runs over a line's end
	deep    int64  // containers passed over because they stood too deep
}

// NewScanner makes a scanner over UTF-8 text. The size bounds its memory where the text is short; -1 = not known. It begins with little, as
// a mail or an archive may hold a hundred thousand texts of a few bytes.
func NewScanner(ctx context.Context, src io.Reader, size int64) *Scanner {
	n := minBuffer
	if size >= 0 {
		n = max(int(min(size+64, format.ChunkSize)), minBuffer)
	}
	return &Scanner{ctx: ctx, src: src, buf: make([]byte, n)}
}

// Value is the bytes of the last key, string (decoded), number or literal. They are good until the next call.
func (s *Scanner) Value() []byte { return s.val }

// More tells that the last string was a piece: the next token is the string's next piece.
func (s *Scanner) More() bool { return s.more }

// Depth is the number of open containers.
func (s *Scanner) Depth() int { return s.depth }

// Offset is where the scanner stands, in bytes of UTF-8 text.
func (s *Scanner) Offset() int64 { return s.base + int64(s.r) }

// TooDeep is how many containers were passed over because they stood deeper than MaxDepth.
func (s *Scanner) TooDeep() int64 { return s.deep }

// Lines tells the scanner that each line holds a document of its own.
func (s *Scanner) Lines() { s.lines = true }

// Ahead gives up to n bytes of what follows, without reading them. n is bounded by the chunk.
func (s *Scanner) Ahead(n int) []byte {
	if s.w-s.r < n {
		s.fill()
	}
	return s.buf[s.r:min(s.w, s.r+n)]
}

// fill moves what is not read to the front and reads until the buffer is full. It tells whether anything came.
func (s *Scanner) fill() bool {
	if s.err != nil {
		return false
	}
	if err := s.ctx.Err(); err != nil {
		s.err = err
		return false
	}
	full := s.w == len(s.buf)
	if s.r > 0 {
		s.base += int64(s.r)
		copy(s.buf, s.buf[s.r:s.w])
		s.w -= s.r
		s.r = 0
	}
	switch {
	case full && len(s.buf) < format.ChunkSize: // more than was thought
		s.buf = append(s.buf, make([]byte, format.ChunkSize-len(s.buf))...)
	case s.w == len(s.buf):
		return false
	}
	n, err := io.ReadFull(s.src, s.buf[s.w:])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	s.w, s.err = s.w+n, err
	return n > 0
}

// short is the error where the text ends within a value.
func (s *Scanner) short() error {
	if s.err != nil && s.err != io.EOF {
		return s.err
	}
	s.ended = true
	return s.damaged("ends within a value")
}

// fault gives the source's error where there is one: what looks like damage may be what a failing source left behind.
func (s *Scanner) fault(damage error) error {
	if s.err == nil {
		s.r = s.w
		s.fill()
	}
	if s.err != nil && s.err != io.EOF {
		return s.err
	}
	return damage
}

func (s *Scanner) damaged(what string) error {
	return format.Damaged("offset %d: %s", s.Offset(), what)
}

// class sorts bytes for the places where a loop must know more than one.
type class uint8

const (
	digit  class = 1 << iota // what a number is made of
	letter                   // what a literal is made of
	bracket
	quote
)

var classes = func() (t [256]class) {
	for _, c := range "+-.0123456789eE" {
		t[c] |= digit
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c] |= letter
		t[c-32] |= letter
	}
	t['-'] |= letter
	for _, c := range "{}[]" {
		t[c] |= bracket
	}
	t['"'] |= quote
	return t
}()

// space passes white space and gives the byte that follows, 0 at the end of the text. Control characters, such as the
// padding of a file that was made too long, pass as white space.
func (s *Scanner) space() byte {
	for {
		i, b := s.r, s.buf[:s.w]
		for i+8 <= len(b) {
			x := load(b[i:])
			if m := ((x&^tops + ones*(0x7F-' ')) | x) & tops; m != 0 { // a byte above the blank
				s.r = i + zeros(m)
				return b[s.r]
			}
			i += 8
		}
		for ; i < len(b); i++ {
			if b[i] > ' ' {
				s.r = i
				return b[i]
			}
		}
		s.r = i
		if !s.fill() {
			return 0
		}
	}
}

// byte gives the next byte that is no white space, 0 at the end of the text.
func (s *Scanner) byte() byte {
	if s.r < s.w && s.buf[s.r] > ' ' {
		return s.buf[s.r]
	}
	return s.space()
}

// Next gives the next token.
func (s *Scanner) Next() (Token, error) {
	if s.more {
		return String, s.piece()
	}
	c := s.byte()
	switch s.expect {
	case expectSeparator:
		return s.separated(c)
	case expectValue:
		return s.value(c)
	case expectFirst:
		if c == ']' {
			return s.close(c)
		}
		return s.value(c)
	}
	if c == '"' {
		return Key, s.key()
	}
	if c == '}' && s.expect == expectFirstKey {
		return s.close(c)
	}
	if c == 0 {
		return EOF, s.short()
	}
	return EOF, s.damaged("no key")
}

// separated reads what follows a value: a comma and the next member or element, or the end of the container.
func (s *Scanner) separated(c byte) (Token, error) {
	switch {
	case s.depth == 0:
		return s.value(c)
	case c == ',':
		s.r++
		c = s.byte()
		if !s.object {
			s.expect = expectValue
			return s.value(c)
		}
		s.expect = expectKey
		if c == '"' {
			return Key, s.key()
		}
		return s.Next()
	case c == '}' || c == ']':
		return s.close(c)
	case c == 0:
		return s.end()
	}
	return EOF, s.damaged("no comma between values")
}

// Member reads the next key of the innermost container, which must be an object, and tells whether there is one. Where
// there is none, it has read the object's end. It is Next for whoever knows that he stands in an object, and faster.
func (s *Scanner) Member() (bool, error) {
	if s.more {
		if err := s.Drop(); err != nil {
			return false, err
		}
	}
	c := s.byte()
	if c == ',' && s.expect == expectSeparator {
		s.r++
		c = s.byte()
		s.expect = expectKey
	} else if s.expect != expectFirstKey {
		return s.noMember(c)
	}
	if c != '"' {
		return s.noMember(c)
	}
	b, i := s.buf[:s.w], s.r+1
	end, seen := stringEnd(b, i)
	if seen == clean && end+1 < len(b) && b[end+1] == ':' && end-i <= MaxKey {
		s.val = b[i:end]
		s.r = end + 2
		s.expect = expectValue
		return true, nil
	}
	return true, s.key()
}

func (s *Scanner) noMember(c byte) (bool, error) {
	switch {
	case c == '}' && s.expect != expectKey:
		_, err := s.close(c)
		return false, err
	case c == 0:
		return false, s.short()
	}
	return false, s.damaged("no key")
}

// value reads a value that begins with c.
func (s *Scanner) value(c byte) (Token, error) {
	switch c {
	case '"':
		s.expect = expectSeparator
		s.r++
		return String, s.string()
	case '{', '[':
		return s.open(c)
	case 0:
		return s.end()
	}
	s.expect = expectSeparator
	k := classes[c]
	switch {
	case k&digit != 0 && c != 'e' && c != 'E':
		if err := s.run(digit); err != nil {
			return EOF, err
		}
		if len(s.val) == 1 && c == '-' {
			s.r--
			return s.literal()
		}
		return Number, nil
	case k&letter != 0:
		return s.literal()
	}
	return EOF, s.damaged("no value")
}

// end is the token at the end of the text.
func (s *Scanner) end() (Token, error) {
	if s.depth > 0 || s.err != io.EOF {
		return EOF, s.short()
	}
	return EOF, nil
}

// run reads bytes of a class into val.
func (s *Scanner) run(k class) error {
	for {
		i, b := s.r, s.buf[:s.w]
		for i < len(b) && classes[b[i]]&k != 0 {
			i++
		}
		if i == len(b) {
			if s.fill() {
				continue
			}
			if s.err == nil {
				return s.damaged("a number without an end")
			}
			if s.err != io.EOF {
				return s.err
			}
			i = s.w
		}
		s.val = s.buf[s.r:i]
		s.r = i
		return nil
	}
}

func (s *Scanner) literal() (Token, error) {
	if err := s.run(letter); err != nil {
		return EOF, err
	}
	switch string(s.val) {
	case "true", "false", "null", "NaN", "Infinity", "-Infinity":
		return Literal, nil
	}
	return EOF, s.damaged("no value")
}

// surround notes whether the innermost open container is an object.
func (s *Scanner) surround() {
	d := s.depth - 1
	s.object = d >= 0 && s.objects[d>>6]>>(d&63)&1 != 0
}

func (s *Scanner) open(c byte) (Token, error) {
	if s.depth == MaxDepth {
		s.deep++
		s.val = nil
		s.expect = expectSeparator
		return Literal, s.skipContainer()
	}
	s.r++
	d := s.depth
	s.depth++
	if c == '{' {
		s.objects[d>>6] |= 1 << (d & 63)
		s.expect, s.object = expectFirstKey, true
		return BeginObject, nil
	}
	s.objects[d>>6] &^= 1 << (d & 63)
	s.expect, s.object = expectFirst, false
	return BeginArray, nil
}

func (s *Scanner) close(c byte) (Token, error) {
	if s.depth == 0 || s.object != (c == '}') {
		return EOF, s.damaged("a bracket closes nothing")
	}
	s.r++
	s.depth--
	s.surround()
	s.expect = expectSeparator
	if c == '}' {
		return EndObject, nil
	}
	return EndArray, nil
}

// key reads a key and its colon.
func (s *Scanner) key() error {
	s.r++
	if err := s.string(); err != nil {
		return err
	}
	if len(s.val) > MaxKey || s.more {
		s.val = append([]byte(nil), s.val[:MaxKey]...)
		for s.more {
			kept := s.val
			if err := s.piece(); err != nil {
				return err
			}
			s.val = kept
		}
	}
	s.expect = expectValue
	if s.r < s.w && s.buf[s.r] == ':' {
		s.r++
		return nil
	}
	// What follows may move the buffer, so the key must be held elsewhere.
	if len(s.val) > 0 && (len(s.scratch) == 0 || &s.val[0] != &s.scratch[0]) {
		s.scratch = append(s.scratch[:0], s.val...)
		s.val = s.scratch
	}
	if s.byte() != ':' {
		if s.r == s.w {
			return s.short()
		}
		return s.damaged("no colon after a key")
	}
	s.r++
	return nil
}
