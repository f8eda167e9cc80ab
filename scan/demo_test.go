package scan

import (
	"path/filepath"
	"testing"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// TestTheDemoIsCountedTruly holds the survey of the demo's estate against what its maker knows: people, their States, and the
// classes that their codes define, in each custodian's folder and in all, where a person who is in two folders counts once.
func TestTheDemoIsCountedTruly(t *testing.T) {
	est, err := demo.Write(t.TempDir(), demo.Options{People: 600})
	if err != nil {
		t.Fatal(err)
	}
	all := estate.NewPeople(0)
	for folder, truth := range est.Folders {
		m := newMemory()
		survey(t, filepath.Join(est.Dir, folder), m)
		people := estate.NewPeople(0)
		for _, it := range m.items {
			people.Merge(it.People)
		}
		all.Merge(people)
		got := people.Tally()
		if got.Total.Estimate != int64(truth.People) {
			t.Errorf("%s: %d people, and there are %d", folder, got.Total.Estimate, truth.People)
		}
		for state, want := range truth.States {
			if n := got.States[state].Estimate; n != int64(want) {
				t.Errorf("%s: %d people in %s, and there are %d", folder, n, state, want)
			}
		}
		for _, class := range []phi.Class{phi.SUD, phi.HIV, phi.PREGNANT} {
			if n := got.Classes[class].Estimate; n != int64(truth.Classes[class]) {
				t.Errorf("%s: %d people with %s, and there are %d", folder, n, class, truth.Classes[class])
			}
		}
	}
	if n := all.Tally().Total.Estimate; n != int64(est.All.People) {
		t.Errorf("the estate: %d people, and there are %d", n, est.All.People)
	}
}

// TestDecoysAreNoPatients: what looks busy and shows nobody is no PHI, and what cannot be read is a gap.
func TestDecoysAreNoPatients(t *testing.T) {
	est, err := demo.Write(t.TempDir(), demo.Options{People: 300})
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	survey(t, est.Dir, m)
	for _, f := range est.Files {
		it := m.items[f.Path]
		if in := m.items[f.Path+"!/charts.csv"]; in != nil {
			it = in // an archive shows nothing by itself
		}
		switch {
		case it == nil:
			t.Errorf("%s is in no books", f.Path)
		case f.Kind == demo.Decoy && it.Verdict == phi.VerdictPHI:
			t.Errorf("%s is a decoy, and was called phi", f.Path)
		case f.Kind == demo.Records && it.Verdict < phi.VerdictPII: // a table of names and numbers says nothing of care
			t.Errorf("%s shows %d patients, and was called %s", f.Path, f.People, it.Verdict)
		case f.Kind == demo.Gap && len(m.gaps[f.Path]) == 0:
			t.Errorf("%s cannot be read, and is no gap", f.Path)
		}
	}
}
