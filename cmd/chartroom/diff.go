package main

import (
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/spf13/cobra"
)

func diffCommand(a *app) *cobra.Command {
	var f whereFlags
	var since, until string
	cmd := &cobra.Command{
		Use: "diff --since T", Short: "what changed: repositories and items that came, went, or hold something else", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if since == "" {
				return usage("diff needs --since: a date, a time, or how long ago (7d)")
			}
			return a.diff(cmd, f, since, until)
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "from this time: 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 24h, 7d")
	cmd.Flags().StringVar(&until, "until", "", "to this time; now by default")
	cmd.Flags().StringVar(&f.custodian, "custodian", "", "only this custodian's")
	cmd.Flags().StringVar(&f.repository, "repository", "", "only this repository")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "how many changed items are listed for each repository; 20 by default")
	return cmd
}

func (a *app) diff(cmd *cobra.Command, f whereFlags, since, until string) error {
	o, err := a.open(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	defer o.Close()
	from, err := parseTime(since, o.now)
	if err != nil {
		return err
	}
	var to time.Time
	if until != "" {
		if to, err = parseTime(until, o.now); err != nil {
			return err
		}
	}
	filter, err := f.filter(o)
	if err != nil {
		return err
	}
	got, err := o.Diff(cmd.Context(), o.who, from, to, filter)
	if err != nil {
		return err
	}
	return a.print(cmd, show.Diff(&got))
}
