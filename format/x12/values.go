package x12

import (
	"bytes"
	"unicode/utf8"

	"github.com/chartroom/chartroom/phi"
)

// value hands out an element.
func (r *reading) value(f *position, s span) {
	st := &r.state
	switch f.t {
	case nameOf:
		if st.page.person {
			r.emit(st.page, f, 0, s)
		}
	case address:
		r.address(f, s)
	case birth:
		r.dated(st.page, f, 0, s)
	case death, days:
		r.dated(st.claim, f, 0, s)
	case date:
		r.date(f, s)
	case party:
		r.party(f, s)
	case reference:
		r.reference(f, r.get(f.q), s)
	case references:
		r.references(f, s)
	case contact, communication:
		r.contact(f, s)
	case text:
		r.text(f, s)
	case id:
		r.number(f, s)
	case pregnant:
		if st.claim.own() && string(r.buf[s.from:s.to]) == "Y" {
			r.emit(st.claim, f, 0, s)
		}
	case errorContext:
		r.context(f, s)
	default:
		r.coded(f, s)
	}
}

// address hands out a part of an address. A State is no identifier, and only says where a patient lives.
func (r *reading) address(f *position, s span) {
	pg := r.state.page
	switch {
	case f.part == phi.PartState && !pg.own(), f.part == phi.PartCounty && string(r.get(f.q)) != "CY":
		return
	}
	r.emit(pg, f, 0, s)
}

// dated hands out a date that says more than a year.
func (r *reading) dated(pg *page, f *position, outlet int, s span) {
	if s = r.tidy(s); sixDigits(r.buf[s.from:s.to]) {
		r.put(r.place(pg, f, outlet), s)
	}
}

// date hands out a date by its qualifier. Where the value is a time of day, its format says so.
func (r *reading) date(f *position, s span) {
	q := r.table.dates.find(r.get(f.q))
	if r.table.dates.list[q].none || f.n == 3 && string(r.get(2)) == "TM" {
		return
	}
	r.dated(r.state.claim, f, q, s)
}

// party hands out the number of whomever the loop names, by its qualifier.
func (r *reading) party(f *position, s span) {
	pg := r.state.page
	q := r.table.parties.find(r.get(f.q))
	kind := r.table.parties.list[q].kind
	if q == 0 {
		kind = phi.OtherID
	}
	if kind == phi.NPI || kind == phi.SSN || kind != phi.None && pg.subject == phi.Patient {
		r.emit(pg, f, q, s)
	}
}

// reference hands out a number by its qualifier. In a payment's claim all of them are the claim's. A number of unknown meaning is read as text where
// it is a patient's.
func (r *reading) reference(f *position, qualifier []byte, s span) {
	st := &r.state
	q := r.table.references.find(qualifier)
	c := &r.table.references.list[q]
	pg := st.page
	if r.scope.payment || c.who == claim {
		pg = st.claim
	}
	switch {
	case q == 0:
		if s = r.tidy(s); pg.subject != phi.Patient || s.to-s.from < minUnknown {
			return
		}
	case c.kind == phi.None:
		return
	case c.who == subscriber && st.dependent:
		pg = r.claimOther
	case pg.subject != phi.Patient && c.kind != phi.SSN && c.kind != phi.NPI:
		return
	}
	r.emitNumber(pg, f, q, s)
}

// references hands out the pairs of qualifier and number that REF-04 holds.
func (r *reading) references(f *position, s span) {
	var parts [maxComponents]span
	for s.from < s.to {
		var n int
		n, s = r.composite(s, &parts)
		for i := 0; i+1 < n; i += 2 {
			if q := r.table.references.find(r.buf[parts[i].from:parts[i].to]); q != 0 {
				r.reference(f, r.buf[parts[i].from:parts[i].to], parts[i+1])
			}
		}
	}
}

// contact hands out the name and the numbers of somebody to speak to, who in payments and answers to a claim's status is the payer's.
func (r *reading) contact(f *position, s span) {
	pg := r.state.page
	if r.scope.payment || r.scope.set == 277 && pg == r.state.claim {
		pg = r.claimOrg
	}
	if f.t == contact {
		r.emit(pg, f, 0, s)
		return
	}
	q := r.table.communications.find(r.get(f.q))
	if r.table.communications.list[q].kind != phi.None {
		r.emit(pg, f, q, s)
	}
}

// text hands out running text: of a word that names nobody there is nothing to read.
func (r *reading) text(f *position, s span) {
	if s = r.tidy(s); s.to-s.from >= minUnknown {
		pg := r.state.claim
		if f.plan.who == loop {
			pg = r.state.page
		}
		r.put(r.place(pg, f, 0), s)
	}
}

// number hands out a number of a claim, or of a bank account.
func (r *reading) number(f *position, s span) {
	pg := r.state.claim
	switch f.plan.who {
	case organisation:
		pg = r.claimOrg
	case other:
		pg = r.claimOther
	default:
		if !pg.own() {
			return // a transaction's own
		}
	}
	r.emitNumber(pg, f, 0, s)
}

// emitNumber hands out a number, and notes it if it is one of an account of the record's person.
func (r *reading) emitNumber(pg *page, f *position, outlet int, s span) {
	cells := len(r.batch.Cells)
	r.emit(pg, f, outlet, s)
	if len(r.batch.Cells) > cells && pg == r.claimOwn && r.out.Places.At(r.batch.Cells[cells].Place).Kind == phi.Account {
		r.accounts = append(r.accounts, accountCell{cells, f, outlet})
	}
}

// context hands out the value that CTX-01 gives for an element of the transaction that was refused.
func (r *reading) context(f *position, s span) {
	var parts [maxComponents]span
	if n, _ := r.composite(s, &parts); n < 2 {
		return
	}
	name, outlet := r.buf[parts[0].from:parts[0].to], 0
	for i := range contexts {
		if bytes.HasPrefix(name, []byte(contexts[i].begins)) {
			outlet = i + 1
			break
		}
	}
	if v := r.tidy(parts[1]); outlet > 0 || v.to-v.from >= minUnknown {
		r.emit(r.claimOther, f, outlet, v)
	}
}

// latin adds a cell whose bytes are no UTF-8 as ISO 8859-1, and tells whether it did.
func (r *reading) latin(place uint32, s span) bool {
	v := r.buf[s.from:s.to]
	if utf8.Valid(v) {
		return false
	}
	r.scratch = r.scratch[:0]
	for len(v) > 0 {
		c, size := utf8.DecodeRune(v)
		if c == utf8.RuneError && size == 1 {
			c = rune(v[0])
		}
		r.scratch = utf8.AppendRune(r.scratch, c)
		v = v[size:]
	}
	r.batch.Put(place, r.scratch)
	return true
}
