package catalog

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store/storetest"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

const archive = "file:///srv/archive"

// story is a catalog with a clock of its own.
type story struct {
	*testing.T
	c     *Catalog
	ctx   context.Context
	clock time.Time
}

func newStory(t *testing.T) *story {
	t.Helper()
	s := &story{T: t, ctx: t.Context(), clock: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	s.reopen(storetest.Fresh(t))
	return s
}

func (s *story) reopen(path string) {
	s.Helper()
	c, err := Open(s.ctx, path)
	if err != nil {
		s.Fatal(err)
	}
	c.file.Now = func() time.Time { return s.clock }
	s.Cleanup(func() { c.Close() })
	s.c = c
}

// later moves the clock on and gives the time before.
func (s *story) later(d time.Duration) time.Time {
	before := s.clock
	s.clock = s.clock.Add(d)
	return before
}

func (s *story) begin() *Run {
	s.Helper()
	r, err := s.c.Begin(s.ctx, officer, RunSpec{Targets: []string{"/srv/archive"}, Rules: "rules/1", Version: "test"})
	if err != nil {
		s.Fatal(err)
	}
	if err := r.Repository(s.ctx, estate.Repository{Name: archive, Kind: "files", Custodian: "Lakeside Clinics"}); err != nil {
		s.Fatal(err)
	}
	return r
}

func (s *story) append(r *Run, facts ...[]estate.Fact) {
	s.Helper()
	var all []estate.Fact
	for _, f := range facts {
		all = append(all, f...)
	}
	if err := r.Append(s.ctx, all); err != nil {
		s.Fatal(err)
	}
}

// complete is the listing of a repository that came to its end.
func complete(repository string, items int64) []Listing {
	return []Listing{{Repository: repository, Complete: true, Items: items}}
}

func (s *story) finish(r *Run, listed int64) Books {
	s.Helper()
	books, err := r.Finish(s.ctx, complete(archive, listed))
	if err != nil {
		s.Fatal(err)
	}
	if err := s.c.Verify(s.ctx, officer); err != nil {
		s.Error(err)
	}
	return books
}

func (s *story) balanced(b Books) {
	s.Helper()
	if err := b.Balance(); err != nil {
		s.Error(err)
	}
}

// survey is a whole run: the items given are read, all others that are named are asked for and must be unchanged.
func (s *story) survey(items []thing, unchanged ...thing) Books {
	s.Helper()
	r := s.begin()
	for _, i := range unchanged {
		s.renew(r, i, true)
	}
	for _, i := range items {
		s.append(r, i.facts())
	}
	b := s.finish(r, int64(len(items)+len(unchanged)))
	s.balanced(b)
	return b
}

func (s *story) renew(r *Run, i thing, want bool) estate.Renewal {
	s.Helper()
	got, err := r.Unchanged(s.ctx, archive, i.path, i.version, "rules/1")
	if err != nil {
		s.Fatal(err)
	}
	if got.Renewed != want {
		s.Errorf("%s: unchanged is %v, want %v", i.path, got.Renewed, want)
	}
	return got
}

func (s *story) where(f Filter) []Row {
	s.Helper()
	rows, err := s.c.Where(s.ctx, officer, f)
	if err != nil {
		s.Fatal(err)
	}
	return rows
}

// only gives the one row of WHERE.
func (s *story) only(f Filter) Row {
	s.Helper()
	rows := s.where(f)
	if len(rows) != 1 {
		s.Fatalf("%d rows: %+v", len(rows), rows)
	}
	return rows[0]
}

// all gathers what an answer yields.
func all[T any](s *story, each func(context.Context, audit.Caller, Filter, func(T) error) error, f Filter) []T {
	s.Helper()
	var out []T
	err := each(s.ctx, officer, f, func(row T) error {
		out = append(out, row)
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return out
}

func (s *story) rows(f Filter) []Row     { s.Helper(); return all(s, s.c.EachItem, f) }
func (s *story) fields(f Filter) []Field { s.Helper(); return all(s, s.c.EachField, f) }
func (s *story) gaps(f Filter) []Gap     { s.Helper(); return all(s, s.c.EachGap, f) }

func (s *story) items(f Filter) map[string]Row {
	s.Helper()
	out := map[string]Row{}
	for _, r := range s.rows(f) {
		if _, twice := out[r.Item]; twice {
			s.Errorf("%s stands twice in the answer", r.Item)
		}
		out[r.Item] = r
	}
	return out
}

// thing is an item of a story with what belongs to it.
type thing struct {
	path, version string
	people        []int // persons by number; person n lives in CA when even, NY when odd
	classes       phi.Classes
	coverage      estate.Coverage
	gaps          []estate.Gap
	inner         []thing
}

// csv is a table with one record for each person.
func csv(path, version string, people ...int) thing {
	return thing{path: path, version: version, people: people, coverage: estate.All}
}

func (i thing) with(classes ...phi.Class) thing {
	i.classes = phi.Of(classes...)
	return i
}

// unread is an item that was listed and not read.
func unread(path, version string, reason estate.GapReason) thing {
	return thing{path: path, version: version, coverage: estate.NotRead,
		gaps: []estate.Gap{{Repository: archive, Path: path, Reason: reason, Detail: "story", Bytes: 7}}}
}

func (i thing) facts() []estate.Fact { return i.factsIn("") }

func (i thing) factsIn(outer string) []estate.Fact {
	it := &estate.Item{Repository: archive, Path: i.path, Outer: outer, Version: i.version, Bytes: 100, Format: "csv", Classes: i.classes,
		Records: int64(len(i.people)), Read: 100, Evidence: estate.Evidence{Reader: "csv/1", Coverage: i.coverage.String(), Rules: "rules/1"}}
	facts := []estate.Fact{{Item: it}}
	if i.coverage != estate.NotRead {
		it.Verdict = phi.VerdictNone
	}
	if len(i.people) > 0 {
		it.Verdict, it.People = phi.VerdictPHI, crowd(i.classes, i.people...)
		n := int64(len(i.people))
		for f, kind := range []phi.Kind{phi.MRN, phi.DateOfBirth} {
			facts = append(facts, estate.Fact{Finding: &estate.Finding{Repository: archive, Path: i.path, Field: fmt.Sprintf("column_%d", f),
				Kind: kind, Subject: phi.Patient, Values: n, WellFormed: n, People: n, Likelihood: 0.98, Classes: i.classes,
				Why: []estate.Reason{{Rule: "header", Detail: "named so"}, {Rule: "values", Detail: "syntax", Count: n, Source: "own"}}}})
		}
	}
	for _, in := range i.inner {
		facts = append(facts, in.factsIn(i.path)...)
	}
	for _, g := range i.gaps {
		facts = append(facts, estate.Fact{Gap: &g})
	}
	return facts
}

// crowd is a sketch of persons by number.
func crowd(classes phi.Classes, people ...int) *estate.People {
	p := estate.NewPeople(0)
	for _, n := range people {
		state := phi.ParseState("CA")
		if n%2 == 1 {
			state = phi.ParseState("NY")
		}
		p.Add(estate.Person{Marks: []estate.Mark{estate.Mark(2 * (n + 1))}, States: 1 << state, Classes: classes})
	}
	return p
}
