package dicom

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/chartroom/chartroom/format"
)

// preamble is the length of what stands before the letters DICM (PS3.10 section 7.1).
const preamble = 128

// prefixed tells whether the preamble and the prefix of a file are there.
func prefixed(head []byte) bool {
	return len(head) >= preamble+4 && string(head[preamble:preamble+4]) == "DICM"
}

// sureElements is how many good elements make a data set without a preamble sure.
const sureElements = 4

// bare tells whether an input without preamble begins with a data set. It is sure only where the first elements are all in
// the dictionary (or private), in order, with values that suit them.
func bare(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	for _, e := range [...]syntax{explicitLittle(), implicitLittle(), explicitBig(), {true, binary.BigEndian}} {
		if group := e.tag(head).group(); (group == 0x0002 || group == 0x0008) && sure(head, e) {
			return true
		}
	}
	return false
}

// sure walks over the first elements.
func sure(head []byte, e syntax) bool {
	dict := attributes()
	all := len(head) < format.HeadSize // the head is the whole input
	last, n := tag(0), 0
	for at := 0; n < 4*sureElements; n++ {
		t, v, from, length, ok := headOf(head[at:], e)
		if !ok {
			return n >= sureElements || all && at == len(head) && n >= sureElements-1
		}
		a := dict.find(t)
		switch {
		case n > 0 && t <= last, a == nil && !t.private() && t.number() != 0:
			return false
		case a != nil && !e.implicit && v != a.vr && v != vrUN && a.vr.short() && v.short() && a.vr != vrUS:
			return false
		case a != nil && e.implicit:
			v = a.vr
		}
		last, at = t, at+from
		if length > uint64(len(head)-at) {
			return n+1 >= sureElements && (!all || length == 0xFFFFFFFF)
		}
		if !suits(head[at:at+int(length)], v) {
			return false
		}
		at += int(length)
		if v == vrSQ && length > 0 {
			return n+1 >= sureElements
		}
	}
	return true
}

// likely tells whether an input begins with an element of the dictionary, in any syntax: enough where its name says what it is.
func likely(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	e := written(head, explicitLittle())
	t, v, _, length, ok := headOf(head, e)
	a := attributes().find(t)
	switch {
	case !ok || a == nil && t.number() != 0 || t == 0:
		return false
	case len(head) < format.HeadSize && length > uint64(len(head)) && length != 0xFFFFFFFF:
		return false
	}
	return e.implicit && length < 1<<20 || v.known()
}

// headOf reads an element's head: its tag, its representation where it has one, where the value begins, and its length.
func headOf(b []byte, e syntax) (t tag, v vr, from int, length uint64, ok bool) {
	if len(b) < 8 {
		return 0, 0, 0, 0, false
	}
	t = e.tag(b)
	if e.implicit {
		return t, 0, 8, uint64(e.order.Uint32(b[4:])), true
	}
	v = vr(b[4])<<8 | vr(b[5])
	switch {
	case v.short():
		return t, v, 8, uint64(e.order.Uint16(b[6:])), true
	case v.known() && len(b) >= 12 && b[6]|b[7] == 0:
		return t, v, 12, uint64(e.order.Uint32(b[8:])), true
	}
	return t, v, 0, 1 << 40, true // no element: longer than anything
}

// suits tells whether a value can have its representation.
func suits(value []byte, v vr) bool {
	value = bytes.TrimRight(value, "\x00 ")
	switch v {
	case vrUI:
		return len(bytes.Trim(value, "0123456789.\\")) == 0
	case vrDA, vrTM, vrIS, vrDS:
		return len(bytes.Trim(value, "0123456789.:+-eE\\ ")) == 0
	case vrUL, vrFL, vrSL, vrAT:
		return true
	case vrCS, vrSH, vrLO, vrPN, vrST, vrLT, vrAE, vrAS, vrDT:
		for _, c := range value {
			if c < ' ' && c != 0x1b && c != '\r' && c != '\n' && c != '\t' && c != '\f' {
				return false
			}
		}
	}
	return true
}

// named tells whether the name is one that files of this format have.
func named(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".dcm") || strings.HasSuffix(name, ".dicom") || strings.HasSuffix(name, ".dic") ||
		strings.HasSuffix(name, "/dicomdir") || name == "dicomdir"
}

// written corrects the syntax that the head of a file says by what the first element shows: files whose head was made by one program
// and whose data set by another are common.
func written(b []byte, said syntax) syntax {
	if len(b) < 8 {
		return said
	}
	v := vr(b[4])<<8 | vr(b[5])
	switch {
	case !v.known():
		said.implicit = true
	case !said.implicit || binary.LittleEndian.Uint32(b[4:]) >= 1<<16: // else the letters are a length
		said.implicit = false
	}
	group := said.tag(b).group()
	if swapped := group>>8 | group<<8; group&0xFF == 0 && swapped >= 0x0002 && swapped <= 0x0020 {
		if said.order == binary.ByteOrder(binary.BigEndian) {
			said.order = binary.LittleEndian
		} else {
			said.order = binary.BigEndian
		}
	}
	return said
}
