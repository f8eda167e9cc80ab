package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/catalogs"
	"github.com/chartroom/chartroom/cmd/chartroom/serve"
	"github.com/spf13/cobra"
)

func serveCommand(a *app) *cobra.Command {
	return serve.Command(a.room())
}

// room is what the web room needs of the program.
func (a *app) room() *serve.Program {
	return &serve.Program{Usage: usage, Hint: hint, Err: a.err, Open: func(cmd *cobra.Command) (*serve.House, error) {
		s, err := loadConfig(cmd)
		if err != nil {
			return nil, err
		}
		if _, err := a.openKey(s.Key); err != nil {
			return nil, err
		}
		c, _, err := makeCatalog(cmd.Context(), s.Catalog)
		if err != nil {
			return nil, err
		}
		return s.house(c), nil
	}}
}

// house is what the settings make of an open catalog.
func (s *settings) house(c *catalog.Catalog) *serve.House {
	h := &serve.House{Catalog: c, Key: s.Key, Config: s.Serve, Settings: s.survey(), StaleAfter: time.Duration(s.StaleAfter), Fleet: &s.Fleet}
	if s.Retention != (catalogs.Retention{}) {
		h.Daily = func(ctx context.Context, log *slog.Logger) { s.Retention.Daily(ctx, c.Path(), log) }
	}
	return h
}
