package detect

import "github.com/chartroom/chartroom/record"

// Merge takes over what another item found, which looked at the records that follow those of this one in the same file. Both
// have places of their own; those that are the same in all that is known of them are one. Nothing may be added to the other
// item after it, and its Result must not be asked for.
//
// An item that was read in pieces finds what it would have found as a whole, but for shares that rest on samples: each piece
// has its own. Persons are what meet made of them, so both items should number them alike.
func (it *Item) Merge(o *Item) {
	o.End()
	o.relabel()
	at := it.adopt(o)
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
	o.leave()
}

// End says that no record follows. Nothing may be added after it.
func (it *Item) End() { it.loose.end() }

// leave gives the desk to the next item.
func (it *Item) leave() {
	if it.desk != nil {
		it.engine.desks.Put(it.desk)
		it.desk = nil
	}
}

// adopt finds each of another item's places among the item's own, and adds those that it has not. Where several are alike, the
// first is the first. When there are as many as a table of places may hold, those that are new share one of their mode, kind and subject.
func (it *Item) adopt(o *Item) (at []uint32) {
	type known struct {
		record.Place
		mark uint64
	}
	own, shared := make(map[known][]uint32, it.places.Len()), map[record.Place]uint32{}
	for i := range uint32(it.places.Len()) {
		k := known{*it.places.At(i), it.mark(i)}
		if own[k] = append(own[k], i); k.Field == further {
			shared[k.Place] = own[k][0]
		}
	}
	at = make([]uint32, o.places.Len())
	for i := range at {
		k := known{*o.places.At(uint32(i)), o.mark(uint32(i))}
		if alike := own[k]; len(alike) > 0 {
			at[i], own[k] = alike[0], alike[1:]
			continue
		}
		if !it.places.Full() {
			at[i] = it.add(k.Place, k.mark)
			continue
		}
		p := record.Place{Field: further, Mode: k.Mode, Kind: k.Kind, Subject: k.Subject}
		one, ok := shared[p]
		if !ok {
			one = it.add(p, 0)
			shared[p] = one
		}
		at[i] = one
	}
	return at
}

// further is the field of a place that many share.
const further = "further fields"

// mostFurther is how many places those may come to that are shared when there are too many.
const mostFurther = 1 << 11

// add adds a place, with the mark of one whose name came as answers show it.
func (it *Item) add(p record.Place, mark uint64) uint32 {
	at := it.places.Add(p)
	if mark != 0 {
		it.marks = append(it.marks, make([]uint64, int(at)-len(it.marks))...)
		it.marks = append(it.marks, mark)
	}
	return at
}

// mark is that of a place.
func (it *Item) mark(at uint32) uint64 {
	if int(at) < len(it.marks) {
		return it.marks[at]
	}
	return 0
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
