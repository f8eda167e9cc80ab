package detect

import "github.com/chartroom/chartroom/record"

// Merge takes over what another item found, which looked at the records that follow those of this one in the same file. Both
// have places of their own; those that are the same in all that is known of them are one. Nothing may be added to the other
// item after it, and its Result must not be asked for.
//
// An item that was read in pieces finds what it would have found as a whole, but for shares that rest on samples: each piece
// has its own. Persons are what meet made of them, so both items should number them alike.
func (it *Item) Merge(o *Item) {
	o.loose.end()
	o.relabel()
	at := it.adopt(o.places)
	it.relabel()
	if o.columns {
		it.table.Merge(o.table, at)
		it.judged = it.places.Len()
	}
	for i := range o.found {
		p := &it.found[at[i]]
		for _, t := range o.found[i].tallies {
			p.find(t.kind, t.subject).merge(t)
		}
	}
	it.records += o.records
	it.health.merge(&o.health)
	it.engine.desks.Put(o.desk)
	o.desk = nil
}

// adopt finds each of another item's places among the item's own, and adds those that it has not. Where several are alike, the
// first is the first.
func (it *Item) adopt(others *record.Places) (at []uint32) {
	own := make(map[record.Place][]uint32, it.places.Len())
	for i := range uint32(it.places.Len()) {
		p := *it.places.At(i)
		own[p] = append(own[p], i)
	}
	at = make([]uint32, others.Len())
	for i := range at {
		p := *others.At(uint32(i))
		if alike := own[p]; len(alike) > 0 {
			at[i], own[p] = alike[0], alike[1:]
		} else {
			at[i] = it.places.Add(p)
		}
	}
	return at
}

// merge adds the counts of another tally of the same kind and subject.
func (t *tally) merge(o *tally) {
	t.people.Merge(&o.people)
	t.values += o.values
	t.wellFormed += o.wellFormed
	t.likelihood = max(t.likelihood, o.likelihood)
	t.labelled += o.labelled
	t.classes |= o.classes
	t.suspected |= o.suspected
	if t.rows == nil {
		t.rows = o.rows
	} else {
		for row, n := range o.rows {
			t.rows[row] += n
		}
	}
	t.spans = t.spans || o.spans
	for i, n := range o.rules {
		t.rules[i] += n
	}
	if t.custom == "" {
		t.custom = o.custom
	}
}

// merge adds what speaks for health in another part of the item.
func (e *evidence) merge(o *evidence) {
	e.coded += o.coded
	e.position = e.position || o.position
	e.personText = e.personText || o.personText
	e.patientText = e.patientText || o.patientText
	e.classes |= o.classes
	e.suspect |= o.suspect
	e.part2 = e.part2 || o.part2
	e.minors = e.minors || o.minors
}
