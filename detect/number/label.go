package number

import (
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

// labelKinds say what a number with a label is; the first that fits.
var labelKinds = []struct {
	roles      lex.Role
	kind       phi.Kind
	likelihood float32
}{
	{lex.MRNLabel, phi.MRN, .95},
	{lex.PlanLabel, phi.HealthPlanID, .85},
	{lex.AcctLabel, phi.Account, .8},
	{lex.LicenseLabel, phi.License, .85},
	{lex.VehicleLabel, phi.Vehicle, .8},
	{lex.DeviceLabel, phi.Device, .6},
	{lex.IDLabel, phi.OtherID, .6},
}

// labelledAt takes a number for a record, account or licence number when a label says so.
func (s reader) labelledAt(i int) bool {
	before := s.At(i - 1)
	if s.Tokens[i].Len() < 5 || !before.Is(':') && !before.Is('#') && !before.Is('=') && !(before.Word() && before.Roles != 0) {
		return false
	}
	return s.labelled(i, i)
}

// labelledWords finds numbers with letters in them that a label announces, and those whose own check digit tells: IBAN.
func (s reader) labelledWords() {
	for _, n := range s.Mixed {
		i := int(n)
		s.Enter(i)
		t := &s.Tokens[i]
		if !t.Free() || t.Gap == lex.Glued && !s.At(i-1).Is(':') && !s.At(i-1).Is('#') && !s.At(i-1).Is('"') && !s.At(i-1).Is('(') || s.Continues(i) {
			continue
		}
		b := s.Bytes(i)
		if n := len(b); n >= 15 && n <= 34 && lex.ClassOf(b[0]) == lex.ClassLetter && lex.ClassOf(b[2]) == lex.ClassDigit && s.Ask(isIBAN, i, i) > 0 {
			s.Add(i, i, lex.Span{Kind: phi.Account, Likelihood: .95, Rule: lex.ByChecksum, WellFormed: true})
			continue
		}
		if digitsOf(b) >= lex.LabelledDigits && !hasUnderscore(b) {
			s.labelled(i, i)
		}
	}
}

// isIBAN asks whether a word is the number of a bank account.
func isIBAN(_ *words.Tables, b []byte) uint8 { return lex.Yes(ident.IBAN(b) >= ident.Valid) }

// isNPI asks whether a number is that of a provider.
func isNPI(_ *words.Tables, b []byte) uint8 { return lex.Yes(ident.NPI(b) == ident.Proven) }

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
		if lex.ClassOf(c) == lex.ClassDigit {
			n++
		}
	}
	return n
}

// labelled reports tokens i to j when a label stands directly before them.
func (s reader) labelled(i, j int) bool {
	if s.Continues(j) {
		return false
	}
	r, direct := s.Label(i)
	if r&lex.ZipWord != 0 || s.behindIdaho(i) || !direct && !s.namesNumber(i) {
		return false
	}
	for _, k := range labelKinds {
		if r&k.roles == 0 {
			continue
		}
		sp := lex.Span{Kind: k.kind, Likelihood: k.likelihood, Rule: lex.ByLabel, Labelled: true, Subject: lex.SubjectOf(r)}
		switch {
		case k.kind == phi.OtherID && r&lex.PatientWord != 0:
			sp.Likelihood = .75
		case s.LineOf(i).Code || k.kind == phi.OtherID && s.At(i-1).Is(':') && s.At(i-2).Is('"'):
			sp.Likelihood *= .5
		}
		if r&lex.LicenseLabel != 0 && s.Ask(isNPI, i, j) > 0 {
			sp.Kind, sp.Subject, sp.WellFormed = phi.NPI, phi.Provider, true
		}
		s.Add(i, j, sp)
		return true
	}
	return false
}

// behindIdaho tells whether a number is the ZIP code behind a State whose letters are a label, too: "Boise, ID 83702".
func (s reader) behindIdaho(i int) bool {
	t := s.At(i - 1)
	return s.Tokens[i].Len() == 5 && t.Len() == 2 && t.Has(lex.IDLabel) && string(s.Bytes(i-1)) == "ID" && s.At(i-2).Is(',') && s.Ask(isIdaho, i, i) > 0
}

// isIdaho asks whether a number is a ZIP code of Idaho.
func isIdaho(w *words.Tables, b []byte) uint8 {
	state, ok := w.ZIP(b)
	return lex.Yes(ok && state == phi.ParseState("ID"))
}

// namesNumber tells whether the word directly before token i is itself a label: "MRN 12345".
func (s reader) namesNumber(i int) bool {
	t := s.At(i - 1)
	return t.Word() && t.Roles&(lex.MRNLabel|lex.IDLabel|lex.AcctLabel|lex.PlanLabel|lex.LicenseLabel|lex.VehicleLabel|lex.DeviceLabel) != 0
}
