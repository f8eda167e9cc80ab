package text

import (
	"bytes"

	"github.com/chartroom/chartroom/detect/lex"
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
	mostAround    = 4.0  // more than what stands around a name ever adds, but for the rarest
	hopeless      = -2.6 // for a lone word, whatever stands around it
)

const (
	maxName   = 6 // words
	maxTitles = 8 // before it: Herr Prof. Dr. Dr. h. c.
)

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
func (s finder) names() {
	done, caps, lows := -1, s.Capitals, s.Lows
	for len(caps) > 0 || len(lows) > 0 {
		var i int
		if len(lows) == 0 || len(caps) > 0 && caps[0] < lows[0] {
			i, caps = int(caps[0]), caps[1:]
		} else {
			i, lows = int(lows[0]), lows[1:]
		}
		if s.Enter(i); i <= done || !s.begins(i) {
			continue
		}
		p := s.readName(i)
		if p.n == 0 {
			continue
		}
		done = s.judgeName(&p)
	}
}

// begins tells whether a name may begin with token i.
func (s finder) begins(i int) bool {
	t := &s.Tokens[i]
	if !t.Free() || !t.Word() || t.Gap == lex.Glued && i > 0 && s.insideWord(i) {
		return false
	}
	if t.Has(lex.Title) {
		return true
	}
	if t.Has(lex.Common) {
		if next := s.At(i + 1); next.Gap != lex.Blank || next.Kind != lex.Capital && next.Kind != lex.Upper {
			return false
		}
		return t.Flags&lex.Owning == 0 && t.Kind != lex.Lower && s.Look(i).Given() > 0 && s.likelySurname(i+1)
	}
	if t.Kind == lex.Upper && t.Has(lex.Labels) { // MRN, DOB
		return false
	}
	if t.Kind == lex.Capital && s.dull(i) {
		return false
	}
	if t.Has(lex.Month | lex.Weekday) {
		e := s.Look(i)
		return t.Kind != lex.Lower && e.Given() > 8 && (s.likelySurname(i+1) || s.named(i) || s.listed(i, i) || s.At(i+1).Has(lex.Particle) && s.nextName(i) > 0)
	}
	return t.Kind != lex.MixedCase || s.nameCase(i)
}

// dull tells whether word i is an ordinary one and no name, with no word of a name behind it: most words at the beginning of a sentence.
func (s finder) dull(i int) bool {
	if next := s.At(i + 1); next.Gap == lex.Blank && (next.Kind == lex.Capital || next.Kind == lex.Upper) {
		return false
	}
	if s.Tokens[i].Has(lex.PlainWord) {
		return true
	}
	e := s.Look(i)
	return e.Word() > 100 && e.Given() == 0 && e.Surname() == 0
}

// insideWord tells whether the sign before token i makes it a part of something that is no name: a path, a mention, a tag, a
// file's extension.
func (s finder) insideWord(i int) bool {
	t := &s.Tokens[i-1]
	if t.Kind != lex.Sign {
		return true
	}
	switch t.Sign {
	case '"', '\'', '(', '>', '<', '[', '*', ',', ':', '!', '?', ';':
		return false
	case '-':
		return t.Gap == lex.Glued && s.At(i-2).Word()
	case '.':
		return s.At(i-2).Len() != 1
	}
	return true
}

// named tells whether the words before token i say that a name follows.
func (s finder) named(i int) bool { return s.before(i) >= afterNamed }

// likelySurname tells whether token i goes on a name and is a surname that is no ordinary word.
func (s finder) likelySurname(i int) bool {
	t := s.At(i)
	if t.Gap != lex.Blank || t.Kind != lex.Capital && t.Kind != lex.Upper || t.Has(lex.Common) {
		return false
	}
	e := s.Look(i)
	return e.Surname() >= 10 && e.Word() < 140 || e == 0 && t.Flags&lex.Wide != 0
}

// nameCase tells whether a word with inner capitals is written as names are: McKenzie, DeShawn, O'Brien, LaToya.
func (s finder) nameCase(i int) bool {
	b := s.Bytes(i)
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
	return s.Look(i) != 0
}

// readName takes the words from token i on that may be one name.
func (s finder) readName(i int) person {
	p := person{from: i, to: i}
	j := i
	for titles := 0; titles < maxTitles && s.At(j).Has(lex.Title) && (s.At(j).Kind != lex.Lower || s.At(j).Flags&lex.LowText != 0); titles++ {
		next := j + 1
		if s.At(next).Is('.') && s.At(next).Gap == lex.Glued {
			next++
		}
		if t := s.At(next); t.Gap != lex.Blank || !t.Word() || !t.Free() || t.Has(lex.Common) && !s.properCommon(next) || t.Kind == lex.Lower && t.Flags&lex.LowText == 0 {
			break
		}
		p.title = true
		j = next
	}
	if !p.title && s.At(j).Has(lex.Title) && s.At(j).Has(lex.Common|lex.RoleWord) {
		return p
	}
	for p.n < maxName {
		t := s.At(j)
		if j != i && !p.title && p.n > 0 && !s.continuesName(j) {
			break
		}
		p.words[p.n] = j
		p.n++
		p.to = j
		if t.Kind == lex.Upper {
			p.caps++
		}
		p.low = p.low || t.Kind == lex.Lower && !t.Has(lex.Particle)
		next := s.nextName(j)
		if next == 0 || t.Flags&lex.Owning != 0 {
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
func (s finder) properCommon(i int) bool {
	return s.Tokens[i].Kind == lex.Capital && s.Look(i).Surname() > 0 && !s.Tokens[i].Has(lex.Article|lex.VerbBe|lex.Auxiliary|lex.Pronoun|lex.Possessive|lex.AndWord|lex.Location)
}

// nextName gives the token that may go on a name behind token i: over a blank, a hyphen, the full stop of an initial, or
// particles; 0 when there is none.
func (s finder) nextName(i int) int {
	j := i + 1
	if t := s.At(j); t.Is('.') && t.Gap == lex.Glued && s.Tokens[i].Len() <= 2 && t.Len() == 1 {
		j++
	} else if t.Is('-') && t.Gap == lex.Glued && t.Len() == 1 && s.At(j+1).Gap == lex.Glued && s.At(j+1).Word() && s.At(j+1).Kind != lex.Lower {
		return j + 1
	}
	for k := j; k < j+3; k++ {
		t := s.At(k)
		if t.Gap != lex.Blank || !t.Word() || !t.Free() || t.Start-s.At(k-1).End > 1 {
			return 0
		}
		if t.Kind == lex.Capital || t.Kind == lex.Upper || t.Kind == lex.MixedCase {
			return j
		}
		if t.Flags&lex.LowText != 0 && !t.Has(lex.Common) {
			return j
		}
		if !t.Has(lex.Particle) || t.Has(lex.Common) && t.Flags&lex.LowText != 0 {
			return 0
		}
	}
	return 0
}

// continuesName tells whether token j may be a further word of a name.
func (s finder) continuesName(j int) bool {
	t := s.At(j)
	if t.Has(lex.Particle) && !t.Has(lex.Common) {
		return true
	}
	if t.Has(lex.Article|lex.VerbBe|lex.Auxiliary|lex.Pronoun|lex.Possessive|lex.AndWord|lex.Weekday|lex.Month) || t.Has(lex.Common) && t.Kind == lex.Lower {
		return false
	}
	if t.Has(lex.Common|lex.Title) && !(s.Look(j).Surname() >= 10) {
		return false
	}
	return t.Kind != lex.MixedCase || s.nameCase(j)
}

// takeSuffix takes "Jr.", "III" or ", MD" along.
func (s finder) takeSuffix(p *person) {
	j := p.to + 1
	if s.At(j).Is(',') {
		j++
	}
	t := s.At(j)
	if !t.Has(lex.Suffix) || t.Gap > lex.Blank || t.Kind == lex.Lower && t.Flags&lex.LowText == 0 || t.Has(lex.Common) || j > p.to+1 && t.Kind == lex.Lower {
		if p.n > 1 && s.Tokens[p.to].Has(lex.Suffix) && s.Tokens[p.to].Kind != lex.Lower {
			p.n--
			p.degree = true
		}
		return
	}
	p.degree = true
	p.to = j
	if s.At(j+1).Is('.') && s.At(j+1).Gap == lex.Glued {
		p.to++
	}
}

// judgeName weighs a run, without the ordinary words at its ends, and reports it when it may be a name. It gives the last token from which on no second
// look is needed.
func (s finder) judgeName(p *person) int {
	if s.otherThing(p) {
		return p.to
	}
	var weights [maxName]float64
	base := weights[:p.n]
	for k := range base {
		base[k] = s.wordWeight(p.words[k])
	}
	if p.n == 1 && base[0] < hopeless && !p.title {
		return p.from
	}
	first, last := s.trimName(p, base)
	begins := p.words[first] - 1
	if first == 0 {
		begins = p.from
	}
	n := last - first + 1
	if t := &s.Tokens[p.words[first]]; n == 1 && (t.Len() == 1 || t.Kind == lex.Upper && t.Len() == 2) {
		return begins // nobody: Dr. X
	}
	weight, least := namePrior, -2.0
	if n == 1 {
		least = -4
	}
	for _, w := range base[first : last+1] {
		weight += max(w, least)
	}
	if n == 1 || n == 2 && s.At(p.words[first]+1).Is('-') {
		weight += loneWord
	} else {
		weight += s.pairWeight(p.words[first], p.words[last], base[first:last+1])
	}
	if hope := weight + mostAround; !p.title && (hope < lex.TooLow || hope+inProgramText < lex.TooLow && s.LineOf(p.from).Code) {
		return begins
	}
	around, subject := s.nameContext(p, n)
	if weight += around; weight < lex.TooLow {
		return begins
	}
	sp := lex.Span{Kind: phi.Name, Likelihood: min(lex.Chance(weight), .99), Rule: lex.ByNames, Subject: subject, Labelled: p.title || around >= afterLabel,
		WellFormed: n > 1 || p.title}
	if n > 1 {
		sp.Part = phi.PartFull
	}
	s.Add(p.from, p.to, sp)
	return p.to
}

// otherThing tells whether the words of a run are known as a town, a holiday or the like when taken together: Las Vegas, Mardi
// Gras. A person may be called like a town. The words are claimed then.
func (s finder) otherThing(p *person) bool {
	first, last := p.words[0], p.words[p.n-1]
	if s.Tokens[first].Len() == 1 && s.Tokens[last].Len() == 1 {
		return true // X Y Z
	}
	from := first
	switch prev := s.At(p.from - 1); {
	case p.title:
		return false
	case prev.Kind == lex.Capital && s.Tokens[p.from].Gap == lex.Blank:
		from = p.from - 1 // New York
	case p.n == 1:
		return false
	}
	e := s.Tables.Look(s.Between(from, last))
	place := e.City() || e.State() || e.Country()
	if !place && (e.Not() == words.NoClass || e.Not() == words.Eponym) || from == first && s.Look(first).Given() > 15 && s.before(p.from) >= 0 {
		return false
	}
	for k := p.from; k <= p.to; k++ {
		s.Tokens[k].Flags |= lex.Claimed
	}
	return true
}

// trimName cuts ordinary words off the ends of a run, and gives the first and the last that are left.
func (s finder) trimName(p *person, base []float64) (first, last int) {
	last = p.n - 1
	for first < last && base[first] < -1.2 && !p.title && !(s.Look(p.words[first]).Given() >= 10 && base[first+1] > -.3) {
		first++
	}
	for last > first {
		t := &s.Tokens[p.words[last]]
		if !(t.Has(lex.Particle) && t.Kind == lex.Lower) && (base[last] >= -1.2 || s.ordinarySurname(p, base, last)) {
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
func (s finder) ordinarySurname(p *person, base []float64, last int) bool {
	e, f := s.Look(p.words[last]), s.Look(p.words[last-1])
	return e.Surname() >= 9 && f.Given() >= 11 && base[last-1] > .5 && !s.Tokens[p.words[last]].Has(lex.OrgWord|lex.NounWord)
}

// pairWeight says how well the words fit together.
func (s finder) pairWeight(first, last int, base []float64) float64 {
	g, f := s.Look(first), s.Look(last)
	w := 0.0
	switch {
	case g.Given() >= 9 && base[0] > 0:
		w = givenFirst
		if f.Surname() > 0 || f == 0 {
			w += .4
		}
	case g == 0 && f == 0:
		w = twoStrange
	case s.Tokens[first].Len() == 1: // an initial
		w = .5
		if s.Tokens[last].Len() <= 2 {
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

// weighed is a word that was weighed: its key, and what it weighs.
type weighed struct {
	key    uint64
	weight float64
}

const weighedBits = 10

// wordWeight is what word i alone says of being part of a person's name. It is a matter of the word and its case alone, and words repeat.
func (s finder) wordWeight(i int) float64 {
	t := &s.Tokens[i]
	key, whole := s.Key(t)
	if !whole {
		return s.weigh(i)
	}
	key ^= (uint64(t.Kind) + 1) * 0xd1b54a32d192ed03
	w := &s.weights[key*0x9e3779b97f4a7c15>>(64-weighedBits)]
	if w.key != key {
		*w = weighed{key, s.weigh(i)}
	}
	return w.weight
}

// weigh weighs word i.
func (s finder) weigh(i int) float64 {
	t := &s.Tokens[i]
	if t.Len() == 1 {
		return -.2
	}
	if t.Kind == lex.Upper && t.Len() <= 3 && s.Look(i) == 0 {
		return -2.4 // XYZ
	}
	if t.Has(lex.Particle) && t.Kind == lex.Lower {
		return .2
	}
	e := s.Look(i)
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
	case t.Kind == lex.Lower && e == 0:
		w += lowerStrange
		if t.Len() < 4 {
			w -= .5
		}
	case t.Kind == lex.Lower:
		w += lowerCase
	case t.Kind == lex.Upper && e == 0:
		w += upperStrange
	case t.Kind == lex.MixedCase && e == 0:
		w -= .3
	}
	if e == 0 || t.Flags&lex.Wide != 0 {
		w += s.ending(i)
	}
	if e.Not() == words.Eponym && e.Surname() < 15 {
		w -= .6
	}
	if t.Flags&lex.Wide != 0 && e.Word() == 0 {
		w += .5
	}
	if t.Has(lex.OrgWord|lex.NounWord|lex.HealthStrong|lex.StreetWord|lex.UnitLabel) && !(e.Given() > 12) {
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
func (s finder) ending(i int) float64 {
	var buf [48]byte
	b := words.Fold(buf[:0], s.Bytes(i)[:min(s.Tokens[i].Len(), 40)])
	for _, e := range endings {
		if len(b) > len(e)+2 && string(b[len(b)-len(e):]) == e {
			return .6
		}
	}
	return 0
}
