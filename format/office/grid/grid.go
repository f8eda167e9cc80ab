// Package grid turns the rows of a table in a document into records. Sheets and tables in texts carry no mark that says which
// row names the columns, so the first rows are held until that is judged, and from then on each row is a record of cells.
//
// A column is a field of its own, "table.column". What is no table though it stands in one (titles, forms, a layout) is handed
// back as lines.
package grid

import (
	"bytes"

	"github.com/chartroom/chartroom/format"
)

const (
	gathered  = 24        // rows that are held to be judged
	heldBytes = 256 << 10 // and how much they may be
	heldCells = 1 << 16
	maxName   = 128     // bytes of a column's name
	maxWidth  = 1 << 14 // columns that are told apart, as many as a sheet has (ISO/IEC 29500-1, 18.3.1.73)
)

// Kind says what a document's own markup tells of a cell.
type Kind uint8

// The kinds.
const (
	Plain  Kind = iota // text, or not told
	Figure             // a number, date or truth value
)

// cell is one value of a row that is held.
type cell struct {
	col      int
	off, len int
	kind     Kind
}

// Grid writes the tables of one document, one after the other.
type Grid struct {
	// Line takes a row that is none of a table, its cells parted by tabs.
	Line func([]byte) error

	label func(col int) string
	out   format.Output
	rows  *format.Rows
	more  int // 1 + the column that stands for all beyond what a table of places may hold

	name  string
	prose bool // the document is a text: a table without names is rather a layout
	held  bool // rows are held
	mem   []byte
	cells []cell
	ends  []int // of the held rows in cells
	marks int   // held rows at the beginning that the document marks as header

	names   []string
	columns []int  // by column, 1 + its number in rows
	head    []cell // the header as it was written, to know one that comes again
	heads   []byte
	again   int  // cells of the open row that are as in the header, and were not handed on yet; -1 = it is another row
	filled  bool // the open row has cells
	line    []byte
}

// New makes a writer of tables. label names a column that has no name, from its number.
func New(out format.Output, label func(col int) string) *Grid {
	return &Grid{label: label, out: out, rows: format.NewRows(out)}
}

// Begin begins a table. prose says that it stands in a running text.
func (g *Grid) Begin(name string, prose bool) {
	g.name, g.prose, g.held, g.marks = name, prose, true, 0
	g.names, g.columns, g.head = nil, nil, g.head[:0]
	g.again, g.filled = 0, false
	g.drop()
}

// drop forgets what is held.
func (g *Grid) drop() {
	if cap(g.mem) > 4*heldBytes {
		g.mem = nil
	}
	g.mem, g.cells, g.ends = g.mem[:0], g.cells[:0], g.ends[:0]
}

// Names begins a table whose columns' names are known.
func (g *Grid) Names(table string, names []string) {
	g.Begin(table, false)
	g.held, g.names = false, names
}

// Mark says that the row that was closed last is a header.
func (g *Grid) Mark() {
	if g.held && g.marks == len(g.ends)-1 {
		g.marks++
	}
}

// Cell adds a value to the open row. Columns count from 0 and rise within a row.
func (g *Grid) Cell(col int, v []byte, kind Kind) error {
	if v = bytes.TrimSpace(v); len(v) == 0 || col < 0 {
		return nil
	}
	col = min(col, maxWidth)
	if !g.held {
		return g.put(col, v)
	}
	g.cells = append(g.cells, cell{col, len(g.mem), len(v), kind})
	g.mem = append(g.mem, v...)
	if len(g.mem) > heldBytes || len(g.cells) > heldCells {
		return g.judge(false)
	}
	return nil
}

// EndRow closes the row.
func (g *Grid) EndRow() error {
	if g.held {
		if n := g.start(len(g.ends)); n == len(g.cells) {
			return nil
		}
		if g.ends = append(g.ends, len(g.cells)); len(g.ends) == gathered {
			return g.judge(false)
		}
		return nil
	}
	if g.again > 0 && g.again < len(g.head) {
		if err := g.other(); err != nil {
			return err
		}
	}
	g.again, g.filled = 0, false
	return g.rows.End()
}

// Blank says that a row is empty: another table may begin behind it.
func (g *Grid) Blank() error {
	if g.held && len(g.ends) > 1 && g.start(len(g.ends)) == len(g.cells) {
		t := tableOf(g)
		if _, header := t.header(len(g.columns) > 0); header >= 0 && header < len(g.ends)-1 && !t.form() {
			if err := g.judge(false); err != nil {
				return err
			}
		}
	}
	if !g.held && !g.filled {
		g.held, g.marks = true, 0
		g.drop()
	}
	return nil
}

// start gives where a held row begins in the cells.
func (g *Grid) start(row int) int {
	if row == 0 {
		return 0
	}
	return g.ends[row-1]
}

// End closes the table.
func (g *Grid) End() error {
	if err := g.EndRow(); err != nil {
		return err
	}
	if g.held {
		if err := g.judge(true); err != nil {
			return err
		}
	}
	g.drop()
	g.held = false
	return nil
}

// Hand hands out the rows that are there, unless one is open.
func (g *Grid) Hand() error {
	if g.filled {
		return nil
	}
	return g.rows.Flush()
}

// Flush hands out what is there.
func (g *Grid) Flush() error { return g.rows.Flush() }

// put hands a value on, unless the row may be the header again, as where pages were put together.
func (g *Grid) put(col int, v []byte) error {
	g.filled = true
	if g.again >= 0 && len(g.head) > 0 {
		if g.again < len(g.head) {
			if h := g.head[g.again]; h.col == col && bytes.Equal(v, g.heads[h.off:h.off+h.len]) {
				g.again++
				return nil
			}
		}
		if err := g.other(); err != nil {
			return err
		}
	}
	return g.rows.Put(g.column(col), v)
}

// other says that the open row is none of the header, and hands on what looked like it.
func (g *Grid) other() error {
	n := g.again
	g.again = -1
	for _, h := range g.head[:max(n, 0)] {
		if err := g.rows.Put(g.column(h.col), g.heads[h.off:h.off+h.len]); err != nil {
			return err
		}
	}
	return nil
}

// column finds or makes a column of the table.
func (g *Grid) column(col int) int {
	if col < len(g.columns) && g.columns[col] != 0 {
		return g.columns[col] - 1
	}
	if g.out.Places.Full() || col >= maxWidth {
		if g.more == 0 {
			g.more = 1 + g.rows.Column("further columns", "")
		}
		return g.more - 1
	}
	for len(g.columns) <= col {
		g.columns = append(g.columns, 0)
	}
	field, name := "", ""
	if col < len(g.names) {
		name = g.names[col]
	}
	if field = name; name == "" {
		field = g.label(col)
	}
	if g.name != "" {
		field = g.name + "." + field
	}
	g.columns[col] = 1 + g.rows.Column(field, name)
	return g.columns[col] - 1
}

// judge decides what the held rows are, and hands them on. last says that the table has no more.
func (g *Grid) judge(last bool) error {
	t := tableOf(g)
	form := last && len(g.columns) == 0 && t.form()
	first, header := 0, -1
	if !form {
		first, header = t.header(len(g.columns) > 0)
	}
	if last && header >= 0 && header == len(g.ends)-1 { // it names nothing
		if header = -1; len(g.columns) == 0 {
			first = len(g.ends)
		}
	}
	few := len(g.ends) < 8 || t.width < 3
	prose := form || len(g.columns) == 0 && g.prose && (t.width < 2 || header < 0 && last && few)
	g.held = false
	for i := range g.ends {
		var err error
		switch {
		case prose:
			err = g.tell(i, form)
		case i == header:
			if g.call(i); g.prose {
				err = g.tell(i, false) // and it may be words of the text all the same
			}
		case i < first:
			err = g.tell(i, false)
		default:
			err = g.replay(g.start(i), g.ends[i], true)
		}
		if err != nil {
			return err
		}
	}
	return g.replay(g.start(len(g.ends)), len(g.cells), false)
}

// replay gives held cells out as the record that they are.
func (g *Grid) replay(from, to int, whole bool) error {
	for _, c := range g.cells[from:to] {
		if err := g.put(c.col, g.mem[c.off:c.off+c.len]); err != nil {
			return err
		}
	}
	if whole {
		return g.EndRow()
	}
	return nil
}

// call takes the columns' names from a held row. Columns that keep their names stay the same.
func (g *Grid) call(row int) {
	old, columns := g.names, g.columns
	g.names, g.columns, g.head, g.heads = nil, nil, g.head[:0], g.heads[:0]
	for _, c := range g.cells[g.start(row):g.ends[row]] {
		v := g.mem[c.off : c.off+c.len]
		g.head = append(g.head, cell{col: c.col, off: len(g.heads), len: len(v)})
		g.heads = append(g.heads, v...)
		for len(g.names) <= c.col {
			g.names = append(g.names, "")
		}
		g.names[c.col] = clean(v)
	}
	for col, name := range g.names {
		for len(g.columns) <= col {
			g.columns = append(g.columns, 0)
		}
		if col < len(old) && old[col] == name && col < len(columns) {
			g.columns[col] = columns[col]
		}
	}
}

// tell hands a held row back as a line. In a form what stands before a value is its label.
func (g *Grid) tell(row int, form bool) error {
	g.line = g.line[:0]
	cells := g.cells[g.start(row):g.ends[row]]
	for i, c := range cells {
		v := g.mem[c.off : c.off+c.len]
		g.line = append(g.line, v...)
		switch {
		case i == len(cells)-1:
		case form && i%2 == 0 && v[len(v)-1] != ':':
			g.line = append(g.line, ": "...)
		case form && i%2 == 0:
			g.line = append(g.line, ' ')
		default:
			g.line = append(g.line, '\t')
		}
	}
	return g.Line(g.line)
}

// clean makes a column's name fit to be shown: on one line, and not too long.
func clean(v []byte) string {
	v = bytes.ToValidUTF8(v[:min(len(v), maxName)], nil)
	return string(bytes.Join(bytes.FieldsFunc(v, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xa0 }), []byte(" ")))
}
