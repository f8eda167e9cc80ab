package scan

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/source/files"
)

// large makes more than two pieces of data of a kind.
func large(begin string, append func(b []byte, p *demo.Person) []byte) []byte {
	b := []byte(begin)
	for p := range demo.People(1, 1<<30) {
		if b = append(b, p); len(b) > 2*format.PieceSize+format.PieceSize/2 {
			break
		}
	}
	return b
}

// told is what answers tell of a file.
type told struct {
	Verdict, Coverage string
	Records, Read     int64
	People            int64
	Kinds             map[string]int64
	Gaps              int
}

// toldOf scans one file with so many workers.
func toldOf(t *testing.T, path string, key fingerprint.Key, workers int) told {
	t.Helper()
	src, err := files.Open(path, "")
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	if _, err := Source(t.Context(), src, Options{Engine: detect.New(nil), Key: key, Ledger: m, Workers: workers}); err != nil {
		t.Fatal(err)
	}
	it := m.items[filepath.Base(path)]
	if it == nil {
		t.Fatal("the file is in no books")
	}
	out := told{Verdict: it.Verdict.String(), Coverage: it.Evidence.Coverage, Records: it.Records, Kinds: map[string]int64{}, Gaps: len(m.gaps[it.Path])}
	if it.People != nil {
		out.People = it.People.Tally().Total.Estimate
	}
	for _, f := range m.finds[it.Path] {
		out.Kinds[fmt.Sprint(f.Field, " ", f.Kind, " ", f.Subject)] = f.Values
	}
	return out
}

// TestPiecesTellWhatTheWholeTells reads large files in pieces, by one worker and by four, and as a whole.
func TestPiecesTellWhatTheWholeTells(t *testing.T) {
	if testing.Short() {
		t.Skip("large files")
	}
	for name, data := range map[string][]byte{
		"patients.csv": large(demo.PatientHeader, demo.AppendPatientRow),
		"notes.csv":    large("mrn,last_name,note\n", noted),
		"bulk.ndjson":  large("", demo.AppendFHIR),
		"batch.hl7":    large("", demo.AppendHL7v2),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		key := fingerprint.NewKey()
		one, four := toldOf(t, path, key, 1), toldOf(t, path, key, 4)
		if diff := cmp.Diff(one, four); diff != "" {
			t.Errorf("%s: one worker and four (-one +four):\n%s", name, diff)
		}
		whole := unpieced(t, name, data, key)
		if diff := cmp.Diff(whole, four); diff != "" {
			t.Errorf("%s: as a whole and in pieces (-whole +pieces):\n%s", name, diff)
		}
	}
}

// noted writes a row with a quoted cell of many lines, each of which looks like a row.
func noted(b []byte, p *demo.Person) []byte {
	b = fmt.Appendf(b, "%s,%s,\"Seen today.\n", p.MRN, p.Family)
	for range 3 {
		b = append(b, "a,\"\"b\"\",c\n\nthe patient, a teacher, slept well\n"...)
	}
	return append(b, "\"\n"...)
}

// unpieced reads the data as a stream that allows no jumps, so that nothing is divided.
func unpieced(t *testing.T, name string, data []byte, key fingerprint.Key) told {
	t.Helper()
	src, err := files.Open(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	var facts []estate.Fact
	o := Options{Engine: detect.New(nil), Key: key}
	o.defaults()
	w := newWorker(src, o, func(p Parcel) { facts = append(facts, p.Facts...) })
	w.facts.begin("", name)
	w.budget = &budget{limits: o.Limits, size: int64(len(data))}
	it := &estate.Item{Path: name, Bytes: int64(len(data))}
	w.read(t.Context(), it, input{body: bytes.NewReader(data)})
	w.facts.end()
	out := told{Verdict: it.Verdict.String(), Coverage: it.Evidence.Coverage, Records: it.Records, Kinds: map[string]int64{}}
	if it.People != nil {
		out.People = it.People.Tally().Total.Estimate
	}
	for _, f := range facts {
		if f.Finding != nil {
			out.Kinds[fmt.Sprint(f.Finding.Field, " ", f.Finding.Kind, " ", f.Finding.Subject)] = f.Finding.Values
		}
		if f.Gap != nil {
			out.Gaps++
		}
	}
	return out
}
