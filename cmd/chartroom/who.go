package main

import (
	"context"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/spf13/cobra"
)

func whoCommand(a *app) *cobra.Command {
	var shown show.Shown
	cmd := &cobra.Command{
		Use: "who REPOSITORY [PATH]", Short: "who can read a repository, and by what path", Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.askAccess(cmd, func(_ context.Context, o *opened, e *access.Estate) (*show.Answer, error) {
				place, err := onePlace(e, strings.Join(args, " "))
				if err != nil {
					return nil, err
				}
				most := shown.Limit
				if a.form == "json" {
					most = 0
				}
				w, _, err := e.Who(place, most)
				if err != nil {
					return nil, err
				}
				return show.Who(w, shown), nil
			})
		},
	}
	cmd.Flags().BoolVar(&shown.Why, "why", false, "with the proof of each: every step down to the grants")
	cmd.Flags().IntVar(&shown.Limit, "limit", 50, "at most so many rows of a table; 0 is all")
	cmd.Flags().BoolVar(&shown.All, "all", false, "a row also for each that reads it only by what everybody has")
	cmd.Flags().StringVar(&a.asOf, "as-of", "", "what was known at a time: 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 7d")
	return cmd
}
