package main

import (
	"github.com/chartroom/chartroom/cmd/chartroom/compares"
	"github.com/spf13/cobra"
)

// compareCommand puts custodians, or times, beside each other.
func compareCommand(a *app) *cobra.Command {
	return compares.Command(&compares.Desk{Print: a.print, Usage: usage, Hint: hint, Moment: parseTime, Open: func(cmd *cobra.Command) (*compares.Room, error) {
		o, err := a.open(cmd.Context(), cmd)
		if err != nil {
			return nil, err
		}
		return &compares.Room{Catalog: o.Catalog, Question: o.question(o.asOf)}, nil
	}})
}
