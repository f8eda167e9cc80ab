package review

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/access"
	compiler "github.com/chartroom/chartroom/access/declared"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/phi"
)

var now = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

// shelf is a repository of a test.
type shelf struct {
	name, custodian, owner string
	traits                 []catalog.Trait
	items                  map[string]phi.Classes // by path; nil = one item of no class
}

// reviewed makes a review of repositories and of declared facts.
func reviewed(t interface{ Fatal(...any) }, shelves []shelf, facts []access.Fact) *Review {
	in := Input{Now: now, Runs: []catalog.RunInfo{{ID: 1, Beat: now.Add(-time.Hour), Outcome: "finished"}}}
	holdings := map[string][]catalog.Holding{}
	seen := now.Add(-time.Hour)
	repositories := []access.Repository{}
	for n, s := range shelves {
		row := catalog.Row{Repository: s.name, Custodian: s.custodian, Owner: s.owner, Kind: "s3", Verdict: phi.VerdictPHI.String(), Traits: s.traits, Bytes: 1000, Items: int64(len(s.items)), ObservedAt: &seen}
		var all phi.Classes
		if s.items == nil {
			s.items = map[string]phi.Classes{"x.csv": 0}
		}
		people := estate.NewPeople(0)
		for path, classes := range s.items {
			p := estate.NewPeople(0)
			for k := range 3 {
				who := estate.Person{Marks: []estate.Mark{estate.Mark(uint64(n*1000+k+1) * 0x9e3779b97f4a7c15 &^ 3)}, Classes: classes}
				p.Add(who)
				people.Add(who)
			}
			holdings[s.name] = append(holdings[s.name], catalog.Holding{Repository: s.name, Path: path, Verdict: phi.VerdictPHI, Classes: classes, Bytes: 10, People: p})
			all |= classes
		}
		row.People, row.Sensitivity, row.Confidentiality = people.Tally().Total, all.Names(), all.Confidentiality().String()
		in.Rows = append(in.Rows, row)
		repositories = append(repositories, access.Repository{Name: s.name, Custodian: s.custodian})
	}
	in.Facts = facts
	in.Items = func(repository string, yield func(catalog.Holding) error) error {
		for _, h := range holdings[repository] {
			if err := yield(h); err != nil {
				return err
			}
		}
		return nil
	}
	in.People = func(names []string) (estate.Count, error) {
		all := estate.NewPeople(0)
		for _, n := range names {
			for _, h := range holdings[n] {
				all.Merge(h.People)
			}
		}
		return all.Tally().Total, nil
	}
	var err error
	in.Access, err = access.Build(access.Input{Facts: facts, Repositories: repositories, Day: now.Format(time.DateOnly), Compilers: map[string]access.Compiler{declared.System: compiler.On(now.Format(time.DateOnly))},
		Holdings: func(_ bool, yield func(access.Holding) error) error {
			for _, s := range shelves {
				for _, h := range holdings[s.name] {
					if err := yield(access.Holding{Place: access.Place{Repository: h.Repository, Path: h.Path}, Verdict: h.Verdict, Classes: h.Classes, Bytes: h.Bytes, People: h.People}); err != nil {
						return err
					}
				}
			}
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	return New(in)
}

// say makes a declared fact: kind|scope|principal|action|target, and what else is said.
func say(parts string, said declared.Said) access.Fact {
	p := append(strings.Split(parts, "|"), "", "", "", "")
	return access.Fact{Grant: estate.Grant{Repository: "declared://estate.yaml", System: declared.System, Scope: p[1], Kind: p[0], Principal: p[2], Action: p[3], Target: p[4], Detail: said.Detail(), From: "estate.yaml, declared[0]"}}
}

func is(pairs ...string) declared.Said {
	s := declared.Said{Is: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		s.Is[pairs[i]] = pairs[i+1]
	}
	return s
}

func numbered(facts ...access.Fact) []access.Fact {
	for i := range facts {
		facts[i].ID = i + 1
	}
	return facts
}

// base says who is who, and gives one reader of the acquirer's.
func base() []access.Fact {
	meridian := declared.Said{Custodian: "Meridian"}
	return []access.Fact{
		say("custodian||Meridian", is("kind", "acquirer")), say("custodian||Lakeside", is("kind", "acquired")), say("custodian||Harbor", is("kind", "vendor")),
		say("identity_provider|Entra|Entra", meridian), say("user|Entra|ann@m.example", declared.Said{Idp: "Entra", MFA: "push", LastUsed: "2026-02-20"}),
		say("access|x|Entra#ann@m.example|read|s3://a", declared.Said{}),
		say("registered|||| s3://elsewhere", is("classification", "restricted")),
	}
}

// TestCells has each answer of each aspect by itself.
func TestCells(t *testing.T) {
	trait := func(name, value string) []catalog.Trait {
		return []catalog.Trait{{Name: name, Value: value, Known: true}}
	}
	entry := func(place string, pairs ...string) access.Fact { return say("registered||||"+place, is(pairs...)) }
	scheme := say("labels||scheme", declared.Said{Custodian: "Meridian", Is: map[string]string{"restricted": "N R V", "internal": "none", "medium": "N,R"}})
	app := func(s declared.Said) access.Fact { return say("app|store|Mover||s3://a", s) }
	files := []string{"files.read.all"}
	for _, c := range []struct {
		name   string
		aspect Aspect
		shelf  shelf
		facts  []access.Fact
		want   State
		says   string
	}{
		{"in no entry", Registered, shelf{}, nil, No, "nobody registered it"},
		{"in an entry", Registered, shelf{}, []access.Fact{entry("s3://a", "classification", "internal")}, Yes, ""},
		{"in a wider entry", Registered, shelf{name: "s3://a/b"}, []access.Fact{entry("s3://a")}, Yes, ""},
		{"a name that begins alike", Registered, shelf{name: "s3://ab"}, []access.Fact{entry("s3://a")}, No, ""},
		{"a part only", Registered, shelf{items: map[string]phi.Classes{"x/1.csv": 0, "y/2.csv": 0}}, []access.Fact{entry("s3://a/x")}, No, "as y/2.csv"},
		{"all its parts", Registered, shelf{items: map[string]phi.Classes{"x/1.csv": 0, "y/2.csv": 0}}, []access.Fact{entry("s3://a/x"), entry("s3://a/y")}, Yes, "its parts"},

		{"no label", Labelled, shelf{}, []access.Fact{entry("s3://a")}, No, "bears no label"},
		{"no scheme", Labelled, shelf{}, []access.Fact{entry("s3://a", "classification", "restricted")}, Unknown, "not declared"},
		{"not of the scheme", Labelled, shelf{}, []access.Fact{scheme, entry("s3://a", "classification", "topmost")}, No, "no label of the acquirer's scheme"},
		{"fits", Labelled, shelf{}, []access.Fact{scheme, entry("s3://a", "classification", "Restricted")}, Yes, ""},
		{"too low", Labelled, shelf{items: map[string]phi.Classes{"x": phi.Of(phi.SDV)}}, []access.Fact{scheme, entry("s3://a", "classification", "medium")}, No, "V was measured"},
		{"a part too low", Labelled, shelf{items: map[string]phi.Classes{"x": 0, "t": phi.Of(phi.HIV)}}, []access.Fact{scheme, entry("s3://a", "classification", "restricted"), entry("s3://a/t", "classification", "internal")}, No, "s3://a/t: it is labelled internal, and R was measured"},
		{"a part in order", Labelled, shelf{items: map[string]phi.Classes{"x": 0, "t": phi.Of(phi.HIV)}}, []access.Fact{scheme, entry("s3://a", "classification", "medium"), entry("s3://a/t", "classification", "restricted")}, Yes, ""},

		{"by the acquirer's provider", Identity, shelf{}, nil, Yes, ""},
		{"nobody collected who reads", Identity, shelf{name: "s3://b"}, nil, Unknown, "nobody collected"},
		{"provider not said", Identity, shelf{}, []access.Fact{say("user|local|old", declared.Said{}), say("access|x|local#old|read|s3://a", declared.Said{})}, Unknown, "1 account"},
		{"outside", Identity, shelf{}, []access.Fact{say("user|local|old", declared.Said{Idp: "no"}), say("access|x|local#old|read|s3://a", declared.Said{})}, No, "old"},
		{"outside and disabled", Identity, shelf{}, []access.Fact{say("user|local|old", declared.Said{Idp: "no", Enabled: "no"}), say("access|x|local#old|read|s3://a", declared.Said{})}, Yes, ""},
		{"another's provider", Identity, shelf{}, []access.Fact{say("identity_provider|Okta|Okta", declared.Said{Custodian: "Lakeside"}), say("user|Okta|dan", declared.Said{Idp: "Okta"}), say("access|x|Okta#dan|read|s3://a", declared.Said{})}, No, "dan"},
		{"federated", Identity, shelf{}, []access.Fact{say("identity_provider|Okta|Okta", declared.Said{Custodian: "Lakeside", Is: map[string]string{"federated_to": "entra"}}), say("user|Okta|dan", declared.Said{Idp: "okta"}), say("access|x|Okta#dan|read|s3://a", declared.Said{})}, Yes, ""},
		{"everybody with an account of the acquirer's", Identity, shelf{}, []access.Fact{say("access|Entra|everyone|read|s3://a", declared.Said{})}, Yes, ""},
		{"everybody", Identity, shelf{}, []access.Fact{say("access|store|everyone|read|s3://a", declared.Said{})}, No, "everyone of store"},
		{"federated in a circle", Identity, shelf{}, []access.Fact{say("identity_provider|Okta|Okta", declared.Said{Custodian: "Lakeside", Is: map[string]string{"federated_to": "Okta"}}), say("user|Okta|dan", declared.Said{Idp: "Okta"}), say("access|x|Okta#dan|read|s3://a", declared.Said{})}, No, "dan"},

		{"nobody may change it", Privileged, shelf{}, nil, Yes, "no account"},
		{"somebody may", Privileged, shelf{}, []access.Fact{say("access|x|Entra#ann@m.example|write|s3://a", declared.Said{})}, Unknown, "ann@m.example"},
		{"by a broker", Privileged, shelf{}, []access.Fact{say("access|x|Entra#ann@m.example|write|s3://a", declared.Said{}), say("privileged_access||PAM||s3://a", declared.Said{})}, Yes, "PAM"},

		{"nothing known of logs", Logged, shelf{}, nil, Unknown, ""},
		{"not logged, whatever is declared", Logged, shelf{traits: trait("access_log", "no")}, []access.Fact{say("logging||SIEM||s3://a", is("kept", "6 years"))}, No, ""},
		{"logged, and kept for how long", Logged, shelf{traits: trait("access_log", "to logs")}, nil, Unknown, "how long"},
		{"logged and kept", Logged, shelf{traits: trait("access_log", "to logs")}, []access.Fact{say("logging||SIEM||s3://a", is("kept", "6 years"))}, Yes, "6 years"},
		{"only what writes", Logged, shelf{traits: trait("audit_log", "log_statement: mod")}, nil, Unknown, "not those that read"},
		{"unknown is no no", Logged, shelf{traits: []catalog.Trait{{Name: "access_log", Value: "no"}}}, nil, Unknown, ""},

		{"nothing known of keys", Keys, shelf{traits: trait("encryption", "aws:kms")}, nil, Unknown, ""},
		{"not encrypted", Keys, shelf{traits: trait("encryption", "0 of 3 tables")}, []access.Fact{say("keys||KMS||s3://a", declared.Said{Custodian: "Meridian"})}, No, "not encrypted"},
		{"the acquirer's keys", Keys, shelf{}, []access.Fact{say("keys||KMS||s3://a", declared.Said{Custodian: "Meridian"})}, Yes, ""},
		{"others' keys", Keys, shelf{}, []access.Fact{say("keys||KMS||s3://a", declared.Said{Custodian: "Lakeside"})}, No, "Lakeside"},
		{"a key of another account", Keys, shelf{traits: trait("encryption_key", "arn:aws:kms:us-west-2:999999999999:key/k")}, []access.Fact{say("keys||KMS||s3://a", declared.Said{Custodian: "Meridian", Is: map[string]string{"account": "123456789012"}})}, No, "123456789012"},

		{"retention not said", Retained, shelf{}, []access.Fact{entry("s3://a")}, Unknown, ""},
		{"retention", Retained, shelf{}, []access.Fact{entry("s3://a", "retention", "10 years")}, Yes, "10 years"},
		{"retention of a part", Retained, shelf{}, []access.Fact{entry("s3://a/x", "retention", "10 years")}, Unknown, ""},
		{"owner not said", Owned, shelf{}, nil, Unknown, ""},
		{"owner", Owned, shelf{owner: "it@l.example"}, nil, Yes, "it@l.example"},
		{"steward", Owned, shelf{}, []access.Fact{entry("s3://a", "steward", "p@m.example")}, Yes, "p@m.example"},

		{"no third party", ThirdParty, shelf{}, nil, Yes, "no third party"},
		{"whose app is it", ThirdParty, shelf{}, []access.Fact{app(declared.Said{Scopes: files})}, Unknown, "whose they are"},
		{"no agreement said", ThirdParty, shelf{}, []access.Fact{app(declared.Said{Scopes: files, Vendor: "Harbor"})}, Unknown, "Mover (files.read.all, no end)"},
		{"agreement ended", ThirdParty, shelf{}, []access.Fact{app(declared.Said{Scopes: files, Vendor: "Harbor"}), say("vendor|x|Harbor", is("agreement", "expired 2024-06-30"))}, No, "expired"},
		{"agreement to be renewed", ThirdParty, shelf{}, []access.Fact{app(declared.Said{Scopes: files, Vendor: "Harbor"}), say("vendor|x|Harbor", declared.Said{Until: "2026-01-01", Is: map[string]string{"agreement": "signed", "scope": "x"}})}, No, "renewed"},
		{"no scope", ThirdParty, shelf{}, []access.Fact{app(declared.Said{Scopes: files, Vendor: "Harbor"}), say("vendor|x|Harbor", is("agreement", "signed"))}, Unknown, "scope"},
		{"in order", ThirdParty, shelf{}, []access.Fact{app(declared.Said{Scopes: files, Vendor: "Harbor"}), say("vendor|x|Harbor", is("agreement", "signed 2026-01-15", "scope", "moving"))}, Yes, "signed"},
		{"kept by a vendor", ThirdParty, shelf{custodian: "Harbor"}, []access.Fact{say("vendor|x|Harbor", is("agreement", "none"))}, No, "it keeps this"},
	} {
		t.Run(string(c.aspect)+" "+c.name, func(t *testing.T) {
			if c.shelf.name == "" {
				c.shelf.name = "s3://a"
			}
			if c.shelf.custodian == "" {
				c.shelf.custodian = "Lakeside"
			}
			r := reviewed(t, []shelf{c.shelf}, numbered(append(base(), c.facts...)...))
			l, err := r.Ledger("")
			if err != nil {
				t.Fatal(err)
			}
			cell := l.Rows[0].Cell(c.aspect)
			if cell.State != c.want || !strings.Contains(cell.Says, c.says) {
				t.Errorf("%s: %s; want %s: %s", cell.State, cell.Says, c.want, c.says)
			}
			if err := sound(r, l); err != nil {
				t.Error(err)
			}
		})
	}
}

// sound checks what holds of any ledger: cells in their order, migrated where all are a yes, each cell that is not a yes in a gap, each
// gap with something to do, and all evidence opens.
func sound(r *Review, l *LedgerAnswer) error {
	opens := func(list []Evidence) error {
		for _, e := range list {
			if _, ok, err := r.Open(e.ID); !ok || err != nil {
				return fmt.Errorf("%s opens nothing: %v", e.ID, err)
			}
		}
		return nil
	}
	ids := map[string]*Gap{}
	for i := range l.Gaps {
		g := &l.Gaps[i]
		if ids[g.ID] != nil || g.Fix == "" || g.Says == "" || g.State == Yes || len(g.Repositories) == 0 {
			return fmt.Errorf("the gap %+v is none, or there twice", g)
		}
		ids[g.ID] = g
		if err := opens(g.Evidence); err != nil {
			return err
		}
	}
	for i := range l.Rows {
		row := &l.Rows[i]
		all := Yes
		for k, c := range row.Cells {
			if c.Aspect != Aspects()[k] || c.Says == "" || (c.State == Yes) != (len(c.Gaps) == 0) {
				return fmt.Errorf("the cell %+v", c)
			}
			for _, id := range c.Gaps {
				if g := ids[id]; g == nil || !slices.Contains(g.Repositories, row.Repository) {
					return fmt.Errorf("%s: no gap %s", c.Aspect, id)
				}
			}
			if c.State == No || c.State == Unknown && all == Yes {
				all = c.State
			}
			if err := opens(c.Evidence); err != nil {
				return err
			}
		}
		if row.Migrated != all {
			return fmt.Errorf("%s is migrated: %s, want %s", row.Repository, row.Migrated, all)
		}
	}
	if p := l.Progress; p.People.Done > p.People.Of || p.Repositories.Done > p.Repositories.Of || p.Bytes.Done > p.Bytes.Of {
		return fmt.Errorf("%+v", p)
	}
	return nil
}

// TestNobodyGoverns: without an acquirer there is nothing to hold anything against.
func TestNobodyGoverns(t *testing.T) {
	r := reviewed(t, []shelf{{name: "s3://a"}}, nil)
	if _, err := r.Ledger(""); !errors.Is(err, ErrNobody) {
		t.Error(err)
	}
	if p, err := r.Posture(""); err != nil || len(p.Accounts) > 0 {
		t.Error(p, err)
	}
}

// TestDoubts: what was not seen is told, and what nobody knows of an account is a question beside what is wrong with another.
func TestDoubts(t *testing.T) {
	facts := append(base(), say("user|local|old", declared.Said{Idp: "no"}), say("access|x|local#old|read|s3://a", declared.Said{}), say("user|box|who", declared.Said{}), say("access|x|box#who|read|s3://a", declared.Said{}))
	r := reviewed(t, []shelf{{name: "s3://a", custodian: "Lakeside"}, {name: "s3://shut", custodian: "Lakeside"}, {name: "s3://x", custodian: "Somebody"}}, numbered(facts...))
	r.in.Rows[0].Gaps, r.in.Rows[0].Stale, r.in.Rows[1].Verdict = 2, true, phi.VerdictUnknown.String()
	l, err := r.Ledger("")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 things in s3://a could not be read", "s3://a is stale", "whether s3://shut holds patient data is not known", "s3://elsewhere is in the register", "what Somebody is to the acquirer"} {
		if !slices.ContainsFunc(l.Doubts, func(d string) bool { return strings.Contains(d, want) }) {
			t.Errorf("no doubt %q in %q", want, l.Doubts)
		}
	}
	if c := l.Rows[0].Cell(Identity); c.State != No || len(c.Gaps) != 2 {
		t.Errorf("%+v", c)
	}
	if gaps, questions := l.Open(); gaps == 0 || questions == 0 {
		t.Error(gaps, questions)
	}
	if err := sound(r, l); err != nil {
		t.Error(err)
	}
}

// TestScope: the acquirer's own repositories are no matter of the migration, and those of nobody are.
func TestScope(t *testing.T) {
	r := reviewed(t, []shelf{{name: "s3://a", custodian: "Lakeside"}, {name: "s3://m", custodian: "Meridian"}, {name: "s3://n"}, {name: "s3://h", custodian: "Harbor"}}, numbered(base()...))
	names := func(custodian string) (out []string) {
		l, err := r.Ledger(custodian)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range l.Rows {
			out = append(out, row.Repository)
		}
		return out
	}
	if d := cmp.Diff([]string{"s3://a", "s3://n", "s3://h"}, names("")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"s3://m"}, names("Meridian")); d != "" {
		t.Error(d)
	}
}

// TestPosture has what makes an account stand out.
func TestPosture(t *testing.T) {
	facts := append(base(),
		say("user|local|root", declared.Said{Idp: "no", Shared: "yes", LastUsed: "2025-01-01", MFA: "none"}), say("access|x|local#root|admin|s3://a", declared.Said{}), say("access|x|local#root|read|s3://a", declared.Said{}),
		say("user|local|glass", declared.Said{Idp: "no", BreakGlass: "yes", Owner: "ann@m.example", LastUsed: "never"}), say("access|x|local#glass|read|s3://a", declared.Said{}),
		say("admin|Entra|ann@m.example||Entra", declared.Said{}),
		say("app|store|Mover||s3://a", declared.Said{Scopes: []string{"files.read.all"}, Vendor: "Harbor", LastUsed: "2026-02-02", Expires: "2026-12-31"}), say("vendor|x|Harbor", is("agreement", "signed")))
	r := reviewed(t, []shelf{{name: "s3://a", custodian: "Lakeside"}}, numbered(facts...))
	p, err := r.Posture("")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, a := range p.Accounts {
		got[a.Name] = strings.Join(a.Kinds, " ")
		if len(a.Evidence) == 0 || a.Fix == "" || a.Repositories[0] != "s3://a" {
			t.Errorf("%+v", a)
		}
		for _, e := range a.Evidence {
			if _, ok, _ := r.Open(e.ID); !ok {
				t.Error(e.ID)
			}
		}
	}
	want := map[string]string{"root": "orphaned shared dormant standing_admin", "glass": "outside dormant break_glass", "ann@m.example": "standing_admin"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(p.Clients) != 1 || p.Clients[0].Vendor != "Harbor" || p.Clients[0].Agreement != Yes || p.Clients[0].Expires != "2026-12-31" || p.Clients[0].Scopes[0] != "files.read.all" || p.Clients[0].Now.Estimate != 3 {
		t.Errorf("%+v", p.Clients)
	}
	if p, _ := r.Posture("Meridian"); len(p.Accounts)+len(p.Clients) > 0 {
		t.Errorf("%+v", p)
	}
}

// TestBurn: what opened and closed from one time to the next.
func TestBurn(t *testing.T) {
	at := func(day int, ids ...string) *LedgerAnswer {
		l := &LedgerAnswer{AsOf: now.AddDate(0, 0, day)}
		for _, id := range ids {
			l.Gaps = append(l.Gaps, Gap{ID: id, State: No})
		}
		return l
	}
	points := Burn([]*LedgerAnswer{at(0, "a", "b"), at(1, "b"), at(2, "b", "c")})
	if points[0].Gaps != 2 || !slices.Equal(points[1].Closed, []string{"a"}) || len(points[1].Opened) != 0 || !slices.Equal(points[2].Opened, []string{"c"}) || len(points[2].Closed) != 0 {
		t.Errorf("%+v", points)
	}
	if len(Burn(nil)) != 0 {
		t.Error("points of nothing")
	}
}

// TestAnyFacts: whatever is declared, in any order, nothing breaks, the ledger is the same, and it is sound.
func TestAnyFacts(t *testing.T) {
	kinds := []string{"custodian", "registered", "labels", "privileged_access", "logging", "keys", "vendor", "identity_provider", "user", "service", "group", "member", "app", "access", "login", "holds", "admin", "control", "x"}
	words := rapid.SampledFrom([]string{"Meridian", "Lakeside", "Harbor", "ann", "local#ann", "group:g", "app:m", "s3://a", "s3://a/x.csv", "s3://a/", "s3://b", "everyone", "arn:aws:x"})
	value := rapid.SampledFrom([]string{"", "acquirer", "acquired", "vendor", "restricted", "N R V", "none", "signed", "expired", "yes", "no", "Entra", "6 years", "2025-01-01"})
	rapid.Check(t, func(t *rapid.T) {
		facts := base()
		for range rapid.IntRange(0, 20).Draw(t, "facts") {
			f := say(fmt.Sprintf("%s|%s|%s|%s|%s", rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.SampledFrom([]string{"Entra", "local", "store"}).Draw(t, "scope"), words.Draw(t, "principal"),
				rapid.SampledFrom([]string{"read", "write", "admin", ""}).Draw(t, "action"), words.Draw(t, "target")), declared.Said{
				Idp: value.Draw(t, "idp"), Custodian: words.Draw(t, "custodian"), Vendor: words.Draw(t, "vendor"), Until: value.Draw(t, "until"), Enabled: value.Draw(t, "enabled"), Shared: value.Draw(t, "shared"),
				Scopes: []string{"files.read.all"}, Is: map[string]string{value.Draw(t, "key"): value.Draw(t, "value"), "kind": value.Draw(t, "kind of custodian"), "agreement": value.Draw(t, "agreement"), "classification": value.Draw(t, "label")}})
			facts = append(facts, f)
		}
		numbered(facts...)
		shelves := []shelf{{name: "s3://a", custodian: "Lakeside", items: map[string]phi.Classes{"x.csv": phi.Of(phi.HIV), "y/z.csv": 0}}, {name: "s3://b", custodian: "Harbor", traits: []catalog.Trait{{Name: "access_log", Value: value.Draw(t, "trait"), Known: true}}}}
		r := reviewed(t, shelves, facts)
		one, err := r.Ledger("")
		if errors.Is(err, ErrNobody) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := sound(r, one); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Posture(""); err != nil {
			t.Fatal(err)
		}
		again, err := reviewed(t, shelves, facts).Ledger("")
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(one, again); d != "" {
			t.Fatal(d)
		}
		shuffled := slices.Clone(facts)
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		other, err := reviewed(t, shelves, shuffled).Ledger("")
		if err != nil {
			t.Fatal(err)
		}
		for i := range one.Rows {
			for k := range one.Rows[i].Cells {
				if a, b := one.Rows[i].Cells[k].State, other.Rows[i].Cells[k].State; a != b {
					t.Fatalf("%s of %s is %s, and with the facts in another order %s", one.Rows[i].Cells[k].Aspect, one.Rows[i].Repository, a, b)
				}
			}
		}
	})
}

// BenchmarkLedger: 500 repositories, 20,000 accounts in 200 groups, each of which reads 5 repositories.
func BenchmarkLedger(b *testing.B) {
	facts := base()
	shelves := make([]shelf, 500)
	for i := range shelves {
		shelves[i] = shelf{name: fmt.Sprintf("s3://store-%d", i), custodian: "Lakeside"}
		facts = append(facts, say("registered||||"+shelves[i].name, is("classification", "restricted", "retention", "10 years")))
	}
	for i := range 20_000 {
		user := fmt.Sprintf("user%d@l.example", i)
		idp := "Entra"
		if i%1000 == 0 {
			idp = "no"
		}
		facts = append(facts, say("user|Entra|"+user, declared.Said{Idp: idp, MFA: "push"}), say(fmt.Sprintf("member|Entra|%s||g%d", user, i%200), declared.Said{}))
	}
	for i := range 1000 {
		facts = append(facts, say(fmt.Sprintf("access|Entra|group:g%d|read|s3://store-%d", i%200, i/2), declared.Said{}))
	}
	r := reviewed(b, shelves, numbered(facts...))
	for b.Loop() {
		l, err := New(r.in).Ledger("")
		if err != nil || len(l.Rows) != 500 {
			b.Fatal(err)
		}
	}
}
