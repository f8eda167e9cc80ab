package serve

import (
	"context"
	"slices"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/cmd/chartroom/fleets"
	"github.com/chartroom/chartroom/scan/survey"
)

// fleet starts the fleet that the settings ask for; nil where they ask for none. The surveys of the room are made by it from then on.
func (r *running) fleet(ctx context.Context, h *House) (*fleets.Fleet, error) {
	if h.Fleet == nil || !h.Fleet.Wanted() {
		return nil, nil
	}
	f, err := h.Fleet.Start(ctx, fleets.Crew{Place: fleets.Place{Catalog: h.Catalog, Key: h.Key, Log: r.log}, Version: h.Settings.Version, Converters: h.Settings.Converters,
		Slots: h.Settings.Workers, Warn: func(words string) { r.log.Warn(words) }})
	if err != nil {
		return nil, err
	}
	r.close, r.surveys.By = f.Close, f.Survey
	r.beside = append(r.beside, func(ctx context.Context) {
		if err := f.Run(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("the workers are not answered any more", "error", err)
		}
	}, func(ctx context.Context) {
		if err := r.resume(ctx, h); err != nil && ctx.Err() == nil {
			r.log.Error("a survey that was under way could not be begun again", "error", err)
		}
	})
	return f, nil
}

// resume begins the survey anew that was under way when the room was last ended by force. What was read then need not be read again.
func (r *running) resume(ctx context.Context, h *House) error {
	runs, err := h.Catalog.RunList(ctx, audit.Local(), 1)
	if err != nil || len(runs) == 0 || runs[0].Outcome != "interrupted" || runs[0].Ended != nil {
		return err
	}
	there := h.Settings.Targets()
	names := slices.DeleteFunc(runs[0].Targets, func(name string) bool {
		return !slices.ContainsFunc(there, func(t *survey.Target) bool { return t.Label == name })
	})
	if len(names) == 0 {
		return nil
	}
	r.log.Info("a survey was interrupted, and goes on", "run", runs[0].ID, "targets", names)
	return r.surveys.Start(ctx, audit.Local(), names)
}
