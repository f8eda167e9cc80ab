package hub

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/fleet/inside"
	real "github.com/chartroom/chartroom/fleet/worker"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
)

// tree makes a folder of files, one of which is large.
func tree(t testing.TB, files, rows int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range files {
		sub := filepath.Join(dir, fmt.Sprint("d", i%7))
		if err := os.MkdirAll(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sub, fmt.Sprintf("f%03d.csv", i)), []byte(newFolder("x", files).files[i]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	b.WriteString("mrn,name,date_of_birth,icd10\n")
	for i := range rows {
		fmt.Fprintf(&b, "MRN%07d,Ada Example%d,19%02d-02-%02d,F11.20\n", i%5000, i%5000, i%90+10, i%28+1)
	}
	if err := os.WriteFile(filepath.Join(dir, "large.csv"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// paths are targets of paths.
func paths(dirs ...string) (out []*survey.Target) {
	for _, d := range dirs {
		t := survey.NewTarget(d)
		t.Progress = &scan.Progress{}
		out = append(out, t)
	}
	return out
}

// TestRealWorkersFindWhatOneProcessFinds: the program's own workers, over the line within a process.
func TestRealWorkersFindWhatOneProcessFinds(t *testing.T) {
	dir, gone := tree(t, 400, 40_000), filepath.Join(t.TempDir(), "nowhere")
	j := realSurvey(t, dir, gone)
	if j.Targets[1].Failure == nil || len(j.Targets[0].Repositories) != 1 || j.Targets[0].Progress.Done.Load() == 0 || !j.Targets[0].Finished() {
		t.Errorf("the targets: %+v, %+v", j.Targets[0], j.Targets[1])
	}
}

// realSurvey holds what two real workers find against what one process finds, and surveys a second time.
func realSurvey(t *testing.T, dirs ...string) *Job {
	t.Helper()
	line := inside.New(Main)
	w := newWorld(t, line)
	var warned []string
	w.hub.Now, w.hub.every, w.hub.Large, w.hub.Warn = nil, 0, 1<<20, func(words string) { warned = append(warned, words) }
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	all.Go(func() { w.hub.Serve(ctx) })
	for i := range 2 {
		all.Go(func() {
			if err := (&real.Worker{Post: line.Post(fmt.Sprint("w", i)), Version: "test", Slots: 1}).Run(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		})
	}
	j := w.job()
	j.Targets = paths(dirs...)
	books, err := w.hub.Survey(ctx, j)
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range warned {
		if strings.Contains(words, "read whole") {
			t.Error(words)
		}
	}
	targets := paths(dirs...)
	if _, err := survey.Open(ctx, targets, 2); err != nil {
		t.Fatal(err)
	}
	alone := w.catalog()
	want, err := (&survey.Job{Catalog: alone, Who: officer, Key: w.key, Settings: j.Settings, Targets: targets, Warn: func(string) {}}).Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	sameAs(t, answer{alone, want}, answer{w.hub.Catalog, books})
	if again, err := w.hub.Survey(ctx, &Job{Who: officer, Key: w.key, Settings: j.Settings, Targets: paths(dirs...)}); err != nil || again.Read != 0 || again.Unchanged != books.Read {
		t.Errorf("a second time: %+v, %v", again, err)
	}
	return j
}

// answer is what a survey says.
type answer struct {
	catalog *catalog.Catalog
	books   catalog.Books
}
