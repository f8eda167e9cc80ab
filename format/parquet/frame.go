package parquet

import (
	"bytes"
	"slices"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/typed"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

const (
	// maxShort is the longest value that is judged as a column's, in bytes; a longer one is running text.
	maxShort = 200
	// maxCell is the longest value that goes through the frame; a longer one is a record of its own.
	maxCell = 64 << 10
	// A frame over one of these is handed out, and its rows go on in records of their own.
	frameBytes = 4 << 20
	frameCells = 256 << 10
	// As many rows are read at a time as make about so many bytes and cells: they should stay in a processor's cache.
	wantBytes = 96 << 10
	wantCells = 6 << 10
	maxRows   = 16 << 10
)

// frame is a run of rows, read column by column, on its way to be handed out row by row.
type frame struct {
	out   format.Output
	rows  *format.Rows // for what does not go through the frame
	spend func(int64) error
	batch *record.Batch

	places []twin // by column
	mem    []byte
	cells  []cell
	ends   []uint32
}

// twin is the places of a column: of its values, and of those that are running text. They are one more than their numbers; 0 =
// none yet.
type twin struct {
	field, name  string
	column, text uint32
}

// cell is one value of the frame.
type cell struct{ row, place, off, n uint32 }

// class is what becomes of a value.
type class uint8

const (
	short  class = iota // judged with its column
	prose               // running text
	inside              // a document of its own
	opaque              // bytes of no known kind
	alone               // so long that it is a record of its own
)

// classify tells what becomes of a value that is stored as bytes.
func (l *leaf) classify(v []byte) class {
	switch {
	case l.show != asText && l.show != asBinary:
		return short
	case format.EmbeddingOf(v) != format.NotEmbedded:
		return inside
	case l.show == asBinary && !typed.IsText(v):
		return opaque
	case len(v) > maxCell:
		return alone
	case len(v) > maxShort || bytes.IndexByte(v, '\n') >= 0:
		return prose
	}
	return short
}

// put takes a copy of a value that is not empty.
func (f *frame) put(row, column int, how class, v []byte) error {
	switch how {
	case short, prose:
		from := len(f.mem)
		f.mem = append(f.mem, v...)
		return f.close(row, column, how, from)
	case inside:
		if err := f.spend(int64(len(v))); err != nil {
			return err
		}
		return fatal(f.rows.Document(column, format.EmbeddingOf(v), v))
	}
	if err := f.spend(int64(len(v))); err != nil {
		return err
	}
	return fatal(f.rows.Text(column, bytes.NewReader(v)))
}

// close makes what was written behind from a cell.
func (f *frame) close(row, column int, how class, from int) error {
	n := len(f.mem) - from
	if n == 0 {
		return nil
	}
	t := &f.places[column]
	place := t.column
	if how == prose {
		place = t.text
	}
	if place == 0 {
		place = f.place(t, how)
	}
	f.cells = append(f.cells, cell{uint32(row), place - 1, uint32(from), uint32(n)})
	if len(f.mem) >= frameBytes || len(f.cells) >= frameCells {
		return f.flush()
	}
	return nil
}

// place makes a column's place, or its place of running text.
func (f *frame) place(t *twin, how class) uint32 {
	p, at := record.Place{Field: t.field, Name: t.name, Mode: record.Column}, &t.column
	if how == prose {
		p.Mode, p.Kind, at = record.Text, phi.FreeText, &t.text
	}
	if f.out.Places.Full() { // all further columns share the last place
		if n := f.out.Places.Len(); f.out.Places.At(uint32(n-1)).Field == beyond {
			*at = uint32(n)
			return *at
		}
		p = record.Place{Field: beyond, Mode: record.Text, Kind: phi.FreeText}
	}
	*at = 1 + f.out.Places.Add(p)
	return *at
}

// beyond is the field of columns for which there is no place.
const beyond = "further columns"

// flush hands out the rows: the cells in the order of their rows, by counting. Those of one row stay in the order of the columns.
func (f *frame) flush() error {
	if len(f.cells) == 0 {
		return nil
	}
	if err := f.spend(int64(len(f.mem) + valueWork*len(f.cells))); err != nil {
		return err
	}
	rows := 0
	for i := range f.cells {
		rows = max(rows, int(f.cells[i].row)+1)
	}
	f.ends = slices.Grow(f.ends[:0], rows+1)[:rows+1]
	clear(f.ends)
	for i := range f.cells {
		f.ends[f.cells[i].row+1]++
	}
	for i := 1; i < len(f.ends); i++ {
		f.ends[i] += f.ends[i-1]
	}
	b := f.batch
	b.Reset()
	b.Use(f.mem)
	sorted := slices.Grow(b.Cells, len(f.cells))[:len(f.cells)]
	for i := range f.cells {
		c := &f.cells[i]
		sorted[f.ends[c.row]] = record.Cell{Place: c.place, Off: c.off, Len: c.n}
		f.ends[c.row]++
	}
	for _, end := range f.ends[:rows] { // each has moved to where its row ends
		b.Cells = sorted[:end]
		b.EndRecord()
	}
	f.mem, f.cells = f.mem[:0], f.cells[:0]
	return fatal(f.out.Batch(b))
}
