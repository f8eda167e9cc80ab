package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/spf13/cobra"
)

func diffCommand(a *app) *cobra.Command {
	var f whereFlags
	var since, until string
	var readers bool
	cmd := &cobra.Command{
		Use: "diff --since T", Short: "what changed: repositories and items that came, went, or hold something else", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if since == "" {
				return usage("diff needs --since: a date, a time, or how long ago (7d)")
			}
			if readers {
				return a.diffAccess(cmd, f, since, until)
			}
			return a.diff(cmd, f, since, until)
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "from this time: 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 24h, 7d")
	cmd.Flags().StringVar(&until, "until", "", "to this time; now by default")
	cmd.Flags().BoolVar(&readers, "access", false, "who came to read each repository, and who no longer does")
	cmd.Flags().StringVar(&f.custodian, "custodian", "", "only this custodian's")
	cmd.Flags().StringVar(&f.repository, "repository", "", "only this repository")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "how many changed items are listed for each repository; 20 by default")
	return cmd
}

func (a *app) diff(cmd *cobra.Command, f whereFlags, since, until string) error {
	o, from, to, err := a.between(cmd, since, until)
	if err != nil {
		return err
	}
	defer o.Close()
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

// between opens the catalog for a question about two times; to is zero for now.
func (a *app) between(cmd *cobra.Command, since, until string) (o *opened, from, to time.Time, err error) {
	if o, err = a.open(cmd.Context(), cmd); err != nil {
		return nil, from, to, err
	}
	if from, err = parseTime(since, o.now); err == nil && until != "" {
		to, err = parseTime(until, o.now)
	}
	if err != nil {
		o.Close()
	}
	return o, from, to, err
}

// diffAccess tells how the readers changed.
func (a *app) diffAccess(cmd *cobra.Command, f whereFlags, since, until string) error {
	o, from, to, err := a.between(cmd, since, until)
	if err != nil {
		return err
	}
	defer o.Close()
	before, err := accessAt(cmd.Context(), o, from)
	if err != nil {
		return err
	}
	o.asOf = to
	after, err := a.accessOf(cmd.Context(), o)
	if err != nil {
		return err
	}
	got, err := access.Compare(before, after)
	if err != nil {
		return err
	}
	got = slices.DeleteFunc(got, func(r access.RepositoryReaders) bool {
		return f.repository != "" && r.Repository != f.repository || f.custodian != "" && r.Custodian != f.custodian
	})
	if to.IsZero() {
		to = o.now
	}
	return a.print(cmd, show.DiffAccess(got, from, to, cmp.Or(f.limit, 20)))
}
