package text

import (
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/phi"
)

// numbers visits each number: dates, IP addresses, social security numbers, cards, telephone numbers, and numbers with a label.
func (s *Scanner) numbers() {
	for _, n := range s.nums {
		i := int(n)
		switch {
		case !s.toks[i].free():
		case s.toks[i].kind == stamp:
			s.stampAt(i)
		case s.alone(i), s.decimal(i), s.partOfWord(i):
		case s.dateAt(i), s.dottedAt(i), s.ssnAt(i), s.cardAt(i), s.phoneAt(i), s.labelledAt(i):
		}
	}
}

// alone tells whether number i is short and nothing beside it can make it more than a count.
func (s *Scanner) alone(i int) bool {
	t, next, before := &s.toks[i], s.at(i+1), s.at(i-1)
	if t.len() >= 5 {
		return false
	}
	if next.gap == glued && next.kind == sign && next.sign != '-' && next.sign != '.' && next.sign != '/' && next.sign != ':' && next.sign != ')' {
		return !before.has(month) && !before.is('.')
	}
	return next.gap != glued && (next.kind != number || next.gap >= newLine) && !next.has(month) && before.kind != sign && !before.has(month) &&
		!(next.kind == lower && next.len() == 2)
}

// decimal tells whether number i is one with a decimal point or with thousands set apart by commas, and claims it.
func (s *Scanner) decimal(i int) bool {
	sep := s.at(i + 1)
	if !sep.is('.') && !sep.is(',') || !s.separated(i, sep.sign) || s.toks[i].len() > 9 {
		return false
	}
	if sep.sign == '.' && s.separated(i+2, '.') || s.at(i-1).is('(') || s.at(i-1).is('+') || sep.sign == ',' && s.toks[i+2].len() != 3 {
		return false
	}
	last := i + 2
	for sep.sign == ',' && s.separated(last, ',') {
		last += 2
	}
	if next := s.at(last + 1); next.gap == glued && (next.is('-') || next.is('/')) {
		return false
	}
	for k := i; k <= last; k++ {
		s.toks[k].flags |= claimed
	}
	return true
}

// partOfWord tells whether number i is a piece of something longer that is no number: v1, 0x1f, 12ab34, a UUID's group.
func (s *Scanner) partOfWord(i int) bool {
	t, before := &s.toks[i], s.at(i-1)
	if next := s.at(i + 1); next.gap == glued && next.kind == junk && !s.extension(i+1) && s.text[next.start]|0x20 != 't' {
		return true
	}
	if t.gap != glued {
		return false
	}
	if before.kind == junk || before.kind == link {
		return true
	}
	if before.kind != sign || before.gap != glued {
		return false
	}
	switch before.sign {
	case '-', '_', '.', '/', '\\', '=', '+', '%', '$', '~', '#', '@', ':':
		w := s.at(i - 2)
		if before.sign == ':' || before.sign == '#' || before.sign == '=' {
			return w.kind == junk || before.sign == ':' && (w.kind == lower && w.len() <= 2 || w.kind == number)
		}
		return w.kind == junk || w.kind == link || w.word() && w.len() > 0 && before.sign != '.' && before.sign != ':' && !w.has(phoneWord|faxWord)
	}
	return false
}

// extension tells whether token i is the extension of a telephone number: x123.
func (s *Scanner) extension(i int) bool {
	b := s.bytes(i)
	if len(b) < 2 || len(b) > 7 || b[0]|0x20 != 'x' {
		return false
	}
	return allDigits(b[1:])
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if classes[c] != classDigit {
			return false
		}
	}
	return len(b) > 0
}

// value reads up to nine digits.
func (s *Scanner) value(i int) int {
	v := 0
	for _, c := range s.bytes(i) {
		if v > 99_999_999 {
			break
		}
		v = v*10 + int(c-'0')
	}
	return v
}

// separated tells whether number i is followed by the sign c and another number without blanks, and not by more of the word.
func (s *Scanner) separated(i int, c byte) bool {
	t, u := s.at(i+1), s.at(i+2)
	return t.is(c) && t.len() == 1 && t.gap == glued && u.kind == number && u.gap == glued
}

// labels are the roles of the words that are abbreviated before a number: No., Tel., Acct.
const labels = phoneWord | faxWord | idLabel | acctLabel | ssnLabel | mrnLabel | planLabel | licenseLabel | unitLabel | dateWord | dobWord | month

// labelReach is how many tokens, signs included, are looked at for a label.
const labelReach = 24

// label gathers the roles of the words that stand before token i in its sentence, six of them at most, and tells whether a
// colon, a number sign or a form of "is" stands directly before it.
func (s *Scanner) label(i int) (r role, direct bool) {
	if s.toks[i].gap >= newLine && !s.at(i-1).is(':') {
		return 0, false
	}
	for j, left := i-1, 6; j >= 0 && j > i-labelReach && left > 0; j-- {
		t := &s.toks[j]
		switch {
		case t.word():
			r |= t.roles
			if r&(socialWord|securityWord) == socialWord|securityWord {
				r |= ssnLabel
			}
			left--
			if j == i-1 && t.has(verbBe) {
				direct = true
			}
		case t.is(':') || t.is('#') || t.is('='):
			direct = direct || j == i-1
		case t.kind == number && j < i-1 || t.is('?') || t.is('!') || t.is(';') || t.is('\\') || t.is('|'):
			return r, direct
		case t.is('.') && s.at(j+1).gap != glued && (s.at(j-1).len() > 5 || !s.at(j-1).has(labels)):
			return r, direct
		}
		if t.gap >= newLine {
			break
		}
	}
	return r, direct
}

// dottedAt finds an IP address; anything else of numbers with dots between them that is no telephone number is a version.
func (s *Scanner) dottedAt(i int) bool {
	if !s.separated(i, '.') || !s.separated(i+2, '.') || !s.separated(i+4, '.') || s.separated(i+6, '.') {
		return false
	}
	b := s.between(i, i+6)
	if ident.IPv4(b) < ident.Plausible {
		if s.toks[i+6].len() == 4 && s.toks[i+4].len() == 3 && s.toks[i+2].len() == 3 {
			return false // 1.800.555.1234
		}
		for k := i; k <= i+6; k++ {
			s.toks[k].flags |= claimed // a version
		}
		return true
	}
	r, _ := s.label(i)
	s.add(i, i+6, Span{Kind: phi.IP, Likelihood: s.ipLikelihood(i), Rule: ByShape, WellFormed: true, Labelled: r&addressLabel != 0})
	return true
}

// ipLikelihood weighs an IPv4 address: loopback, unspecified, broadcast and those of documentation (RFC 5737) are nobody's,
// and four small numbers may as well be a version.
func (s *Scanner) ipLikelihood(i int) float32 {
	a, b, c, d := s.value(i), s.value(i+2), s.value(i+4), s.value(i+6)
	switch {
	case a >= 224 && s.says(i-1, "ip"):
		return .55
	case a == 127 || a == 0 || a >= 224 || a == 192 && b == 0 && c == 2 || a == 198 && b == 51 && c == 100 || a == 203 && b == 0 && c == 113:
		return .1
	case d == 0:
		return .3
	case a < 20 && b < 20 && c < 20 && d < 20:
		return .35
	case a == 10 || a == 192 && b == 168 || a == 172 && b >= 16 && b < 32:
		return .55
	}
	return .85
}

// ssnAt finds a social security number: 3-2-4 digits, or nine where a label says so.
func (s *Scanner) ssnAt(i int) bool {
	t := &s.toks[i]
	end := i
	switch {
	case t.len() == 3 && s.separated(i, '-') && s.separated(i+2, '-') && s.toks[i+2].len() == 2 && s.toks[i+4].len() == 4:
		end = i + 4
	case t.len() == 3 && s.at(i+1).kind == number && s.toks[i+1].gap == blank && s.toks[i+1].len() == 2 && s.at(i+2).kind == number &&
		s.toks[i+2].gap == blank && s.toks[i+2].len() == 4:
		end = i + 2
	case t.len() != 9:
		return false
	}
	r, direct := s.label(i)
	labelled := r&ssnLabel != 0
	if end <= i+2 && !labelled || s.continues(end) {
		return false
	}
	valid := ident.SSN(s.between(i, end)) >= ident.Valid
	sp := Span{Kind: phi.SSN, Likelihood: .8, Rule: ByShape, WellFormed: valid, Labelled: labelled && direct, Subject: subjectOf(r)}
	switch {
	case labelled:
		sp.Likelihood, sp.Rule = .98, ByLabel
	case !valid:
		sp.Likelihood = .4
	}
	s.add(i, end, sp)
	return true
}

// continues tells whether the number or group that ends with token i goes on: -12, .3, a letter.
func (s *Scanner) continues(i int) bool {
	t, u := s.at(i+1), s.at(i+2)
	if t.gap != glued {
		return false
	}
	if t.word() || t.kind == junk || t.kind == number {
		return true
	}
	return (t.is('-') || t.is('/') || t.is('.') || t.is(':')) && u.gap == glued && (u.kind == number || u.kind == junk)
}

// subjectOf tells from the roles of a label whom its value is about.
func subjectOf(r role) phi.Subject {
	switch {
	case r&providerWord != 0:
		return phi.Provider
	case r&patientWord != 0:
		return phi.Patient
	}
	return phi.Unknown
}

// cardAt finds the number of a payment card: 13 to 19 digits, alone or in groups, with the check digit of ISO/IEC 7812-1.
func (s *Scanner) cardAt(i int) bool {
	end, digits := i, s.toks[i].len()
	for end < i+8 && digits < 16 && (s.separated(end, '-') && s.toks[i].len() == 4) {
		end += 2
		digits += s.toks[end].len()
	}
	if end == i && digits == 4 {
		for end < i+4 && s.at(end+1).kind == number && s.toks[end+1].gap == blank && digits < 16 {
			end++
			digits += s.toks[end].len()
		}
	}
	if digits < 13 || digits > 19 || s.continues(end) {
		return false
	}
	r, direct := s.label(i)
	labelled := r&acctLabel != 0
	valid := ident.Card(s.between(i, end)) >= ident.Valid
	if !labelled && !valid {
		return false
	}
	sp := Span{Kind: phi.Account, Likelihood: .75, Rule: ByChecksum, WellFormed: valid, Labelled: labelled && direct, Subject: subjectOf(r)}
	if labelled {
		sp.Likelihood = .95
	}
	s.add(i, end, sp)
	return true
}
