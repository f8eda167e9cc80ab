// Package address finds postal addresses in running text: streets with house numbers, units and post office boxes, the town, State and ZIP code behind
// them, also on the lines below, and ZIP codes by themselves. The weights of the rules are written down beside them, as logarithms of odds.
package address

import (
	"github.com/chartroom/chartroom/detect/lex"
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
)

// reader reads the addresses of a block of text.
type reader struct{ *lex.Block }

// Find reports the addresses about numbers that nothing claimed, and ZIP codes.
func Find(b *lex.Block) { reader{b}.addresses() }

// FindBare reports the streets without a house number.
func FindBare(b *lex.Block) { reader{b}.bareStreets() }

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

// streetCue are the roles of which a line of program text or data needs one before an address is looked for in it.
const streetCue = lex.StreetWord | lex.UnitLabel | lex.BoxWord | lex.Military | lex.AddressLabel | lex.CityLabel

// row is a run of tokens that may be part of a street line.
type row struct {
	last  int  // token
	names bool // a word of it may name a street, a unit or a box
	vain  int  // numbers in it about which there was no address
}

const maxVain = 8 // numbers of a row: a table, and no street

// hopes tells whether a further number of the row may be one of an address.
func (r *row) hopes() bool { return r.names && r.vain < maxVain }

// rowOf gives the row about number i.
func (s reader) rowOf(i int) row {
	r := row{last: i}
	for k := i; s.Tokens[k].Gap < lex.NewLine && s.streetToken(k-1); k-- {
		r.names = r.names || s.mayName(k-1)
	}
	for ; s.At(r.last+1).Gap < lex.NewLine && s.streetToken(r.last+1); r.last++ {
		r.names = r.names || s.mayName(r.last+1)
	}
	return r
}

// mayName tells whether token i may name a street, a unit or a box.
func (s reader) mayName(i int) bool {
	t := &s.Tokens[i]
	return t.Word() && (t.Len() > 1 || t.Roles != 0)
}

// addresses visits the numbers that nothing claimed.
func (s reader) addresses() {
	done, row := -1, row{last: -1}
	for _, n := range s.Numbers {
		i := int(n)
		s.Enter(i)
		t := &s.Tokens[i]
		if i <= done || !t.Free() || t.Len() > 6 || t.Gap == lex.Glued && !s.At(i-1).Is('#') && !s.At(i-1).Is('(') {
			continue
		}
		if s.PartOfWord(i) && !s.letterBehind(i) {
			continue
		}
		if l := s.LineOf(i); l.Code && l.Roles&streetCue == 0 || i <= row.last && !row.hopes() {
			if t.Len() == 5 {
				s.zipAt(i)
			}
			continue
		}
		if t.Gap >= lex.NewLine || s.streetToken(i-1) || s.commaNumber(i) || s.At(i-1).Is('#') || s.At(i+1).Gap < lex.NewLine && s.streetToken(i+1) {
			if i > row.last {
				row = s.rowOf(i)
			}
			if end := s.streetIn(&row, i); end > 0 {
				done = end
				continue
			}
		}
		if t.Len() == 5 {
			s.zipAt(i)
		}
	}
}

// streetIn is streetAt for a number of a row, which a comma may set apart from its street.
func (s reader) streetIn(r *row, i int) int {
	if !r.hopes() && !s.commaNumber(i) {
		return 0
	}
	end := s.streetAt(i)
	if end == 0 {
		r.vain++
	}
	return end
}

// streetAt finds the address about number i, and gives its last token, 0 when there is none.
func (s reader) streetAt(i int) int {
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
	s.Return(i)
	r, _ := s.Label(a.from)
	if r&lex.AddressLabel != 0 {
		weight += addressCue
	}
	if from := s.corner(a.from); from < a.from && r&lex.AddressLabel != 0 {
		a.from = from
		weight += addressCue / 2
	}
	l := s.LineOf(a.from)
	if l.Code {
		weight += programText
	}
	if s.StartsLine(a.from) && (a.to+1 >= int(l.End) || s.At(a.to+1).Is(',')) {
		weight += ownLine
	}
	if a.names > 0 && a.ordinary == a.names && !a.suffix && !a.alien {
		weight += ordinaryWords
	}
	if weight < lex.TooLow {
		return 0
	}
	p := lex.Chance(weight)
	s.Add(a.from, to, lex.Span{Kind: phi.Address, Likelihood: p, Rule: lex.ByStreet, Subject: lex.SubjectOf(r), Labelled: r&lex.AddressLabel != 0, WellFormed: a.suffix})
	return to
}

// letterBehind tells whether a single letter is glued to number i, as to a house number: 12b.
func (s reader) letterBehind(i int) bool {
	t := s.At(i + 1)
	return t.Kind == lex.Junk && t.Gap == lex.Glued && t.Len() == 1 && s.Tokens[i].Gap != lex.Glued
}

// streetToken tells whether token i may be part of a street line.
func (s reader) streetToken(i int) bool {
	t := s.At(i)
	if !t.Free() {
		return false
	}
	switch t.Kind {
	case lex.Number:
		return t.Len() <= 5
	case lex.Capital, lex.Upper:
		return !t.Has(lex.Article|lex.VerbBe|lex.Pronoun|lex.Possessive|lex.Auxiliary|lex.Month|lex.Weekday|lex.Title) || t.Has(lex.StreetWord)
	case lex.MixedCase:
		return t.Len() < 16
	case lex.Lower:
		return s.lowerStreet(i)
	case lex.Sign:
		if t.Is('.') && s.At(i-1).Len() > 4 && !(s.At(i+1).Kind == lex.Number && s.At(i-1).Word() && s.compound(i-1)) {
			return false // the end of a sentence, not of an abbreviation
		}
		return t.Gap == lex.Glued && (t.Is('.') || t.Is('-') || t.Is('/') || t.Is('\'')) && t.Len() == 1
	case lex.Junk:
		return t.Len() <= 5 && t.Gap == lex.Glued // 12b, 40th
	}
	return false
}

// lowerStreet tells whether the lower-case word i may be part of a street line: where all is in lower case; a particle; or beside
// a capitalised word one that is no English word or a street word of another language.
func (s reader) lowerStreet(i int) bool {
	t := &s.Tokens[i]
	switch {
	case t.Has(lex.Common | lex.Article | lex.Month | lex.Weekday):
		return t.Has(lex.Particle|lex.BoxWord) && !t.Has(lex.Article|lex.Location)
	case t.Has(lex.Particle|lex.StreetWord|lex.UnitLabel|lex.BoxWord) || t.Flags&(lex.LowText|lex.Wide) != 0:
		return true
	case t.Roles != 0:
		return false
	}
	j := i + 1
	if s.At(j).Is('.') {
		j++
	}
	if s.At(j).Kind != lex.Capital && s.At(i-1).Kind != lex.Capital {
		return false
	}
	e := s.Look(i)
	return e.Word() == 0 || e.Street()&words.Foreign != 0
}

const maxStreet = 12 // tokens

// readStreet takes the tokens about number i that may be a street line, and weighs them.
func (s reader) readStreet(i int) street {
	a := street{from: i, to: i}
	if s.commaNumber(i) {
		a.from = i - 2 // Calle Mayor, 12
	}
	for a.from > 0 && i-a.from < maxStreet && s.Tokens[a.from].Gap < lex.NewLine && s.streetToken(a.from-1) {
		a.from--
	}
	for a.to < i+maxStreet && s.At(a.to+1).Gap < lex.NewLine && s.streetToken(a.to+1) {
		a.to++
	}
	a.from = s.streetStart(a.from, i)
	for s.Tokens[a.to].Kind == lex.Sign && a.to > i {
		a.to--
	}
	for k := a.from; k <= a.to; k++ {
		s.weighStreet(&a, k)
	}
	first, last := s.Tokens[a.from].Kind == lex.Number, !a.unit && !a.box && s.houseNumber(a.to)
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
func (s reader) houseNumber(i int) bool {
	t := s.At(i)
	if t.Kind == lex.Junk && t.Gap == lex.Glued && t.Len() <= 2 || s.Says(i, "bis") {
		i--
		t = s.At(i)
	}
	return t.Kind == lex.Number && !s.yearLike(i)
}

// yearLike tells whether number i is more likely a year than a house number.
func (s reader) yearLike(i int) bool {
	return s.Tokens[i].Len() == 4 && s.Ask(lex.AsYear, i, i)&lex.YearOfCentury != 0
}

// commaNumber tells whether number i is a house number that a comma sets apart from a street of which the first word says that it is one.
func (s reader) commaNumber(i int) bool {
	if !s.At(i-1).Is(',') || s.Tokens[i].Gap != lex.Blank || s.Tokens[i].Len() > 4 || s.yearLike(i) {
		return false
	}
	j := i - 2
	for ; j >= 0 && j > i-8 && s.streetToken(j); j-- {
		if s.At(j).Word() && (s.Look(j).Street()&words.Foreign != 0 && s.At(j).Kind != lex.Lower || s.compound(j)) {
			return true
		}
		if s.At(j).Gap >= lex.NewLine {
			return false
		}
	}
	return false
}

// streetStart gives the first token of a street line that was read back to token from: no sign, no ordinary word at the beginning
// of a sentence, and no person before a unit.
func (s reader) streetStart(from, i int) int {
	for from < i && (s.Tokens[from].Kind == lex.Sign || s.Tokens[from].Has(lex.Common) && !s.Tokens[from].Has(lex.StreetWord|lex.UnitLabel)) {
		from++
	}
	for k := from + 1; k < i; k++ {
		if s.Tokens[k].Kind == lex.Number || s.Tokens[k].Has(lex.StreetWord) || s.Look(k).Street()&words.Foreign != 0 {
			break
		}
		if s.unitAt(k) > 0 {
			return k
		}
	}
	return from
}

// weighStreet adds what token k says.
func (s reader) weighStreet(a *street, k int) {
	t := s.At(k)
	if t.Kind == lex.Number {
		a.numbers++
		return
	}
	if !t.Word() {
		return
	}
	if s.unitAt(k) > k && !a.unit {
		a.unit = true
		a.weight += unitGiven
		return
	}
	if t.Has(lex.BoxWord) && s.At(k+1).Kind == lex.Number {
		if !a.box && (s.afterPO(k) || a.numbers > 0 && a.unit) {
			a.weight += boxGiven
			a.box = true
		}
		return
	}
	if t.Has(lex.Military) {
		a.box = true
		a.weight += boxGiven
		return
	}
	e := s.Look(k)
	switch {
	case t.Has(lex.StreetWord) && a.names > 0 && !a.suffix && t.Len() > 1:
		a.suffix = true
		a.weight += streetEnding
	case e.Street()&words.Foreign != 0 && !a.alien && !a.suffix && (t.Kind != lex.Lower || t.Flags&lex.LowText != 0 || t.Len() > 2 || s.At(k+1).Is('.')):
		a.alien = true
		if t.Len() <= 2 {
			a.weight += shortForeign
		} else {
			a.weight += foreignStreet
		}
	case e.Street()&words.Suffix != 0 && a.names > 0 && !a.suffix && t.Len() > 2:
		a.weight += weakEnding
		if a.ordinary == 0 {
			a.weight += weakAfterName
		}
		a.names++
	case t.Has(lex.Particle) && t.Kind == lex.Lower:
	case t.Len() == 1:
	default:
		if !a.alien && s.compound(k) {
			a.alien = true
			a.weight += compoundStreet
		}
		a.names++
		if e.Word() > 150 && e.Surname() < 14 {
			a.ordinary++
		}
		if e == 0 || t.Flags&lex.Wide != 0 {
			a.strange = true
		}
	}
}

// afterPO tells whether the box of token k is a PO box.
func (s reader) afterPO(k int) bool {
	j := k - 1
	if s.At(j).Is('.') {
		j--
	}
	if s.At(j).Has(lex.POWord) {
		return true
	}
	if b := s.BytesAt(j); len(b) != 1 || b[0]|0x20 != 'o' {
		return false
	}
	j--
	if s.At(j).Is('.') {
		j--
	}
	b := s.BytesAt(j)
	return len(b) == 1 && b[0]|0x20 == 'p'
}

// compound tells whether word k ends with a street word of another language.
func (s reader) compound(k int) bool {
	b := s.Bytes(k)
	for n := 3; n <= 9 && n+3 <= len(b); n++ {
		if s.Tables.Street(b[len(b)-n:])&words.Attached != 0 {
			return true
		}
	}
	return false
}

// unitAt gives the last token of a unit that begins with word k ("Apt. 4", "Suite 12B", "Unit #3"), or 0.
func (s reader) unitAt(k int) int {
	t := s.At(k)
	if !t.Has(lex.UnitLabel) || !t.Free() {
		return 0
	}
	j := k + 1
	if s.At(j).Is('.') && s.At(j).Gap == lex.Glued {
		j++
	}
	if s.At(j).Is('#') {
		j++
	}
	u := s.At(j)
	if u.Gap >= lex.NewLine || !u.Free() {
		return 0
	}
	switch {
	case u.Kind == lex.Number && u.Len() <= 5:
		if v := s.At(j + 1); v.Kind == lex.Junk && v.Gap == lex.Glued && v.Len() <= 2 {
			j++
		}
		return j
	case u.Kind == lex.Junk && u.Len() <= 5, u.Kind == lex.Capital && u.Len() == 1 && t.Kind != lex.Lower:
		return j
	}
	return 0
}

// unitNext tells whether a unit follows token i, on the same line or the next.
func (s reader) unitNext(i int) bool {
	return s.unitAt(s.skipBreak(i+1)) > 0
}

// bareStreets finds streets without a house number: "the corner of Almeida Street".
func (s reader) bareStreets() {
	for _, n := range s.Capitals {
		i := int(n)
		s.Enter(i)
		t := &s.Tokens[i]
		if t.Has(lex.ShipWord) && t.Kind == lex.Upper && t.Free() && s.At(i+1).Kind == lex.Capital && s.At(i+1).Gap == lex.Blank {
			s.Add(i, i+1, lex.Span{Kind: phi.Address, Likelihood: .6, Rule: lex.ByStreet})
			continue
		}
		if !t.Has(lex.Thoroughfare) || t.Kind != lex.Capital || !t.Free() || t.Gap != lex.Blank || i == 0 {
			continue
		}
		from := i
		for from > 0 && i-from < 3 && s.Tokens[from].Gap == lex.Blank && s.streetToken(from-1) && s.At(from-1).Word() && s.At(from-1).Kind != lex.Lower {
			from--
		}
		if from == i || s.At(from).Has(lex.Common) || s.At(i+1).Gap == lex.Blank && s.At(i+1).Kind == lex.Capital && !s.At(i+1).Has(lex.StreetWord) {
			continue
		}
		r, _ := s.Label(from)
		sp := lex.Span{Kind: phi.Address, Part: phi.PartStreet, Likelihood: .45, Rule: lex.ByStreet}
		if t.Len() > 5 || r&(lex.AddressLabel|lex.Location) != 0 {
			sp.Likelihood = .55
		}
		if s.LineOf(i).Code {
			sp.Likelihood *= .5
		}
		s.Add(from, i, sp)
	}
}
