package html

import (
	"bytes"
	"strconv"
)

const (
	// maxCells is how many cells of a row are columns. What stands behind them is text.
	maxCells = 1000
	// maxCell is how long a cell may be; a longer one makes its table one that only arranges text.
	maxCell = 16 << 10
	// maxHeader is how long a header may be.
	maxHeader = 80
	// maxNested is how many tables, one within another, are looked at.
	maxNested = 64
)

// table is an open table. Its row is gathered, and put when it ends.
type table struct {
	layout  bool // it only arranges text
	row     []byte
	cells   []cell   // of the row
	columns []int    // by position, of a table with titles
	first   []string // what may be titles, until something stands under them
	asText  bool     // it has none
	inCell  bool
	head    bool // the cell is a header
}

// cell is where a cell ends in the row, and whether it is a header.
type cell struct {
	end  int
	head bool
}

// blocks are the elements that end a line.
var blocks = words(`address article aside blockquote body br caption dd div dl dt fieldset figcaption footer form h1 h2 h3 h4 h5 h6 head
	header hr html legend li main nav ol option p pre section select summary table tbody td tfoot th thead title tr ul`)

// divide puts what divides the text where an element begins or ends, and follows the tables.
func (r *reading) divide(name string) error {
	switch name {
	case "table":
		return r.openTable()
	case "tr", "thead", "tbody", "tfoot":
		if t := r.table(); t != nil {
			return r.endRow(t)
		}
	case "td", "th":
		if t := r.table(); t != nil {
			t.endCell()
			t.inCell, t.head = true, name == "th"
			return nil
		}
	}
	if !blocks[name] {
		return nil
	}
	t := r.target()
	if n := len(*t); n > 0 && (*t)[n-1] != '\n' {
		*t = append(*t, '\n')
	}
	return nil
}

// table gives the innermost table that may be one of data; nil when there is none.
func (r *reading) table() *table {
	if n := len(r.stack); n > 0 && !r.stack[n-1].layout {
		return r.stack[n-1]
	}
	return nil
}

// target is where text goes: the row of a table, or the page.
func (r *reading) target() *[]byte {
	if t := r.table(); t != nil && t.inCell {
		return &t.row
	}
	return &r.text
}

// append takes text.
func (r *reading) append(v []byte) {
	t := r.target()
	if n := len(*t); n > 0 && (*t)[n-1] > ' ' {
		*t = append(*t, ' ')
	}
	for { // a blank that does not break a line is a blank
		i := bytes.Index(v, []byte("\u00a0"))
		if i < 0 {
			break
		}
		*t = append(append(*t, v[:i]...), ' ')
		v = v[i+len("\u00a0"):]
	}
	*t = append(*t, v...)
}

// full hands text out when there is enough, and takes a row that is too long for text.
func (r *reading) full() error {
	if t := r.table(); t != nil && len(t.row) > maxCell {
		r.spill(t)
	}
	if len(r.text) > maxText {
		return r.say()
	}
	return nil
}

// say hands out the running text.
func (r *reading) say() error {
	v := bytes.TrimSpace(r.text)
	r.text = r.text[:0]
	if len(v) == 0 {
		return nil
	}
	return r.page.Text(r.body, bytes.NewReader(v))
}

// spill makes of a table one that only arranges text, and of its row text.
func (r *reading) spill(t *table) {
	t.endCell()
	r.unfilled(t)
	from := 0
	for _, c := range t.cells {
		r.text = append(append(r.text, t.row[from:c.end]...), ' ')
		from = c.end
	}
	t.layout, t.row, t.cells = true, nil, nil
}

// openTable begins a table. One that stands in another makes that an arrangement.
func (r *reading) openTable() error {
	if t := r.table(); t != nil {
		r.spill(t)
	}
	if len(r.stack) >= maxNested {
		return nil
	}
	r.stack = append(r.stack, new(table))
	return r.say()
}

// endTable ends the innermost table.
func (r *reading) endTable() error {
	t := r.stack[len(r.stack)-1]
	var err error
	if !t.layout {
		err = r.endRow(t)
		r.unfilled(t)
	}
	r.stack = r.stack[:len(r.stack)-1]
	if e := r.page.End(); err == nil {
		err = e
	}
	return err
}

func (r *reading) endTables() error {
	for len(r.stack) > 0 {
		if err := r.endTable(); err != nil {
			return err
		}
	}
	return nil
}

// endCell ends the open cell.
func (t *table) endCell() {
	if !t.inCell {
		return
	}
	t.inCell = false
	t.cells = append(t.cells, cell{len(t.row), t.head})
}

// endRow ends the open row: it is the header, a header and its value, a row of the table, or text.
func (r *reading) endRow(t *table) error {
	t.endCell()
	n := len(t.cells)
	if n == 0 {
		return nil
	}
	defer func() { t.row, t.cells = t.row[:0], t.cells[:0] }()
	heads := 0
	for _, c := range t.cells {
		if c.head {
			heads++
		}
	}
	label := t.cell(0)
	switch {
	case heads == n && n > 1:
		r.unfilled(t)
		for i := range n {
			t.first = append(t.first, string(t.cell(i)))
		}
		r.titled(t)
		return r.page.End()
	case t.columns != nil:
		return r.record(t)
	case n == 2 && (heads == 1 && t.cells[0].head || bytes.HasSuffix(label, []byte(":"))) && len(label) <= maxHeader:
		return r.page.Put(r.column(bytes.TrimSuffix(label, []byte(":")), 0), t.cell(1))
	case t.first == nil && !t.asText && n > 1 && n <= maxCells && t.titles():
		for i := range n {
			t.first = append(t.first, string(t.cell(i)))
		}
		return nil
	case len(t.first) == n && bytes.ContainsAny(t.row, "0123456789"):
		r.titled(t)
		return r.record(t)
	}
	t.asText = true
	r.unfilled(t)
	for i := range n {
		r.text = append(append(r.text, t.cell(i)...), " | "...)
	}
	r.text = append(r.text, '\n')
	return r.full()
}

// titles tells whether the row may be titles of columns: short texts without a digit.
func (t *table) titles() bool {
	for i := range t.cells {
		if v := t.cell(i); len(v) == 0 || len(v) > 40 || bytes.ContainsAny(v, "0123456789@") {
			return false
		}
	}
	return true
}

// titled makes columns of the titles.
func (r *reading) titled(t *table) {
	t.columns = t.columns[:0]
	for i, name := range t.first[:min(len(t.first), maxCells)] {
		t.columns = append(t.columns, r.column([]byte(name), i))
	}
}

// unfilled makes text of titles under which nothing stood.
func (r *reading) unfilled(t *table) {
	for _, v := range t.first {
		r.text = append(append(r.text, v...), " | "...)
	}
	if t.first != nil {
		r.text = append(r.text, '\n')
	}
	t.first = nil
}

// record puts a row of a table of data.
func (r *reading) record(t *table) error {
	t.first = nil
	for i := range t.cells {
		v := t.cell(i)
		if i >= len(t.columns) {
			r.text = append(append(r.text, v...), '\n')
			continue
		}
		if err := r.page.Put(t.columns[i], v); err != nil {
			return err
		}
	}
	return r.page.End()
}

// cell gives the text of a cell of the row.
func (t *table) cell(i int) []byte {
	from := 0
	if i > 0 {
		from = t.cells[i-1].end
	}
	return bytes.TrimSpace(t.row[from:t.cells[i].end])
}

// column gives the column of a title; tables with the same titles share theirs. A title that may be data is text.
func (r *reading) column(title []byte, i int) int {
	name := bytes.Join(bytes.Fields(title), []byte(" "))
	if len(name) > maxHeader || !plain(name) {
		r.text = append(append(r.text, title...), '\n')
		name = []byte("column " + strconv.Itoa(i+1))
	}
	return r.field(r.page, "table", name)
}
