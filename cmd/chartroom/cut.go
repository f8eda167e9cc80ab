package main

import (
	"context"
	"slices"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/estate"
	"github.com/spf13/cobra"
)

func footholdsCommand(a *app) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use: "footholds", Short: "principals ranked by the people whom a thief of their login would read", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.askAccess(cmd, func(_ context.Context, _ *opened, e *access.Estate) (*show.Answer, error) {
				list, err := e.Footholds(limit)
				if err != nil {
					return nil, err
				}
				return show.Footholds(list, e.Principals()), nil
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many; 0 is all")
	cmd.Flags().StringVar(&a.asOf, "as-of", "", "what was known at a time: 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 7d")
	return cmd
}

func cutCommand(a *app) *cobra.Command {
	var q access.CutQuestion
	var repository string
	var of []string
	cmd := &cobra.Command{
		Use: "cut", Short: "the few changes that shrink reach the most", Args: cobra.NoArgs,
		Long: `Cut looks for the set of changes (a grant, a membership, a trust, a login taken away) after which footholds read the fewest people: by
default summed over the 500 footholds that reach the most. Sets are weighed as sets, as four changes may save nobody one by one and most
people together; the effect that is shown was measured anew on the changed graph. --try takes away grants by the numbers that --why shows,
and measures that instead.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.askAccess(cmd, func(ctx context.Context, o *opened, e *access.Estate) (*show.Answer, error) {
				var err error
				if repository != "" {
					if q.Place, err = onePlace(e, repository); err != nil {
						return nil, err
					}
				}
				if q.Footholds, err = principals(e, of); err != nil {
					return nil, err
				}
				q.Day = o.day()
				got, err := e.Cut(q)
				if err != nil {
					return nil, hint(err, "chartroom who REPOSITORY --why shows the numbers of grants")
				}
				facts, err := o.grantsOf(ctx, got)
				return show.Cut(got, facts), err
			})
		},
	}
	cmd.Flags().IntVar(&q.Most, "max", 3, "at most so many changes")
	cmd.Flags().StringVar(&repository, "repository", "", "only the people of this repository count, and those who can read it")
	cmd.Flags().StringSliceVar(&of, "principal", nil, "only these footholds count")
	cmd.Flags().BoolVar(&q.All, "all", false, "weigh every grant; without it only those that lead to another organisation's data, take an act, or are of outsiders, tokens, shared, dormant or unprotected accounts")
	cmd.Flags().BoolVar(&q.Largest, "largest", false, "what counts is the largest single foothold, not the sum")
	cmd.Flags().IntSliceVar(&q.Try, "try", nil, "numbers of grants: what if they were taken away")
	cmd.Flags().StringVar(&a.asOf, "as-of", "", "what was known at a time: 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 7d")
	return cmd
}

// grantsOf reads the raw facts that an answer would take away.
func (o *opened) grantsOf(ctx context.Context, got *access.CutAnswer) (map[int]estate.Grant, error) {
	out := map[int]estate.Grant{}
	err := o.EachGrant(ctx, o.who, catalog.Filter{AsOf: o.asOf}, func(number int64, g estate.Grant) error {
		if slices.ContainsFunc(got.Changes, func(c access.Change) bool { return slices.Contains(c.Grants, int(number)) }) {
			out[int(number)] = g
		}
		return nil
	})
	return out, err
}
