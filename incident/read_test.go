package incident

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const fullFacts = `{"entity":"business_associate","part2":true,"discovered":"2026-03-02","determined":"2026-03-09","states":{"CA":[480,700],"nv":3,"Guam":[0,null]},"total":[600,900],
"kinds":["name","ssn"],"health":false,"encrypted":"unknown","public_company":true,"licensed_facility_states":["CA","NY"],"risk_of_harm":"not_low",
"law_enforcement_delay":{"written":true,"stated":"2026-03-10","until":"2026-06-30"}}`

func TestReadFacts(t *testing.T) {
	got, err := ReadFacts(strings.NewReader(fullFacts))
	day := "2026-03-09"
	want := Facts{Entity: "business_associate", Part2: true, Discovered: "2026-03-02", Determined: &day, Total: Interval{600, 900},
		States: map[string]Interval{"CA": {480, 700}, "NV": {3, 3}, "GU": {0, -1}}, Kinds: []string{"name", "ssn"}, Encrypted: "unknown", Public: true,
		Licensed: []string{"CA", "NY"}, RiskOfHarm: "not_low", Delay: &Delay{Written: true, Stated: "2026-03-10", Until: "2026-06-30"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadFacts(strings.NewReader(string(text)))
	if diff := cmp.Diff(got, again); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestWhatIsNotSaidIsNotKnown(t *testing.T) {
	for _, text := range []string{
		`{"entity":"covered_entity","discovered":"2026-03-02"}`,
		`{"entity":"covered_entity","discovered":"2026-03-02","determined":null,"states":null,"total":null,"kinds":null,"law_enforcement_delay":null}`,
	} {
		got, err := ReadFacts(strings.NewReader(text))
		want := Facts{Entity: "covered_entity", Discovered: "2026-03-02", States: map[string]Interval{}, Total: Unbounded, Health: true, Encrypted: "unknown", RiskOfHarm: "unknown"}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Error(err, diff)
		}
	}
}

// TestFactsThatAreNoneAreRefused: the key is named, and what would be right.
func TestFactsThatAreNoneAreRefused(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{fullFacts, ``, "no JSON object"},
		{fullFacts, `[]`, "no JSON object"},
		{fullFacts, `{"entity":`, "no JSON object"},
		{fullFacts, fullFacts + "{}", "something stands after it"},
		{`"part2":true`, `"part2":true,"part2":false`, `"part2" is there twice`},
		{`"part2":true`, `"Part2":true`, "fact Part2: there is no such fact"},
		{`"part2":true`, `"part2":"yes"`, "fact part2: a string does not fit"},
		{`business_associate`, `hospital`, `fact entity: "hospital" is none of covered_entity`},
		{`"2026-03-02"`, `"2026-02-30"`, "fact discovered: a day is written as"},
		{`"2026-03-02"`, `"2 March 2026"`, "fact discovered: a day is written as"},
		{`"2026-03-09"`, `"2026-03-01"`, "fact determined: it was decided on 2026-03-01, before the discovery"},
		{`"2026-03-09"`, `"soon"`, "fact determined: a day is written as"},
		{`"CA":[480,700]`, `"XX":[480,700]`, `fact states: "XX" is no State`},
		{`"CA":[480,700]`, `"unknown":5`, `fact states: "unknown" is no State`},
		{`"CA":[480,700]`, `"CA":[1,2],"california":[3,4]`, "fact states: CA is there twice"},
		{`"CA":[480,700]`, `"CA":[700,480]`, "fact states: CA: [700, 480] are no bounds"},
		{`"CA":[480,700]`, `"CA":[-1,480]`, "fact states: CA: [-1, 480] are no bounds"},
		{`"CA":[480,700]`, `"CA":[480,9223372036854775807]`, "are no bounds"},
		{`"CA":[480,700]`, `"CA":"many"`, "fact states: CA: a number is written as"},
		{`"CA":[480,700]`, `"CA":[900,1000]`, "fact total: at most 900 people are concerned in all, and at least 903 in the States"},
		{`"total":[600,900]`, `"total":[1]`, "fact total: a number is written as"},
		{`"ssn"`, `"passport"`, `fact kinds: no kind of identifier is called "passport"`},
		{`"unknown"`, `"yes"`, `fact encrypted: "yes" is none of`},
		{`"not_low"`, `"medium"`, `fact risk_of_harm: "medium" is none of`},
		{`["CA","NY"]`, `["California"]`, `fact licensed_facility_states: "California" is no State`},
		{`"written":true,`, `"writen":true,`, `fact law_enforcement_delay: unknown field "writen"`},
		{`"written":true,`, ``, "fact law_enforcement_delay: an oral statement lasts 30 days"},
		{`"until":"2026-06-30"`, `"until":"2026-03-01"`, "fact law_enforcement_delay: it ends on 2026-03-01, before"},
		{`{"written":true,"stated":"2026-03-10","until":"2026-06-30"}`, `{"written":false}`, "fact law_enforcement_delay: say on which day"},
		{fullFacts, `{"discovered":"2026-03-02"}`, "fact entity"},
		{fullFacts, `{"entity":"covered_entity"}`, "fact discovered"},
		{fullFacts, strings.Repeat(" ", maxFacts+1), "longer than"},
	} {
		text := strings.Replace(fullFacts, c.from, c.to, 1)
		if text == fullFacts {
			t.Fatalf("%s changes nothing", c.from)
		}
		if _, err := ReadFacts(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60s: %v, want %s", c.to, err, c.want)
		}
	}
}

func TestTruthsOfThree(t *testing.T) {
	for _, c := range []struct{ k, l, and, or Known }{
		{Yes, Yes, Yes, Yes}, {Yes, No, No, Yes}, {No, No, No, No}, {Open, Yes, Open, Yes}, {Open, No, No, Open}, {Open, Open, Open, Open},
	} {
		if c.k.And(c.l) != c.and || c.l.And(c.k) != c.and || c.k.Or(c.l) != c.or || c.l.Or(c.k) != c.or {
			t.Error(c)
		}
	}
	for n, want := range map[Interval]string{{600, 600}: "600", {1600, 1000700}: "1,600 to 1,000,700", {0, -1}: "at least 0"} {
		if n.String() != want {
			t.Error(n.String())
		}
	}
}

// FuzzReadFacts: whatever is read is in order, and reads the same again.
func FuzzReadFacts(f *testing.F) {
	f.Add(fullFacts)
	f.Add(`{"entity":"phr_vendor","discovered":"2026-03-02","states":{"CA":[0,null]},"total":[1,null]}`)
	f.Add(`{"entity":"covered_entity","discovered":"2028-02-29","law_enforcement_delay":{"stated":"2028-02-29"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ReadFacts(strings.NewReader(text))
		if err != nil {
			return
		}
		out, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadFacts(strings.NewReader(string(out)))
		if diff := cmp.Diff(got, again); err != nil || diff != "" {
			t.Error(err, diff)
		}
	})
}
