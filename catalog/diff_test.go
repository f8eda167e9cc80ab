package catalog_test

import (
	"testing"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/catalogtest"
	"github.com/chartroom/chartroom/catalog/store/storetest"
	"github.com/chartroom/chartroom/estate"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What Diff leaves out as untouched is the same before and after: in histories with interrupted surveys and incomplete listings, between times after surveys and within them.
func TestDiffLeavesNothingOut(t *testing.T) {
	changed, compared := 0, 0
	stories := 4
	if storetest.OnServer() {
		stories = 2
	}
	for seed := range uint64(stories) {
		s := catalogtest.New(t, storetest.Fresh(t), 4, seed)
		moments := []time.Time{s.Clock.Add(-time.Hour)}
		for range 5 {
			s.Survey(6)
			moments = append(moments, s.Clock.Add(-90*time.Second), s.Clock) // while the survey was at work, and after it
			s.Clock = s.Clock.Add(time.Hour)
		}
		for i, since := range moments {
			for j, until := range moments[i:] {
				f := catalog.Filter{Repository: []string{"", "", "s3://clinic-002"}[(i+j)%3]}
				want, err := s.Catalog.DiffOfAll(t.Context(), catalogtest.Keeper(), since, until, f)
				s.Must(err)
				got, err := s.Catalog.Diff(t.Context(), catalogtest.Keeper(), since, until, f)
				s.Must(err)
				if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(catalog.RepositoryChange{}, catalog.ItemChange{})); d != "" {
					t.Fatalf("story %d, from %s to %s, %q: %s", seed, since, until, f.Repository, d)
				}
				compared++
				changed += len(got.Repositories)
			}
		}
	}
	if changed < compared/2 {
		t.Errorf("%d changes in %d comparisons: the histories are too quiet", changed, compared)
	}
}

// A listing that comes to its end closes the gap that it had, though no fact came.
func TestAListingThatComesToItsEndIsAChange(t *testing.T) {
	s := catalogtest.New(t, storetest.Fresh(t), 0, 1)
	const name = "s3://clinic"
	survey := func(facts []estate.Fact, complete bool) (after time.Time) {
		run, err := s.Catalog.Begin(t.Context(), catalogtest.Keeper(), catalog.RunSpec{Targets: []string{name}, Rules: "rules/1", Version: "test", Key: s.Key})
		s.Must(err)
		s.Must(run.Repository(t.Context(), estate.Repository{Name: name, Kind: "s3"}))
		s.Must(run.Append(t.Context(), facts))
		_, err = run.Finish(t.Context(), []catalog.Listing{{Repository: name, Complete: complete}})
		s.Must(err)
		s.Clock = s.Clock.Add(time.Hour)
		return s.Clock.Add(-time.Minute)
	}
	since := survey([]estate.Fact{{Gap: &estate.Gap{Repository: name, Path: "locked", Reason: estate.GapUnreadable, Under: true}}}, false)
	survey(nil, true)
	got, err := s.Catalog.Diff(t.Context(), catalogtest.Keeper(), since, time.Time{}, catalog.Filter{})
	if err != nil || len(got.Repositories) != 1 || got.Repositories[0].GapsClosed != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
