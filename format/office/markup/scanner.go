// Package markup reads the XML that office programs write, token by token, and keeps nothing of it.
//
// It is a pull scanner for what machines write, not a validating parser: names are told without their prefix, the names of start
// and end tags are not compared, and a DOCTYPE is passed over, so that no entity but the five of XML 1.0 (section 4.6) and
// references to characters is ever expanded. Text comes in pieces of any length, so that the memory does not grow with it; only
// a tag must fit into it.
package markup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/chartroom/chartroom/format"
)

// Token is what the scanner met.
type Token uint8

// The tokens.
const (
	EOF   Token = iota
	Start       // of an element: Name and NextAttr tell of it; an empty element gives an End, too
	End
	Text // a piece of text or of a CDATA section: Text gives it
)

const (
	bufferSize = 64 << 10
	maxTag     = 4 << 20 // bytes of a tag that are held
	maxEntity  = 12      // bytes of a reference, with & and ;
)

// Scanner reads one document. It is for one goroutine.
type Scanner struct {
	src   io.Reader
	buf   []byte
	r, w  int
	eof   bool
	err   error
	depth int
	due   bool // the end of an empty element was not told yet
	cdata bool // the scanner stands in a CDATA section

	name    []byte
	attrs   []byte // of the start tag, those that were not asked for yet
	key     []byte
	value   []byte
	text    []byte
	scratch []byte
}

// New makes a scanner over a text in UTF-8.
func New(src io.Reader) *Scanner { return &Scanner{src: src, buf: make([]byte, bufferSize)} }

// Reset begins another document in the same memory.
func (s *Scanner) Reset(src io.Reader) {
	if len(s.buf) > bufferSize {
		s.buf = make([]byte, bufferSize)
	}
	*s = Scanner{src: src, buf: s.buf, scratch: s.scratch[:0]}
}

// Depth is the number of open elements; at a Start the element itself is one of them, at its End no more.
func (s *Scanner) Depth() int { return s.depth }

// Name is the element's name without its prefix, good until the next token.
func (s *Scanner) Name() []byte { return s.name }

// Text is the piece of text, with its references resolved, good until the next token.
func (s *Scanner) Text() []byte { return s.text }

// Next gives the next token. Errors are those of reading, format.ErrDamaged for what is no XML, and format.ErrLimit for a tag of
// over 4 MiB.
func (s *Scanner) Next() (Token, error) {
	if s.due {
		s.due = false
		s.depth--
		return End, nil
	}
	for {
		if s.r == s.w && !s.more() {
			return EOF, s.ended()
		}
		switch {
		case s.cdata:
			if s.section() {
				return Text, nil
			}
		case s.buf[s.r] != '<':
			s.chars()
			return Text, nil
		default:
			token, err := s.tag()
			if err != nil || token != EOF {
				return token, err
			}
		}
	}
}

// Skip passes over the element whose Start was told last, to behind its End.
func (s *Scanner) Skip() error {
	for at := s.depth; s.depth >= at; {
		token, err := s.Next()
		if err != nil {
			return err
		}
		if token == EOF {
			return nil
		}
	}
	return nil
}

// Only gives the text of the element whose Start was told last, and passes over it, if nothing else stands in it than one child
// of the name, without attributes, and that only text, and no more has to be read to see so; else it does nothing. Nearly all
// cells of a sheet are so. The text is good until the next token.
func (s *Scanner) Only(child string) ([]byte, bool) {
	rest, n := s.buf[s.r:s.w], len(child)
	if s.due || len(rest) < n+2 || rest[0] != '<' || rest[n+1] != '>' || string(rest[1:n+1]) != child {
		return nil, false
	}
	text := rest[n+2:]
	end := bytes.IndexByte(text, '<')
	if end < 0 {
		return nil, false
	}
	rest = text[end:]
	if len(rest) < n+5 || rest[1] != '/' || rest[n+2] != '>' || rest[n+3] != '<' || rest[n+4] != '/' || string(rest[2:n+2]) != child {
		return nil, false
	}
	last := bytes.IndexByte(rest[n+4:], '>')
	if last < 0 {
		return nil, false
	}
	s.r += n + 2 + end + n + 4 + last + 1
	s.depth--
	return s.resolve(text[:end]), true
}

// Gather appends all text within the element whose Start was told last, at most limit bytes, and passes over it.
func (s *Scanner) Gather(to []byte, limit int) ([]byte, error) {
	for at := s.depth; s.depth >= at; {
		token, err := s.Next()
		if err != nil || token == EOF {
			return to, err
		}
		if token == Text && len(to) < limit {
			to = append(to, s.text[:min(len(s.text), limit-len(to))]...)
		}
	}
	return to, nil
}

// ended tells how the input ended.
func (s *Scanner) ended() error {
	if s.err != nil {
		return s.err
	}
	if s.depth > 0 || s.cdata {
		return format.Damaged("the text ends within an element")
	}
	return nil
}

// more moves what is left to the front and fills the buffer. It tells whether there is more than there was.
func (s *Scanner) more() bool {
	if s.eof {
		return false
	}
	if s.r == 0 && s.w == len(s.buf) {
		bigger := make([]byte, 2*len(s.buf))
		copy(bigger, s.buf)
		s.buf = bigger
	} else {
		s.w = copy(s.buf, s.buf[s.r:s.w])
		s.r = 0
	}
	n, err := io.ReadFull(s.src, s.buf[s.w:])
	s.w += n
	if err != nil {
		s.eof = true
		if err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
			s.err = err
		}
	}
	return n > 0
}

// chars takes the text up to the next tag, or what there is of it.
func (s *Scanner) chars() {
	end := bytes.IndexByte(s.buf[s.r:s.w], '<')
	if end < 0 && s.r > 0 && s.more() {
		end = bytes.IndexByte(s.buf[s.r:s.w], '<')
	}
	if end < 0 {
		end = s.w - s.r
		if at := bytes.LastIndexByte(s.buf[s.r:s.w], '&'); at > 0 && end-at < maxEntity && !s.eof {
			end = at // the reference may go on
		}
	}
	s.text = s.resolve(s.buf[s.r : s.r+end])
	s.r += end
}

// section takes the text of a CDATA section up to its end, or what there is of it. It tells whether there was any.
func (s *Scanner) section() bool {
	rest := s.buf[s.r:s.w]
	end := bytes.Index(rest, []byte("]]>"))
	switch {
	case end >= 0:
		s.cdata = false
		s.text = rest[:end]
		s.r += end + 3
	case len(rest) > 2:
		s.text = rest[:len(rest)-2]
		s.r += len(s.text)
	case !s.more():
		s.text = rest
		s.r = s.w
	default:
		return s.section()
	}
	return len(s.text) > 0
}

// tag takes what begins with <. It gives EOF for what is passed over.
func (s *Scanner) tag() (Token, error) {
	for s.w-s.r < 9 && s.more() { // as long as <![CDATA[
	}
	if s.w-s.r < 2 {
		return EOF, s.torn()
	}
	switch s.buf[s.r+1] {
	case '/':
		return s.endTag()
	case '?':
		return EOF, s.pass(2, "?>")
	case '!':
		return EOF, s.declaration()
	}
	end, err := s.close()
	if err != nil {
		return EOF, err
	}
	inner := s.buf[s.r+1 : s.r+end]
	s.r += end + 1
	if n := len(inner); n > 0 && inner[n-1] == '/' {
		s.due = true
		inner = inner[:n-1]
	}
	s.name, s.attrs = cut(inner)
	if len(s.name) == 0 {
		return EOF, format.Damaged("an element without a name")
	}
	s.depth++
	return Start, nil
}

// endTag takes the end of an element.
func (s *Scanner) endTag() (Token, error) {
	end, err := s.close()
	if err != nil {
		return EOF, err
	}
	if s.depth == 0 {
		return EOF, format.Damaged("an element ends that did not begin")
	}
	s.name, _ = cut(s.buf[s.r+2 : s.r+end])
	s.r += end + 1
	s.depth--
	return End, nil
}

// declaration takes a comment, the beginning of a CDATA section, or a DOCTYPE.
func (s *Scanner) declaration() error {
	rest := s.buf[s.r:s.w]
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		return s.pass(4, "-->")
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		s.cdata = true
		s.r += 9
		return nil
	}
	return s.doctype()
}

// torn is the error of a tag without an end.
func (s *Scanner) torn() error {
	if s.err != nil {
		return s.err
	}
	return format.Damaged("the text ends within a tag")
}

// close gives the distance of the > that closes the tag, past those in quoted values, of which there are hardly any.
func (s *Scanner) close() (int, error) {
	if at := bytes.IndexByte(s.buf[s.r:s.w], '>'); at > 1 {
		tag := s.buf[s.r : s.r+at]
		if tag[1] == '/' || bytes.Count(tag, []byte{'"'})&1 == 0 && bytes.IndexByte(tag, '\'') < 0 {
			return at, nil
		}
	}
	for from, quote := 1, byte(0); ; {
		rest := s.buf[s.r:s.w]
		for from < len(rest) {
			if quote != 0 {
				k := bytes.IndexByte(rest[from:], quote)
				if k < 0 {
					from = len(rest)
					break
				}
				from += k + 1
				quote = 0
				continue
			}
			c := rest[from]
			if c == '>' {
				return from, nil
			}
			if c == '"' || c == '\'' {
				quote = c
			}
			from++
		}
		if len(rest) >= maxTag {
			return 0, fmt.Errorf("a tag of over %d MiB: %w", maxTag>>20, format.ErrLimit)
		}
		if !s.more() {
			return 0, s.torn()
		}
	}
}

// pass goes behind the mark, from an offset on.
func (s *Scanner) pass(from int, mark string) error {
	for s.r += from; ; {
		rest := s.buf[s.r:s.w]
		if k := bytes.Index(rest, []byte(mark)); k >= 0 {
			s.r += k + len(mark)
			return nil
		}
		s.r += max(0, len(rest)-len(mark)+1)
		if !s.more() {
			return s.torn()
		}
	}
}

// doctype passes over a DOCTYPE with all that is declared in it (XML 1.0, section 2.8).
func (s *Scanner) doctype() error {
	brackets, quote := 0, byte(0)
	for s.r += 2; ; {
		for s.r < s.w {
			c := s.buf[s.r]
			s.r++
			switch {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '[':
				brackets++
			case c == ']':
				brackets--
			case c == '>' && brackets <= 0:
				return nil
			}
		}
		if !s.more() {
			return s.torn()
		}
	}
}

// blank tells what stands between attributes.
func blank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// cut parts a tag into its name without the prefix and its attributes.
func cut(tag []byte) (name, attrs []byte) {
	from := 0
	for i, c := range tag {
		if c == ':' {
			from = i + 1
		} else if c <= ' ' {
			return tag[from:i], tag[i:]
		}
	}
	return tag[from:], nil
}

// NextAttr goes to the element's next attribute that declares no namespace, and tells whether there is one.
func (s *Scanner) NextAttr() bool {
	for {
		p := s.attrs
		i := 0
		for i < len(p) && blank(p[i]) {
			i++
		}
		from := i
		for i < len(p) && p[i] != '=' {
			i++
		}
		to := i
		for to > from && blank(p[to-1]) {
			to--
		}
		key := p[from:to]
		for i++; i < len(p) && blank(p[i]); i++ {
		}
		if i >= len(p) || p[i] != '"' && p[i] != '\'' {
			s.attrs = nil
			return false
		}
		end := bytes.IndexByte(p[i+1:], p[i])
		if end < 0 {
			s.attrs = nil
			return false
		}
		value := p[i+1 : i+1+end]
		s.attrs = p[i+end+2:]
		if k := bytes.IndexByte(key, ':'); k >= 0 {
			if string(key[:k]) == "xmlns" {
				continue
			}
			key = key[k+1:]
		} else if string(key) == "xmlns" {
			continue
		}
		s.key, s.value = key, value
		return true
	}
}

// Key is the attribute's name without its prefix.
func (s *Scanner) Key() []byte { return s.key }

// Value is the attribute's value with its references resolved, good until the next one is asked for.
func (s *Scanner) Value() []byte { return s.resolve(s.value) }

// Attr gives the value of the first attribute of a name, "" when there is none. The attributes before it cannot be asked for
// again.
func (s *Scanner) Attr(name string) []byte {
	for s.NextAttr() {
		if string(s.key) == name {
			return s.Value()
		}
	}
	return nil
}

// resolve replaces references (XML 1.0, section 4.1). One that is not known stays as it is.
func (s *Scanner) resolve(p []byte) []byte {
	at := bytes.IndexByte(p, '&')
	if at < 0 {
		return p
	}
	s.scratch = s.scratch[:0]
	for ; at >= 0; at = bytes.IndexByte(p, '&') {
		s.scratch = append(s.scratch, p[:at]...)
		p = p[at:]
		end := bytes.IndexByte(p[:min(len(p), maxEntity)], ';')
		r, ok := rune(0), false
		if end > 1 {
			r, ok = reference(p[1:end])
		}
		if !ok {
			s.scratch = append(s.scratch, '&')
			p = p[1:]
			continue
		}
		s.scratch = appendRune(s.scratch, r)
		p = p[end+1:]
	}
	s.scratch = append(s.scratch, p...)
	return s.scratch
}

// appendRune appends a character; one that XML does not allow becomes a blank.
func appendRune(to []byte, r rune) []byte {
	if r < ' ' && r != '\n' && r != '\t' && r != '\r' {
		r = ' '
	}
	return append(to, string(r)...)
}

// reference gives the character of a reference without its & and ;.
func reference(name []byte) (rune, bool) {
	switch string(name) {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if name[0] != '#' || len(name) < 2 {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(string(digits), base, 21)
	return rune(n), err == nil
}
