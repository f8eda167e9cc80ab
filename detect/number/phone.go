package number

import (
	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/phi"
)

// phone is a chain of digit groups that may be a telephone number.
type phone struct {
	last   int      // last token
	groups [8]uint8 // digits of each group
	n      int
	digits int
	plus   bool
	paren  bool
	signs  bool // groups are joined by signs, not only by blanks
	ext    bool
	slash  bool
	dots   bool
}

// phoneAt finds a telephone number that begins with number i.
func (s reader) phoneAt(i int) bool {
	if s.lonely(i) || s.inChain(i) {
		return false
	}
	from := i
	var p phone
	if b := s.At(i - 1); b.Is('(') && s.Tokens[i].Gap == lex.Glued && s.At(i+1).Is(')') && s.Tokens[i+1].Gap == lex.Glued {
		if b.Gap == lex.Glued && s.At(i-2).Kind != lex.Sign {
			return false // (01)5102(11)1412
		}
		from, p.paren = i-1, true
	}
	if b := s.At(from - 1); b.Is('+') && s.Tokens[from].Gap == lex.Glued && b.Len() == 1 {
		from, p.plus = from-1, b.Gap != lex.Glued || !s.At(from-2).Is('#')
	}
	s.readPhone(i, &p)
	if p.digits < minPhone || p.digits > maxPhone || !p.signs && !p.paren && !p.plus && s.wordFollows(p.last) {
		return false // 58 2347 Lauzon Parkway
	}
	if s.Continues(p.last) && !s.At(p.last+2).Word() {
		return false
	}
	r, direct := s.Label(from)
	after := s.phoneBehind(p.last)
	sp := lex.Span{Kind: phi.Phone, Likelihood: s.phoneLikelihood(i, &p), Rule: lex.ByShape, WellFormed: p.northAmerican() || p.plus, Subject: lex.SubjectOf(r)}
	switch labels := r & (lex.PhoneWord | lex.FaxWord); {
	case labels != 0 && direct || after&(lex.PhoneWord|lex.FaxWord) != 0:
		sp.Likelihood, sp.Rule, sp.Labelled = max(sp.Likelihood, .9), lex.ByLabel, true
	case labels == 0 && s.myNumber(i, &p, r):
		sp.Likelihood, sp.Rule = max(sp.Likelihood, .6), lex.ByContext // my number is
	case labels != 0:
		sp.Likelihood, sp.Rule = sp.Likelihood+(1-sp.Likelihood)*.55, lex.ByContext
	}
	if r&(lex.AcctLabel|lex.SSNLabel|lex.LicenseLabel|lex.IDLabel|lex.ZipWord) != 0 && r&(lex.PhoneWord|lex.FaxWord) == 0 && !p.northAmerican() && !p.plus && !p.paren && !s.myNumber(i, &p, r) {
		return false
	}
	if sp.Likelihood < .5 || p.n == 2 && p.groups[0] == 5 && p.groups[1] == 4 && !sp.Labelled {
		return false // too little, or a ZIP code
	}
	if after&lex.FaxWord != 0 || after&lex.PhoneWord == 0 && r&lex.FaxWord != 0 && r&lex.PhoneWord == 0 {
		sp.Kind = phi.Fax
	}
	s.Add(from, p.last, sp)
	return true
}

// wordFollows tells whether a word of a name or street goes on behind token i.
func (s reader) wordFollows(i int) bool {
	t := s.At(i + 1)
	return t.Gap == lex.Blank && (t.Kind == lex.Capital || t.Kind == lex.Lower && t.Flags&lex.LowText != 0) && !t.Has(lex.Common|lex.PhoneWord|lex.FaxWord)
}

// inChain tells whether number i goes on a chain of numbers that was looked at from its beginning: 2017-04-16-21.
func (s reader) inChain(i int) bool {
	b := s.At(i - 1)
	return s.Tokens[i].Gap == lex.Glued && b.Gap == lex.Glued && (b.Is('-') || b.Is('.') || b.Is('/')) && s.At(i-2).Kind == lex.Number
}

// myNumber tells whether somebody's number is more likely a telephone number: it begins with 0, or is in groups.
func (s reader) myNumber(i int, p *phone, r lex.Role) bool {
	return r&lex.IDLabel != 0 && p.digits > 8 && p.digits < 13 && (p.n > 1 && r&lex.Possessive != 0 || s.zero(i))
}

// phoneBehind gives the roles of the word behind token i when it says what the number is for, as in a list of numbers: 555-0187 fax.
func (s reader) phoneBehind(i int) lex.Role {
	j := i + 1
	if t := s.At(j); t.Is('-') || t.Is('(') || t.Is(',') {
		j++
	}
	next, more := s.At(j), s.At(j+1)
	if next.Gap >= lex.NewLine || !next.Word() || more.Gap < lex.NewLine && more.Word() {
		return 0
	}
	return next.Roles
}

// lonely tells whether number i stands for itself, and nothing beside it says that it is a telephone number.
func (s reader) lonely(i int) bool {
	t, next, before := &s.Tokens[i], s.At(i+1), s.At(i-1)
	switch {
	case t.Len() > 8, next.Kind == lex.Number && next.Gap == lex.Blank, next.Kind == lex.Junk && next.Gap == lex.Glued:
		return false
	case next.Kind == lex.Sign && next.Gap == lex.Glued:
		if !next.Is(',') && !next.Is(':') && !next.Is(']') && !next.Is('"') {
			return false
		}
	}
	if before.Is(':') || before.Is('(') || before.Is('+') {
		before = s.At(i - 2)
	}
	return !before.Word() || !before.Has(lex.PhoneWord|lex.FaxWord|lex.VerbBe|lex.IDLabel|lex.Location) && !next.Has(lex.PhoneWord|lex.FaxWord)
}

// The digits of a telephone number (ITU-T E.164, 6).
const (
	minPhone = 6
	maxPhone = 15
)

// readPhone follows the groups of digits from number i on, until there are too many.
func (s reader) readPhone(i int, p *phone) {
	for p.n < len(p.groups) && p.digits <= maxPhone {
		n := s.Tokens[i].Len()
		if n > 12 {
			return
		}
		p.groups[p.n] = uint8(n)
		p.n++
		p.digits += n
		p.last = i
		t, u := s.At(i+1), s.At(i+2)
		switch {
		case t.Kind == lex.Junk && t.Gap <= lex.Blank && s.Extension(i+1):
			p.last, p.ext = i+1, true
			return
		case t.Is(')') && t.Gap == lex.Glued && u.Kind == lex.Number && u.Gap <= lex.Blank:
			p.paren = true
			i += 2
		case t.Is(')') && t.Gap == lex.Glued && (u.Is('-') || u.Is('.')) && s.At(i+3).Kind == lex.Number && s.At(i+3).Gap == lex.Glued:
			p.paren = true
			i += 3
		case (t.Is('-') || t.Is('.') || t.Is('/')) && t.Len() == 1 && t.Gap == lex.Glued && u.Kind == lex.Number && u.Gap == lex.Glued:
			p.signs = true
			p.slash = p.slash || t.Is('/')
			p.dots = p.dots || t.Is('.')
			i += 2
		case t.Is('(') && u.Kind == lex.Number && u.Gap == lex.Glued && s.At(i+3).Is(')') && p.plus:
			i += 2
		case t.Kind == lex.Number && t.Gap == lex.Blank && t.Len() <= 8 && t.Free() && t.End-t.Start > 1 && int(t.Start)-int(s.Tokens[i].End) == 1:
			i++
		default:
			return
		}
	}
}

// northAmerican tells whether the groups are those of the North American plan.
func (p *phone) northAmerican() bool {
	g := p.groups[:p.n]
	if len(g) > 0 && (g[0] == 1 || g[0] == 3) && len(g) == 4 {
		g = g[1:] // 1 or 001
	}
	return len(g) == 3 && g[0] == 3 && g[1] == 3 && g[2] == 4
}

// phoneLikelihood weighs the form alone.
func (s reader) phoneLikelihood(i int, p *phone) float32 {
	switch {
	case p.dots && !p.northAmerican() && !p.even():
		return .2
	case p.slash || p.n == 1 && !p.plus:
		if p.digits == 10 && p.n == 1 {
			if s.Ask(lex.KnownArea, i, i) > 0 {
				return .35
			}
			return .2
		}
		if p.n == 1 {
			return .1
		}
		return .2
	case p.plus && p.digits >= 9:
		return .9
	case p.northAmerican() && (p.signs || p.paren || p.ext):
		return .88
	case p.northAmerican():
		return .6
	case p.paren && p.digits >= 7 && (p.groups[0] > 2 || p.n > 2):
		return .75
	case p.n == 2 && p.groups[0] == 3 && p.groups[1] == 4 && p.digits == 7:
		if p.signs {
			return .45
		}
		return .3
	case p.digits >= 9 && p.n >= 3 && p.groups[0] >= 2 && s.zero(i):
		return .7
	case p.n >= 4 && p.digits >= 8 && p.even():
		return .45
	case p.digits >= 9 && s.zero(i):
		return .45
	}
	return .2
}

// zero tells whether number i begins with 0.
func (s reader) zero(i int) bool { return s.Ask(lex.LeadingZero, i, i) > 0 }

// even tells whether all groups but the first have two digits, as in France and the north.
func (p *phone) even() bool {
	for _, g := range p.groups[1:p.n] {
		if g != 2 {
			return false
		}
	}
	return true
}
