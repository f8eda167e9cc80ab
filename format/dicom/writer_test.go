package dicom

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
)

// writer writes data sets for tests: a program of its own, which shares nothing with the parser but the names of tags.
type writer struct {
	bytes.Buffer
	implicit bool
	big      bool
}

func (w *writer) order() binary.AppendByteOrder {
	if w.big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// head writes the head of an element. A length of -1 is undefined.
func (w *writer) head(t tag, v string, length int) *writer {
	b := w.order().AppendUint16(nil, uint16(t>>16))
	b = w.order().AppendUint16(b, uint16(t))
	switch {
	case w.implicit || v == "":
		b = w.order().AppendUint32(b, uint32(length))
	case v == "OB" || v == "OW" || v == "SQ" || v == "UC" || v == "UN" || v == "UR" || v == "UT":
		b = w.order().AppendUint32(append(append(b, v...), 0, 0), uint32(length))
	default:
		b = w.order().AppendUint16(append(b, v...), uint16(length))
	}
	w.Write(b)
	return w
}

// str writes an element whose value is text, padded to an even length.
func (w *writer) str(t tag, v, value string) *writer {
	if len(value)%2 == 1 {
		if v == "UI" || v == "OB" || v == "UN" {
			value += "\x00"
		} else {
			value += " "
		}
	}
	w.head(t, v, len(value)).WriteString(value)
	return w
}

func (w *writer) short(t tag, value uint16) *writer {
	w.head(t, "US", 2).Write(w.order().AppendUint16(nil, value))
	return w
}

func (w *writer) long(t tag, value uint32) *writer {
	w.head(t, "UL", 4).Write(w.order().AppendUint32(nil, value))
	return w
}

// seq writes a sequence of items that are written already, with delimiters or with lengths.
func (w *writer) seq(t tag, delimited bool, items ...string) *writer {
	if delimited {
		w.head(t, "SQ", -1)
		for _, i := range items {
			w.head(tagItem, "", -1).WriteString(i)
			w.head(tagItemEnd, "", 0)
		}
		return w.head(tagSequenceEnd, "", 0)
	}
	n := 0
	for _, i := range items {
		n += 8 + len(i)
	}
	w.head(t, "SQ", n)
	for _, i := range items {
		w.head(tagItem, "", len(i)).WriteString(i)
	}
	return w
}

// item writes the elements of an item in the same way.
func (w *writer) item(write func(*writer)) string {
	inner := &writer{implicit: w.implicit, big: w.big}
	write(inner)
	return inner.String()
}

// file puts preamble and head before a data set.
func file(syntax, dataSet string) []byte {
	w := &writer{}
	w.Write(make([]byte, preamble))
	w.WriteString("DICM")
	meta := &writer{}
	meta.str(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.2").str(0x00020003, "UI", "1.2.3.4.5.6").str(tagSyntax, "UI", syntax)
	w.long(0x00020000, uint32(meta.Len())).Write(meta.Bytes())
	w.WriteString(dataSet)
	return w.Bytes()
}

func deflate(s string) string {
	var b bytes.Buffer
	f, _ := flate.NewWriter(&b, flate.BestCompression)
	f.Write([]byte(s))
	f.Close()
	return b.String()
}

const (
	implicitUID = "1.2.840.10008.1.2"
	explicitUID = "1.2.840.10008.1.2.1"
	deflatedUID = "1.2.840.10008.1.2.1.99"
	bigUID      = "1.2.840.10008.1.2.2"
	jpegUID     = "1.2.840.10008.1.2.4.50"
)

// study writes a data set about an invented person.
func study(w *writer, delimited bool) string {
	w.str(tagCharset, "CS", "ISO_IR 100").str(tagClass, "UI", "1.2.840.10008.5.1.4.1.1.2").str(0x00080018, "UI", "1.2.3.4.5.6")
	w.str(0x00080020, "DA", "20240501").str(0x00080050, "SH", "A77001").str(0x00080060, "CS", "CT").str(0x00080070, "LO", "Maker & Sons")
	w.str(0x00080081, "ST", "1 Main St, Springfield, IL 62701").str(0x00080090, "PN", "Wilson^James^^Dr").str(0x00081030, "LO", "CT head, call 217-555-0142")
	code := w.item(func(w *writer) {
		w.str(tagCode, "SH", "F11.20").str(tagDesignator, "SH", "I10").str(0x00080104, "LO", "Opioid dependence")
	})
	w.seq(0x00081084, delimited, code)
	w.str(0x00100010, "PN", "Doe^Zo\xeb^Q").str(0x00100020, "LO", "M1000234").str(0x00100030, "DA", "19340229").str(0x00100040, "CS", "F")
	other := w.item(func(w *writer) { w.str(0x00100020, "LO", "X-55").str(0x00100022, "CS", "TEXT") })
	more := w.item(func(w *writer) { w.str(0x00100020, "LO", "Y-66") })
	w.seq(0x00101002, delimited, other, more)
	w.str(0x00101010, "AS", "091Y").str(0x00101040, "LO", "12 Elm St, Springfield, IL 62701").str(0x00102154, "SH", "(217)555-0142\\zoe@mail.example")
	w.str(0x00181000, "LO", "SN-1234").str(0x00200010, "SH", "1")
	w.str(0x00290010, "LO", "INVENTED 1").str(0x00291010, "LO", "seen by Dr. Wilson").str(0x00291011, "UN", "reviewed with Ann\x00").str(0x00291012, "DS", "1\\2")
	return w.String()
}
