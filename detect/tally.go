package detect

import (
	"github.com/chartroom/chartroom/detect/codes"
	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
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
	if l.tally == nil {
		l.tally = it.found[at].find(l.kind, l.subject)
	}
	it.touched = append(it.touched, l.tally)
	return l.tally
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
