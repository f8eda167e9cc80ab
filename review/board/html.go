package board

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed page.html
var pageText string

// HTML writes the whole as one page that needs nothing else: no script, no font, no picture. It is readable by keyboard and screen reader, in
// light and dark, and printed with its tables over as many pages as they take.
func HTML(w io.Writer, d *Document) error { return page(w, d, false) }

// HTMLPage writes what a board reads: printed, it is one page.
func HTMLPage(w io.Writer, d *Document) error { return page(w, d.onePage(), true) }

func page(w io.Writer, d *Document, one bool) error {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return fmt.Errorf("the page of the review: %w", err)
	}
	if err := t.Execute(w, struct {
		*Document
		One bool
	}{d, one}); err != nil {
		return fmt.Errorf("write the review: %w", err)
	}
	return nil
}

// CSV writes the table of a section.
func CSV(w io.Writer, s *Section) error {
	out := csv.NewWriter(w)
	row := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		row[i] = strings.ToLower(c.Name)
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for _, r := range s.Rows {
		for i, c := range r {
			row[i] = c.Text
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
