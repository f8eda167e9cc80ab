package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/cost"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/scan/survey"
)

// summary is the answer of a scan.
type summary struct {
	began     time.Time
	took      time.Duration
	books     catalog.Books
	readBytes int64
	meter     cost.Meter
	bill      *cost.Bill // nil where nothing was read
	rows      []catalog.Row
	targets   []*survey.Target
	visits    map[string]catalog.Books // by repository
}

// ask reads what the catalog now knows of the repositories that were scanned, and checks the books of each.
func (s *summary) ask(ctx context.Context, c *catalog.Catalog) error {
	s.took = time.Since(s.began)
	var err error
	if s.bill, err = s.meter.Bill(s.readBytes); err != nil {
		return err
	}
	runs, err := c.Runs(ctx, audit.Local(), 1)
	if err != nil {
		return err
	}
	s.visits = map[string]catalog.Books{}
	for _, r := range runs {
		for _, v := range r.Visits {
			s.visits[v.Repository] = v.Books
			if err := v.Books.Balance(); err != nil {
				return fmt.Errorf("%s: %w", v.Repository, err)
			}
			rows, err := c.Where(ctx, audit.Local(), catalog.Filter{Repository: v.Repository})
			if err != nil {
				return err
			}
			s.rows = append(s.rows, rows...)
		}
	}
	return s.books.Balance()
}

// failed counts the targets that could not be opened.
func (s *summary) failed() (n int) {
	for _, t := range s.targets {
		if t.Failure != nil {
			n++
		}
	}
	return n
}

// targetBooks are the accounts of one target.
type targetBooks struct {
	Target       string        `json:"target"`
	Repositories []string      `json:"repositories"`
	Books        catalog.Books `json:"books"`
	Error        string        `json:"error,omitempty"` // it could not be opened
}

// byTarget gives the books of each target.
func (s *summary) byTarget() []targetBooks {
	out := make([]targetBooks, len(s.targets))
	for i, t := range s.targets {
		b := targetBooks{Target: t.Label, Repositories: []string{}}
		if t.Failure != nil {
			b.Error = t.Failure.Error()
		}
		for _, name := range t.Repositories {
			b.Repositories, b.Books = append(b.Repositories, name), b.Books.Add(s.visits[name])
		}
		out[i] = b
	}
	return out
}

// accounts writes books as one line.
func accounts(b catalog.Books) string {
	return fmt.Sprintf("%s listed = %s read + %s sampled + %s unchanged + %s gaps", show.Thousands(b.Listed), show.Thousands(b.Read), show.Thousands(b.Sampled), show.Thousands(b.Unchanged), show.Thousands(b.Gaps))
}

// sentence says what was done, with the books.
func (s *summary) sentence() string {
	b := s.books
	text := accounts(b) + "."
	if b.InPart > 0 {
		text += fmt.Sprintf(" %s of the read ones could be read only in part.", show.Thousands(b.InPart))
	}
	for i := range s.rows {
		if r := &s.rows[i]; r.Sampling != nil {
			text += fmt.Sprintf(" %s: %s.", r.Repository, r.Sampling.Text)
		}
	}
	text += fmt.Sprintf(" %s in %s.", show.Size(s.readBytes), s.took.Round(time.Millisecond)) + s.bill.Sentence()
	if len(s.targets) < 2 {
		return text
	}
	if n := s.failed(); n > 0 {
		text += fmt.Sprintf(" %d of %d targets could not be opened.", n, len(s.targets))
	}
	for _, t := range s.byTarget() {
		if t.Error != "" {
			text += fmt.Sprintf("\n  %s: could not be opened", t.Target)
			continue
		}
		text += fmt.Sprintf("\n  %s: %s", t.Target, accounts(t.Books))
	}
	return text
}

// answer renders the summary.
func (s *summary) answer(set *settings) *show.Answer {
	ans := &show.Answer{First: s.sentence(), Columns: append([]show.Column{{Name: "VERDICT"}}, show.WhereColumns()...), Last: "Most sensitive first: chartroom where.   What was not read: chartroom gaps."}
	for i := range s.rows {
		ans.Rows = append(ans.Rows, append([]string{s.rows[i].Verdict}, show.WhereRow(&s.rows[i], time.Now())...))
	}
	ans.Structs = struct {
		Catalog      string        `json:"catalog"`
		Books        catalog.Books `json:"books"`
		BytesRead    int64         `json:"bytes_read"`
		Seconds      float64       `json:"seconds"`
		Repositories []catalog.Row `json:"repositories"`
		Targets      []targetBooks `json:"targets"`
		*cost.Bill
	}{set.Catalog, s.books, s.readBytes, s.took.Seconds(), s.rows, s.byTarget(), s.bill}
	return ans
}

// matches tells whether something was found that --fail-on names.
func (s *summary) matches(failOn []string) bool {
	for _, f := range failOn {
		class, isClass := phi.ParseClass(f)
		for _, r := range s.rows {
			if strings.EqualFold(r.Verdict, f) {
				return true
			}
			for _, c := range r.Sensitivity {
				if isClass && c == class.String() {
					return true
				}
			}
		}
	}
	return false
}

func checkFailOn(names []string) error {
	for _, n := range names {
		_, isClass := phi.ParseClass(n)
		_, err := phi.ParseVerdict(strings.ToLower(n))
		if !isClass && err != nil {
			return usage("--fail-on takes a verdict (phi, pii, health) or a class (SUD, HIV, ...), not %q", n)
		}
	}
	return nil
}

// makeCatalog opens the catalog, and makes it where there is none.
func makeCatalog(ctx context.Context, path string) (c *catalog.Catalog, made bool, err error) {
	there, err := catalog.There(ctx, path)
	if made = err == nil && !there; made && !catalog.OnServer(path) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, false, fmt.Errorf("make the catalog's directory: %w", err)
		}
	}
	c, err = openCatalog(ctx, path)
	return c, made, err
}
