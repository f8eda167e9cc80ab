// Package number tells what the numbers of a running text are: dates, telephone numbers, social security numbers, IP addresses, the numbers
// of payment cards, and what a label makes of them (record, account, licence and policy numbers).
package number

import (
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

// reader reads the numbers of a block of text.
type reader struct{ *lex.Block }

// Find reports what the numbers of a block are: dates, IP addresses, social security numbers, cards, telephone numbers, and
// numbers with a label.
func Find(b *lex.Block) { reader{b}.numbers() }

// FindLabelled reports the numbers with letters in them that a label announces, and those whose own check digit tells: IBAN.
func FindLabelled(b *lex.Block) { reader{b}.labelledWords() }

// maxChain is how many numbers may be joined by signs to be anything that is known: two networks have ten.
const maxChain = 16

// numbers visits each number: dates, IP addresses, social security numbers, cards, telephone numbers, and numbers with a label.
func (s reader) numbers() {
	begin, last := 0, -1 // of a chain of numbers
	for _, n := range s.Numbers {
		i := int(n)
		s.Enter(i)
		if i > last {
			begin, last = i, s.chainEnd(i)
		}
		switch {
		case !s.Tokens[i].Free():
		case s.Tokens[i].Kind == lex.Stamp:
			s.stampAt(i)
		case (last-begin)/2 >= maxChain, s.alone(i), s.decimal(i), s.PartOfWord(i):
		case s.dateAt(i), s.dottedAt(i), s.ssnAt(i), s.cardAt(i), s.phoneAt(i), s.labelledAt(i):
		}
	}
}

// chainEnd gives the last token of the numbers that are joined to number i.
func (s reader) chainEnd(i int) int {
	for s.Joint(i) != 0 {
		i += 2
	}
	return i
}

// alone tells whether number i is short and nothing beside it can make it more than a count.
func (s reader) alone(i int) bool {
	t, next, before := &s.Tokens[i], s.At(i+1), s.At(i-1)
	if t.Len() >= 5 || before.Has(lex.Month) {
		return false
	}
	if next.Gap == lex.Glued {
		return next.Kind == lex.Sign && !before.Is('.') && joins[next.Sign]&joinsNext == 0
	}
	if next.Kind == lex.Number && next.Gap < lex.NewLine || next.Has(lex.Month) || next.Kind == lex.Lower && next.Len() == 2 && s.Says(i+1, "of") {
		return false
	}
	return before.Kind != lex.Sign || joins[before.Sign]&joinsBefore == 0
}

// joins are the signs that may join a number to what stands behind it, and to a month before it.
var joins = [256]uint8{'-': joinsNext | joinsBefore, '.': joinsNext | joinsBefore, '/': joinsNext | joinsBefore, ':': joinsNext, ')': joinsNext}

const (
	joinsNext   = 1
	joinsBefore = 2
)

// decimal tells whether number i is one with a decimal point or with thousands set apart by commas, and claims it.
func (s reader) decimal(i int) bool {
	sep := s.Joint(i)
	if sep != '.' && sep != ',' || s.Tokens[i].Len() > 9 {
		return false
	}
	if sep == '.' && s.Separated(i+2, '.') || s.At(i-1).Is('(') || s.At(i-1).Is('+') || sep == ',' && s.Tokens[i+2].Len() != 3 {
		return false
	}
	last := i + 2
	for sep == ',' && s.Separated(last, ',') {
		last += 2
	}
	if next := s.At(last + 1); next.Gap == lex.Glued && (next.Is('-') || next.Is('/')) {
		return false
	}
	for k := i; k <= last; k++ {
		s.Tokens[k].Flags |= lex.Claimed
	}
	return true
}

// dottedAt finds an IP address; anything else of numbers with dots between them that is no telephone number is a version.
func (s reader) dottedAt(i int) bool {
	if !s.Separated(i, '.') || !s.Separated(i+2, '.') || !s.Separated(i+4, '.') || s.Separated(i+6, '.') {
		return false
	}
	host := s.Ask(hostOf, i, i+6)
	if host == noHost {
		if s.Tokens[i+6].Len() == 4 && s.Tokens[i+4].Len() == 3 && s.Tokens[i+2].Len() == 3 {
			return false // 1.800.555.1234
		}
		for k := i; k <= i+6; k++ {
			s.Tokens[k].Flags |= lex.Claimed // a version
		}
		return true
	}
	r, _ := s.Label(i)
	s.Add(i, i+6, lex.Span{Kind: phi.IP, Likelihood: s.ipLikelihood(i, host), Rule: lex.ByShape, WellFormed: true, Labelled: r&lex.AddressLabel != 0})
	return true
}

// The answers of hostOf.
const (
	noHost        = iota
	nobodysHost   // loopback, unspecified, and those of documentation (RFC 5737)
	multicastHost // or broadcast
	network
	versionLike // four small numbers
	privateHost // RFC 1918
	publicHost
)

// hostOf asks whose an IPv4 address is.
func hostOf(_ *words.Tables, b []byte) uint8 {
	if ident.IPv4(b) < ident.Plausible {
		return noHost
	}
	var q [4]int
	k := 0
	for _, c := range b {
		if c == '.' {
			k++
			continue
		}
		q[k] = q[k]*10 + int(c-'0')
	}
	switch b, c, d := q[1], q[2], q[3]; {
	case q[0] >= 224:
		return multicastHost
	case q[0] == 127 || q[0] == 0 || q[0] == 192 && b == 0 && c == 2 || q[0] == 198 && b == 51 && c == 100 || q[0] == 203 && b == 0 && c == 113:
		return nobodysHost
	case d == 0:
		return network
	case q[0] < 20 && b < 20 && c < 20 && d < 20:
		return versionLike
	case q[0] == 10 || q[0] == 192 && b == 168 || q[0] == 172 && b >= 16 && b < 32:
		return privateHost
	}
	return publicHost
}

// ipLikelihood weighs an IPv4 address that begins with number i.
func (s reader) ipLikelihood(i int, host uint8) float32 {
	switch host {
	case multicastHost:
		if s.Says(i-1, "ip") {
			return .55
		}
		return .1
	case nobodysHost:
		return .1
	case network:
		return .3
	case versionLike:
		return .35
	case privateHost:
		return .55
	}
	return .85
}

// ssnAt finds a social security number: 3-2-4 digits, or nine where a label says so.
func (s reader) ssnAt(i int) bool {
	t := &s.Tokens[i]
	end := i
	switch {
	case t.Len() == 3 && s.Separated(i, '-') && s.Separated(i+2, '-') && s.Tokens[i+2].Len() == 2 && s.Tokens[i+4].Len() == 4:
		end = i + 4
	case t.Len() == 3 && s.At(i+1).Kind == lex.Number && s.Tokens[i+1].Gap == lex.Blank && s.Tokens[i+1].Len() == 2 && s.At(i+2).Kind == lex.Number &&
		s.Tokens[i+2].Gap == lex.Blank && s.Tokens[i+2].Len() == 4:
		end = i + 2
	case t.Len() != 9:
		return false
	}
	r, direct := s.Label(i)
	labelled := r&lex.SSNLabel != 0
	if end <= i+2 && !labelled || s.Continues(end) {
		return false
	}
	valid := s.Ask(isSSN, i, end) > 0
	sp := lex.Span{Kind: phi.SSN, Likelihood: .8, Rule: lex.ByShape, WellFormed: valid, Labelled: labelled && direct, Subject: lex.SubjectOf(r)}
	switch {
	case labelled:
		sp.Likelihood, sp.Rule = .98, lex.ByLabel
	case !valid:
		sp.Likelihood = .4
	}
	s.Add(i, end, sp)
	return true
}

// isSSN asks whether a social security number can be somebody's.
func isSSN(_ *words.Tables, b []byte) uint8 { return lex.Yes(ident.SSN(b) >= ident.Valid) }

// isCard asks whether the check digit of a payment card is right.
func isCard(_ *words.Tables, b []byte) uint8 { return lex.Yes(ident.Card(b) >= ident.Valid) }

// cardAt finds the number of a payment card: 13 to 19 digits, alone or in groups, with the check digit of ISO/IEC 7812-1.
func (s reader) cardAt(i int) bool {
	end, digits := i, s.Tokens[i].Len()
	if digits != 4 && digits < 13 {
		return false
	}
	for end < i+8 && digits < 16 && (s.Separated(end, '-') && s.Tokens[i].Len() == 4) {
		end += 2
		digits += s.Tokens[end].Len()
	}
	if end == i && digits == 4 {
		for end < i+4 && s.At(end+1).Kind == lex.Number && s.Tokens[end+1].Gap == lex.Blank && digits < 16 {
			end++
			digits += s.Tokens[end].Len()
		}
	}
	if digits < 13 || digits > 19 || s.Continues(end) {
		return false
	}
	r, direct := s.Label(i)
	labelled := r&lex.AcctLabel != 0
	valid := s.Ask(isCard, i, end) > 0
	if !labelled && !valid {
		return false
	}
	sp := lex.Span{Kind: phi.Account, Likelihood: .75, Rule: lex.ByChecksum, WellFormed: valid, Labelled: labelled && direct, Subject: lex.SubjectOf(r)}
	if labelled {
		sp.Likelihood = .95
	}
	s.Add(i, end, sp)
	return true
}
