package parquet

import "encoding/binary"

// Types of fields in Thrift's compact protocol (thrift-compact-protocol.md, "Struct encoding").
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// maxThriftDepth is how deep unknown structures may stand in each other.
const maxThriftDepth = 24

// thrift reads Thrift's compact protocol. After a fault all further reads give zero. Nothing is allocated by a number that was
// read: whatever counts elements needs a byte for each.
type thrift struct {
	b     []byte
	at    int
	bad   bool // what was read is no Thrift
	short bool // the bytes ended
}

func (t *thrift) fail() { t.bad, t.at = true, len(t.b) }

func (t *thrift) byte() byte {
	if t.at >= len(t.b) {
		t.short = true
		t.fail()
		return 0
	}
	t.at++
	return t.b[t.at-1]
}

func (t *thrift) uvarint() uint64 {
	v, n := binary.Uvarint(t.b[t.at:])
	if n <= 0 {
		t.short = t.short || n == 0
		t.fail()
		return 0
	}
	t.at += n
	return v
}

func (t *thrift) zigzag() int64 {
	v := t.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// fields calls f for each field of a struct until its end. What f does not take by a method that gives the field's type is
// skipped.
func (t *thrift) fields(f func(id int16, typ byte) bool) {
	for id := int16(0); !t.bad; {
		head := t.byte()
		if head == 0 {
			return
		}
		if delta := head >> 4; delta != 0 {
			id += int16(delta)
		} else {
			id = int16(t.zigzag())
		}
		if !t.bad && !f(id, head&15) {
			t.skip(head&15, 0)
		}
	}
}

// int takes an integer; a field of another type is skipped and gives 0.
func (t *thrift) int(typ byte) int64 {
	switch {
	case typ == thriftByte:
		return int64(int8(t.byte()))
	case typ > thriftByte && typ <= thriftI64:
		return t.zigzag()
	}
	t.skip(typ, 0)
	return 0
}

// int32 takes an integer that must fit.
func (t *thrift) int32(typ byte) int32 {
	v := t.int(typ)
	if v != int64(int32(v)) {
		t.fail()
		return 0
	}
	return int32(v)
}

// bool takes a truth value, which is the field's type itself.
func (t *thrift) bool(typ byte) bool {
	if typ != thriftTrue && typ != thriftFalse {
		t.skip(typ, 0)
	}
	return typ == thriftTrue
}

// bytes takes a string; the bytes are those of the input.
func (t *thrift) bytes(typ byte) []byte {
	if typ != thriftBinary {
		t.skip(typ, 0)
		return nil
	}
	return t.take(t.uvarint())
}

func (t *thrift) take(n uint64) []byte {
	if n > uint64(len(t.b)-t.at) {
		t.short = true
		t.fail()
		return nil
	}
	t.at += int(n)
	return t.b[t.at-int(n) : t.at]
}

// list takes the head of a list of structs, and gives how many follow. A field of another type is skipped.
func (t *thrift) list(typ, of byte) int {
	if typ != thriftList {
		t.skip(typ, 0)
		return 0
	}
	elem, n := t.listHead()
	if n > 0 && elem != of {
		t.fail()
		return 0
	}
	return n
}

func (t *thrift) listHead() (elem byte, n int) {
	head := t.byte()
	size := uint64(head >> 4)
	if size == 15 {
		size = t.uvarint()
	}
	if size > uint64(len(t.b)-t.at) { // an element has a byte at least
		t.short = true
		t.fail()
		return 0, 0
	}
	return head & 15, int(size)
}

// skip passes a value of any type.
func (t *thrift) skip(typ byte, depth int) {
	if depth > maxThriftDepth {
		t.fail()
		return
	}
	switch typ {
	case thriftTrue, thriftFalse:
	case thriftByte:
		t.byte()
	case thriftByte + 1, thriftByte + 2, thriftI64:
		t.uvarint()
	case thriftDouble:
		t.take(8)
	case thriftBinary:
		t.take(t.uvarint())
	case thriftList, thriftSet:
		elem, n := t.listHead()
		for ; n > 0 && !t.bad; n-- {
			t.skipElement(elem, depth+1)
		}
	case thriftMap:
		n := t.uvarint()
		if n == 0 {
			return
		}
		types := t.byte()
		for ; n > 0 && !t.bad; n-- {
			t.skipElement(types>>4, depth+1)
			t.skipElement(types&15, depth+1)
		}
	case thriftStruct:
		for !t.bad {
			head := t.byte()
			if head == 0 {
				return
			}
			if head>>4 == 0 {
				t.zigzag()
			}
			t.skip(head&15, depth+1)
		}
	default:
		t.fail()
	}
}

// skipElement passes an element of a list or map, where a truth value has a byte of its own.
func (t *thrift) skipElement(typ byte, depth int) {
	if typ == thriftTrue || typ == thriftFalse {
		t.byte()
		return
	}
	t.skip(typ, depth)
}
