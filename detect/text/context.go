package text

import (
	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/phi"
)

// ordinaryStart tells whether the run from start to end may have its capital from standing at the beginning of a sentence: not a given name,
// nor a word that is in no dictionary and has a verb behind it.
func (s finder) ordinaryStart(start, end int) bool {
	e := s.Look(start)
	return e.Given() < 10 && (e != 0 || !s.At(end+1).Has(lex.Auxiliary|lex.HumanVerb|lex.VerbBe))
}

// before weighs the words that stand directly before token i.
func (s finder) before(i int) float64 {
	j := i - 1
	if t := s.At(j); t.Is('"') || t.Is('(') || t.Is('\'') {
		j--
	}
	if s.Tokens[i].Gap >= lex.NewLine && !s.At(j).Is(':') && !s.At(j).Is(',') {
		return 0
	}
	t, u := s.At(j), s.At(j-1)
	switch {
	case t.Is(':') || t.Is('='):
		switch {
		case u.Has(lex.NameLabel) && s.personLabel(j-1), s.At(j-2).Has(lex.NameLabel) && u.Gap == lex.Blank && s.personLabel(j-2):
			return afterLabel
		case u.Has(lex.RoleWord | lex.PatientWord | lex.ProviderWord):
			return afterSpeaker
		}
		return 0
	case t.Is('?') && s.At(j-1).Has(lex.NameLabel):
		return afterNamed
	case t.Is(',') && (u.Has(lex.Greeting) || s.Tokens[i].Gap >= lex.NewLine && u.Has(lex.Greeting)):
		return afterGreeting
	case !t.Word():
		return 0
	case t.Has(lex.Named), t.Has(lex.Object) && u.Has(lex.Named):
		return afterNamed
	case t.Has(lex.NameLabel):
		return afterNamed
	case t.Has(lex.VerbBe) && (u.Has(lex.NameLabel) || s.Says(j-1, "this") || s.Says(j-1, "i")):
		return afterNamed
	case s.Says(j, "i") && t.Flags&lex.Owning != 0: // I'm
		return afterNamed
	case t.Has(lex.Greeting):
		return afterGreeting
	case s.Says(j, "to") && (s.Says(j-1, "according") || s.Says(j-1, "happened") || u.Has(lex.Speech) || s.Says(j-1, "talk") || s.Says(j-1, "talked") || s.Says(j-1, "spoke")):
		return afterSpeech
	case t.Has(lex.VerbBe) && s.Says(j-1, "who"):
		return afterRole
	case t.Has(lex.VerbBe) && s.Tokens[j].Kind == lex.Capital: // Is X coming?
		return afterBy
	case t.Has(lex.RoleWord):
		return afterRole
	case t.Has(lex.Speech):
		return afterSpeech
	case t.Has(lex.ByWord), s.Says(j, "met"), s.Says(j, "married"), s.Says(j, "thank"), s.Says(j, "invite"):
		return afterBy
	case t.Has(lex.Article):
		if e := s.Look(i); e.Given() >= 10 && e.Word() < 60 && s.likelySurname(i+1) {
			return afterArticle / 3 // a John Smith concert
		}
		return afterArticle
	case t.Has(lex.Location):
		if s.Look(i).Given() >= 12 {
			return afterPlace / 2
		}
		return afterPlace
	}
	return 0
}

// personLabel tells whether the label that ends with the word name at token i asks for a person's name, not for a file's or a test's.
func (s finder) personLabel(i int) bool {
	t := s.At(i - 1)
	return s.Tokens[i].Gap >= lex.NewLine || !t.Word() || t.Has(lex.NamePart|lex.PatientWord|lex.ProviderWord|lex.RoleWord|lex.Possessive|lex.Article)
}

// nameContext weighs what stands around a run, and tells whom the name is likely about.
func (s finder) nameContext(p *person, n int) (float64, phi.Subject) {
	w := 0.0
	start, end := p.from, p.to
	if p.title {
		w += afterTitle
	} else {
		w += s.before(start)
		if n == 1 && s.At(start-1).Is(':') && w == afterSpeaker && s.Look(start).Given() < 10 {
			w = 0 // what the patient says, not who he is
		}
	}
	if p.degree {
		w += beforeDegree
	}
	w += s.after(p, n)
	l := s.LineOf(start)
	if l.Roles&lex.Credit != 0 && s.credited(start) {
		w += inCredits
	}
	if l.Code {
		w += inProgramText
	}
	if s.listed(p.from, p.to) {
		w += inList
	}
	startsLine := s.StartsLine(start)
	if startsLine && (end+1 >= int(l.End) || s.At(end+1).Is(',') && end+2 >= int(l.End)) {
		if n > 1 {
			w += ownLineName
		}
	} else if w <= 0 && (startsLine || s.Closes(start-1) && !s.At(start-1).Is(':')) && s.ordinaryStart(start, end) {
		w += sentenceStart
	}
	if p.caps > 0 && !s.shouting(l) {
		w += capsInProse
	}
	return w, s.subject(p)
}

// after weighs what stands behind a run.
func (s finder) after(p *person, n int) float64 {
	w := 0.0
	t := s.At(p.to + 1)
	if s.Tokens[p.to].Flags&lex.Owning != 0 {
		w += beforeOwned
		if t.Has(lex.AddressLabel | lex.Family | lex.PhoneWord | lex.DOBWord | lex.RoleWord | lex.PatientWord | lex.AcctLabel | lex.MRNLabel) {
			w += ownedByHuman
		}
	}
	if s.nearHuman(p.to) {
		w += humanBehind
	}
	if t.Is('&') || s.At(p.from-1).Is('&') {
		w -= 1
	}
	w += s.address(p)
	if t.Gap != lex.Blank || !t.Word() {
		if t.Is('-') && t.Gap == lex.Glued && s.At(p.to+2).Gap == lex.Glued && s.At(p.to+2).Kind == lex.Lower {
			w -= 1 // Foley-type
		}
		if t.Gap == lex.Glued && t.Kind == lex.Sign && (t.Is('/') || t.Is('_') || t.Is('(') || t.Is('=') || t.Is('.') && s.At(p.to+2).Gap == lex.Glued && s.At(p.to+2).Word()) {
			w -= 1.5
		}
		if n == 1 && (t.Kind == lex.Junk || t.Kind == lex.Number) && t.Gap == lex.Blank {
			w += beforeColumn
		}
		return w
	}
	if n == 1 && t.Start-s.Tokens[p.to].End > 1 && s.Tokens[p.to].Flags&lex.Owning == 0 {
		w += beforeColumn
	}
	switch {
	case t.Has(lex.OrgWord) && (t.Kind != lex.Lower || n == 1):
		w += beforeOrg
	case t.Has(lex.NounWord):
		w += beforeNoun
	case t.Has(lex.Speech):
		w += beforeSpeech
	case t.Has(lex.WorkWord):
		w += beforeWork
	case t.Has(lex.HumanVerb):
		w += beforeHuman
	case t.Has(lex.Auxiliary):
		w += beforeVerb
	case t.Has(lex.VerbBe):
		w += .3
		if u := s.At(p.to + 2); u.Has(lex.Participle) {
			w += beforeVerb
		} else if u.Has(lex.Location) {
			w += .4 // is from
		}
	case t.Kind == lex.Capital && !t.Has(lex.Common) && t.Free():
		w -= .6 // a longer title, of which the name is the beginning
	}
	return w
}

// address weighs a colon or comma behind a run at the beginning of a line: who speaks, or who is spoken to.
func (s finder) address(p *person) float64 {
	t, next := s.At(p.to+1), s.At(p.to+2)
	if !s.StartsLine(p.from) && !s.Closes(p.from-1) {
		return 0
	}
	if t.Gap == lex.Blank && t.Kind == lex.Lower && next.Is(':') {
		return formLabel // Bill to:
	}
	switch e := s.Look(p.from); {
	case t.Is(':') && (next.Is('"') || next.Is('\\')) && e.Given()+e.Surname() > 0 && next.Gap < lex.NewLine && next.Start-t.End <= 1:
		return speaker + .4
	case t.Is(':') && e.Given() > 0:
		return speaker
	case t.Is(',') && next.Gap == lex.Blank && next.Kind == lex.Lower && (next.Has(lex.Pronoun) || s.At(p.to+3).Has(lex.Pronoun)):
		return spokenTo
	}
	return 0
}

// credited tells whether a line gives somebody the credit of a work: Copyright 2024, by; @author.
func (s finder) credited(i int) bool {
	for k := i - 1; k >= 0 && k > i-12 && s.Tokens[k+1].Gap < lex.NewLine; k-- {
		if t := &s.Tokens[k]; t.Has(lex.Credit) || s.Says(k, "c") && s.At(k-1).Is('(') || t.Kind == lex.Sign && string(s.Bytes(k)) == "©" {
			return true
		}
	}
	return false
}

// nearHuman tells whether one of the few words behind token i speaks of a person.
func (s finder) nearHuman(i int) bool {
	for k := i + 1; k <= i+5; k++ {
		t := s.At(k)
		if t.Gap >= lex.NewLine || t.Kind == lex.Sign && !t.Is(',') {
			return false
		}
		if t.Has(lex.HumanWord) {
			return true
		}
	}
	return false
}

// listed tells whether names stand beside the tokens from to to, in a list or a pair.
func (s finder) listed(from, to int) bool {
	if b := s.At(from - 1); b.Is(',') || b.Has(lex.AndWord) {
		k := from - 2
		if s.At(k).Is(',') {
			k--
		}
		if s.wasName(k) || b.Has(lex.AndWord) && s.plural(to+1) && s.At(k).Kind == lex.Capital && s.wordWeight(k) > -.5 {
			return true
		}
	}
	t := s.At(to + 1)
	if t.Is(',') || t.Has(lex.AndWord) {
		k := to + 2
		if s.At(k).Has(lex.AndWord) {
			k++
		}
		u := s.At(k)
		if u.Word() && (u.Kind != lex.Lower || u.Flags&lex.LowText != 0) && u.Free() && u.Gap < lex.NewLine && !u.Has(lex.Common|lex.Month|lex.Weekday) {
			return s.wordWeight(k) > .8 || t.Has(lex.AndWord) && s.wordWeight(k) > -.5 && s.plural(k+1)
		}
	}
	return false
}

// plural tells whether token i is a verb of several.
func (s finder) plural(i int) bool {
	return s.Says(i, "are") || s.Says(i, "were") || s.Says(i, "have")
}

// wasName tells whether token i was reported as part of a name.
func (s finder) wasName(i int) bool {
	t := s.At(i)
	if t.Free() {
		return false
	}
	for n := len(s.Spans); n > 0 && n > len(s.Spans)-3; n-- {
		sp := &s.Spans[n-1]
		if sp.Kind == phi.Name && sp.End == int(t.End) {
			return true
		}
	}
	return false
}

// shouting tells whether most words of a line are in capitals.
func (s finder) shouting(l *lex.Line) bool {
	if l.Counted {
		return l.Loud
	}
	caps, all := 0, 0
	for i := l.First; i < l.End; i++ {
		if s.Tokens[i].Word() {
			all++
			if s.Tokens[i].Kind == lex.Upper || s.Tokens[i].Len() == 1 {
				caps++
			}
		}
	}
	l.Counted, l.Loud = true, 2*caps > all
	return l.Loud
}

// subject tells from the words before a run whom it names.
func (s finder) subject(p *person) phi.Subject {
	for j := p.from - 1; j > p.from-4; j-- {
		t := s.At(j)
		if t.Has(lex.ProviderWord) {
			return phi.Provider
		}
		if t.Has(lex.PatientWord) {
			return phi.Patient
		}
		if s.Tokens[j+1].Gap >= lex.NewLine {
			break
		}
	}
	if p.title && (s.Says(p.from, "dr") || s.Says(p.from, "prof")) {
		return phi.Provider
	}
	if p.degree {
		return phi.Provider
	}
	return phi.Unknown
}
