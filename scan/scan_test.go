package scan

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/files"
)

// memory is a ledger that keeps facts in memory.
type memory struct {
	mu    sync.Mutex
	parts map[string][]estate.Fact
	items map[string]*estate.Item
	finds map[string][]*estate.Finding
	gaps  map[string][]*estate.Gap
	calls int
	err   error
}

func newMemory() *memory {
	return &memory{parts: map[string][]estate.Fact{}, items: map[string]*estate.Item{}, finds: map[string][]*estate.Finding{}, gaps: map[string][]*estate.Gap{}}
}

func (m *memory) Unchanged(_ context.Context, _, path, version, rules string) (estate.Renewal, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it := m.items[path]
	return estate.Renewal{Renewed: it != nil && it.Version == version && it.Evidence.Rules == rules}, m.err
}

func (m *memory) Stage(_ context.Context, p estate.Part, facts []estate.Fact) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.parts[p.Path] = append(m.parts[p.Path], facts...)
	return m.err
}

func (m *memory) Append(_ context.Context, facts []estate.Fact) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	for _, f := range slices.Clone(facts) {
		if f.Item != nil && f.Item.Outer == "" {
			facts = append(facts, m.parts[f.Item.Path]...)
			delete(m.parts, f.Item.Path)
		}
	}
	for _, f := range facts {
		switch {
		case f.Item != nil:
			m.items[f.Item.Path] = f.Item
		case f.Finding != nil:
			m.finds[f.Finding.Path] = append(m.finds[f.Finding.Path], f.Finding)
		case f.Gap != nil:
			m.gaps[f.Gap.Path] = append(m.gaps[f.Gap.Path], f.Gap)
		}
	}
	return m.err
}

func tree(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var testKey = fingerprint.NewKey()

func survey(t *testing.T, dir string, m *memory) (int64, *Progress) {
	t.Helper()
	src, err := files.Open(dir, "Lakeside")
	if err != nil {
		t.Fatal(err)
	}
	p := &Progress{}
	n, err := Source(t.Context(), src, Options{Engine: detect.New(nil), Rules: "1", Key: testKey, Ledger: m, Progress: p})
	if err != nil {
		t.Fatal(err)
	}
	return n, p
}

const (
	people = "mrn,ssn,first_name,last_name,birth_date,state\n10012231,219-46-8317,Ada,Plantagenet,1962-03-04,CA\n10012232,219-46-8318,Ben,Marchbanks,1961-03-05,NV\n"
	visits = "mrn,visit_date,diagnosis_code\n10012231,2020-01-02,B20\n10012231,2020-02-02,B20\n10012232,2020-03-02,I10\n"
)

func TestEveryListedThingIsInTheBooks(t *testing.T) {
	message := base64.StdEncoding.EncodeToString([]byte("MSH|^~\\&|A|B|C|D|20200101||ORU^R01|1|P|2.5.1\rPID|1||10012231^^^X^MR||Plantagenet^Ada||19620304\rDG1|1||F11.20^Opioid dependence^I10\r"))
	dir := tree(t, map[string]string{
		"people.csv": people, "sub/visits.csv": visits, "empty": "", "pic.png": "\x89PNG\r\n\x1a\n\x00\x00",
		"doc.json": `{"resourceType":"DocumentReference","subject":{"reference":"Patient/10012231"},"content":[{"attachment":{"contentType":"application/hl7-v2","data":"` + message + `"}}]}`,
	})
	if err := os.Symlink("nowhere", filepath.Join(dir, "broken")); err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	listed, _ := survey(t, dir, m)
	if listed != 6 {
		t.Errorf("%d listed, want 6", listed)
	}
	for path, want := range map[string]string{"people.csv": "phi all", "sub/visits.csv": "phi all", "empty": "none all", "pic.png": "unknown not read", "doc.json": "phi all"} {
		it := m.items[path]
		if it == nil {
			t.Errorf("%s is in no books", path)
			continue
		}
		if got := it.Verdict.String() + " " + it.Evidence.Coverage; got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	if len(m.gaps["broken"]) != 1 || len(m.gaps["pic.png"]) != 1 || len(m.gaps["people.csv"]) != 0 {
		t.Errorf("gaps are %v", m.gaps)
	}
	inner := 0
	for path, it := range m.items {
		if strings.HasPrefix(path, "doc.json!/") {
			inner++
			if it.Outer != "doc.json" || !it.Classes.Has(phi.SUD) {
				t.Errorf("the message in the document: outer %q, classes %v, verdict %v", it.Outer, it.Classes, it.Verdict)
			}
		}
	}
	if inner != 1 {
		t.Errorf("%d inner items, want the message", inner)
	}
}

func TestOnePersonInTwoFilesCountsOnce(t *testing.T) {
	m := newMemory()
	survey(t, tree(t, map[string]string{"people.csv": people, "visits.csv": visits}), m)
	all := estate.NewPeople(0)
	for _, it := range m.items {
		all.Merge(it.People)
	}
	got := all.Tally()
	if got.Total.Estimate != 2 || got.Classes[phi.HIV].Estimate != 1 || got.States[phi.ParseState("CA")].Estimate != 1 {
		t.Errorf("people: %+v", got)
	}
}

func TestUnchangedItemsAreNotRead(t *testing.T) {
	dir := tree(t, map[string]string{"people.csv": people, "visits.csv": visits})
	m := newMemory()
	survey(t, dir, m)
	_, p := survey(t, dir, m)
	if p.ReadBytes.Load() != 0 || p.Done.Load() != 2 {
		t.Errorf("a second scan read %d bytes, and did %d items", p.ReadBytes.Load(), p.Done.Load())
	}
}

func TestALedgerThatFailsEndsTheScan(t *testing.T) {
	m := newMemory()
	m.err = errors.New("disk full")
	src, err := files.Open(tree(t, map[string]string{"people.csv": people}), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Source(t.Context(), src, Options{Engine: detect.New(nil), Key: testKey, Ledger: m}); !errors.Is(err, m.err) {
		t.Errorf("the scan ended with %v", err)
	}
}

func TestAStoppedScanKeepsWholeItemsOnly(t *testing.T) {
	texts := map[string]string{}
	for i := range 300 {
		texts[fmt.Sprintf("%03d.csv", i)] = people
	}
	src, err := files.Open(tree(t, texts), "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	m := newMemory()
	_, err = Source(ctx, stopping{src, cancel}, Options{Engine: detect.New(nil), Key: testKey, Ledger: m, Workers: 2})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the scan ended with %v", err)
	}
	for path, it := range m.items {
		if it.People == nil || len(m.finds[path]) == 0 {
			t.Errorf("%s was written half", path)
		}
	}
}

// stopping is a source that stops the scan when the hundredth item is opened.
type stopping struct {
	source.Source
	stop func()
}

func (s stopping) Open(ctx context.Context, it source.Item) (io.ReadCloser, error) {
	if it.Path == "100.csv" {
		s.stop()
	}
	return s.Source.Open(ctx, it)
}

// TestThingsChangeWhileTheyAreRead: what vanishes or grows between listing and reading is a gap, and read again the next time.
func TestThingsChangeWhileTheyAreRead(t *testing.T) {
	dir := tree(t, map[string]string{"gone.csv": people, "grows.csv": people, "stays.csv": people})
	src, err := files.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	if _, err := Source(t.Context(), meddling{src, dir}, Options{Engine: detect.New(nil), Key: testKey, Ledger: m, Workers: 1}); err != nil {
		t.Fatal(err)
	}
	if g := m.gaps["gone.csv"]; len(g) != 1 || g[0].Reason != estate.GapVanished {
		t.Errorf("gone.csv: %v", g)
	}
	if g := m.gaps["grows.csv"]; len(g) != 1 || g[0].Reason != estate.GapChanging || m.items["grows.csv"].Evidence.Coverage != "part" {
		t.Errorf("grows.csv: %v", g)
	}
	if len(m.gaps["stays.csv"]) != 0 {
		t.Errorf("stays.csv: %v", m.gaps["stays.csv"])
	}
	_, p := survey(t, dir, m)
	if p.ReadBytes.Load() == 0 || m.items["grows.csv"].Evidence.Coverage != "all" {
		t.Error("what changed was not read again")
	}
}

// meddling changes files after they were listed.
type meddling struct {
	source.Source
	dir string
}

func (s meddling) Open(ctx context.Context, it source.Item) (io.ReadCloser, error) {
	switch it.Path {
	case "gone.csv":
		os.Remove(filepath.Join(s.dir, it.Path))
	case "grows.csv":
		body, err := s.Source.Open(ctx, it)
		if err == nil {
			err = os.WriteFile(filepath.Join(s.dir, it.Path), []byte(people+people), 0o644)
		}
		return body, err
	}
	return s.Source.Open(ctx, it)
}

// faulty is a reader with a bug that a hostile input sets off.
type faulty struct{}

func (faulty) Name() string                       { return "faulty/1" }
func (faulty) Claims(string, []byte) format.Claim { return format.Certain }
func (faulty) Read(context.Context, format.Input, format.Output) error {
	secret := []byte("219-46-8317")
	panic(fmt.Sprintf("cannot handle %s", secret))
}

func TestAPanicIsAGapWithoutTheValue(t *testing.T) {
	err := run(t.Context(), faulty{}, format.Input{}, format.Output{})
	var fault *faultError
	if !errors.As(err, &fault) {
		t.Fatalf("a panic gave %v", err)
	}
	if strings.Contains(err.Error(), "219") || !strings.Contains(err.Error(), "faulty") {
		t.Errorf("the gap says %q", err)
	}
}

// bursting is a source whose items panic outside of any reader.
type bursting struct{ source.Source }

func (s bursting) Open(ctx context.Context, it source.Item) (io.ReadCloser, error) {
	if it.Path == "bad.csv" {
		panic("219-46-8317")
	}
	return s.Source.Open(ctx, it)
}

func TestNoPanicEndsTheScan(t *testing.T) {
	src, err := files.Open(tree(t, map[string]string{"bad.csv": people, "good.csv": people}), "")
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	if _, err := Source(t.Context(), bursting{src}, Options{Engine: detect.New(nil), Key: testKey, Ledger: m}); err != nil {
		t.Fatal(err)
	}
	if g := m.gaps["bad.csv"]; len(g) != 1 || g[0].Reason != estate.GapFault || strings.Contains(g[0].Detail, "219") {
		t.Errorf("bad.csv: %v", g)
	}
	if m.items["good.csv"] == nil {
		t.Error("the other item was not read")
	}
}
