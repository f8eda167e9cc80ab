package dicom

import (
	"encoding/binary"
	"fmt"
)

// tag is the group and the number of an element.
type tag uint32

// The tags that the structure or the reading of other elements depends on (PS3.6; PS3.5 section 7.5 for those of FFFE).
const (
	tagItem         tag = 0xFFFEE000
	tagItemEnd      tag = 0xFFFEE00D
	tagSequenceEnd  tag = 0xFFFEE0DD
	tagSyntax       tag = 0x00020010
	tagRecords      tag = 0x00041220
	tagNextRecord   tag = 0x00041400
	tagLowerRecord  tag = 0x00041420
	tagRecordType   tag = 0x00041430
	tagCharset      tag = 0x00080005
	tagClass        tag = 0x00080016
	tagCode         tag = 0x00080100
	tagDesignator   tag = 0x00080102
	tagLongCode     tag = 0x00080119
	tagURNCode      tag = 0x00080120
	tagBurnedIn     tag = 0x00280301
	tagRecognisable tag = 0x00280302
	tagConcept      tag = 0x0040A043
	tagPersonCode   tag = 0x00401101
	tagDocument     tag = 0x00420011
	tagEncrypted    tag = 0x04000520
	tagAudio        tag = 0x5000200C
	tagWaveform     tag = 0x54001010
	tagOverlay      tag = 0x60003000
	tagFloatPixel   tag = 0x7FE00008
	tagDoublePixel  tag = 0x7FE00009
	tagPixel        tag = 0x7FE00010
	tagVariable     tag = 0x7F000010
)

func (t tag) group() uint16   { return uint16(t >> 16) }
func (t tag) number() uint16  { return uint16(t) }
func (t tag) private() bool   { return t>>16&1 == 1 }
func (t tag) creator() bool   { return t.private() && t.number() >= 0x10 && t.number() <= 0xFF }
func (t tag) structure() bool { return t.group() == 0xFFFE }

// base folds repeating groups (PS3.5 section 7.6, and the retired ones) into the one that stands in the dictionary.
func (t tag) base() tag {
	switch {
	case t.private():
	case t>>24 == 0x50 || t>>24 == 0x60:
		return t & 0xFF00FFFF
	case t>>24 == 0x7F && t>>16 != 0x7FE0:
		return t & 0xFF00FFFF
	case t>>8 == 0x002031:
		return t & 0xFFFFFF00
	}
	return t
}

// String writes the tag as the standard does; the block of a private element, which its creator chose, is left out.
func (t tag) String() string {
	if t.private() && t.number() >= 0x1000 {
		return fmt.Sprintf("(%04X,xx%02X)", t.group(), t.number()&0xFF)
	}
	return fmt.Sprintf("(%04X,%04X)", t.group(), t.number())
}

// vr is a value representation: its two letters.
type vr uint16

// The value representations (PS3.5 section 6.2).
const (
	vrAE vr = 'A'<<8 | 'E'
	vrAS vr = 'A'<<8 | 'S'
	vrAT vr = 'A'<<8 | 'T'
	vrCS vr = 'C'<<8 | 'S'
	vrDA vr = 'D'<<8 | 'A'
	vrDS vr = 'D'<<8 | 'S'
	vrDT vr = 'D'<<8 | 'T'
	vrFD vr = 'F'<<8 | 'D'
	vrFL vr = 'F'<<8 | 'L'
	vrIS vr = 'I'<<8 | 'S'
	vrLO vr = 'L'<<8 | 'O'
	vrLT vr = 'L'<<8 | 'T'
	vrOB vr = 'O'<<8 | 'B'
	vrOD vr = 'O'<<8 | 'D'
	vrOF vr = 'O'<<8 | 'F'
	vrOL vr = 'O'<<8 | 'L'
	vrOV vr = 'O'<<8 | 'V'
	vrOW vr = 'O'<<8 | 'W'
	vrPN vr = 'P'<<8 | 'N'
	vrSH vr = 'S'<<8 | 'H'
	vrSL vr = 'S'<<8 | 'L'
	vrSQ vr = 'S'<<8 | 'Q'
	vrSS vr = 'S'<<8 | 'S'
	vrST vr = 'S'<<8 | 'T'
	vrSV vr = 'S'<<8 | 'V'
	vrTM vr = 'T'<<8 | 'M'
	vrUC vr = 'U'<<8 | 'C'
	vrUI vr = 'U'<<8 | 'I'
	vrUL vr = 'U'<<8 | 'L'
	vrUN vr = 'U'<<8 | 'N'
	vrUR vr = 'U'<<8 | 'R'
	vrUS vr = 'U'<<8 | 'S'
	vrUT vr = 'U'<<8 | 'T'
	vrUV vr = 'U'<<8 | 'V'
)

// String gives the letters.
func (v vr) String() string { return string([]byte{byte(v >> 8), byte(v)}) }

// lettered tells whether the two bytes are letters, as those of every value representation are, also of such as are yet to come.
func (v vr) lettered() bool {
	a, b := byte(v>>8), byte(v)
	return a >= 'A' && a <= 'Z' && b >= 'A' && b <= 'Z'
}

// short tells whether the length takes two bytes in explicit encoding (PS3.5 section 7.1.2). New ones take four.
func (v vr) short() bool {
	switch v {
	case vrAE, vrAS, vrAT, vrCS, vrDA, vrDS, vrDT, vrFD, vrFL, vrIS, vrLO, vrLT, vrPN, vrSH, vrSL, vrSS, vrST, vrTM, vrUI, vrUL, vrUS:
		return true
	}
	return false
}

// known tells whether the standard has it.
func (v vr) known() bool {
	switch v {
	case vrOB, vrOD, vrOF, vrOL, vrOV, vrOW, vrSQ, vrSV, vrUC, vrUN, vrUR, vrUT, vrUV:
		return true
	}
	return v.short()
}

// encoded tells whether values are written in the specific character set (PS3.5 section 6.1.2.3).
func (v vr) encoded() bool {
	switch v {
	case vrSH, vrLO, vrST, vrLT, vrUC, vrUT, vrPN, vrUN:
		return true
	}
	return false
}

// syntax is how elements are written.
type syntax struct {
	implicit bool // without value representations
	order    binary.ByteOrder
}

func explicitLittle() syntax { return syntax{false, binary.LittleEndian} }
func implicitLittle() syntax { return syntax{true, binary.LittleEndian} }
func explicitBig() syntax    { return syntax{false, binary.BigEndian} }

// syntaxOf gives the encoding of a transfer syntax (PS3.5 annex A and PS3.6 annex A), and whether it is deflated. All syntaxes but
// those named are explicit and little endian, as the standard demands of every encapsulated one.
func syntaxOf(uid string) (e syntax, deflated bool) {
	switch uid {
	case "1.2.840.10008.1.2", "1.2.840.113619.5.2": // the second, of one maker, differs in its pixels only
		return implicitLittle(), false
	case "1.2.840.10008.1.2.2":
		return explicitBig(), false
	case "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205":
		return explicitLittle(), true
	}
	return explicitLittle(), false
}

// get reads a tag.
func (e syntax) tag(b []byte) tag { return tag(e.order.Uint16(b))<<16 | tag(e.order.Uint16(b[2:])) }
