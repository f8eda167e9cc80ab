package scan

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/source/files"
)

type archived struct {
	name string
	body []byte
}

func zipOf(t testing.TB, files ...archived) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		m, err := w.Create(f.name)
		if err == nil {
			_, err = m.Write(f.body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarOf(t testing.TB, files ...archived) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o600, Size: int64(len(f.body))})
		if err == nil {
			_, err = w.Write(f.body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(t testing.TB, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// surveyFile scans one file by limits, the zero ones being those in force.
func surveyFile(t *testing.T, name string, data []byte, limits Limits) *memory {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := files.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	if _, err := Source(t.Context(), src, Options{Engine: detect.New(nil), Rules: "1", Key: testKey, Ledger: m, Limits: limits}); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestTheSamePeopleAreFoundInArchivesOfArchives: a table in a gzip in a tar in a zip shows the people that it shows by itself.
func TestTheSamePeopleAreFoundInArchivesOfArchives(t *testing.T) {
	inner := archived{"export/people.csv.gz", gzipOf(t, []byte(people))}
	data := zipOf(t, archived{"backup/all.tar", tarOf(t, inner, archived{"visits.csv", []byte(visits)})}, archived{"readme.txt", []byte("All is in here.\n")})
	m := surveyFile(t, "a.zip", data, Limits{})
	path := "a.zip!/backup/all.tar!/export/people.csv.gz!/people.csv"
	it := m.items[path]
	if it == nil {
		t.Fatalf("the table is not there: %v", m.items)
	}
	if it.Verdict != phi.VerdictPHI || it.Outer != "a.zip!/backup/all.tar!/export/people.csv.gz" || len(m.finds[path]) < 4 || it.Evidence.Coverage != "all" {
		t.Errorf("the table: %v in %s with %d findings, %s", it.Verdict, it.Outer, len(m.finds[path]), it.Evidence.Coverage)
	}
	all := estate.NewPeople(0)
	for _, it := range m.items {
		all.Merge(it.People)
	}
	if n := all.Tally().Total.Estimate; n != 2 || len(m.gaps) > 0 || len(m.items) != 6 {
		t.Errorf("%d people in %d items, gaps %v", n, len(m.items), m.gaps)
	}
}

// TestABadMemberIsAGapByItsOwnName and what could be read of it counts.
func TestABadMemberIsAGapByItsOwnName(t *testing.T) {
	data := zipOf(t, archived{"a.csv", []byte(people)}, archived{"b.csv", []byte(visits)}, archived{"c.csv", []byte(people)})
	entry := bytes.Index(data, []byte("PK\x01\x02"))
	data[entry+16] ^= 1 // the checksum of a.csv
	second := entry + 1 + bytes.Index(data[entry+1:], []byte("PK\x01\x02"))
	data[second+8] |= 1 // b.csv is encrypted
	m := surveyFile(t, "x.zip", data, Limits{})
	if g := m.gaps["x.zip!/a.csv"]; len(g) != 1 || g[0].Reason != estate.GapDamaged || m.items["x.zip!/a.csv"].Verdict != phi.VerdictPHI {
		t.Errorf("a: %v", g)
	}
	if g := m.gaps["x.zip!/b.csv"]; len(g) != 1 || g[0].Reason != estate.GapEncrypted || m.items["x.zip!/b.csv"].Evidence.Coverage != "not read" {
		t.Errorf("b: %v", g)
	}
	if len(m.gaps) != 2 || m.items["x.zip!/c.csv"].Evidence.Coverage != "all" {
		t.Errorf("gaps %v", m.gaps)
	}
}

// bombs are small inputs that come to more than anybody can read.
func bombs(t *testing.T) map[string][]byte {
	line := []byte("2024-01-02,10012231,Ada,Plantagenet,A10\n")
	layers := gzipOf(t, bytes.Repeat(line, 200<<20/len(line)))
	single := layers
	for range 3 {
		layers = gzipOf(t, layers)
	}
	tree := zipOf(t, archived{"0.csv", bytes.Repeat(line, 20<<20/len(line))})
	for range 5 {
		var sixteen []archived
		for i := range 16 {
			sixteen = append(sixteen, archived{fmt.Sprintf("lib %x.zip", i), tree})
		}
		tree = zipOf(t, sixteen...)
	}
	fan := zipOf(t, archived{"a", []byte("a")})
	for range 6 {
		var twelve []archived
		for i := range 12 {
			twelve = append(twelve, archived{fmt.Sprintf("%d.zip", i), fan})
		}
		fan = zipOf(t, twelve...)
	}
	return map[string][]byte{"one.csv.gz": single, "layers.gz": layers, "tree.zip": tree, "fan.zip": fan}
}

// TestBombsEndAsOneGap: each ends soon, with one gap at the top that says how to go on, and none within that says it again.
func TestBombsEndAsOneGap(t *testing.T) {
	limits := Limits{Base: 4 << 20, Ratio: 20} // a sixteenth and a tenth of the usual ones, as this is a test
	for name, data := range bombs(t) {
		start := time.Now()
		m := surveyFile(t, name, data, limits)
		g := m.gaps[name]
		if len(g) != 1 || g[0].Reason != estate.GapLimit || !strings.Contains(g[0].Detail, "max_inner_ratio") || m.items[name].Evidence.Coverage != "part" {
			t.Errorf("%s: %v", name, g)
		}
		for path, gaps := range m.gaps {
			if path != name {
				t.Errorf("%s: a gap at %s: %v", name, path, gaps[0])
			}
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}

// TestAHarmlessLogIsReadWhole: what is repeated a hundred times over is no bomb, nor is a small thing that grows a thousandfold.
func TestAHarmlessLogIsReadWhole(t *testing.T) {
	var log bytes.Buffer
	for i := 0; log.Len() < 24<<20; i++ {
		fmt.Fprintf(&log, "2024-01-02T03:04:05Z INFO request served status=200 bytes=1024 path=/api/v1/things user=svc-reader zone=a n=%d\n", i/8)
	}
	data := gzipOf(t, log.Bytes())
	m := surveyFile(t, "a.log.gz", data, Limits{Base: 1 << 20})
	if ratio := log.Len() / len(data); ratio < 100 || len(m.gaps) > 0 || m.items["a.log.gz!/a.log"].Bytes != int64(log.Len()) {
		t.Errorf("a log that was compressed %d to 1: %v", ratio, m.gaps)
	}
	m = surveyFile(t, "a.txt.gz", gzipOf(t, bytes.Repeat([]byte("all is well\n"), 1<<20)), Limits{})
	if len(m.gaps) > 0 {
		t.Errorf("12 MiB: %v", m.gaps)
	}
}

// TestNothingStandsDeeperThanTheLimit: a thing that contains itself would go on for ever.
func TestNothingStandsDeeperThanTheLimit(t *testing.T) {
	data := []byte(people)
	for range 20 {
		data = zipOf(t, archived{"x", data})
	}
	m := surveyFile(t, "a.zip", data, Limits{})
	if len(m.items) != 18 || len(m.gaps) != 1 {
		t.Errorf("%d items, gaps %v", len(m.items), m.gaps)
	}
	for path, g := range m.gaps {
		if strings.Count(path, "!/") != 17 || g[0].Reason != estate.GapLimit || !strings.Contains(g[0].Detail, "max_depth") {
			t.Errorf("%s: %v", path, g)
		}
	}
}

func TestMembersAreLimited(t *testing.T) {
	var many []archived
	for i := range 300 {
		many = append(many, archived{fmt.Sprintf("%d.csv", i), []byte(people)})
	}
	m := surveyFile(t, "a.tar", tarOf(t, many...), Limits{Members: 100})
	if g := m.gaps["a.tar"]; len(g) != 1 || g[0].Reason != estate.GapLimit || !strings.Contains(g[0].Detail, "max_members") {
		t.Errorf("%v", g)
	}
	if m.items["a.tar!/99.csv"] == nil || m.items["a.tar!/200.csv"] != nil {
		t.Error("what came before the limit is not what was read")
	}
}

// TestManyMembersComeInParts: a worker holds a part of the facts, and all of them arrive.
func TestManyMembersComeInParts(t *testing.T) {
	var many []archived
	for i := range 4000 {
		many = append(many, archived{fmt.Sprintf("d%d/%d.csv", i/100, i), []byte(strings.ReplaceAll(people, "1001223", fmt.Sprintf("2%06d", i)))})
	}
	most := 0
	w := newWorker(emptyTree(t), Options{Engine: detect.New(nil), Key: testKey, Limits: defaultLimits, Progress: &Progress{}, Now: time.Now}, func(p Parcel) { most = max(most, len(p.Facts)) })
	it := &estate.Item{Path: "a.tar"}
	w.facts.begin("r", it.Path)
	w.budget = &budget{limits: defaultLimits, size: 10 << 20}
	w.read(t.Context(), it, input{body: bytes.NewReader(tarOf(t, many...))})
	w.facts.item(it)
	w.facts.end()
	if it.Parts < 3 || most > 4096 {
		t.Errorf("%d parts, of at most %d facts", it.Parts, most)
	}
	m := surveyFile(t, "a.tar", tarOf(t, many...), Limits{})
	if len(m.items) != 4001 || len(m.parts) != 0 || m.items["a.tar"].Parts < 3 {
		t.Errorf("%d items, %d left over", len(m.items), len(m.parts))
	}
	for i := range 4000 {
		if path := fmt.Sprintf("a.tar!/d%d/%d.csv", i/100, i); m.items[path] == nil || len(m.finds[path]) == 0 {
			t.Fatalf("%s is missing", path)
		}
	}
}

func emptyTree(t *testing.T) *files.Tree {
	src, err := files.Open(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestInnerNames(t *testing.T) {
	for name, want := range map[string]string{
		"a/b.csv": "a/b.csv", "Müller.csv": "Müller.csv", "a\nb": `a\x0ab`, "a\\b": `a\x5cb`, "\xff": `\xff`, "/etc/passwd": "etc/passwd", "a/": "a",
		"": "(without a name)", "//": "(without a name)", "x.zip!/y": `x.zip\x21/y`, "wow!.txt": "wow!.txt", "a\u202egpj.exe": `a\u202egpj.exe`, "../../a": "../../a",
		strings.Repeat("x", 5000): strings.Repeat("x", maxInnerName),
	} {
		if got := innerName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// TestABudgetHolds for what is read out of order, too.
func TestABudgetHolds(t *testing.T) {
	b := &budget{limits: Limits{Base: 100, Ratio: 2, Members: 10}, size: 50}
	meter := &metered{r: strings.NewReader(strings.Repeat("x", 1000)), budget: b, depth: 1}
	at := &meteredAt{strings.NewReader(strings.Repeat("x", 1000)), meter}
	if _, err := at.ReadAt(make([]byte, 150), 0); err != nil {
		t.Error(err)
	}
	if io.ReadFull(meter, make([]byte, 60)); b.over == nil {
		t.Error("210 bytes of 200 were given")
	}
	if _, err := at.ReadAt(make([]byte, 1), 0); err != b.over {
		t.Errorf("what is over stays over: %v", err)
	}
	if huge := (&budget{limits: defaultLimits, size: 1 << 61}).allowed(); huge <= 0 {
		t.Errorf("allowed are %d", huge)
	}
}
