package threat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/threat"
)

// nurses are so many users of one role, whom a caller could talk out of their logins; whether they can be called nobody knows.
func nurses(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "user(n%[1]d); employee_listed(n%[1]d); phone_reachable(n%[1]d)?; assigned(n%[1]d, sso); can_read(n%[1]d, ward); can_read(n%[1]d, lab); custodian(n%[1]d, meridian); self_enrol(n%[1]d)\n", i)
	}
	return b.String()
}

const joined = `
	share(ward); share(lab); store_in(ward, sso); store_in(lab, sso); phi(ward); phi(lab); holds_patients(ward); custodian(ward, meridian); custodian(lab, meridian)
	archive(harbor); store_in(harbor, fileserver); phi(harbor); custodian(harbor, lakeside); plain(harbor)
	user(old); infostealer_hit(old); local_login(old, fileserver); can_read(old, harbor); custodian(old, meridian); mfa(old, none)
	log_kept(sign-in); log_kept(object-access)?
`

func TestAHundredOfOneRoleAreOnePath(t *testing.T) {
	f := tell(parse(t, nurses(100)+joined))
	people := &persons{facts: f, ranges: map[string][][2]int{"ward": {{0, 700}}, "lab": {{600, 1000}}, "harbor": {{900, 1500}}}}
	in := threat.Input{Facts: f, Book: shipped(t), Counter: people, AsOf: "2026-11-22"}
	a, err := threat.Walk(in)
	if err != nil {
		t.Fatal(err)
	}
	if a.Certain.People.Estimate != 600 || a.Possible.People.Estimate != 1500 || a.Omitted != 2 || len(a.Doubts) != 0 || a.Pinned != "19" {
		t.Errorf("%v for sure, %v perhaps, %d omitted, %v", a.Certain, a.Possible, a.Omitted, a.Doubts)
	}
	var got []string
	for _, p := range a.Paths {
		var rows []string
		for _, s := range p.Steps {
			rows = append(rows, s.Row)
		}
		got = append(got, fmt.Sprint(strings.Join(rows, " "), " ", p.Stores, " ", p.Alike, " ", p.Certain, " ", p.Joined, " ", p.Out, " ", p.Loss.People.Estimate))
	}
	want := []string{
		"SH-REC-1 SH-CRD-3 SH-PIV-1 ST-END-1 [ward lab] 100 false false yes 1000",
		"SH-CRD-1 SH-CRD-6 ST-COL-1 ST-END-1 [harbor] 1 true true yes 600",
		"SH-CRD-1 SH-3P-6 ST-END-1 [harbor] 1 true true yes 600",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	call := a.Paths[0].Steps[1]
	if call.Technique != "T1566.004" || call.LogKept != "yes" || !slices.Equal(call.From, []int{0}) || !slices.Equal(call.Breaks, []string{"Phishing-resistant login only, for everybody"}) {
		t.Errorf("the call is %+v", call)
	}
	reach := func(fact string) threat.Use {
		i := slices.IndexFunc(call.Uses, func(u threat.Use) bool { return strings.HasPrefix(u.Fact, fact) })
		return call.Uses[i]
	}
	if u := reach("phone_reachable"); u.State != "possible" || u.Question == "" || u.How != "declared" {
		t.Errorf("what is not known is %+v", u)
	}
	if u := reach("not fido2_only"); u.State != "certain" || u.How != "assumed" || u.Question != "" {
		t.Errorf("what nobody told is %+v", u)
	}
	var then []string
	for _, s := range a.Paths[0].Then {
		then = append(then, s.Row)
	}
	if !slices.Contains(then, "SH-PER-1") || !slices.Contains(then, "SH-EXF-1") || slices.Contains(then, "SH-PIV-1") {
		t.Errorf("then follow %v", then)
	}
	if q := a.Questions[0]; q.Paths != 1 || q.People.Estimate != 1000 || !strings.HasPrefix(q.Fact, "phone_reachable(") {
		t.Errorf("the first question is %+v", q)
	}
}

func TestJoiningIsWhatLedAcross(t *testing.T) {
	f := tell(parse(t, nurses(3)+joined))
	people := &persons{facts: f, ranges: map[string][][2]int{"ward": {{0, 700}}, "lab": {{600, 1000}}, "harbor": {{900, 1500}}}}
	a, err := threat.Walk(threat.Input{Facts: f, Book: shipped(t), Counter: people})
	if err != nil {
		t.Fatal(err)
	}
	d := a.Delta
	if d == nil || d.Apart.People.Estimate != 1000 || d.Joined.People.Estimate != 1500 || len(d.Paths) != 2 || d.Each["lakeside"].People.Estimate != 600 || d.Each["meridian"].People.Estimate != 1000 {
		t.Errorf("the delta is %+v", d)
	}
}

func TestWhatIf(t *testing.T) {
	f := tell(parse(t, nurses(3)+joined))
	people := &persons{facts: f, ranges: map[string][][2]int{"ward": {{0, 700}}, "lab": {{600, 1000}}, "harbor": {{900, 1500}}}}
	fact := func(predicate string, args ...string) threat.Fact {
		x := threat.Fact{Predicate: predicate}
		for _, a := range args {
			x.Args = append(x.Args, f.Name(a))
		}
		return x
	}
	in := threat.Input{Facts: f, Book: shipped(t), Counter: people}
	for _, c := range []struct {
		what              string
		change            func(in *threat.Input)
		certain, possible int64
		controls          bool
	}{
		{"nothing", func(*threat.Input) {}, 600, 1500, true},
		{"a right is taken", func(in *threat.Input) { in.Without = []threat.Fact{fact("can_read", "old", "harbor")} }, 0, 1000, true},
		{"what was not known is known", func(in *threat.Input) { in.With = []threat.Fact{fact("phone_reachable", "n1")} }, 1500, 1500, true},
		{"a control", func(in *threat.Input) { in.Try = []string{"Retire or re-home the archive harbor"} }, 0, 1000, true},
		{"controls", func(in *threat.Input) {
			in.Try = []string{"Retire or re-home the archive harbor", "Phishing-resistant login only, for everybody"}
		}, 0, 0, false},
		{"one login alone", func(in *threat.Input) { in.Start, in.Alone = []threat.Fact{fact("acts_as", "n2")}, true }, 1000, 1000, true},
	} {
		changed := in
		c.change(&changed)
		a, err := threat.Walk(changed)
		if err != nil {
			t.Fatal(err)
		}
		if a.Certain.People.Estimate != c.certain || a.Possible.People.Estimate != c.possible || len(a.Controls) > 0 != c.controls {
			t.Errorf("%s: %d for sure, %d perhaps, %d sets of controls", c.what, a.Certain.People.Estimate, a.Possible.People.Estimate, len(a.Controls))
		}
	}
	in.Try = []string{"Retire the moon"}
	if _, err := threat.Walk(in); err == nil {
		t.Error("a control that is none was tried")
	}
	in.Try, in.With = nil, []threat.Fact{fact("can_reed", "old", "harbor")}
	if _, err := threat.Walk(in); err == nil {
		t.Error("a fact of no predicate was tried")
	}
}

func TestPathsKeepTheirNames(t *testing.T) {
	ids := func(text string) []string {
		f := tell(parse(t, text))
		a, err := threat.Walk(threat.Input{Facts: f, Book: shipped(t), Counter: &persons{facts: f, ranges: map[string][][2]int{"ward": {{0, 10}}, "lab": {{0, 10}}, "harbor": {{0, 10}}}}})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, p := range a.Paths {
			out = append(out, p.ID)
		}
		slices.Sort(out)
		return out
	}
	if a, b := ids(nurses(1)+joined), ids(joined+nurses(1)+"user(somebody); plain(elsewhere); phi(elsewhere)"); !slices.Equal(a, b) || len(a) != 3 {
		t.Errorf("%v, and with what no path rests on %v", a, b)
	}
}

func TestRowsThatAreNone(t *testing.T) {
	u, v := threat.Term{Name: "U", Variable: true}, threat.Term{Name: "V", Variable: true}
	lit := func(predicate string, not bool, terms ...threat.Term) threat.Literal {
		return threat.Literal{Predicate: predicate, Terms: terms, Not: not}
	}
	for name, r := range map[string]threat.Row{
		"gives what nothing binds":       {If: []threat.Literal{lit("user", false, u)}, Gives: []threat.Literal{lit("cred", false, v)}},
		"asks for the absence of nobody": {If: []threat.Literal{lit("user", false, u), lit("fido2_only", true, v)}, Gives: []threat.Literal{lit("cred", false, u)}},
		"asks the crew to have not":      {If: []threat.Literal{lit("user", false, u), lit("cred", true, u)}, Gives: []threat.Literal{lit("cred", false, u)}},
		"has another number of names":    {If: []threat.Literal{lit("user", false, u), lit("user", false, u, v)}, Gives: []threat.Literal{lit("cred", false, u)}},
	} {
		if _, err := threat.Ground(threat.NewFacts(), []threat.Row{r}); err == nil {
			t.Errorf("a row that %s was grounded", name)
		}
	}
	f := threat.NewFacts()
	f.Tell("user", threat.Yes, f.From(threat.Origin{}), f.Name("a"), f.Name("b"))
	if _, err := threat.Ground(f, []threat.Row{{If: []threat.Literal{lit("user", false, u)}, Gives: []threat.Literal{lit("cred", false, u)}}}); err == nil {
		t.Error("facts of another number of names were grounded")
	}
}
