package main

import (
	"context"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/spf13/cobra"
)

func findingsCommand(a *app) *cobra.Command {
	var why bool
	var limit int
	cmd := &cobra.Command{
		Use: "findings", Short: "what about access to patient data somebody should act on", Args: cobra.NoArgs,
		Long: `Findings lists who reads patient data and should not, or not so: everybody, groups that nearly all accounts are in, accounts that nobody
used for 90 days, accounts outside the identity provider, accounts with grants of their own beside groups that have the same, and who may use
a key beside the data that it protects. Only what the facts say is a finding; what they leave open is told.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.askAccess(cmd, func(_ context.Context, o *opened, e *access.Estate) (*show.Answer, error) {
				f, err := e.Findings(o.day(), limit)
				if err != nil {
					return nil, err
				}
				return show.Findings(f, why), nil
			})
		},
	}
	cmd.Flags().BoolVar(&why, "why", false, "with the proof of each: every step down to the grants")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many; 0 is all")
	cmd.Flags().StringVar(&a.asOf, "as-of", "", "what was known at a time: 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 7d")
	return cmd
}
