package retention

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/catalogtest"
	"github.com/chartroom/chartroom/catalog/ledger"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/catalog/store/storetest"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func story(t testing.TB, repositories, surveys int, seed uint64) *catalogtest.Story {
	t.Helper()
	s := catalogtest.New(t, storetest.Fresh(t), repositories, seed)
	s.Live(surveys)
	return s
}

func compacted(t testing.TB, s *catalogtest.Story, before time.Time) *Report {
	t.Helper()
	r, err := (&Job{File: s.File, Who: catalogtest.Keeper(), Before: before}).Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// diffs are all differences between some times, in one text.
func diffs(t testing.TB, c *catalog.Catalog, times []time.Time) string {
	t.Helper()
	var out bytes.Buffer
	for i, since := range times {
		for _, until := range times[i:] {
			d, err := c.Diff(context.Background(), catalogtest.Keeper(), since, until, catalog.Filter{StaleAfter: 200 * 365 * 24 * time.Hour})
			if err = errors.Join(err, json.NewEncoder(&out).Encode(d)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out.String()
}

// What is answered of the kept time is the same before and after, and goes on being the same when more surveys come: two catalogs live
// alike, and only one of them forgets.
func TestTheKeptTimeAnswersAsBefore(t *testing.T) {
	removed := int64(0)
	checks := flag.Lookup("rapid.checks") // each is the work of two catalogs that live for weeks
	usual := checks.Value.String()
	defer checks.Value.Set(usual)
	switch {
	case storetest.OnServer():
		checks.Value.Set("2")
	case usual == "100":
		checks.Value.Set("12")
	}
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		surveys := rapid.IntRange(2, 6).Draw(rt, "surveys")
		one, twin := story(t, 3, surveys, seed), story(t, 3, surveys, seed)
		began := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
		border := began.Add(time.Duration(rapid.Float64Range(0, 1).Draw(rt, "border") * float64(one.Clock.Sub(began)))).Truncate(time.Millisecond)
		times := []time.Time{border}
		for range 3 {
			times = append(times, border.Add(time.Duration(rapid.Float64Range(0, 1).Draw(rt, "time")*float64(one.Clock.Sub(border)))))
		}
		r := compacted(t, one, border)
		removed += r.Total()
		for range 2 {
			for _, at := range append(times, time.Time{}, one.Clock) {
				if diff := cmp.Diff(catalogtest.Answers(t, twin.Catalog, at), catalogtest.Answers(t, one.Catalog, at)); diff != "" {
					rt.Fatalf("of %v, the border being %v: %s", at, border, diff)
				}
			}
			if diff := cmp.Diff(diffs(t, twin.Catalog, times), diffs(t, one.Catalog, times)); diff != "" {
				rt.Fatalf("differences since %v: %s", border, diff)
			}
			if err := one.Catalog.Verify(t.Context(), catalogtest.Keeper()); err != nil {
				rt.Fatal(err)
			}
			one.Live(2)
			twin.Live(2)
		}
		if r.Total() > 0 {
			var gone *catalog.RemovedError
			_, err := one.Catalog.Where(t.Context(), catalogtest.Keeper(), catalog.Filter{AsOf: border.Add(-time.Millisecond)})
			if !errors.As(err, &gone) || !gone.Before.Equal(border) || !strings.Contains(err.Error(), border.Format("2006-01-02")) {
				rt.Fatalf("before the border: %v", err)
			}
			if _, err := one.Catalog.Diff(t.Context(), catalogtest.Keeper(), border.Add(-time.Hour), time.Time{}, catalog.Filter{}); !errors.As(err, &gone) {
				rt.Fatalf("a difference since before the border: %v", err)
			}
		}
	})
	if removed == 0 && !storetest.OnServer() { // of two catalogs there may be nothing to remove
		t.Error("nothing was ever removed: the test shows nothing")
	}
}

// bytesOf are all bytes of a catalog's files.
func bytesOf(t *testing.T, s *catalogtest.Story) []byte {
	t.Helper()
	var all []byte
	for _, beside := range []string{"", "-wal"} {
		b, err := os.ReadFile(s.File.Path + beside)
		if err != nil && beside == "" {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

func TestNothingOfWhatWentIsLeftInTheFile(t *testing.T) {
	s := catalogtest.New(t, storetest.File(t), 4, 7)
	s.Live(6)
	standing := map[string]bool{}
	s.Must(s.Catalog.EachItem(t.Context(), catalogtest.Keeper(), catalog.Filter{}, func(r catalog.Row) error { standing[r.Item] = true; return nil }))
	var gone, left []string
	whole := bytesOf(t, s)
	for n := 1; n < 400; n++ {
		name := fmt.Sprintf("item-%06d.csv", n)
		if !bytes.Contains(whole, []byte(name)) {
			continue // it had gone before anybody saw it
		}
		stands := false
		for item := range standing {
			stands = stands || strings.Contains(item, name)
		}
		if stands {
			left = append(left, name)
		} else {
			gone = append(gone, name)
		}
	}
	dry, err := (&Job{File: s.File, Who: catalogtest.Keeper(), Before: s.Clock, Dry: true}).Run(t.Context())
	s.Must(err)
	r := compacted(t, s, s.Clock)
	for _, table := range []string{"items", "contents", "traces", "gaps", "grants", "traits", "seen", "visits", "summaries", "words", "folders"} {
		if r.Removed[table] == 0 {
			t.Errorf("nothing was removed of %s", table)
		}
	}
	for _, table := range []string{"items", "gaps", "grants", "traits", "summaries"} {
		if dry.Removed[table] != r.Removed[table] {
			t.Errorf("%s: %d were to be removed, %d were", table, dry.Removed[table], r.Removed[table])
		}
	}
	if r.Bytes <= 0 || r.Waiting || len(gone) < 3 || len(left) < 3 {
		t.Errorf("%d bytes freed, %v; %d names went, %d stay", r.Bytes, r.Waiting, len(gone), len(left))
	}
	all := bytesOf(t, s)
	for _, name := range gone {
		if at := bytes.Index(all, []byte(name)); at >= 0 {
			t.Errorf("%s is still in the file: %q", name, all[max(0, at-40):at+40])
		}
	}
	for _, name := range left {
		if !bytes.Contains(all, []byte(name)) {
			t.Errorf("%s went, too", name)
		}
	}
	from, removed, err := s.Catalog.Kept(t.Context(), catalogtest.Keeper())
	if err != nil || !from.Equal(s.Clock) || !removed.Equal(s.Clock) {
		t.Error(from, removed, err)
	}
	if again := compacted(t, s, s.Clock); again.Total() != 0 {
		t.Errorf("a second time it removes %v", again.Removed)
	}
}

// Of a repository that a case names, all that was known stays: somebody may have to answer for it.
func TestWhatACaseNamesIsHeld(t *testing.T) {
	s := story(t, 3, 6, 9)
	s.Case("archive", 1, `{"kind":"claim","text":"they say that s3:\/\/clinic-001 is theirs","repository":"s3://clinic-001"}`)
	traces := func() (n int) {
		s.Must(s.Catalog.EachTraces(t.Context(), catalogtest.Keeper(), catalog.Filter{Repository: "s3://clinic-001"}, func(catalog.Traces) error { n++; return nil }))
		return n
	}
	before := traces()
	r := compacted(t, s, s.Clock)
	if diff := cmp.Diff([]string{"s3://clinic-001"}, r.Held); diff != "" || r.Removed["items"] == 0 {
		t.Error(diff, r.Removed)
	}
	if after := traces(); after != before || before == 0 {
		t.Errorf("%d traces, %d before", after, before)
	}
	lines, err := s.Catalog.CaseLines(t.Context(), catalogtest.Keeper(), "archive")
	if err != nil || len(lines) != 1 {
		t.Error(lines, err)
	}
}

func TestTheAuditTrailStaysForSixYears(t *testing.T) {
	s := story(t, 1, 2, 4)
	ctx := t.Context()
	began := s.Clock.AddDate(0, -2, 0)
	if _, err := (&Job{File: s.File, Who: catalogtest.Keeper(), Before: began, AuditBefore: s.Clock.AddDate(-5, -11, 0)}).Run(ctx); !errors.Is(err, ErrTooShort) {
		t.Error(err)
	}
	lines := func() int {
		all, err := s.Catalog.Audit(ctx, catalogtest.Keeper(), time.Time{}, 0)
		s.Must(err)
		return len(all)
	}
	before := lines()
	compacted(t, s, s.Clock)
	if after := lines(); after != before+2 { // that of the removal, and that of the reading
		t.Errorf("%d lines, %d before", after, before)
	}
	s.Clock = s.Clock.AddDate(7, 0, 0)
	_, err := (&Job{File: s.File, Who: catalogtest.Keeper(), Before: began, AuditBefore: s.Clock.AddDate(-6, 0, 0)}).Run(ctx)
	s.Must(err)
	if after := lines(); after != 2 {
		t.Errorf("%d lines after seven years", after)
	}
}

func TestNobodyRemovesBesideASurveyOrWithoutPermission(t *testing.T) {
	s := story(t, 1, 2, 4)
	run, err := s.Catalog.Begin(t.Context(), catalogtest.Keeper(), catalog.RunSpec{Key: s.Key})
	s.Must(err)
	j := &Job{File: s.File, Who: catalogtest.Keeper(), Before: s.Clock}
	if _, err := j.Run(t.Context()); !errors.Is(err, ledger.ErrBusy) {
		t.Error(err)
	}
	s.Must(run.Abandon(t.Context()))
	j.Who = audit.Caller{Name: "Pia", Role: audit.PrivacyOfficer}
	if _, err := j.Run(t.Context()); !errors.Is(err, audit.ErrDenied) {
		t.Error(err)
	}
}

// A removal that is broken off leaves a catalog that answers, and the next one ends it.
func TestABrokenOffRemovalIsEnded(t *testing.T) {
	s, twin := story(t, 3, 5, 11), story(t, 3, 5, 11)
	for after := 1; after < 6; after++ {
		ctx, stop := context.WithCancel(t.Context())
		n := 0
		_, err := (&Job{File: s.File, Who: catalogtest.Keeper(), Before: s.Clock, Step: func(string, string, int64) {
			if n++; n == after {
				stop()
			}
		}}).Run(ctx)
		stop()
		if after == 1 && err == nil {
			t.Error("it was not broken off")
		}
		s.Must(s.Catalog.Verify(t.Context(), catalogtest.Keeper()))
	}
	compacted(t, s, s.Clock)
	if diff := cmp.Diff(catalogtest.Answers(t, twin.Catalog, time.Time{}), catalogtest.Answers(t, s.Catalog, time.Time{})); diff != "" {
		t.Error(diff)
	}
}

// The list of what refers to words is that of the schema.
func TestEveryUserOfWordsIsKnown(t *testing.T) {
	s := catalogtest.New(t, storetest.File(t), 1, 1)
	got := map[string][]string{}
	for rows, err := range store.Rows(t.Context(), s.File.Read, `SELECT t.name, k."from" FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) k JOIN pragma_table_info(t.name) c ON c.name = k."from"
		WHERE t.schema = 'main' AND k."table" = 'words' ORDER BY t.name, c.cid`) {
		s.Must(err)
		var table, column string
		s.Must(rows.Scan(&table, &column))
		got[table] = append(got[table], column)
	}
	if diff := cmp.Diff(got, users()); diff != "" {
		t.Error(diff)
	}
}
