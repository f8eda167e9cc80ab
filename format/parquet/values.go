package parquet

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/parquet/packed"
)

// values reads k values: the i-th stands in row + i*step.
func (c *column) values(row, step, k int) error {
	if !c.opened {
		if err := c.open(); err != nil {
			return err
		}
		c.opened = true
	}
	if err := c.g.spend(valueWork * int64(k)); err != nil {
		return err
	}
	if c.leaf.physical == fixed && c.leaf.length == 0 {
		return nil
	}
	switch c.encoding {
	case plainValues:
		return c.plain(row, step, k)
	case plainDictionary, rleDictionary:
		return c.indices(row, step, k)
	case runLength:
		return c.truths(row, step, k)
	case deltaPacked:
		return c.deltas(row, step, k)
	case deltaLength:
		return c.strings(row, step, k)
	case deltaBytes:
		return c.prefixed(row, step, k)
	}
	return c.apart(row, step, k)
}

// open reads what stands before a page's values.
func (c *column) open() (err error) {
	switch p := c.leaf.physical; c.encoding {
	case plainValues:
		if p == boolean {
			c.index = packed.NewBits(c.s, uint64(c.entries))
		}
		return nil
	case plainDictionary, rleDictionary:
		width, err := c.s.Take(1)
		if err != nil {
			return err
		}
		if c.dict == nil || width[0] > 32 {
			return format.Damaged("page: no dictionary for it")
		}
		c.index = packed.NewRuns(c.s, int(width[0]))
		return nil
	case runLength:
		if p != boolean {
			break
		}
		section, err := c.s.Prefixed()
		c.index = packed.NewRuns(section, 1)
		return err
	case deltaPacked:
		if p != int32s && p != int64s {
			break
		}
		c.ints, err = packed.NewDeltas(&c.s)
		return err
	case deltaLength:
		if p != byteArray {
			break
		}
		c.suffix, err = packed.Lengths(&c.s)
		return err
	case deltaBytes:
		if p != byteArray && p != fixed {
			break
		}
		c.last = c.last[:0]
		if c.prefix, err = packed.Lengths(&c.s); err == nil {
			c.suffix, err = packed.Lengths(&c.s)
		}
		return err
	case byteStreamSplit:
		if c.leaf.width() == 0 {
			break
		}
		return c.gather()
	}
	return format.Damaged("page: values of unknown encoding")
}

// width is how many bytes a value of fixed size has; 0 for others.
func (l *leaf) width() int {
	switch l.physical {
	case int32s, float:
		return 4
	case int64s, double:
		return 8
	case int96:
		return 12
	case fixed:
		return l.length
	}
	return 0
}

// plain reads values as they are (Encodings.md, "Plain").
func (c *column) plain(row, step, k int) error {
	switch c.leaf.physical {
	case boolean:
		return c.truths(row, step, k)
	case byteArray:
		for ; k > 0; k-- {
			v, err := c.s.Sized()
			if err != nil {
				return err
			}
			if err := c.putBytes(row, v); err != nil {
				return err
			}
			row += step
		}
		return nil
	}
	width := c.leaf.width()
	for ; k > 0; k-- {
		v, err := c.s.Take(width)
		if err != nil {
			return err
		}
		if err := c.putFixed(row, v); err != nil {
			return err
		}
		row += step
	}
	return nil
}

// putFixed takes a value of fixed size.
func (c *column) putFixed(row int, v []byte) error {
	switch c.leaf.physical {
	case int32s, float:
		return c.putInt(row, int64(int32(binary.LittleEndian.Uint32(v))))
	case int64s, double:
		return c.putInt(row, int64(binary.LittleEndian.Uint64(v)))
	}
	return c.putBytes(row, v)
}

// truths reads truth values.
func (c *column) truths(row, step, k int) error {
	for k > 0 {
		v, n, err := c.index.Some(k)
		if err != nil {
			return err
		}
		for range n {
			if err := c.putInt(row, int64(v)); err != nil {
				return err
			}
			row += step
		}
		k -= n
	}
	return nil
}

// deltas reads integers that are written as differences.
func (c *column) deltas(row, step, k int) error {
	for ; k > 0; k-- {
		v, err := c.ints.Next()
		if err != nil {
			return err
		}
		if c.leaf.physical == int32s {
			v = int64(int32(v))
		}
		if err := c.putInt(row, v); err != nil {
			return err
		}
		row += step
	}
	return nil
}

// strings reads values whose lengths stand before them all (Encodings.md, "Delta-length byte array").
func (c *column) strings(row, step, k int) error {
	for ; k > 0; k-- {
		v, err := c.s.Long(c.suffix)
		if err != nil {
			return err
		}
		if err := c.putBytes(row, v); err != nil {
			return err
		}
		row += step
	}
	return nil
}

// prefixed reads values that begin as the value before does (Encodings.md, "Delta Strings").
func (c *column) prefixed(row, step, k int) error {
	for ; k > 0; k-- {
		n, err := c.prefix.Next()
		if err != nil {
			return err
		}
		v, err := c.s.Long(c.suffix)
		if err != nil {
			return err
		}
		if n < 0 || n > int64(len(c.last)) || n+int64(len(v)) > packed.MaxValue {
			return format.Damaged("page: a value begins as none before it")
		}
		if size := int(n) + len(v); size > cap(c.last) {
			if err := c.g.hold(int64(2 * (size - cap(c.last)))); err != nil {
				return err
			}
		}
		c.last = append(c.last[:n], v...)
		if c.leaf.physical == fixed && len(c.last) != c.leaf.length {
			return format.Damaged("page: a value of %d bytes", len(c.last))
		}
		if err := c.putBytes(row, c.last); err != nil {
			return err
		}
		row += step
	}
	return nil
}

// gather takes all values of a page whose bytes stand apart: all first bytes, then all second ones (Encodings.md, "Byte Stream
// Split").
func (c *column) gather() error {
	var held bool
	if c.split, held = c.s.Rest(); !held {
		return fmt.Errorf("page over %d MiB of split bytes: %w", maxResident>>20, format.ErrLimit)
	}
	c.splitAt = 0
	if len(c.split)%c.leaf.width() != 0 {
		return packed.ErrShort
	}
	return nil
}

func (c *column) apart(row, step, k int) error {
	width := c.leaf.width()
	n := len(c.split) / width
	if k > n-c.splitAt {
		return packed.ErrShort
	}
	c.last = slices.Grow(c.last[:0], width)[:width]
	for ; k > 0; k-- {
		for i := range c.last {
			c.last[i] = c.split[i*n+c.splitAt]
		}
		c.splitAt++
		if err := c.putFixed(row, c.last); err != nil {
			return err
		}
		row += step
	}
	return nil
}

// dictionary is a column chunk's distinct values, as they are shown; those of bytes that may be no text are kept as they are.
type dictionary struct {
	mem     []byte
	ends    []uint32
	classes []class
}

func (d *dictionary) value(i uint32) []byte {
	from := uint32(0)
	if i > 0 {
		from = d.ends[i-1]
	}
	return d.mem[from:d.ends[i]]
}

// learn reads the dictionary of n values.
func (c *column) learn(page []byte, n int64) error {
	if n > int64(len(page)) && c.leaf.width() != 0 || n > int64(len(page))/4 && c.leaf.physical == byteArray || c.leaf.physical == boolean || n > 1<<24 {
		return format.Damaged("page: a dictionary of %d values in %d bytes", n, len(page))
	}
	d := &dictionary{ends: make([]uint32, 0, n), classes: make([]class, 0, n)}
	s := packed.NewStream(page)
	width := c.leaf.width()
	for range n {
		var v []byte
		var err error
		if c.leaf.physical == byteArray {
			v, err = s.Sized()
		} else {
			v, err = s.Take(width)
		}
		if err != nil {
			return err
		}
		from := len(d.mem)
		d.mem = c.leaf.appendAny(d.mem, v)
		d.ends = append(d.ends, uint32(len(d.mem)))
		d.classes = append(d.classes, c.leaf.classify(d.mem[from:]))
	}
	c.dict = d
	c.g.held += int64(cap(d.mem)+5*cap(d.ends)) - 4*int64(len(page))
	return c.g.hold(0)
}

// appendAny writes one value of any storage.
func (l *leaf) appendAny(dst, v []byte) []byte {
	switch {
	case l.physical == int32s || l.physical == float:
		return l.appendInt(dst, int64(int32(binary.LittleEndian.Uint32(v))))
	case l.physical == int64s || l.physical == double:
		return l.appendInt(dst, int64(binary.LittleEndian.Uint64(v)))
	case l.show == asText || l.show == asBinary:
		return append(dst, v...)
	}
	return l.appendBytes(dst, v)
}

// indices reads values that stand in the dictionary (Encodings.md, "Dictionary Encoding").
func (c *column) indices(row, step, k int) error {
	for k > 0 {
		i, n, err := c.index.Some(k)
		if err != nil {
			return err
		}
		if i >= uint32(len(c.dict.ends)) {
			return format.Damaged("page: an index beyond its dictionary")
		}
		v, how := c.dict.value(i), c.dict.classes[i]
		if len(v) == 0 {
			row += n * step
			n, k = 0, k-n
		}
		for range n {
			if err := c.put(row, how, v); err != nil {
				return err
			}
			row += step
		}
		k -= n
	}
	return nil
}
