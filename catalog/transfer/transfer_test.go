package transfer

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
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
)

// lived is a catalog in a file with everything in it that a catalog keeps.
func lived(t *testing.T) *catalogtest.Story {
	t.Helper()
	return livedAt(t, storetest.Fresh(t))
}

func livedAt(t *testing.T, address string) *catalogtest.Story {
	t.Helper()
	s := catalogtest.New(t, address, 4, 1)
	s.Live(6)
	s.Case("archive", 1, "a line")
	s.Case("archive", 2, "another")
	s.Must(s.Catalog.Invite(t.Context(), catalogtest.Keeper(), []byte("hash of a token"), audit.Analyst, s.Clock.Add(time.Hour)))
	if _, err := s.Catalog.Accept(t.Context(), []byte("hash of a token"), "Vera", "hash of a password"); err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t *testing.T, address string) *store.File {
	t.Helper()
	f, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestACopyAnswersAlike(t *testing.T) {
	s := lived(t)
	to := open(t, storetest.Fresh(t))
	steps := 0
	report, err := (&Copy{From: s.File, To: to, Who: catalogtest.Keeper(), Step: func(string, string, int64) { steps++ }}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if report.Rows < 200 || len(report.Answers) < 8 || steps < 20 {
		t.Errorf("%d rows, answers %v, %d steps", report.Rows, report.Answers, steps)
	}
	for _, table := range []string{"items", "traces", "case_lines", "accounts", "graph", "outbox", "seen", "grants", "traits", "gaps", "audit"} {
		if !strings.Contains(strings.Join(filled(report), " "), table) {
			t.Errorf("nothing was copied of %s: the story is too short", table)
		}
	}
	copied := catalog.Over(to)
	for _, at := range []time.Time{{}, s.Clock.Add(-240 * time.Hour)} {
		if diff := cmp.Diff(catalogtest.Answers(t, s.Catalog, at), catalogtest.Answers(t, copied, at)); diff != "" {
			t.Error(diff)
		}
	}
	s.Must(copied.Verify(t.Context(), catalogtest.Keeper()))
	// The copy lives on: its numbers go on behind those that came.
	run, err := copied.Begin(t.Context(), catalogtest.Keeper(), catalog.RunSpec{Key: s.Key})
	s.Must(err)
	s.Must(run.Abandon(t.Context()))
}

// From a file to a server and back, every table is as it was.
func TestFileToServerAndBack(t *testing.T) {
	if !storetest.OnServer() {
		t.Skip("it needs a server")
	}
	s := livedAt(t, filepath.Join(t.TempDir(), "from.db"))
	server, back := open(t, storetest.Fresh(t)), open(t, filepath.Join(t.TempDir(), "back.db"))
	there, err := (&Copy{From: s.File, To: server, Who: catalogtest.Keeper()}).Run(t.Context())
	s.Must(err)
	again, err := (&Copy{From: server, To: back, Who: catalogtest.Keeper()}).Run(t.Context())
	s.Must(err)
	for i, table := range there.Tables {
		if table != again.Tables[i] && table.Name != "audit" {
			t.Errorf("%+v went there, %+v came back", table, again.Tables[i])
		}
	}
	if diff := cmp.Diff(catalogtest.Answers(t, s.Catalog, time.Time{}), catalogtest.Answers(t, catalog.Over(back), time.Time{})); diff != "" {
		t.Error(diff)
	}
}

func filled(r *Report) (names []string) {
	for _, t := range r.Tables {
		if t.Rows > 0 {
			names = append(names, t.Name)
		}
	}
	return names
}

func TestNothingIsWrittenOver(t *testing.T) {
	s := lived(t)
	other := catalogtest.New(t, storetest.Fresh(t), 1, 2)
	other.Live(1)
	_, err := (&Copy{From: s.File, To: other.File, Who: catalogtest.Keeper()}).Run(t.Context())
	if !errors.Is(err, ErrNotEmpty) {
		t.Error(err)
	}
	if err := other.File.Whole(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNobodyCopiesWhatIsBeingWritten(t *testing.T) {
	s := lived(t)
	run, err := s.Catalog.Begin(t.Context(), catalogtest.Keeper(), catalog.RunSpec{Key: s.Key})
	s.Must(err)
	to := open(t, storetest.Fresh(t))
	c := &Copy{From: s.File, To: to, Who: catalogtest.Keeper()}
	if _, err := c.Run(t.Context()); !errors.Is(err, ledger.ErrBusy) {
		t.Error(err)
	}
	s.Must(run.Abandon(t.Context()))
	if _, err := c.Run(t.Context()); err != nil {
		t.Error("and afterwards:", err)
	}
}

func TestNobodyCopiesWithoutPermission(t *testing.T) {
	s := lived(t)
	to := open(t, storetest.Fresh(t))
	_, err := (&Copy{From: s.File, To: to, Who: audit.Caller{Name: "Pia", Role: audit.PrivacyOfficer}}).Run(t.Context())
	if !errors.Is(err, audit.ErrDenied) {
		t.Error(err)
	}
}

// A copy that is broken off anywhere says so, and answers nothing.
func TestAnInterruptedCopyIsUnusable(t *testing.T) {
	s := lived(t)
	for _, after := range []int{1, 5, 12, 25} {
		path := storetest.Fresh(t)
		to := open(t, path)
		ctx, stop := context.WithCancel(t.Context())
		n := 0
		_, err := (&Copy{From: s.File, To: to, Who: catalogtest.Keeper(), Step: func(string, string, int64) {
			if n++; n == after {
				stop()
			}
		}}).Run(ctx)
		stop()
		if err == nil {
			t.Fatalf("after %d steps it came to its end", after)
		}
		if _, err := catalog.Open(t.Context(), path); !errors.Is(err, catalog.ErrUnfinished) || !strings.Contains(err.Error(), s.File.Path) {
			t.Errorf("after %d steps: %v", after, err)
		}
		if _, err := (&Copy{From: s.File, To: to, Who: catalogtest.Keeper()}).Run(t.Context()); !errors.Is(err, catalog.ErrUnfinished) {
			t.Errorf("a second try after %d steps: %v", after, err)
		}
	}
}

// What is altered on the way is found: a value, a row too few, a row twice.
func TestTamperingIsFound(t *testing.T) {
	s := lived(t)
	for _, change := range []string{
		`UPDATE items SET bytes = bytes + 1 WHERE id = (SELECT min(id) FROM items)`,
		`DELETE FROM audit WHERE id = 2`,
		`INSERT INTO audit (at, caller, role, action, target, outcome) SELECT at, caller, role, action, target, outcome FROM audit WHERE id = 2`,
		`UPDATE words SET text = text || 'x' WHERE id = 1`,
	} {
		to := open(t, storetest.Fresh(t))
		changed := false
		_, err := (&Copy{From: s.File, To: to, Who: catalogtest.Keeper(), Step: func(what, _ string, _ int64) {
			if what == "check" && !changed {
				changed = true
				s.Must(to.Update(context.Background(), func(tx *sql.Tx) error { _, err := tx.Exec(change); return err }))
			}
		}}).Run(t.Context())
		if !errors.Is(err, ErrDiffers) || !changed {
			t.Errorf("%s: %v", change, err)
		}
		if err := to.Whole(t.Context()); !errors.Is(err, store.ErrUnfinished) {
			t.Errorf("%s left %v", change, err)
		}
	}
}

func TestADigestKnowsNoOrderAndEveryDifference(t *testing.T) {
	sum := func(rows ...[]any) Table {
		var d digest
		for _, r := range rows {
			d.add(r)
		}
		return d.table("t")
	}
	a, b, c := []any{int64(1), "x"}, []any{int64(2), []byte("x")}, []any{int64(2), "x"}
	if sum(a, b) != sum(b, a) {
		t.Error("order counts")
	}
	for _, other := range []Table{sum(a), sum(a, c), sum(a, a), sum(a, b, b), sum(a, []any{int64(2), nil}), sum([]any{"1x"}, b)} {
		if other == sum(a, b) {
			t.Error("two tables with one digest")
		}
	}
}
