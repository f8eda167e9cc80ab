package scan

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/files"
)

// boxes is a table that speaks of nobody.
func boxes(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("box,shelf,colour\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,%d,red\n", i%7, i*7%101)
	}
	return b.Bytes()
}

// late is a table of which only the rows behind the first 10,000 are patients.
func late(rows int) []byte {
	b := []byte(demo.PatientHeader)
	cells := strings.Count(demo.PatientHeader, ",")
	i := 0
	for p := range demo.People(1, rows) {
		if i < 10_000 {
			b = fmt.Appendf(b, "%d%s\n", i, strings.Repeat(",", cells))
		} else {
			b = demo.AppendPatientRow(b, p)
		}
		i++
	}
	return b
}

// sampledFiles scans files into a ledger; a share of 0 reads all.
func sampledFiles(t *testing.T, m *memory, dir string, share float64) {
	t.Helper()
	src, err := files.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Engine: detect.New(nil), Rules: "1", Key: fingerprint.NewKey(), Ledger: m, Workers: 2, Sample: source.Draw{Share: share, Seed: 7}}
	if _, err := Source(t.Context(), src, o); err != nil {
		t.Fatal(err)
	}
}

// TestSampledFiles tells a story: late patients are found in a sample, a file of boxes is not called clean, small files and those that
// cannot be sampled are read whole; then all is read, and a sample changes nothing of that.
func TestSampledFiles(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string][]byte{"late.csv": late(40_000), "boxes.csv": boxes(500_000), "small.csv": boxes(1000), "boxes.json": []byte(`{"box":"` + strings.Repeat("red ", 1<<20) + `"}`)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := newMemory()
	sampledFiles(t, m, dir, 0.01)
	it := m.items["late.csv"]
	if it.Verdict != phi.VerdictPHI || it.Evidence.Coverage != estate.Sampled.String() || it.Evidence.Sample != 300 || it.Read > it.Bytes/2 {
		t.Errorf("late patients: %v, %+v, %d of %d bytes read", it.Verdict, it.Evidence, it.Read, it.Bytes)
	}
	if n := it.People.Tally().Scaled(it.Unread()).Total; n.Low > 30_000 || n.High < 30_000 {
		t.Errorf("30,000 people are %+v", n)
	}
	it = m.items["boxes.csv"]
	if b := it.Evidence.Bound(); it.Verdict != phi.VerdictUnknown || b == nil || b.Share > 0.01 || b.Units == 0 {
		t.Errorf("boxes: %v, %+v, %+v", it.Verdict, it.Evidence, b)
	}
	for _, name := range []string{"small.csv", "boxes.json"} {
		if it := m.items[name]; it.Verdict != phi.VerdictNone || it.Evidence.Coverage != estate.All.String() || it.Evidence.Rules != "1" {
			t.Errorf("%s: %v, %+v", name, it.Verdict, it.Evidence)
		}
	}

	calls := m.calls
	sampledFiles(t, m, dir, 0.01)
	if m.calls != calls {
		t.Error("the same sample of the same files was drawn again")
	}
	sampledFiles(t, m, dir, 0)
	if it := m.items["late.csv"]; it.Evidence.Coverage != estate.All.String() || it.People.Tally().Total.Estimate < 28_000 {
		t.Errorf("a full scan left %+v", it.Evidence)
	}
	if it := m.items["boxes.csv"]; it.Verdict != phi.VerdictNone {
		t.Errorf("boxes that were all read are %v", it.Verdict)
	}
	calls = m.calls
	sampledFiles(t, m, dir, 0.01)
	if m.calls != calls {
		t.Error("a sample was drawn of what had been read whole")
	}
}
