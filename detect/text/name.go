package text

import (
	"bytes"

	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

// The weights of a name, as logarithms of odds. How they are put together: person.
const (
	namePrior     = -0.4
	loneWord      = -0.5 // one word, not two
	givenFirst    = 1.0  // a given name stands before another word of a name
	twoStrange    = 0.5  // two capitalised words, neither known
	afterTitle    = 4.0
	afterLabel    = 3.0 // Name:
	afterSpeaker  = 2.0 // Patient:
	afterNamed    = 2.4 // my name is, called, I am
	afterGreeting = 2.0 // Dear
	afterRole     = 1.3 // patient, director
	afterBy       = 0.9
	afterSpeech   = 1.0  // said X
	beforeSpeech  = 1.6  // X said
	beforeVerb    = 0.6  // X has
	beforeHuman   = 1.0  // X lives
	beforeOwned   = 0.4  // X's
	ownedByHuman  = 0.8  // X's address
	humanBehind   = 0.7  // his, who, a man
	formLabel     = -1.5 // X to:
	spokenTo      = 0.7  // X, can you
	beforeDegree  = 2.0  // X, MD
	inList        = 1.2  // another name stands beside it
	ownLineName   = 0.9  // nothing else on the line
	afterArticle  = -1.6
	afterPlace    = -1.4 // in, from
	beforeOrg     = -4.0
	beforeNoun    = -4.0 // disease, sign, catheter
	sentenceStart = -0.5 // where any word has a capital
	lowerCase     = -0.7
	lowerStrange  = -0.7 // in no table
	beforeWork    = 1.6  // novel, family
	speaker       = 0.9  // at the beginning of a line, with a colon
	upperStrange  = -0.8 // in no table, and in capitals as all around it
	inCredits     = -6.0 // Copyright 2024 X: a person, but of no record
	inProgramText = -2.5
	beforeColumn  = -1.3 // a lone word, and more blanks than one behind it, or a word with digits
	capsInProse   = -1.8 // an abbreviation, more likely
	hopeless      = -2.6 // for a lone word, whatever stands around it
)

const maxName = 6 // words

// person is a run of words that may be a name.
type person struct {
	from, to int // tokens, title and suffix included
	words    [maxName]int
	n        int
	title    bool
	degree   bool
	caps     int // words of capitals only
	low      bool
}

// names visits the words that may begin a name, and that nothing claimed.
func (s *Scanner) names() {
	done, caps, lows := -1, s.caps, s.lows
	for len(caps) > 0 || len(lows) > 0 {
		var i int
		if len(lows) == 0 || len(caps) > 0 && caps[0] < lows[0] {
			i, caps = int(caps[0]), caps[1:]
		} else {
			i, lows = int(lows[0]), lows[1:]
		}
		if i <= done || !s.begins(i) {
			continue
		}
		p := s.readName(i)
		if p.n == 0 {
			continue
		}
		if s.judgeName(&p) {
			done = p.to
		}
	}
}

// begins tells whether a name may begin with token i.
func (s *Scanner) begins(i int) bool {
	t := &s.toks[i]
	if !t.free() || !t.word() || t.gap == glued && i > 0 && s.insideWord(i) {
		return false
	}
	if t.has(title) {
		return true
	}
	if t.has(common) {
		if next := s.at(i + 1); next.gap != blank || next.kind != capital && next.kind != upper {
			return false
		}
		return t.flags&owning == 0 && t.kind != lower && s.look(i).Given() > 0 && s.likelySurname(i+1)
	}
	if t.kind == upper && t.has(labels) { // MRN, DOB
		return false
	}
	if t.kind == capital && s.dull(i) {
		return false
	}
	if t.has(month | weekday) {
		e := s.look(i)
		return t.kind != lower && e.Given() > 8 && (s.likelySurname(i+1) || s.named(i) || s.listed(i, i) || s.at(i+1).has(particle) && s.nextName(i) > 0)
	}
	return t.kind != mixed || s.nameCase(i)
}

// dull tells whether word i is an ordinary one and no name, with no word of a name behind it: most words at the beginning of a sentence.
func (s *Scanner) dull(i int) bool {
	if next := s.at(i + 1); next.gap == blank && (next.kind == capital || next.kind == upper) {
		return false
	}
	if s.toks[i].has(plainWord) {
		return true
	}
	e := s.look(i)
	return e.Word() > 100 && e.Given() == 0 && e.Surname() == 0
}

// insideWord tells whether the sign before token i makes it a part of something that is no name: a path, a mention, a tag, a
// file's extension.
func (s *Scanner) insideWord(i int) bool {
	t := &s.toks[i-1]
	if t.kind != sign {
		return true
	}
	switch t.sign {
	case '"', '\'', '(', '>', '<', '[', '*', ',', ':', '!', '?', ';':
		return false
	case '-':
		return t.gap == glued && s.at(i-2).word()
	case '.':
		return s.at(i-2).len() != 1
	}
	return true
}

// named tells whether the words before token i say that a name follows.
func (s *Scanner) named(i int) bool { return s.before(i) >= afterNamed }

// likelySurname tells whether token i goes on a name and is a surname that is no ordinary word.
func (s *Scanner) likelySurname(i int) bool {
	t := s.at(i)
	if t.gap != blank || t.kind != capital && t.kind != upper || t.has(common) {
		return false
	}
	e := s.look(i)
	return e.Surname() >= 10 && e.Word() < 140 || e == 0 && t.flags&wide != 0
}

// nameCase tells whether a word with inner capitals is written as names are: McKenzie, DeShawn, O'Brien, LaToya.
func (s *Scanner) nameCase(i int) bool {
	b := s.bytes(i)
	if bytes.IndexByte(b, '\'') > 0 {
		return true
	}
	n := 1
	for n < len(b) && b[n] >= 'a' && b[n] <= 'z' {
		n++
	}
	if n > 4 || n < 2 || n >= len(b)-2 {
		return false
	}
	for _, c := range b[n+1:] {
		if c >= 'A' && c <= 'Z' {
			return false
		}
	}
	switch string(b[:n]) {
	case "Mc", "Mac", "De", "Le", "La", "Di", "Du", "Van", "Da", "Fitz", "St", "O", "D", "Ja", "Ra":
		return true
	}
	return s.look(i) != 0
}

// readName takes the words from token i on that may be one name.
func (s *Scanner) readName(i int) person {
	p := person{from: i, to: i}
	j := i
	for s.at(j).has(title) && s.at(j).kind != lower || s.at(j).has(title) && s.at(j).flags&lowText != 0 {
		next := j + 1
		if s.at(next).is('.') && s.at(next).gap == glued {
			next++
		}
		if t := s.at(next); t.gap != blank || !t.word() || !t.free() || t.has(common) && !s.properCommon(next) || t.kind == lower && t.flags&lowText == 0 {
			break
		}
		p.title = true
		j = next
	}
	if !p.title && s.at(j).has(title) && s.at(j).has(common|roleWord) {
		return p
	}
	for p.n < maxName {
		t := s.at(j)
		if j != i && !p.title && p.n > 0 && !s.continuesName(j) {
			break
		}
		p.words[p.n] = j
		p.n++
		p.to = j
		if t.kind == upper {
			p.caps++
		}
		p.low = p.low || t.kind == lower && !t.has(particle)
		next := s.nextName(j)
		if next == 0 || t.flags&owning != 0 {
			break
		}
		if p.title && !s.continuesName(next) {
			break
		}
		j = next
	}
	s.takeSuffix(&p)
	return p
}

// properCommon tells whether a common word is written as a name behind a title: Mr. Will, Mrs. May.
func (s *Scanner) properCommon(i int) bool {
	return s.toks[i].kind == capital && s.look(i).Surname() > 0 && !s.toks[i].has(article|verbBe|auxiliary|pronoun|possessive|andWord|location)
}

// nextName gives the token that may go on a name behind token i: over a blank, a hyphen, the full stop of an initial, or
// particles; 0 when there is none.
func (s *Scanner) nextName(i int) int {
	j := i + 1
	if t := s.at(j); t.is('.') && t.gap == glued && s.toks[i].len() <= 2 && t.len() == 1 {
		j++
	} else if t.is('-') && t.gap == glued && t.len() == 1 && s.at(j+1).gap == glued && s.at(j+1).word() && s.at(j+1).kind != lower {
		return j + 1
	}
	for k := j; k < j+3; k++ {
		t := s.at(k)
		if t.gap != blank || !t.word() || !t.free() || t.start-s.at(k-1).end > 1 {
			return 0
		}
		if t.kind == capital || t.kind == upper || t.kind == mixed {
			return j
		}
		if t.flags&lowText != 0 && !t.has(common) {
			return j
		}
		if !t.has(particle) || t.has(common) && t.flags&lowText != 0 {
			return 0
		}
	}
	return 0
}

// continuesName tells whether token j may be a further word of a name.
func (s *Scanner) continuesName(j int) bool {
	t := s.at(j)
	if t.has(particle) && !t.has(common) {
		return true
	}
	if t.has(article|verbBe|auxiliary|pronoun|possessive|andWord|weekday|month) || t.has(common) && t.kind == lower {
		return false
	}
	if t.has(common|title) && !(s.look(j).Surname() >= 10) {
		return false
	}
	return t.kind != mixed || s.nameCase(j)
}

// takeSuffix takes "Jr.", "III" or ", MD" along.
func (s *Scanner) takeSuffix(p *person) {
	j := p.to + 1
	if s.at(j).is(',') {
		j++
	}
	t := s.at(j)
	if !t.has(suffix) || t.gap > blank || t.kind == lower && t.flags&lowText == 0 || t.has(common) || j > p.to+1 && t.kind == lower {
		if p.n > 1 && s.toks[p.to].has(suffix) && s.toks[p.to].kind != lower {
			p.n--
			p.degree = true
		}
		return
	}
	p.degree = true
	p.to = j
	if s.at(j+1).is('.') && s.at(j+1).gap == glued {
		p.to++
	}
}

// judgeName weighs a run, without the ordinary words at its ends, and reports it when it may be a name. It tells whether the run
// needs no second look from a later word on.
func (s *Scanner) judgeName(p *person) bool {
	if s.otherThing(p) {
		return true
	}
	var weights [maxName]float64
	base := weights[:p.n]
	for k := range base {
		base[k] = s.wordWeight(p.words[k])
	}
	if p.n == 1 && base[0] < hopeless && !p.title {
		return false
	}
	first, last := s.trimName(p, base)
	n := last - first + 1
	if t := &s.toks[p.words[first]]; n == 1 && (t.len() == 1 || t.kind == upper && t.len() == 2) {
		return false // nobody: Dr. X
	}
	weight, least := namePrior, -2.0
	if n == 1 {
		least = -4
	}
	for _, w := range base[first : last+1] {
		weight += max(w, least)
	}
	if n == 1 || n == 2 && s.at(p.words[first]+1).is('-') {
		weight += loneWord
	} else {
		weight += s.pairWeight(p.words[first], p.words[last], base[first:last+1])
	}
	around, subject := s.nameContext(p, n)
	if weight += around; weight < tooLow {
		return false
	}
	sp := Span{Kind: phi.Name, Likelihood: min(chance(weight), .99), Rule: ByNames, Subject: subject, Labelled: p.title || around >= afterLabel,
		WellFormed: n > 1 || p.title}
	if n > 1 {
		sp.Part = phi.PartFull
	}
	s.add(p.from, p.to, sp)
	return true
}

// otherThing tells whether the words of a run are known as a town, a holiday or the like when taken together: Las Vegas, Mardi
// Gras. A person may be called like a town. The words are claimed then.
func (s *Scanner) otherThing(p *person) bool {
	first, last := p.words[0], p.words[p.n-1]
	if s.toks[first].len() == 1 && s.toks[last].len() == 1 {
		return true // X Y Z
	}
	from := first
	switch prev := s.at(p.from - 1); {
	case p.title:
		return false
	case prev.kind == capital && s.toks[p.from].gap == blank:
		from = p.from - 1 // New York
	case p.n == 1:
		return false
	}
	e := s.tables.Look(s.between(from, last))
	place := e.City() || e.State() || e.Country()
	if !place && (e.Not() == words.NoClass || e.Not() == words.Eponym) || from == first && s.look(first).Given() > 15 && s.before(p.from) >= 0 {
		return false
	}
	for k := p.from; k <= p.to; k++ {
		s.toks[k].flags |= claimed
	}
	return true
}

// trimName cuts ordinary words off the ends of a run, and gives the first and the last that are left.
func (s *Scanner) trimName(p *person, base []float64) (first, last int) {
	last = p.n - 1
	for first < last && base[first] < -1.2 && !p.title && !(s.look(p.words[first]).Given() >= 10 && base[first+1] > -.3) {
		first++
	}
	for last > first {
		t := &s.toks[p.words[last]]
		if !(t.has(particle) && t.kind == lower) && (base[last] >= -1.2 || s.ordinarySurname(p, base, last)) {
			break
		}
		last--
		p.degree = false
		p.to = p.words[last]
	}
	if first > 0 {
		p.from = p.words[first]
	}
	return first, last
}

// ordinarySurname tells whether the last word, although an ordinary one, is the surname behind a given name: Erin Long.
func (s *Scanner) ordinarySurname(p *person, base []float64, last int) bool {
	e, f := s.look(p.words[last]), s.look(p.words[last-1])
	return e.Surname() >= 9 && f.Given() >= 11 && base[last-1] > .5 && !s.toks[p.words[last]].has(orgWord|nounWord)
}

// pairWeight says how well the words fit together.
func (s *Scanner) pairWeight(first, last int, base []float64) float64 {
	g, f := s.look(first), s.look(last)
	w := 0.0
	switch {
	case g.Given() >= 9 && base[0] > 0:
		w = givenFirst
		if f.Surname() > 0 || f == 0 {
			w += .4
		}
	case g == 0 && f == 0:
		w = twoStrange
	case s.toks[first].len() == 1: // an initial
		w = .5
		if s.toks[last].len() <= 2 {
			w = -3
		}
	case f.Surname() >= 12 && f.Word() < 60:
		w = .5
	}
	if base[len(base)-1] < -1.2 && w >= givenFirst {
		w += 1.2 // an ordinary word as a surname
	}
	return w
}

// wordWeight is what word i alone says of being part of a person's name.
func (s *Scanner) wordWeight(i int) float64 {
	t := &s.toks[i]
	if t.len() == 1 {
		return -.2
	}
	if t.kind == upper && t.len() <= 3 && s.look(i) == 0 {
		return -2.4 // XYZ
	}
	if t.has(particle) && t.kind == lower {
		return .2
	}
	e := s.look(i)
	w := 0.0
	g, f := float64(e.Given()), float64(e.Surname())
	if g > 0 {
		w = .3 + .17*(g-6)
	}
	if f > 0 {
		fw := .2 + .12*(f-7)
		w = max(w, fw) + .15*min(w, fw)
	}
	w = min(w, 2.6)
	w -= ordinaryWeight(e)
	w += classWeight(e, e.Given() >= 12)
	switch {
	case t.kind == lower && e == 0:
		w += lowerStrange
		if t.len() < 4 {
			w -= .5
		}
	case t.kind == lower:
		w += lowerCase
	case t.kind == upper && e == 0:
		w += upperStrange
	case t.kind == mixed && e == 0:
		w -= .3
	}
	if e == 0 || t.flags&wide != 0 {
		w += s.ending(i)
	}
	if e.Not() == words.Eponym && e.Surname() < 15 {
		w -= .6
	}
	if t.flags&wide != 0 && e.Word() == 0 {
		w += .5
	}
	if t.has(orgWord|nounWord|healthStrong|streetWord|unitLabel) && !(e.Given() > 12) {
		w -= 1.5
	}
	return w
}

// ordinaryWeight is what is lost by being a word as well.
func ordinaryWeight(e words.Entry) float64 {
	share := float64(e.Word()) / 255
	switch {
	case share == 0:
		return 0
	case e.Given() == 0 && e.Surname() == 0:
		return 2.2 + 1.5*share
	}
	return 4.2 * share * (.4 + .6*share) * 1.3
}

// classWeight is what is lost by being called something else. A given name that is common enough loses less.
func classWeight(e words.Entry, known bool) float64 {
	w := 0.0
	switch e.Not() {
	case words.People, words.Drug, words.RecordWord, words.Section, words.HospitalWord, words.Month, words.Weekday, words.Title:
		w = -3
	case words.Software, words.PlaceWord, words.Holiday, words.Device:
		w = -1.5
	case words.Organisation:
		w = -1
	}
	if known {
		w /= 3
	}
	switch {
	case e.Country() || e.State():
		if known {
			return w - 1
		}
		return w - 3
	case e.City() && e.Given() < 12:
		return w - .4
	}
	return w
}

// endings are endings of surnames, by language.
var endings = []string{"sson", "sdottir", "dottir", "sen", "ov", "ova", "ev", "eva", "off", "sky", "ski", "ska", "enko", "chuk", "ic", "vic", "wicz", "czyk",
	"berg", "stein", "mann", "ini", "elli", "etti", "poulos", "idis", "akis", "escu", "shvili", "dze", "yan", "ian", "nen", "ez", "quist", "strom", "lund",
	"uk", "ak", "ek", "ka", "man"}

// ending weighs the ending of a word that is in no table.
func (s *Scanner) ending(i int) float64 {
	var buf [48]byte
	b := words.Fold(buf[:0], s.bytes(i)[:min(s.toks[i].len(), 40)])
	for _, e := range endings {
		if len(b) > len(e)+2 && string(b[len(b)-len(e):]) == e {
			return .6
		}
	}
	return 0
}
