package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/chartroom/chartroom/phi"
)

// digest is the hash of all files of a folder, with their names.
func digest(t *testing.T, dir string) string {
	t.Helper()
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		sum.Write([]byte(filepath.ToSlash(name) + "\x00"))
		sum.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func write(t *testing.T, o Options) Estate {
	t.Helper()
	e, err := Write(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func read(t *testing.T, e Estate, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(e.Dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSameSeedSameBytes(t *testing.T) {
	a, b, c := write(t, Options{People: 200}), write(t, Options{People: 200}), write(t, Options{People: 200, Seed: 1})
	if digest(t, a.Dir) != digest(t, b.Dir) {
		t.Error("one seed gave two estates")
	}
	if digest(t, a.Dir) == digest(t, c.Dir) {
		t.Error("two seeds gave one estate")
	}
}

func TestEstateIsSmallAndWhole(t *testing.T) {
	e := write(t, Options{})
	var size int64
	kinds := map[Kind]int{}
	for _, f := range e.Files {
		info, err := os.Stat(filepath.Join(e.Dir, f.Path))
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() != f.Bytes {
			t.Errorf("%s: %d bytes on disk, %d in the book", f.Path, info.Size(), f.Bytes)
		}
		if (f.Kind == Records) != (f.People > 0) {
			t.Errorf("%s: kind %d shows %d people", f.Path, f.Kind, f.People)
		}
		size += f.Bytes
		kinds[f.Kind]++
	}
	if size < 2<<20 || size > 8<<20 {
		t.Errorf("the estate has %d bytes", size)
	}
	if kinds[Records] < 100 || kinds[Decoy] < 20 || kinds[Gap] < 5 {
		t.Errorf("files by kind: %v", kinds)
	}
}

// The truth is held against the cast, which it is not computed from.
func TestTruth(t *testing.T) {
	e := write(t, Options{People: 1000})
	for folder, want := range map[string]int{Meridian: 600, Lakeside: 350, Harbor: 350} {
		if got := e.Folders[folder].People; got != want {
			t.Errorf("%s has %d people, want %d", folder, got, want)
		}
	}
	if e.All.People != 1000 {
		t.Errorf("the estate has %d people, want each once", e.All.People)
	}
	classes := map[phi.Class]int{}
	minors, part2, states := 0, 0, map[phi.State]int{}
	for p := range People(0, 1000) {
		states[p.State]++
		if p.Minor() {
			minors++
		}
		if inProgramme(p) {
			part2++
		}
		if p.Index < 600 {
			for _, c := range p.Classes().List() {
				classes[c]++
			}
		}
	}
	for _, c := range []phi.Class{phi.SUD, phi.OPIOIDUD, phi.ETHUD, phi.HIV, phi.PSY, phi.SDV, phi.STD, phi.PREGNANT} {
		if got := e.Folders[Meridian].Classes[c]; got != classes[c] || got == 0 {
			t.Errorf("Meridian: %d people of class %v, want %d and some", got, c, classes[c])
		}
	}
	if e.All.Minors != minors || e.All.Part2 != part2 || minors == 0 {
		t.Errorf("%d minors, %d in programmes; want %d and %d", e.All.Minors, e.All.Part2, minors, part2)
	}
	for s, n := range states {
		if e.All.States[s] != n {
			t.Errorf("%d people in %v, want %d", e.All.States[s], s, n)
		}
	}
	if e.Folders[Harbor].Noted[phi.PSYTHPN] == 0 {
		t.Error("nobody has psychotherapy notes in the archive")
	}
}

func TestFHIRLinesAreResources(t *testing.T) {
	e := write(t, Options{People: 200})
	for _, kind := range []string{"Patient", "Condition", "Encounter", "Observation", "DocumentReference"} {
		lines := bytes.Split(bytes.TrimSpace(read(t, e, "meridian/fhir-bulk/2025-12-31/"+kind+".ndjson")), []byte("\n"))
		for i, line := range lines {
			var r struct{ ResourceType, ID string }
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatalf("%s line %d: %v", kind, i+1, err)
			}
			if r.ResourceType != kind || r.ID == "" || len(r.ID) > 64 {
				t.Fatalf("%s line %d is a %q", kind, i+1, r.ResourceType)
			}
		}
	}
}

// Each segment has its fields where the standard puts them.
func TestHL7Positions(t *testing.T) {
	for p := range People(3, 50) {
		segments := map[string][]string{}
		for _, s := range strings.Split(string(AppendHL7v2(nil, p)), "\r") {
			f := strings.Split(s, "|")
			segments[f[0]] = f
		}
		for _, c := range []struct {
			segment string
			field   int
			want    string
		}{
			{"MSH", 11, "2.5.1"}, // MSH-1 is the separator itself
			{"PID", 3, p.MRN + "^^^MERIDIAN&2.16.840.1.113883.19.5&ISO^MR~" + p.SSN + "^^^USSSA&2.16.840.1.113883.4.1&ISO^SS"},
			{"PID", 7, p.Birth.Format("20060102")},
			{"PID", 19, strings.ReplaceAll(p.SSN, "-", "")},
			{"PV1", 44, segments["EVN"][2]},
			{"IN1", 36, p.Member},
			{"OBR", 25, "F"},
			{"OBX", 11, "F"},
		} {
			if f := segments[c.segment]; len(f) <= c.field || f[c.field] != c.want {
				t.Fatalf("%s-%d of person %d is not what it should be: %d fields", c.segment, c.field, p.Index, len(f))
			}
		}
	}
}

func TestCharacterSets(t *testing.T) {
	e := write(t, Options{People: 600})
	master := read(t, e, "harbor/archive-2019/PM_Export/PATIENT_MASTER.txt")
	if !bytes.HasPrefix(master, []byte{0xff, 0xfe, 'C', 0, 'h', 0}) {
		t.Error("the index of patients is not UTF-16 with a byte order mark")
	}
	var accents bool
	for _, f := range e.Files {
		b := read(t, e, f.Path)
		if strings.HasSuffix(f.Path, "Clinic Export 2018.csv") && utf8.Valid(b) {
			t.Log("no accent in the Latin-1 export of this seed")
		}
		if f.Kind == Records && !strings.Contains(f.Path, "PATIENT_MASTER") && !strings.Contains(f.Path, "Export 2018") && !strings.HasSuffix(f.Path, ".zip") && !utf8.Valid(b) {
			t.Errorf("%s is not UTF-8", f.Path)
		}
		accents = accents || bytes.Contains(b, []byte("ñ"))
	}
	if !accents {
		t.Error("no name has an accent")
	}
	if got := latin1([]byte("Núñez\u2019s")); string(got) != "N\xfa\xf1ez?s" {
		t.Errorf("Latin-1 of a name: %x", got)
	}
}

func TestWriteSaysWhatFailed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(file, Options{People: 10}); err == nil || !strings.Contains(err.Error(), "write the demo estate") {
		t.Errorf("writing beneath a file: %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		e, err := Write(dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		var size int64
		for _, f := range e.Files {
			size += f.Bytes
		}
		b.SetBytes(size)
	}
}
