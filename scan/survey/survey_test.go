package survey_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
)

var officer = audit.Caller{Name: "Ada", Role: audit.Admin}

// estate is one of two folders, of which one is named twice and a third is not there.
func estate(t *testing.T) (*survey.Settings, *catalog.Catalog) {
	t.Helper()
	dir := t.TempDir()
	e := &declared.Estate{}
	for _, name := range []string{"a", "b"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "list.csv"), []byte("mrn,name\n1,Ada Example\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		e.Targets = append(e.Targets, declared.Target{Name: name, Path: name, Owner: "records", Schedule: "daily"})
	}
	e.Targets = append(e.Targets, declared.Target{Name: "again", Path: "a"}, declared.Target{Name: "gone", Path: "nowhere"})
	c, err := catalog.Open(t.Context(), filepath.Join(dir, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &survey.Settings{Workers: 2, AtOnce: 2, Limits: scan.Limits{Depth: 3}, Estate: e, Path: filepath.Join(dir, "estate.yaml"), Version: "test"}, c
}

func TestASurveyOfTheFilesTargets(t *testing.T) {
	s, c := estate(t)
	targets := s.Targets()
	if _, err := survey.Open(t.Context(), targets, s.AtOnce); err != nil {
		t.Fatal(err)
	}
	if targets[3].Failure == nil || targets[0].Failure != nil {
		t.Fatalf("failures %v and %v", targets[0].Failure, targets[3].Failure)
	}
	var mu sync.Mutex
	var warned []string
	job := &survey.Job{Catalog: c, Who: officer, Key: fingerprint.NewKey(), Settings: s, Targets: targets, Warn: func(w string) {
		mu.Lock()
		defer mu.Unlock()
		warned = append(warned, w)
	}}
	books, err := job.Run(t.Context())
	if err != nil || books.Read != 2 || books.Balance() != nil {
		t.Fatalf("%+v, %v", books, err)
	}
	if len(warned) != 1 || !strings.Contains(warned[0], "surveyed once") {
		t.Errorf("warned of %q", warned)
	}
	rows, err := c.Where(t.Context(), officer, catalog.Filter{})
	if err != nil || len(rows) < 2 || rows[0].Owner != "records" && rows[1].Owner != "records" {
		t.Errorf("%+v, %v", rows, err)
	}
	again := s.Targets()
	if _, err := survey.Open(t.Context(), again, s.AtOnce); err != nil {
		t.Fatal(err)
	}
	job.Targets = again
	if books, err = job.Run(t.Context()); err != nil || books.Unchanged != 2 || books.Read != 0 {
		t.Errorf("a second time: %+v, %v", books, err)
	}
}

func TestASurveyThatIsStoppedSaysSo(t *testing.T) {
	s, c := estate(t)
	targets := s.Targets()[:2]
	if _, err := survey.Open(t.Context(), targets, 1); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	job := &survey.Job{Catalog: c, Who: officer, Key: fingerprint.NewKey(), Settings: s, Targets: targets, Warn: func(string) {}}
	stop()
	_, err := job.Run(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := (&survey.Job{Catalog: c, Who: audit.Caller{Name: "Vera", Role: audit.Viewer}, Key: job.Key, Settings: s, Targets: targets}).Run(t.Context()); !errors.Is(err, audit.ErrDenied) {
		t.Errorf("a viewer surveys: %v", err)
	}
}

func TestOtherLimitsAreOtherRules(t *testing.T) {
	s, _ := estate(t)
	one, other := s.Rules(scan.Limits{Depth: 3}), s.Rules(scan.Limits{Depth: 4})
	if one == other || one != s.Rules(scan.Limits{Depth: 3}) {
		t.Errorf("%s and %s", one, other)
	}
}
