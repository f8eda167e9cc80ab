package surveys

import (
	"context"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/web/schedule"
)

// scheduler is who asks for surveys by the clock.
var scheduler = audit.Caller{Name: "scheduler", Role: audit.Admin}

// lookAgain is how often the clock is looked at: a machine that slept, or whose clock was set, is back in step as soon.
const lookAgain = time.Minute

// Schedule asks for the surveys that are due until the context ends. What became due while the room was closed is due at once.
func (s *Surveyor) Schedule(ctx context.Context, quiet schedule.Quiet) {
	tried := map[string]time.Time{}
	for {
		if err := s.due(ctx, quiet, tried); err != nil && ctx.Err() == nil {
			s.Log.Error("the schedule could not be kept", "error", err)
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return
		}
	}
}

// due asks for what is due now, and notes when it did.
func (s *Surveyor) due(ctx context.Context, quiet schedule.Quiet, tried map[string]time.Time) error {
	var targets []schedule.Target
	for _, t := range s.Settings.Targets() {
		if t.Every() <= 0 || s.Busy(t.Label) {
			continue
		}
		last, err := s.Catalog.Surveyed(ctx, t.Label)
		if err != nil {
			return err
		}
		targets = append(targets, schedule.Target{Name: t.Label, Every: t.Every(), Last: last, Tried: tried[t.Label]})
	}
	now := s.Now()
	names, _ := schedule.Due(now, targets, quiet)
	if len(names) == 0 {
		return nil
	}
	for _, n := range names {
		tried[n] = now
	}
	return s.Start(ctx, scheduler, names)
}
