package hl7v2

import (
	"bytes"
	"fmt"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// minUnknown is the length in bytes from which a value of an unknown position is handed out: nothing shorter identifies.
const minUnknown = 4

// segment hands out the cells of a segment.
func (r *reading) segment(s span) error {
	if s.to-s.from < 4 || r.buf[s.from+3] != r.sep.field || !segmentName(r.buf[s.from:s.to]) {
		return r.line(s)
	}
	name := key(r.buf[s.from : s.from+3])
	p := r.table.find(r.buf[s.from : s.from+3])
	n := 1
	switch name {
	case keyMSH, keyFHS, keyBHS:
		n = 2 // its first field is the separator
	case keyQPD:
		if query := string(r.buf[s.from+4 : min(s.from+7, s.to)]); query == "Z34" || query == "Z44" {
			p = r.table.history
		}
	}
	r.typed, r.valueType, r.coding, r.void = nil, st, phi.NoSystem, false
	cells := len(r.batch.Cells)
	if err := r.fields(p, name, n, span{s.from + 4, s.to}); err != nil {
		return err
	}
	if r.void {
		for i := range r.batch.Cells[cells:] {
			if c := &r.batch.Cells[cells+i]; c.System != phi.NoSystem {
				c.Flags |= record.Negated
			}
		}
	}
	return nil
}

// fields hands out the cells of a segment's fields from field n on.
func (r *reading) fields(p *plan, name uint32, n int, s span) error {
	buf, sep := r.buf, r.sep.field
	for at := s.from; at < s.to; n++ {
		if buf[at] == sep {
			at++
			continue
		}
		f, known := p.field(n)
		if f == nil && known {
			if n >= len(p.at) && n+bytes.Count(buf[at:s.to], []byte{sep}) <= p.last {
				return nil // no field of interest follows, and none that the standard does not know
			}
			for at < s.to && buf[at] != sep {
				at++
			}
			at++
			continue
		}
		var end int
		if f == nil || f.t == text || f.t == varies {
			end = r.textEnd(at, s.to)
		} else {
			end = r.fieldEnd(at, s.to)
		}
		if err := r.field(f, uint64(name)<<32|uint64(n), span{at, end}); err != nil {
			return err
		}
		at = end + 1
	}
	return nil
}

// marks are the separators that stand in a field.
type marks uint8

const (
	hasComponents marks = 1 << iota
	hasRepetitions
	hasSubcomponents
	hasEscapes
	endsField

	anything = hasComponents | hasRepetitions | hasSubcomponents | hasEscapes
)

// separate takes over the separators of a message.
func (r *reading) separate(s separators) {
	if s == r.sep {
		return
	}
	r.sep = s
	r.marksOf = [256]marks{}
	r.marksOf[s.component], r.marksOf[s.repetition] = hasComponents, hasRepetitions
	r.marksOf[s.sub], r.marksOf[s.escape] = hasSubcomponents, hasEscapes
	r.marksOf[0] = 0 // a separator that the message does without
	r.marksOf[s.field] = endsField
}

// textEnd finds the end of a field that may be long, and in which separators say nothing or are looked for again.
func (r *reading) textEnd(at, to int) int {
	r.seen = anything
	if i := bytes.IndexByte(r.buf[at:to], r.sep.field); i >= 0 {
		return at + i
	}
	return to
}

// nearSize is how far a field is looked at byte by byte.
const nearSize = 512

// fieldEnd finds the end of a field, and which separators stand in it: byte by byte while it is short, as most are; a long
// one may hold any. The components that it passes are noted, so that a field of one value is looked at once.
func (r *reading) fieldEnd(at, to int) int {
	var seen marks
	n, from := 0, at
	near := r.buf[at:min(at+nearSize, to)]
	for i, c := range near {
		m := r.marksOf[c]
		if m == 0 {
			continue
		}
		if m == endsField {
			r.parts[n] = span{from, at + i}
			r.seen, r.split = seen, n+1
			return at + i
		}
		if seen |= m; m == hasComponents && n < len(r.parts)-1 {
			r.parts[n] = span{from, at + i}
			n, from = n+1, at+i+1
		}
	}
	if end := at + len(near); end < to {
		end = r.textEnd(end, to)
		r.split = r.components(span{at, end})
		return end
	}
	r.parts[n] = span{from, to}
	r.seen, r.split = seen, n+1
	return to
}

// field hands out what a field holds; f is nil where the standard does not know it.
func (r *reading) field(f *position, at uint64, s span) error {
	if f == nil {
		return r.other(at, s)
	}
	if r.null(s) {
		return nil
	}
	if s.to-s.from > longField && (f.t != varies || r.typed == nil || r.typed.t != ed) {
		return r.innerAt(f.label(), "", body{head: r.buf[s.from:s.to]})
	}
	if f.t == varies {
		if f = r.typed; f == nil {
			f = r.table.value.types[""]
		}
		if f.t == text && r.valueType == st && !sentence(r.buf[s.from:s.to]) {
			return nil
		}
	}
	switch f.t {
	case text:
		return r.text(f, s)
	case ed:
		return r.documents(f, s)
	case typing:
		r.observe(s)
	case method:
		r.coding = r.system(s)
	case status:
		r.void = r.void || r.oneOf(s, f.void)
	default:
		if r.seen&hasRepetitions == 0 {
			r.value(f, r.split)
			return nil
		}
		for s.from < s.to {
			end := r.repetitionEnd(s)
			r.value(f, r.components(span{s.from, end}))
			s.from = end + 1
		}
	}
	return nil
}

// value hands out the n components of one value.
func (r *reading) value(f *position, n int) {
	switch f.t {
	case xcn, ppn:
		r.participant(f, n)
	case xtn:
		r.telecom(f, n)
	case cx:
		r.number(f, n)
	case cwe:
		r.code(f, n)
	case qip:
		r.parameter(f, n)
	case pln:
		if r.is(r.part(n, 2), "NPI") {
			r.emit(f, 0, r.part(n, 1))
		}
	default:
		for i := range f.outlets {
			o := &f.outlets[i]
			if c := int(o.component); c <= n && (o.subcomponent <= 1 || r.seen&hasSubcomponents != 0) {
				r.emit(f, i, r.parts[c-1])
			}
		}
	}
}

// repetitionEnd finds the end of the first of the values that a field holds.
func (r *reading) repetitionEnd(s span) int {
	for i, c := range r.buf[s.from:s.to] {
		if c == r.sep.repetition {
			return s.from + i
		}
	}
	return s.to
}

// components notes where the components of a value stand, and tells how many there are.
func (r *reading) components(s span) int {
	n, from := 0, s.from
	for i, c := range r.buf[s.from:s.to] {
		if c == r.sep.component {
			r.parts[n] = span{from, s.from + i}
			from = s.from + i + 1
			if n++; n == len(r.parts)-1 {
				break
			}
		}
	}
	r.parts[n] = span{from, s.to}
	return n + 1
}

// part gives component i of n, counted from 1; it is empty beyond the last.
func (r *reading) part(n, i int) span {
	if i > n {
		return span{}
	}
	return r.parts[i-1]
}

// emit hands out a component's value, or the subcomponent of it that the outlet names.
func (r *reading) emit(f *position, outlet int, s span) {
	if s.from >= s.to {
		return
	}
	o := &f.outlets[outlet]
	if r.seen&hasSubcomponents != 0 {
		s = r.subcomponent(s, max(1, int(o.subcomponent)))
	} else if o.subcomponent > 1 {
		return
	}
	s = r.tidy(s)
	if s.from >= s.to || r.null(s) {
		return
	}
	kind := o.kind
	if kind == own {
		kind = f.kind
	}
	if (kind == phi.Date || kind == phi.DateOfBirth) && (s.to-s.from < 6 || r.buf[s.from] < '0' || r.buf[s.from] > '9') {
		return // a year, or a time of day
	}
	r.put(r.place(f, outlet), s)
}

// subcomponent gives subcomponent i of a component, counted from 1.
func (r *reading) subcomponent(s span, i int) span {
	for at := s.from; at < s.to; at++ {
		if r.buf[at] == r.sep.sub {
			if i == 1 {
				return span{s.from, at}
			}
			i--
			s.from = at + 1
		}
	}
	if i > 1 {
		return span{}
	}
	return s
}

// place numbers an outlet's place; it becomes one of the item's with its first value.
func (r *reading) place(f *position, outlet int) uint32 {
	at := &r.places[f.first+outlet]
	if *at == 0 {
		*at = r.out.Places.Add(f.place(outlet)) + 1
	}
	return *at - 1
}

// put adds a cell, decoded where it holds escapes.
func (r *reading) put(place uint32, s span) {
	v := r.buf[s.from:s.to]
	if r.seen&hasEscapes != 0 && bytes.IndexByte(v, r.sep.escape) >= 0 {
		r.scratch = unescape(r.scratch[:0], v, r.sep)
		r.batch.Put(place, r.scratch)
		return
	}
	r.batch.Point(place, s.from, len(v))
}

// other hands out a field that the standard does not know.
func (r *reading) other(at uint64, s span) error {
	if s.to-s.from > longField {
		return r.innerAt(label(uint32(at>>32), int(uint32(at))), "", body{head: r.buf[s.from:s.to]})
	}
	if s = r.tidy(s); s.to-s.from < minUnknown {
		return nil
	}
	place, ok := r.unknown[at]
	if !ok {
		place = r.addUnknown(at, label(uint32(at>>32), int(uint32(at))))
	}
	r.put(place, s)
	return nil
}

// label is a field's name.
func label(segment uint32, n int) string {
	return fmt.Sprintf("%c%c%c-%d", segment>>16, segment>>8&0xff, segment&0xff, n)
}

// line hands out a line that is no segment.
func (r *reading) line(s span) error {
	r.seen = 0 // a backslash means nothing there
	if s.to-s.from > longField {
		return r.innerAt("line", "", body{head: r.buf[s.from:s.to]})
	}
	place, ok := r.unknown[0]
	if !ok {
		place = r.addUnknown(0, "text")
	}
	r.put(place, s)
	return nil
}

// addUnknown adds a place of text. When the item has too many places already, it is that of lines that are no segments.
func (r *reading) addUnknown(at uint64, field string) uint32 {
	if r.out.Places.Full() && at != 0 {
		if place, ok := r.unknown[0]; ok {
			return place
		}
		at, field = 0, "text"
	}
	place := r.out.Places.Add(record.Place{Field: field, Mode: record.Text, Kind: phi.FreeText, Rule: "no position of the HL7 v2 standard"})
	r.unknown[at] = place
	return place
}

// tidy drops blanks around a value.
func (r *reading) tidy(s span) span {
	if s.from < s.to && r.buf[s.from] > ' ' && r.buf[s.to-1] > ' ' {
		return s
	}
	for s.from < s.to && r.buf[s.from] <= ' ' {
		s.from++
	}
	for s.from < s.to && r.buf[s.to-1] <= ' ' {
		s.to--
	}
	return s
}

// null tells whether a field says that there is no value.
func (r *reading) null(s span) bool {
	return s.to-s.from == 2 && r.buf[s.from] == '"' && r.buf[s.from+1] == '"'
}

// is compares a value.
func (r *reading) is(s span, v string) bool { return string(r.buf[s.from:s.to]) == v }

// oneOf tells whether a value is one of a list between blanks.
func (r *reading) oneOf(s span, list string) bool {
	s = r.tidy(s)
	n := s.to - s.from
	for at := 0; n > 0 && at+n+2 <= len(list); at++ {
		if list[at] == ' ' && list[at+1+n] == ' ' && list[at+1:at+1+n] == string(r.buf[s.from:s.to]) {
			return true
		}
	}
	return false
}

// observe notes the type of OBX-5, and counts the references to data elsewhere.
func (r *reading) observe(s span) {
	s = r.tidy(s)
	v := r.buf[s.from:s.to]
	if r.typed = r.table.value.types[string(v)]; r.typed == nil {
		r.typed = r.table.value.types["TX"] // a type that the standard does not know: anything may stand there
	}
	r.valueType = r.typed.t
	switch string(v) {
	case "ST":
		r.valueType = st
	case "RP":
		r.pointers++
	}
}
