package xml

import (
	"bytes"
	"io"
)

// Space is a namespace: a number that Scanner.URI turns into a name. 0 is none, or a prefix that is not declared.
type Space uint32

// binding is a prefix that stands for a namespace.
type binding struct {
	prefix string
	space  Space
}

// URI is the name of a namespace.
func (s *Scanner) URI(n Space) string { return s.spaces[n] }

// bind declares a prefix for the element that is being opened. Beyond a bound, prefixes stay undeclared.
func (s *Scanner) bind(prefix, uri []byte) {
	if len(s.bound) >= maxBindings {
		s.fault()
		return
	}
	n := Space(0)
	for n < Space(len(s.spaces)) && s.spaces[n] != string(uri) {
		n++
	}
	if n == Space(len(s.spaces)) {
		if n >= maxSpaces || len(uri) > MaxName {
			s.fault()
			n = 0
		} else {
			s.spaces = append(s.spaces, string(uri))
		}
	}
	s.bound = append(s.bound, binding{string(prefix), n})
	if len(prefix) == 0 {
		s.main = n
	}
}

// resolve gives the namespace of a prefix.
func (s *Scanner) resolve(prefix []byte) Space {
	if len(prefix) == 0 {
		return s.main
	}
	for i := len(s.bound) - 1; i >= 0; i-- {
		if s.bound[i].prefix == string(prefix) {
			return s.bound[i].space
		}
	}
	return 0
}

// push opens an element by its name as written, and where its colon stands.
func (s *Scanner) push(name []byte, at int, bound int) {
	if s.html {
		s.tag(name)
		return
	}
	if len(s.stack) == MaxDepth {
		if s.over++; s.over == 1 {
			s.deep++
		}
		s.bound = s.bound[:bound]
		s.rebound()
		return
	}
	l := level{from: uint32(len(s.names)), bound: uint32(bound)}
	s.names = append(s.names, name...)
	l.local = l.from + uint32(at+1)
	l.space = s.main
	if at > 0 {
		l.space = s.resolve(name[:at])
	}
	s.stack = append(s.stack, l)
	s.name, s.space = name[at+1:], l.space
}

// pop closes the innermost element.
func (s *Scanner) pop() error {
	if s.html {
		return nil
	}
	if s.over > 0 {
		s.over--
		return nil
	}
	l := s.stack[len(s.stack)-1]
	s.stack = s.stack[:len(s.stack)-1]
	s.name, s.space = s.names[l.local:], l.space
	s.names = s.names[:l.from]
	if int(l.bound) < len(s.bound) {
		s.bound = s.bound[:l.bound]
		s.rebound()
	}
	return nil
}

// local gives where the colon of a name stands, -1 when there is none.
func local(name []byte) int {
	n := bytes.IndexByte(name, ':')
	if n == len(name)-1 {
		return -1
	}
	return n
}

// startTag reads a start tag, with all attributes that stand in the chunk.
func (s *Scanner) startTag() (Token, error) {
	for {
		b := s.buf[s.r:s.w]
		i, at := 1, -1
		for i < len(b) && classes[b[i]]&nameEnd == 0 {
			if b[i] == ':' && at < 0 {
				at = i - 1
			}
			i++
		}
		name := b[1:i]
		bound := len(s.bound)
		s.attrs = s.attrs[:0]
		s.scratch = s.scratch[:0]
		i, ended := s.attributes(b, i)
		few := len(s.attrs) < MaxAttrs
		if !ended && few && s.fill() {
			s.bound = s.bound[:bound]
			s.rebound()
			continue
		}
		if !ended && few && !s.full() {
			s.bound = s.bound[:bound]
			return EOF, s.short("a tag")
		}
		if len(name) > MaxName || at == len(name)-1 {
			name = name[:min(len(name), MaxName)]
			at = local(name)
		}
		s.push(name, at, bound)
		s.r += i
		if !ended {
			s.state = inTag
		}
		return Start, nil
	}
}

// rebound works out the default namespace anew.
func (s *Scanner) rebound() {
	s.main = 0
	for _, b := range s.bound {
		if b.prefix == "" {
			s.main = b.space
		}
	}
}

// attributes reads the attributes of b from i on. It gives where it came to, and whether that is behind the tag's end; if
// not, it is the first attribute that does not end within b.
func (s *Scanner) attributes(b []byte, i int) (at int, ended bool) {
	for {
		for i < len(b) && b[i] <= ' ' {
			i++
		}
		if i+1 >= len(b) && (i >= len(b) || b[i] != '>') {
			return i, false
		}
		switch b[i] {
		case '>':
			return i + 1, true
		case '/':
			if b[i+1] == '>' {
				s.state = inEmpty
				return i + 2, true
			}
			s.fault()
			i++
			continue
		case '<': // the tag's end is missing
			s.fault()
			return i, true
		}
		if len(s.attrs) >= MaxAttrs {
			return i, false
		}
		if end := s.plain(b, i); end > 0 {
			i = end
			continue
		}
		key, v, end, ok := s.attribute(b, i)
		if !ok {
			return i, false
		}
		i = end
		s.keep(key, v)
	}
}

// plain reads the attribute of b at i if it is written as nearly all are: a short name without a prefix, an equals sign, and
// a value in quotation marks without a reference. It gives where the attribute ends, 0 when it is another.
func (s *Scanner) plain(b []byte, i int) int {
	from := i
	for i < len(b) && classes[b[i]]&(attrEnd|colon) == 0 {
		i++
	}
	if i+2 >= len(b) || b[i] != '=' || i == from || i-from > MaxName || b[i+1] != '"' {
		return 0
	}
	name := b[from:i]
	if name[0] == 'x' && string(name) == "xmlns" {
		return 0
	}
	n, amp := quoted(b[i+2:], '"')
	if n < 0 || amp {
		return 0
	}
	s.attrs = append(s.attrs, Attr{Name: name, Value: b[i+2 : i+2+n]})
	return i + n + 3
}

// keep adds an attribute to those of the tag.
func (s *Scanner) keep(key, v []byte) {
	a := Attr{Name: key, Value: v}
	if n := local(key); n > 0 {
		a.Prefix, a.Name = key[:n], key[n+1:]
	}
	if len(key) >= 5 && key[0] == 'x' && key[1] == 'm' {
		switch {
		case string(key) == "xmlns":
			s.bind(nil, v)
			return
		case string(a.Prefix) == "xmlns":
			s.bind(a.Name, v)
			return
		}
	}
	s.attrs = append(s.attrs, a)
}

// attribute reads one attribute of b from i on. ok is false where it does not end within b.
func (s *Scanner) attribute(b []byte, i int) (key, v []byte, end int, ok bool) {
	from := i
	for i < len(b) && classes[b[i]]&attrEnd == 0 {
		i++
	}
	if i == from { // an equals sign, or a quotation mark, that belongs to nothing
		i++
	}
	key = b[from:min(i, from+MaxName)]
	for i < len(b) && b[i] <= ' ' {
		i++
	}
	if i >= len(b) {
		return nil, nil, 0, false
	}
	if b[i] != '=' {
		s.fault()
		return key, nil, i, true
	}
	for i++; i < len(b) && b[i] <= ' '; i++ {
	}
	if i >= len(b) {
		return nil, nil, 0, false
	}
	q := b[i]
	if q != '"' && q != '\'' {
		n := i
		for n < len(b) && b[n] > ' ' && b[n] != '>' {
			n++
		}
		if n == len(b) {
			return nil, nil, 0, false
		}
		s.fault()
		return key, s.decode(b[i:n]), n, true
	}
	i++
	n, amp := quoted(b[i:], q)
	if n < 0 {
		return nil, nil, 0, false
	}
	v = b[i : i+n]
	if amp {
		v = s.decode(v)
	}
	return key, v, i + n + 1, true
}

// longTag goes on in a start tag that is longer than the chunk, or that has more than MaxAttrs attributes.
func (s *Scanner) longTag() (Token, error) {
	s.scratch = s.scratch[:0]
	for {
		s.state = content
		s.attrs = s.attrs[:0]
		b := s.buf[s.r:s.w]
		i := 0
		for i < len(b) && b[i] <= ' ' {
			i++
		}
		if len(b)-i < 2 && s.fill() {
			continue
		}
		if i == len(b) {
			return EOF, s.short("a tag")
		}
		s.r += i
		b = b[i:]
		switch {
		case b[0] == '>':
			s.r++
			return s.next()
		case b[0] == '/' && len(b) > 1 && b[1] == '>':
			s.r += 2
			if !s.html {
				s.state = inEmpty
			}
			return s.next()
		case b[0] == '/':
			s.r++
			continue
		case b[0] == '<':
			s.fault()
			return s.next()
		}
		key, v, end, ok := s.attribute(b, 0)
		switch {
		case ok:
			s.r += end
			s.state = inTag
			s.key, s.val, s.more = key, v, false
			if n := local(key); n > 0 {
				s.key = key[n+1:]
			}
			return Long, nil
		case s.fill():
		case !s.full():
			return EOF, s.short("a tag")
		default:
			return s.longStart()
		}
	}
}

// longStart begins an attribute that is longer than the chunk, at whose name the scanner stands. A name without an end is no
// attribute, but text.
func (s *Scanner) longStart() (Token, error) {
	b := s.buf[s.r:s.w]
	i := 0
	for i < len(b) && classes[b[i]]&attrEnd == 0 {
		i++
	}
	key := b[:min(i, MaxName)]
	if n := local(key); n > 0 {
		key = key[n+1:]
	}
	s.longKey = append(s.longKey[:0], key...)
	s.key = s.longKey
	for i < len(b) && (b[i] <= ' ' || b[i] == '=') {
		i++
	}
	s.quote = 0
	if i < len(b) && (b[i] == '"' || b[i] == '\'') {
		s.quote = b[i]
		i++
	}
	s.r += i
	return Long, s.longValue()
}

// longValue reads a piece of an attribute's value that is longer than the chunk.
func (s *Scanner) longValue() error {
	s.scratch = s.scratch[:0]
	for {
		b := s.buf[s.r:s.w]
		n := -1
		if s.quote != 0 {
			n = bytes.IndexByte(b, s.quote)
		} else {
			n = bytes.IndexAny(b, " \t\r\n>")
		}
		if n >= 0 {
			s.more, s.state = false, inTag
			s.val = s.decode(b[:n])
			s.r += n
			if s.quote != 0 {
				s.r++
			}
			return nil
		}
		if s.fill() {
			continue
		}
		if !s.full() {
			return s.short("a tag")
		}
		n = whole(b)
		s.more, s.state = true, inLong
		s.val = s.decode(b[:n])
		s.r += n
		return nil
	}
}

// endTag reads an end tag. One that closes an outer element closes those within; one that closes nothing is passed over.
func (s *Scanner) endTag() (Token, error) {
	b := s.buf[s.r:s.w]
	if len(s.stack) > 0 && s.over == 0 {
		name := s.names[s.stack[len(s.stack)-1].from:]
		if n := len(name); len(b) > n+2 && b[n+2] == '>' && string(b[2:n+2]) == string(name) {
			s.r += n + 3
			return End, s.pop()
		}
	}
	for {
		b = s.buf[s.r:s.w]
		n := bytes.IndexByte(b, '>')
		if n >= 0 {
			name := b[2:n]
			s.r += n + 1
			return s.closes(name)
		}
		if s.fill() {
			continue
		}
		if !s.full() {
			return EOF, s.short("a tag")
		}
		s.r += 2 // a name without an end closes nothing
		s.fault()
		return EOF, nil
	}
}

// closes closes the innermost element of a name, and what stands in it.
func (s *Scanner) closes(name []byte) (Token, error) {
	if s.html {
		s.lower(name)
		return End, nil
	}
	if s.over > 0 {
		return End, s.pop()
	}
	for len(name) > 0 && name[len(name)-1] <= ' ' {
		name = name[:len(name)-1]
	}
	name = name[:min(len(name), MaxName)]
	end := len(s.names)
	for i := len(s.stack) - 1; i >= 0; i-- {
		from := int(s.stack[i].from)
		if string(s.names[from:end]) == string(name) {
			if s.close = len(s.stack) - 1 - i; s.close > 0 {
				s.fault()
				s.state = closing
			}
			return End, s.pop()
		}
		end = from
	}
	s.fault()
	return EOF, nil
}

// declaration passes a document type declaration, its internal subset included. Nothing in it is looked at but whether it
// declares entities.
func (s *Scanner) declaration() error {
	depth, quote := 0, byte(0)
	for {
		if s.w-s.r < len("<!ENTITY") {
			s.fill()
		}
		if s.r == s.w {
			if s.err != io.EOF {
				return s.err
			}
			return s.short("a declaration")
		}
		b := s.buf[s.r:s.w]
		c := b[0]
		s.r++
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && !s.html:
			quote = c
		case c == '<' && bytes.HasPrefix(b, []byte("<!--")), c == '<' && bytes.HasPrefix(b, []byte("<?")):
			term := "?>"
			if b[1] == '!' {
				term = "-->"
			}
			s.open(Comment, len(term)-1, term)
			for more := true; more; more = s.more {
				if _, err := s.section(); err != nil {
					return err
				}
			}
			s.state = content
		case c == '<':
			s.declares = s.declares || bytes.HasPrefix(b, []byte("<!ENTITY"))
			depth++
		case c == '>':
			if depth--; depth <= 0 || s.html {
				return nil
			}
		}
	}
}
