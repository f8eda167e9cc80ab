// Package x12 reads interchanges of ASC X12 as health care exchanges them under HIPAA: eligibility (270, 271), claim status (276, 277,
// 277CA), review (278), attachments (275), premium payment (820), enrolment (834), payment (835), claims (837 professional,
// institutional, dental) and acknowledgements (997, 999, 824, TA1), of versions 4010 and 5010 and their neighbours. The
// qualifiers decide what a value means: NM1 with IL is the member, with 85 the billing provider; what stands in REF, DTP or HI
// is what their first element says. The tables of segments and qualifiers are data, by the numbers of the data elements.
//
// One record is what belongs to one person: a subscriber's or dependent's loop with its claims (HL), one claim of a payment (CLP),
// one member of an enrolment (INS), one individual of a premium payment (ENT); else a transaction. A subscriber
// whose dependent is the patient is a relative of the patient. Separators are those of each ISA segment, which may be
// wrapped into lines as the rest. A file may hold several interchanges with anything between, or transactions without an
// envelope; what is no segment is handed out as running text. Binary data (BIN, BDS) are inner items.
//
// A damaged interchange is reported, and reading goes on at the next segment, ST or ISA.
//
// Limits: a record of more than 1 MiB is divided, and the second part repeats who its person is; a segment of more than
// 64 KiB is read as text in pieces and reported. Places are named after the qualifiers that the tables know, and without
// one otherwise. The counts of SE, GE and IEA are not checked. The repetition separator counts in composites alone. Bytes that are no
// UTF-8 are read as ISO 8859-1, X12's extended character set. Control characters as separators are fine; EDIFACT is not read.
package x12

import (
	"bytes"
	"context"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
)

// Reader reads X12.
type Reader struct{}

// Name implements format.Reader.
func (Reader) Name() string { return "x12/1" }

// Claims implements format.Reader. An interchange header at the beginning is a signature; one at the beginning of a later line, or
// a transaction without an envelope, is likely.
func (Reader) Claims(name string, head []byte) format.Claim {
	head = bytes.TrimLeft(charset.Head(head), "\x00 \t\r\n")
	if len(head) < 8 {
		return format.No
	}
	if _, _, ok := header(head); ok {
		return format.Certain
	}
	if _, ok := fragment(head); ok {
		return format.Likely
	}
	for rest := head; ; {
		at := bytes.Index(rest, isa)
		if at < 0 {
			break
		}
		if at > 0 && (rest[at-1] == '\n' || rest[at-1] == '\r') {
			if _, _, ok := header(rest[at:]); ok {
				return format.Likely
			}
		}
		rest = rest[at+1:]
	}
	if extended(name) {
		if _, ok := middle(head); ok || beginsWithSegment(head) {
			return format.Maybe
		}
	}
	return format.No
}

// extended tells whether the name is one that files of interchanges have.
func extended(name string) bool {
	dot := bytes.LastIndexByte([]byte(name), '.')
	if dot < 0 {
		return false
	}
	switch string(bytes.ToLower([]byte(name[dot+1:]))) {
	case "x12", "edi", "270", "271", "275", "276", "277", "277ca", "278", "820", "824", "834", "835", "837", "837p", "837i", "837d", "997", "999", "ta1", "era":
		return true
	}
	return false
}

// beginsWithSegment tells whether a text begins with a segment that the tables know, and a separator.
func beginsWithSegment(head []byte) bool {
	for n := 2; n <= 3; n++ {
		if mark(head[n]) && positions().segments[slot(head[:n])] != 0 {
			return true
		}
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

// separators are the delimiters of an interchange. One that it does without is 0, which mark never takes.
type separators struct {
	element, repetition, component, segment byte
}

// usual are the separators that most interchanges have.
var usual = separators{'*', '^', ':', '~'}

var isa = []byte("ISA")

// headerWidths are the lengths of ISA's elements.
var headerWidths = [headerElements]int{2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1}

const (
	headerElements = 16
	maxHeader      = 256 // bytes in which a header must stand
	slack          = 2   // how much longer an element may be: a wrapped line, a year of four digits
)

// header reads an interchange header (X12.5): ISA, sixteen elements, the last of which is the component separator, and the
// segment terminator. Elements are padded to a fixed length there, which not all senders do. It gives the header's length.
func header(b []byte) (s separators, length int, ok bool) {
	if len(b) < 8 || !bytes.HasPrefix(b, isa) || !mark(b[3]) {
		return usual, 0, false
	}
	s.element = b[3]
	var starts [headerElements]int
	n, i := 0, 3
	for ; i < min(len(b), maxHeader); i++ {
		if b[i] == s.element {
			starts[n] = i + 1
			if n++; n == headerElements {
				break
			}
		} else if n > 0 && i-starts[n-1] >= headerWidths[n-1]+slack {
			break
		}
	}
	if n < headerElements || i+2 >= len(b) || !version(b[starts[11]:starts[12]-1]) {
		return usual, 0, false
	}
	s.component, s.segment = b[i+1], b[i+2]
	length = i + 3
	switch after := b[i+3:]; {
	case alphanumeric(s.segment): // no component separator, and the next segment follows
		s.component, s.segment, length = 0, s.component, i+2
	case s.segment == '\r' && len(after) > 0 && after[0] == '\n':
		s.segment = '\n' // what remains of the line's end is blank
		length++
		fallthrough
	case s.segment == '\n' || s.segment == '\r':
		line := after
		if end := bytes.IndexAny(bytes.TrimLeft(after, "\r\n"), "\r\n"); end >= 0 {
			line = bytes.TrimLeft(after, "\r\n")[:end]
		}
		if len(line) > 3 && line[len(line)-1] == s.component {
			s.component, s.segment = 0, s.component
		}
	}
	if repetition := b[starts[11]-2]; starts[11]-starts[10] == 2 && mark(repetition) {
		s.repetition = repetition
	}
	return s, length, mark(s.segment) || s.segment == '\n' || s.segment == '\r'
}

// version tells whether ISA-12 is a version of the standard: five digits.
func version(b []byte) bool {
	n := 0
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			n++
		case c != '\r' && c != '\n' && c != ' ':
			return false
		}
	}
	return n == 5
}

// fragment reads the separators of a functional group or transaction that stands without an interchange: ST, three
// digits, a control number, and the terminator behind it.
func fragment(b []byte) (separators, bool) {
	s := usual
	if len(b) < 12 || !mark(b[2]) || string(b[:2]) != "ST" && string(b[:2]) != "GS" {
		return s, false
	}
	s.element = b[2]
	if b[0] == 'S' && (b[6] != s.element || !digit(b[3]) || !digit(b[4]) || !digit(b[5])) {
		return s, false
	}
	elements, i := 0, 2
	for ; i < min(len(b), maxHeader); i++ {
		c := b[i]
		if c == s.element {
			elements++
		} else if !alphanumeric(c) && !(b[0] == 'G' && (c == ' ' || c == '.' || c == '-' || c == '_')) {
			break
		}
	}
	if i+4 >= len(b) || i >= maxHeader || elements < 2 || elements > 8 || b[0] == 'G' && elements < 7 {
		return s, false
	}
	s.segment = b[i]
	next := bytes.TrimLeft(b[i+1:], "\r\n\t ")
	if s.segment == '\r' && b[i+1] == '\n' {
		s.segment = '\n'
	}
	if len(next) < 4 || !beginsWithSegment(next) && !bytes.HasPrefix(next, []byte("ST")) {
		return s, false
	}
	s.component = componentOf(next, s)
	return s, true
}

// middle reads the separators of an interchange whose beginning is lost, by three known segments that stand between the same ones.
func middle(b []byte) (separators, bool) {
	if bytes.HasPrefix(b, []byte("UNA")) || bytes.HasPrefix(b, []byte("UNB")) { // EDIFACT has segments of the same names
		return usual, false
	}
	var met [8]separators
	var times [8]int
	for i := 0; i+5 < min(len(b), 16<<10); i++ {
		s := separators{segment: b[i]}
		if !mark(s.segment) && s.segment != '\n' && s.segment != '\r' {
			continue
		}
		next := bytes.TrimLeft(b[i+1:min(i+16, len(b))], "\r\n")
		if len(next) < 4 || !beginsWithSegment(next) {
			continue
		}
		if s.element = next[3]; mark(next[2]) {
			s.element = next[2]
		}
		for k := range met {
			if times[k] == 0 {
				met[k] = s
			}
			if met[k] == s {
				if times[k]++; times[k] == 3 {
					s.component = componentOf(b, separators{element: s.element, component: usual.component})
					return s, true
				}
				break
			}
		}
	}
	return usual, false
}

// componentOf guesses the component separator by what stands behind the usual first components.
func componentOf(b []byte, s separators) byte {
	for _, first := range [...]string{"HC", "ABK", "BK", "AD", "ABF", "BF"} {
		at := bytes.Index(b, append([]byte{s.element}, first...))
		if end := at + 1 + len(first); at >= 0 && end < len(b) && mark(b[end]) && b[end] != s.element && b[end] != s.segment {
			return b[end]
		}
	}
	return s.component
}

// mark tells whether a byte can be a separator.
func mark(c byte) bool {
	return c != 0 && c != ' ' && c != '\r' && c != '\n' && c != '\t' && c < 0x80 && !alphanumeric(c)
}

func alphanumeric(c byte) bool {
	return digit(c) || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
