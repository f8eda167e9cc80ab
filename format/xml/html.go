package xml

import (
	"bytes"
	"io"
)

// HTML tells the scanner that the text is HTML, whose tokens are those of XML by other rules (WHATWG HTML, section 13.2.5): names
// in small letters, attributes without quotation marks or values, named characters, elements that hold no markup, and tags that
// match nothing. Start and End are then given as they stand, Depth and Space tell nothing, and nothing is a fault.
func (s *Scanner) HTML() { s.html = true }

// rawText are the elements whose text is no markup; those that are true have references in it all the same.
var rawText = map[string]bool{
	"script": false, "style": false, "xmp": false, "iframe": false, "noembed": false, "noframes": false, "textarea": true, "title": true,
}

// lower takes a tag's name.
func (s *Scanner) lower(name []byte) {
	for i, c := range name {
		if c <= ' ' || c == '/' { // what stands behind the name of an end tag
			name = name[:i]
			break
		}
	}
	s.names = append(s.names[:0], name[:min(len(name), MaxName)]...)
	for i, c := range s.names {
		if c >= 'A' && c <= 'Z' {
			s.names[i] = c | 0x20
		}
	}
	s.name = s.names
}

// tag takes a start tag of HTML.
func (s *Scanner) tag(name []byte) {
	s.lower(name)
	switch _, ok := rawText[string(s.name)]; {
	case !ok:
		s.state = content // an element that closes itself is as good as one that does not
	case s.state != inEmpty:
		s.state, s.more = raw, false
	}
}

// raw reads the text of an element that holds no markup, up to its end tag, in pieces where it is longer than the chunk.
func (s *Scanner) raw() (Token, error) {
	s.more, s.state = false, content
	for {
		b := s.buf[s.r:s.w]
		n := s.rawEnd(b)
		switch {
		case n >= 0:
		case s.fill():
			continue
		case s.full():
			s.more, s.state = true, raw
			n = min(whole(b), len(b)-MaxName)
			n = runes(b, n)
		case s.err != io.EOF:
			return EOF, s.err
		default:
			n = len(b)
		}
		s.val = b[:n]
		s.r += n
		if rawText[string(s.names)] {
			s.val = s.decode(s.val)
		}
		return Text, nil
	}
}

// rawEnd gives where the end tag of the element stands, -1 when it does not.
func (s *Scanner) rawEnd(b []byte) int {
	for at := 0; ; {
		n := bytes.Index(b[at:], []byte("</"))
		if n < 0 {
			return -1
		}
		at += n
		rest := b[at+2:]
		if len(rest) > len(s.names) && bytes.EqualFold(rest[:len(s.names)], s.names) && classes[rest[len(s.names)]]&nameEnd != 0 {
			return at
		}
		at += 2
	}
}
