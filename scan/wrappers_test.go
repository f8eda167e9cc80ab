package scan

import (
	"bytes"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/demo/export"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/source/files"
)

// planted is how many people stand in each file.
const planted = 1000

// graded are the classes that are counted where codes stand, and worded those of which running text has the words.
var (
	graded = []phi.Class{phi.SUD, phi.HIV, phi.PSY, phi.SDV, phi.STD, phi.PREGNANT}
	worded = []phi.Class{phi.SUD, phi.HIV}
)

// plantedTruth is what is true of the planted people.
func plantedTruth(people iter.Seq[*demo.Person]) (states map[phi.State]int64, classes map[phi.Class]int64) {
	states, classes = map[phi.State]int64{}, map[phi.Class]int64{}
	for p := range people {
		states[p.State]++
		for _, c := range p.Classes().List() {
			classes[c]++
		}
	}
	return states, classes
}

// nearly tells whether a count is off by no more than two percent, or by one where there are few.
func nearly(got, want int64) bool { return max(got-want, want-got) <= max(want/50, 1) }

// TestTheSamePeopleInEveryWrapper plants the same people in every format: each file is found, graded and counted by State and class,
// and all of them together know no more people than each of them.
func TestTheSamePeopleInEveryWrapper(t *testing.T) {
	people := demo.People(7, planted)
	dir := t.TempDir()
	for _, f := range export.Forms() {
		var b bytes.Buffer
		if err := f.Write(&b, people); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	states, classes := plantedTruth(people)
	all := estate.NewPeople(0)
	key := fingerprint.NewKey()
	for _, f := range export.Forms() {
		start := time.Now()
		src, err := files.Open(filepath.Join(dir, f.Name), "")
		if err != nil {
			t.Fatal(err)
		}
		m := newMemory()
		if _, err := Source(t.Context(), src, Options{Engine: detect.New(nil), Rules: "1", Key: key, Ledger: m}); err != nil {
			t.Fatal(err)
		}
		tally, verdict := wrapped(t, f.Name, m, all)
		holds(t, f.Name, tally, states, classes)
		if verdict != phi.VerdictPHI {
			t.Errorf("%s is %s", f.Name, verdict)
		}
		t.Logf("%-18s %4d people, %2d items, %s", f.Name, tally.Total.Estimate, len(m.items), time.Since(start).Round(time.Millisecond))
	}
	holds(t, "all together", all.Tally(), states, classes)
}

// wrapped gives what a file and all that stands in it tell, and adds its people to those of all.
func wrapped(t *testing.T, name string, m *memory, all *estate.People) (estate.Tally, phi.Verdict) {
	t.Helper()
	here := estate.NewPeople(0)
	verdict := phi.VerdictUnknown
	for _, it := range m.items {
		here.Merge(it.People)
		verdict = max(verdict, it.Verdict)
	}
	for path, gaps := range m.gaps {
		t.Errorf("%s: a gap at %s: %v", name, path, *gaps[0])
	}
	all.Merge(here)
	return here.Tally(), verdict
}

// holds holds a tally against the truth.
func holds(t *testing.T, name string, got estate.Tally, states map[phi.State]int64, classes map[phi.Class]int64) {
	t.Helper()
	if !nearly(got.Total.Estimate, planted) {
		t.Errorf("%s: %d people, and there are %d", name, got.Total.Estimate, planted)
	}
	for state, want := range states {
		if n := got.States[state].Estimate; !nearly(n, want) {
			t.Errorf("%s: %d people in %s, and there are %d", name, n, state, want)
		}
	}
	these := graded
	if strings.HasPrefix(name, "letters.") {
		these = worded
	}
	for _, class := range these {
		if n := got.Classes[class].Estimate; !nearly(n, classes[class]) {
			t.Errorf("%s: %d people with %s, and there are %d", name, n, class, classes[class])
		}
	}
}
