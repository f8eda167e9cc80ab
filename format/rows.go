package format

import (
	"bytes"
	"io"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
	"github.com/chartroom/chartroom/record/rows"
)

const (
	// maxColumn is the longest value that is judged as a column's, in bytes; a longer one is running text.
	maxColumn = 200
	// A batch over one of these is handed out. They are small, so that it stays in a processor's cache.
	batchBytes = 64 << 10
	batchCells = 4 << 10
	// A row over one of these becomes several records.
	rowBytes = 1 << 20
	rowCells = 50_000
)

// Rows hands out the rows of a table whose columns have at most names. A value that is a document of its own is handed out as an
// inner item, one that is long or has line breaks as running text, and any other for name and values to decide together.
type Rows struct {
	out     Output
	batch   *record.Batch
	columns []rowColumn
	start   int // where the open row's cells begin
}

// rowColumn is a column and its places, one more than their numbers; 0 = none yet.
type rowColumn struct {
	field, name string
	place, text uint32
	documents   Documents
}

// NewRows begins a table.
func NewRows(out Output) *Rows { return &Rows{out: out, batch: record.NewBatch(out.Places)} }

// Column adds a column and gives its number, from 0. The field is what answers print, the name what the column is judged by;
// an empty name is none.
func (r *Rows) Column(field, name string) int {
	r.columns = append(r.columns, rowColumn{field: field, name: name, documents: Documents{Out: r.out, Field: field}})
	return len(r.columns) - 1
}

// Put takes a text or number of the open row. The bytes are copied.
func (r *Rows) Put(column int, v []byte) error {
	if len(v) == 0 {
		return nil
	}
	if how := EmbeddingOf(v); how != NotEmbedded {
		return r.Document(column, how, v)
	}
	if len(v) > pieceSize {
		return r.Text(column, bytes.NewReader(v))
	}
	r.batch.Put(r.placeOf(column, v), v)
	if len(r.batch.Cells)-r.start >= rowCells || r.batch.Size() >= rowBytes {
		return r.End()
	}
	return nil
}

// Document takes a value of the open row that is a document, by how it stands there. The bytes are copied.
func (r *Rows) Document(column int, how Embedding, v []byte) error {
	return r.columns[column].documents.Take(how, v)
}

// Inner takes a value of the open row that is a document, or is to be looked at as one.
func (r *Rows) Inner(column int, body io.Reader) error {
	return r.columns[column].documents.Open(body)
}

// Room gives memory for the coming rows as lines of package record/rows, for Lines to take. What was there is handed out.
func (r *Rows) Room(n int) ([]byte, error) {
	if err := r.hand(); err != nil {
		return nil, err
	}
	return r.batch.Room(n), nil
}

// errLines says that lines have not as many values as there are columns.
var errLines = Damaged("lines of a table")

// Lines takes the rows that were put into Room, and hands them out. All columns are of text.
func (r *Rows) Lines() error {
	b := r.batch
	text, last := b.Memory(), len(r.columns)-1
	for at := 0; at < len(text); {
		end := at + bytes.IndexByte(text[at:], '\n')
		if end < at {
			return errLines
		}
		escaped := bytes.IndexByte(text[at:end], '\\') >= 0
		for i := range r.columns {
			to := at + bytes.IndexByte(text[at:], '\t')
			if more := to >= at && to < end; more != (i < last) {
				return errLines
			} else if !more {
				to = end
			}
			switch c := &r.columns[i]; {
			case at == to:
			case to-at < minEmbedded && c.place != 0 && !escaped:
				b.Cells = append(b.Cells, record.Cell{Place: c.place - 1, Off: uint32(at), Len: uint32(to - at)})
			default:
				if err := r.inLine(i, at, to); err != nil {
					return err
				}
			}
			at = to + 1
		}
		b.EndRecord()
	}
	return r.hand()
}

// inLine takes a value of a line, at which a look is needed.
func (r *Rows) inLine(column, from, to int) error {
	v := r.batch.Memory()[from:to]
	if rows.IsNull(v) {
		return nil
	}
	v = rows.Unescape(v)
	if how := EmbeddingOf(v); how != NotEmbedded {
		return r.Document(column, how, v)
	}
	r.batch.Point(r.placeOf(column, v), from, len(v))
	return nil
}

// Text takes a long text of the open row, piece by piece. The row's cells before and behind it become records of their own.
func (r *Rows) Text(column int, body io.Reader) error {
	if err := r.hand(); err != nil {
		return err
	}
	place := r.text(column)
	return Pieces(body, func(p Piece) error {
		r.batch.Put(place, p.Text)
		r.batch.From, r.batch.To = uint32(p.From), uint32(p.To)
		return r.hand()
	})
}

// End closes the open row, and hands rows out when there are enough.
func (r *Rows) End() error {
	r.batch.EndRecord()
	r.start = len(r.batch.Cells)
	if r.start < batchCells && r.batch.Size() < batchBytes {
		return nil
	}
	return r.hand()
}

// Flush closes the open row and hands out what is there. Call it when the table is at its end.
func (r *Rows) Flush() error {
	for i := range r.columns {
		if err := r.columns[i].documents.Flush(); err != nil {
			return err
		}
	}
	return r.hand()
}

// hand hands the rows out.
func (r *Rows) hand() error {
	r.batch.EndRecord()
	r.start = 0
	var err error
	if r.batch.Len() > 0 {
		err = r.out.Batch(r.batch)
	}
	r.batch.Reset()
	return err
}

// placeOf gives the place of a value of a column.
func (r *Rows) placeOf(column int, v []byte) uint32 {
	place := r.place(column)
	if len(v) > maxColumn || bytes.IndexByte(v, '\n') >= 0 {
		place = r.text(column)
	}
	return place
}

// place gives the place of a column.
func (r *Rows) place(column int) uint32 {
	c := &r.columns[column]
	if c.place == 0 {
		c.place = 1 + r.add(record.Place{Field: c.field, Name: c.name, Mode: record.Column})
	}
	return c.place - 1
}

// text gives the place of a column's values that are running text.
func (r *Rows) text(column int) uint32 {
	c := &r.columns[column]
	if c.text == 0 {
		c.text = 1 + r.add(record.Place{Field: c.field, Name: c.name, Mode: record.Text, Kind: phi.FreeText})
	}
	return c.text - 1
}

// add adds a place; beyond what a table of places may hold, all further columns share the last, which is text.
func (r *Rows) add(p record.Place) uint32 {
	if n := r.out.Places.Len(); r.out.Places.Full() {
		if r.out.Places.At(uint32(n-1)).Field == "further columns" {
			return uint32(n - 1)
		}
		p = record.Place{Field: "further columns", Mode: record.Text, Kind: phi.FreeText}
	}
	return r.out.Places.Add(p)
}
