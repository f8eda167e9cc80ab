package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/chartroom/chartroom/format"
)

const (
	// headerSize is the length of the database's header (section 1.3).
	headerSize = 100
	// maxDepth is how deep a tree of pages may be. A tree over as many pages as a file may have is not deeper than 20.
	maxDepth = 40
)

// The encodings of text (section 1.3.13).
const (
	utf8    = 1
	utf16le = 2
	utf16be = 3
)

// database is an open file.
type database struct {
	ctx      context.Context
	at       io.ReaderAt
	pageSize int
	usable   int    // bytes of a page that the format uses
	pages    uint32 // that the file holds
	free     uint32 // pages on the list of free ones
	encoding uint32
	seen     uint32 // pages read so far; each belongs to one tree, so that more than there are means a circle
}

// open reads the header.
func open(ctx context.Context, w *format.Whole) (*database, error) {
	head := make([]byte, headerSize)
	if _, err := w.ReadAt(head, 0); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, format.Damaged("shorter than its header")
		}
		return nil, err
	}
	db := &database{ctx: ctx, at: w, pageSize: int(binary.BigEndian.Uint16(head[16:])), free: binary.BigEndian.Uint32(head[36:]),
		encoding: binary.BigEndian.Uint32(head[56:])}
	if db.pageSize == 1 {
		db.pageSize = 1 << 16
	}
	db.usable = db.pageSize - int(head[20])
	if string(head[:len(magic)]) != magic || db.pageSize < 512 || db.pageSize&(db.pageSize-1) != 0 || db.usable < 480 {
		return nil, format.Damaged("the header of a SQLite database")
	}
	if db.encoding == 0 {
		db.encoding = utf8 // an empty database has none yet
	}
	db.pages = uint32(min((w.Size()+int64(db.pageSize)-1)/int64(db.pageSize), 1<<32-2))
	db.free = min(db.free, db.pages)
	return db, ctx.Err()
}

// read reads a page into the buffer, which grows to a page's size.
func (db *database) read(number uint32, into []byte) ([]byte, error) {
	if db.seen++; db.seen&0xff == 0 {
		if err := db.ctx.Err(); err != nil {
			return nil, err
		}
	}
	if number == 0 || number > db.pages {
		return nil, format.Damaged("page %d of %d", number, db.pages)
	}
	if db.seen > db.pages {
		return nil, format.Damaged("pages that refer to each other in a circle")
	}
	if into == nil {
		into = make([]byte, db.pageSize)
	}
	n, err := db.at.ReadAt(into, int64(number-1)*int64(db.pageSize))
	if n < db.pageSize {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, format.Damaged("page %d is cut off", number)
		}
		return nil, err
	}
	return into, nil
}

// The kinds of pages of a tree (section 1.6).
const (
	indexInterior = 2
	tableInterior = 5
	indexLeaf     = 10
	tableLeaf     = 13
)

// visitor walks over the rows of one table.
type visitor struct {
	db  *database
	row func(*payload) error

	buffers [maxDepth][]byte // a page for each level
	payload payload
}

// walk goes through the tree under a page. A table's rows stand in its leaves; those of a table without row ids in all pages.
func (v *visitor) walk(number uint32, depth int) error {
	if depth == maxDepth {
		return format.Damaged("page %d stands over %d deep", number, maxDepth)
	}
	page, err := v.db.read(number, v.buffers[depth])
	if err != nil {
		return err
	}
	v.buffers[depth] = page
	head := page
	if number == 1 {
		head = page[headerSize:]
	}
	kind, cells := head[0], int(binary.BigEndian.Uint16(head[3:]))
	pointers := head[8:]
	interior := kind == tableInterior || kind == indexInterior
	switch {
	case interior:
		pointers = head[12:]
	case kind != tableLeaf && kind != indexLeaf:
		return format.Damaged("page %d is of no kind that a table has", number)
	}
	if cells*2 > len(pointers) {
		return format.Damaged("page %d counts %d cells", number, cells)
	}
	var damage error // a bad branch does not end its neighbours
	note := func(err error) error {
		if err != nil && errors.Is(err, format.ErrDamaged) {
			if damage == nil {
				damage = err
			}
			return nil
		}
		return err
	}
	for i := range cells {
		at := int(binary.BigEndian.Uint16(pointers[2*i:]))
		if err := note(v.cell(number, kind, at, depth)); err != nil {
			return err
		}
	}
	if interior {
		if err := note(v.walk(binary.BigEndian.Uint32(head[8:]), depth+1)); err != nil {
			return err
		}
	}
	return damage
}

// cell visits what one cell of a page holds: a page below, a row, or in an index both.
func (v *visitor) cell(number uint32, kind byte, at, depth int) error {
	page := v.buffers[depth][:v.db.usable]
	if at < 8 || at+4 > len(page) {
		return format.Damaged("page %d has a cell outside of it", number)
	}
	cell := page[at:]
	if kind == tableInterior || kind == indexInterior {
		if err := v.walk(binary.BigEndian.Uint32(cell), depth+1); err != nil || kind == tableInterior {
			return err
		}
		cell = cell[4:]
	}
	if err := v.payload.set(v.db, cell, kind == tableLeaf); err != nil {
		return err
	}
	return v.row(&v.payload)
}
