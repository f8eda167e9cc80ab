package detect

import (
	"math"

	"github.com/chartroom/chartroom/detect/codes"
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// place is what was found at one place: a tally a kind and subject.
type place struct {
	recent  *tally // that was asked for last
	tallies []*tally
}

// tally counts the values of one kind at one place. What every record touches stands first.
type tally struct {
	kind       phi.Kind
	subject    phi.Subject
	last       uint64 // the person who was met last
	shut       bool   // most persons change its count no more: see Item.shut
	people     estate.Distinct
	values     int64
	wellFormed int64
	likelihood float32 // the highest of the spans in running text; 0 = the place decides
	labelled   int64   // spans that stood behind a label of their own
	classes    phi.Classes
	suspected  phi.Classes
	rows       map[int32]int64 // rows of the table of codes that graded, and how often
	spans      bool            // the values are spans of running text
	rules      [lex.NumRules]int64
	custom     string // name of the organisation's own identifier that matched in running text
}

// tally gives the counter for a kind at a place, and notes that the record touched it.
func (it *Item) tally(at uint32, k phi.Kind, s phi.Subject) *tally {
	p := &it.found[at]
	t := p.recent
	if t == nil || t.kind != k || t.subject != s {
		t = p.find(k, s)
	}
	it.touched = append(it.touched, t)
	return t
}

// labelled gives the counter for the kind that a place's label says.
func (it *Item) labelled(at uint32, l *label) *tally {
	t := l.tally
	if t == nil {
		t = it.found[at].find(l.kind, l.subject)
		l.tally = t
	}
	if !t.shut {
		it.touched = append(it.touched, t)
	}
	return t
}

// shut finds the tallies in which most persons are no news any more. Records need not touch those that stand at a label: of the few
// persons who may still change one, the record is gone through again (metAgain).
func (it *Item) shut() {
	const few = math.MaxUint64 >> 2
	it.bar = 0
	for i := range it.found {
		for _, t := range it.found[i].tallies {
			if bar := t.people.Bar(); bar <= few {
				t.shut = true
				it.bar = max(it.bar, bar)
			}
		}
	}
	for i := range it.labels {
		l := &it.labels[i]
		if l.counted && l.classes == 0 && l.tally != nil && l.tally.shut {
			l.idle, l.quiet = l.idle || l.use == noted, l.use == identifier
		}
	}
	it.shutAt = it.records + it.records/8 + 4096
}

// metAgain tells the tallies that are shut who the record's person is.
func (it *Item) metAgain(cells []record.Cell, memory []byte, who uint64) {
	for i := range cells {
		c := &cells[i]
		if l := &it.labels[c.Place]; l.tally != nil && l.tally.shut && c.Len != 0 && (l.counted || !ident.Blank(memory[c.Off:c.Off+c.Len])) {
			l.tally.meets(who)
		}
	}
}

// find searches or makes the tally.
func (p *place) find(k phi.Kind, s phi.Subject) *tally {
	for _, t := range p.tallies {
		if t.kind == k && t.subject == s {
			p.recent = t
			return t
		}
	}
	t := &tally{kind: k, subject: s}
	p.recent = t
	p.tallies = append(p.tallies, t)
	return t
}

// meets counts the record's person.
func (t *tally) meets(who uint64) {
	if who == t.last {
		return
	}
	t.last = who
	t.people.Add(who)
}

// graded notes what a code says of its record.
func (t *tally) graded(g *codes.Grade) {
	t.classes |= g.Defines
	t.suspected |= g.Suggests
	if t.rows == nil {
		t.rows = make(map[int32]int64)
	}
	t.rows[g.Row]++
}
