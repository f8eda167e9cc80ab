package parquet

import (
	"io"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/parquet/packed"
)

// column is one column of a row group while it is read.
type column struct {
	g    *group
	leaf *leaf
	meta chunkMeta

	need int64 // memory, as estimated
	off  int64 // of the next page
	seen int64 // entries of the pages that were opened
	page []byte
	dict *dictionary

	entries  int64 // of the page
	left     int64 // of them
	rep, def packed.Runs
	levels   []byte // of a page of version 2
	begun    bool   // an entry that begins a row was taken, but not its row
	kept     int64  // memory that goes with the page

	encoding encoding
	opened   bool          // the values' own head was read
	s        packed.Stream // the values
	index    packed.Runs
	ints     *packed.Deltas
	suffix   *packed.Deltas
	prefix   *packed.Deltas
	last     []byte // of values that share their beginnings
	split    []byte // of values whose bytes stand apart
	splitAt  int

	text []byte // a value as it is shown
}

// rows reads the column's values of the next n rows into the frame.
func (c *column) rows(n int) error {
	if c.leaf.maxRep > 0 {
		return c.nested(n)
	}
	for row := 0; row < n; {
		if c.left == 0 {
			if err := c.more(); err != nil {
				return err
			}
		}
		k := int(min(int64(n-row), c.left))
		d := uint32(0)
		if c.leaf.maxDef > 0 {
			var err error
			if d, k, err = c.def.Some(k); err != nil {
				return err
			}
		}
		if int(d) == c.leaf.maxDef {
			if err := c.values(row, 1, k); err != nil {
				return err
			}
		}
		row += k
		c.left -= int64(k)
	}
	return nil
}

// keep counts memory that the column keeps until its page ends.
func (c *column) keep(n int) error {
	c.kept += int64(n)
	return c.g.hold(int64(n))
}

// more opens the next page where there must be one.
func (c *column) more() error {
	err := c.turn()
	if err == io.EOF {
		return format.Damaged("fewer rows than the row group")
	}
	return err
}

// nested reads the values of the next n rows of a column that may have many a row (README.md of parquet-format, "Nested
// Encoding"): an entry of repetition level 0 begins a row, and one of the highest definition level has a value.
func (c *column) nested(n int) error {
	row, entries := -1, 0
	for {
		if !c.begun {
			if c.left == 0 {
				if err := c.turn(); err == io.EOF && row == n-1 {
					return nil
				} else if err == io.EOF {
					return format.Damaged("fewer rows than the row group")
				} else if err != nil {
					return err
				}
			}
			r, err := c.rep.Next()
			if err != nil {
				return err
			}
			if r == 0 && row == n-1 {
				c.begun = true
				return nil
			}
			c.begun = r == 0
			if entries++; entries&0xFFFF == 0 {
				if err := c.g.spend(0xFFFF); err != nil {
					return err
				}
			}
		}
		if c.begun {
			row, c.begun = row+1, false
		}
		if row < 0 {
			return format.Damaged("page: its first row has no beginning")
		}
		d, err := c.def.Next()
		if err != nil {
			return err
		}
		c.left--
		if int(d) == c.leaf.maxDef {
			if err := c.values(row, 0, 1); err != nil {
				return err
			}
		}
	}
}

// putInt takes a value that is stored as a number.
func (c *column) putInt(row int, v int64) error {
	f := &c.g.frame
	from := len(f.mem)
	f.mem = c.leaf.appendInt(f.mem, v)
	return f.close(row, c.leaf.column, short, from)
}

// putBytes takes a value that is stored as bytes.
func (c *column) putBytes(row int, v []byte) error {
	if c.leaf.show != asText && c.leaf.show != asBinary {
		c.text = c.leaf.appendBytes(c.text[:0], v)
		v = c.text
	}
	if len(v) == 0 {
		return nil
	}
	return c.put(row, c.leaf.classify(v), v)
}

// put takes a value as it is shown, which is not empty.
func (c *column) put(row int, how class, v []byte) error {
	if how == opaque {
		c.leaf.lose(lostBinary, c.g.number)
		return nil
	}
	return c.g.frame.put(row, c.leaf.column, how, v)
}
