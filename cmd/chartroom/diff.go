package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/chartroom/chartroom/catalog"
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
	return a.print(cmd, diffAnswer(&got))
}

// diffAnswer renders the changes: a line a repository, and beneath it the items that changed.
func diffAnswer(got *catalog.Changes) *answer {
	ans := &answer{structs: got, columns: []column{{name: "CHANGE"}, {name: "WHAT"}, {name: "PEOPLE", right: true}, {name: "SENSITIVITY"}, {name: "ITEMS"}, {name: "GAPS"}}}
	ans.first = fmt.Sprintf("%s changed between %s and %s.", plural(int64(len(got.Repositories)), "repository", "repositories"),
		got.Since.Local().Format("2006-01-02 15:04"), got.Until.Local().Format("2006-01-02 15:04"))
	for i := range got.Repositories {
		r := &got.Repositories[i]
		ans.rows = append(ans.rows, []string{r.Change, r.Repository, signed(r.People), gainedLost(r), fmt.Sprintf("+%d -%d ~%d", r.Items.Appeared, r.Items.Vanished, r.Items.Changed),
			fmt.Sprintf("+%d -%d", r.GapsOpened, r.GapsClosed)})
		for _, it := range r.Most {
			ans.rows = append(ans.rows, []string{"  " + it.Change, it.Item, signed(people(it.After) - people(it.Before)), side(it), "", ""})
		}
	}
	return ans
}

func gainedLost(r *catalog.RepositoryChange) string {
	var parts []string
	for _, c := range r.Gained {
		parts = append(parts, "+"+c)
	}
	for _, c := range r.Lost {
		parts = append(parts, "-"+c)
	}
	return strings.Join(parts, " ")
}

func people(s *catalog.ItemSide) int64 {
	if s == nil {
		return 0
	}
	return s.People
}

func side(it catalog.ItemChange) string {
	s := it.After
	if s == nil {
		s = it.Before
	}
	if s == nil {
		return ""
	}
	return strings.TrimSpace(s.Verdict + " " + strings.Join(s.Sensitivity, " "))
}

func signed(n int64) string {
	if n > 0 {
		return "+" + thousands(n)
	}
	return thousands(n)
}
