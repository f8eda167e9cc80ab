package xml

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/chartroom/chartroom/format"
)

// Token is a kind of token.
type Token uint8

// The tokens.
const (
	EOF         Token = iota
	Start             // a start tag: Name, Space, Attrs
	End               // an element's end: Name, Space. An empty element has both
	Text              // character data, decoded, without the blanks around it: Value, More
	Long              // an attribute too long to stand among Attrs: Key, Value, More
	Comment           // a comment: Value, More
	Instruction       // a processing instruction: Value, More
)

const (
	// MaxDepth is how many elements deep the scanner follows. What lies deeper it passes over, and counts.
	MaxDepth = 512
	// MaxAttrs is how many attributes of one element Attrs holds. The others come as Long tokens.
	MaxAttrs = 1024
	// MaxName is how many bytes of a name are looked at. A longer name is cut.
	MaxName = 256

	minBuffer   = 4 << 10
	maxBindings = 1 << 10
	maxSpaces   = 1 << 10
)

// Attr is one attribute of a start tag. The bytes are good until the next token. Declarations of namespaces are none.
type Attr struct{ Prefix, Name, Value []byte }

// state is what the scanner stands in.
type state uint8

const (
	content   state = iota // between tags
	inEmpty                // behind the tag of an empty element
	inTag                  // in a start tag that is longer than the chunk
	inLong                 // in an attribute's value that is
	inText                 // in character data that is
	inSection              // in a comment, a CDATA section or an instruction that is
	closing                // in an end tag that closes several elements
	raw                    // in an element of HTML that holds no markup
)

// Scanner cuts XML into tokens. It holds one chunk of the text, whatever its shape, and allocates nothing for a token.
type Scanner struct {
	ctx  context.Context
	src  io.Reader
	buf  []byte
	r, w int   // what is not yet read: buf[r:w]
	base int64 // offset of buf[0] in the text
	err  error // of the source; io.EOF at its end

	html  bool
	state state
	over  int // elements open beyond MaxDepth
	stack []level
	names []byte // of the open elements
	bound []binding
	main  Space // the default namespace

	spaces []string
	name   []byte // local name of the last Start or End
	space  Space
	attrs  []Attr
	key    []byte // of the last Long
	val    []byte // of the last token that has a value
	more   bool   // val is a piece, and another follows

	quote   byte   // that ends the value of a Long
	token   Token  // of the open section
	term    string // that ends the open section
	close   int    // elements still to be closed
	scratch []byte // decoded values
	longKey []byte

	deep     int64 // elements passed over because they stood too deep
	unknown  int64 // references to entities that are not XML's own
	declares bool  // the document declares entities
	faults   int64 // places that are not well-formed
	first    int64 // offset of the first of them
}

// level is an open element.
type level struct {
	from, local uint32 // of its name in names: with its prefix, and without
	bound       uint32 // bindings before it
	space       Space
}

// NewScanner makes a scanner over UTF-8 text. The size bounds its memory where the text is short; -1 = not known.
func NewScanner(ctx context.Context, src io.Reader, size int64) *Scanner {
	n := format.ChunkSize
	if size >= 0 && size < int64(n) {
		n = max(int(size)+64, minBuffer)
	}
	return &Scanner{ctx: ctx, src: src, buf: make([]byte, n), spaces: make([]string, 1, 8), stack: make([]level, 0, 32)}
}

// Name is the local name of the last Start or End.
func (s *Scanner) Name() []byte { return s.name }

// Space is the namespace of the last Start or End.
func (s *Scanner) Space() Space { return s.space }

// Attrs gives the attributes of the last Start, in their order.
func (s *Scanner) Attrs() []Attr { return s.attrs }

// Partial tells that the last Start has attributes that come as Long tokens.
func (s *Scanner) Partial() bool { return s.state == inTag }

// Attr gives the value of an attribute of the last Start by its local name; nil when there is none.
func (s *Scanner) Attr(name string) []byte {
	for i := range s.attrs {
		if string(s.attrs[i].Name) == name {
			return s.attrs[i].Value
		}
	}
	return nil
}

// Key is the local name of the attribute that the last Long token is of.
func (s *Scanner) Key() []byte { return s.key }

// Value is the text of the last token that has one. It is good until the next token.
func (s *Scanner) Value() []byte { return s.val }

// More tells that the last value was a piece: the next token is its next piece.
func (s *Scanner) More() bool { return s.more }

// Depth is the number of open elements.
func (s *Scanner) Depth() int { return len(s.stack) }

// Offset is where the scanner stands, in bytes of UTF-8 text.
func (s *Scanner) Offset() int64 { return s.base + int64(s.r) }

// TooDeep is how many elements were passed over because they stood deeper than MaxDepth.
func (s *Scanner) TooDeep() int64 { return s.deep }

// Entities is how many references to entities that are not XML's own were left as they are, and whether the document
// declares any.
func (s *Scanner) Entities() (references int64, declared bool) { return s.unknown, s.declares }

// Faults is at how many places the document is not well-formed, and the offset of the first.
func (s *Scanner) Faults() (count, first int64) { return s.faults, s.first }

// fill moves what is not read to the front and reads until the buffer is full. It tells whether anything came.
func (s *Scanner) fill() bool {
	if s.err != nil {
		return false
	}
	if err := s.ctx.Err(); err != nil {
		s.err = err
		return false
	}
	if s.r > 0 {
		s.base += int64(s.r)
		copy(s.buf, s.buf[s.r:s.w])
		s.w -= s.r
		s.r = 0
	}
	if s.w == len(s.buf) {
		if len(s.buf) >= format.ChunkSize {
			return false
		}
		s.buf = append(s.buf, make([]byte, format.ChunkSize-len(s.buf))...)
	}
	n, err := io.ReadFull(s.src, s.buf[s.w:])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	s.w, s.err = s.w+n, err
	return n > 0
}

// full tells whether the buffer can hold no more: what does not end within it must be taken in pieces.
func (s *Scanner) full() bool { return s.err == nil }

// short is the error where the text ends within something.
func (s *Scanner) short(what string) error {
	if s.err != nil && s.err != io.EOF {
		return s.err
	}
	return format.Damaged("offset %d: ends within %s", s.Offset(), what)
}

// fault notes a place that is not well-formed. In HTML, everything is.
func (s *Scanner) fault() {
	if s.html {
		return
	}
	if s.faults++; s.faults == 1 {
		s.first = s.Offset()
	}
}

// Next gives the next token. Its error is that of the source, or format.ErrDamaged where the text ends within an element.
func (s *Scanner) Next() (Token, error) {
	for {
		before := s.over
		t, err := s.next()
		if before == 0 && s.over == 0 || err != nil || t == EOF {
			return t, err
		}
	}
}

func (s *Scanner) next() (Token, error) {
	switch s.state {
	case content:
	case inEmpty:
		s.state = content
		return End, s.pop()
	case closing:
		if s.close--; s.close == 0 {
			s.state = content
		}
		return End, s.pop()
	case inTag:
		return s.longTag()
	case inLong:
		return Long, s.longValue()
	case inText:
		return Text, s.text()
	case inSection:
		return s.section()
	case raw:
		return s.raw()
	}
	for {
		c := s.blanks()
		switch {
		case c == 0 && s.r == s.w:
			return s.end()
		case c != '<':
			return Text, s.text()
		}
		if s.w-s.r < len("<![CDATA[") {
			s.fill()
		}
		t, err := s.markup()
		if t != EOF || err != nil {
			return t, err
		}
	}
}

// end is the token at the end of the text.
func (s *Scanner) end() (Token, error) {
	if s.err != io.EOF {
		return EOF, s.err
	}
	if len(s.stack) > 0 {
		return EOF, s.short("an element")
	}
	return EOF, nil
}

// markup reads what begins with the bracket at which the scanner stands. EOF without an error is what has no token.
func (s *Scanner) markup() (Token, error) {
	b := s.buf[s.r:s.w]
	if len(b) < 2 {
		return Text, s.text() // a lone bracket
	}
	switch c := b[1]; {
	case classes[c]&nameStart != 0 && (!s.html || c|0x20 >= 'a' && c < 0x80):
		return s.startTag()
	case c == '/':
		return s.endTag()
	case c == '?':
		s.open(Instruction, 2, "?>")
		return s.section()
	case c == '!':
		switch {
		case bytes.HasPrefix(b, []byte("<!--")):
			s.open(Comment, 4, "-->")
			return s.section()
		case bytes.HasPrefix(b, []byte("<![CDATA[")):
			s.open(Text, 9, "]]>")
			return s.section()
		}
		return EOF, s.declaration()
	}
	s.fault()
	return Text, s.text()
}

// blanks passes white space and gives the byte that follows, 0 at the end of the text. Control characters, such as the
// padding of a file that was made too long, pass as white space.
func (s *Scanner) blanks() byte {
	for {
		i, b := s.r, s.buf[:s.w]
		for i < len(b) && i < s.r+2 { // nearly always one line break, or nothing
			if b[i] > ' ' {
				s.r = i
				return b[i]
			}
			i++
		}
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

// text reads character data up to the next bracket. What is longer than the chunk comes in pieces.
func (s *Scanner) text() error {
	s.state = content
	first := !s.more
	s.more = false
	for {
		b := s.buf[s.r:s.w]
		from := 0
		if first && len(b) > 0 && b[0] == '<' {
			from = 1 // a bracket that begins nothing
		}
		n := bytes.IndexByte(b[min(from, len(b)):], '<')
		if n >= 0 {
			n += from
		} else if n = len(b); s.fill() {
			continue
		} else if s.full() {
			s.more, s.state = true, inText
			n = whole(b)
		} else if s.err != io.EOF {
			return s.err
		}
		b = s.buf[s.r : s.r+n]
		s.r += n
		if !s.more {
			for len(b) > 0 && b[len(b)-1] <= ' ' {
				b = b[:len(b)-1]
			}
		}
		s.scratch = s.scratch[:0]
		s.val = s.decode(b)
		return nil
	}
}

// open begins a section.
func (s *Scanner) open(t Token, n int, term string) {
	s.r += n
	s.token, s.term = t, term
	s.more = false
}

// section reads a comment, a CDATA section or an instruction up to its end, in pieces where it is longer than the chunk.
func (s *Scanner) section() (Token, error) {
	s.state, s.more = content, false
	for from := 0; ; {
		b := s.buf[s.r:s.w]
		n := bytes.Index(b[from:], []byte(s.term))
		if n >= 0 {
			s.val = b[:from+n]
			s.r += from + n + len(s.term)
			return s.token, nil
		}
		if from = max(0, len(b)-len(s.term)+1); s.fill() {
			continue
		}
		if !s.full() {
			if s.html && s.err == io.EOF {
				s.val, s.r = b, s.w
				return s.token, nil
			}
			return EOF, s.short("a comment, a CDATA section or an instruction")
		}
		n = runes(b, len(b)-len(s.term)+1)
		s.val = b[:n]
		s.r += n
		s.more, s.state = true, inSection
		return s.token, nil
	}
}

// Drop passes what is left of a value that comes in pieces.
func (s *Scanner) Drop() error {
	for s.more {
		if _, err := s.Next(); err != nil {
			return err
		}
	}
	return nil
}

// Skip passes the rest of the element whose Start was read last, its End included.
func (s *Scanner) Skip() error {
	for depth := len(s.stack); ; {
		t, err := s.Next()
		if err != nil || t == End && len(s.stack) < depth {
			return err
		}
	}
}
