package parquet

import (
	"fmt"
	"hash/crc32"
	"io"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/parquet/packed"
	"github.com/chartroom/chartroom/format/parquet/unpack"
)

// encoding is how a page's values or levels are written (Encodings.md).
type encoding int32

const (
	plainValues     encoding = 0
	plainDictionary encoding = 2
	runLength       encoding = 3
	bitPacked       encoding = 4
	deltaPacked     encoding = 5
	deltaLength     encoding = 6
	deltaBytes      encoding = 7
	rleDictionary   encoding = 8
	byteStreamSplit encoding = 9
)

// Page types (parquet.thrift, PageType).
const (
	dataPage       = 0
	dictionaryPage = 2
	dataPageV2     = 3
)

const (
	// maxResident is up to which size a page is held whole; a larger one is read through a window.
	maxResident = 2 << 20
	// maxDictionary is how large a dictionary may be. It must be held while its pages are read.
	maxDictionary = 16 << 20
	// maxHeader is how long a page's header may be: it may hold the smallest and largest value.
	maxHeader = 4 << 20
)

// pageHeader is the header of a page (parquet.thrift, PageHeader).
type pageHeader struct {
	kind          int32
	plain, packed int64 // bytes, uncompressed and compressed
	crc           uint32
	checked       bool // there is a crc
	values        int64
	encoding      encoding
	defs, reps    encoding
	defSize       int64 // of a page of version 2
	repSize       int64
	bare          bool // of version 2: its values are not compressed
}

// header reads the page header that stands at the column's offset, and passes it.
func (c *column) header() (h pageHeader, err error) {
	for n := int64(512); ; n *= 8 {
		head := sized(c.g.head, int(min(n, maxHeader, max(0, c.g.disk.size-c.off))))
		c.g.head = head
		if err := c.g.disk.at(head, c.off); err != nil {
			return h, err
		}
		t := &thrift{b: head}
		h = t.pageHeader()
		switch {
		case !t.bad:
			c.off += int64(t.at)
			if h.packed < 0 || h.plain < 0 || h.values < 0 || h.packed > c.g.disk.size-c.off {
				return h, format.Damaged("page: larger than the file")
			}
			return h, nil
		case !t.short || n >= maxHeader || int64(len(head)) < n:
			return h, format.Damaged("page: header")
		}
	}
}

func (t *thrift) pageHeader() (h pageHeader) {
	t.fields(func(id int16, typ byte) bool {
		switch {
		case id == 1:
			h.kind = t.int32(typ)
		case id == 2:
			h.plain = t.int(typ)
		case id == 3:
			h.packed = t.int(typ)
		case id == 4:
			h.crc, h.checked = uint32(t.int(typ)), true
		case (id == 5 || id == 7) && typ == thriftStruct:
			t.pageV1(&h)
		case id == 8 && typ == thriftStruct:
			t.pageV2(&h)
		default:
			return false
		}
		return true
	})
	if !t.bad && (h.plain > 1<<31 || h.packed > 1<<31 || h.values > 1<<31) {
		t.fail()
	}
	return h
}

// pageV1 takes the header of a data page of version 1, or the shorter one of a dictionary.
func (t *thrift) pageV1(h *pageHeader) {
	t.fields(func(id int16, typ byte) bool {
		switch id {
		case 1:
			h.values = t.int(typ)
		case 2:
			h.encoding = encoding(t.int32(typ))
		case 3:
			h.defs = encoding(t.int(typ))
		case 4:
			h.reps = encoding(t.int(typ))
		default:
			return false
		}
		return true
	})
}

func (t *thrift) pageV2(h *pageHeader) {
	t.fields(func(id int16, typ byte) bool {
		switch id {
		case 1:
			h.values = t.int(typ)
		case 4:
			h.encoding = encoding(t.int32(typ))
		case 5:
			h.defSize = t.int(typ)
		case 6:
			h.repSize = t.int(typ)
		case 7:
			h.bare = !t.bool(typ)
		default:
			return false
		}
		return true
	})
}

// turn opens the column's next data page, and reads the dictionary before it. At the column's end it gives io.EOF.
func (c *column) turn() error {
	for {
		if c.seen >= c.meta.values {
			return io.EOF
		}
		if c.off >= c.g.disk.size {
			return format.Damaged("page: beyond the end")
		}
		h, err := c.header()
		if err != nil {
			return err
		}
		body := c.off
		c.off += h.packed
		if err := c.g.spend(h.plain + 64); err != nil {
			return err
		}
		if h.checked {
			if err := c.check(body, h); err != nil {
				return err
			}
		}
		switch h.kind {
		case dictionaryPage:
			if err := c.dictionary(body, h); err != nil {
				return err
			}
		case dataPage, dataPageV2:
			c.seen += h.values
			if h.values == 0 {
				continue
			}
			return c.data(body, h)
		}
	}
}

// check compares a page's checksum (README.md of parquet-format, "Checksumming").
func (c *column) check(off int64, h pageHeader) error {
	sum := crc32.NewIEEE()
	if _, err := io.CopyBuffer(sum, io.NewSectionReader(&c.g.disk, off, h.packed), c.g.copying()); err != nil {
		return err
	}
	if sum.Sum32() != h.crc {
		return format.Damaged("page: checksum")
	}
	return nil
}

// data opens a data page: its levels, and the values behind them.
func (c *column) data(off int64, h pageHeader) (err error) {
	c.entries, c.left, c.encoding, c.opened = h.values, h.values, h.encoding, false
	c.g.held, c.kept = c.g.held-c.kept, 0
	if h.kind == dataPageV2 {
		return c.dataV2(off, h)
	}
	s, err := c.body(off, h, c.meta.codec != unpack.Uncompressed)
	if err != nil {
		return err
	}
	if c.leaf.maxRep > 0 {
		if c.rep, err = levels(&s, h.reps, packed.WidthOf(c.leaf.maxRep), h.values); err != nil {
			return err
		}
	}
	if c.leaf.maxDef > 0 {
		if c.def, err = levels(&s, h.defs, packed.WidthOf(c.leaf.maxDef), h.values); err != nil {
			return err
		}
	}
	c.s = s
	return nil
}

// dataV2 opens a data page of version 2, whose levels stand uncompressed before the values.
func (c *column) dataV2(off int64, h pageHeader) (err error) {
	size := h.repSize + h.defSize
	if h.repSize < 0 || h.defSize < 0 || size > h.packed || size > h.plain || size > packed.MaxSection {
		return format.Damaged("page: %d bytes of levels", size)
	}
	if err := c.keep(int(size)); err != nil {
		return err
	}
	c.levels = sized(c.levels, int(size))
	if err := c.g.disk.at(c.levels, off); err != nil {
		return err
	}
	c.rep = packed.NewRuns(packed.NewStream(c.levels[:h.repSize]), packed.WidthOf(c.leaf.maxRep))
	c.def = packed.NewRuns(packed.NewStream(c.levels[h.repSize:]), packed.WidthOf(c.leaf.maxDef))
	h.packed, h.plain = h.packed-size, h.plain-size
	c.s, err = c.body(off+size, h, !h.bare && c.meta.codec != unpack.Uncompressed)
	return err
}

// levels takes a page's levels off its stream.
func levels(s *packed.Stream, e encoding, width int, n int64) (packed.Runs, error) {
	switch e {
	case runLength:
		section, err := s.Prefixed()
		return packed.NewRuns(section, width), err
	case bitPacked:
		section, err := s.Section((n*int64(width) + 7) / 8)
		return packed.NewPacked(section, width, uint64(n)), err
	}
	return packed.Runs{}, format.Damaged("page: levels of unknown encoding")
}

// body opens what stands in a page: held whole when it is small, else through a window.
func (c *column) body(off int64, h pageHeader, compressed bool) (packed.Stream, error) {
	if !compressed && h.packed != h.plain {
		return packed.Stream{}, unpack.ErrDamaged
	}
	if h.plain == 0 || h.packed == 0 {
		return packed.Stream{}, nil
	}
	if h.plain > maxResident || h.packed > 2*maxResident {
		return c.window(off, h, compressed)
	}
	if err := c.grow(int(h.plain)); err != nil {
		return packed.Stream{}, err
	}
	return packed.NewStream(c.page), c.g.load(c.page, off, h, c.meta.codec, compressed)
}

// window opens a page that is too large to be held.
func (c *column) window(off int64, h pageHeader, compressed bool) (packed.Stream, error) {
	codec := c.meta.codec
	if !compressed {
		codec = unpack.Uncompressed
	}
	room, err := c.room(codec, off, h)
	if err == nil {
		err = c.keep(int(room.Memory))
	}
	if err != nil {
		return packed.Stream{}, err
	}
	r, err := unpack.Reader(codec, io.NewSectionReader(&c.g.disk, off, h.packed), room)
	if err != nil {
		return packed.Stream{}, err
	}
	c.page = c.page[:0]
	return packed.NewWindow(c.page, io.LimitReader(r, h.plain), c.keep), nil
}

// room tells what a page needs while it is read.
func (c *column) room(codec unpack.Codec, off int64, h pageHeader) (unpack.Room, error) {
	if h.plain <= maxResident {
		return unpack.Room{Memory: h.plain}, nil
	}
	room, err := unpack.Need(codec, io.NewSectionReader(&c.g.disk, off, h.packed), h.plain)
	room.Memory += packed.WindowSize
	return room, err
}

// plan estimates by the first pages how much memory the column will need.
func (c *column) plan() int64 {
	const beside = 16 << 10
	if c.meta.plain >= 0 && c.meta.plain <= maxResident {
		return beside + c.meta.plain
	}
	defer func(off int64) { c.off = off }(c.off)
	need := int64(beside)
	for range 2 {
		h, err := c.header()
		if err != nil {
			break // whoever reads it will tell
		}
		if h.kind != dictionaryPage {
			room, _ := c.room(c.meta.codec, c.off, h)
			return need + room.Memory
		}
		need += 4 * min(h.plain, maxDictionary)
		c.off += h.packed
	}
	return need
}

// sized gives a slice of n bytes, the same memory where it is large enough.
func sized(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// grow makes room for a page in the column's memory.
func (c *column) grow(n int) error {
	if cap(c.page) < n {
		if err := c.g.hold(int64(n - cap(c.page))); err != nil {
			return err
		}
	}
	c.page = sized(c.page, n)
	return nil
}

// load reads a page into memory.
func (g *group) load(dst []byte, off int64, h pageHeader, codec unpack.Codec, compressed bool) error {
	if !compressed {
		return g.disk.at(dst, off)
	}
	g.packed = sized(g.packed, int(h.packed))
	if err := g.disk.at(g.packed, off); err != nil {
		return err
	}
	return g.z.Page(codec, dst, g.packed)
}

// dictionary reads the column's dictionary: its values as they are shown.
func (c *column) dictionary(off int64, h pageHeader) error {
	if c.dict != nil {
		return format.Damaged("page: a second dictionary")
	}
	if h.plain > maxDictionary || h.packed > maxDictionary {
		return fmt.Errorf("dictionary over %d MiB: %w", maxDictionary>>20, format.ErrLimit)
	}
	if h.encoding != plainValues && h.encoding != plainDictionary {
		return format.Damaged("page: dictionary of unknown encoding")
	}
	if err := c.g.hold(4 * h.plain); err != nil { // numbers take up to three times their bytes when they are shown
		return err
	}
	page := make([]byte, h.plain)
	compressed := c.meta.codec != unpack.Uncompressed
	if !compressed && h.packed != h.plain {
		return unpack.ErrDamaged
	}
	if len(page) > 0 {
		if err := c.g.load(page, off, h, c.meta.codec, compressed); err != nil {
			return err
		}
	}
	return c.learn(page, h.values)
}
