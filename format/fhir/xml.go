package fhir

import (
	"bytes"
	"context"
	"io"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/xml"
)

// Namespaces of FHIR in XML. hl7.org/fhir/R4/xml.html
const (
	fhirSpace  = "http://hl7.org/fhir"
	xhtmlSpace = "http://www.w3.org/1999/xhtml"
)

// claimsXML looks for a resource as the root, in FHIR's namespace, or without one if its elements carry values as FHIR's do.
func claimsXML(text []byte) format.Claim {
	s := xml.NewScanner(context.Background(), bytes.NewReader(text), int64(len(text)))
	for n := 0; n < 4; {
		t, err := s.Next()
		if err != nil || t == xml.EOF {
			return format.No
		}
		if t != xml.Start {
			continue
		}
		uri := s.URI(s.Space())
		switch n++; {
		case n == 1 && !known(s.Name()) || uri != "" && uri != fhirSpace:
			return format.No
		case uri == fhirSpace:
			return format.Certain
		case n > 1 && len(s.Attrs()) == 1 && string(s.Attrs()[0].Name) == "value":
			return format.Likely
		}
	}
	return format.No
}

// isXML tells whether a text is XML and not JSON.
func isXML(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) > 0 && text[0] == '<'
}

// translation writes FHIR in XML as FHIR in JSON while it is read, so that one reader serves both. An element that occurs
// several times becomes a member that occurs several times, instead of an array; a number becomes a string; narrative becomes
// its text.
type translation struct {
	s     *xml.Scanner
	out   []byte // written, and not given out yet: out[from:]
	from  int
	err   error
	stack [xml.MaxDepth + 1]element
	depth int
	comma bool   // something stands before in the object
	name  []byte // of the element that is put off
	open  bool   // a string is, whose value comes in pieces
	tail  string // what follows the open string
	div   int    // depth of the narrative that is being read; 0 = none
}

// element is how an open element was written.
type element uint8

const (
	object    element = iota // a member that is an object
	document                 // a resource at the root
	inside                   // a resource within the member around it
	primitive                // a member that is a string
	late                     // not yet: its attributes are still coming
)

func newTranslation(ctx context.Context, src io.Reader, size int64) *translation {
	return &translation{s: xml.NewScanner(ctx, src, size)}
}

// full is how much is written before it is given out.
const full = 32 << 10

// Read gives JSON.
func (x *translation) Read(p []byte) (int, error) {
	if x.from == len(x.out) {
		x.out, x.from = x.out[:0], 0
		for x.err == nil && len(x.out) < full {
			x.err = x.step()
		}
		if len(x.out) == 0 {
			return 0, x.err
		}
	}
	n := copy(p, x.out[x.from:])
	x.from += n
	return n, nil
}

// step translates one token.
func (x *translation) step() error {
	if x.open && !x.s.More() {
		x.out = append(append(x.out, '"'), x.tail...)
		x.open = false
		return nil
	}
	t, err := x.s.Next()
	switch {
	case err != nil:
		return err
	case t == xml.EOF:
		return io.EOF
	case x.open:
		x.escape(x.s.Value())
	case x.div > 0:
		x.narrative(t)
	case t == xml.Start:
		x.begin()
		x.start()
	case t == xml.End:
		x.end()
	case t == xml.Long:
		x.long()
	case t == xml.Text || t == xml.Comment:
		x.remark()
	}
	return nil
}

// start translates a start tag.
func (x *translation) start() {
	name := plainName(x.s.Name())
	up := x.stack[x.depth]
	x.depth++
	switch {
	case x.depth == 1:
		x.stack[x.depth] = document
		x.out = append(x.out, '{')
		x.comma = false
		x.member("resourceType", name)
		return
	case name[0] >= 'A' && name[0] <= 'Z' && up == object:
		x.stack[x.depth] = inside
		x.member("resourceType", name)
		return
	case string(name) == "div" && x.s.URI(x.s.Space()) != fhirSpace:
		x.depth--
		x.div = x.s.Depth()
		x.key(name)
		x.out = append(x.out, '"')
		return
	}
	var id, url []byte
	for _, a := range x.s.Attrs() {
		switch string(a.Name) {
		case "value":
			x.key(name)
			x.string(a.Value)
			x.stack[x.depth] = primitive
			x.name = append(append(x.name[:0], '_'), name...)
			return
		case "id":
			id = a.Value
		case "url":
			url = a.Value
		}
	}
	x.stack[x.depth] = late
	x.name = append(x.name[:0], name...)
	if x.s.Partial() {
		return
	}
	x.begin()
	if id != nil {
		x.member("id", id)
	}
	if url != nil {
		x.member("url", url)
	}
}

// plainName is a name that needs no escape in JSON.
func plainName(name []byte) []byte {
	if len(name) == 0 || bytes.ContainsAny(name, "\"\\") {
		return []byte("x")
	}
	return name
}

// begin opens the object of the innermost element, if it was not written as one yet: what stands in it comes now.
func (x *translation) begin() {
	if e := &x.stack[x.depth]; x.depth > 0 && (*e == primitive || *e == late) {
		*e = object
		x.key(x.name)
		x.out = append(x.out, '{')
		x.comma = false
	}
}

// end translates an element's end.
func (x *translation) end() {
	if x.depth == 0 {
		return
	}
	if x.stack[x.depth] == late {
		x.begin()
	}
	switch x.stack[x.depth] {
	case object:
		x.out = append(x.out, '}')
	case document:
		x.out = append(x.out, "}\n"...)
	}
	x.comma = true
	x.depth--
}

// long takes an attribute that is longer than a chunk.
func (x *translation) long() {
	switch {
	case x.depth == 0:
	case string(x.s.Key()) == "value" && x.stack[x.depth] == late:
		x.stack[x.depth] = primitive
		x.key(x.name)
		x.name = append([]byte{'_'}, x.name...)
	default:
		x.begin()
		x.key(plainName(x.s.Key()))
	}
	x.begins("")
}

// begins writes the value at which the scanner stands as a string, whose end may still be coming.
func (x *translation) begins(tail string) {
	x.out = append(x.out, '"')
	x.escape(x.s.Value())
	x.open, x.tail = true, tail
}

// remark takes a comment, or text where none should be.
func (x *translation) remark() {
	if len(bytes.TrimSpace(x.s.Value())) == 0 && !x.s.More() {
		return
	}
	if x.depth == 0 {
		x.begins("\n")
		return
	}
	if x.stack[x.depth] == late {
		x.begin()
	}
	x.key([]byte("fhir_comments"))
	x.begins("")
}

// narrative writes the text of a Narrative.div.
func (x *translation) narrative(t xml.Token) {
	switch t {
	case xml.Text:
		x.escape(x.s.Value())
		if !x.s.More() {
			x.out = append(x.out, ' ')
		}
	case xml.Start:
		if !inline[string(x.s.Name())] && !bytes.HasSuffix(x.out, []byte(`:"`)) {
			x.out = append(x.out, `\n`...)
		}
		for _, a := range x.s.Attrs() {
			if k := string(a.Name); k == "href" || k == "alt" || k == "title" {
				x.escape(a.Value)
				x.out = append(x.out, ' ')
			}
		}
	case xml.End:
		if x.s.Depth() < x.div {
			x.out = append(x.out, '"')
			x.div = 0
		}
	case xml.Comment, xml.Long:
		x.escape(x.s.Value())
	}
}

// inline are the elements of XHTML that stand within a line.
var inline = words(true, `a abbr acronym b big cite code em font i img q small span strong sub sup td th tt var`)

// key writes a member's name.
func (x *translation) key(name []byte) {
	if x.comma {
		x.out = append(x.out, ',')
	}
	x.comma = true
	x.out = append(append(append(x.out, '"'), name...), `":`...)
}

// member writes a member that is a string.
func (x *translation) member(name string, v []byte) {
	if x.comma {
		x.out = append(x.out, ',')
	}
	x.comma = true
	x.out = append(append(append(x.out, '"'), name...), `":`...)
	x.string(v)
}

// string writes a string.
func (x *translation) string(v []byte) {
	x.out = append(x.out, '"')
	x.escape(v)
	x.out = append(x.out, '"')
}

// escape writes text as it stands in a string (RFC 8259, section 7).
func (x *translation) escape(v []byte) {
	from := 0
	for i, c := range v {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		x.out = append(x.out, v[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			x.out = append(x.out, '\\', c)
		case '\n':
			x.out = append(x.out, `\n`...)
		default:
			x.out = append(x.out, ' ')
		}
	}
	x.out = append(x.out, v[from:]...)
}
