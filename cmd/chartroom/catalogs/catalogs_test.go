package catalogs

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/catalogtest"
	"github.com/chartroom/chartroom/catalog/retention"
)

func TestSpans(t *testing.T) {
	now := time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{"1d": now.AddDate(0, 0, -1), "400d": now.AddDate(0, 0, -400), "6y": time.Date(2022, 3, 1, 12, 0, 0, 0, time.UTC)} {
		var s Span
		if err := s.UnmarshalText([]byte(text)); err != nil || !s.before(now).Equal(want) || s.String() != text {
			t.Errorf("%s is %v, from %v, %v", text, s, s.before(now), err)
		}
	}
	for _, text := range []string{"", "d", "400", "-3d", "0d", "4w", "1e9y", "99999999999999999999d"} {
		if err := new(Span).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is a span", text)
		}
	}
	if !(Span{}).before(now).IsZero() {
		t.Error("for ever ends")
	}
}

func TestTheAuditTrailCannotBeShortened(t *testing.T) {
	if err := (Retention{Keep: Span{Days: 1}, Audit: Span{Years: 5}}).Check(); !errors.Is(err, retention.ErrTooShort) {
		t.Error(err)
	}
	for _, r := range []Retention{{}, {Audit: Span{Years: 6}}, {Audit: Span{Days: 2200}}, {Keep: Span{Days: 1}}} {
		if err := r.Check(); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

// The room removes what has passed beside its own work with the catalog, and waits while a survey runs.
func TestTheRoomRemovesWhatHasPassed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := catalogtest.New(t, path, 2, 5)
	s.Live(5) // in the first days of a year that is over for the room's clock, or nearly
	r := Retention{Keep: Span{Days: 1}}
	report, err := r.apply(t.Context(), path)
	s.Must(err)
	if time.Since(s.Clock) > 48*time.Hour && report.Removed["items"] == 0 {
		t.Errorf("nothing was removed: %+v", report)
	}
	if rows, err := s.Catalog.Where(t.Context(), catalogtest.Keeper(), catalog.Filter{}); err != nil || len(rows) == 0 {
		t.Error(rows, err)
	}
	run, err := s.Catalog.Begin(t.Context(), catalogtest.Keeper(), catalog.RunSpec{Key: s.Key})
	s.Must(err)
	if _, err := r.apply(t.Context(), path); !errors.Is(err, catalog.ErrBusy) {
		t.Error(err)
	}
	s.Must(run.Abandon(t.Context()))
}
