package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
)

// two surveys two repositories: the archive, and a portal that shares person 2 with it.
func (s *story) two() {
	s.Helper()
	s.survey([]thing{csv("sud.csv", "1", 1, 2).with(phi.SUD), csv("plain.csv", "1", 3, 4, 5), unread("x.bin", "1", estate.GapEncrypted)})
	r, err := s.c.Begin(s.ctx, officer, RunSpec{})
	if err != nil {
		s.Fatal(err)
	}
	if err := r.Repository(s.ctx, estate.Repository{Name: "s3://portal", Kind: "s3", Custodian: "Meridian"}); err != nil {
		s.Fatal(err)
	}
	facts := csv("notes.csv", "1", 2, 6).with(phi.PSYTHPN).facts()
	for _, f := range facts {
		if f.Item != nil {
			f.Item.Repository, f.Item.Bytes = "s3://portal", -1
		} else {
			f.Finding.Repository = "s3://portal"
		}
	}
	for _, p := range []string{"Vera", "Otto", "Vera"} {
		facts = append(facts, estate.Fact{Grant: &estate.Grant{Repository: "s3://portal", Principal: p, Action: "read", Target: "*", Why: "policy", From: "iam"}})
	}
	s.append(r, facts)
	if _, err := r.Finish(s.ctx, complete("s3://portal", 1)); err != nil {
		s.Fatal(err)
	}
}

func names(rows []Row) string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Repository+r.Item)
	}
	return strings.Join(out, " ")
}

func TestTheMostSensitiveComesFirst(t *testing.T) {
	s := newStory(t)
	s.two()
	if got := names(s.where(Filter{})); got != "s3://portal "+archive {
		t.Errorf("got %s", got)
	}
	want := "s3://portalnotes.csv " + archive + "sud.csv " + archive + "plain.csv " + archive + "x.bin"
	if got := names(s.rows(Filter{})); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFiltersNarrow(t *testing.T) {
	s := newStory(t)
	s.two()
	ca, ny := phi.ParseState("CA"), phi.ParseState("NY")
	for _, c := range []struct {
		name     string
		f        Filter
		where    int
		matching int64
		items    int
		fields   int
	}{
		{"all", Filter{}, 2, -1, 4, 6},
		{"a repository", Filter{Repository: archive}, 1, -1, 3, 4},
		{"a custodian", Filter{Custodian: "Meridian"}, 1, -1, 1, 2},
		{"a class", Filter{Sensitivity: phi.Of(phi.SUD)}, 1, 2, 1, 2},
		{"two classes", Filter{Sensitivity: phi.Of(phi.SUD, phi.PSYTHPN)}, 2, 3, 2, 4},
		{"a state", Filter{States: []phi.State{ny}}, 1, 3, 2, 4},
		{"a class and a state", Filter{Sensitivity: phi.Of(phi.SUD), States: []phi.State{ca}}, 1, 1, 1, 2},
		{"unknown residence", Filter{States: []phi.State{0}}, 0, 0, 0, 0},
		{"a limit", Filter{Limit: 1}, 1, -1, 1, 1},
		{"nothing", Filter{Repository: "nowhere"}, 0, -1, 0, 0},
	} {
		if got := s.where(c.f); len(got) != c.where {
			t.Errorf("%s: %d repositories, want %d", c.name, len(got), c.where)
		}
		if got := s.items(c.f); len(got) != c.items {
			t.Errorf("%s: %d items, want %d", c.name, len(got), c.items)
		}
		if got := s.fields(c.f); len(got) != c.fields {
			t.Errorf("%s: %d fields, want %d", c.name, len(got), c.fields)
		}
		total, err := s.c.Tally(s.ctx, officer, c.f)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.matching < 0 && total.Matching != nil && c.f.Limit == 0 {
			t.Errorf("%s: nobody was asked for, and %+v match", c.name, total.Matching)
		}
		if c.matching >= 0 && (total.Matching == nil || total.Matching.Estimate != c.matching) {
			t.Errorf("%s: %+v match, want %d", c.name, total.Matching, c.matching)
		}
	}
}

func TestAPersonInTwoRepositoriesCountsOnce(t *testing.T) {
	s := newStory(t)
	s.two()
	got, err := s.c.Tally(s.ctx, officer, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if got.People.Estimate != 6 || got.Repositories != 2 || got.Items != 4 || got.Gaps != 1 || got.Bytes != 300 {
		t.Errorf("got %+v", got)
	}
	if got.States["CA"].Estimate != 3 || got.States["NY"].Estimate != 3 || got.Classes["PSYTHPN"].Estimate != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestReadersAreCountedOnceAndUnknownOnesAreNull(t *testing.T) {
	s := newStory(t)
	s.two()
	if err := s.c.SaveGraph(s.ctx, officer, s.clock, []byte("a graph"), []Readers{{Repository: "s3://portal", Certain: 2, Outside: 1}}); err != nil {
		t.Fatal(err)
	}
	rows := s.where(Filter{})
	if n := rows[0].ReadersCount; n == nil || *n != 2 {
		t.Errorf("the portal has readers %v, want 2", n)
	}
	if n := rows[1].ReadersCount; n != nil {
		t.Errorf("of the archive nobody knows the readers, and it says %d", *n)
	}
	var grants []estate.Grant
	err := s.c.EachGrant(s.ctx, officer, Filter{}, func(_ int64, g estate.Grant) error {
		grants = append(grants, g)
		return nil
	})
	want := []estate.Grant{{Repository: "s3://portal", Principal: "Vera", Action: "read", Target: "*", Why: "policy", From: "iam"},
		{Repository: "s3://portal", Principal: "Otto", Action: "read", Target: "*", Why: "policy", From: "iam"}}
	if diff := cmp.Diff(want, grants); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// The shape of the answers is a contract: DESIGN section 4.
func TestJSONHasTheAgreedKeys(t *testing.T) {
	s := newStory(t)
	s.survey([]thing{csv("readme.txt", "1"), csv("p.csv", "1", 1), unread("x.bin", "1", estate.GapEncrypted)})
	object := func(v any) map[string]any {
		t.Helper()
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	has := func(what string, m map[string]any, keys string) {
		t.Helper()
		for _, k := range strings.Fields(keys) {
			v, ok := m[k]
			if !ok {
				t.Errorf("%s has no %q", what, k)
			}
			if v == nil && k != "readers_count" {
				t.Errorf("%s has null for %q", what, k)
			}
		}
	}
	row := "repository custodian verdict identifiers sensitivity confidentiality people states bytes items gaps readers_count observed_at stale"
	has("a repository", object(s.only(Filter{})), row)
	for _, item := range s.items(Filter{}) {
		has(item.Item, object(item), row+" item evidence")
	}
	fields := s.fields(Filter{Explain: true})
	f := object(fields[0])
	has("a field", f, "repository item field kind subject values people likelihood sensitivity wellformed evidence why")
	has("evidence", f["evidence"].(map[string]any), "reader coverage seen stale")
	has("a gap", object(s.gaps(Filter{})[0]), "repository item reason detail bytes since observed_at")
	if b, _ := json.Marshal(s.where(Filter{Repository: "nowhere"})); string(b) != "[]" {
		t.Errorf("no rows are %s", b)
	}
}

func TestWhyIsKeptAndShownWhenAskedFor(t *testing.T) {
	s := newStory(t)
	s.survey([]thing{csv("p.csv", "1", 1, 2, 3)})
	fields := s.fields(Filter{Explain: true})
	if len(fields) != 2 {
		t.Fatal(fields)
	}
	want := []estate.Reason{{Rule: "header", Detail: "named so"}, {Rule: "values", Detail: "syntax", Count: 3, Source: "own"}}
	if diff := cmp.Diff(want, fields[0].Why); diff != "" {
		t.Error(diff)
	}
	if f := fields[1]; f.Field != "column_1" || f.Kind != "date_of_birth" || f.Values != 3 || f.People != 3 || f.Likelihood != 0.98 {
		t.Errorf("got %+v", f)
	}
	if s.fields(Filter{})[0].Why != nil {
		t.Error("nobody asked why")
	}
}

func TestAsOfIsTheStateOfThen(t *testing.T) {
	s := newStory(t)
	type moment struct {
		at     time.Time
		people int64
		items  int
	}
	var moments []moment
	note := func() {
		moments = append(moments, moment{s.clock, s.sum(), len(s.items(Filter{}))})
		s.later(time.Hour)
	}
	note()
	s.survey([]thing{csv("a.csv", "1", 1, 2)})
	note()
	s.survey([]thing{csv("a.csv", "2", 1, 2, 3), csv("b.csv", "1", 9)})
	note()
	r := s.begin()
	s.append(r, csv("c.csv", "1", 10).facts())
	note() // in the middle of a run
	s.later(time.Hour)
	s.renew(r, csv("b.csv", "1", 9), true)
	s.finish(r, 2)
	note()
	s.survey(nil)
	note()
	for i, m := range moments {
		f := Filter{AsOf: m.at}
		total, err := s.c.Tally(s.ctx, officer, f)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(s.items(f)); total.People.Estimate != m.people || n != m.items {
			t.Errorf("moment %d: as of then %d people and %d items, and then there were %d and %d", i, total.People.Estimate, n, m.people, m.items)
		}
	}
}

func (s *story) sum() (n int64) {
	s.Helper()
	t, err := s.c.Tally(s.ctx, officer, Filter{})
	if err != nil {
		s.Fatal(err)
	}
	return t.People.Estimate
}

func TestAsOfEvidenceIsAsOldAsItWasThen(t *testing.T) {
	s := newStory(t)
	a := csv("a.csv", "1", 1)
	s.survey([]thing{a})
	first := s.later(20 * time.Hour)
	s.survey(nil, a)
	second := s.later(20 * time.Hour)
	s.survey(nil, a)
	for _, c := range []struct{ at, seen time.Time }{{first, first}, {first.Add(19 * time.Hour), first}, {second, second}, {s.clock, s.clock}} {
		row := s.items(Filter{AsOf: c.at})["a.csv"]
		if !row.Evidence.Seen.Equal(c.seen) || row.Stale {
			t.Errorf("as of %s: seen %s, want %s", c.at, row.Evidence.Seen, c.seen)
		}
	}
	if row := s.items(Filter{AsOf: first.Add(19 * time.Hour), StaleAfter: time.Hour})["a.csv"]; !row.Stale {
		t.Error("evidence of 19 hours is not stale after one hour")
	}
}

func TestDiffTellsWhatChanged(t *testing.T) {
	s := newStory(t)
	same := csv("same.csv", "1", 1)
	s.survey([]thing{same, csv("goes.csv", "1", 2).with(phi.HIV), csv("grows.csv", "1", 3), unread("x.bin", "1", estate.GapEncrypted),
		csv("again.csv", "1", 3)})
	t0 := s.later(time.Hour)
	s.survey([]thing{csv("grows.csv", "2", 3, 4, 5, 6), csv("new.csv", "1", 7).with(phi.SUD), csv("again.csv", "1", 3),
		csv("x.bin", "2"), unread("y.bin", "1", estate.GapNoReader)}, same)
	got, err := s.c.Diff(s.ctx, officer, t0, time.Time{}, Filter{})
	if err != nil || len(got.Repositories) != 1 {
		t.Fatal(got, err)
	}
	r := got.Repositories[0]
	if r.Change != Changed || !slices.Equal(r.Gained, []string{"SUD"}) || !slices.Equal(r.Lost, []string{"HIV"}) || r.People != 3 || r.Verdict != 0 {
		t.Errorf("got %+v", r)
	}
	if r.Items != (ItemChanges{Appeared: 2, Vanished: 1, Changed: 2}) || r.GapsOpened != 1 || r.GapsClosed != 1 {
		t.Errorf("got %+v", r)
	}
	var most []string
	for _, m := range r.Most {
		most = append(most, m.Change+" "+m.Item)
	}
	if want := "vanished goes.csv|appeared new.csv|changed grows.csv|changed x.bin|appeared y.bin"; strings.Join(most, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(most, "|"), want)
	}
	if again, err := s.c.Diff(s.ctx, officer, s.clock, s.clock.Add(time.Minute), Filter{}); err != nil || len(again.Repositories) != 0 {
		t.Errorf("nothing changed since, and it says %+v, %v", again, err)
	}
	first, err := s.c.Diff(s.ctx, officer, t0.Add(-time.Hour), t0, Filter{Limit: 2})
	if err != nil || first.Repositories[0].Change != Appeared || first.Repositories[0].Before != nil || len(first.Repositories[0].Most) != 2 {
		t.Errorf("got %+v, %v", first, err)
	}
	t1 := s.later(time.Hour)
	s.survey(nil)
	last, err := s.c.Diff(s.ctx, officer, t1, s.clock, Filter{})
	if err != nil || last.Repositories[0].Change != Vanished || last.Repositories[0].Verdict >= 0 {
		t.Errorf("got %+v, %v", last, err)
	}
}

func TestEachItemEndsWithTheErrorOfWhoTakesIt(t *testing.T) {
	s := newStory(t)
	s.two()
	enough := errors.New("enough")
	n := 0
	err := s.c.EachItem(s.ctx, officer, Filter{}, func(Row) error {
		n++
		return enough
	})
	if n != 1 || !errors.Is(err, enough) {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestEveryReadLeavesALineAndAsksForPermission(t *testing.T) {
	s := newStory(t)
	s.two()
	cases := 0
	reads := map[audit.Action]func(audit.Caller) error{
		audit.ReadMap: func(c audit.Caller) error {
			_, err := s.c.Where(s.ctx, c, Filter{Repository: archive})
			_, err2 := s.c.Tally(s.ctx, c, Filter{})
			return errors.Join(err, err2)
		},
		audit.ReadItems:  func(c audit.Caller) error { return s.c.EachItem(s.ctx, c, Filter{}, func(Row) error { return nil }) },
		audit.ReadFields: func(c audit.Caller) error { return s.c.EachField(s.ctx, c, Filter{}, func(Field) error { return nil }) },
		audit.ReadGaps:   func(c audit.Caller) error { return s.c.EachGap(s.ctx, c, Filter{}, func(Gap) error { return nil }) },
		audit.ReadDiff:   func(c audit.Caller) error { _, err := s.c.Diff(s.ctx, c, s.clock, s.clock, Filter{}); return err },
		audit.ReadRuns:   func(c audit.Caller) error { _, err := s.c.Runs(s.ctx, c, 0); return err },
		audit.ReadAudit:  func(c audit.Caller) error { _, err := s.c.Audit(s.ctx, c, time.Time{}, 0); return err },
		audit.ReadGrants: func(c audit.Caller) error {
			return s.c.EachGrant(s.ctx, c, Filter{}, func(int64, estate.Grant) error { return nil })
		},
		audit.ReadCase: func(c audit.Caller) error { _, err := s.c.Cases(s.ctx, c); return err },
		audit.WriteCase: func(c audit.Caller) error {
			err := s.c.AddCaseLine(s.ctx, c, "archive", cases+1, CaseLine{[]byte("a line"), "h"})
			if err == nil {
				cases++
			}
			return err
		},
		audit.Check:        func(c audit.Caller) error { return s.c.Verify(s.ctx, c) },
		audit.Keep:         func(c audit.Caller) error { return s.c.Admit(s.ctx, c, audit.Keep, "backup") },
		audit.OwnAccount:   func(c audit.Caller) error { _, err := s.c.Tokens(s.ctx, c); return err },
		audit.KeepAccounts: func(c audit.Caller) error { _, err := s.c.Accounts(s.ctx, c); return err },
		audit.TestClaim:    func(c audit.Caller) error { return s.c.Admit(s.ctx, c, audit.TestClaim, "a sample") },
		audit.Survey:       func(c audit.Caller) error { _, err := s.c.Begin(s.ctx, c, RunSpec{}); return err },
	}
	for _, a := range audit.Actions() {
		if reads[a] == nil {
			t.Fatalf("the test does not know how to %s", a)
		}
		for _, who := range []audit.Caller{{}, {Name: "Vera", Role: audit.Viewer}, {Name: "Anna", Role: audit.Analyst},
			{Name: "Pia", Role: audit.PrivacyOfficer}} {
			before := len(s.trail())
			err := reads[a](who)
			if want := who.Permit(a); (err == nil) != (want == nil) {
				t.Errorf("%s by %q: %v, the table says %v", a, who.Name, err, want)
			}
			lines := s.trail()[before:]
			if len(lines) < 2 {
				t.Fatalf("%s by %q left no line", a, who.Name)
			}
			for _, l := range lines[:len(lines)-1] { // the last is the trail's own reading
				outcome := audit.Allowed
				if err != nil {
					outcome = audit.Denied
				}
				if l.Caller != who.Name || l.Action != a || l.Outcome != outcome || l.Role != who.Role.String() {
					t.Errorf("%s by %q left %+v", a, who.Name, l)
				}
			}
		}
	}
	s.where(Filter{Repository: archive})
	if lines := s.trail(); lines[len(lines)-2].Target != archive {
		t.Errorf("the line does not name what was read: %+v", lines[len(lines)-2])
	}
	if last, err := s.c.Audit(s.ctx, officer, time.Time{}, 1); err != nil || len(last) != 1 || last[0].Action != audit.ReadAudit {
		t.Errorf("the last line alone: %+v, %v", last, err)
	}
}

func (s *story) trail() []audit.Record {
	s.Helper()
	lines, err := s.c.Audit(s.ctx, officer, time.Time{}, 0)
	if err != nil {
		s.Fatal(err)
	}
	return lines
}

func TestNoAnswerWithoutATrail(t *testing.T) {
	s := newStory(t)
	s.two()
	if _, err := s.c.file.Write.Exec("DROP TABLE audit"); err != nil {
		t.Fatal(err)
	}
	if rows, err := s.c.Where(s.ctx, officer, Filter{}); err == nil || len(rows) > 0 {
		t.Errorf("an answer that nobody wrote down: %v", rows)
	}
}

func TestManyFoldersAndNamesInAnyOrderAreFoundUnchanged(t *testing.T) {
	s := newStory(t)
	var all []thing
	for i := range 3000 {
		all = append(all, csv(fmt.Sprintf("f%02d/%04d.csv", i%7, i*7919%3000), "1"))
	}
	r := s.begin()
	for _, i := range all {
		s.append(r, i.facts())
	}
	s.finish(r, int64(len(all)))
	s.later(time.Hour)
	r = s.begin()
	for _, i := range all {
		s.renew(r, i, true)
		s.renew(r, thing{path: i.path + "x", version: "1"}, false)
	}
	s.balanced(s.finish(r, int64(len(all))))
	if row := s.only(Filter{}); row.Items != 3000 || !row.ObservedAt.Equal(s.clock) {
		t.Errorf("got %+v", row)
	}
}

func TestARepositoryIsGradedAsItsHighestItem(t *testing.T) {
	s := newStory(t)
	r := s.begin()
	study := csv("study.csv", "1").with(phi.SDV).facts() // health data of nobody
	study[0].Item.Verdict = phi.VerdictHealth
	s.append(r, csv("p.csv", "1", 1).facts(), study)
	s.finish(r, 2)
	if row := s.only(Filter{}); row.Confidentiality != "N" || row.Verdict != "phi" || !slices.Equal(row.Sensitivity, []string{"SDV"}) {
		t.Errorf("no PHI is of a class, and the repository says %+v", row)
	}
	if row := s.items(Filter{})["study.csv"]; row.Confidentiality != "" || row.Verdict != "health" {
		t.Errorf("got %+v", row)
	}
}
