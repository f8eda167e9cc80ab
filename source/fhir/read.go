package fhir

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// maxIdle is how many pages without a resource may follow one another: a server that searches slowly gives some.
const maxIdle = 100

// bundle is one page of a search (FHIR R4, 3.1.1).
type bundle struct {
	ResourceType string `json:"resourceType"`
	Total        *int64 `json:"total"`
	Link         []link `json:"link"`
	Entry        []struct {
		Resource json.RawMessage `json:"resource"`
		Search   struct {
			Mode string `json:"mode"`
		} `json:"search"`
	} `json:"entry"`
}

type link struct {
	Relation string `json:"relation"`
	URL      string `json:"url"`
}

// parseBundle reads a page.
func parseBundle(text []byte) (*bundle, error) {
	var b bundle
	if err := decode(text, &b); err != nil {
		return nil, err
	}
	if b.ResourceType != "Bundle" {
		return nil, failed(estate.GapDamaged, "the server answers a search with something other than a Bundle")
	}
	return &b, nil
}

// link gives an address of the page by its relation; "" for none.
func (b *bundle) link(relation string) string {
	for _, l := range b.Link {
		if l.Relation == relation {
			return l.URL
		}
	}
	return ""
}

// sorted tells whether the server says that the page is sorted by the last update, the newest first.
func (b *bundle) sorted() bool {
	u, err := url.Parse(b.link("self"))
	return err == nil && u.Query().Get("_sort") == "-_lastUpdated"
}

// withheld are the codes of issues by which a server says that it does not show all (FHIR R4, IssueType).
var withheld = []string{"suppressed", "security", "forbidden", "incomplete", "throttled", "timeout", "too-costly", "expired"}

// errWithheld says that a server holds something back.
var errWithheld = failed(estate.GapUnreadable, "the server says that it does not show this login all of it")

// outcome looks at what a server says beside the resources that it found.
func outcome(text json.RawMessage) error {
	var o struct {
		Issue []struct {
			Code string `json:"code"`
		} `json:"issue"`
	}
	if json.Unmarshal(text, &o) != nil {
		return errWithheld
	}
	for _, i := range o.Issue {
		if slices.Contains(withheld, i.Code) {
			return errWithheld
		}
	}
	return nil
}

// page asks for one page, whole: where its connection is cut, nothing of it was handed on yet.
func (s *Server) page(ctx context.Context, u *url.URL) (b *bundle, err error) {
	err = s.ask(ctx, request{url: u}, func(a *http.Response) error {
		text, err := held(a.Body)
		if err == nil {
			b, err = parseBundle(text)
		}
		return err
	})
	return b, err
}

// Open opens a type of resource, or a file of an export. The first page, or the first bytes, are asked for here.
func (s *Server) Open(ctx context.Context, item source.Item) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &reading{s: s, outer: ctx}
	r.ctx, r.cancel = context.WithCancel(ctx)
	var produce func(w io.Writer) error
	switch ref := item.Ref.(type) {
	case *kind:
		r.kind = ref
		produce = func(w io.Writer) error { return s.search(r.ctx, ref.name, w) }
	case *file:
		produce = func(w io.Writer) error { return s.download(r.ctx, ref, w) }
	default:
		r.cancel()
		return nil, failed(estate.GapUnreadable, "an item of another source")
	}
	in, out := io.Pipe()
	r.in, r.Reader, r.done = in, bufio.NewReaderSize(in, source.StreamPart), make(chan struct{})
	go func() {
		defer close(r.done)
		w := bufio.NewWriterSize(out, source.StreamPart)
		err := produce(w)
		_ = out.CloseWithError(errors.Join(w.Flush(), err)) // nil is the end
	}()
	if _, err := r.Peek(1); err != nil && err != io.EOF {
		r.end()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, gap(err)
	}
	return r, nil
}

// reading is one item that is being read.
type reading struct {
	*bufio.Reader
	s      *Server
	kind   *kind           // nil for a file
	outer  context.Context // of whoever opened it
	ctx    context.Context // ends with Close, too
	cancel context.CancelFunc
	in     *io.PipeReader
	done   chan struct{} // closed when nothing more is asked for
}

// Read gives the next bytes.
func (r *reading) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && err != io.EOF {
		if err = cold(err); r.outer.Err() != nil {
			err = r.outer.Err()
		}
	}
	return n, err
}

// end asks for nothing more.
func (r *reading) end() {
	r.cancel()
	r.in.Close()
	<-r.done
}

// Close ends the reading. It gives source.ErrChanged where the type is no longer in the state in which it was listed: pages are not of one
// moment.
func (r *reading) Close() error {
	r.end()
	if r.kind == nil || r.kind.state == (state{}) || r.outer.Err() != nil {
		return nil
	}
	switch now, _, err := r.s.newest(r.outer, r.kind.name); {
	case err != nil:
		return errors.New("whether it was written to meanwhile is not known: " + cold(err).Error())
	case now != r.kind.state:
		return source.ErrChanged
	}
	return nil
}

// search writes all resources of a type, one a line, page after page. Links that lead back to where they came from end it (by the way of
// Brent: one earlier address is remembered, and a later one each time the way has doubled).
func (s *Server) search(ctx context.Context, name string, w io.Writer) error {
	next := s.at(name, url.Values{"_count": {strconv.Itoa(s.count)}})
	var held error // the server does not show all
	mark, way, idle := "", 0, 0
	for n := 1; ; n++ {
		b, err := s.page(ctx, next)
		if err != nil {
			return err
		}
		found, err := write(w, b, &held)
		if err != nil {
			return err
		}
		if idle++; found > 0 {
			idle = 0
		}
		text := b.link("next")
		if text == "" {
			return held
		}
		here := next.String()
		if next, err = s.link(text); err != nil {
			return err
		}
		if n > way {
			mark, way = here, 2*n
		}
		switch {
		case next.String() == mark:
			return failed(estate.GapLoop, "the pages of the server lead back to where they came from")
		case idle > maxIdle:
			return failed(estate.GapLimit, "the server names page after page without a resource")
		}
	}
}

// write writes the resources of a page, and counts them. A line break within one is a blank.
func write(w io.Writer, b *bundle, held *error) (found int, err error) {
	var line bytes.Buffer
	for _, e := range b.Entry {
		switch {
		case e.Search.Mode == "outcome":
			if err := outcome(e.Resource); err != nil {
				*held = err
			}
			continue
		case len(e.Resource) == 0 || e.Resource[0] != '{':
			*held = errWithheld // an entry without what it is of
			continue
		}
		line.Reset()
		if err := json.Compact(&line, e.Resource); err != nil {
			return found, errNoJSON
		}
		line.WriteByte('\n')
		if _, err := w.Write(line.Bytes()); err != nil {
			return found, err
		}
		found++
	}
	return found, nil
}
