package surveys

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
	"github.com/chartroom/chartroom/web/schedule"
)

var admin = audit.Caller{Name: "Ada", Role: audit.Admin}

// newSurveyor is one over two folders: one that is surveyed each hour, and one by hand.
func newSurveyor(t *testing.T) *Surveyor {
	t.Helper()
	dir := t.TempDir()
	e := &declared.Estate{}
	for name, when := range map[string]string{"hourly": "hourly", "by-hand": ""} {
		folder := filepath.Join(dir, name)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "a.csv"), []byte("mrn,name\n1,Ada Example\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		e.Targets = append(e.Targets, declared.Target{Name: name, Path: folder, Schedule: when})
	}
	c, err := catalog.Open(t.Context(), filepath.Join(dir, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &Surveyor{Catalog: c, Key: fingerprint.NewKey(), Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Settings: &survey.Settings{Workers: 1, AtOnce: 1, Limits: scan.Limits{Depth: 4}, Estate: e, Path: filepath.Join(dir, "estate.yaml"), Version: "test"}}
}

// runAll makes what waits, and ends.
func (s *Surveyor) runAll(t *testing.T) {
	t.Helper()
	for {
		who, names := s.next()
		if len(names) == 0 {
			return
		}
		s.mu.Lock()
		s.ready()
		s.mu.Unlock()
		s.survey(t.Context(), who, names)
	}
}

func TestWhatIsDueIsSurveyedOnce(t *testing.T) {
	s := newSurveyor(t)
	tried := map[string]time.Time{}
	for range 3 { // the clock is looked at again before the first survey began
		if err := s.due(t.Context(), schedule.Quiet{}, tried); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.queue) != 1 || s.queue[0].target != "hourly" || !s.Busy("hourly") {
		t.Fatalf("asked for %+v", s.queue)
	}
	s.runAll(t)
	if at, err := s.Catalog.Surveyed(t.Context(), "hourly"); err != nil || at.IsZero() {
		t.Fatal(at, err)
	}
	if err := s.due(t.Context(), schedule.Quiet{}, tried); err != nil || len(s.queue) != 0 {
		t.Errorf("it is asked for again: %+v, %v", s.queue, err)
	}
	s.Now = func() time.Time { return time.Now().Add(61 * time.Minute) }
	if err := s.due(t.Context(), schedule.Quiet{}, tried); err != nil || len(s.queue) != 1 {
		t.Errorf("an hour later: %+v, %v", s.queue, err)
	}
	runs, err := s.Catalog.RunList(t.Context(), admin, 0)
	if err != nil || len(runs) != 1 || runs[0].Caller != scheduler.Name || runs[0].Books.Listed != 1 {
		t.Errorf("%+v, %v", runs, err)
	}
}

func TestTargetsThatWaitAreSurveyedTogetherByWhoAsked(t *testing.T) {
	s := newSurveyor(t)
	if err := s.Start(t.Context(), admin, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context(), audit.Caller{Name: "Bo", Role: audit.Admin}, []string{"hourly"}); err != nil {
		t.Fatal(err)
	}
	who, names := s.next()
	if who != admin || len(names) != 2 {
		t.Errorf("%v asks for %v", who, names)
	}
	if _, names := s.next(); len(names) != 0 {
		t.Errorf("and then for %v", names)
	}
	if err := s.Start(t.Context(), audit.Caller{Name: "Vera", Role: audit.Viewer}, nil); !errors.Is(err, audit.ErrDenied) {
		t.Errorf("a viewer starts a survey: %v", err)
	}
	if err := s.Start(t.Context(), admin, []string{"nowhere"}); !errors.Is(err, ErrNoTarget) {
		t.Errorf("got %v", err)
	}
}

func TestASurveyThatIsCancelledKeepsNothingHalf(t *testing.T) {
	s := newSurveyor(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	s.ready()
	s.survey(ctx, admin, []string{"hourly"})
	if at, err := s.Catalog.Surveyed(t.Context(), "hourly"); err != nil || !at.IsZero() {
		t.Errorf("a survey that was cancelled counts: %v, %v", at, err)
	}
	if list, _ := s.Progress(); len(list) != 0 {
		t.Errorf("it is still under way: %+v", list)
	}
	if err := s.Cancel(t.Context(), admin, 1); !errors.Is(err, ErrIdle) {
		t.Errorf("got %v", err)
	}
}
