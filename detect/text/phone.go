package text

import (
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
func (s *Scanner) phoneAt(i int) bool {
	if s.lonely(i) || s.inChain(i) {
		return false
	}
	from := i
	var p phone
	if b := s.at(i - 1); b.is('(') && s.toks[i].gap == glued && s.at(i+1).is(')') && s.toks[i+1].gap == glued {
		if b.gap == glued && s.at(i-2).kind != sign {
			return false // (01)5102(11)1412
		}
		from, p.paren = i-1, true
	}
	if b := s.at(from - 1); b.is('+') && s.toks[from].gap == glued && b.len() == 1 {
		from, p.plus = from-1, b.gap != glued || !s.at(from-2).is('#')
	}
	s.readPhone(i, &p)
	if !p.signs && !p.paren && !p.plus && s.wordFollows(p.last) {
		return false // 58 2347 Lauzon Parkway
	}
	if p.digits < 6 || p.digits > 15 || s.continues(p.last) && !s.at(p.last+2).word() {
		return false
	}
	r, direct := s.label(from)
	after := s.phoneBehind(p.last)
	sp := Span{Kind: phi.Phone, Likelihood: s.phoneLikelihood(i, &p), Rule: ByShape, WellFormed: p.northAmerican() || p.plus, Subject: subjectOf(r)}
	switch labels := r & (phoneWord | faxWord); {
	case labels != 0 && direct || after&(phoneWord|faxWord) != 0:
		sp.Likelihood, sp.Rule, sp.Labelled = max(sp.Likelihood, .9), ByLabel, true
	case labels == 0 && s.myNumber(i, &p, r):
		sp.Likelihood, sp.Rule = max(sp.Likelihood, .6), ByContext // my number is
	case labels != 0:
		sp.Likelihood, sp.Rule = sp.Likelihood+(1-sp.Likelihood)*.55, ByContext
	}
	if r&(acctLabel|ssnLabel|licenseLabel|idLabel|zipWord) != 0 && r&(phoneWord|faxWord) == 0 && !p.northAmerican() && !p.plus && !p.paren && !s.myNumber(i, &p, r) {
		return false
	}
	if sp.Likelihood < .5 || p.n == 2 && p.groups[0] == 5 && p.groups[1] == 4 && !sp.Labelled {
		return false // too little, or a ZIP code
	}
	if after&faxWord != 0 || after&phoneWord == 0 && r&faxWord != 0 && r&phoneWord == 0 {
		sp.Kind = phi.Fax
	}
	s.add(from, p.last, sp)
	return true
}

// wordFollows tells whether a word of a name or street goes on behind token i.
func (s *Scanner) wordFollows(i int) bool {
	t := s.at(i + 1)
	return t.gap == blank && (t.kind == capital || t.kind == lower && t.flags&lowText != 0) && !t.has(common|phoneWord|faxWord)
}

// inChain tells whether number i goes on a chain of numbers that was looked at from its beginning: 2017-04-16-21.
func (s *Scanner) inChain(i int) bool {
	b := s.at(i - 1)
	return s.toks[i].gap == glued && b.gap == glued && (b.is('-') || b.is('.') || b.is('/')) && s.at(i-2).kind == number
}

// myNumber tells whether somebody's number is more likely a telephone number: it begins with 0, or is in groups.
func (s *Scanner) myNumber(i int, p *phone, r role) bool {
	return r&idLabel != 0 && p.digits > 8 && p.digits < 13 && (s.text[s.toks[i].start] == '0' || p.n > 1 && r&possessive != 0)
}

// phoneBehind gives the roles of the word behind token i when it says what the number is for, as in a list of numbers: 555-0187 fax.
func (s *Scanner) phoneBehind(i int) role {
	j := i + 1
	if t := s.at(j); t.is('-') || t.is('(') || t.is(',') {
		j++
	}
	next, more := s.at(j), s.at(j+1)
	if next.gap >= newLine || !next.word() || more.gap < newLine && more.word() {
		return 0
	}
	return next.roles
}

// lonely tells whether number i stands for itself, and nothing beside it says that it is a telephone number.
func (s *Scanner) lonely(i int) bool {
	t, next, before := &s.toks[i], s.at(i+1), s.at(i-1)
	switch {
	case t.len() > 8, next.kind == number && next.gap == blank, next.kind == junk && next.gap == glued:
		return false
	case next.kind == sign && next.gap == glued:
		if !next.is(',') && !next.is(':') && !next.is(']') && !next.is('"') {
			return false
		}
	}
	if before.is(':') || before.is('(') || before.is('+') {
		before = s.at(i - 2)
	}
	return !before.word() || !before.has(phoneWord|faxWord|verbBe|idLabel|location) && !next.has(phoneWord|faxWord)
}

// readPhone follows the groups of digits from number i on.
func (s *Scanner) readPhone(i int, p *phone) {
	for p.n < len(p.groups) {
		n := s.toks[i].len()
		if n > 12 {
			return
		}
		p.groups[p.n] = uint8(n)
		p.n++
		p.digits += n
		p.last = i
		t, u := s.at(i+1), s.at(i+2)
		switch {
		case t.kind == junk && t.gap <= blank && s.extension(i+1):
			p.last, p.ext = i+1, true
			return
		case t.is(')') && t.gap == glued && u.kind == number && u.gap <= blank:
			p.paren = true
			i += 2
		case t.is(')') && t.gap == glued && (u.is('-') || u.is('.')) && s.at(i+3).kind == number && s.at(i+3).gap == glued:
			p.paren = true
			i += 3
		case (t.is('-') || t.is('.') || t.is('/')) && t.len() == 1 && t.gap == glued && u.kind == number && u.gap == glued:
			p.signs = true
			p.slash = p.slash || t.is('/')
			p.dots = p.dots || t.is('.')
			i += 2
		case t.is('(') && u.kind == number && u.gap == glued && s.at(i+3).is(')') && p.plus:
			i += 2
		case t.kind == number && t.gap == blank && t.len() <= 8 && t.free() && t.end-t.start > 1 && int(t.start)-int(s.toks[i].end) == 1:
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
func (s *Scanner) phoneLikelihood(i int, p *phone) float32 {
	switch {
	case p.dots && !p.northAmerican() && !p.even():
		return .2
	case p.slash || p.n == 1 && !p.plus:
		if p.digits == 10 && p.n == 1 {
			if _, ok := s.tables.AreaCode(s.bytes(i)[:3]); ok {
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
	case p.digits >= 9 && p.n >= 3 && p.groups[0] >= 2 && s.text[s.toks[i].start] == '0':
		return .7
	case p.n >= 4 && p.digits >= 8 && p.even():
		return .45
	case p.digits >= 9 && s.text[s.toks[i].start] == '0':
		return .45
	}
	return .2
}

// even tells whether all groups but the first have two digits, as in France and the north.
func (p *phone) even() bool {
	for _, g := range p.groups[1:p.n] {
		if g != 2 {
			return false
		}
	}
	return true
}
