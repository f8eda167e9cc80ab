package sql

import (
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

const (
	// maxOpen is how many tables are held open for further rows.
	maxOpen = 256
	// maxKnown is how many definitions are kept.
	maxKnown = 100_000
)

// tables are the tables that rows were put into.
type tables struct {
	out   format.Output
	known map[string][]string // columns by table's name in small letters, from the definitions
	open  []*rows
	count map[string]int // how many items a table has become
}

// rows takes the rows of one table.
type rows struct {
	key, name string // in small letters, with its schema; without
	rows      *format.Rows
	columns   []string // in small letters
	binary    int64    // values that are no text and no document
	out       format.Output
	done      func()
}

// end hands out what is left of a table and closes it.
func (r *rows) end() error {
	defer r.done()
	if r.binary > 0 {
		r.out.Gap(estate.GapUnknown, fmt.Sprintf("%d binary values of no known format", r.binary))
	}
	return r.rows.Flush()
}

// of gives the table of a name, with schema or without.
func (t *tables) of(qualified string) (*rows, error) {
	key := strings.ToLower(qualified)
	for i := len(t.open) - 1; i >= 0; i-- {
		if t.open[i].key == key {
			return t.open[i], nil
		}
	}
	if len(t.open) == maxOpen {
		oldest := t.open[0]
		t.open = append(t.open[:0], t.open[1:]...)
		if err := oldest.end(); err != nil {
			return nil, err
		}
	}
	if t.count == nil {
		t.count = map[string]int{}
	}
	t.count[key]++
	part := qualified
	if n := t.count[key]; n > 1 {
		part = fmt.Sprintf("%s (%d)", qualified, n)
	}
	out, done := t.out.Part(part)
	r := &rows{key: key, name: last(qualified), rows: format.NewRows(out), out: out, done: done}
	for _, c := range t.known[strings.ToLower(r.name)] {
		r.column(c)
	}
	t.open = append(t.open, r)
	return r, nil
}

// last is a name without its schema.
func last(qualified string) string { return qualified[strings.LastIndexByte(qualified, '.')+1:] }

// column gives the number of a column, which may be new.
func (r *rows) column(name string) int {
	low := strings.ToLower(name)
	for i, c := range r.columns {
		if c == low {
			return i
		}
	}
	r.columns = append(r.columns, low)
	return r.rows.Column(r.name+"."+name, name)
}

// nameless gives the number of the column at a position of which no name is known.
func (r *rows) nameless(i int) int {
	if i < len(r.columns) {
		return i
	}
	i = min(i, maxColumns)
	for len(r.columns) <= i {
		r.columns = append(r.columns, "")
		r.rows.Column(fmt.Sprintf("%s.column %d", r.name, len(r.columns)), "")
	}
	return i
}

// define remembers the columns of a table.
func (t *tables) define(def Table) {
	if len(t.known) >= maxKnown {
		return
	}
	names := make([]string, 0, len(def.Columns))
	for _, c := range def.Columns {
		if !c.Generated {
			names = append(names, format.Shown(c.Name))
		}
	}
	t.known[strings.ToLower(def.Name)] = names
}

// close closes all tables. It gives the first error of handing out what was left.
func (t *tables) close() (err error) {
	for _, r := range t.open {
		if e := r.end(); err == nil {
			err = e
		}
	}
	t.open = nil
	return err
}

// notes are the statements and comments that are running text.
type notes struct {
	out   format.Output
	text  []byte
	place uint32
	known bool
	batch *record.Batch
}

// maxNotes is how much text is handed out at a time.
const maxNotes = 64 << 10

// add takes a statement, a comment, or a piece of one that ends with a line.
func (n *notes) add(text []byte) error {
	if len(n.text)+len(text) > maxNotes {
		if err := n.flush(); err != nil {
			return err
		}
	}
	n.text = append(n.text, text...)
	return nil
}

func (n *notes) flush() error {
	if len(strings.TrimSpace(string(n.text))) == 0 {
		n.text = n.text[:0]
		return nil
	}
	if !n.known {
		n.place = n.out.Places.Add(record.Place{Field: "text", Mode: record.Text, Kind: phi.FreeText, Rule: "statements and comments"})
		n.known, n.batch = true, record.NewBatch(n.out.Places)
	}
	n.batch.Reset()
	n.batch.Put(n.place, n.text)
	n.batch.EndRecord()
	n.text = n.text[:0]
	return n.out.Batch(n.batch)
}
