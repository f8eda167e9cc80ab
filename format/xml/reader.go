package xml

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/format/json"
)

// Reader reads XML documents of no known schema. Each path of elements and attributes is a field; the values and the last name
// decide what it holds. Records are the elements that repeat.
type Reader struct{}

// Name is the format and the version of the rules.
func (Reader) Name() string { return "xml/1" }

// peekSize is how much of the head is tried.
const peekSize = 4 << 10

// Claims reads the first tokens: an XML declaration, or an element with nothing wrong near it, is likely XML. What has a
// reader of its own claims more.
func (Reader) Claims(name string, head []byte) format.Claim {
	text := bytes.TrimLeft(charset.Head(head), " \t\r\n")
	if len(text) < 4 || text[0] != '<' {
		return format.No
	}
	if bytes.HasPrefix(text, []byte("<?xml")) {
		return format.Likely
	}
	if text[1] == '?' && !Named(name) {
		return format.No
	}
	text = text[:min(len(text), peekSize)]
	s := NewScanner(context.Background(), bytes.NewReader(text), int64(len(text)))
	elements := 0
	for {
		t, err := s.Next()
		if t == Start {
			elements++
		}
		if err == nil && t != EOF {
			continue
		}
		switch {
		case elements == 0 && !Named(name): // perhaps a comment that is longer than what was tried
			return format.No
		case s.faults > 0 && !Named(name):
			return format.No
		case elements == 1 && err != nil && !Named(name): // a word in angle brackets
			return format.Maybe
		}
		return format.Likely
	}
}

// Named tells whether a file's name says that it is XML.
func Named(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".xml", ".xsd", ".xsl", ".xslt", ".svg", ".rdf", ".cda", ".ccda", ".plist", ".rss", ".atom", ".wsdl", ".xmi", ".gpx", ".kml":
		return true
	}
	return false
}

// Read reads the document.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	body, _ := charset.Reader(in.Head, in.Body)
	w := newWalker(NewScanner(ctx, body, in.Size), out)
	w.survey(charset.Head(in.Head))
	err := w.document()
	if e := w.wr.Flush(); err == nil {
		err = e
	}
	w.s.Gaps(out)
	return err
}

// Gaps reports what the scanner passed over. Call it when the document was read.
func (s *Scanner) Gaps(out format.Output) {
	if s.deep > 0 {
		out.Gap(estate.GapLimit, fmt.Sprintf("%d elements deeper than %d, passed over", s.deep, MaxDepth))
	}
	if s.unknown > 0 || s.declares {
		out.Gap(estate.GapNotFollowed, fmt.Sprintf("%d references to entities of the document's own, not expanded", s.unknown))
	}
	if s.faults > 0 {
		out.Gap(estate.GapDamaged, fmt.Sprintf("not well-formed at %d places, first near offset %d", s.faults, s.first))
	}
}

// ValueReader gives the value that a scanner stands in, all of its pieces, as a stream. The scanner must not be used until the
// stream was read, and Drop passes what is left of it.
func ValueReader(s *Scanner) *Value { return &Value{s, s.Value()} }

// Value is a value as a stream.
type Value struct {
	s    *Scanner
	rest []byte
}

// Read gives the next bytes of the value.
func (r *Value) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if !r.s.More() {
			return 0, io.EOF
		}
		if _, err := r.s.Next(); err != nil {
			return 0, err
		}
		r.rest = r.s.Value()
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// LongText hands out the value that the scanner stands in, piece by piece, each as a record of its own which carries some of its
// neighbours as context.
func LongText(w *json.Writer, s *Scanner, place uint32) error {
	if err := w.Flush(); err != nil {
		return err
	}
	return format.Pieces(ValueReader(s), func(p format.Piece) error {
		w.Batch.Put(place, p.Text)
		w.Batch.From, w.Batch.To = uint32(p.From), uint32(p.To)
		return w.Flush()
	})
}
