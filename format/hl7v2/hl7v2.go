// Package hl7v2 reads messages of HL7 version 2 (2.1 to 2.9) in the encoding with delimiters: single messages, several in
// a file, batches (FHS, BHS), and captures of the minimal lower layer protocol. The position is the label: a table of
// the standard's fields (data, by chapters of the standard; segments.go says how to read it) says what each holds and whom it is about.
//
// One record is one patient's message: it ends before the next MSH, and before the second PID of a message. Segments may
// end with CR, LF or both; separators are those of each message's own MSH; text may be of any charset that package charset
// knows. A null ("") is no value. Fields and segments that the standard does not know, and lines that are
// no segments, are handed out as running text.
//
// Encapsulated data (OBX-5 of type ED) and documents that stand in a text field are handed out as inner items. A field
// of more than 64 KiB is streamed as an inner item too, so a file may hold documents of any length.
//
// Limits: a record of more than 2 MiB, without its long fields, is divided, and the second part repeats the PID segment
// so that it is still known to be about the same person. Values shorter than four bytes in unknown positions are not handed out.
// A document that is divided over several OBX segments is not put together. Character sets other than UTF-8,
// UTF-16 and Windows-1252, and switches of the character set within a field, are not decoded. HL7 v2 in XML is not read here.
package hl7v2

import (
	"bytes"
	"context"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
)

// Reader reads HL7 v2.
type Reader struct{}

// Name implements format.Reader.
func (Reader) Name() string { return "hl7v2/1" }

// Claims implements format.Reader. A header segment at the beginning is a signature; one at the beginning of a later line is
// likely one message among other text.
func (Reader) Claims(name string, head []byte) format.Claim {
	head = bytes.TrimLeft(charset.Head(head), "\x0b \t\r\n")
	if len(head) < 8 {
		return format.No
	}
	if _, ok := header(head); ok {
		return format.Certain
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return format.No
	}
	for rest := head; ; {
		at := bytes.Index(rest, []byte("MSH|^~\\"))
		if at < 0 {
			break
		}
		if at > 0 && (rest[at-1] == '\n' || rest[at-1] == '\r' || rest[at-1] == '\v') {
			return format.Likely
		}
		rest = rest[at+1:]
	}
	if extended(name) && segmentName(head) && head[3] == '|' {
		return format.Maybe
	}
	return format.No
}

// extended tells whether the name is one that files of messages have.
func extended(name string) bool {
	dot := bytes.LastIndexByte([]byte(name), '.')
	if dot < 0 {
		return false
	}
	switch string(bytes.ToLower([]byte(name[dot:]))) {
	case ".hl7", ".hl7v2", ".h7", ".adt", ".oru", ".orm", ".mdm", ".siu", ".dft", ".vxu":
		return true
	}
	return false
}

// Read implements format.Reader.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	r := newReading(ctx, in, out)
	if err := r.run(); err != nil {
		return err
	}
	r.report()
	return nil
}

// separators are the delimiters of a message.
type separators struct {
	field, component, repetition, escape, sub byte
}

// usual are the separators that the standard recommends.
var usual = separators{'|', '^', '~', '\\', '&'}

// header reads the separators of a header segment (MSH, FHS, BHS), and tells whether it is one. A separator that
// MSH-2 leaves out is never met: it is 0.
func header(segment []byte) (separators, bool) {
	if len(segment) < 6 || !isHeader(segment) {
		return usual, false
	}
	s := separators{field: segment[3]}
	if !mark(s.field) {
		return usual, false
	}
	marks := segment[4:min(len(segment), 9)]
	if end := bytes.IndexByte(marks, s.field); end >= 0 {
		marks = marks[:end]
	}
	into := [...]*byte{&s.component, &s.repetition, &s.escape, &s.sub}
	for i, c := range marks {
		if !mark(c) {
			marks = marks[:i]
			break
		}
		if i < len(into) {
			*into[i] = c
		}
	}
	return s, len(marks) > 1
}

// mark tells whether a byte can be a separator.
func mark(c byte) bool {
	return c > ' ' && c < 0x7f && !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z')
}

func isHeader(segment []byte) bool {
	switch key(segment[:3]) {
	case keyMSH, keyFHS, keyBHS:
		return true
	}
	return false
}

// segmentName tells whether a line of at least four bytes begins like a segment.
func segmentName(line []byte) bool {
	upper := func(c byte) bool { return c >= 'A' && c <= 'Z' }
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	return upper(line[0]) && (upper(line[1]) || digit(line[1])) && (upper(line[2]) || digit(line[2]))
}

const (
	keyMSH = 'M'<<16 | 'S'<<8 | 'H'
	keyFHS = 'F'<<16 | 'H'<<8 | 'S'
	keyBHS = 'B'<<16 | 'H'<<8 | 'S'
	keyFTS = 'F'<<16 | 'T'<<8 | 'S'
	keyBTS = 'B'<<16 | 'T'<<8 | 'S'
	keyQPD = 'Q'<<16 | 'P'<<8 | 'D'
	keyPID = 'P'<<16 | 'I'<<8 | 'D'
)
