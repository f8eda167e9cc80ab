package text

import (
	"math"

	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

// The weights of an address, as logarithms of odds.
const (
	addressPrior   = -3.0
	numberFirst    = 0.7
	numberLast     = 0.7
	numberBoth     = 0.6
	streetEnding   = 2.8 // Street, Ave
	weakEnding     = 1.0 // Run, Mill
	weakAfterName  = 0.8 // more, when no word before it is an ordinary one
	foreignStreet  = 2.3 // rue, via
	shortForeign   = 1.2 // r, av, ul
	compoundStreet = 2.2 // Bahnhofstrasse
	unitGiven      = 2.2
	boxGiven       = 3.2
	tailGiven      = 2.0 // ZIP code, State or country behind it
	addressCue     = 1.3
	ownLine        = 0.6
	strangeWord    = 0.3
	ordinaryWords  = -1.5
	programText    = -3.0
	tooLow         = -0.85 // a likelihood of 0.3: nothing is reported below
)

// street is what a run of tokens about a number says of itself as an address.
type street struct {
	from, to      int
	weight        float64
	names         int // words that may be a street's or town's
	ordinary      int // of them, plain English words
	numbers       int
	unit, box     bool
	suffix, alien bool
	strange       bool
}

// addresses visits the numbers that nothing claimed, and the street words without a number.
func (s *Scanner) addresses() {
	done := -1
	for _, n := range s.nums {
		i := int(n)
		t := &s.toks[i]
		if i <= done || !t.free() || t.len() > 6 || s.partOfWord(i) {
			continue
		}
		if t.gap >= newLine || s.streetToken(i-1) || s.at(i-1).is('#') || s.at(i+1).gap < newLine && s.streetToken(i+1) {
			if end := s.streetAt(i); end > 0 {
				done = end
				continue
			}
		}
		if t.len() == 5 {
			s.zipAt(i)
		}
	}
	s.bareStreets()
}

// streetAt finds the address about number i, and gives its last token.
func (s *Scanner) streetAt(i int) int {
	a := s.readStreet(i)
	if a.names == 0 && !a.unit && !a.box {
		return 0
	}
	to, tail := s.tail(a.to)
	weight := addressPrior + a.weight
	if tail >= 1 {
		weight += tailGiven * min(tail, 1.5)
	}
	if !a.unit && s.unitNext(a.to) {
		weight += unitGiven
	}
	r, _ := s.label(a.from)
	if r&addressLabel != 0 {
		weight += addressCue
	}
	if from := s.corner(a.from); from < a.from && r&addressLabel != 0 {
		a.from = from
		weight += addressCue / 2
	}
	l := s.lineOf(a.from)
	if l.code {
		weight += programText
	}
	if s.startsLine(a.from) && (a.to+1 >= int(l.end) || s.at(a.to+1).is(',')) {
		weight += ownLine
	}
	if a.names > 0 && a.ordinary == a.names && !a.suffix && !a.alien {
		weight += ordinaryWords
	}
	if weight < tooLow {
		return 0
	}
	p := chance(weight)
	s.add(a.from, to, Span{Kind: phi.Address, Likelihood: p, Rule: ByStreet, Subject: subjectOf(r), Labelled: r&addressLabel != 0, WellFormed: a.suffix})
	return to
}

// chance turns a logarithm of odds into a likelihood.
func chance(weight float64) float32 { return float32(1 / (1 + math.Exp(-weight))) }

// startsLine tells whether token i is the first of its line, but for signs: a quote mark, a bullet.
func (s *Scanner) startsLine(i int) bool {
	for s.at(i).gap < newLine {
		i--
		if s.at(i).kind != sign {
			return false
		}
	}
	return true
}

// streetToken tells whether token i may be part of a street line.
func (s *Scanner) streetToken(i int) bool {
	t := s.at(i)
	if !t.free() {
		return false
	}
	switch t.kind {
	case number:
		return t.len() <= 5
	case capital, upper:
		return !t.has(article|verbBe|pronoun|possessive|auxiliary|month|weekday|title) || t.has(streetWord)
	case mixed:
		return t.len() < 16
	case lower:
		return s.lowerStreet(i)
	case sign:
		if t.is('.') && s.at(i-1).len() > 4 && !(s.at(i+1).kind == number && s.at(i-1).word() && s.compound(i-1)) {
			return false // the end of a sentence, not of an abbreviation
		}
		return t.gap == glued && (t.is('.') || t.is('-') || t.is('/') || t.is('\'')) && t.len() == 1
	case junk:
		return t.len() <= 5 && t.gap == glued // 12b, 40th
	}
	return false
}

// lowerStreet tells whether the lower-case word i may be part of a street line: where all is in lower case; a particle; or beside
// a capitalised word one that is no English word or a street word of another language.
func (s *Scanner) lowerStreet(i int) bool {
	t := &s.toks[i]
	switch {
	case t.has(common | article | month | weekday):
		return t.has(particle|boxWord) && !t.has(article|location)
	case t.has(particle|streetWord|unitLabel|boxWord) || t.flags&(lowText|wide) != 0:
		return true
	case t.roles != 0:
		return false
	}
	next := s.at(i + 1)
	if next.is('.') {
		next = s.at(i + 2)
	}
	if next.kind != capital && s.at(i-1).kind != capital {
		return false
	}
	e := s.look(i)
	return e.Word() == 0 || e.Street()&words.Foreign != 0
}

const maxStreet = 12 // tokens

// readStreet takes the tokens about number i that may be a street line, and weighs them.
func (s *Scanner) readStreet(i int) street {
	a := street{from: i, to: i}
	if s.commaNumber(i) {
		a.from = i - 2 // Calle Mayor, 12
	}
	for a.from > 0 && i-a.from < maxStreet && s.toks[a.from].gap < newLine && s.streetToken(a.from-1) {
		a.from--
	}
	for a.to < i+maxStreet && s.at(a.to+1).gap < newLine && s.streetToken(a.to+1) {
		a.to++
	}
	a.from = s.streetStart(a.from, i)
	for s.toks[a.to].kind == sign && a.to > i {
		a.to--
	}
	for k := a.from; k <= a.to; k++ {
		s.weighStreet(&a, k)
	}
	first, last := s.toks[a.from].kind == number, !a.unit && !a.box && s.houseNumber(a.to)
	if a.names > 0 {
		if first && !s.yearLike(a.from) {
			a.weight += numberFirst
		}
		if last {
			a.weight += numberLast
		}
		if first && last && !s.yearLike(a.from) {
			a.weight += numberBoth
		}
	}
	if a.strange {
		a.weight += strangeWord
	}
	return a
}

// houseNumber tells whether a house number ends with token i: 12, 12b, 12 bis.
func (s *Scanner) houseNumber(i int) bool {
	t := s.at(i)
	if t.kind == junk && t.gap == glued && t.len() <= 2 || s.says(i, "bis") {
		i--
		t = s.at(i)
	}
	return t.kind == number && !s.yearLike(i)
}

// yearLike tells whether number i is more likely a year than a house number.
func (s *Scanner) yearLike(i int) bool {
	v := s.value(i)
	return s.toks[i].len() == 4 && v >= 1900 && v < 2100
}

// commaNumber tells whether number i is a house number that a comma sets apart from a street of which the first word says that it is one.
func (s *Scanner) commaNumber(i int) bool {
	if !s.at(i-1).is(',') || s.toks[i].gap != blank || s.toks[i].len() > 4 || s.yearLike(i) {
		return false
	}
	j := i - 2
	for ; j >= 0 && j > i-8 && s.streetToken(j); j-- {
		if s.at(j).word() && (s.look(j).Street()&words.Foreign != 0 && s.at(j).kind != lower || s.compound(j)) {
			return true
		}
		if s.at(j).gap >= newLine {
			return false
		}
	}
	return false
}

// streetStart gives the first token of a street line that was read back to token from: no sign, no ordinary word at the beginning
// of a sentence, and no person before a unit.
func (s *Scanner) streetStart(from, i int) int {
	for from < i && (s.toks[from].kind == sign || s.toks[from].has(common) && !s.toks[from].has(streetWord|unitLabel)) {
		from++
	}
	for k := from + 1; k < i; k++ {
		if s.toks[k].kind == number || s.toks[k].has(streetWord) || s.look(k).Street()&words.Foreign != 0 {
			break
		}
		if s.unitAt(k) > 0 {
			return k
		}
	}
	return from
}

// weighStreet adds what token k says.
func (s *Scanner) weighStreet(a *street, k int) {
	t := s.at(k)
	if t.kind == number {
		a.numbers++
		return
	}
	if !t.word() {
		return
	}
	if s.unitAt(k) > k && !a.unit {
		a.unit = true
		a.weight += unitGiven
		return
	}
	if t.has(boxWord) && s.at(k+1).kind == number {
		if !a.box && (s.afterPO(k) || a.numbers > 0 && a.unit) {
			a.weight += boxGiven
			a.box = true
		}
		return
	}
	if t.has(military) {
		a.box = true
		a.weight += boxGiven
		return
	}
	e := s.look(k)
	switch {
	case t.has(streetWord) && a.names > 0 && !a.suffix && t.len() > 1:
		a.suffix = true
		a.weight += streetEnding
	case e.Street()&words.Foreign != 0 && !a.alien && !a.suffix && (t.kind != lower || t.flags&lowText != 0 || t.len() > 2 || s.at(k+1).is('.')):
		a.alien = true
		if t.len() <= 2 {
			a.weight += shortForeign
		} else {
			a.weight += foreignStreet
		}
	case e.Street()&words.Suffix != 0 && a.names > 0 && !a.suffix && t.len() > 2:
		a.weight += weakEnding
		if a.ordinary == 0 {
			a.weight += weakAfterName
		}
		a.names++
	case t.has(particle) && t.kind == lower:
	case t.len() == 1:
	default:
		if !a.alien && s.compound(k) {
			a.alien = true
			a.weight += compoundStreet
		}
		a.names++
		if e.Word() > 150 && e.Surname() < 14 {
			a.ordinary++
		}
		if e == 0 || t.flags&wide != 0 {
			a.strange = true
		}
	}
}

// afterPO tells whether the box of token k is a PO box.
func (s *Scanner) afterPO(k int) bool {
	j := k - 1
	if s.at(j).is('.') {
		j--
	}
	if s.at(j).has(poWord) {
		return true
	}
	if b := s.bytesAt(j); len(b) != 1 || b[0]|0x20 != 'o' {
		return false
	}
	j--
	if s.at(j).is('.') {
		j--
	}
	b := s.bytesAt(j)
	return len(b) == 1 && b[0]|0x20 == 'p'
}

func (s *Scanner) bytesAt(i int) []byte {
	if i < 0 || i >= len(s.toks) {
		return nil
	}
	return s.bytes(i)
}

// compound tells whether word k ends with a street word of another language.
func (s *Scanner) compound(k int) bool {
	b := s.bytes(k)
	for n := 3; n <= 9 && n+3 <= len(b); n++ {
		if s.tables.Street(b[len(b)-n:])&words.Attached != 0 {
			return true
		}
	}
	return false
}

// unitAt gives the last token of a unit that begins with word k ("Apt. 4", "Suite 12B", "Unit #3"), or 0.
func (s *Scanner) unitAt(k int) int {
	t := s.at(k)
	if !t.has(unitLabel) || !t.free() {
		return 0
	}
	j := k + 1
	if s.at(j).is('.') && s.at(j).gap == glued {
		j++
	}
	if s.at(j).is('#') {
		j++
	}
	u := s.at(j)
	if u.gap >= newLine || !u.free() {
		return 0
	}
	switch {
	case u.kind == number && u.len() <= 5:
		if v := s.at(j + 1); v.kind == junk && v.gap == glued && v.len() <= 2 {
			j++
		}
		return j
	case u.kind == junk && u.len() <= 5, u.kind == capital && u.len() == 1 && t.kind != lower:
		return j
	}
	return 0
}

// unitNext tells whether a unit follows token i, on the same line or the next.
func (s *Scanner) unitNext(i int) bool { return s.unitAt(s.skipBreak(i+1)) > 0 }

// skipBreak steps over a comma and over the quote marks at the beginning of a line.
func (s *Scanner) skipBreak(i int) int {
	for n := 0; n < 4; n++ {
		t := s.at(i)
		if t.is(',') || t.kind == sign && (t.is('>') || t.is('?') || t.is('|')) && t.gap >= newLine {
			i++
			continue
		}
		break
	}
	return i
}

const maxTail = 24 // tokens

// tail follows the lines of an address behind token i: unit, town, State, ZIP code, country. It gives the last token that
// belongs to it for certain, and how sure the tail makes that it is an address.
func (s *Scanner) tail(i int) (end int, sure float64) {
	end = i
	for k := i + 1; k < i+maxTail; {
		j := s.skipBreak(k)
		t := s.at(j)
		if !t.free() {
			break
		}
		if s.paragraph(k, j) {
			if next, place := s.place(j); place == 1 && s.at(next+1).kind == number && s.at(next+1).len() == 5 {
				return next + 1, sure + 2
			}
			break
		}
		if u := s.unitAt(j); u > 0 {
			end, sure, k = u, sure+1, u+1
			continue
		}
		if t.kind == number || t.kind == junk {
			last := s.postcode(j)
			if last < 0 || j == i+1 && t.gap < newLine {
				break
			}
			if before := s.at(last + 1).gap == blank && s.at(last+1).kind == capital; t.len() == 5 || sure > 0 || before && (j > k || t.gap >= newLine) {
				end, sure = last, sure+1
			}
			break
		}
		if !t.word() || t.has(article|verbBe|pronoun|andWord) && t.kind != upper || t.kind == lower && t.flags&lowText == 0 && t.has(common) {
			break
		}
		next, place := s.place(j)
		if place > 0 {
			end, sure = next, sure+place
		}
		k = next + 1
	}
	return end, sure
}

// postcode gives the last token of the postal code that begins with token j, or -1: five digits, with four more perhaps; and the forms of
// other countries: 1234, 1234 AB, 123 45, 12-345, 1234-567, AB12 3CD, A1B 2C3.
func (s *Scanner) postcode(j int) int {
	t, u := s.at(j), s.at(j+1)
	if t.kind == junk {
		if t.len() >= 2 && t.len() <= 4 && classes[s.text[t.start]] == classLetter && u.kind == number && u.len() == 1 && u.gap == blank && s.at(j+2).kind == junk && s.at(j+2).gap == glued {
			return j + 2
		}
		return -1
	}
	n := t.len()
	switch {
	case u.is('-') && s.separated(j, '-'):
		if m := s.toks[j+2].len(); n == 5 && (m == 4 || m == 3) || n == 4 && m == 3 || n == 2 && m == 3 {
			return j + 2
		}
		return -1
	case u.gap == glued && (u.kind == junk || u.word()):
		return -1
	case n == 3 && u.kind == number && u.gap == blank && (u.len() == 2 || u.len() == 3):
		return j + 1
	case n == 4 && u.kind == upper && u.len() == 2 && u.gap == blank:
		return j + 1
	case n >= 4 && n <= 6:
		return j
	}
	return -1
}

// corner gives the first token of the other street of a corner, "Herman and" before "1324 Mosman Rd", or i.
func (s *Scanner) corner(i int) int {
	j := i - 1
	if !s.at(j).has(andWord) || s.at(j).gap != blank || s.toks[i].gap != blank {
		return i
	}
	for k := j - 1; k >= 0 && k > j-4; k-- {
		if t := &s.toks[k]; !t.free() || t.kind != capital || t.has(common) {
			break
		}
		i = k
	}
	return i
}

// paragraph tells whether an empty line stands before one of the tokens i to j.
func (s *Scanner) paragraph(i, j int) bool {
	for ; i <= j; i++ {
		if s.at(i).gap == emptyLine {
			return true
		}
	}
	return false
}

// place reads a town, State or country that begins with word j: its last token, and how sure it is one. A military post
// office counts as a State.
func (s *Scanner) place(j int) (last int, sure float64) {
	last = j
	t := s.at(j)
	if t.kind == upper && t.len() == 2 && phi.ParseState(string(s.bytes(j))) != 0 {
		return j, .6
	}
	if t.has(military) {
		return j, 1
	}
	for n := 0; n < 4; n++ {
		u := s.at(last + 1)
		if u.gap != blank || !u.word() || !u.free() || u.has(unitLabel) || u.kind == lower && !u.has(particle|andWord) && u.flags&lowText == 0 ||
			u.kind == upper && u.len() == 2 {
			break
		}
		last++
	}
	for k := last; k >= j; k-- {
		e := s.tables.Look(s.between(j, k))
		switch {
		case e.Country() || e.State():
			return k, 1
		case e.City():
			return k, .5
		}
	}
	return j, 0
}

// zipAt finds a ZIP code that stands without a street: behind a State or country, or with a label.
func (s *Scanner) zipAt(i int) {
	if s.continues(i) && !s.separated(i, '-') {
		return
	}
	r, direct := s.label(i)
	sp := Span{Kind: phi.ZIP, Part: phi.PartZIP, Rule: ByPlace, Subject: subjectOf(r)}
	_, sp.WellFormed = s.tables.ZIP(s.bytes(i))
	from, to := i, i
	if s.separated(i, '-') && s.toks[i+2].len() == 4 {
		to = i + 2
	}
	before := i - 1
	switch b := s.at(before); {
	case r&zipWord != 0:
		sp.Likelihood, sp.Rule, sp.Labelled = .95, ByLabel, direct
	case b.kind == upper && b.len() == 2 && phi.ParseState(string(s.bytes(before))) != 0 && (s.toks[i].gap == blank || s.at(before-1).is(',')):
		sp.Likelihood, sp.Kind, sp.Part = .85, phi.Address, phi.PartNone
		if !sp.WellFormed {
			sp.Likelihood = .6
		}
		from = s.townBefore(before)
	case b.kind == upper && b.len() <= 3 && s.toks[i].gap <= newLine && s.at(i+1).gap >= newLine && s.startsLine(before):
		sp.Likelihood = .5
	case b.word() && s.countryBefore(before):
		sp.Likelihood = .7
	case s.startsLine(i) && s.at(i+1).gap >= newLine && s.nearAddress(i):
		sp.Likelihood = .6
	default:
		return
	}
	if s.lineOf(i).code && !sp.Labelled {
		sp.Likelihood *= .5
	}
	s.add(from, to, sp)
}

// townBefore gives the first token of the town before the State at token i, or i.
func (s *Scanner) townBefore(i int) int {
	j := i - 1
	if s.at(j).is(',') {
		j--
	}
	for n := 3; n > 0; n-- {
		k := j - n + 1
		if k < 0 || !s.toks[k].word() || !s.toks[k].free() || s.toks[k].kind == lower && s.toks[k].flags&lowText == 0 {
			continue
		}
		if s.tables.City(s.between(k, j)) {
			return k
		}
	}
	return i
}

// countryBefore tells whether a country's name ends with token i.
func (s *Scanner) countryBefore(i int) bool {
	for k := i; k >= 0 && k > i-5 && s.toks[k].word(); k-- {
		if s.tables.Country(s.between(k, i)) {
			return true
		}
		if s.toks[k].gap >= newLine {
			break
		}
	}
	return false
}

// nearAddress tells whether an address stands on the three lines before token i.
func (s *Scanner) nearAddress(i int) bool {
	for n := len(s.spans); n > 0; n-- {
		sp := &s.spans[n-1]
		if sp.Kind.Coarse() == phi.Address && sp.End <= int(s.toks[i].start) {
			return int(s.toks[i].start)-sp.End < 80
		}
	}
	return false
}

// bareStreets finds streets without a house number: "the corner of Almeida Street".
func (s *Scanner) bareStreets() {
	for _, n := range s.caps {
		i := int(n)
		t := &s.toks[i]
		if t.has(shipWord) && t.kind == upper && t.free() && s.at(i+1).kind == capital && s.at(i+1).gap == blank {
			s.add(i, i+1, Span{Kind: phi.Address, Likelihood: .6, Rule: ByStreet})
			continue
		}
		if !t.has(thoroughfare) || t.kind != capital || !t.free() || t.gap != blank || i == 0 {
			continue
		}
		from := i
		for from > 0 && i-from < 3 && s.toks[from].gap == blank && s.streetToken(from-1) && s.at(from-1).word() && s.at(from-1).kind != lower {
			from--
		}
		if from == i || s.at(from).has(common) || s.at(i+1).gap == blank && s.at(i+1).kind == capital && !s.at(i+1).has(streetWord) {
			continue
		}
		r, _ := s.label(from)
		sp := Span{Kind: phi.Address, Part: phi.PartStreet, Likelihood: .45, Rule: ByStreet}
		if t.len() > 5 || r&(addressLabel|location) != 0 {
			sp.Likelihood = .55
		}
		if s.lineOf(i).code {
			sp.Likelihood *= .5
		}
		s.add(from, i, sp)
	}
}
