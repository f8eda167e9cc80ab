package show

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// TableRows is how many rows a table shows where nobody asked for a number.
const TableRows = 200

// Stream writes an answer of any length: JSON and CSV row by row, a table of the first rows.
type Stream struct {
	Answer Answer // what a table says beside its rows
	None   string // what a table says when there is nothing
	Of     int    // how many rows there are, 0 = nobody knows
	form   string
	out    *bufio.Writer
	csv    *csv.Writer
	n      int
	most   int
	more   bool
}

// NewStream begins an answer in a form (table, json, csv); limit is how many rows were asked for, 0 = nobody said.
func NewStream(out io.Writer, form string, limit int, columns []Column) *Stream {
	return &Stream{form: form, out: bufio.NewWriter(out), Answer: Answer{Columns: columns}, most: limit, None: "Nothing of the kind is in the catalog."}
}

// Row takes one row, as a struct and, when it is asked for, as cells.
func (s *Stream) Row(v any, cells func() []string) error {
	s.n++
	switch s.form {
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
	if s.most == 0 && len(s.Answer.Rows) == TableRows {
		s.more = true
		return nil
	}
	s.Answer.Rows = append(s.Answer.Rows, cells())
	return nil
}

func (s *Stream) header() {
	s.csv = csv.NewWriter(s.out)
	names := make([]string, len(s.Answer.Columns))
	for i, c := range s.Answer.Columns {
		names[i] = strings.ToLower(c.Name)
	}
	s.csv.Write(names) // its error comes with the flush
}

// End closes the answer, or gives the error that ended it early.
func (s *Stream) End(err error) error {
	if err != nil {
		return err
	}
	switch s.form {
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
			s.Answer.First = s.None
		}
		if shown := len(s.Answer.Rows); s.more || s.Of > shown {
			of := ""
			if s.Of > 0 {
				of = " of " + Thousands(int64(s.Of))
			}
			s.Answer.Last = strings.TrimSpace(fmt.Sprintf("These are the first %d%s; --limit N shows more, -o csv and -o json show all.\n%s", shown, of, s.Answer.Last))
		}
		if err := s.Answer.Print(s.out, "table"); err != nil {
			return err
		}
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}
