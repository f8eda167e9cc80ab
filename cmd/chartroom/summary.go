package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/source"
)

// summary is the answer of a scan.
type summary struct {
	began     time.Time
	took      time.Duration
	books     catalog.Books
	readBytes int64
	rows      []catalog.Row
}

// ask reads what the catalog now knows of the repositories that were scanned.
func (s *summary) ask(ctx context.Context, c *catalog.Catalog, sources []source.Source) error {
	s.took = time.Since(s.began)
	for _, src := range sources {
		rows, err := c.Where(ctx, audit.Local(), catalog.Filter{Repository: src.Repository().Name})
		if err != nil {
			return err
		}
		s.rows = append(s.rows, rows...)
	}
	return s.books.Balance()
}

// sentence says what was done, with the books.
func (s *summary) sentence() string {
	b := s.books
	text := fmt.Sprintf("%s listed = %s read + %s sampled + %s unchanged + %s gaps.", thousands(b.Listed), thousands(b.Read), thousands(b.Sampled), thousands(b.Unchanged), thousands(b.Gaps))
	if b.InPart > 0 {
		text += fmt.Sprintf(" %s of the read ones could be read only in part.", thousands(b.InPart))
	}
	return text + fmt.Sprintf(" %s in %s.", size(s.readBytes), s.took.Round(time.Millisecond))
}

// answer renders the summary.
func (s *summary) answer(set *settings) *answer {
	ans := &answer{first: s.sentence(), columns: append([]column{{name: "VERDICT"}}, whereColumns()...), last: "Most sensitive first: chartroom where.   What was not read: chartroom gaps."}
	for i := range s.rows {
		ans.rows = append(ans.rows, append([]string{s.rows[i].Verdict}, whereRow(&s.rows[i], time.Now())...))
	}
	ans.structs = struct {
		Catalog      string        `json:"catalog"`
		Books        catalog.Books `json:"books"`
		BytesRead    int64         `json:"bytes_read"`
		Seconds      float64       `json:"seconds"`
		Repositories []catalog.Row `json:"repositories"`
	}{set.Catalog, s.books, s.readBytes, s.took.Seconds(), s.rows}
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
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		made = true
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, false, fmt.Errorf("make the catalog's directory: %w", err)
		}
	}
	c, err = openCatalog(ctx, path)
	return c, made, err
}
