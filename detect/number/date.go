package number

import (
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

// dateAt finds a date that begins with number i, or with the month before it.
func (s reader) dateAt(i int) bool {
	t := &s.Tokens[i]
	if t.Len() > 4 {
		return s.compactDate(i)
	}
	if t.Len() == 3 {
		return false
	}
	from, to, weight := i, i, float32(0)
	switch {
	case s.numericDate(i):
		to, weight = i+4, .9
		if s.Tokens[i].Len() < 4 && s.Tokens[i+1].Is('.') && s.Ask(belowHundred, i+4, i+4) > 0 {
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
	for to < len(s.Tokens)-1 && s.Tokens[to+1].Gap == lex.Glued && s.Tokens[to+1].Kind == lex.Junk {
		to++ // the T12 of an ISO timestamp
	}
	s.date(from, to, weight)
	return true
}

// numericDate tells whether 1/2/2024, 2024-01-02 or 1.2.2024 begins with number i.
func (s reader) numericDate(i int) bool {
	sep := s.Joint(i)
	if sep != '/' && sep != '-' && sep != '.' || !s.Separated(i+2, sep) || s.Separated(i+4, sep) {
		return false
	}
	if sep == '.' && s.Tokens[i+4].Len() != 4 {
		return false
	}
	if next := s.At(i + 5); next.Gap == lex.Glued && (next.Word() || next.Kind == lex.Junk && s.Text[next.Start]|0x20 != 't') {
		return false
	}
	a, b, c := s.Tokens[i].Len(), s.Tokens[i+2].Len(), s.Tokens[i+4].Len()
	if b > 2 || a > 2 && c > 2 || a == 3 || c == 3 || c == 1 && a != 4 || c > 4 {
		return false
	}
	return s.Ask(dateGrade, i, i+4) >= uint8(ident.Plausible)
}

// dateGrade asks how good a date is.
func dateGrade(_ *words.Tables, b []byte) uint8 { return uint8(ident.Date(b)) }

// belowHundred asks whether a number of four digits at most is less than 100.
func belowHundred(_ *words.Tables, b []byte) uint8 {
	return lex.Yes(len(b) < 3 || b[0] == '0' && (len(b) == 3 || b[1] == '0'))
}

// compactDate finds 20240131, which only a label makes a date.
func (s reader) compactDate(i int) bool {
	if s.Tokens[i].Len() != 8 || s.Continues(i) {
		return false
	}
	r, direct := s.Label(i)
	if r&(lex.DOBWord|lex.DateWord) == 0 || !direct || s.Ask(dateGrade, i, i) < uint8(ident.Valid) {
		return false
	}
	s.date(i, i, .8)
	return true
}

// monthBefore tells whether a month's name stands before number i.
func (s reader) monthBefore(i int) bool {
	m := s.At(i - 1)
	if m.Is('.') || m.Is('-') || m.Is('/') {
		m = s.At(i - 2)
	}
	return m.Has(lex.Month) && m.Free() && s.Tokens[i].Gap < lex.NewLine && s.isMonth(m)
}

// isMonth tells a month from the ordinary words may and march.
func (s reader) isMonth(t *lex.Token) bool {
	return t.Kind != lex.Lower || !t.Has(lex.Common) && t.Len() != 5 || t.Flags&lex.LowText != 0
}

// dayAfterMonth reads "March 3", "March 3, 2024", "Mar-03-24" and "March 2024" from the number on.
func (s reader) dayAfterMonth(i int) (from, to int, weight float32) {
	from, to = i-1, i
	if !s.Tokens[i-1].Word() {
		from = i - 2
	}
	if s.Tokens[i].Len() == 4 {
		if s.Ask(lex.AsYear, i, i)&lex.YearOfRecord == 0 {
			return 0, 0, 0
		}
		return from, to, .6
	}
	if s.Ask(lex.AsDay, i, i) == 0 {
		return 0, 0, 0
	}
	if s.At(to+1).Kind == lex.Junk && s.Tokens[to+1].Gap == lex.Glued { // 3rd
		to++
	}
	next := to + 1
	if s.At(next).Is(',') || s.At(next).Is('-') || s.At(next).Is('/') {
		next++
	}
	if s.year(next, next > to+1) {
		return from, next, .9
	}
	return from, to, .7
}

// monthAfter tells whether a month's name stands behind number i: 3 March, 3-Mar-24, 3rd of March.
func (s reader) monthAfter(i int) bool { return s.monthOf(i) > 0 }

// monthOf gives the token of the month behind the day i, 0 when there is none.
func (s reader) monthOf(i int) int {
	if s.Tokens[i].Len() > 2 {
		return 0
	}
	j := i + 1
	if t := s.At(j); t.Kind == lex.Junk && t.Gap == lex.Glued || t.Is('.') || t.Is('-') || t.Is('/') {
		j++
	}
	if t := s.At(j); t.Kind == lex.Lower && t.Len() == 2 && string(s.Bytes(j)) == "of" {
		j++
	}
	if t := s.At(j); t.Word() && t.Has(lex.Month) && t.Gap < lex.NewLine && s.isMonth(t) && s.Ask(lex.AsDay, i, i) > 0 {
		return j
	}
	return 0
}

// monthAfterDay reads "3 March", "3 March 2024" and "3-Mar-24" from the day on.
func (s reader) monthAfterDay(i int) (from, to int, weight float32) {
	to = s.monthOf(i)
	next := to + 1
	if t := s.At(next); t.Is('-') || t.Is('/') || t.Is(',') || t.Is('.') {
		next++
	}
	if s.year(next, true) {
		return i, next, .9
	}
	if s.Tokens[to].Kind == lex.Lower && s.Tokens[to].Flags&lex.LowText == 0 {
		return 0, 0, 0
	}
	return i, to, .65
}

// year tells whether token i is the year of a date: four digits, or two that are glued to the month where short allows it.
func (s reader) year(i int, short bool) bool {
	t := s.At(i)
	if t.Kind != lex.Number || t.Gap >= lex.NewLine {
		return false
	}
	return t.Len() == 4 && s.Ask(lex.AsYear, i, i)&lex.YearInside != 0 || short && t.Len() == 2 && t.Gap == lex.Glued
}

// date reports a date, and takes a time of day behind it along. The time of a log line is everybody's.
func (s reader) date(from, to int, weight float32) {
	r, direct := s.Label(from)
	sp := lex.Span{Kind: phi.Date, Likelihood: weight, Rule: lex.ByShape, WellFormed: true}
	if r&lex.BirthWord != 0 && (direct || r&lex.DateWord != 0) {
		r |= lex.DOBWord
	}
	end, seconds := s.timeAfter(to)
	switch {
	case r&lex.DOBWord != 0:
		sp.Kind, sp.Likelihood, sp.Rule, sp.Labelled, sp.Subject = phi.DateOfBirth, .97, lex.ByLabel, direct, lex.SubjectOf(r)
		if sp.Subject == phi.Unknown {
			sp.Subject = phi.Patient
		}
	case r&lex.DateWord != 0 && direct:
		sp.Likelihood, sp.Rule, sp.Labelled = .92, lex.ByLabel, true
	case s.timestamp(from, end, seconds):
		sp.Likelihood, sp.Rule = .3, lex.ByTimestamp
	}
	s.Add(from, end, sp)
}

// timeAfter gives the last token of a time of day behind token i, or i, and whether it has seconds.
func (s reader) timeAfter(i int) (end int, seconds bool) {
	j := i + 1
	if t := s.At(j); t.Is(',') || t.Is(':') && t.Gap == lex.Glued {
		j++
	}
	if s.Tokens[i].Kind == lex.Junk { // T14 of an ISO timestamp
		j = i
	} else if t := s.At(j); t.Kind != lex.Number || t.Gap >= lex.NewLine || t.Len() > 2 {
		return i, false
	}
	if !s.Separated(j, ':') {
		return i, false
	}
	if s.Separated(j+2, ':') {
		return j + 4, true
	}
	return j + 2, false
}

// timestamp tells whether a date is the time of a log line: it has seconds, and it begins its line, stands in brackets, or is
// written as machines do.
func (s reader) timestamp(from, end int, seconds bool) bool {
	if !seconds {
		return false
	}
	before := s.At(from - 1)
	for k := from; k <= end; k++ {
		if s.Tokens[k].Kind == lex.Junk {
			return true
		}
	}
	if before.Is('[') || before.Is('(') || before.Is('"') || before.Is('<') {
		return true
	}
	if before.Is(',') {
		before = s.At(from - 2) // Thu, 28 Feb 2013 17:55:41
	}
	return s.Tokens[from].Gap >= lex.NewLine || before.Has(lex.Weekday) || before.Is('|') || before.Is('=') || s.LineOf(from).Code
}

// stampAt reports a date with its time of day as machines write it. With a label it is an event's; by itself it is the time of a
// log line.
func (s reader) stampAt(i int) {
	r, direct := s.Label(i)
	sp := lex.Span{Kind: phi.Date, Likelihood: .45, Rule: lex.ByTimestamp, WellFormed: true}
	b := s.Bytes(i)
	switch {
	case r&lex.DOBWord != 0:
		sp.Kind, sp.Likelihood, sp.Rule, sp.Labelled, sp.Subject = phi.DateOfBirth, .97, lex.ByLabel, direct, lex.SubjectOf(r)
	case r&lex.DateWord != 0 && direct:
		sp.Likelihood, sp.Rule, sp.Labelled = .92, lex.ByLabel, true
	case s.StartsLine(i) || s.LineOf(i).Code || s.At(i-1).Is('[') || s.At(i-1).Is('"'):
		sp.Likelihood = .2
	case b[10] == ' ' && r != 0:
		sp.Likelihood, sp.Rule = .7, lex.ByShape
	}
	s.Add(i, i, sp)
}
