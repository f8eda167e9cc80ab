package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/threat"
	"github.com/rogpeppe/go-internal/txtar"
)

// incident is a published case as a small estate, and the same estate with what breaks it.
type incident struct {
	dir       string
	published [][]string // rows of the playbook, in the order in which they were seen
}

func openIncident(t *testing.T, path string) incident {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in := incident{dir: t.TempDir()}
	written := map[string]string{}
	for _, f := range archive.Files {
		if f.Name == "path" || f.Name == "times" { // of files: when they were written
			for _, line := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
				if words := strings.Fields(line); f.Name == "path" {
					in.published = append(in.published, words)
				} else {
					written[words[0]] = words[1]
				}
			}
			continue
		}
		name := filepath.Join(in.dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, day := range written {
		at, err := time.Parse(time.DateOnly, day)
		if err == nil {
			err = os.Chtimes(filepath.Join(in.dir, filepath.FromSlash(name)), at, at)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return in
}

// ask surveys an estate of the incident and walks the playbook over it.
func (in *incident) ask(t *testing.T, estate string) *threat.Answer {
	t.Helper()
	dir := t.TempDir()
	files := []string{"--catalog", filepath.Join(dir, "catalog.db"), "--key", filepath.Join(dir, "key")}
	var out, errOut bytes.Buffer
	if code := run(append([]string{"scan", "-c", filepath.Join(in.dir, estate)}, files...), nil, &out, &errOut); code != exitDone {
		t.Fatalf("scan: %d %s", code, errOut.String())
	}
	out.Reset()
	if code := run(append([]string{"threat", "--paths", "0", "-o", "json"}, files...), nil, &out, &errOut); code != exitDone {
		t.Fatalf("threat: %d %s", code, errOut.String())
	}
	a := &threat.Answer{}
	if err := json.Unmarshal(out.Bytes(), a); err != nil {
		t.Fatal(err)
	}
	return a
}

// rows are what a path takes, and what then follows.
func rows(p *threat.Path) []string {
	var out []string
	for _, steps := range [][]threat.Step{p.Steps, p.Then} {
		for i := range steps {
			out = append(out, steps[i].Row)
		}
	}
	return out
}

// walks tells whether a path takes rows in their order; others may stand between them.
func walks(p *threat.Path, want []string) bool {
	for _, row := range rows(p) {
		if len(want) > 0 && row == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

// TestIncidents: each published case is found as it was published, for sure, and there is no path where what breaks it is in place.
func TestIncidents(t *testing.T) {
	cases, err := filepath.Glob("testdata/threat/*.txtar")
	if err != nil || len(cases) < 12 {
		t.Fatal(len(cases), err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			in := openIncident(t, path)
			a := in.ask(t, "estate.yaml")
			for _, want := range in.published {
				i := slices.IndexFunc(a.Paths, func(p threat.Path) bool { return walks(&p, want) })
				switch {
				case i < 0:
					t.Errorf("no path takes %v", want)
					for i := range a.Paths {
						t.Logf("%v %v", a.Paths[i].Certain, rows(&a.Paths[i]))
					}
				case !a.Paths[i].Certain:
					t.Errorf("%v is only possible", want)
				}
			}
			if a.Certain.People.Estimate == 0 {
				t.Error("and yet nobody is lost")
			}
			h := in.ask(t, "hardened.yaml")
			for i := range h.Paths {
				t.Errorf("hardened, and yet: certain %v, %v over %v", h.Paths[i].Certain, rows(&h.Paths[i]), h.Paths[i].Through)
			}
			if h.Possible.People.Estimate != 0 {
				t.Errorf("hardened, and yet %d people may be lost", h.Possible.People.Estimate)
			}
		})
	}
}

// TestTheDemosArchive: the archive of the acquired clinics is found by what it is. No row, and no word of the facts, names it; and where all
// its names are others, it is found the same.
func TestTheDemosArchive(t *testing.T) {
	for _, file := range []string{"../../threat/playbook/rows.csv", "../../threat/playbook/predicates.csv", "../../threat/facts/frontdoor.csv", "../../threat/facts/predicates.csv"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"harbor", "lakeside", "archive-2019", "archiveadmin"} {
			if strings.Contains(strings.ToLower(string(text)), name) {
				t.Errorf("%s names %s", file, name)
			}
		}
	}
	plain := demoArchive(t, strings.NewReplacer())
	other := demoArchive(t, strings.NewReplacer("harbor", "pier", "Harbor", "Pier", "archiveadmin", "operator7", "archive", "box", "Archive", "Box"))
	if plain.Loss.People != other.Loss.People || !slices.Equal(rows(plain), rows(other)) {
		t.Errorf("by other names %v %v, not %v %v", other.Loss.People, rows(other), plain.Loss.People, rows(plain))
	}
	if len(plain.Cuts) < 3 || plain.Cuts[0].Effort > plain.Cuts[1].Effort || plain.Cuts[1].Effort > plain.Cuts[2].Effort {
		t.Errorf("its cuts are %+v", plain.Cuts)
	}
}

// demoArchive gives the surest path by which the demo's archive is lost as one, with what it holds and is called renamed.
func demoArchive(t *testing.T, names *strings.Replacer) *threat.Path {
	t.Helper()
	dir := t.TempDir()
	if _, err := demo.Write(dir, demo.Options{People: 300}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{demo.EstateFile, "access/apps.csv", "access/lakeside_local.csv"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, []byte(names.Replace(string(text))), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"harbor/archive-2019", "harbor"} {
		at := filepath.Join(dir, filepath.FromSlash(name))
		to := filepath.Join(filepath.Dir(at), names.Replace(filepath.Base(at)))
		if err := os.Rename(at, to); at != to && err != nil {
			t.Fatal(err)
		}
	}
	in := incident{dir: dir}
	a := in.ask(t, demo.EstateFile)
	i := slices.IndexFunc(a.Paths, func(p threat.Path) bool { return p.Certain && walks(&p, []string{"SH-CRD-1", "SH-3P-6", "SH-EXF-1"}) })
	if i < 0 {
		t.Fatal("no sure path leads to an archive")
	}
	if a.Paths[i].Loss.People.Estimate != 105 {
		t.Errorf("%d people, want all 105 of the archive", a.Paths[i].Loss.People.Estimate)
	}
	return &a.Paths[i]
}
