package catalog

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
)

var ada = audit.Caller{Name: "Ada", Role: audit.Admin}

// open opens a catalog whose clock stands still.
func open(t testing.TB, address string, now time.Time) (*store.File, *catalog.Catalog) {
	t.Helper()
	f, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	f.Now = func() time.Time { return now }
	c := catalog.Over(f)
	t.Cleanup(func() { c.Close() })
	return f, c
}

// all gathers what an answer yields.
func all[T any](t testing.TB, each func(context.Context, audit.Caller, catalog.Filter, func(T) error) error, f catalog.Filter) (out []T) {
	t.Helper()
	if err := each(t.Context(), ada, f, func(v T) error { out = append(out, v); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTheWrittenCatalogIsThatOfASurvey: all answers are the same as where surveys of the same facts wrote it.
func TestTheWrittenCatalogIsThatOfASurvey(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	e := NewEstate(Shape{Repositories: 240, Fields: 9000, People: 60_000}, now)
	f, written := open(t, filepath.Join(t.TempDir(), "written.chart"), now)
	if err := Write(t.Context(), f, e); err != nil {
		t.Fatal(err)
	}
	_, surveyed := open(t, filepath.Join(t.TempDir(), "surveyed.chart"), now)
	survey(t, surveyed, e)
	if err := written.Verify(t.Context(), ada); err != nil {
		t.Error(err)
	}
	fields := 0
	for _, filter := range []catalog.Filter{{}, {Sensitivity: phi.Of(phi.SUD)}, {Sensitivity: phi.Of(phi.SUD, phi.HIV)}, {Custodian: "Custodian 03"}, {States: []phi.State{phi.ParseState("NY")}}, {Explain: true}} {
		same(t, all(t, surveyed.EachRepository, filter), all(t, written.EachRepository, filter))
		same(t, all(t, surveyed.EachItem, filter), all(t, written.EachItem, filter))
		same(t, all(t, surveyed.EachGap, filter), all(t, written.EachGap, filter))
		want, got := all(t, surveyed.EachField, filter), all(t, written.EachField, filter)
		same(t, want, got)
		fields = max(fields, len(got))
		a, err := surveyed.Tally(t.Context(), ada, filter)
		if err != nil {
			t.Fatal(err)
		}
		b, err := written.Tally(t.Context(), ada, filter)
		if err != nil {
			t.Fatal(err)
		}
		same(t, a, b)
	}
	if fields < 7000 || fields > 11_000 {
		t.Errorf("%d fields were asked for 9,000", fields)
	}
	a, err := surveyed.Runs(t.Context(), ada, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := written.Runs(t.Context(), ada, 1)
	if err != nil {
		t.Fatal(err)
	}
	same(t, a[0].Visits, b[0].Visits)
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d[:min(len(d), 2000)])
	}
}

// survey enters an estate as a survey does.
func survey(t *testing.T, c *catalog.Catalog, e *Estate) {
	t.Helper()
	r, err := c.Begin(t.Context(), ada, catalog.RunSpec{Targets: []string{"bench"}, Rules: rulesName, Version: version})
	if err != nil {
		t.Fatal(err)
	}
	var listings []catalog.Listing
	for n := range e.Repositories {
		repo, facts := e.Facts(n)
		if err := r.Repository(t.Context(), repo); err != nil {
			t.Fatal(err)
		}
		items := int64(0)
		for _, f := range facts {
			if f.Item != nil || f.Gap != nil {
				items++
			}
		}
		if err := r.Append(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
		listings = append(listings, catalog.Listing{Repository: repo.Name, Complete: true, Items: items})
	}
	if _, err := r.Finish(t.Context(), listings); err != nil {
		t.Fatal(err)
	}
}
