package desk

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
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/incident"
)

var t0 = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// sits is a desk over a catalog of its own.
func sits(t *testing.T) *Desk {
	t.Helper()
	dir := t.TempDir()
	c, err := catalog.Open(t.Context(), filepath.Join(dir, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &Desk{Catalog: c, Who: audit.Caller{Name: "Ada", Role: audit.Admin}, Key: filepath.Join(dir, "key"), Now: func() time.Time { return t0 }}
}

// reads opens a case.
func reads(t *testing.T, d *Desk, name string) *Case {
	t.Helper()
	k, err := d.Case(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func begins(t *testing.T, d *Desk, name string) {
	t.Helper()
	k := &Case{Name: name, desk: d}
	if err := k.add(t.Context(), act{kind: incident.Opened, body: incident.Claim{Title: "Archive", Text: "ours", Entity: "covered_entity", Zone: "UTC"}}); err != nil {
		t.Fatal(err)
	}
}

func TestNotesOfManyAtOnceAreAllKeptInOneChain(t *testing.T) {
	d := sits(t)
	begins(t, d, "archive")
	var all sync.WaitGroup
	for i := range 8 {
		k := reads(t, d, "archive")
		all.Go(func() {
			for j := range 2 {
				if err := k.add(context.Background(), act{kind: incident.Noted, body: incident.Note{Text: fmt.Sprintf("%d of %d", j, i)}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if k := reads(t, d, "archive"); len(k.Lines) != 17 || k.Notes != 16 || k.lost != nil {
		t.Errorf("%d lines, %d notes", len(k.Lines), k.Notes)
	}
}

func TestWhoDecidesWithoutSeeingAnothersDecisionIsTold(t *testing.T) {
	d := sits(t)
	begins(t, d, "archive")
	one, two := reads(t, d, "archive"), reads(t, d, "archive")
	decision := act{kind: incident.Decided, body: incident.Decision{Question: "breach?", Decision: "yes", Reason: "a sample", By: "Ada", Breach: true}}
	if err := one.add(t.Context(), decision); err != nil {
		t.Fatal(err)
	}
	err := two.add(t.Context(), decision)
	if err == nil || !strings.Contains(err.Error(), "meanwhile Ada wrote line 2 (decision); yours was not written") {
		t.Error(err)
	}
	if k := reads(t, d, "archive"); len(k.Decisions) != 1 {
		t.Errorf("%d decisions", len(k.Decisions))
	}
	// A fact that was told meanwhile is checked again, and may contradict.
	three, four := reads(t, d, "archive"), reads(t, d, "archive")
	fact := func(v string) act {
		return act{kind: incident.Learned, body: incident.FactBody{Name: "total", Value: []byte(v), Source: "inventory"}}
	}
	if err := three.add(t.Context(), fact("[5, 9]")); err != nil {
		t.Fatal(err)
	}
	if err := four.add(t.Context(), fact("20")); !errors.Is(err, incident.ErrContradicted) {
		t.Error(err)
	}
}

func TestAClockThatWasSetBackMakesNoOlderLine(t *testing.T) {
	d := sits(t)
	begins(t, d, "archive")
	d.Now = func() time.Time { return t0.Add(-time.Hour) }
	k := reads(t, d, "archive")
	if err := k.add(t.Context(), act{kind: incident.Noted, body: incident.Note{Text: "x"}}); err != nil {
		t.Fatal(err)
	}
	if k = reads(t, d, "archive"); !k.Entries[1].At.Equal(t0) {
		t.Error(k.Entries[1].At)
	}
	earlier, later := t0.Add(-time.Hour), t0.Add(time.Hour)
	if err := k.add(t.Context(), act{kind: incident.Noted, body: incident.Note{Text: "x"}, How: How{Happened: &later}}); err == nil {
		t.Error("it happened after it was written down")
	}
	k = reads(t, d, "archive")
	if err := k.add(t.Context(), act{kind: incident.Noted, body: incident.Note{Text: "x"}, How: How{Happened: &earlier}}); err != nil {
		t.Error(err)
	}
}

func TestWhatWasWitnessedIsMissed(t *testing.T) {
	d := sits(t)
	begins(t, d, "archive")
	k := reads(t, d, "archive")
	if err := k.add(t.Context(), act{kind: incident.Noted, body: incident.Note{Text: "x"}}); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(d.witnesses(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(f, `{"first":%q,"case":"archive","number":2,"hash":"another","at":"2026-11-22T09:00:00Z"}`+"\n", k.Lines[0].Hash)
	f.Close()
	k = reads(t, d, "archive")
	if k.lost == nil || !strings.Contains(k.lostError().Error(), "line 2 of case archive is not the one that was witnessed") {
		t.Fatal("another line in its place was not missed")
	}
	if err := k.add(t.Context(), act{kind: incident.Noted, body: incident.Note{Text: "y"}}); err == nil {
		t.Error("a line was added to another log")
	}
	if err := os.WriteFile(d.witnesses(), []byte("no json\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Case(t.Context(), "archive"); err == nil || !strings.Contains(err.Error(), ":1 is damaged") {
		t.Error(err)
	}
}

func TestATitleMakesAName(t *testing.T) {
	if Slug(" The Archive: 2026! ") != "the-archive-2026" || Slug("?!") != "" {
		t.Error(Slug(" The Archive: 2026! "))
	}
}
