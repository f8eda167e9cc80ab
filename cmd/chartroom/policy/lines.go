package policy

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/access/explain"
	"github.com/chartroom/chartroom/access/iampolicy"
)

// ErrNothing says that lines came, and that none of them is a request.
var ErrNothing = errors.New("no line is a request")

// Lines answers requests, one a line, in a form: json, csv or table. A line that is no request gets an answer that says so; only when
// there is no other is that an error, ErrNothing.
func Lines(in io.Reader, to io.Writer, form string) error {
	out := bufio.NewWriterSize(to, 64<<10)
	w := writer{form: form, out: out, json: json.NewEncoder(out), csv: csv.NewWriter(out)}
	w.json.SetEscapeHTML(false)
	if form == "csv" {
		w.csv.Write([]string{"line", "decision", "conditional", "because"}) // its error comes with the flush
	}
	var rd explain.Reader
	err := rd.Each(in, w.write)
	w.csv.Flush()
	if e := errors.Join(w.csv.Error(), out.Flush()); err == nil && e != nil {
		err = fmt.Errorf("write the answers: %w", e)
	}
	if err == nil && w.bad && !w.good {
		err = ErrNothing
	}
	return err
}

// writer writes answers as they come.
type writer struct {
	form      string
	out       *bufio.Writer
	json      *json.Encoder
	csv       *csv.Writer
	good, bad bool
}

func (w *writer) write(n int, a explain.Answer, wrong error) error {
	if wrong != nil {
		w.bad = true
		return w.wrong(n, fmt.Errorf("line %d: %w", n, wrong))
	}
	w.good = true
	switch w.form {
	case "json":
		return w.json.Encode(a)
	case "csv":
		return w.csv.Write([]string{strconv.Itoa(n), a.Decision, strconv.FormatBool(a.Conditional), strings.Join(a.Because, "; ")})
	}
	_, err := fmt.Fprintf(w.out, "line %d: %s\n  %s\n", n, Words(a), strings.Join(a.Because, "\n  "))
	return err
}

func (w *writer) wrong(n int, wrong error) (err error) {
	switch w.form {
	case "json":
		return w.json.Encode(map[string]string{"error": wrong.Error()})
	case "csv":
		return w.csv.Write([]string{strconv.Itoa(n), "error", "", wrong.Error()})
	}
	_, err = fmt.Fprintln(w.out, wrong)
	return err
}

// Words gives a decision in words.
func Words(a explain.Answer) string {
	switch {
	case a.Conditional:
		return "allowed, under conditions that are not known to hold"
	case a.Decision == iampolicy.ExplicitlyDenied.String():
		return "denied, by a statement that says so"
	case a.Decision == iampolicy.ImplicitlyDenied.String():
		return "denied, because nothing allows it"
	}
	return "allowed"
}
