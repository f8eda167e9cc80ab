package exercise

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/incident"
)

func TestLinesArePartedAsAShellDoes(t *testing.T) {
	for line, want := range map[string][]string{`note "a b" --about 'press'`: {"note", "a b", "--about", "press"}, "": nil, "# x": nil, `a "" b#c # d`: {"a", "", "b#c"}} {
		if got, err := Split(line); err != nil || strings.Join(got, "|") != strings.Join(want, "|") || len(got) != len(want) {
			t.Errorf("%q: %q %v", line, got, err)
		}
	}
	if _, err := Split(`note "a`); err == nil {
		t.Error("a quote is open")
	}
}

func TestTheShippedExercise(t *testing.T) {
	x, err := Read("")
	if err != nil || x.Ends <= 0 || len(x.Moves) == 0 || x.Claim == "" {
		t.Fatal(x, err)
	}
	for i, in := range x.Injects {
		if in.After > x.Ends || i > 0 && in.After < x.Injects[i-1].After || in.About != "" && !slices.Contains(incident.Topics(), in.About) || in.Text == "" {
			t.Errorf("inject %d: %+v", i, in)
		}
	}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("title: x\nmood: bad\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(bad); err == nil || !strings.Contains(err.Error(), "2:1") {
		t.Error(err)
	}
}

func TestTheClockRunsFasterAndIsWoundOn(t *testing.T) {
	tape := Tape{Start: time.Now().Add(-time.Second), Speed: 3600}
	if d := tape.Now().Sub(tape.Start); d < time.Hour || d > 3*time.Hour {
		t.Error(d)
	}
	tape.Wound = 24 * time.Hour
	if d := tape.Now().Sub(tape.Start); d < 25*time.Hour {
		t.Error(d)
	}
}

func TestMemoryKeepsALogAsTheCatalogDoes(t *testing.T) {
	var m Memory
	add := func(n int) error {
		return m.AddCaseLine(t.Context(), audit.Caller{}, "drill", n, catalog.CaseLine{Hash: "h"})
	}
	if _, err := m.CaseLines(t.Context(), audit.Caller{}, "drill"); !errors.Is(err, catalog.ErrNoCase) {
		t.Error(err)
	}
	if err := errors.Join(add(1), add(2)); err != nil {
		t.Error(err)
	}
	if err := add(2); !errors.Is(err, catalog.ErrTaken) {
		t.Error(err)
	}
	if all, _ := m.Cases(t.Context(), audit.Caller{}); len(all) != 1 || all[0].Lines != 2 {
		t.Error(all)
	}
}
