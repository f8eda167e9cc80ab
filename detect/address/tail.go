package address

import (
	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/phi"
)

// skipBreak steps over a comma and over the quote marks at the beginning of a line, and reaches for what it gives.
func (s reader) skipBreak(i int) int {
	for n := 0; n < 4; n++ {
		s.Reach(i)
		t := s.At(i)
		if t.Is(',') || t.Kind == lex.Sign && (t.Is('>') || t.Is('?') || t.Is('|')) && t.Gap >= lex.NewLine {
			i++
			continue
		}
		break
	}
	s.Reach(i)
	return i
}

const maxTail = 24 // tokens

// tail follows the lines of an address behind token i: unit, town, State, ZIP code, country. It gives the last token that
// belongs to it for certain, and how sure the tail makes that it is an address.
func (s reader) tail(i int) (end int, sure float64) {
	end = i
	for k := i + 1; k < i+maxTail; {
		j := s.skipBreak(k)
		t := s.At(j)
		if !t.Free() || int(t.Start)-int(s.Tokens[i].End) > lex.MaxLook {
			break
		}
		if s.paragraph(k, j) {
			if next, place := s.place(j); place == 1 && s.At(next+1).Kind == lex.Number && s.At(next+1).Len() == 5 {
				return next + 1, sure + 2
			}
			break
		}
		if t.Has(lex.BoxWord) && s.At(j+1).Kind == lex.Number {
			end, sure, k = j+1, sure+1, j+2
			continue
		}
		if u := s.unitAt(j); u > 0 {
			end, sure, k = u, sure+1, u+1
			continue
		}
		if t.Kind == lex.Number || t.Kind == lex.Junk {
			last := s.postcode(j)
			if last < 0 || j == i+1 && t.Gap < lex.NewLine {
				break
			}
			beforeTown := s.At(last+1).Gap == lex.Blank && s.At(last+1).Kind == lex.Capital && (j > k || t.Gap >= lex.NewLine)
			behindTown := last > j && s.At(j-1).Kind == lex.Capital
			if t.Len() == 5 || sure > 0 || beforeTown || behindTown {
				end, sure = s.townEnd(last), sure+1
			}
			break
		}
		if !t.Word() || t.Has(lex.Article|lex.VerbBe|lex.Pronoun|lex.AndWord) && t.Kind != lex.Upper || t.Kind == lex.Lower && t.Flags&lex.LowText == 0 && t.Has(lex.Common) {
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

// townEnd gives the last token of the town that stands behind the postal code at token i on its line, or i.
func (s reader) townEnd(i int) int {
	for n := 0; n < 3; n++ {
		t := s.At(i + 1)
		if t.Gap != lex.Blank || t.Kind != lex.Capital && t.Kind != lex.Upper || !t.Free() || t.Has(lex.Common) {
			break
		}
		i++
	}
	return i
}

// postcode gives the last token of the postal code that begins with token j, or -1: five digits, with four more perhaps; and the forms of
// other countries: 1234, 1234 AB, 123 45, 12-345, 1234-567, AB12 3CD, A1B 2C3.
func (s reader) postcode(j int) int {
	t, u := s.At(j), s.At(j+1)
	if t.Kind == lex.Junk {
		outward := t.Len() >= 2 && t.Len() <= 4 && lex.ClassOf(s.Text[t.Start]) == lex.ClassLetter
		inward := u.Kind == lex.Number && u.Len() == 1 && u.Gap == lex.Blank && s.At(j+2).Kind == lex.Junk && s.At(j+2).Gap == lex.Glued
		if outward && inward {
			return j + 2
		}
		return -1
	}
	n := t.Len()
	switch {
	case u.Is('-') && s.Separated(j, '-'):
		if m := s.Tokens[j+2].Len(); n == 5 && (m == 4 || m == 3) || n == 4 && m == 3 || n == 2 && m == 3 {
			return j + 2
		}
		return -1
	case u.Gap == lex.Glued && (u.Kind == lex.Junk || u.Word()):
		return -1
	case n == 3 && u.Kind == lex.Number && u.Gap == lex.Blank && (u.Len() == 2 || u.Len() == 3):
		return j + 1
	case n == 4 && u.Kind == lex.Upper && u.Len() == 2 && u.Gap == lex.Blank:
		return j + 1
	case n >= 4 && n <= 6:
		return j
	}
	return -1
}

// corner gives the first token of the other street of a corner, "Herman and" before "1324 Mosman Rd", or i.
func (s reader) corner(i int) int {
	j := i - 1
	if !s.At(j).Has(lex.AndWord) || s.At(j).Gap != lex.Blank || s.Tokens[i].Gap != lex.Blank {
		return i
	}
	for k := j - 1; k >= 0 && k > j-4; k-- {
		if t := s.At(k); !t.Free() || t.Kind != lex.Capital || t.Has(lex.Common) {
			break
		}
		i = k
	}
	return i
}

// paragraph tells whether an empty line stands before one of the tokens i to j.
func (s reader) paragraph(i, j int) bool {
	for ; i <= j; i++ {
		if s.At(i).Gap == lex.EmptyLine {
			return true
		}
	}
	return false
}

// place reads a town, State or country that begins with word j: its last token, and how sure it is one. A military post
// office counts as a State.
func (s reader) place(j int) (last int, sure float64) {
	last = j
	t := s.At(j)
	if t.Kind == lex.Upper && t.Len() == 2 && phi.ParseState(string(s.Bytes(j))) != 0 {
		return j, .6
	}
	if t.Has(lex.Military) {
		return j, 1
	}
	for n := 0; n < 4; n++ {
		u := s.At(last + 1)
		if u.Gap != lex.Blank || !u.Word() || !u.Free() || u.Has(lex.UnitLabel) || u.Kind == lex.Lower && !u.Has(lex.Particle|lex.AndWord) && u.Flags&lex.LowText == 0 ||
			u.Kind == lex.Upper && u.Len() == 2 {
			break
		}
		last++
	}
	for k := last; k >= j; k-- {
		e := s.Tables.Look(s.Between(j, k))
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
func (s reader) zipAt(i int) {
	if s.Continues(i) && !s.Separated(i, '-') {
		return
	}
	r, direct := s.Label(i)
	sp := lex.Span{Kind: phi.ZIP, Part: phi.PartZIP, Rule: lex.ByPlace, Subject: lex.SubjectOf(r)}
	from, to := i, i
	if s.Separated(i, '-') && s.Tokens[i+2].Len() == 4 {
		to = i + 2
	}
	before := i - 1
	switch b := s.At(before); {
	case r&lex.ZipWord != 0:
		sp.Likelihood, sp.Rule, sp.Labelled = .95, lex.ByLabel, direct
	case b.Kind == lex.Upper && b.Len() == 2 && phi.ParseState(string(s.Bytes(before))) != 0 && (s.Tokens[i].Gap == lex.Blank || s.At(before-1).Is(',')):
		sp.Likelihood, sp.Kind, sp.Part = .85, phi.Address, phi.PartNone
		if s.Ask(lex.KnownZIP, i, i) == 0 {
			sp.Likelihood = .6
		}
		from = s.townBefore(before)
	case b.Kind == lex.Upper && b.Len() <= 3 && s.Tokens[i].Gap <= lex.NewLine && s.At(i+1).Gap >= lex.NewLine && s.StartsLine(before):
		sp.Likelihood = .5
	case b.Word() && s.countryBefore(before):
		sp.Likelihood = .7
	case s.StartsLine(i) && s.At(i+1).Gap >= lex.NewLine && s.nearAddress(i):
		sp.Likelihood = .6
	default:
		return
	}
	if s.LineOf(i).Code && !sp.Labelled {
		sp.Likelihood *= .5
	}
	sp.WellFormed = s.Ask(lex.KnownZIP, i, i) > 0
	s.Add(from, to, sp)
}

// townBefore gives the first token of the town before the State at token i, or i.
func (s reader) townBefore(i int) int {
	j := i - 1
	if s.At(j).Is(',') {
		j--
	}
	for n := 3; n > 0; n-- {
		k := j - n + 1
		if t := s.At(k); !t.Word() || !t.Free() || t.Kind == lex.Lower && t.Flags&lex.LowText == 0 {
			continue
		}
		if s.Tables.City(s.Between(k, j)) {
			return k
		}
	}
	return i
}

// countryBefore tells whether a country's name ends with token i.
func (s reader) countryBefore(i int) bool {
	for k := i; k >= 0 && k > i-5 && s.Tokens[k].Word(); k-- {
		if s.Tables.Country(s.Between(k, i)) {
			return true
		}
		if s.Tokens[k].Gap >= lex.NewLine {
			break
		}
	}
	return false
}

const nearby = 80 // bytes

// nearAddress tells whether an address stands on the three lines before token i.
func (s reader) nearAddress(i int) bool {
	at := int(s.Tokens[i].Start)
	s.Leaned = s.Leaned || at-int(s.Tokens[0].Start) < nearby
	for n := len(s.Spans); n > 0 && n > len(s.Spans)-16; n-- {
		sp := &s.Spans[n-1]
		if sp.Kind.Coarse() == phi.Address && sp.End <= at {
			return at-sp.End < nearby
		}
	}
	return false
}
