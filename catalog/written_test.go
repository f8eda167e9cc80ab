package catalog

import (
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/google/go-cmp/cmp"
)

// TestWritten: the latest time of what stands in a repository counts, and not that of what is gone; where no time is known, nothing is said.
func TestWritten(t *testing.T) {
	s := newStory(t)
	at := func(year int) time.Time { return time.Date(year, 9, 30, 0, 0, 0, 0, time.UTC) }
	survey := func(written map[string]time.Time) {
		r := s.begin()
		for path, when := range written {
			facts := csv(path, when.String(), 1).facts()
			for i := range facts {
				if facts[i].Item != nil {
					facts[i].Item.Modified = when
				}
			}
			s.append(r, facts)
		}
		s.finish(r, int64(len(written)))
		s.later(time.Hour)
	}
	for _, step := range []struct {
		written map[string]time.Time
		want    map[string]time.Time
	}{
		{map[string]time.Time{"a.csv": {}}, map[string]time.Time{}},
		{map[string]time.Time{"a.csv": at(2018), "b.csv": at(2026)}, map[string]time.Time{archive: at(2026)}},
		{map[string]time.Time{"a.csv": at(2018)}, map[string]time.Time{archive: at(2018)}},
	} {
		survey(step.written)
		got, err := s.c.Written(s.ctx, officer, Filter{})
		if d := cmp.Diff(step.want, got); d != "" || err != nil {
			t.Error(err, d)
		}
	}
	if _, err := s.c.Written(s.ctx, audit.Caller{}, Filter{}); err == nil {
		t.Error("a stranger may ask")
	}
}
