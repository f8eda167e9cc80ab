package phi

import (
	"strings"
	"testing"
)

func TestNamesRoundTrip(t *testing.T) {
	for _, k := range Kinds() {
		if got, ok := ParseKind(k.String()); !ok || got != k {
			t.Errorf("kind %v reads back as %v", k, got)
		}
	}
	for c := range NumClasses {
		if got, ok := ParseClass(c.String()); !ok || got != c {
			t.Errorf("class %v reads back as %v", c, got)
		}
	}
	for s := range State(NumStates) {
		if s != 0 && ParseState(s.String()) != s {
			t.Errorf("state %v reads back as %v", s, ParseState(s.String()))
		}
	}
	for s := ICD10CM; s < NumSystems; s++ {
		if ParseSystem(s.String()) != s {
			t.Errorf("system %v reads back as %v", s, ParseSystem(s.String()))
		}
	}
}

func TestIdentifiersAreTheEighteenOfTheRule(t *testing.T) {
	coarse := map[Kind]bool{}
	for _, k := range Kinds() {
		if k.Identifier() {
			coarse[k.Coarse()] = true
		}
	}
	if len(coarse) != 18 {
		t.Errorf("%d kinds of identifier, want the 18 of 45 CFR 164.514(b)(2)(i)", len(coarse))
	}
	if NPI.Identifier() || ICD10.Identifier() || FreeText.Identifier() {
		t.Error("a provider's number, a code or a text is no identifier of a patient")
	}
}

func TestClassesRollUp(t *testing.T) {
	s := Of(OPIOIDUD)
	if !s.Has(SUD) || s.Has(ETHUD) {
		t.Errorf("OPIOIDUD gives %v", s)
	}
	if c, _ := ParseClass("ETH"); c != SUD {
		t.Error("the older code ETH means SUD")
	}
	for set, want := range map[Classes]Confidentiality{0: Normal, Of(HIV): Restricted, Of(HIV, SDV): VeryRestricted, Of(PSYTHPN): VeryRestricted} {
		if got := set.Confidentiality(); got != want {
			t.Errorf("%v is %v, want %v", set, got, want)
		}
	}
}

func TestSystemOf(t *testing.T) {
	for uri, want := range map[string]System{
		"http://snomed.info/sct": SNOMEDCT, "http://SNOMED.info/sct/": SNOMEDCT, "urn:oid:2.16.840.1.113883.6.96": SNOMEDCT,
		"I10": ICD10CM, "I9": ICD9CM, "https://loinc.org": LOINCSystem, "": NoSystem, "http://example.com/own": OtherSystem,
	} {
		if got := SystemOf(uri); got != want {
			t.Errorf("SystemOf(%q) = %v, want %v", uri, got, want)
		}
	}
}

func TestParseStateOfTwoBytes(t *testing.T) {
	for one := range 256 {
		for two := range 256 {
			name := string([]byte{byte(one), byte(two)})
			want := State(0)
			for s := range State(NumStates) {
				if s != 0 && strings.EqualFold(name, s.String()) {
					want = s
				}
			}
			if got := ParseState(name); got != want {
				t.Fatalf("ParseState(%q) = %v, want %v", name, got, want)
			}
		}
	}
}

func TestParseDay(t *testing.T) {
	day := Day{1970, 1, 31}
	for s, want := range map[string]Day{
		"1970-01-31": day, "19700131": day, "1970-01-31T10:00:00Z": day, "19700131120000.000-0500": day, "1/31/1970": day, "31.01.1970": day,
		"1/31/70": day, "31-JAN-1970": day, "31JAN1970": day, "January 31, 1970": day, "Jan 31 1970 12:05PM": day, " 1970/01/31 ": day,
		"1970": {1970, 0, 0}, "197001": {1970, 1, 0}, "1970-01": {1970, 1, 0}, "02/03/05": {2005, 2, 3},
	} {
		if got, ok := ParseDay([]byte(s)); !ok || got != want {
			t.Errorf("ParseDay(%q) = %v %v, want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "hello", "1970-13-01", "1970-02-30", "00000000", "99991231", "123-45-6789", "12345", "1.2.3", "31 of 70", "2019-1"} {
		if got, ok := ParseDay([]byte(s)); ok && got.Precise() && s != "2019-1" {
			t.Errorf("ParseDay(%q) = %v, want no date", s, got)
		}
	}
}

func FuzzParseDay(f *testing.F) {
	for _, s := range []string{"31-JAN-1970", "1970-01-31", "19700131", "1970-01-311", "1970-01-31T10:00", "1970-13-01", "99999999"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, ok := ParseDay(b); ok && !d.real() {
			t.Errorf("%v is no day", d)
		}
		var slow dayScan
		if slow.scan(trimBlank(b)); len(b) <= 40 {
			fast, ok := isoDay(trimBlank(b))
			if d, same := slow.day(); ok && (d != fast || same != fast.real()) {
				t.Errorf("the short way reads %v, the long one %v", fast, d)
			}
		}
	})
}
