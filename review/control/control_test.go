package control

import (
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/access"
	compiler "github.com/chartroom/chartroom/access/declared"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/review"
	"github.com/chartroom/chartroom/review/framework"
)

var now = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

// estateOf makes a review of a bucket with patient data, whose accounts stand in exports, and of what is changed about it.
func estateOf(t *testing.T, change func(*review.Input)) *review.Review {
	t.Helper()
	seen := now.Add(-time.Hour)
	people := estate.NewPeople(0)
	people.Add(estate.Person{Marks: []estate.Mark{1 << 20}})
	row := catalog.Row{Repository: "s3://a", Custodian: "Meridian", Kind: "s3", Verdict: phi.VerdictPHI.String(), Confidentiality: "N", People: people.Tally().Total, ObservedAt: &seen, Items: 1,
		Traits: []catalog.Trait{{Name: "encryption", Value: "aws:kms", Known: true}, {Name: "tls", Value: "yes", Known: true}, {Name: "versioning", Value: "enabled", Known: true}, {Name: "access_log", Value: "to logs", Known: true}}}
	in := review.Input{Now: now, Rows: []catalog.Row{row}, Runs: []catalog.RunInfo{{ID: 2, Beat: seen, Outcome: "finished"}, {ID: 1, Beat: seen.Add(-time.Hour), Outcome: "finished"}}}
	export := func(kind, scope, principal, target string, said declared.Said) {
		in.Facts = append(in.Facts, access.Fact{Grant: estate.Grant{System: declared.System, Kind: kind, Scope: scope, Principal: principal, Target: target, Detail: said.Detail(), From: "export.csv:2"}})
	}
	export("custodian", "x", "Meridian", "", declared.Said{Is: map[string]string{"kind": "acquirer"}})
	export("identity_provider", "Entra", "Entra", "", declared.Said{Custodian: "Meridian"})
	export("user", "Entra", "ann", "", declared.Said{Idp: "Entra", MFA: "push", LastUsed: "2026-02-20"})
	export("access", "x", "Entra#ann", "s3://a", declared.Said{})
	export("app", "store", "Mover", "s3://a", declared.Said{Vendor: "Harbor", Scopes: []string{"files.read.all"}, LastUsed: "2026-02-01", Expires: "2026-12-31"})
	export("vendor", "x", "Harbor", "", declared.Said{Is: map[string]string{"agreement": "signed", "scope": "moving"}})
	export("keys", "x", "KMS", "s3://a", declared.Said{Custodian: "Meridian"})
	export("logging", "x", "SIEM", "s3://a", declared.Said{Is: map[string]string{"kept": "6 years"}})
	export("privileged_access", "x", "PAM", "s3://a", declared.Said{})
	export("registered", "x", "", "s3://a", declared.Said{Is: map[string]string{"classification": "restricted"}})
	export("labels", "x", "scheme", "", declared.Said{Is: map[string]string{"restricted": "N R V"}})
	if change != nil {
		change(&in)
	}
	for i := range in.Facts {
		in.Facts[i].ID = i + 1
		if in.Facts[i].Kind == "access" {
			in.Facts[i].Action = "read"
		}
	}
	holdings := func(_ bool, yield func(access.Holding) error) error {
		for i := range in.Rows {
			if err := yield(access.Holding{Place: access.Place{Repository: in.Rows[i].Repository, Path: "x"}, Verdict: phi.VerdictPHI, People: people}); err != nil {
				return err
			}
		}
		return nil
	}
	build := access.Input{Facts: in.Facts, Day: "2026-03-01", Compilers: map[string]access.Compiler{declared.System: compiler.On("2026-03-01")}, Holdings: holdings}
	for i := range in.Rows {
		build.Repositories = append(build.Repositories, access.Repository{Name: in.Rows[i].Repository})
	}
	var err error
	if in.Access, err = access.Build(build); err != nil {
		t.Fatal(err)
	}
	return review.New(in)
}

// assess holds one row that names one check.
func assess(t *testing.T, r *review.Review, check string) *review.ControlRow {
	t.Helper()
	a, err := Assess(r, &review.Framework{ID: "ours", Controls: []review.Control{{ID: "1", Checks: []string{check}}}}, "")
	if err != nil {
		t.Fatal(err)
	}
	return &a.Rows[0]
}

// TestChecks has each check on an estate in order, and on one where a single thing is wrong.
func TestChecks(t *testing.T) {
	set := func(kind string, change func(*declared.Said)) func(*review.Input) {
		return func(in *review.Input) {
			for i := range in.Facts {
				if f := &in.Facts[i]; f.Kind == kind {
					s, _ := declared.ReadSaid(f.Detail)
					change(&s)
					f.Detail = s.Detail()
				}
			}
		}
	}
	drop := func(kind string) func(*review.Input) {
		return func(in *review.Input) {
			for i := range in.Facts {
				if in.Facts[i].Kind == kind {
					in.Facts[i].Kind = "dropped"
				}
			}
		}
	}
	trait := func(name, value string) func(*review.Input) {
		return func(in *review.Input) {
			for i := range in.Rows[0].Traits {
				if tr := &in.Rows[0].Traits[i]; tr.Name == name {
					tr.Value = value
				}
			}
		}
	}
	incident := func(kinds map[string]int, whole bool) func(*review.Input) {
		return func(in *review.Input) {
			in.Cases = []review.Case{{Name: "c", Lines: 3, Kinds: kinds, Whole: whole}}
		}
	}
	tested := map[string]bool{}
	led := incident(map[string]int{"decision": 1, "level": 1, "evidence": 1, "approval": 1}, true)
	for _, c := range []struct {
		check  string
		fine   func(*review.Input)
		good   review.Outcome
		wrong  func(*review.Input)
		bad    review.Outcome
		status review.Status // with what is wrong
	}{
		{"inventory", nil, review.Satisfied, drop("registered"), review.Partly, review.Evidenced},
		{"labels", nil, review.Satisfied, func(in *review.Input) {
			in.Rows[0].Confidentiality = "V"
			set("labels", func(s *declared.Said) { s.Is["restricted"] = "N" })(in)
		}, review.NotSatisfied, review.Evidenced},
		{"systems", nil, review.Satisfied, func(in *review.Input) { in.Rows[0].Custodian = "" }, review.NotSatisfied, review.Evidenced},
		{"flows", nil, review.Partly, drop("app"), review.Undecided, review.Missing},
		{"suppliers", nil, review.Satisfied, drop("vendor"), review.NotSatisfied, review.Evidenced},
		{"criticality", nil, review.Satisfied, func(in *review.Input) { in.Rows[0].Verdict = "none" }, review.Undecided, review.Missing},
		{"lifecycle", nil, review.Satisfied, func(in *review.Input) { in.Runs = in.Runs[:1] }, review.Partly, review.Evidenced},
		{"monitoring", nil, review.Satisfied, func(in *review.Input) { in.Rows[0].Stale = true }, review.NotSatisfied, review.Evidenced},
		{"magnitude", nil, review.Satisfied, func(in *review.Input) { in.Rows[0].People = estate.Count{} }, review.NotSatisfied, review.Evidenced},
		{"readers", nil, review.Satisfied, func(in *review.Input) { drop("access")(in); drop("app")(in) }, review.Undecided, review.Missing},
		{"identities", nil, review.Satisfied, set("user", func(s *declared.Said) { s.Idp = "no" }), review.NotSatisfied, review.Evidenced},
		{"federation", nil, review.Partly, set("identity_provider", func(s *declared.Said) { s.Custodian = "Other" }), review.Undecided, review.Missing},
		{"unique_accounts", nil, review.Satisfied, set("user", func(s *declared.Said) { s.Shared = "yes" }), review.NotSatisfied, review.Evidenced},
		{"leavers", nil, review.Satisfied, set("user", func(s *declared.Said) { s.LastUsed = "2024-01-01" }), review.NotSatisfied, review.Evidenced},
		{"authentication", nil, review.Satisfied, set("user", func(s *declared.Said) { s.MFA = "none" }), review.NotSatisfied, review.Evidenced},
		{"break_glass", set("user", func(s *declared.Said) { s.BreakGlass = "yes" }), review.Satisfied, nil, review.Undecided, review.Missing},
		{"access_changes", nil, review.Satisfied, func(in *review.Input) { in.Runs = nil }, review.Undecided, review.Missing},
		{"activity", nil, review.Partly, set("user", func(s *declared.Said) { s.LastUsed = "" }), review.Undecided, review.Missing},
		{"least_access", nil, review.Satisfied, func(in *review.Input) { drop("access")(in); drop("app")(in) }, review.Undecided, review.Missing},
		{"privileged", nil, review.Satisfied, drop("privileged_access"), review.Undecided, review.Missing},
		{"writers", nil, review.Satisfied, func(in *review.Input) { drop("access")(in); drop("app")(in) }, review.Undecided, review.Missing},
		{"encryption", nil, review.Satisfied, trait("encryption", "no"), review.NotSatisfied, review.Evidenced},
		{"transit", nil, review.Satisfied, trait("tls", "no"), review.NotSatisfied, review.Evidenced},
		{"backup", nil, review.Partly, trait("versioning", "suspended"), review.NotSatisfied, review.Evidenced},
		{"logging", nil, review.Satisfied, trait("access_log", "no"), review.NotSatisfied, review.Evidenced},
		{"agreements", nil, review.Satisfied, set("vendor", func(s *declared.Said) { s.Is["agreement"] = "expired" }), review.NotSatisfied, review.Evidenced},
		{"supplier_reach", nil, review.Satisfied, drop("app"), review.Undecided, review.Missing},
		{"supplier_activity", nil, review.Satisfied, set("app", func(s *declared.Said) { s.Expires = "" }), review.Partly, review.Evidenced},
		{"supplier_end", nil, review.Satisfied, set("vendor", func(s *declared.Said) { s.Is["agreement"] = "ended 2025-01-01" }), review.NotSatisfied, review.Evidenced},
		{"case_log", led, review.Satisfied, incident(nil, false), review.NotSatisfied, review.Evidenced},
		{"case_led", led, review.Satisfied, incident(nil, true), review.NotSatisfied, review.Evidenced},
		{"case_triage", led, review.Satisfied, nil, review.Undecided, review.Missing},
		{"case_levels", led, review.Satisfied, incident(nil, true), review.NotSatisfied, review.Evidenced},
		{"case_evidence", led, review.Satisfied, incident(nil, true), review.NotSatisfied, review.Evidenced},
		{"case_notices", led, review.Satisfied, nil, review.Undecided, review.Missing},
	} {
		tested[c.check] = true
		t.Run(c.check, func(t *testing.T) {
			r := estateOf(t, c.fine)
			row := assess(t, r, c.check)
			if row.Outcome != c.good || row.Status != review.Evidenced {
				t.Errorf("in order it is %s, %s: %s", row.Status, row.Outcome, row.Says)
			}
			for _, e := range row.Results[0].Evidence {
				if _, ok, err := r.Open(e.ID); !ok || err != nil {
					t.Errorf("%s opens nothing: %v", e.ID, err)
				}
			}
			row = assess(t, estateOf(t, c.wrong), c.check)
			if row.Outcome != c.bad || row.Status != c.status {
				t.Errorf("with a thing wrong it is %s, %s: %s", row.Status, row.Outcome, row.Says)
			}
		})
	}
	t.Run("nothing at all", func(t *testing.T) {
		empty := estateOf(t, func(in *review.Input) { *in = review.Input{Now: now} })
		for _, c := range Checks() {
			if !tested[c.Name] {
				t.Errorf("%s is not tested", c.Name)
			}
			if row := assess(t, empty, c.Name); row.Status != review.Missing || row.Outcome != review.Undecided {
				t.Errorf("%s is %s, %s on an estate of nothing: %s", c.Name, row.Status, row.Outcome, row.Says)
			}
		}
	})
}

// TestShippedNamesChecks: what the shipped frameworks name is there, and each check is named by one.
func TestShippedNamesChecks(t *testing.T) {
	named := map[string]bool{}
	for _, name := range framework.Names() {
		f, _ := framework.Named(name)
		for _, c := range f.Controls {
			for _, check := range c.Checks {
				if named[check] = true; !Known(check) {
					t.Errorf("%s names the check %s", c.ID, check)
				}
			}
		}
	}
	for _, c := range Checks() {
		if !named[c.Name] || c.Shows == "" {
			t.Errorf("no framework names %s", c.Name)
		}
	}
	a, err := Assess(estateOf(t, nil), &review.Framework{Controls: []review.Control{{ID: "1", Checks: []string{"telepathy"}}}}, "")
	if err != nil || len(a.Doubts) != 1 || !strings.Contains(a.Doubts[0], "telepathy") || a.Rows[0].Status != review.Missing {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestAttested: a declaration attests until its day, and never evidences.
func TestAttested(t *testing.T) {
	f := &review.Framework{ID: "ours", Controls: []review.Control{{ID: "1"}, {ID: "2", Checks: []string{"readers"}}, {ID: "3"}}}
	for _, c := range []struct {
		until, rows string
		want        [3]review.Status
	}{
		{"", "1", [3]review.Status{review.Attested, review.Evidenced, review.Missing}},
		{"2027-01-01", "1; 3", [3]review.Status{review.Attested, review.Evidenced, review.Attested}},
		{"2026-01-01", "all", [3]review.Status{review.Missing, review.Evidenced, review.Missing}},
	} {
		r := estateOf(t, func(in *review.Input) {
			s := declared.Said{By: "assessor", AsOf: "2025-03-01", Until: c.until, Is: map[string]string{"Ours": c.rows}}
			in.Facts = append(in.Facts, access.Fact{Grant: estate.Grant{System: declared.System, Kind: "attestation", Principal: "certificate", Detail: s.Detail(), From: "estate.yaml, declared[0]"}})
		})
		a, err := Assess(r, f, "")
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if a.Rows[i].Status != want {
				t.Errorf("until %q: row %d is %s, want %s", c.until, i+1, a.Rows[i].Status, want)
			}
		}
		if c.rows == "all" {
			if t2 := a.Rows[1].Attested[0]; !t2.Outdated || t2.AgeDays != 365 || t2.Measured != review.Satisfied {
				t.Errorf("%+v", t2)
			}
		}
	}
}

// TestDeclaredAloneAttests: what rests on declarations alone is attested, and not evidenced.
func TestDeclaredAloneAttests(t *testing.T) {
	r := estateOf(t, func(in *review.Input) {
		for i := range in.Facts {
			in.Facts[i].From = "estate.yaml, declared[0]"
		}
	})
	for _, check := range []string{"readers", "identities", "agreements", "privileged", "flows"} {
		if row := assess(t, r, check); row.Status != review.Attested {
			t.Errorf("%s is %s", check, row.Status)
		}
	}
	if row := assess(t, r, "transit"); row.Status != review.Evidenced {
		t.Errorf("what a server says is %s", row.Status)
	}
}
