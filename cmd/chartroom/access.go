package main

import (
	"context"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/spf13/cobra"
)

// accessOf gives who can reach what, as it was at the time of the question: as it was kept, where that is still so, else worked out.
func (a *app) accessOf(ctx context.Context, o *opened) (*access.Estate, error) {
	return keep.Estate(ctx, o.Catalog, o.question(o.asOf))
}

// accessAt works out who can reach what at a time; zero is now.
func accessAt(ctx context.Context, o *opened, at time.Time) (*access.Estate, error) {
	return accessTo(ctx, o, at, "")
}

// accessTo is accessAt where only the people of one custodian count; "" = all.
func accessTo(ctx context.Context, o *opened, at time.Time, custodian string) (*access.Estate, error) {
	q := o.question(at)
	q.Custodian = custodian
	return keep.Build(ctx, o.Catalog, q)
}

// keepAccess keeps what the grants come to after a survey, and for where how many can read each repository.
func keepAccess(ctx context.Context, o *opened) error {
	return keep.Save(ctx, o.Catalog, o.question(time.Time{}))
}

// question is what access is asked for a time; zero is now.
func (o *opened) question(at time.Time) keep.Question {
	return keep.Question{Who: o.who, Now: o.now, AsOf: at, Version: version()}
}

// day is the day of the answer.
func (o *opened) day() string { return dayOf(o.asOf, o.now) }

func dayOf(at, now time.Time) string {
	if at.IsZero() {
		at = now
	}
	return at.Format(time.DateOnly)
}

// accessAsk is a question about access.
type accessAsk func(ctx context.Context, o *opened, e *access.Estate) (*show.Answer, error)

// askAccess opens the catalog, works out access, asks, and prints.
func (a *app) askAccess(cmd *cobra.Command, ask accessAsk) error {
	o, err := a.open(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	defer o.Close()
	e, err := a.accessOf(cmd.Context(), o)
	if err != nil {
		return err
	}
	ans, err := ask(cmd.Context(), o, e)
	if err != nil {
		return err
	}
	return a.print(cmd, ans)
}

// onePlace finds the one place that an argument means.
func onePlace(e *access.Estate, text string) (access.Place, error) {
	places, err := e.Place(text)
	if err != nil {
		return access.Place{}, hint(usage("%v", err), "chartroom where lists the repositories")
	}
	if len(places) > 1 {
		var names []string
		for _, p := range places {
			names = append(names, p.String())
		}
		return access.Place{}, usage("%s may be %s; say which", text, strings.Join(names, " or "))
	}
	return places[0], nil
}

// principals finds the principals that arguments mean.
func principals(e *access.Estate, texts []string) ([]uint32, error) {
	var out []uint32
	for _, t := range texts {
		found := e.Find(t)
		switch {
		case len(found) == 0:
			return nil, hint(usage("no principal is called %s", t), "chartroom footholds lists them")
		case len(found) > 1:
			var names []string
			for _, n := range found[:min(len(found), 5)] {
				names = append(names, e.ID(n))
			}
			return nil, usage("%s may be any of %d: %s; name one by its whole ID", t, len(found), strings.Join(names, ", "))
		}
		out = append(out, found[0])
	}
	return out, nil
}
