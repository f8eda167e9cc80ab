package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
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
	cmd.Flags().IntVar(&f.limit, "limit", 0, "at most so many rows; 0 is all, and 200 in a table of items, fields or gaps")
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
	rows, err := o.Where(ctx, o.who, filter)
	if err != nil {
		return err
	}
	filter.Limit = 0
	total, err := o.Tally(ctx, o.who, filter)
	if err != nil {
		return err
	}
	ans := &answer{structs: rows, columns: whereColumns()}
	for i := range rows {
		ans.rows = append(ans.rows, whereRow(&rows[i], o.now))
	}
	ans.first, ans.last = mostSensitive(rows), whereLast(total)
	return a.print(cmd, ans)
}

func whereColumns() []column {
	return []column{{name: "C"}, {name: "SENSITIVITY"}, {name: "PEOPLE", right: true}, {name: "REPOSITORY"}, {name: "CUSTODIAN"}, {name: "READERS", right: true}, {name: "SEEN"}}
}

func whereRow(r *catalog.Row, now time.Time) []string {
	people := r.People
	if r.Matching != nil {
		people = *r.Matching
	}
	readers := "not known"
	if r.ReadersCount != nil {
		readers = thousands(*r.ReadersCount)
	}
	name := r.Repository
	if r.Item != "" {
		name = r.Item
	}
	return []string{grade(r), sensitivity(r), count(people), name, r.Custodian, readers, seen(r.ObservedAt, r.Stale, now)}
}

// grade is the confidentiality of PHI, else the verdict.
func grade(r *catalog.Row) string {
	if r.Confidentiality != "" {
		return r.Confidentiality
	}
	return r.Verdict
}

func sensitivity(r *catalog.Row) string {
	s := append([]string(nil), r.Sensitivity...)
	if r.Part2 {
		s = append(s, "Part2?")
	}
	if r.Minors {
		s = append(s, "minors")
	}
	return strings.Join(s, " ")
}

func count(c estate.Count) string {
	switch {
	case c.Estimate == 0:
		return "-"
	case c.Exact():
		return thousands(c.Estimate)
	}
	return fmt.Sprintf("%s ± %.1f %%", thousands(c.Estimate), 100*float64(c.High-c.Low)/2/float64(c.Estimate))
}

func seen(at *time.Time, stale bool, now time.Time) string {
	if at == nil {
		return "never"
	}
	s := age(*at, now)
	if stale {
		s += "  stale"
	}
	return s
}

// mostSensitive is the sentence that answers.
func mostSensitive(rows []catalog.Row) string {
	if len(rows) == 0 {
		return "Nothing of the kind is in the catalog."
	}
	r := &rows[0]
	if r.Verdict != phi.VerdictPHI.String() {
		return "No repository holds patient data, as far as it was read."
	}
	text := "Most sensitive: " + r.Repository
	if r.Custodian != "" {
		text += " (" + r.Custodian + ")"
	}
	text += ", " + plural(r.People.Estimate, "person", "people")
	if len(r.Sensitivity) > 0 {
		text += ", " + strings.Join(r.Sensitivity, " ")
	}
	if r.ReadersCount == nil {
		return text + "; who can read it is not known yet."
	}
	return fmt.Sprintf("%s, readable by %s.", text, plural(*r.ReadersCount, "principal", "principals"))
}

// whereLast says what the answer rests on, and what could change it.
func whereLast(t catalog.Total) string {
	people := t.People
	if t.Matching != nil {
		people = *t.Matching
	}
	states := 0
	for s, n := range t.States {
		if s != "unknown" && n.Estimate > 0 {
			states++
		}
	}
	text := fmt.Sprintf("%s, %s people in %s.", plural(int64(t.Repositories), "repository", "repositories"), count(people), plural(int64(states), "State", "States"))
	switch {
	case t.Gaps > 0:
		text += fmt.Sprintf(" %s could change this: chartroom gaps.", plural(t.Gaps, "gap", "gaps"))
	default:
		text += " No gaps."
	}
	if t.Stale > 0 {
		text += fmt.Sprintf(" The evidence of %d is stale: scan again.", t.Stale)
	}
	return text + "   What stands where: chartroom fields."
}

func (a *app) whereItems(cmd *cobra.Command, o *opened, f catalog.Filter) error {
	given := f.Limit
	f.Limit = a.limit(given)
	s := a.stream(cmd, given, append([]column{{name: "VERDICT"}}, whereColumns()...))
	err := o.EachItem(cmd.Context(), o.who, f, func(r catalog.Row) error {
		return s.row(r, func() []string { return append([]string{r.Verdict}, whereRow(&r, o.now)...) })
	})
	return s.end(err)
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
