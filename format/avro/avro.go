// Package avro reads Avro object container files: the schema in the header, and block after block of values that follow it (Apache
// Avro 1.12 specification, "Object Container Files" and "Binary Encoding"). The file is read as a stream, in one pass.
//
// A field of the schema is a place, named by its path through the records ("name.family"); what stands in an array has the array's
// path, a map's keys and values have ".key" and ".value" behind it. Values are given as the text that a CSV export would show. One
// object is one record with all of its values, those of arrays included.
//
// A block that is damaged costs the block: the marker behind it is searched for, and the next one is read. Nothing is allocated by
// a number of the file that was not checked against a limit, and a file that would become far more than it is ends as a gap.
package avro

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
)

const magic = "Obj\x01"

// Limits of a header.
const (
	maxSchema = 2 << 20 // bytes
	maxMeta   = 1000    // entries
)

// Work, in bytes: what a file may become. A file of a few bytes can say that one value is repeated a thousand million times.
const (
	freeWork  = 256 << 20
	workRatio = 300 // for each byte of the file
)

// Reader reads Avro object container files.
type Reader struct{}

// Name gives format and version.
func (Reader) Name() string { return "avro/1" }

// Claims looks for the signature.
func (Reader) Claims(_ string, head []byte) format.Claim {
	if bytes.HasPrefix(head, []byte(magic)) {
		return format.Certain
	}
	return format.No
}

// Read reads all blocks. Damage of the header, or behind which no further block begins, is an error.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	return read(ctx, in, out, freeWork)
}

// read reads a file that may cause so much work beside what its size allows.
func read(ctx context.Context, in format.Input, out format.Output, work int64) error {
	c := &container{ctx: ctx, out: out, rows: format.NewRows(out), free: work}
	c.file = &window{r: &body{ctx: ctx, r: in.Body}}
	c.file.spend = func(n int) error { c.taken += int64(n); return nil }
	err := c.read()
	c.report()
	if flushed := c.rows.Flush(); err == nil || errors.Is(err, format.ErrDamaged) && flushed != nil {
		err = flushed
	}
	var f errFatal
	if errors.As(err, &f) {
		return f.error
	}
	return err
}

// body is the input. Its own errors are no damage.
type body struct {
	ctx context.Context
	r   io.Reader
}

// Read reads, and marks an error as one that ends the reading.
func (b *body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, errFatal{err}
	}
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		err = errFatal{err}
	}
	return n, err
}

// errFatal is an error that ends the reading: of the input, the output or the context.
type errFatal struct{ error }

// Unwrap gives the error itself.
func (e errFatal) Unwrap() error { return e.error }

func fatal(err error) error {
	if err == nil {
		return nil
	}
	return errFatal{err}
}

// errWork says that the file has become more than it may.
var errWork = fmt.Errorf("the values are over %d times the file: %w", workRatio, format.ErrLimit)

// container is a file while it is read.
type container struct {
	ctx  context.Context
	out  format.Output
	rows *format.Rows
	file *window

	codec string
	sync  [16]byte
	root  *node
	leafs []*leaf // by column
	z     decompressor
	data  window // of the open block
	text  []byte // a value as it is shown
	depth int

	free         int64
	taken, spent int64 // bytes of the file, and what was made of them

	blocks, damaged, limited int64
	first, firstLimited      int64 // of the blocks that were lost
}

// spend counts work.
func (c *container) spend(n int) error {
	c.spent += int64(n)
	if c.spent > c.free+workRatio*c.taken {
		return errWork
	}
	return nil
}

// read reads header and blocks.
func (c *container) read() error {
	schema, err := c.header()
	if err != nil {
		return err
	}
	if !known(c.codec) {
		c.out.Gap(estate.GapNoReader, "all blocks: an unknown codec")
		return nil
	}
	p := &parser{c: c, named: map[string]*definition{}}
	if c.root, err = p.parse(schema); err != nil {
		return err
	}
	for {
		more, err := c.file.more()
		if err != nil || !more {
			return err
		}
		if err := c.block(); err != nil {
			if errors.Is(err, errWork) {
				c.out.Gap(estate.GapLimit, errWork.Error())
				return nil
			}
			return err
		}
	}
}

// header reads the signature, the metadata and the marker.
func (c *container) header() (schema []byte, err error) {
	b, err := c.file.take(len(magic))
	if err != nil || string(b) != magic {
		return nil, damage(err, "header")
	}
	type note struct{ key, value string }
	var notes []note
	for total := 0; ; {
		n, err := c.file.blockCount()
		if err != nil {
			return nil, damage(err, "header")
		}
		if n == 0 {
			break
		}
		if total += int(min(n, maxMeta+1)); total > maxMeta {
			return nil, format.Damaged("header: over %d entries", maxMeta)
		}
		for range n {
			key, err := c.file.short(maxName)
			if err != nil {
				return nil, damage(err, "header")
			}
			value, err := c.file.short(maxSchema)
			if err != nil {
				return nil, damage(err, "header")
			}
			switch {
			case key == "avro.schema":
				schema = []byte(value)
			case key == "avro.codec":
				c.codec = value
			case !strings.HasPrefix(key, "avro."):
				notes = append(notes, note{format.Shown(key), value})
			}
			if c.taken > 2*maxSchema {
				return nil, format.Damaged("header: over %d MiB", 2*maxSchema>>20)
			}
		}
	}
	marker, err := c.file.take(len(c.sync))
	if err != nil {
		return nil, damage(err, "header")
	}
	copy(c.sync[:], marker)
	for _, n := range notes { // what the writer says beside the data may describe the data by example
		if err := c.rows.Text(c.column("metadata."+n.key, ""), strings.NewReader(n.value)); err != nil {
			return nil, fatal(err)
		}
	}
	return schema, nil
}

// damage makes an error of the format's own wording unless the medium failed.
func damage(err error, where string) error {
	var f errFatal
	if errors.As(err, &f) {
		return err
	}
	return format.Damaged("%s", where)
}

// block reads one block: how many objects, how many bytes, the objects, the marker.
func (c *container) block() error {
	objects, err := c.file.long()
	if err == nil {
		var size int64
		size, err = c.file.long()
		if err == nil && (objects < 0 || size < 0) {
			err = errDamage
		}
		if err == nil {
			err = c.objects(objects, size)
		}
	}
	c.blocks++
	var f errFatal
	switch {
	case errors.As(err, &f), errors.Is(err, errWork):
		return err
	case errors.Is(err, format.ErrLimit):
		if c.limited++; c.limited == 1 {
			c.firstLimited = c.blocks
		}
	case err != nil:
		return c.resync()
	}
	marker, err := c.file.take(len(c.sync))
	if err == nil && bytes.Equal(marker, c.sync[:]) {
		return nil
	}
	if errors.As(err, &f) {
		return err
	}
	return c.resync()
}

// objects reads the objects of a block.
func (c *container) objects(n, size int64) (err error) {
	packed := &piece{c.file, size}
	defer func() {
		if skipped := packed.skip(); err == nil {
			err = skipped
		}
	}()
	r, err := c.z.open(c.codec, packed, size)
	if err != nil {
		return err
	}
	c.data = window{buf: c.data.buf[:0], r: r, spend: c.spend}
	for range n {
		c.depth = 0
		err := c.value(c.root)
		if err == nil {
			err = fatal(c.rows.End())
		}
		if err == nil {
			err = c.spend(objectWork)
		}
		if err != nil {
			return errors.Join(err, fatal(c.rows.End()))
		}
	}
	return nil
}

// resync counts a block as damaged and passes to behind the next marker. At the file's end there is none.
func (c *container) resync() error {
	if c.damaged++; c.damaged == 1 {
		c.first = c.blocks
	}
	return c.file.find(c.sync[:])
}

// report tells what was not read.
func (c *container) report() {
	if c.damaged > 0 {
		c.out.Gap(estate.GapDamaged, fmt.Sprintf("blocks that are damaged or cut off: %d, the first is block %d", c.damaged, c.first))
	}
	if c.limited > 0 {
		c.out.Gap(estate.GapLimit, fmt.Sprintf("blocks that need more memory than is given: %d, the first is block %d", c.limited, c.firstLimited))
	}
	const maxGaps = 100
	further := 0
	for i, n := 0, 0; i < len(c.leafs); i++ {
		l := c.leafs[i]
		if l.opaque == 0 {
			continue
		}
		if n++; n > maxGaps {
			further++
			continue
		}
		c.out.Gap(estate.GapUnknown, fmt.Sprintf("field %s: binary values of no known format: %d", l.path, l.opaque))
	}
	if further > 0 {
		c.out.Gap(estate.GapUnknown, fmt.Sprintf("binary values of no known format: %d further fields", further))
	}
}
