package keep

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
)

// TestWhatIsTheSameIsKeptOn: a survey that finds nothing new works nothing out, and anything new does.
func TestWhatIsTheSameIsKeptOn(t *testing.T) {
	dir, admin := t.TempDir(), audit.Caller{Name: "Ada", Role: audit.Admin}
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	people := "mrn,patient_name,birth_date,diagnosis\nMRN00071,Ada Example,1980-02-03,F11.20\nMRN00072,Ben Example,1981-02-03,F11.20\n"
	write("people.csv", people, 0o600)
	c, err := catalog.Open(t.Context(), filepath.Join(t.TempDir(), "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	key := fingerprint.NewKey()
	settings := &survey.Settings{Workers: 1, AtOnce: 1, Limits: scan.Limits{Depth: 4}, Version: "test"}
	q := Question{Who: admin, Now: time.Now(), Version: "test"}
	// again surveys once more, and tells whether it was worked out anew who can reach what.
	again := func(custodian string) (anew bool) {
		t.Helper()
		target := survey.NewTarget(dir)
		target.Custodian = custodian
		targets := []*survey.Target{target}
		if _, err := survey.Open(t.Context(), targets, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := (&survey.Job{Catalog: c, Who: admin, Key: key, Settings: settings, Targets: targets, Warn: func(string) {}}).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond) // times are kept in milliseconds
		before := looked(t, c)
		if err := Save(t.Context(), c, q); err != nil {
			t.Fatal(err)
		}
		anew = looked(t, c) > before
		kept, _, err := c.Graph(t.Context(), admin)
		if err != nil || len(kept) == 0 {
			t.Fatalf("nothing is kept: %v", err)
		}
		e, err := Build(t.Context(), c, q)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := e.Encode(&b); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), kept) {
			t.Error("what is kept is not what would be worked out")
		}
		return anew
	}
	for _, step := range []struct {
		what   string
		change func() (custodian string)
		anew   bool
	}{
		{"the first survey", func() string { return "Clinic" }, true},
		{"nothing new", func() string { return "Clinic" }, false},
		{"nothing new again", func() string { return "Clinic" }, false},
		{"another mode", func() string { write("people.csv", people, 0o644); return "Clinic" }, true},
		{"another file", func() string { write("more.csv", people, 0o600); return "Clinic" }, true},
		{"another custodian", func() string { return "Acquirer" }, true},
		{"nothing new at the end", func() string { return "Acquirer" }, false},
	} {
		if anew := again(step.change()); anew != step.anew {
			t.Errorf("%s: worked out anew: %v", step.what, anew)
		}
	}
	q.Version = "newer"
	if !again("Acquirer") {
		t.Error("another program works it out anew")
	}
}

// looked counts how often somebody went through the items.
func looked(t *testing.T, c *catalog.Catalog) (n int) {
	t.Helper()
	lines, err := c.Audit(t.Context(), audit.Local(), time.Time{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if l.Action == audit.ReadItems {
			n++
		}
	}
	return n
}
