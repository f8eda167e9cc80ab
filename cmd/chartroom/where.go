package main

import (
	"context"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/phi"
	"github.com/spf13/cobra"
)

// whereFlags narrow the answers.
type whereFlags struct {
	sensitivity []string
	state       []string
	custodian   string
	repository  string
	items       bool
	explain     bool
	limit       int
}

// add defines the flags that all answers share.
func (f *whereFlags) add(a *app, cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.sensitivity, "sensitivity", nil, "only what holds a class: SUD, HIV, PSY, ... (any of them)")
	cmd.Flags().StringSliceVar(&f.state, "state", nil, "only where people of a State live: CA, NY, ..., unknown (any of them)")
	cmd.Flags().StringVar(&f.custodian, "custodian", "", "only this custodian's")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "at most so many rows; 0 is all, and 200 in a table")
	cmd.Flags().StringVar(&a.asOf, "as-of", "", "what was known at a time: 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 7d")
}

// filter reads the flags.
func (f *whereFlags) filter(o *opened) (catalog.Filter, error) {
	out := catalog.Filter{Repository: f.repository, Custodian: f.custodian, AsOf: o.asOf, Limit: f.limit, Explain: f.explain,
		StaleAfter: time.Duration(o.settings.StaleAfter)}
	for _, s := range f.sensitivity {
		c, ok := phi.ParseClass(s)
		if !ok {
			return out, usage("%q is no class of sensitivity; they are %s", s, phi.Classes(1<<phi.NumClasses-1))
		}
		out.Sensitivity = out.Sensitivity.With(c)
	}
	for _, s := range f.state {
		st := phi.ParseState(s)
		if st == 0 && s != "unknown" {
			return out, usage("%q is no State; write CA, California or unknown", s)
		}
		out.States = append(out.States, st)
	}
	return out, nil
}

func whereCommand(a *app) *cobra.Command {
	var f whereFlags
	cmd := &cobra.Command{
		Use: "where", Short: "the repositories that hold patient data, most sensitive first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.where(cmd, f) },
	}
	f.add(a, cmd)
	cmd.Flags().BoolVar(&f.items, "items", false, "a row for each item")
	cmd.Flags().StringVar(&f.repository, "repository", "", "only this repository")
	return cmd
}

func (a *app) where(cmd *cobra.Command, f whereFlags) error {
	ctx := cmd.Context()
	o, err := a.open(ctx, cmd)
	if err != nil {
		return err
	}
	defer o.Close()
	filter, err := f.filter(o)
	if err != nil {
		return err
	}
	if f.items {
		return a.whereItems(cmd, o, filter)
	}
	total, err := o.Tally(ctx, o.who, filter)
	if err != nil {
		return err
	}
	s := show.NewStream(cmd.OutOrStdout(), a.form, filter.Limit, show.WhereColumns())
	s.Answer.Last, s.Of = show.WhereLast(total), total.Repositories
	filter.Limit = a.limit(filter.Limit)
	return s.End(o.EachRepository(ctx, o.who, filter, func(r catalog.Row) error {
		if s.Answer.First == "" {
			s.Answer.First = show.MostSensitive(&r)
		}
		return s.Row(r, func() []string { return show.WhereRow(&r, o.now) })
	}))
}

func (a *app) whereItems(cmd *cobra.Command, o *opened, f catalog.Filter) error {
	given := f.Limit
	f.Limit = a.limit(given)
	s := show.NewStream(cmd.OutOrStdout(), a.form, given, append([]show.Column{{Name: "VERDICT"}}, show.WhereColumns()...))
	err := o.EachItem(cmd.Context(), o.who, f, func(r catalog.Row) error {
		if show.SampleMark(&r) != "" {
			s.Answer.Last = show.SampleWords
		}
		return s.Row(r, func() []string { return append([]string{r.Verdict}, show.WhereRow(&r, o.now)...) })
	})
	return s.End(err)
}

// answer opens the catalog and asks it.
func (a *app) answer(cmd *cobra.Command, f whereFlags, answers ask) error {
	o, err := a.open(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	defer o.Close()
	filter, err := f.filter(o)
	if err != nil {
		return err
	}
	return answers(cmd.Context(), cmd, o, filter)
}

// ask is a catalog's answer to one question.
type ask func(context.Context, *cobra.Command, *opened, catalog.Filter) error

// question makes a command that asks about all repositories, or the one that is named.
func (a *app) question(name, short string, f *whereFlags, answers ask) *cobra.Command {
	cmd := &cobra.Command{
		Use: name + " [REPOSITORY]", Short: short, Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				f.repository = args[0]
			}
			return a.answer(cmd, *f, answers)
		},
	}
	f.add(a, cmd)
	return cmd
}

// limit gives how many rows are asked for: a table where nobody gave a number asks for one more than it shows.
func (a *app) limit(given int) int {
	if given == 0 && a.form == "table" {
		return show.TableRows + 1
	}
	return given
}
