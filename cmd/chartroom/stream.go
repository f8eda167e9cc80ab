package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/spf13/cobra"
)

// tableRows is how many rows a table shows where nobody asked for a number.
const tableRows = 200

// stream writes an answer of any length: JSON and CSV row by row, a table of the first rows.
type stream struct {
	app  *app
	ans  show.Answer
	out  *bufio.Writer
	csv  *csv.Writer
	n    int
	most int
	more bool
	none string // what a table says when there is nothing
}

func (a *app) stream(cmd *cobra.Command, limit int, columns []show.Column) *stream {
	return &stream{app: a, out: bufio.NewWriter(cmd.OutOrStdout()), ans: show.Answer{Columns: columns}, most: limit, none: "Nothing of the kind is in the catalog."}
}

// limit gives how many rows are asked for: a table where nobody gave a number asks for one more than it shows.
func (a *app) limit(given int) int {
	if given == 0 && a.form == "table" {
		return tableRows + 1
	}
	return given
}

// row takes one row, as a struct and, when it is asked for, as cells.
func (s *stream) row(v any, cells func() []string) error {
	s.n++
	switch s.app.form {
	case "json":
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if s.n == 1 {
			s.out.WriteString("[\n ")
		} else {
			s.out.WriteString(",\n ")
		}
		_, err = s.out.Write(b)
		return err
	case "csv":
		if s.n == 1 {
			s.header()
		}
		return s.csv.Write(cells())
	}
	if s.most == 0 && len(s.ans.Rows) == tableRows {
		s.more = true
		return nil
	}
	s.ans.Rows = append(s.ans.Rows, cells())
	return nil
}

func (s *stream) header() {
	s.csv = csv.NewWriter(s.out)
	names := make([]string, len(s.ans.Columns))
	for i, c := range s.ans.Columns {
		names[i] = strings.ToLower(c.Name)
	}
	s.csv.Write(names) // its error comes with the flush
}

// end closes the answer, or gives the error that ended it early.
func (s *stream) end(err error) error {
	if err != nil {
		return err
	}
	switch s.app.form {
	case "json":
		if s.n == 0 {
			s.out.WriteString("[]\n")
		} else {
			s.out.WriteString("\n]\n")
		}
	case "csv":
		if s.n == 0 {
			s.header()
		}
		s.csv.Flush()
		if err := s.csv.Error(); err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
	default:
		if s.n == 0 {
			s.ans.First = s.none
		}
		if s.more {
			s.ans.Last = fmt.Sprintf("These are the first %d; --limit N shows more, -o csv and -o json show all.", tableRows)
		}
		if err := s.ans.Print(s.out, "table"); err != nil {
			return err
		}
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}
