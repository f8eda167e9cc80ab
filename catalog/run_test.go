package catalog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store/storetest"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
)

func TestASurveyAnswersWhere(t *testing.T) {
	s := newStory(t)
	s.survey([]thing{csv("a/patients.csv", "1", 1, 2, 3).with(phi.SUD), csv("b/more.csv", "1", 3, 4), csv("readme.txt", "1")})
	got := s.only(Filter{})
	seen := s.clock
	want := Row{Repository: archive, Custodian: "Lakeside Clinics", Verdict: "phi", Identifiers: []string{"date", "mrn"}, Sensitivity: []string{"SUD"},
		Suspected: []string{}, Confidentiality: "R", People: estate.Count{Estimate: 4, Low: 4, High: 4}, States: map[string]int64{"CA": 2, "NY": 2},
		Classes: map[string]int64{"SUD": 3}, Kind: "files", Bytes: 300, Items: 3, ObservedAt: &seen}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnUnchangedItemIsRenewedAndNothingElse(t *testing.T) {
	s := newStory(t)
	a, b := csv("a.csv", "1", 1, 2), csv("b.csv", "1", 3)
	s.survey([]thing{a, b})
	s.later(30 * time.Hour)
	if r := s.only(Filter{}); !r.Stale {
		t.Error("evidence of 30 hours is not stale")
	}
	r := s.begin()
	s.renew(r, a, true)
	s.renew(r, thing{path: "b.csv", version: "2"}, false)
	s.renew(r, thing{path: "new.csv", version: "1"}, false)
	s.renew(r, thing{path: "b.csv", version: ""}, false)
	if got, _ := r.Unchanged(s.ctx, archive, "b.csv", "1", "rules/2"); got.Renewed {
		t.Error("other rules, and nothing is read")
	}
	s.append(r, csv("b.csv", "2", 3, 4).facts())
	books := s.finish(r, 2)
	if want := (Books{Listed: 2, Read: 1, Unchanged: 1, BytesRead: 100}); books != want {
		t.Errorf("books %+v, want %+v", books, want)
	}
	items := s.items(Filter{})
	if e := items["a.csv"].Evidence; !e.Seen.Equal(s.clock) || e.Stale {
		t.Errorf("a.csv was renewed now, and its evidence is %+v", e)
	}
	if n := s.only(Filter{}).People.Estimate; n != 4 {
		t.Errorf("%d people, want 4", n)
	}
}

func TestWhatIsNotListedAnyMoreHasVanished(t *testing.T) {
	s := newStory(t)
	a, b := csv("a.csv", "1", 1, 2), csv("b.csv", "1", 2, 3).with(phi.HIV)
	b.gaps = []estate.Gap{{Repository: archive, Path: "b.csv", Reason: estate.GapDamaged, Detail: "row 9"}}
	s.survey([]thing{a, b})
	before := s.later(time.Hour)
	if books := s.survey(nil, a); books.Vanished != 1 {
		t.Errorf("books %+v: one item vanished", books)
	}
	row := s.only(Filter{})
	if row.People.Estimate != 2 || row.Items != 1 || len(row.Sensitivity) != 0 || row.Gaps != 0 {
		t.Errorf("b.csv vanished and is still in %+v", row)
	}
	old := s.only(Filter{AsOf: before})
	if old.People.Estimate != 3 || old.Items != 2 || old.Sensitivity[0] != "HIV" || old.Gaps != 1 {
		t.Errorf("as of then b.csv is missing in %+v", old)
	}
	if len(s.items(Filter{})) != 1 || len(s.items(Filter{AsOf: before})) != 2 {
		t.Error("the items do not follow the time")
	}
	if len(s.gaps(Filter{})) != 0 || len(s.gaps(Filter{AsOf: before})) != 1 {
		t.Error("the gaps do not follow the time")
	}
}

func TestAListingThatEndedEarlyClosesNothing(t *testing.T) {
	s := newStory(t)
	s.survey([]thing{csv("a.csv", "1", 1), csv("b.csv", "1", 2)})
	r := s.begin()
	if _, err := r.Finish(s.ctx, nil); err != nil {
		t.Fatal(err)
	}
	if n := len(s.items(Filter{})); n != 2 {
		t.Errorf("%d items left of 2", n)
	}
}

func TestWhatStandsBeneathAnUnreadableFolderIsKept(t *testing.T) {
	s := newStory(t)
	kept, gone, a := csv("locked/old.csv", "1", 1), csv("lockedout.csv", "1", 2), csv("a.csv", "1", 3)
	s.survey([]thing{kept, gone, a})
	read := s.later(48 * time.Hour)
	r := s.begin()
	s.renew(r, a, true)
	s.append(r, []estate.Fact{{Gap: &estate.Gap{Repository: archive, Path: "locked", Under: true, Reason: estate.GapUnreadable, Bytes: -1}}})
	s.balanced(s.finish(r, 1))
	items := s.items(Filter{})
	if _, there := items["lockedout.csv"]; there || len(items) != 2 {
		t.Errorf("only what was beneath the folder is kept: %v", items)
	}
	if e := items["locked/old.csv"].Evidence; !e.Seen.Equal(read) || !e.Stale {
		t.Errorf("its evidence ages: %+v", e)
	}
	if e := items["a.csv"].Evidence; e.Stale {
		t.Errorf("a.csv was renewed: %+v", e)
	}
	if row := s.only(Filter{}); !row.Stale || !row.ObservedAt.Equal(read) || row.Gaps != 1 {
		t.Errorf("the repository is as old as its oldest evidence: %+v", row)
	}
	s.later(time.Hour)
	s.survey(nil, a, kept)
	if gaps := s.gaps(Filter{}); len(gaps) != 0 {
		t.Errorf("the folder can be listed again: %+v", gaps)
	}
	if row := s.only(Filter{}); row.Stale {
		t.Errorf("all is fresh again: %+v", row)
	}
}

func TestAnItemThatCannotBeReadKeepsOlderEvidence(t *testing.T) {
	s := newStory(t)
	a := csv("a.csv", "1", 1, 2)
	s.survey([]thing{a})
	read := s.later(48 * time.Hour)
	for range 2 {
		books := s.survey([]thing{unread("a.csv", "1", estate.GapUnreadable)})
		if books.Gaps != 1 {
			t.Errorf("books %+v", books)
		}
		row := s.items(Filter{})["a.csv"]
		if row.Verdict != "phi" || row.Gaps != 1 || !row.Evidence.Seen.Equal(read) || !row.Stale {
			t.Errorf("got %+v", row)
		}
		s.later(time.Hour)
	}
	r := s.begin()
	s.renew(r, a, false) // the gap may be gone, so it is to be read
	s.append(r, a.facts())
	s.finish(r, 1)
	if row := s.items(Filter{})["a.csv"]; row.Gaps != 0 || row.Stale {
		t.Errorf("it was read again: %+v", row)
	}
	s.later(time.Hour)
	s.survey([]thing{unread("a.csv", "2", estate.GapUnreadable)})
	if row := s.items(Filter{})["a.csv"]; row.Verdict != "unknown" || row.People.Estimate != 0 {
		t.Errorf("it changed and could not be read, so nothing is known of it: %+v", row)
	}
}

func TestAGapWithoutAnItemIsAnUnknownItem(t *testing.T) {
	s := newStory(t)
	for range 3 { // three surveys, and one row
		r := s.begin()
		s.append(r, []estate.Fact{{Gap: &estate.Gap{Repository: archive, Path: "dev/pipe", Reason: estate.GapSpecial, Detail: "a pipe"}}})
		s.balanced(s.finish(r, 1))
		s.later(26 * time.Hour)
	}
	row := s.items(Filter{})["dev/pipe"]
	if row.Verdict != "unknown" || row.Gaps != 1 {
		t.Errorf("got %+v", row)
	}
	if want := s.clock.Add(-26 * time.Hour); !row.Evidence.Seen.Equal(want) {
		t.Errorf("seen %s, want %s", row.Evidence.Seen, want)
	}
	g := s.gaps(Filter{})
	if len(g) != 1 || !g[0].Since.Equal(s.clock.Add(-3*26*time.Hour)) || !g[0].ObservedAt.Equal(s.clock.Add(-26*time.Hour)) {
		t.Errorf("gaps %+v", g)
	}
	var n int
	if err := s.c.file.Read.QueryRow(`SELECT count(*) FROM items`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// Where there are more gaps than one page searches, the pages say so and go on, and find the first one.
func TestASearchGoesOnThroughAllGaps(t *testing.T) {
	s := newStory(t)
	r := s.begin()
	s.append(r, []estate.Fact{{Gap: &estate.Gap{Repository: archive, Path: "a needle", Reason: estate.GapSpecial}}})
	const hay = 2*searched + 10
	facts := make([]estate.Fact, 0, hay)
	for i := range hay {
		facts = append(facts, estate.Fact{Gap: &estate.Gap{Repository: archive, Path: fmt.Sprintf("hay/%d", i), Reason: estate.GapSpecial}})
	}
	s.append(r, facts)
	s.balanced(s.finish(r, hay+1))
	after, empty := "", 0
	for {
		rows, next, err := s.c.Gaps(t.Context(), officer, Filter{Limit: 10}, "NEEDLE", after)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) > 0 {
			if rows[0].Item != "a needle" || next != "" {
				t.Errorf("%+v, and then %q", rows, next)
			}
			break
		}
		if after = next; next == "" {
			t.Fatal("it was not found")
		}
		empty++
	}
	if empty != 2 {
		t.Errorf("%d pages were empty", empty)
	}
}

func zipped() thing {
	z := csv("box.zip", "1")
	z.inner = []thing{csv("box.zip!/in/a.csv", "", 1, 2).with(phi.PSY), csv("box.zip!/deep.zip", ""), csv("box.zip!/deep.zip!/b.csv", "", 3)}
	z.gaps = []estate.Gap{{Repository: archive, Path: "box.zip!/c.bin", Reason: estate.GapUnknown, Detail: "no text", Bytes: 9}}
	return z
}

func TestInnerItemsLiveAndDieWithTheirOuter(t *testing.T) {
	s := newStory(t)
	s.survey([]thing{zipped()})
	t0 := s.later(30 * time.Hour)
	r := s.begin()
	if got := s.renew(r, zipped(), true); got.Inner != 3 {
		t.Errorf("%d inner items were renewed, want 3", got.Inner)
	}
	s.finish(r, 1)
	for path, row := range s.items(Filter{}) {
		if !row.Evidence.Seen.Equal(s.clock) || row.Stale {
			t.Errorf("%s: evidence %+v", path, row.Evidence)
		}
	}
	if g := s.gaps(Filter{}); len(g) != 1 || !g[0].Since.Equal(t0) || !g[0].ObservedAt.Equal(s.clock) {
		t.Errorf("its gap was renewed with it: %+v", g)
	}
	if row := s.items(Filter{})["box.zip"]; row.Gaps != 1 {
		t.Errorf("the gap within counts for the outer item: %+v", row)
	}
	if row := s.only(Filter{}); row.Bytes != 100 || row.Items != 4 || row.People.Estimate != 3 {
		t.Errorf("bytes count once, items and people all: %+v", row)
	}
	t1 := s.later(time.Hour)
	z := zipped()
	z.version, z.inner = "2", z.inner[:1]
	s.survey([]thing{z})
	if items := s.items(Filter{}); len(items) != 2 {
		t.Errorf("the new version holds one: %v", items)
	}
	if g := s.gaps(Filter{}); len(g) != 1 || !g[0].Since.Equal(t0) {
		t.Errorf("the same gap is still open since then: %+v", g)
	}
	if n := len(s.items(Filter{AsOf: t1})); n != 4 {
		t.Errorf("as of then there are %d items, want 4", n)
	}
	s.later(time.Hour)
	s.survey(nil)
	if items, g := s.items(Filter{}), s.gaps(Filter{}); len(items)+len(g) != 0 {
		t.Errorf("all vanished, and there are %v %v", items, g)
	}
}

func TestAppendingAgainChangesNothing(t *testing.T) {
	s := newStory(t)
	once := newStory(t)
	all := []thing{zipped(), csv("a.csv", "1", 1, 5).with(phi.SUD), unread("b.csv", "1", estate.GapEncrypted)}
	once.survey(all)
	r := s.begin()
	for range 3 {
		for _, i := range all {
			s.append(r, i.facts())
		}
	}
	books := s.finish(r, 3)
	s.balanced(books)
	if diff := cmp.Diff(once.state(), s.state()); diff != "" {
		t.Error(diff)
	}
}

func TestAKilledRunGoesOnWhereItWas(t *testing.T) {
	s := newStory(t)
	r := s.begin()
	s.append(r, csv("a.csv", "1", 1, 2).facts())
	s.kill()
	if row := s.only(Filter{}); row.People.Estimate != 2 || row.Items != 1 {
		t.Errorf("what was committed is known: %+v", row)
	}
	runs, err := s.c.Runs(s.ctx, officer, 0)
	if err != nil || len(runs) != 1 || runs[0].Outcome != "interrupted" || runs[0].Books.Read != 1 {
		t.Errorf("runs %+v, %v", runs, err)
	}
	s.later(time.Minute)
	s.survey([]thing{csv("b.csv", "1", 2, 3)}, csv("a.csv", "1", 1, 2))
	if row := s.only(Filter{}); row.People.Estimate != 3 || row.Items != 2 {
		t.Errorf("got %+v", row)
	}
	runs, err = s.c.Runs(s.ctx, officer, 1)
	if err != nil || len(runs) != 1 || runs[0].Outcome != "finished" || !runs[0].Visits[0].Complete {
		t.Errorf("runs %+v, %v", runs, err)
	}
}

// kill goes on with the file as the kill of the process that writes would leave it: with a log, and without a lock. On a server, its session
// ends.
func (s *story) kill() {
	s.Helper()
	if storetest.OnServer() {
		if _, err := s.c.file.Write.Exec(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted`); err != nil {
			s.Fatal(err)
		}
		for s.c.file.Locked() {
			time.Sleep(time.Millisecond)
		}
		s.reopen(s.c.Path())
		return
	}
	path := filepath.Join(s.TempDir(), "estate.chart")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(s.c.Path() + suffix)
		if err == nil {
			err = os.WriteFile(path+suffix, b, 0o600)
		}
		if err != nil {
			s.Fatal(err)
		}
	}
	s.reopen(path)
}

func TestASecondScanIsToldWhoWrites(t *testing.T) {
	s := newStory(t)
	r := s.begin()
	other, err := Open(s.ctx, s.c.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, err = other.Begin(s.ctx, officer, RunSpec{})
	host, _ := os.Hostname()
	if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), host) || !strings.Contains(err.Error(), "2026-03-01T09:00:00Z") {
		t.Errorf("got %v", err)
	}
	if runs, err := other.Runs(s.ctx, officer, 0); err != nil || runs[0].Outcome != "running" {
		t.Errorf("runs %+v, %v", runs, err)
	}
	if err := r.Abandon(s.ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.Append(s.ctx, nil); !errors.Is(err, ErrEnded) {
		t.Errorf("an abandoned run takes facts: %v", err)
	}
	again, err := other.Begin(s.ctx, officer, RunSpec{})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Abandon(s.ctx); err != nil {
		t.Error(err)
	}
}

func TestFactsWithoutTheirHolderAreRefused(t *testing.T) {
	s := newStory(t)
	r := s.begin()
	inner := csv("box.zip!/a.csv", "", 1).factsIn("box.zip")
	for name, facts := range map[string][]estate.Fact{
		"an inner item alone":            inner[:1],
		"a finding alone":                inner[1:],
		"a repository that nobody named": {{Item: &estate.Item{Repository: "s3://other", Path: "a", Evidence: estate.Evidence{Coverage: "all"}}}},
		"a coverage that is none":        {{Item: &estate.Item{Repository: archive, Path: "a", Evidence: estate.Evidence{Coverage: "some"}}}},
	} {
		if err := r.Append(s.ctx, facts); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := r.Finish(s.ctx, []Listing{{Repository: "s3://other"}}); err == nil {
		t.Error("a listing of a repository that nobody named was taken")
	}
}

func TestAnotherKeyIsRefusedAndChangesNothing(t *testing.T) {
	s := newStory(t)
	survey := func(key string) error {
		r, err := s.c.Begin(s.ctx, officer, RunSpec{Key: key})
		if err != nil {
			return err
		}
		if err := r.Repository(s.ctx, estate.Repository{Name: archive}); err != nil {
			return err
		}
		s.append(r, csv("a.csv", "1", 1, 2).facts())
		s.balanced(s.finish(r, 1))
		return nil
	}
	if err := survey("key one"); err != nil {
		t.Fatal(err)
	}
	before := s.state()
	if err := survey("key two"); !errors.Is(err, ErrOtherKey) || !strings.Contains(err.Error(), s.c.Path()) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, s.state()); diff != "" {
		t.Error(diff)
	}
	if runs, err := s.c.Runs(s.ctx, officer, 0); err != nil || len(runs) != 1 || runs[0].Outcome != "finished" {
		t.Errorf("the refused run left a trace: %+v, %v", runs, err)
	}
	if err := survey("key one"); err != nil {
		t.Errorf("the same key goes on: %v", err)
	}
}

func TestAnUnreadItemIsAGapAgainAsLongAsItIsUnchanged(t *testing.T) {
	s := newStory(t)
	x, a := unread("x.bin", "1", estate.GapNoReader), csv("a.csv", "1", 1)
	s.survey([]thing{x, a})
	for range 2 {
		s.later(time.Hour)
		if got, want := s.survey(nil, x, a), (Books{Listed: 2, Gaps: 1, Unchanged: 1}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	r := s.begin()
	s.renew(r, x, true)
	s.renew(r, a, true)
	s.append(r, csv("x.bin", "2", 2).facts()) // it changed a moment after it was asked for, and can be read
	books := s.finish(r, 2)
	s.balanced(books)
	if books.Gaps != 0 || books.Read != 1 || books.Unchanged != 1 {
		t.Errorf("got %+v", books)
	}
}

// What was read once and cannot be read now keeps its evidence: while its version stays, it is unchanged, not unread.
func TestAReadItemWithAGapIsUnchangedLater(t *testing.T) {
	s := newStory(t)
	a := csv("a.csv", "1", 1)
	s.survey([]thing{a})
	s.later(time.Hour)
	if got := s.survey([]thing{unread("a.csv", "1", estate.GapNoReader)}); got.Gaps != 1 {
		t.Errorf("got %+v", got)
	}
	s.later(time.Hour)
	if got := s.survey(nil, a); got.Gaps != 0 || got.Unchanged != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestBooksThatDoNotBalanceSaySo(t *testing.T) {
	s := newStory(t)
	r := s.begin()
	s.append(r, csv("a.csv", "1", 1).facts())
	if err := s.finish(r, 2).Balance(); err == nil || !strings.Contains(err.Error(), "2 listed") {
		t.Errorf("one of two items is missing, and the books say %v", err)
	}
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "estate.chart")
	c, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := c.Begin(t.Context(), officer, RunSpec{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Abandon(t.Context())
	for _, p := range []string{path, path + "-wal", path + "-shm", path + ".lock"} {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", p, info.Mode(), err)
		}
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("its folder: %v, %v", info.Mode(), err)
	}
}

func TestNobodySurveysWithoutPermission(t *testing.T) {
	s := newStory(t)
	if _, err := s.c.Begin(s.ctx, audit.Caller{Name: "Vera", Role: audit.Analyst}, RunSpec{}); !errors.Is(err, audit.ErrDenied) {
		t.Errorf("got %v", err)
	}
	if _, err := s.c.Begin(s.ctx, audit.Caller{}, RunSpec{}); !errors.Is(err, audit.ErrNobody) {
		t.Errorf("got %v", err)
	}
	r := s.begin() // the lock was not taken by those who were refused
	if err := r.Abandon(s.ctx); err != nil {
		t.Error(err)
	}
}

func TestManyWorkersWriteOneRun(t *testing.T) {
	s := newStory(t)
	r := s.begin()
	var all sync.WaitGroup
	const workers, each = 4, 10
	for w := range workers {
		all.Go(func() {
			for i := range each {
				it := csv(fmt.Sprintf("w%d/%d.csv", w, i), "1", w*each+i)
				if err := r.Append(s.ctx, it.facts()); err != nil {
					t.Error(err)
				}
				if _, err := r.Unchanged(s.ctx, archive, it.path, "1", "rules/1"); err != nil {
					t.Error(err)
				}
				if _, err := s.c.Where(s.ctx, officer, Filter{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	s.balanced(s.finish(r, workers*each))
	if n := s.only(Filter{}).People.Estimate; n != workers*each {
		t.Errorf("%d people, want %d", n, workers*each)
	}
}

func TestACancelledAppendWritesNothingAndTheRunGoesOn(t *testing.T) {
	s := newStory(t)
	r := s.begin()
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	if err := r.Append(ctx, csv("a.csv", "1", 1).facts()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := len(s.items(Filter{})); n != 0 {
		t.Errorf("%d items", n)
	}
	s.append(r, csv("a.csv", "1", 1).facts())
	s.balanced(s.finish(r, 1))
}

func TestNewRulesLookAtAnUnreadItemOnceMore(t *testing.T) {
	s := newStory(t)
	facts := func(reason estate.GapReason, rules string) []estate.Fact {
		f := unread("x.bin", "1", reason).facts()
		f[0].Item.Evidence.Rules = rules
		return f
	}
	for _, step := range []struct {
		reason estate.GapReason
		rules  string
		then   bool // it is left alone from now on
	}{{estate.GapNoReader, "rules/0", false}, {estate.GapUnreadable, "rules/1", false}, {estate.GapNoReader, "rules/1", true}} {
		r := s.begin()
		s.append(r, facts(step.reason, step.rules))
		s.finish(r, 1)
		if g := s.gaps(Filter{}); len(g) != 1 || g[0].Reason != step.reason {
			t.Errorf("gaps %+v, want the one of %s", g, step.reason)
		}
		s.later(time.Hour)
		r = s.begin()
		s.renew(r, thing{path: "x.bin", version: "1"}, step.then)
		if err := r.Abandon(s.ctx); err != nil {
			t.Fatal(err)
		}
	}
}
