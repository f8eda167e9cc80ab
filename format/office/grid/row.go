package grid

import "slices"

const (
	maxRepeats  = 64      // equal rows in a row that are handed out; more say nothing new
	maxExpanded = 1 << 20 // cells that a document may gain by repeating others
	maxMerged   = 200     // bytes of a cell over several rows that are said again in each
	maxAbove    = 1 << 20 // bytes of a row that is kept for the next one
)

// Row gathers the open row of a table whose cells may stand for several, beside each other or beneath.
type Row struct {
	now, above cellRow
	expanded   int
}

// cellRow is a row's cells, in the order of their columns.
type cellRow struct {
	mem   []byte
	cells []rowCell
}

type rowCell struct {
	cell
	more int // rows for which it goes on
}

// Extent is where a cell stands.
type Extent struct {
	Col   int // the first column
	Width int // of the cell in columns
	Times int // that it stands there, beside each other
	More  int // rows beneath for which it goes on
}

// Add adds a cell.
func (r *Row) Add(v []byte, kind Kind, x Extent) {
	off := len(r.now.mem)
	r.now.mem = append(r.now.mem, v...)
	for i := range max(x.Times, 1) {
		if i > 0 {
			if r.expanded++; r.expanded > maxExpanded {
				return
			}
		}
		r.now.cells = append(r.now.cells, rowCell{cell{x.Col + i*x.Width, off, len(v), kind}, x.More})
	}
}

// GoOn says again what the row before says in the columns from one to another, where its cells go on: whose rows these are, mostly.
func (r *Row) GoOn(from, to int) {
	i, _ := slices.BinarySearchFunc(r.above.cells, from, func(c rowCell, col int) int { return c.col - col })
	for ; i < len(r.above.cells) && r.above.cells[i].col < to; i++ {
		c := r.above.cells[i]
		if c.more <= 0 || c.len > maxMerged {
			continue
		}
		if r.expanded++; r.expanded > maxExpanded {
			return
		}
		v := r.above.mem[c.off : c.off+c.len]
		c.off, c.more = len(r.now.mem), c.more-1
		r.now.cells = append(r.now.cells, c)
		r.now.mem = append(r.now.mem, v...)
	}
}

// Empty tells whether the row has no cells.
func (r *Row) Empty() bool { return len(r.now.cells) == 0 }

// Forget says that no cell of the row before goes on.
func (r *Row) Forget() { r.above.cells = r.above.cells[:0] }

// Put closes the row, which stands there so many times, and hands it on.
func (r *Row) Put(g *Grid, times int) error {
	defer r.next()
	for i := range min(max(times, 1), maxRepeats) {
		if i > 0 {
			if r.expanded += len(r.now.cells); r.expanded > maxExpanded {
				return nil
			}
		}
		for _, c := range r.now.cells {
			if err := g.Cell(c.col, r.now.mem[c.off:c.off+c.len], c.kind); err != nil {
				return err
			}
		}
		if err := g.EndRow(); err != nil {
			return err
		}
	}
	return nil
}

// next begins another row.
func (r *Row) next() {
	r.now, r.above = r.above, r.now
	r.now.mem, r.now.cells = r.now.mem[:0], r.now.cells[:0]
	if len(r.above.mem) > maxAbove {
		r.above = cellRow{}
	}
}

// Dissolve closes a row that is none, and hands its cells back as lines.
func (r *Row) Dissolve(line func([]byte) error) error {
	defer r.next()
	for _, c := range r.now.cells {
		if err := line(r.now.mem[c.off : c.off+c.len]); err != nil {
			return err
		}
	}
	return nil
}
