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
		if i <= done || !t.free() || t.len() > 6 || s.partOfWord(i) && !s.letterBehind(i) {
			continue
		}
		if t.gap == glued && !s.at(i-1).is('#') && !s.at(i-1).is('(') {
			continue
		}
		if t.gap >= newLine || s.streetToken(i-1) || s.commaNumber(i) || s.at(i-1).is('#') || s.at(i+1).gap < newLine && s.streetToken(i+1) {
			if end := s.streetAt(i); end > 0 {
				done = end
				continue
			}
		}
		if t.len() == 5 {
			s.zipAt(i)
		}
	}
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

// letterBehind tells whether a single letter is glued to number i, as to a house number: 12b.
func (s *Scanner) letterBehind(i int) bool {
	t := s.at(i + 1)
	return t.kind == junk && t.gap == glued && t.len() == 1 && s.toks[i].gap != glued
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
