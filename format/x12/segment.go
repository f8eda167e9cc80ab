package x12

import (
	"bytes"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// maxElements is how many elements of a segment are looked at, its name among them. It is a power of two.
const maxElements = 32

// minUnknown is the length in bytes from which a value of unknown meaning is handed out: nothing shorter identifies.
const minUnknown = 4

// accountCell is a cell with an account number, and its position.
type accountCell struct {
	at     int // index of the cell
	f      *position
	outlet int
}

// readRecord reads the segments of the open record into cells.
func (r *reading) readRecord() {
	r.records++
	was := r.state
	r.state.begin(r.claimOrg)
	if r.scope.person {
		r.state.begin(r.claimOwn)
	}
	r.accounts = r.accounts[:0]
	from := len(r.batch.Cells)
	for i, s := range r.segments {
		if i == r.carried && r.resumes {
			r.state = was
		}
		r.segment(s)
	}
	r.settleAccounts(from)
	r.batch.EndRecord()
}

// begin forgets what the record before said.
func (s *state) begin(p *page) { *s = state{page: p, claim: p} }

// settleAccounts looks whether the record's person is known by a number of his own. Then numbers of accounts, of which he has one a claim,
// must not tell who he is.
func (r *reading) settleAccounts(from int) {
	if len(r.accounts) == 0 {
		return
	}
	known := false
	for _, c := range r.batch.Cells[from:] {
		p := r.out.Places.At(c.Place)
		known = known || p.Subject == phi.Patient && !p.Other && (p.Kind == phi.HealthPlanID || p.Kind == phi.SSN || p.Kind == phi.MRN)
	}
	if !known {
		return
	}
	for _, a := range r.accounts {
		r.batch.Cells[a.at].Place = r.place(r.claimOther, a.f, a.outlet)
	}
}

// segment hands out the cells of a segment.
func (r *reading) segment(s segment) {
	if s.plan == 0 {
		r.other(s.span)
		return
	}
	p := r.table.plans[s.plan]
	r.split(s.span)
	if p.role != plain {
		r.step(p)
	}
	for i := range p.at {
		f := &p.at[i]
		if int(f.n) > r.count {
			break
		}
		if e := r.element[f.n&(maxElements-1)]; e.from < e.to {
			r.value(f, e)
		}
	}
}

// split notes where the elements of a segment stand. Those that it does not have are empty.
func (r *reading) split(s span) {
	n, from := 0, s.from
	sep, element := r.sep.element, &r.element
	for i, c := range r.buf[s.from:s.to] {
		if c != sep {
			continue
		}
		element[n&(maxElements-1)] = span{from, s.from + i}
		from = s.from + i + 1
		if n++; n == maxElements-1 {
			break
		}
	}
	element[n&(maxElements-1)] = span{from, s.to}
	r.count = n
}

// get gives an element, empty where the segment does not have it.
func (r *reading) get(n int32) []byte {
	if int(n) > r.count {
		return nil
	}
	e := &r.element[n&(maxElements-1)]
	return r.buf[e.from:e.to]
}

// step follows the loops.
func (r *reading) step(p *plan) {
	st := &r.state
	switch p.role {
	case name:
		r.nameStep(p)
		return
	case subscribe:
		st.self = string(r.get(2)) == "18"
		st.page = st.claim
		if st.claimed && !st.self {
			st.page = r.claimOther
		}
		return
	case otherPlan:
		st.page = r.claimOther
		return
	case member:
		st.dependent = string(r.get(1)) == "N"
	case claims:
		st.claimed = true
	}
	st.page = st.claim
}

// nameStep notes whom the loop names.
func (r *reading) nameStep(p *plan) {
	st := &r.state
	entity := r.table.entities.find(r.get(1))
	c := &r.table.entities.list[entity]
	variant := noPerson
	switch kind := r.get(2); {
	case p.id == "N1":
		if c.who == patient || c.who == insured {
			variant = ownPerson
		}
	case len(kind) == 1 && kind[0] == '1', len(kind) == 0 && (c.who == patient || c.who == insured || len(r.get(4)) > 0):
		variant = ownPerson
	}
	if variant == ownPerson && c.who == insured && r.beside() {
		variant = otherPerson
	}
	st.page = r.pageOf(entity, variant)
	if st.page.own() && !st.claim.own() {
		st.claim = r.claimOwn
	}
}

// beside tells whether an insured person is another than the record's patient.
func (r *reading) beside() bool {
	switch {
	case r.state.claimed:
		return !r.state.self
	case r.scope.patient:
		return !r.state.self || r.scope.payment
	}
	return r.scope.beside
}

// place of what is no segment.
func (r *reading) textPlace() uint32 {
	if r.textAt == 0 {
		r.textAt = r.out.Places.Add(record.Place{Field: "text", Mode: record.Text, Kind: phi.FreeText, Rule: "no segment of the X12 guides"}) + 1
	}
	return r.textAt - 1
}

// other hands out what is no segment.
func (r *reading) other(s span) {
	if s = r.tidy(s); s.to-s.from >= minUnknown {
		r.put(r.textPlace(), s)
	}
}

// tidy drops blanks around a value.
func (r *reading) tidy(s span) span {
	for s.from < s.to && r.buf[s.from] <= ' ' {
		s.from++
	}
	for s.from < s.to && r.buf[s.to-1] <= ' ' {
		s.to--
	}
	return s
}

// put adds a cell, decoded where it is no UTF-8.
func (r *reading) put(place uint32, s span) {
	if r.high && r.latin(place, s) {
		return
	}
	r.batch.Point(place, s.from, s.to-s.from)
}

// emit hands out a value on a page.
func (r *reading) emit(pg *page, f *position, outlet int, s span) {
	if s = r.tidy(s); s.from < s.to {
		r.put(r.place(pg, f, outlet), s)
	}
}

// composite notes where the components of a value stand, up to the first repetition, and gives what stands behind that.
func (r *reading) composite(s span, into *[maxComponents]span) (n int, rest span) {
	from := s.from
	for i, c := range r.buf[s.from:s.to] {
		switch at := s.from + i; {
		case c == r.sep.component && c != 0:
			if n < maxComponents-1 {
				into[n] = span{from, at}
				n++
			}
			from = at + 1
		case c == r.sep.repetition && c != 0:
			into[n] = span{from, at}
			return n + 1, span{at + 1, s.to}
		}
	}
	into[n] = span{from, s.to}
	return n + 1, span{}
}

// maxComponents is how many components of a composite are looked at; no composite of the guides has more than 10.
const maxComponents = 12

// sixDigits tells whether a value begins with a number that says more than a year.
func sixDigits(v []byte) bool {
	if len(v) < 6 {
		return false
	}
	for _, c := range v[:6] {
		if !digit(c) {
			return bytes.IndexByte(v[:6], '/') > 0 && digit(v[0])
		}
	}
	return true
}
