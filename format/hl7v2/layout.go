package hl7v2

import (
	"fmt"
	"sync"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// plan is a segment, ready to be looked up.
type plan struct {
	*segment
	last int         // as the segment says
	at   []*position // by field number; nil where the field holds nothing of interest
}

// field gives what a field holds: nothing of interest (nil, true), or no position of the standard (nil, false).
func (p *plan) field(n int) (*position, bool) {
	if p == nil {
		return nil, false
	}
	if n < len(p.at) && p.at[n] != nil {
		return p.at[n], true
	}
	return nil, n <= p.last
}

// position is a field, with its place among all.
type position struct {
	field
	segment *segment
	outlets []outlet
	first   int                  // number of its first outlet among all
	types   map[string]*position // of OBX-5: by OBX-2
}

// table is the table of positions in the form that is quick to use.
type table struct {
	plans   []*plan      // the first is nil: a segment that the standard does not know
	index   [slots]uint8 // of a segment's plan, by its slot
	value   *position    // OBX-5
	history *plan        // QPD, where it asks for immunisations
	outlets int          // number of outlets of all positions
}

// slots is the number of possible segment names: a letter, then letters and digits.
const slots = 26 * 36 * 36

// slot numbers a segment's name, which must be one.
func slot[T string | []byte](id T) int {
	return int(id[0]-'A')*36*36 + base36(id[1])*36 + base36(id[2])
}

func base36(c byte) int {
	if c >= 'A' {
		return int(c-'A') + 10
	}
	return int(c - '0')
}

// positions gives the table of positions, which is read at the first call (less than a millisecond).
var positions = sync.OnceValue(func() *table {
	segments, history, err := readSegments(chapters)
	if err != nil { // the files are part of the program: a fault of the build
		panic("hl7v2: " + err.Error())
	}
	return compile(segments, history)
})

// key is a segment's name as a number.
func key[T string | []byte](id T) uint32 {
	return uint32(id[0])<<16 | uint32(id[1])<<8 | uint32(id[2])
}

func compile(segments []segment, history segment) *table {
	t := &table{plans: []*plan{nil}}
	for i := range segments {
		s := &segments[i]
		t.index[slot(s.id)] = uint8(len(t.plans))
		t.plans = append(t.plans, t.plan(s))
	}
	t.history = t.plan(&history)
	return t
}

// find gives the plan of a segment by its name, which must be one; nil where the standard does not know it.
func (t *table) find(id []byte) *plan { return t.plans[t.index[slot(id)]] }

func (t *table) plan(s *segment) *plan {
	p := &plan{segment: s, last: int(s.last)}
	for _, f := range s.fields {
		for len(p.at) <= int(f.n) {
			p.at = append(p.at, nil)
		}
		p.at[f.n] = t.add(s, f)
	}
	return p
}

func (t *table) add(s *segment, f field) *position {
	if f.who == unsaid {
		f.who = s.who
	}
	p := &position{field: f, segment: s, outlets: outlets[f.t], first: t.outlets}
	t.outlets += len(p.outlets)
	if f.t != varies {
		return p
	}
	t.value, p.types = p, map[string]*position{}
	byType := map[dataType]*position{}
	for name, dt := range valueTypes {
		if byType[dt] == nil {
			g := f
			g.t = dt
			if dt == dtm {
				g.kind = phi.Date
			}
			byType[dt] = t.add(s, g)
		}
		p.types[name] = byType[dt]
	}
	return p
}

// label is the field's name.
func (p *position) label() string { return label(key(p.segment.id), int(p.n)) }

// place describes an outlet of the position.
func (p *position) place(i int) record.Place {
	o := p.outlets[i]
	place := record.Place{
		Field: p.label(),
		Kind:  o.kind,
		Part:  o.part,
		Rule:  fmt.Sprintf("HL7 v2.9 chapter %s, %s %s", p.segment.chapter, p.label(), p.name),
	}
	if o.component > 0 && (p.t != st && p.t != dtm || o.component > 1) {
		place.Field = fmt.Sprintf("%s.%d", place.Field, o.component)
	}
	if o.kind == own {
		place.Kind = p.kind
	}
	if o.part == phi.PartNone {
		place.Part = p.part
	}
	if place.Kind == phi.FreeText {
		place.Mode = record.Text
	}
	if p.name == "Mother's Maiden Name" && place.Part == phi.PartFamily {
		place.Part = phi.PartMaiden
	}
	place.Subject, place.Other = p.who.subject()
	return place
}

// subject says whom a place is about, and whether that is another than the record's person.
func (w who) subject() (phi.Subject, bool) {
	switch w {
	case patient:
		return phi.Patient, false
	case relative:
		return phi.Patient, true
	case provider:
		return phi.Provider, false
	case organisation:
		return phi.Organisation, false
	case workforce:
		return phi.Workforce, false
	}
	return phi.Unknown, false
}
