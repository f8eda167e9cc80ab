package main

import (
	"context"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/spf13/cobra"
)

func reachCommand(a *app) *cobra.Command {
	var shown show.Shown
	cmd := &cobra.Command{
		Use: "reach PRINCIPAL...", Short: "what a foothold reads: repositories, bytes, distinct people", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.askAccess(cmd, func(_ context.Context, o *opened, e *access.Estate) (*show.Answer, error) {
				nodes, err := principals(e, args)
				if err != nil {
					return nil, err
				}
				most := shown.Limit
				if a.form == "json" {
					most = 0
				}
				r, err := e.ReachMost(most, nodes...)
				if err != nil {
					return nil, err
				}
				return show.Reach(r, shown), nil
			})
		},
	}
	cmd.Flags().BoolVar(&shown.Why, "why", false, "with the proof of each: every step down to the grants")
	cmd.Flags().IntVar(&shown.Limit, "limit", 50, "at most so many rows of a table; 0 is all")
	cmd.Flags().BoolVar(&shown.Places, "places", false, "a row for each part of a repository that has readers of its own")
	cmd.Flags().StringVar(&a.asOf, "as-of", "", "what was known at a time: 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 7d")
	return cmd
}
