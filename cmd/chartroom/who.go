package main

import (
	"context"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/spf13/cobra"
)

func whoCommand(a *app) *cobra.Command {
	var why bool
	var limit int
	cmd := &cobra.Command{
		Use: "who REPOSITORY [PATH]", Short: "who can read a repository, and by what path", Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.askAccess(cmd, func(_ context.Context, o *opened, e *access.Estate) (*show.Answer, error) {
				place, err := onePlace(e, strings.Join(args, " "))
				if err != nil {
					return nil, err
				}
				w, _, err := e.Who(place)
				if err != nil {
					return nil, err
				}
				return show.Who(w, why, limit), nil
			})
		},
	}
	cmd.Flags().BoolVar(&why, "why", false, "with the proof of each: every step down to the grants")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many rows of a table; 0 is all")
	cmd.Flags().StringVar(&a.asOf, "as-of", "", "what was known at a time: 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 7d")
	return cmd
}
