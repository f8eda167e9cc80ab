package json

import (
	"bytes"
	"context"
	"errors"
	"path"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
)

// Reader reads JSON documents of no known schema. Each path is a field; the values and the key's name decide what it holds.
type Reader struct{}

// Name is the format and the version of the rules.
func (Reader) Name() string { return "json/1" }

// peekSize is how much of the head is tried.
const peekSize = 4 << 10

// Claims reads the first tokens: JSON that begins with a container and shows no damage is likely, a bare value is JSON
// only if the name says so.
func (Reader) Claims(name string, head []byte) format.Claim {
	text := bytes.TrimLeft(charset.Head(head), " \t\r\n")
	if len(text) == 0 {
		return format.No
	}
	named := Named(name)
	if text[0] != '{' && text[0] != '[' && !named {
		return format.No
	}
	text = text[:min(len(text), peekSize)]
	s := NewScanner(context.Background(), bytes.NewReader(text), int64(len(text)))
	lines, documents := LineDocuments(name, text), 0
	for n := 0; ; n++ {
		token, err := s.Next()
		if s.Depth() == 0 && token != EOF {
			documents++
		}
		switch {
		case err != nil && lines && documents > 0: // a damaged line among others
			return format.Likely
		case err != nil && !s.ended && s.r < s.w: // a cut off literal is no damage
			return format.No
		case err == nil && token != EOF:
		case text[0] == '{' || text[0] == '[':
			return format.Likely
		case n == 0:
			return format.No
		default:
			return format.Maybe
		}
	}
}

// Named tells whether a file's name says that it is JSON.
func Named(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".json", ".ndjson", ".jsonl", ".geojson", ".har", ".ldjson", ".jsonld", ".fhir":
		return true
	}
	return false
}

// LineDocuments tells whether a text holds a document on each of its lines.
func LineDocuments(name string, head []byte) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".ndjson", ".jsonl", ".ldjson":
		return true
	}
	for _, border := range []string{"}\n{", "}\r\n{", "]\n[", "]\r\n["} {
		if bytes.Contains(head, []byte(border)) {
			return true
		}
	}
	return false
}

// Read reads the documents.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	body, _ := charset.Reader(in.Head, in.Body)
	w := newWalker(NewScanner(ctx, body, in.Size), out)
	if LineDocuments(in.Name, charset.Head(in.Head)) {
		w.s.Lines()
		w.sequence = true
	}
	return Drive(w.s, w.wr, out, w.document)
}

// Drive reads the documents of a text one after the other by read, which gets each document's first token. Damage ends
// the reading, but in a text of one document a line only the line is lost. What was read before is always handed out.
func Drive(s *Scanner, w *Writer, out format.Output, read func(Token) error) error {
	var lost, first int64
	for {
		token, err := s.Next()
		if err == nil && token != EOF {
			err = read(token)
		}
		if errors.Is(err, format.ErrDamaged) && s.lines {
			if lost++; lost == 1 {
				first = s.Offset()
			}
			if err = w.End(); err == nil && s.Resync() {
				continue
			}
			token = EOF
		}
		if err == nil && token == EOF || errors.Is(err, format.ErrDamaged) {
			err = s.fault(err)
		}
		if err != nil || token == EOF {
			if n := s.TooDeep(); n > 0 {
				out.Gap(estate.GapLimit, plural(n, "container")+" deeper than the limit, passed over")
			}
			if lost > 0 {
				out.Gap(estate.GapDamaged, plural(lost, "line")+" damaged, first near offset "+itoa(first))
			}
			if e := w.Flush(); err == nil {
				err = e
			}
			return err
		}
	}
}
