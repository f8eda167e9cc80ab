package text

import (
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/phi"
)

// labelKinds say what a number with a label is; the first that fits.
var labelKinds = []struct {
	roles      role
	kind       phi.Kind
	likelihood float32
}{
	{mrnLabel, phi.MRN, .95},
	{planLabel, phi.HealthPlanID, .85},
	{acctLabel, phi.Account, .8},
	{licenseLabel, phi.License, .85},
	{vehicleLabel, phi.Vehicle, .8},
	{deviceLabel, phi.Device, .6},
	{idLabel, phi.OtherID, .6},
}

// labelledAt takes a number for a record, account or licence number when a label says so.
func (s *Scanner) labelledAt(i int) bool {
	before := s.at(i - 1)
	if s.toks[i].len() < 5 || !before.is(':') && !before.is('#') && !before.is('=') && !(before.word() && before.roles != 0) {
		return false
	}
	return s.labelled(i, i)
}

// The lengths of a record, account or licence number with letters in it.
const (
	minNumber = 6
	maxNumber = 34
)

// labelledWords finds numbers with letters in them that a label announces, and those whose own check digit tells: IBAN.
func (s *Scanner) labelledWords() {
	for _, n := range s.odd {
		i := int(n)
		t := &s.toks[i]
		if !t.free() || t.gap == glued && !s.at(i-1).is(':') && !s.at(i-1).is('#') && !s.at(i-1).is('"') && !s.at(i-1).is('(') || s.continues(i) {
			continue
		}
		b := s.bytes(i)
		if n := len(b); n >= 15 && n <= 34 && classes[b[0]] == classLetter && classes[b[2]] == classDigit && ident.IBAN(b) >= ident.Valid {
			s.add(i, i, Span{Kind: phi.Account, Likelihood: .95, Rule: ByChecksum, WellFormed: true})
			continue
		}
		if digitsOf(b) >= 4 && !hasUnderscore(b) {
			s.labelled(i, i)
		}
	}
}

func hasUnderscore(b []byte) bool {
	for _, c := range b {
		if c == '_' {
			return true
		}
	}
	return false
}

func digitsOf(b []byte) (n int) {
	for _, c := range b {
		if classes[c] == classDigit {
			n++
		}
	}
	return n
}

// labelled reports tokens i to j when a label stands directly before them.
func (s *Scanner) labelled(i, j int) bool {
	if s.continues(j) {
		return false
	}
	r, direct := s.label(i)
	if r&zipWord != 0 || !direct && !s.namesNumber(i) {
		return false
	}
	for _, k := range labelKinds {
		if r&k.roles == 0 {
			continue
		}
		sp := Span{Kind: k.kind, Likelihood: k.likelihood, Rule: ByLabel, Labelled: true, Subject: subjectOf(r)}
		switch {
		case k.kind == phi.OtherID && r&patientWord != 0:
			sp.Likelihood = .75
		case s.lineOf(i).code || k.kind == phi.OtherID && s.at(i-1).is(':') && s.at(i-2).is('"'):
			sp.Likelihood *= .5
		}
		if r&licenseLabel != 0 && ident.NPI(s.between(i, j)) == ident.Proven {
			sp.Kind, sp.Subject, sp.WellFormed = phi.NPI, phi.Provider, true
		}
		s.add(i, j, sp)
		return true
	}
	return false
}

// namesNumber tells whether the word directly before token i is itself a label: "MRN 12345".
func (s *Scanner) namesNumber(i int) bool {
	t := s.at(i - 1)
	return t.word() && t.roles&(mrnLabel|idLabel|acctLabel|planLabel|licenseLabel|vehicleLabel|deviceLabel) != 0
}
