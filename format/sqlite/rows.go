package sqlite

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"github.com/chartroom/chartroom/format"
)

// rows hands out the rows of one table.
type rows struct {
	db      *database
	rows    *format.Rows
	table   table
	columns int // columns known so far
	rowid   int // the column that stands for the row's number; -1 = none
	count   int64
	binary  int64 // blobs that are no text and no document
	text    []byte
}

func newRows(db *database, t table, out format.Output) *rows {
	r := &rows{db: db, rows: format.NewRows(out), table: t, rowid: -1}
	for i, c := range t.stored() {
		name := format.Shown(c.Name)
		r.column(name, name)
		if c.Type == "INTEGER" && len(t.Key) == 1 && equal(t.Key[0], c.Name) && !t.WithoutRowid {
			r.rowid = i // section 2.5: such a column is null in the row
		}
	}
	return r
}

func (r *rows) column(field, name string) {
	r.rows.Column(r.table.Name+"."+field, name)
	r.columns++
}

// take takes a row.
func (r *rows) take(p *payload) error {
	r.count++
	if p.size > maxHeld {
		if err := r.stream(p); err != nil {
			return err
		}
		return r.rows.End()
	}
	b, err := p.bytes()
	if err != nil {
		return err
	}
	if err := each(b, func(i int, v value) error { return r.value(p, i, v) }); err != nil {
		return err
	}
	return r.rows.End()
}

// known gives the column a place if it has none: a table whose definition was not understood has columns without names.
func (r *rows) known(i int) {
	for r.columns <= i {
		r.column(fmt.Sprintf("column %d", r.columns+1), "")
	}
}

// value takes one value that is held in memory.
func (r *rows) value(p *payload, i int, v value) error {
	r.known(i)
	switch {
	case v.serial == serialNull && i == r.rowid:
		r.text = strconv.AppendInt(r.text[:0], p.rowid, 10)
	case v.serial == serialNull:
		return nil
	case v.isText():
		if r.db.encoding == utf8 {
			return r.rows.Put(i, v.bytes)
		}
		r.text = r.db.appendText(r.text[:0], v.bytes)
	case v.isBlob():
		if format.EmbeddingOf(v.bytes) == format.NotEmbedded && !format.PlainText(v.bytes) {
			r.binary++
			return nil
		}
		return r.rows.Put(i, v.bytes)
	default:
		r.text = v.appendNumber(r.text[:0])
	}
	return r.rows.Put(i, r.text)
}

// stream takes a row that is too long to be held.
func (r *rows) stream(p *payload) error {
	body := p.stream()
	length, n, err := readVarint(body)
	if err != nil {
		return err
	}
	if length < n || length > maxHeld {
		return format.Damaged("a row's header")
	}
	header := make([]byte, length-n)
	if _, err := io.ReadFull(body, header); err != nil {
		return cutOff(err)
	}
	for i := 0; len(header) > 0; i++ {
		serial, n := varint(header)
		size := sizeOf(serial)
		if n == 0 || size < 0 || size > body.left {
			return format.Damaged("a row's header")
		}
		header = header[n:]
		if err := r.streamed(p, i, serial, io.LimitReader(body, size)); err != nil {
			return err
		}
	}
	return nil
}

// streamed takes one value of a row that is not held.
func (r *rows) streamed(p *payload, i int, serial int64, body io.Reader) error {
	if size := sizeOf(serial); size <= 64<<10 {
		held := make([]byte, size)
		if _, err := io.ReadFull(body, held); err != nil {
			return cutOff(err)
		}
		return r.value(p, i, value{serial, held})
	}
	r.known(i)
	if serial%2 == 1 {
		body = r.db.decoded(body)
	}
	text := bufio.NewReader(body)
	head, err := text.Peek(512)
	if err != nil && err != io.EOF {
		return err
	}
	switch how := format.EmbeddingOf(head); {
	case how != format.NotEmbedded:
		err = r.rows.Inner(i, how.Open(text))
	case serial%2 == 0 && !format.PlainText(head):
		r.binary++
		err = nil
	default:
		err = r.rows.Text(i, text)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, body)
	return err
}

// cutOff says that a row ends too early.
func cutOff(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return format.Damaged("a row without its end")
	}
	return err
}

func readVarint(r io.ByteReader) (v, n int64, err error) {
	var b [9]byte
	for n < 9 {
		c, err := r.ReadByte()
		if err != nil {
			return 0, 0, cutOff(err)
		}
		b[n] = c
		n++
		if c < 0x80 {
			break
		}
	}
	v, _ = varint(b[:n])
	return v, n, nil
}
