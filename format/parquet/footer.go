package parquet

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/parquet/unpack"
)

// maxFooter is how long a file's metadata may be, in bytes. They are held while the file is read.
const maxFooter = 32 << 20

// Limits of what is kept of a footer.
const (
	maxElements = 4 * maxLeaves
	maxNotes    = 1000
)

// footer is the file's metadata (parquet.thrift, FileMetaData), as far as it is needed. The row groups are taken one at a time.
type footer struct {
	schema  []element
	rows    int64
	groups  thrift // stands at the first row group
	groupsN int
	notes   []note
}

// note is a pair of key and value that the file's writer put beside the data.
type note struct{ key, value []byte }

// element is a node of the schema (parquet.thrift, SchemaElement).
type element struct {
	name       []byte
	physical   physical
	length     int32
	repetition int32 // 0 required, 1 optional, 2 repeated
	children   int32
	converted  int32 // -1 = none
	logical    logical
	scale      int32
}

// logical is what a column means (parquet.thrift, LogicalType): the number of the union's field, and what it holds.
type logical struct {
	kind   int16
	scale  int32
	unit   int16 // 1 milliseconds, 2 microseconds, 3 nanoseconds
	signed bool
}

// rowGroup is a horizontal part of the table.
type rowGroup struct {
	rows   int64
	chunks []chunkMeta
}

// chunkMeta is where one column of a row group stands (parquet.thrift, ColumnChunk and ColumnMetaData).
type chunkMeta struct {
	physical   physical
	codec      unpack.Codec
	values     int64
	size       int64 // compressed, as declared
	plain      int64 // uncompressed, as declared: an estimate, never trusted
	data, dict int64
	elsewhere  bool // it stands in another file
	sealed     bool // it is encrypted with a key
	known      bool
}

// disk reads at any place, and remembers a fault of the medium: what a decompressor makes of it must not pass for damage.
type disk struct {
	r    io.ReaderAt
	size int64
	err  error
}

// ReadAt reads at a place within the file.
func (d *disk) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= d.size {
		return 0, io.EOF
	}
	n, err := d.r.ReadAt(p, off)
	if err != nil && err != io.EOF {
		d.err = err
	}
	return n, err
}

// at fills p from a place.
func (d *disk) at(p []byte, off int64) error {
	if off < 0 || off > d.size || int64(len(p)) > d.size-off {
		return format.Damaged("offset %d: beyond the end", off)
	}
	n, err := d.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if d.err != nil {
		return d.err
	}
	return fmt.Errorf("offset %d: %w", off, err)
}

// readFooter finds and reads the metadata at the file's end: ..., metadata, its length in 4 bytes, "PAR1".
func readFooter(ctx context.Context, d *disk) (*footer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var tail [8]byte
	if d.size < 12 {
		return nil, format.Damaged("%d bytes", d.size)
	}
	if err := d.at(tail[:], d.size-8); err != nil {
		return nil, err
	}
	switch string(tail[4:]) {
	case "PAR1":
	case "PARE":
		return nil, fmt.Errorf("footer: %w", format.ErrEncrypted)
	default:
		return nil, format.Damaged("no footer: cut off")
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if n > d.size-12 {
		return nil, format.Damaged("footer longer than the file")
	}
	if n > maxFooter {
		return nil, fmt.Errorf("footer over %d MiB: %w", maxFooter>>20, format.ErrLimit)
	}
	b := make([]byte, n)
	if err := d.at(b, d.size-8-n); err != nil {
		return nil, err
	}
	return parseFooter(b)
}

func parseFooter(b []byte) (*footer, error) {
	f := &footer{}
	t := &thrift{b: b}
	t.fields(func(id int16, typ byte) bool {
		switch id {
		case 2:
			n := t.list(typ, thriftStruct)
			if n > maxElements {
				t.fail()
			}
			for ; n > 0 && !t.bad; n-- {
				f.schema = append(f.schema, t.element())
			}
		case 3:
			f.rows = t.int(typ)
		case 4:
			f.groupsN = t.list(typ, thriftStruct)
			f.groups = *t
			for range f.groupsN {
				t.skip(thriftStruct, 0)
			}
		case 5:
			for n := t.list(typ, thriftStruct); n > 0 && !t.bad; n-- {
				if note := t.note(); len(f.notes) < maxNotes {
					f.notes = append(f.notes, note)
				}
			}
		default:
			return false
		}
		return true
	})
	if t.bad {
		return nil, format.Damaged("footer")
	}
	return f, nil
}

func (t *thrift) note() (n note) {
	t.fields(func(id int16, typ byte) bool {
		switch id {
		case 1:
			n.key = t.bytes(typ)
		case 2:
			n.value = t.bytes(typ)
		default:
			return false
		}
		return true
	})
	return n
}

func (t *thrift) element() element {
	e := element{physical: noType, converted: -1}
	t.fields(func(id int16, typ byte) bool {
		switch id {
		case 1:
			e.physical = physical(t.int32(typ))
		case 2:
			e.length = t.int32(typ)
		case 3:
			e.repetition = t.int32(typ)
		case 4:
			e.name = t.bytes(typ)
		case 5:
			e.children = t.int32(typ)
		case 6:
			e.converted = t.int32(typ)
		case 7:
			e.scale = t.int32(typ)
		case 10:
			if typ != thriftStruct {
				return false
			}
			e.logical = t.logical()
		default:
			return false
		}
		return true
	})
	return e
}

// logical takes the union of logical types: one field, whose number is the type, and whose struct has the type's parameters.
func (t *thrift) logical() (l logical) {
	t.fields(func(id int16, typ byte) bool {
		l.kind = id
		if typ != thriftStruct {
			return false
		}
		t.fields(func(part int16, typ byte) bool {
			switch {
			case id == logicalDecimal && part == 1:
				l.scale = t.int32(typ)
			case (id == logicalTime || id == logicalTimestamp) && part == 2 && typ == thriftStruct:
				t.fields(func(unit int16, _ byte) bool {
					l.unit = unit
					return false
				})
			case id == logicalInteger && part == 2:
				l.signed = t.bool(typ)
			default:
				return false
			}
			return true
		})
		return true
	})
	return l
}

// next takes the next row group, of so many columns; its chunks are reused.
func (f *footer) next(g *rowGroup, columns int) error {
	t := &f.groups
	g.rows, g.chunks = 0, g.chunks[:0]
	t.fields(func(id int16, typ byte) bool {
		switch id {
		case 1:
			n := t.list(typ, thriftStruct)
			if n != columns {
				t.fail()
			}
			for ; n > 0 && !t.bad; n-- {
				g.chunks = append(g.chunks, t.chunk())
			}
		case 3:
			g.rows = t.int(typ)
		default:
			return false
		}
		return true
	})
	if t.bad || len(g.chunks) != columns {
		return format.Damaged("footer: not one chunk a column")
	}
	return nil
}

func (t *thrift) chunk() (c chunkMeta) {
	t.fields(func(id int16, typ byte) bool {
		switch {
		case id == 1:
			c.elsewhere = len(t.bytes(typ)) > 0
		case id == 3 && typ == thriftStruct:
			c.known = true
			t.columnMeta(&c)
		case id == 8 && typ == thriftStruct:
			// ColumnCryptoMetaData is there for each encrypted column.
			c.sealed = true
			return false
		default:
			return false
		}
		return true
	})
	return c
}

func (t *thrift) columnMeta(c *chunkMeta) {
	t.fields(func(id int16, typ byte) bool {
		switch id {
		case 1:
			c.physical = physical(t.int32(typ))
		case 4:
			c.codec = unpack.Codec(t.int32(typ))
		case 5:
			c.values = t.int(typ)
		case 6:
			c.plain = t.int(typ)
		case 7:
			c.size = t.int(typ)
		case 9:
			c.data = t.int(typ)
		case 11:
			c.dict = t.int(typ)
		default:
			return false
		}
		return true
	})
}
