package main

import (
	"context"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/cmd/chartroom/cases"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/spf13/cobra"
)

// caseCommand is the case room.
func caseCommand(a *app) *cobra.Command {
	return cases.Command(&cases.Program{
		Open: func(cmd *cobra.Command) (*cases.Room, error) {
			o, err := a.open(cmd.Context(), cmd)
			if err != nil {
				return nil, err
			}
			d := &desk.Desk{Catalog: o.Catalog, Who: o.who, Key: o.settings.Key, Version: version(),
				Access: func(ctx context.Context) (*access.Estate, error) { return a.accessOf(ctx, o) }}
			return &cases.Room{Desk: d, Trial: o.trial, Close: o.Close}, nil
		},
		Print: a.print, Usage: usage, Hint: hint, Now: time.Now,
		Demo: func(_ context.Context, cmd *cobra.Command, dir string) error {
			_, err := a.surveyDemo(cmd, dir, 0)
			return err
		},
	})
}
