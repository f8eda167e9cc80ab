package fhir

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Limits of a bulk export.
const (
	maxFiles   = 100_000
	exportTime = 24 * time.Hour
	firstPoll  = time.Second
	lastPoll   = time.Minute
)

// manifest is what a server has made (Bulk Data Access 2.0, Complete Status).
type manifest struct {
	Transaction string   `json:"transactionTime"`
	Output      []output `json:"output"`
	Errors      []output `json:"error"`
}

type output struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// file is the handle of a file of an export.
type file struct{ url *url.URL }

// exported begins a bulk export, waits for it, and lists its files. They are removed from the server when ctx ends.
func (s *Server) exported(ctx context.Context, yield func(source.Listed) error) error {
	m, err := s.bulk(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("list %s: bulk export: %w", s.name, cold(err))
	}
	numbers := map[string]int{}
	for _, o := range m.Output {
		name := o.Type
		if !typeName(name) {
			name = "resources"
		}
		numbers[name]++
		path := fmt.Sprintf("%s-%d.ndjson", name, numbers[name])
		l := source.Listed{}
		if u, err := s.link(o.URL); err == nil {
			l.Item = source.Item{Path: path, Bytes: -1, Ref: &file{u}}
		} else {
			l.Gap = &estate.Gap{Path: path, Reason: estate.GapNotFollowed, Detail: "the file of the export stands at another server; scan it there", Bytes: -1}
		}
		if err := yield(l); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if n := len(m.Errors); n > 0 {
		return yield(source.Listed{Gap: &estate.Gap{Under: true, Reason: estate.GapUnreadable, Detail: fmt.Sprintf("the server could not export all: it names %d files of errors", n), Bytes: -1}})
	}
	return nil
}

// bulk begins an export and waits until it is made.
func (s *Server) bulk(ctx context.Context) (*manifest, error) {
	query := url.Values{"_outputFormat": {fhirNDJSON}}
	if s.types != nil {
		query.Set("_type", strings.Join(s.types, ","))
	}
	var at *url.URL
	err := s.ask(ctx, request{url: s.at(s.export, query), async: true}, func(a *http.Response) (err error) {
		if a.StatusCode != http.StatusAccepted {
			return failed(estate.GapUnreadable, "the server does not begin one")
		}
		at, err = s.link(a.Header.Get("Content-Location"))
		if err == nil && a.Header.Get("Content-Location") == "" {
			err = errElsewhere
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { s.remove(context.WithoutCancel(ctx), at) })
	var waited time.Duration
	for pause := firstPoll; ; pause = min(2*pause, lastPoll) {
		m, after, err := s.poll(ctx, at)
		if m != nil || err != nil {
			return m, err
		}
		if after == 0 {
			after = pause
		}
		after = min(max(after, firstPoll), 10*lastPoll)
		if waited += after; waited > exportTime {
			return nil, failed(estate.GapLimit, fmt.Sprintf("the server has worked on it for more than %s", exportTime))
		}
		if err := s.wait(ctx, after); err != nil {
			return nil, err
		}
	}
}

// poll asks whether an export is made; where it is not, when to ask again (0 = the server does not say).
func (s *Server) poll(ctx context.Context, at *url.URL) (m *manifest, after time.Duration, err error) {
	err = s.ask(ctx, request{url: at, accept: "application/json"}, func(a *http.Response) error {
		m = nil
		if a.StatusCode == http.StatusAccepted {
			after = retryAfter(a.Header, time.Now())
			return nil
		}
		text, err := held(a.Body)
		if err != nil {
			return err
		}
		m, err = parseManifest(text)
		return err
	})
	return m, after, err
}

// parseManifest reads what a server has made.
func parseManifest(text []byte) (*manifest, error) {
	var m manifest
	if err := decode(text, &m); err != nil {
		return nil, err
	}
	switch {
	case m.Transaction == "":
		return nil, failed(estate.GapDamaged, "the server does not say of which moment its export is")
	case len(m.Output) > maxFiles:
		return nil, failed(estate.GapLimit, fmt.Sprintf("an export of more than %d files", maxFiles))
	}
	return &m, nil
}

// remove lets the server remove the files of an export. It keeps them for a while otherwise.
func (s *Server) remove(ctx context.Context, at *url.URL) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_ = s.once(ctx, request{method: http.MethodDelete, url: at}, func(*http.Response) error { return nil })
}

// download writes a file of an export. Where its connection is cut, it is asked for again, and what was handed on is passed by.
func (s *Server) download(ctx context.Context, f *file, w io.Writer) error {
	var done int64
	return s.ask(ctx, request{url: f.url, accept: fhirNDJSON}, func(a *http.Response) error {
		if _, err := io.CopyN(io.Discard, a.Body, done); err != nil {
			return io.ErrUnexpectedEOF
		}
		n, err := io.Copy(w, a.Body)
		done += n
		return err
	})
}
