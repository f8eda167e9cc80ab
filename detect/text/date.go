package text

import (
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/phi"
)

// dateAt finds a date that begins with number i, or with the month before it.
func (s *Scanner) dateAt(i int) bool {
	t := &s.toks[i]
	if t.len() > 4 {
		return s.compactDate(i)
	}
	if t.len() == 3 {
		return false
	}
	from, to, weight := i, i, float32(0)
	switch {
	case s.numericDate(i):
		to, weight = i+4, .9
		if s.value(i+4) < 100 && s.toks[i].len() < 4 && s.toks[i+1].is('.') {
			weight = .6
		}
	case s.monthBefore(i):
		from, to, weight = s.dayAfterMonth(i)
	case s.monthAfter(i):
		from, to, weight = s.monthAfterDay(i)
	}
	if weight == 0 {
		return false
	}
	for to < len(s.toks)-1 && s.toks[to+1].gap == glued && s.toks[to+1].kind == junk {
		to++ // the T12 of an ISO timestamp
	}
	s.date(from, to, weight)
	return true
}

// numericDate tells whether 1/2/2024, 2024-01-02 or 1.2.2024 begins with number i.
func (s *Scanner) numericDate(i int) bool {
	sep := s.at(i + 1)
	if sep.kind != sign || sep.sign != '/' && sep.sign != '-' && sep.sign != '.' || !s.separated(i, sep.sign) || !s.separated(i+2, sep.sign) {
		return false
	}
	if s.separated(i+4, sep.sign) {
		return false
	}
	if sep.sign == '.' && s.toks[i+4].len() != 4 {
		return false
	}
	if next := s.at(i + 5); next.gap == glued && (next.word() || next.kind == junk && s.text[next.start]|0x20 != 't') {
		return false
	}
	a, b, c := s.toks[i].len(), s.toks[i+2].len(), s.toks[i+4].len()
	if b > 2 || a > 2 && c > 2 || a == 3 || c == 3 || c == 1 && a != 4 || c > 4 {
		return false
	}
	return ident.Date(s.between(i, i+4)) >= ident.Plausible
}

// compactDate finds 20240131, which only a label makes a date.
func (s *Scanner) compactDate(i int) bool {
	if s.toks[i].len() != 8 || s.continues(i) {
		return false
	}
	r, direct := s.label(i)
	if r&(dobWord|dateWord) == 0 || !direct || ident.Date(s.bytes(i)) < ident.Valid {
		return false
	}
	s.date(i, i, .8)
	return true
}

// monthBefore tells whether a month's name stands before number i.
func (s *Scanner) monthBefore(i int) bool {
	m := s.at(i - 1)
	if m.is('.') || m.is('-') || m.is('/') {
		m = s.at(i - 2)
	}
	return m.has(month) && m.free() && s.toks[i].gap < newLine && s.isMonth(m)
}

// isMonth tells a month from the ordinary words may and march.
func (s *Scanner) isMonth(t *token) bool {
	return t.kind != lower || !t.has(common) && t.len() != 5 || t.flags&lowText != 0
}

// dayAfterMonth reads "March 3", "March 3, 2024", "Mar-03-24" and "March 2024" from the number on.
func (s *Scanner) dayAfterMonth(i int) (from, to int, weight float32) {
	from, to = i-1, i
	if !s.toks[i-1].word() {
		from = i - 2
	}
	v, n := s.value(i), s.toks[i].len()
	if n == 4 {
		if v < 1850 || v > 2150 {
			return 0, 0, 0
		}
		return from, to, .6
	}
	if v < 1 || v > 31 {
		return 0, 0, 0
	}
	if s.at(to+1).kind == junk && s.toks[to+1].gap == glued { // 3rd
		to++
	}
	next := to + 1
	if s.at(next).is(',') || s.at(next).is('-') || s.at(next).is('/') {
		next++
	}
	if s.year(next, next > to+1) {
		return from, next, .9
	}
	return from, to, .7
}

// monthAfter tells whether a month's name stands behind number i: 3 March, 3-Mar-24, 3rd of March.
func (s *Scanner) monthAfter(i int) bool { return s.monthOf(i) > 0 }

// monthOf gives the token of the month behind the day i, 0 when there is none.
func (s *Scanner) monthOf(i int) int {
	v := s.value(i)
	if v < 1 || v > 31 || s.toks[i].len() > 2 {
		return 0
	}
	j := i + 1
	if t := s.at(j); t.kind == junk && t.gap == glued || t.is('.') || t.is('-') || t.is('/') {
		j++
	}
	if t := s.at(j); t.kind == lower && t.len() == 2 && string(s.bytes(j)) == "of" {
		j++
	}
	if t := s.at(j); t.word() && t.has(month) && t.gap < newLine && s.isMonth(t) {
		return j
	}
	return 0
}

// monthAfterDay reads "3 March", "3 March 2024" and "3-Mar-24" from the day on.
func (s *Scanner) monthAfterDay(i int) (from, to int, weight float32) {
	to = s.monthOf(i)
	next := to + 1
	if t := s.at(next); t.is('-') || t.is('/') || t.is(',') || t.is('.') {
		next++
	}
	if s.year(next, true) {
		return i, next, .9
	}
	if s.toks[to].kind == lower && s.toks[to].flags&lowText == 0 {
		return 0, 0, 0
	}
	return i, to, .65
}

// year tells whether token i is the year of a date: four digits, or two that are glued to the month where short allows it.
func (s *Scanner) year(i int, short bool) bool {
	t := s.at(i)
	if t.kind != number || t.gap >= newLine {
		return false
	}
	v := s.value(i)
	return t.len() == 4 && v > 1850 && v < 2150 || short && t.len() == 2 && t.gap == glued
}

// date reports a date, and takes a time of day behind it along. The time of a log line is everybody's.
func (s *Scanner) date(from, to int, weight float32) {
	r, direct := s.label(from)
	sp := Span{Kind: phi.Date, Likelihood: weight, Rule: ByShape, WellFormed: true}
	if r&birthWord != 0 && (direct || r&dateWord != 0) {
		r |= dobWord
	}
	end, seconds := s.timeAfter(to)
	switch {
	case r&dobWord != 0:
		sp.Kind, sp.Likelihood, sp.Rule, sp.Labelled, sp.Subject = phi.DateOfBirth, .97, ByLabel, direct, subjectOf(r)
		if sp.Subject == phi.Unknown {
			sp.Subject = phi.Patient
		}
	case r&dateWord != 0 && direct:
		sp.Likelihood, sp.Rule, sp.Labelled = .92, ByLabel, true
	case s.timestamp(from, end, seconds):
		sp.Likelihood, sp.Rule = .3, ByTimestamp
	}
	s.add(from, end, sp)
}

// timeAfter gives the last token of a time of day behind token i, or i, and whether it has seconds.
func (s *Scanner) timeAfter(i int) (end int, seconds bool) {
	j := i + 1
	if t := s.at(j); t.is(',') || t.is(':') && t.gap == glued {
		j++
	}
	if s.toks[i].kind == junk { // T14 of an ISO timestamp
		j = i
	} else if t := s.at(j); t.kind != number || t.gap >= newLine || t.len() > 2 {
		return i, false
	}
	if !s.separated(j, ':') {
		return i, false
	}
	if s.separated(j+2, ':') {
		return j + 4, true
	}
	return j + 2, false
}

// timestamp tells whether a date is the time of a log line: it has seconds, and it begins its line, stands in brackets, or is
// written as machines do.
func (s *Scanner) timestamp(from, end int, seconds bool) bool {
	if !seconds {
		return false
	}
	before := s.at(from - 1)
	for k := from; k <= end; k++ {
		if s.toks[k].kind == junk {
			return true
		}
	}
	if before.is('[') || before.is('(') || before.is('"') || before.is('<') {
		return true
	}
	if before.is(',') {
		before = s.at(from - 2) // Thu, 28 Feb 2013 17:55:41
	}
	return s.toks[from].gap >= newLine || before.has(weekday) || before.is('|') || before.is('=') || s.lineOf(from).code
}

// stampAt reports a date with its time of day as machines write it. With a label it is an event's; by itself it is the time of a
// log line.
func (s *Scanner) stampAt(i int) {
	r, direct := s.label(i)
	sp := Span{Kind: phi.Date, Likelihood: .45, Rule: ByTimestamp, WellFormed: true}
	b := s.bytes(i)
	switch {
	case r&dobWord != 0:
		sp.Kind, sp.Likelihood, sp.Rule, sp.Labelled, sp.Subject = phi.DateOfBirth, .97, ByLabel, direct, subjectOf(r)
	case r&dateWord != 0 && direct:
		sp.Likelihood, sp.Rule, sp.Labelled = .92, ByLabel, true
	case s.startsLine(i) || s.lineOf(i).code || s.at(i-1).is('[') || s.at(i-1).is('"'):
		sp.Likelihood = .2
	case b[10] == ' ' && r != 0:
		sp.Likelihood, sp.Rule = .7, ByShape
	}
	s.add(i, i, sp)
}
