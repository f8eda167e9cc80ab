package main

import (
	"context"
	"log/slog"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/fleets"
	"github.com/chartroom/chartroom/scan/survey"
)

// maker makes a survey.
type maker func(ctx context.Context, s *settings, j *survey.Job) (catalog.Books, error)

// byThisProcess makes a survey of targets that are open.
func byThisProcess(ctx context.Context, _ *settings, j *survey.Job) (catalog.Books, error) {
	return j.Run(ctx)
}

// byFleet makes a survey by workers, who open the targets.
func (a *app) byFleet(ctx context.Context, s *settings, j *survey.Job) (catalog.Books, error) {
	f, err := s.Fleet.Start(ctx, fleets.Crew{Place: fleets.Place{Catalog: j.Catalog, Key: s.Key, Log: slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelWarn}))},
		Version: version(), Converters: s.Converters, Slots: s.Workers, Warn: a.warn})
	if err != nil {
		return catalog.Books{}, hint(err, "the section fleet of the configuration says how workers are reached; --workers-here 2 needs none")
	}
	defer f.Close()
	return f.Alone(ctx, j)
}
