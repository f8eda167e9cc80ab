package text

import "github.com/chartroom/chartroom/phi"

// ordinaryStart tells whether the run from start to end may have its capital from standing at the beginning of a sentence: not a given name,
// nor a word that is in no dictionary and has a verb behind it.
func (s *Scanner) ordinaryStart(start, end int) bool {
	e := s.look(start)
	return e.Given() < 10 && (e != 0 || !s.at(end+1).has(auxiliary|humanVerb|verbBe))
}

// before weighs the words that stand directly before token i.
func (s *Scanner) before(i int) float64 {
	j := i - 1
	if t := s.at(j); t.is('"') || t.is('(') || t.is('\'') {
		j--
	}
	if s.toks[i].gap >= newLine && !s.at(j).is(':') && !s.at(j).is(',') {
		return 0
	}
	t, u := s.at(j), s.at(j-1)
	switch {
	case t.is(':') || t.is('='):
		switch {
		case u.has(nameLabel) && s.personLabel(j-1), s.at(j-2).has(nameLabel) && u.gap == blank && s.personLabel(j-2):
			return afterLabel
		case u.has(roleWord | patientWord | providerWord):
			return afterSpeaker
		}
		return 0
	case t.is('?') && s.at(j-1).has(nameLabel):
		return afterNamed
	case t.is(',') && (u.has(greeting) || s.toks[i].gap >= newLine && u.has(greeting)):
		return afterGreeting
	case !t.word():
		return 0
	case t.has(named), t.has(object) && u.has(named):
		return afterNamed
	case t.has(nameLabel):
		return afterNamed
	case t.has(verbBe) && (u.has(nameLabel) || s.says(j-1, "this") || s.says(j-1, "i")):
		return afterNamed
	case s.says(j, "i") && t.flags&owning != 0: // I'm
		return afterNamed
	case t.has(greeting):
		return afterGreeting
	case s.says(j, "to") && (s.says(j-1, "according") || s.says(j-1, "happened") || u.has(speech) || s.says(j-1, "talk") || s.says(j-1, "talked") || s.says(j-1, "spoke")):
		return afterSpeech
	case t.has(verbBe) && s.says(j-1, "who"):
		return afterRole
	case t.has(verbBe) && s.toks[j].kind == capital: // Is X coming?
		return afterBy
	case t.has(roleWord):
		return afterRole
	case t.has(speech):
		return afterSpeech
	case t.has(byWord), s.says(j, "met"), s.says(j, "married"), s.says(j, "thank"), s.says(j, "invite"):
		return afterBy
	case t.has(article):
		if e := s.look(i); e.Given() >= 10 && e.Word() < 60 && s.likelySurname(i+1) {
			return afterArticle / 3 // a John Smith concert
		}
		return afterArticle
	case t.has(location):
		if s.look(i).Given() >= 12 {
			return afterPlace / 2
		}
		return afterPlace
	}
	return 0
}

// personLabel tells whether the label that ends with the word name at token i asks for a person's name, not for a file's or a test's.
func (s *Scanner) personLabel(i int) bool {
	t := s.at(i - 1)
	return s.toks[i].gap >= newLine || !t.word() || t.has(namePart|patientWord|providerWord|roleWord|possessive|article)
}

// says tells whether token i is the lower-case word w, in any case.
func (s *Scanner) says(i int, w string) bool {
	b := s.bytesAt(i)
	if len(b) != len(w) {
		return false
	}
	for k := range b {
		if b[k]|0x20 != w[k] {
			return false
		}
	}
	return true
}

// nameContext weighs what stands around a run, and tells whom the name is likely about.
func (s *Scanner) nameContext(p *person, n int) (float64, phi.Subject) {
	w := 0.0
	start, end := p.from, p.to
	if p.title {
		w += afterTitle
	} else {
		w += s.before(start)
		if n == 1 && s.at(start-1).is(':') && w == afterSpeaker && s.look(start).Given() < 10 {
			w = 0 // what the patient says, not who he is
		}
	}
	if p.degree {
		w += beforeDegree
	}
	w += s.after(p, n)
	if s.credited(start) {
		w += inCredits
	}
	l := s.lineOf(start)
	if l.code {
		w += inProgramText
	}
	if s.listed(p.from, p.to) {
		w += inList
	}
	startsLine := s.startsLine(start)
	if startsLine && (end+1 >= int(l.end) || s.at(end+1).is(',') && end+2 >= int(l.end)) {
		if n > 1 {
			w += ownLineName
		}
	} else if w <= 0 && (startsLine || s.closes(start-1) && !s.at(start-1).is(':')) && s.ordinaryStart(start, end) {
		w += sentenceStart
	}
	if p.caps > 0 && !s.shouting(l) {
		w += capsInProse
	}
	return w, s.subject(p)
}

// after weighs what stands behind a run.
func (s *Scanner) after(p *person, n int) float64 {
	w := 0.0
	t := s.at(p.to + 1)
	if s.toks[p.to].flags&owning != 0 {
		w += beforeOwned
		if t.has(addressLabel | family | phoneWord | dobWord | roleWord | patientWord | acctLabel | mrnLabel) {
			w += ownedByHuman
		}
	}
	if s.nearHuman(p.to) {
		w += humanBehind
	}
	if t.is('&') || s.at(p.from-1).is('&') {
		w -= 1
	}
	w += s.address(p)
	if t.gap != blank || !t.word() {
		if t.is('-') && t.gap == glued && s.at(p.to+2).gap == glued && s.at(p.to+2).kind == lower {
			w -= 1 // Foley-type
		}
		if t.gap == glued && t.kind == sign && (t.is('/') || t.is('_') || t.is('(') || t.is('=') || t.is('.') && s.at(p.to+2).gap == glued && s.at(p.to+2).word()) {
			w -= 1.5
		}
		if n == 1 && (t.kind == junk || t.kind == number) && t.gap == blank {
			w += beforeColumn
		}
		return w
	}
	if n == 1 && t.start-s.toks[p.to].end > 1 && s.toks[p.to].flags&owning == 0 {
		w += beforeColumn
	}
	switch {
	case t.has(orgWord) && (t.kind != lower || n == 1):
		w += beforeOrg
	case t.has(nounWord):
		w += beforeNoun
	case t.has(speech):
		w += beforeSpeech
	case t.has(workWord):
		w += beforeWork
	case t.has(humanVerb):
		w += beforeHuman
	case t.has(auxiliary):
		w += beforeVerb
	case t.has(verbBe):
		w += .3
		if u := s.at(p.to + 2); u.has(participle) {
			w += beforeVerb
		} else if u.has(location) {
			w += .4 // is from
		}
	case t.kind == capital && !t.has(common) && t.free():
		w -= .6 // a longer title, of which the name is the beginning
	}
	return w
}

// address weighs a colon or comma behind a run at the beginning of a line: who speaks, or who is spoken to.
func (s *Scanner) address(p *person) float64 {
	t, next := s.at(p.to+1), s.at(p.to+2)
	if !s.startsLine(p.from) && !s.closes(p.from-1) {
		return 0
	}
	if t.gap == blank && t.kind == lower && next.is(':') {
		return formLabel // Bill to:
	}
	switch e := s.look(p.from); {
	case t.is(':') && (next.is('"') || next.is('\\')) && e.Given()+e.Surname() > 0 && next.gap < newLine && next.start-t.end <= 1:
		return speaker + .4
	case t.is(':') && e.Given() > 0:
		return speaker
	case t.is(',') && next.gap == blank && next.kind == lower && (next.has(pronoun) || s.at(p.to+3).has(pronoun)):
		return spokenTo
	}
	return 0
}

// credited tells whether a line gives somebody the credit of a work: Copyright 2024, by; @author.
func (s *Scanner) credited(i int) bool {
	for k := i - 1; k >= 0 && k > i-12 && s.toks[k+1].gap < newLine; k-- {
		if t := &s.toks[k]; t.has(credit) || s.says(k, "c") && s.at(k-1).is('(') || t.kind == sign && string(s.bytes(k)) == "©" {
			return true
		}
	}
	return false
}

// nearHuman tells whether one of the few words behind token i speaks of a person.
func (s *Scanner) nearHuman(i int) bool {
	for k := i + 1; k <= i+5; k++ {
		t := s.at(k)
		if t.gap >= newLine || t.kind == sign && !t.is(',') {
			return false
		}
		if t.has(humanWord) {
			return true
		}
	}
	return false
}

// listed tells whether names stand beside the tokens from to to, in a list or a pair.
func (s *Scanner) listed(from, to int) bool {
	if b := s.at(from - 1); b.is(',') || b.has(andWord) {
		k := from - 2
		if s.at(k).is(',') {
			k--
		}
		if s.wasName(k) || b.has(andWord) && s.plural(to+1) && s.at(k).kind == capital && s.wordWeight(k) > -.5 {
			return true
		}
	}
	t := s.at(to + 1)
	if t.is(',') || t.has(andWord) {
		k := to + 2
		if s.at(k).has(andWord) {
			k++
		}
		u := s.at(k)
		if u.word() && (u.kind != lower || u.flags&lowText != 0) && u.free() && u.gap < newLine && !u.has(common|month|weekday) {
			return s.wordWeight(k) > .8 || t.has(andWord) && s.wordWeight(k) > -.5 && s.plural(k+1)
		}
	}
	return false
}

// plural tells whether token i is a verb of several.
func (s *Scanner) plural(i int) bool {
	return s.says(i, "are") || s.says(i, "were") || s.says(i, "have")
}

// wasName tells whether token i was reported as part of a name.
func (s *Scanner) wasName(i int) bool {
	if i < 0 || s.toks[i].free() {
		return false
	}
	for n := len(s.spans); n > 0 && n > len(s.spans)-3; n-- {
		sp := &s.spans[n-1]
		if sp.Kind == phi.Name && sp.End == int(s.toks[i].end) {
			return true
		}
	}
	return false
}

// shouting tells whether most words of a line are in capitals.
func (s *Scanner) shouting(l *line) bool {
	if l.counted {
		return l.loud
	}
	caps, all := 0, 0
	for i := l.first; i < l.end; i++ {
		if s.toks[i].word() {
			all++
			if s.toks[i].kind == upper || s.toks[i].len() == 1 {
				caps++
			}
		}
	}
	l.counted, l.loud = true, 2*caps > all
	return l.loud
}

// subject tells from the words before a run whom it names.
func (s *Scanner) subject(p *person) phi.Subject {
	for j := p.from - 1; j >= 0 && j > p.from-4; j-- {
		t := &s.toks[j]
		if t.has(providerWord) {
			return phi.Provider
		}
		if t.has(patientWord) {
			return phi.Patient
		}
		if s.toks[j+1].gap >= newLine {
			break
		}
	}
	if p.title && (s.says(p.from, "dr") || s.says(p.from, "prof")) {
		return phi.Provider
	}
	if p.degree {
		return phi.Provider
	}
	return phi.Unknown
}
