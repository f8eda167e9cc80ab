package main

import (
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/reviews"
	"github.com/spf13/cobra"
)

// reviewCommand holds the acquired estate against the acquirer's governance.
func reviewCommand(a *app) *cobra.Command {
	return reviews.Command(&reviews.Program{Print: a.print, Usage: usage, Hint: hint, Moment: parseTime, Form: &a.form, AsOf: &a.asOf, Open: func(cmd *cobra.Command) (*reviews.Room, error) {
		o, err := a.open(cmd.Context(), cmd)
		if err != nil {
			return nil, err
		}
		return &reviews.Room{Catalog: o.Catalog, Question: o.question(o.asOf), StaleAfter: time.Duration(o.settings.StaleAfter)}, nil
	}})
}
