// Package papers writes the documents of a review into a folder: a page for a board, the whole as HTML, PDF and JSON, and its tables as CSV.
package papers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/compares"
	"github.com/chartroom/chartroom/review"
	"github.com/chartroom/chartroom/review/board"
	"github.com/chartroom/chartroom/review/compare"
	"github.com/chartroom/chartroom/review/control"
	"github.com/chartroom/chartroom/review/framework"
	"github.com/chartroom/chartroom/review/gather"
)

// Content gathers all that a review says of a custodian, "" = all but the acquirer's own: the ledger, the posture, the frameworks that come
// with the program, and the acquirer beside those whose repositories it is about.
func Content(ctx context.Context, c *catalog.Catalog, q keep.Question, custodian string) (*board.Content, error) {
	r, err := gather.Review(ctx, c, q)
	if err != nil {
		return nil, err
	}
	out := &board.Content{Made: q.Now, Version: q.Version}
	if out.Ledger, err = r.Ledger(custodian); err != nil {
		return nil, err
	}
	if out.Posture, err = r.Posture(custodian); err != nil {
		return nil, err
	}
	for _, name := range framework.Names() {
		if f, ok := framework.Named(name); ok {
			answer, err := control.Assess(r, f, custodian)
			if err != nil {
				return nil, err
			}
			out.Controls = append(out.Controls, answer)
		}
	}
	out.Beside, err = beside(ctx, &compares.Room{Catalog: c, Question: q}, out.Ledger)
	return out, err
}

// mostBeside is how many custodians the acquirer is put beside.
const mostBeside = 5

// beside puts the acquirer beside each of the custodians whose repositories it is about, those of whom something is known.
func beside(ctx context.Context, room *compares.Room, l *review.LedgerAnswer) ([]*compare.Comparison, error) {
	out := []*compare.Comparison{}
	var acquirer compare.Side
	for i, name := range append(l.Acquirers[:1:1], l.Custodians...) {
		if i > 0 && (name == "" || name == l.Acquirers[0]) || len(out) == mostBeside {
			continue
		}
		s, err := compares.Side(ctx, room, name, room.Question.AsOf)
		switch {
		case errors.Is(err, compare.ErrNothing) && i == 0:
			return out, nil
		case errors.Is(err, compare.ErrNothing):
			continue
		case err != nil:
			return nil, err
		}
		if i == 0 {
			acquirer = s
			continue
		}
		c := compare.Compare(acquirer, s)
		out = append(out, &c)
	}
	return out, nil
}

// Write writes the documents into a folder, which it makes, and names the files. They name repositories and accounts, so that nobody but their
// owner may read them.
func Write(dir string, c *board.Content) ([]string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the review: %w", err)
	}
	d := board.Compose(*c)
	var names []string
	write := func(name string, form func(io.Writer) error) error {
		var b bytes.Buffer
		err := form(&b)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", filepath.Join(dir, name), err)
		}
		names = append(names, name)
		return nil
	}
	of := func(form func(io.Writer, *board.Document) error) func(io.Writer) error {
		return func(w io.Writer) error { return form(w, d) }
	}
	for _, f := range []struct {
		name string
		form func(io.Writer) error
	}{{"board.html", of(board.HTMLPage)}, {"board.pdf", of(board.PDFPage)}, {"review.html", of(board.HTML)}, {"review.pdf", of(board.PDF)}, {"review.json", func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		return enc.Encode(c)
	}}} {
		if err := write(f.name, f.form); err != nil {
			return names, err
		}
	}
	for i := range d.Sections {
		s := &d.Sections[i]
		if err := write(s.Name+".csv", func(w io.Writer) error { return board.CSV(w, s) }); err != nil {
			return names, err
		}
	}
	return names, nil
}
