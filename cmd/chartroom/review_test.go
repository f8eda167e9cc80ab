package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/review"
)

// repair is what somebody changes in the files of the demo's estate: what stood there, and what stands there now.
type repair struct {
	file     string
	old, new string
}

// repairs are those of the four faults of the demo's estate, by what the ledger calls them.
var repairs = map[string][]repair{
	"unmigrated harbor": {
		{"estate.yaml", "{name: harbor, path: harbor, custodian: Harbor Archive,", "{name: harbor, path: harbor, custodian: Harbor Archive, owner: records@lakeside.example,"},
		{"estate.yaml", "register:\n", "register:\n  - {repository: harbor, classification: restricted, registered: 2026-01-15, steward: privacy@meridian.example, retention: 10 years}\n"},
		{"estate.yaml", "on: [meridian, lakeside]", "on: [meridian, lakeside, harbor]"},
	},
	"label lakeside/billing/ledger.tsv": {{"estate.yaml", "ledger.tsv, classification: internal", "ledger.tsv, classification: restricted"}},
	"account lakeside-local#archiveadmin": {
		{"access/lakeside_local.csv", ",shared\narchiveadmin,Archive administrator,none,active,2025-02-27,yes", ",shared,provider,owner\narchiveadmin,Archive administrator,push,active,2025-12-27,no,Entra ID,olga.ferreira@meridian.example"},
		{"estate.yaml", `file: access/lakeside_local.csv, provider: "no"`, "file: access/lakeside_local.csv"},
	},
	"third_party Harbor Archive": {
		{"estate.yaml", "is: {agreement: expired 2024-06-30}", "is: {agreement: signed 2026-01-15, scope: the archive of 2019 until it is moved}"},
		{"access/apps.csv", ",2025-12-29,\n", ",2025-12-29,2199-12-31\n"},
	},
}

// apply makes the changes, or with back set takes them back.
func apply(t *testing.T, dir string, of []repair, back bool) {
	t.Helper()
	for _, r := range of {
		path := filepath.Join(dir, filepath.FromSlash(r.file))
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		old, new := r.old, r.new
		if back {
			old, new = new, old
		}
		if !strings.Contains(string(b), old) {
			t.Fatalf("%s has no %q", r.file, old)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(b), old, new)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// ledger surveys the estate again and gives the ledger, and what is open.
func ledger(t *testing.T, dir string) (l review.LedgerAnswer, open []string) {
	t.Helper()
	typedIn(t, 0, "scan", "-c", filepath.Join(dir, "estate.yaml"), "--catalog", filepath.Join(dir, "catalog.db"), "--key", filepath.Join(dir, "key"))
	out, _ := typedIn(t, 0, "review", "--catalog", filepath.Join(dir, "catalog.db"), "-o", "json")
	if err := json.Unmarshal([]byte(out), &l); err != nil {
		t.Fatal(err)
	}
	open = []string{}
	for _, g := range l.Gaps {
		open = append(open, g.Kind+" "+strings.TrimPrefix(g.Subject, "file://"+dir+"/"))
		if g.State != review.No || g.Says == "" || g.Fix == "" || g.Owner == "" || g.People.Estimate == 0 || len(g.Evidence) == 0 {
			t.Errorf("the gap %s is no ticket: %+v", g.Subject, g)
		}
	}
	slices.Sort(open)
	return l, open
}

// TestLedgerFindsTheFourFaults: on the demo's estate the ledger finds the unmigrated archive, the wrongly labelled table, the orphaned
// administrator and the vendor's token, and nothing else; mending one in the estate and surveying again closes its row and no other.
func TestLedgerFindsTheFourFaults(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	typedIn(t, 0, "demo", "--dir", dir, "--people", "200")
	all := []string{"account lakeside-local#archiveadmin", "label lakeside/billing/ledger.tsv", "third_party Harbor Archive", "unmigrated harbor"}
	if _, open := ledger(t, dir); !slices.Equal(open, all) {
		t.Fatal(cmp.Diff(all, open))
	}
	for _, fault := range all {
		apply(t, dir, repairs[fault], false)
		want := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == fault })
		if _, open := ledger(t, dir); !slices.Equal(open, want) {
			t.Errorf("with %s mended: %s", fault, cmp.Diff(want, open))
		}
		apply(t, dir, repairs[fault], true)
	}
	disabled := []repair{{"access/lakeside_local.csv", ",none,active,", ",none,disabled,"}}
	apply(t, dir, disabled, false)
	if _, open := ledger(t, dir); !slices.Equal(open, all[1:]) {
		t.Errorf("with the administrator disabled: %s", cmp.Diff(all[1:], open))
	}
	apply(t, dir, disabled, true)
	for i, fault := range all {
		apply(t, dir, repairs[fault], false)
		l, open := ledger(t, dir)
		if !slices.Equal(open, all[i+1:]) {
			t.Errorf("with %d mended: %s", i+1, cmp.Diff(all[i+1:], open))
		}
		if i == len(all)-1 && (l.Progress.Repositories.Done != 2 || l.Progress.People.Percent != 100 || len(l.Unregistered) > 0) {
			t.Errorf("with all mended: %+v", l.Progress)
		}
	}
	burnDown(t, dir)
}

// burnDown checks the ledger over time.
func burnDown(t *testing.T, dir string) {
	out, _ := typedIn(t, 0, "review", "--catalog", filepath.Join(dir, "catalog.db"), "--over", "1h", "-o", "json")
	var points []review.Point
	if err := json.Unmarshal([]byte(out), &points); err != nil {
		t.Fatal(err)
	}
	var gaps []int
	for _, p := range points {
		gaps = append(gaps, p.Gaps)
	}
	// The demo's own survey, one more, four with one fault mended, one with the administrator disabled, and one fault after the other.
	if want := []int{4, 4, 3, 3, 3, 3, 3, 3, 2, 1, 0}; !slices.Equal(gaps, want) {
		t.Errorf("burn-down %v, want %v", gaps, want)
	}
	if last := points[len(points)-1]; last.Progress.Repositories.Done != 2 || len(last.Closed) != 1 {
		t.Errorf("%+v", last)
	}
}
