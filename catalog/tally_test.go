package catalog

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// holding is what a repository holds at one moment of a story.
type holding struct {
	people  []int
	classes phi.Classes
}

var drawHolding = rapid.Custom(func(t *rapid.T) holding {
	return holding{rapid.SliceOfNDistinct(rapid.IntRange(0, 30), 0, 6, rapid.ID[int]).Draw(t, "people"),
		rapid.SampledFrom([]phi.Classes{0, phi.Of(phi.SUD), phi.Of(phi.HIV), phi.Of(phi.SUD, phi.HIV), phi.Of(phi.PSY)}).Draw(t, "classes")}
})

// enter brings what a repository holds now, in a run.
func (s *story) enter(r *Run, name string, h holding, version int) {
	s.Helper()
	if err := r.Repository(s.ctx, estate.Repository{Name: name, Kind: "s3", Custodian: "Lakeside"}); err != nil {
		s.Fatal(err)
	}
	facts := csv("a.csv", fmt.Sprint(version), h.people...).facts()
	facts[0].Item.Repository, facts[0].Item.Classes = name, h.classes
	if len(h.people) > 0 {
		facts[0].Item.People = crowd(h.classes, h.people...)
	}
	s.append(r, facts[:1])
}

// TestKeptSumsAreThoseOfAll: whatever surveys brought and took, while one is at work, and after one that was killed: what is kept of all
// repositories is what these come to when each is asked.
func TestKeptSumsAreThoseOfAll(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStory(t)
		defer s.c.Close()
		names := []string{"s3://a", "s3://b", "s3://c"}
		runs := rapid.IntRange(1, 3).Draw(rt, "runs")
		for version := range runs {
			s.later(30 * time.Hour)
			r := s.begin()
			var listings []Listing
			for _, n := range names {
				if rapid.Bool().Draw(rt, "surveyed") {
					s.enter(r, n, drawHolding.Draw(rt, n), version)
					listings = append(listings, Listing{Repository: n, Complete: true, Items: 1})
				}
			}
			s.same(rt, names)
			if version == runs-1 && rapid.Bool().Draw(rt, "killed") {
				if err := r.Abandon(s.ctx); err != nil {
					t.Fatal(err)
				}
			} else if _, err := r.Finish(s.ctx, append(listings, complete(archive, 0)...)); err != nil {
				t.Fatal(err)
			}
			s.same(rt, names)
		}
		for _, n := range []string{`UPDATE crowds SET bound = bound`, `INSERT INTO pending SELECT class, repository, 1 FROM classed`, `DELETE FROM crowds WHERE class >= 0`} {
			if _, err := s.c.file.Write.ExecContext(s.ctx, n); err != nil {
				t.Fatal(err)
			}
		}
		s.same(rt, names)
	})
}

// same compares the answers from what is kept with those from the repositories.
func (s *story) same(t *rapid.T, names []string) {
	for _, f := range []Filter{{}, {Sensitivity: phi.Of(phi.SUD)}, rapid.SampledFrom([]Filter{{Sensitivity: phi.Of(phi.SUD, phi.HIV)}, {Custodian: "Lakeside"},
		{States: []phi.State{phi.ParseState("NY")}}}).Draw(t, "filter")} {
		each := f
		each.Among = append([]string{archive}, names...)
		for _, f := range []*Filter{&f, &each} {
			f.StaleAfter = 24 * time.Hour
		}
		got, err := s.c.Tally(s.ctx, officer, f)
		if err != nil {
			t.Fatal(err)
		}
		want, err := s.c.Tally(s.ctx, officer, each)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%+v: %s", f, d)
		}
		if got, want := s.where(f), s.where(each); !slices.EqualFunc(got, want, func(a, b Row) bool { return cmp.Equal(a, b) }) {
			t.Fatalf("%+v: %s", f, cmp.Diff(want, got))
		}
	}
}
