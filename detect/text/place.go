package text

import "github.com/chartroom/chartroom/phi"

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
		if t.has(boxWord) && s.at(j+1).kind == number {
			end, sure, k = j+1, sure+1, j+2
			continue
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
			beforeTown := s.at(last+1).gap == blank && s.at(last+1).kind == capital && (j > k || t.gap >= newLine)
			behindTown := last > j && s.at(j-1).kind == capital
			if t.len() == 5 || sure > 0 || beforeTown || behindTown {
				end, sure = s.townEnd(last), sure+1
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

// townEnd gives the last token of the town that stands behind the postal code at token i on its line, or i.
func (s *Scanner) townEnd(i int) int {
	for n := 0; n < 3; n++ {
		t := s.at(i + 1)
		if t.gap != blank || t.kind != capital && t.kind != upper || !t.free() || t.has(common) {
			break
		}
		i++
	}
	return i
}

// postcode gives the last token of the postal code that begins with token j, or -1: five digits, with four more perhaps; and the forms of
// other countries: 1234, 1234 AB, 123 45, 12-345, 1234-567, AB12 3CD, A1B 2C3.
func (s *Scanner) postcode(j int) int {
	t, u := s.at(j), s.at(j+1)
	if t.kind == junk {
		outward := t.len() >= 2 && t.len() <= 4 && classes[s.text[t.start]] == classLetter
		inward := u.kind == number && u.len() == 1 && u.gap == blank && s.at(j+2).kind == junk && s.at(j+2).gap == glued
		if outward && inward {
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
	for n := len(s.spans); n > 0 && n > len(s.spans)-16; n-- {
		sp := &s.spans[n-1]
		if sp.Kind.Coarse() == phi.Address && sp.End <= int(s.toks[i].start) {
			return int(s.toks[i].start)-sp.End < 80
		}
	}
	return false
}
