package avro

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/typed"
)

const (
	// maxNesting is how deep values may stand in each other, where a type stands within itself.
	maxNesting = 200
	// What an object, a record within it and an element cost beside their bytes: there are types of no bytes.
	objectWork  = 16
	elementWork = 4
)

// value reads one value of a node's type (the specification's "Data Serialization and Deserialization").
func (c *container) value(n *node) error {
	switch n.kind {
	case null:
		return nil
	case boolean:
		b, err := c.data.take(1)
		if err != nil {
			return err
		}
		if b[0] > 1 {
			return errDamage
		}
		return c.show(n, strconv.AppendBool(c.text[:0], b[0] == 1))
	case integer:
		v, err := c.data.long()
		if err != nil {
			return err
		}
		return c.show(n, n.appendInt(c.text[:0], v))
	case float:
		b, err := c.data.take(4)
		if err != nil {
			return err
		}
		return c.show(n, typed.AppendFloat(c.text[:0], float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 32))
	case double:
		b, err := c.data.take(8)
		if err != nil {
			return err
		}
		return c.show(n, typed.AppendFloat(c.text[:0], math.Float64frombits(binary.LittleEndian.Uint64(b)), 64))
	case binaryBytes, text:
		size, err := c.data.long()
		if err != nil {
			return err
		}
		return c.bytes(n, size)
	case fixed:
		return c.bytes(n, int64(n.size))
	case enum:
		i, err := c.data.long()
		if err != nil {
			return err
		}
		if i < 0 || i >= int64(len(n.symbols)) {
			return errDamage
		}
		return c.show(n, append(c.text[:0], n.symbols[i]...))
	}
	return c.compound(n)
}

// compound reads a value that has values.
func (c *container) compound(n *node) error {
	if c.depth++; c.depth > maxNesting {
		return fmt.Errorf("values deeper than %d: %w", maxNesting, format.ErrLimit)
	}
	defer func() { c.depth-- }()
	switch n.kind {
	case record:
		if err := c.spend(objectWork + len(n.parts)); err != nil {
			return err
		}
		for _, part := range n.parts {
			if err := c.value(part); err != nil {
				return err
			}
		}
		return nil
	case union:
		i, err := c.data.long()
		if err != nil {
			return err
		}
		if i < 0 || i >= int64(len(n.parts)) {
			return errDamage
		}
		return c.value(n.parts[i])
	}
	for {
		count, err := c.data.blockCount()
		if err != nil || count == 0 {
			return err
		}
		for range count {
			if err := c.spend(elementWork); err != nil {
				return err
			}
			if n.kind == mapping {
				size, err := c.data.long()
				if err != nil {
					return err
				}
				if err := c.bytes(n, size); err != nil {
					return err
				}
			}
			if err := c.value(n.parts[0]); err != nil {
				return err
			}
		}
	}
}

// appendInt writes an integer as it is shown.
func (n *node) appendInt(dst []byte, v int64) []byte {
	switch n.show {
	case asDate:
		return typed.AppendDate(dst, v)
	case asTime:
		return typed.AppendTime(dst, v, n.unit)
	case asTimestamp:
		return typed.AppendTimestamp(dst, v, n.unit)
	}
	return strconv.AppendInt(dst, v, 10)
}

// show hands out a value of a number's or symbol's length.
func (c *container) show(n *node, v []byte) error {
	c.text = v
	if len(v) == 0 {
		return nil
	}
	return c.put(n, v)
}

func (c *container) put(n *node, v []byte) error { return fatal(c.rows.Put(n.leaf.column, v)) }

// bytes reads a value of so many bytes: a text, a decimal, or what may be a document.
func (c *container) bytes(n *node, size int64) error {
	if size < 0 {
		return errDamage
	}
	if size > windowSize {
		return c.large(n, size)
	}
	v, err := c.data.take(int(size))
	if err != nil || size == 0 {
		return err
	}
	switch {
	case n.show == asDecimal:
		return c.show(n, typed.AppendBigDecimal(c.text[:0], v, n.scale))
	case n.show == asUUID:
		return c.show(n, typed.AppendUUID(c.text[:0], [16]byte(v)))
	case n.plain() || format.EmbeddingOf(v) != format.NotEmbedded || typed.IsText(v):
		return c.put(n, v)
	}
	n.leaf.opaque++
	return nil
}

// plain tells whether a value of bytes is text by its type. A map's key is.
func (n *node) plain() bool { return n.kind == text || n.kind == mapping }

// large hands out a value that is longer than the window while it is read.
func (c *container) large(n *node, size int64) error {
	if !c.data.have(windowSize) {
		return c.data.fault()
	}
	head := c.data.buf[c.data.at:]
	how := format.EmbeddingOf(head)
	p := &piece{&c.data, size}
	var err error
	switch {
	case how != format.NotEmbedded:
		err = c.rows.Inner(n.leaf.column, how.Open(&outer{p}))
	case n.plain() || typed.IsText(whole(head)):
		err = c.rows.Text(n.leaf.column, &outer{p})
	default:
		n.leaf.opaque++
	}
	if skipped := p.skip(); skipped != nil {
		return skipped
	}
	return fatal(err)
}

// whole cuts a character off that the end of the window has divided.
func whole(b []byte) []byte {
	for i := 1; i <= 4 && i <= len(b); i++ {
		if c := b[len(b)-i]; c < 0x80 {
			return b[:len(b)-i+1]
		} else if c >= 0xC0 {
			return b[:len(b)-i]
		}
	}
	return b
}

// outer gives a value's bytes to others, for whom the file's damage is an early end: this reader finds it again.
type outer struct{ p *piece }

// Read reads the value.
func (o *outer) Read(b []byte) (int, error) {
	n, err := o.p.Read(b)
	if err != nil && medium(err) == errDamage {
		err = io.EOF
	}
	return n, err
}
