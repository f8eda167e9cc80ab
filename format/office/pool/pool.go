// Package pool keeps the strings that the cells of a workbook name by number. They are written down once, in memory while they
// are few and beyond in format's sealed spool, and read by blocks, since cells name them in about the order in which they stand.
package pool

import (
	"context"
	"errors"
	"io"

	"github.com/chartroom/chartroom/format"
)

// Limits of a table.
const (
	MaxStrings = 1 << 24             // strings of a table; their offsets take 4 bytes each
	MaxString  = 1 << 20             // bytes of one; a cell has at most 32,767 characters
	MaxSize    = 1<<32 - 2*MaxString // bytes of all
	chunkSize  = 1 << 16             // offsets in one piece of memory
	blockSize  = 1 << 16             // bytes of the table that are looked at together
	numBlocks  = 256                 // of them that are held
)

// Table is a list of strings. What a workbook says of their number is not believed. The zero Table is empty. Close it.
type Table struct {
	whole   *format.Whole
	offsets [][]uint32
	n       int
	blocks  [numBlocks]block
	long    []byte
	cut     int // strings that are longer than what is held
	over    bool
}

// block is a part of the table that is held.
type block struct {
	number int64 // 1 + its number
	data   []byte
}

// feeder turns the elements of a part into the bytes of a table.
type feeder struct {
	t    *Table
	next func([]byte) ([]byte, error) // appends the next string; io.EOF behind the last
	buf  []byte
	rest []byte
	size int64
	err  error // why it ended too early
}

// Read gives the bytes of the strings, one behind the other.
func (f *feeder) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		if f.t.n >= MaxStrings || f.size > MaxSize {
			f.t.over = true
			return 0, io.EOF
		}
		v, err := f.next(f.buf[:0])
		if err != nil {
			if err != io.EOF {
				f.err = err
			}
			return 0, io.EOF
		}
		if len(v) >= MaxString {
			f.t.cut++
		}
		f.buf, f.rest = v, v
		f.t.add(uint32(f.size))
		f.size += int64(len(v))
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// add notes where the next string begins.
func (t *Table) add(off uint32) {
	if t.n%chunkSize == 0 {
		t.offsets = append(t.offsets, make([]uint32, 0, chunkSize))
	}
	last := &t.offsets[len(t.offsets)-1]
	*last = append(*last, off)
	t.n++
}

// New writes a table down. next appends the next string, and gives io.EOF behind the last. New gives the table with what was
// there before an error of next, and that error; without a table, the error is that of the disk.
func New(ctx context.Context, next func([]byte) ([]byte, error)) (*Table, error) {
	t := &Table{}
	f := &feeder{t: t, next: next}
	whole, err := format.Input{Size: -1, Body: f}.Whole(ctx)
	if err != nil {
		return nil, err
	}
	t.whole = whole
	return t, f.err
}

// Close gives back what the table was kept in.
func (t *Table) Close() {
	if t.whole != nil {
		t.whole.Close()
	}
}

// Len is the number of strings.
func (t *Table) Len() int { return t.n }

// Cut is the number of strings that were longer than MaxString.
func (t *Table) Cut() int { return t.cut }

// Over tells whether there were more strings than MaxStrings, or more bytes than MaxSize.
func (t *Table) Over() bool { return t.over }

// offset gives where string i begins.
func (t *Table) offset(i int) int64 {
	if i == t.n {
		return t.whole.Size()
	}
	return int64(t.offsets[i/chunkSize][i%chunkSize])
}

// Get gives string i, good until the next one is asked for; nil when there is none.
func (t *Table) Get(i int) ([]byte, error) {
	if i < 0 || i >= t.n {
		return nil, nil
	}
	from, to := t.offset(i), t.offset(i+1)
	if from == to {
		return nil, nil
	}
	if from/blockSize != (to-1)/blockSize {
		if int64(cap(t.long)) < to-from {
			t.long = make([]byte, to-from)
		}
		v := t.long[:to-from]
		_, err := t.whole.ReadAt(v, from)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return v, err
	}
	number := from / blockSize
	b := &t.blocks[number%numBlocks]
	if b.number != number+1 {
		b.number = 0
		if b.data == nil {
			b.data = make([]byte, min(blockSize, t.whole.Size()))
		}
		b.data = b.data[:min(int64(cap(b.data)), t.whole.Size()-number*blockSize)]
		if _, err := t.whole.ReadAt(b.data, number*blockSize); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		b.number = number + 1
	}
	return b.data[from%blockSize : from%blockSize+to-from], nil
}
