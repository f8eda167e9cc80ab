package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/catalog/store/storetest"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

const archive = "file:///srv/archive"

// begun is a run on a fresh file, or on a given one.
func begun(t *testing.T, f *store.File) *Run {
	t.Helper()
	if f == nil {
		f = storetest.Open(t, storetest.Fresh(t))
	}
	r, err := Begin(t.Context(), f, "Ada", RunSpec{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Abandon(context.Background()) })
	if err := r.Repository(t.Context(), estate.Repository{Name: archive}); err != nil {
		t.Fatal(err)
	}
	return r
}

// table is an item about one person, with one finding.
func table(path string, person int) []estate.Fact {
	p := estate.NewPeople(0)
	p.Add(estate.Person{Marks: []estate.Mark{estate.Mark(4 * (person + 1))}})
	return []estate.Fact{
		{Item: &estate.Item{Repository: archive, Path: path, Version: "1", Verdict: phi.VerdictPHI, People: p, Read: 100,
			Evidence: estate.Evidence{Coverage: estate.All.String(), Rules: "rules/1"}}},
		{Finding: &estate.Finding{Repository: archive, Path: path, Field: "record number", Kind: phi.MRN, Values: 1, People: 1}}}
}

// rows counts the rows of a table.
func rows(t *testing.T, f *store.File, table string) (n int) {
	t.Helper()
	if err := f.Read.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAFullDiskLeavesAWholeFileAndTheRunGoesOn(t *testing.T) {
	first := begun(t, nil)
	f := first.f
	if err := first.Append(t.Context(), table("a.csv", 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Finish(t.Context(), []Listing{{Repository: archive, Complete: true, Items: 1}}); err != nil {
		t.Fatal(err)
	}
	r := begun(t, f)
	if got, err := r.Unchanged(t.Context(), archive, "a.csv", "1", "rules/1"); err != nil || !got.Renewed {
		t.Fatal(got, err)
	}
	fill, free := "PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000" // as many as there are, and enough
	if storetest.OnServer() {
		fill, free = "ALTER TABLE items ADD CONSTRAINT disk_is_full CHECK (id < 3000)", "ALTER TABLE items DROP CONSTRAINT disk_is_full"
	}
	if _, err := r.conn.ExecContext(t.Context(), fill); err != nil {
		t.Fatal(err)
	}
	// That a.csv cannot be read any more is part of what is undone.
	many := []estate.Fact{{Gap: &estate.Gap{Repository: archive, Path: "a.csv", Reason: estate.GapVanished}}}
	for i := range 5000 {
		many = append(many, table(fmt.Sprintf("big/%s%d.csv", strings.Repeat("x", i%50), i), i+1)...)
	}
	err := r.Append(t.Context(), many)
	if err == nil || !strings.Contains(err.Error(), "write catalog "+f.Path) || !strings.Contains(err.Error(), "full") {
		t.Fatalf("got %v", err)
	}
	if n, gaps := rows(t, f, "items"), rows(t, f, "gaps"); n != 1 || gaps != 0 {
		t.Errorf("%d items and %d gaps, want the item of before", n, gaps)
	}
	if want := (Books{Unchanged: 1}); r.Books() != want {
		t.Errorf("the books are %+v, want %+v", r.Books(), want)
	}
	if _, err := r.conn.ExecContext(t.Context(), free); err != nil {
		t.Fatal(err)
	}
	if err := r.Append(t.Context(), many[1:]); err != nil {
		t.Fatal(err)
	}
	books, err := r.Finish(t.Context(), []Listing{{Repository: archive, Complete: true, Items: 5001}})
	if err != nil || books.Balance() != nil || books.Unchanged != 1 || books.Read != 5000 {
		t.Errorf("%+v, %v", books, err)
	}
	people, _, err := store.CountedPopulation(t.Context(), f.Read, 1)
	if err != nil || people.Tally().Total.Low > 5001 || people.Tally().Total.High < 5001 {
		t.Errorf("%+v, %v", people.Tally().Total, err)
	}
}

// A transaction that fails takes back all that was noted of an item, in the order in which it came.
func TestAFailedAppendLeavesTheNotesOfTheOneBefore(t *testing.T) {
	first := begun(t, nil)
	if err := first.Append(t.Context(), table("a.csv", 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Finish(t.Context(), []Listing{{Repository: archive, Complete: true, Items: 1}}); err != nil {
		t.Fatal(err)
	}
	r := begun(t, first.f)
	gap := []estate.Fact{{Gap: &estate.Gap{Repository: archive, Path: "a.csv", Reason: estate.GapChanging}}}
	if err := r.Append(t.Context(), gap); err != nil {
		t.Fatal(err)
	}
	nobody := estate.Fact{Gap: &estate.Gap{Repository: "s3://nobody-named-it", Path: "b", Reason: estate.GapUnreadable}}
	if err := r.Append(t.Context(), append(gap, nobody)); err == nil {
		t.Fatal("a repository that nobody named was taken")
	}
	books, err := r.Finish(t.Context(), []Listing{{Repository: archive, Complete: true, Items: 1}})
	if err != nil || books.Balance() != nil || books.Gaps != 1 || books.Vanished != 0 {
		t.Errorf("%+v, %v", books, err)
	}
}

func TestAnEmptyItemHasNoContents(t *testing.T) {
	r := begun(t, nil)
	facts := table("a.csv", 0)
	facts[0].Item.People = nil
	if err := r.Append(t.Context(), facts[:1]); err != nil {
		t.Fatal(err)
	}
	if n := rows(t, r.f, "contents"); n != 0 {
		t.Errorf("%d rows for an item without findings and people", n)
	}
}

func TestAnEndedRunTakesNothing(t *testing.T) {
	r := begun(t, nil)
	if err := r.Abandon(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Append(t.Context(), table("a.csv", 0)); !errors.Is(err, ErrEnded) {
		t.Errorf("got %v", err)
	}
	if err := r.Abandon(t.Context()); err != nil {
		t.Errorf("to abandon it twice is no fault: %v", err)
	}
	if _, err := r.Unchanged(t.Context(), archive, "a.csv", "1", "rules/1"); !errors.Is(err, ErrEnded) {
		t.Errorf("got %v", err)
	}
}
