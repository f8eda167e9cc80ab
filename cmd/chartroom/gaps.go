package main

import (
	"context"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/spf13/cobra"
)

func gapsCommand(a *app) *cobra.Command {
	return a.question("gaps", "what was listed and not read, and why", &whereFlags{}, a.gaps)
}

func (a *app) gaps(ctx context.Context, cmd *cobra.Command, o *opened, f catalog.Filter) error {
	given := f.Limit
	f.Limit = a.limit(given)
	s := show.NewStream(cmd.OutOrStdout(), a.form, given, []show.Column{{Name: "REASON"}, {Name: "BYTES", Right: true}, {Name: "ITEM"}, {Name: "DETAIL"}, {Name: "REPOSITORY"}})
	s.None = "No gaps: everything that was listed was read."
	err := o.EachGap(ctx, o.who, f, func(g catalog.Gap) error {
		return s.Row(g, func() []string { return []string{string(g.Reason), show.Size(g.Bytes), g.Item, g.Detail, g.Repository} })
	})
	return s.End(err)
}
