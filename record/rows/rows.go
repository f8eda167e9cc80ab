// Package rows is how the rows of a table travel from a source that knows their columns to the reader that looks at them: a stream of
// named columns and values with their lengths, so that nothing in a value can be taken for the end of one. It lives in memory and
// between machines, and is never kept.
//
// The stream is a magic, the number of columns, and of each its kind and name; then, for each row, a one and its values; then a zero.
// A value is its length plus one and its bytes; a length of nought stands for null. Numbers are unsigned varints. Instead of a row there may
// stand many as lines of text: see BeginLines.
package rows

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Magic is what a stream begins with.
const Magic = "\x89rows\x01\r\n"

// Limits of a stream.
const (
	MaxColumns = 1 << 16
	MaxName    = 1 << 12
)

// Kind says what a column's values are.
type Kind byte

// The kinds.
const (
	Text   Kind = iota // UTF-8, numbers and dates among it
	Binary             // bytes that may be anything
)

// Column is one column of a table.
type Column struct {
	Name string
	Kind Kind
}

// Writer writes a stream. Call Close at its end: a stream without an end is a truncated one.
type Writer struct {
	w       *bufio.Writer
	columns int
	at      int // in the row
	scratch []byte
}

// What begins what follows: the end of the stream, a row, or lines.
const (
	isEnd = iota
	isRow
	isLines
)

// NewWriter begins a stream.
func NewWriter(w io.Writer, columns []Column) (*Writer, error) {
	if len(columns) > MaxColumns {
		return nil, fmt.Errorf("a table of over %d columns", MaxColumns)
	}
	out := &Writer{w: bufio.NewWriterSize(w, 64<<10), columns: len(columns)}
	_, err := out.w.Write(Header(nil, columns))
	return out, err
}

// Header appends what a stream of at most MaxColumns columns begins with, for whoever writes the rows himself.
func Header(b []byte, columns []Column) []byte {
	b = binary.AppendUvarint(append(b, Magic...), uint64(len(columns)))
	for _, c := range columns {
		name := c.Name[:min(len(c.Name), MaxName)]
		b = append(binary.AppendUvarint(append(b, byte(c.Kind)), uint64(len(name))), name...)
	}
	return b
}

// BeginRow appends what begins a row. Its values follow.
func BeginRow(b []byte) []byte { return append(b, isRow) }

// Value writes the next value of a row; nil is null.
func (w *Writer) Value(v []byte) error {
	if v == nil {
		return w.begin(0)
	}
	if err := w.begin(uint64(len(v)) + 1); err != nil {
		return err
	}
	_, err := w.w.Write(v)
	return err
}

// Stream writes the next value of a row from a source that has exactly n bytes.
func (w *Writer) Stream(r io.Reader, n int64) error {
	if err := w.begin(uint64(n) + 1); err != nil {
		return err
	}
	_, err := io.CopyN(w.w, r, n)
	return err
}

// begin writes a value's length, and before the first of a row that there is one.
func (w *Writer) begin(length uint64) error {
	w.scratch = w.scratch[:0]
	if w.at == 0 {
		w.scratch = append(w.scratch, isRow)
	}
	if w.at++; w.at == w.columns {
		w.at = 0
	}
	w.scratch = binary.AppendUvarint(w.scratch, length)
	_, err := w.w.Write(w.scratch)
	return err
}

// Close ends the stream. It does not close what lies beneath.
func (w *Writer) Close() error {
	if w.at != 0 {
		return errors.New("a row without its last values")
	}
	if err := w.w.WriteByte(isEnd); err != nil {
		return err
	}
	return w.w.Flush()
}

// Reader reads a stream.
type Reader struct {
	Columns []Column
	r       *bufio.Reader
	at      int
	left    uint64 // of the value that is being read
	lines   lines
}

// ErrFormat says that bytes are no stream of rows.
var ErrFormat = errors.New("no stream of rows")

// NewReader reads the columns of a stream.
func NewReader(r io.Reader) (*Reader, error) {
	in := &Reader{r: bufio.NewReaderSize(r, MaxWhole)}
	magic := make([]byte, len(Magic))
	if _, err := io.ReadFull(in.r, magic); err != nil {
		return nil, cut(err)
	}
	n, err := binary.ReadUvarint(in.r)
	if err != nil {
		return nil, cut(err)
	}
	if string(magic) != Magic || n > MaxColumns {
		return nil, ErrFormat
	}
	for range n {
		kind, err := in.r.ReadByte()
		if err != nil {
			return nil, cut(err)
		}
		length, err := binary.ReadUvarint(in.r)
		if err != nil {
			return nil, cut(err)
		}
		if length > MaxName || Kind(kind) > Binary {
			return nil, ErrFormat
		}
		name := make([]byte, length)
		if _, err := io.ReadFull(in.r, name); err != nil {
			return nil, cut(err)
		}
		in.Columns = append(in.Columns, Column{string(name), Kind(kind)})
	}
	return in, nil
}

// cut says that a stream ends too early.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Row goes to the next row, and tells whether there is one. Behind the last, the stream must be at its end. What was not read of the row before is passed over.
func (r *Reader) Row() (bool, error) {
	for r.at > 0 {
		if _, _, err := r.Next(); err != nil {
			return false, err
		}
	}
	if err := r.drop(); err != nil {
		return false, err
	}
	if err := r.load(); err != nil {
		return false, err
	}
	if r.lines.next() {
		return true, nil
	}
	what, err := r.r.ReadByte()
	switch {
	case err != nil:
		return false, cut(err)
	case what == isRow:
		return len(r.Columns) > 0, nil
	case what == isLines && len(r.Columns) > 0:
		return true, r.beginLines()
	case what != isEnd:
		return false, ErrFormat
	}
	if _, err := r.r.ReadByte(); err != io.EOF {
		if err == nil {
			err = ErrFormat
		}
		return false, err
	}
	return false, nil
}

// Next goes to the next value of the row and gives its length in bytes; null where it is none.
func (r *Reader) Next() (n uint64, null bool, err error) {
	if err := r.drop(); err != nil {
		return 0, false, err
	}
	length := uint64(0)
	if r.lines.some() {
		length, err = r.inLine()
	} else {
		length, err = r.length()
	}
	if err != nil {
		return 0, false, cut(err)
	}
	if r.at++; r.at == len(r.Columns) {
		r.at = 0
	}
	if length == 0 {
		return 0, true, nil
	}
	r.left = length - 1
	return r.left, false, nil
}

// length reads a length. Nearly all are one byte.
func (r *Reader) length() (uint64, error) {
	b, err := r.r.ReadByte()
	if err != nil || b < 0x80 {
		return uint64(b), err
	}
	if err := r.r.UnreadByte(); err != nil {
		return 0, err
	}
	return binary.ReadUvarint(r.r)
}

// MaxWhole is how long a value may be that Whole gives, in bytes.
const MaxWhole = 64 << 10

// Whole gives all that is left of a value of at most MaxWhole bytes. They are valid until the next step of the reader.
func (r *Reader) Whole() ([]byte, error) {
	if r.lines.some() {
		r.left = 0
		return r.lines.value, nil
	}
	v, err := r.r.Peek(int(r.left))
	if err != nil {
		return nil, cut(err)
	}
	r.left = 0
	_, err = r.r.Discard(len(v))
	return v, err
}

// Read gives the bytes of the value, and io.EOF at its end.
func (r *Reader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if r.lines.some() {
		n := copy(p, r.lines.value[uint64(len(r.lines.value))-r.left:])
		r.left -= uint64(n)
		return n, nil
	}
	n, err := r.r.Read(p[:min(uint64(len(p)), r.left)])
	r.left -= uint64(n)
	return n, cut(err)
}

// drop passes over what is left of the value.
func (r *Reader) drop() error {
	if r.lines.some() {
		r.left = 0
	}
	for r.left > 0 {
		n, err := r.r.Discard(int(min(r.left, 1<<30)))
		r.left -= uint64(n)
		if err != nil {
			return cut(err)
		}
	}
	return nil
}
