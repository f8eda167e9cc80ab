package sqlite

import (
	"encoding/binary"
	"io"

	"github.com/chartroom/chartroom/format"
)

// maxHeld is how long a row may be that is held in memory, in bytes; of a longer one each value is read as a stream.
const maxHeld = 1 << 20

// payload is the bytes of a row: what stands in its page, and the chain of pages that holds the rest (section 1.6).
type payload struct {
	db    *database
	rowid int64
	size  int64  // of the whole row
	local []byte // what stands in the page
	next  uint32 // the first page of the chain; 0 = none

	held  []byte // memory for a row from several pages
	spill []byte // memory for a page of the chain
}

// set takes the payload of a cell.
func (p *payload) set(db *database, cell []byte, rowid bool) error {
	size, n := varint(cell)
	if n == 0 || size < 0 {
		return format.Damaged("a row without a length")
	}
	cell = cell[n:]
	p.db, p.size, p.rowid, p.next = db, size, 0, 0
	// The most that a row may have in its page: section 1.6, "X" for tables and for indices.
	most := int64(db.usable-12)*64/255 - 23
	if rowid {
		most = int64(db.usable - 35)
		if p.rowid, n = varint(cell); n == 0 {
			return format.Damaged("a row without a number")
		}
		cell = cell[n:]
	}
	if size > int64(db.pages)*int64(db.pageSize) {
		return format.Damaged("a row longer than the file")
	}
	here := size
	if size > most {
		least := int64(db.usable-12)*32/255 - 23
		if here = least + (size-least)%int64(db.usable-4); here > most {
			here = least
		}
		if int64(len(cell)) < here+4 {
			return format.Damaged("a row that leaves its page")
		}
		p.next = binary.BigEndian.Uint32(cell[here:])
	}
	if int64(len(cell)) < here {
		return format.Damaged("a row that leaves its page")
	}
	p.local = cell[:here]
	return nil
}

// bytes gives the whole row, which must not be over maxHeld.
func (p *payload) bytes() ([]byte, error) {
	if p.next == 0 {
		return p.local, nil
	}
	if int64(cap(p.held)) < p.size {
		p.held = make([]byte, p.size, max(p.size, 64<<10))
	}
	p.held = p.held[:p.size]
	_, err := io.ReadFull(p.stream(), p.held)
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		err = format.Damaged("a row without its end")
	}
	return p.held, err
}

// stream gives the whole row as a stream.
func (p *payload) stream() *chain { return &chain{p: p, part: p.local, next: p.next, left: p.size} }

// chain reads a row over its pages.
type chain struct {
	p    *payload
	part []byte
	next uint32
	left int64
}

// Read implements io.Reader.
func (c *chain) Read(into []byte) (int, error) {
	if c.left <= 0 {
		return 0, io.EOF
	}
	for len(c.part) == 0 {
		if c.next == 0 {
			return 0, format.Damaged("a row without its end")
		}
		page, err := c.p.db.read(c.next, c.p.spill)
		if err != nil {
			return 0, err
		}
		c.p.spill = page
		c.next, c.part = binary.BigEndian.Uint32(page), page[4:c.p.db.usable]
	}
	n := copy(into[:min(int64(len(into)), c.left)], c.part)
	c.part, c.left = c.part[n:], c.left-int64(n)
	return n, nil
}

// ReadByte implements io.ByteReader.
func (c *chain) ReadByte() (byte, error) {
	var b [1]byte
	for {
		if n, err := c.Read(b[:]); n == 1 || err != nil {
			return b[0], err
		}
	}
}

// columns gives the first values of a row that is held in memory; those that it does not have are null.
func (p *payload) columns(into []value) error {
	clear(into)
	if p.size > maxHeld {
		return format.Damaged("a definition of %d bytes", p.size)
	}
	b, err := p.bytes()
	if err != nil {
		return err
	}
	return each(b, func(i int, v value) error {
		if i < len(into) {
			into[i] = v
		}
		return nil
	})
}

// each calls f for each value of a row (section 2.1).
func each(row []byte, f func(i int, v value) error) error {
	length, n := varint(row)
	if n == 0 || length < int64(n) || length > int64(len(row)) {
		return format.Damaged("a row's header")
	}
	header, body := row[n:length], row[length:]
	for i := 0; len(header) > 0; i++ {
		serial, n := varint(header)
		if n == 0 {
			return format.Damaged("a row's header")
		}
		header = header[n:]
		size := sizeOf(serial)
		if size < 0 || size > int64(len(body)) {
			return format.Damaged("a value that leaves its row")
		}
		if err := f(i, value{serial, body[:size]}); err != nil {
			return err
		}
		body = body[size:]
	}
	return nil
}

// varint reads a number of one to nine bytes (section 1.6); n is 0 where it is cut off.
func varint(b []byte) (v int64, n int) {
	for n < len(b) && n < 8 {
		c := b[n]
		n++
		v = v<<7 | int64(c&0x7f)
		if c < 0x80 {
			return v, n
		}
	}
	if n < len(b) {
		return v<<8 | int64(b[n]), n + 1
	}
	return 0, 0
}
