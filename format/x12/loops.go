package x12

import "github.com/chartroom/chartroom/phi"

// scope is what is known of the loops around the open segment, while segments are gathered.
type scope struct {
	interchange bool // an ISA stands before
	transaction bool // an ST stands before
	set         int  // ST-01: 837
	levels      bool // the transaction has HL segments

	person  bool // the open record is a person's
	level   int  // HL-03 of the open record as the slot of a code
	content bool // it has a claim, a benefit, a status
	claimed bool // it has a claim
	patient bool // it names a patient beside the insured
	payment bool // it is a claim of a payment
	beside  bool // it is a subscriber whose dependent is the patient
	bearing bool // the last NM1 names its person
}

// state is what is known of the loops while a record is read.
type state struct {
	page      *page // whom the loop names
	claim     *page // whose the data of claims are
	claimed   bool  // a claim began: an insured person behind it is of another plan
	self      bool  // the last SBR says that subscriber and patient are one
	dependent bool  // INS says that the member is a dependent
}

// The levels of HL-03 that begin a person's record, or end one.
var (
	levelSource, levelReceiver, levelProvider = slot("20"), slot("21"), slot("19")
	levelSubscriber, levelDependent           = slot("22"), slot("23")
	levelPatient                              = slot("PT")
)

// own is the subject of what a loop says without naming anybody.
func (w who) own() phi.Subject {
	s, _ := w.subject(ownPerson)
	if w == organisation {
		s = phi.Organisation
	}
	return s
}

// planOf finds a segment's plan by its name; 0 when the tables do not know it.
func (r *reading) planOf(s span) uint8 {
	b := r.buf[s.from:s.to]
	n := 3
	if len(b) > 2 && b[2] == r.sep.element || len(b) == 2 {
		n = 2
	} else if len(b) < 3 || len(b) > 3 && b[3] != r.sep.element {
		return 0
	}
	return r.table.segments[slot(b[:n])]
}

// named tells whether a segment begins as one.
func (r *reading) named(s span) bool {
	b := r.buf[s.from:s.to]
	for n := 2; n <= 3; n++ {
		if len(b) == n || len(b) > n && b[n] == r.sep.element {
			return slot(b[:n]) != 0 && !digit(b[0])
		}
	}
	return false
}

// take adds a segment to the open record, or begins another with it.
func (r *reading) take(s span) {
	if s.from >= s.to {
		return
	}
	at := r.planOf(s)
	if at == 0 {
		if r.envelope(s) {
			return
		}
		if r.scope.interchange && (!r.named(s) || r.is(s, "ISA")) {
			r.gaps.shapeless++
		}
		r.segments = append(r.segments, segment{s, 0})
		return
	}
	p := r.table.plans[at]
	switch p.role {
	case plain:
		if len(p.at) == 0 {
			return
		}
		if r.scope.bearing && (p.id == "DMG" || p.id == "REF") {
			r.bear(s)
		}
	case name:
		r.meet(s)
	case level:
		r.levelOf(s)
	case member:
		if !r.scope.levels {
			r.begin(s, true)
		}
		r.bear(s)
	case payment:
		r.begin(s, true)
		r.scope.payment = true
	case entity:
		r.begin(s, string(r.elementOf(s, 2)) == "2J")
	case summary:
		r.begin(s, false)
	case line:
		if r.scope.set == 835 {
			r.begin(s, false)
		}
	case claims:
		if !r.scope.person {
			r.begin(s, true)
		}
		r.scope.content, r.scope.claimed = true, true
	case benefit:
		r.scope.content = true
	case subscribe:
		r.bear(s)
	}
	r.segments = append(r.segments, segment{s, at})
}

// bear notes a segment that says who the record's person is, for the case that the record must be divided.
func (r *reading) bear(s span) {
	if !r.scope.person || r.scope.claimed {
		return
	}
	size := s.to - s.from
	for _, b := range r.bearers {
		size += b.to - b.from
	}
	if size <= maxCarried {
		r.bearers = append(r.bearers, s)
	}
}

// meet notes whom the record names.
func (r *reading) meet(s span) {
	code := r.elementOf(s, 1)
	if w := r.table.entities.list[r.table.entities.find(code)].who; w == patient || w == insured {
		if w == patient && string(code) != "31" {
			r.scope.patient = true
		}
		r.scope.bearing = true
		r.bear(s)
	} else {
		r.scope.bearing = false
	}
}

// levelOf begins a person's record at the levels of subscribers, dependents and patients, and ends it at those of payers and
// providers. In a review (278) a patient's events, services and their providers stand beneath him.
func (r *reading) levelOf(s span) {
	r.scope.levels = true
	switch l := slot(r.elementOf(s, 3)); l {
	case levelSubscriber, levelDependent, levelPatient:
		r.scope.beside = l == levelDependent && r.scope.level == levelSubscriber && !r.scope.content
		r.begin(s, true)
		r.scope.level = l
	case levelSource, levelReceiver:
		r.begin(s, false)
	case levelProvider:
		if r.scope.set != 278 {
			r.begin(s, false)
		}
	}
}

// begin closes the open record and opens another.
func (r *reading) begin(s span, person bool) {
	r.closeRecord(s.from)
	old := r.scope
	r.scope = scope{interchange: old.interchange, transaction: old.transaction, set: old.set, levels: old.levels, person: person}
}

// envelope takes the segments around transactions, and tells whether the segment is one of them.
func (r *reading) envelope(s span) bool {
	switch {
	case r.is(s, "ST"):
		r.endTransaction()
		r.begin(s, false)
		r.scope.transaction, r.scope.levels = true, false
		r.scope.set = 0
		for _, c := range r.elementOf(s, 1) {
			if digit(c) {
				r.scope.set = (r.scope.set*10 + int(c-'0')) % 1000
			}
		}
	case r.is(s, "SE"):
		r.scope.transaction = false
		r.begin(s, false)
		r.scope.set = 0
	case r.is(s, "GS"), r.is(s, "GE"):
		r.endTransaction()
		r.begin(s, false)
	case r.is(s, "IEA"):
		r.endTransaction()
		r.begin(s, false)
		r.scope = scope{}
	default:
		return false
	}
	return true
}

// endTransaction notes a transaction that does not end itself.
func (r *reading) endTransaction() {
	if r.scope.transaction {
		r.gaps.transactions++
		r.scope.transaction = false
	}
}

// beginInterchange takes over the separators of an interchange header.
func (r *reading) beginInterchange(s separators) {
	r.endInterchange()
	r.begin(span{r.at, r.at}, false)
	r.scope = scope{interchange: true}
	r.sep = s
}

// endInterchange notes an interchange that does not end itself.
func (r *reading) endInterchange() {
	r.endTransaction()
	if r.scope.interchange {
		r.gaps.interchanges++
		r.scope.interchange = false
	}
}

// is tells whether a segment has a name.
func (r *reading) is(s span, id string) bool {
	b := r.buf[s.from:s.to]
	return len(b) >= len(id) && string(b[:len(id)]) == id && (len(b) == len(id) || b[len(id)] == r.sep.element)
}

// elementOf gives element n of a segment.
func (r *reading) elementOf(s span, n int) []byte {
	from := s.from
	for i := s.from; i < s.to; i++ {
		if r.buf[i] == r.sep.element {
			if n == 0 {
				return r.buf[from:i]
			}
			n--
			from = i + 1
		}
	}
	if n > 0 {
		return nil
	}
	return r.buf[from:s.to]
}

// closeRecord reads the open record. The next one begins at from.
func (r *reading) closeRecord(from int) {
	if len(r.segments) > 0 {
		r.readRecord()
	}
	r.segments, r.bearers, r.carried, r.resumes = r.segments[:0], r.bearers[:0], 0, false
	r.first = from
}
