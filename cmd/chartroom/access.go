package main

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	accessall "github.com/chartroom/chartroom/access/all"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/estate"
	"github.com/spf13/cobra"
)

// accessOf gives who can reach what, as it was at the time of the question: as it was kept, where that is still so, else worked out.
func (a *app) accessOf(ctx context.Context, o *opened) (*access.Estate, error) {
	if !o.asOf.IsZero() {
		return accessAt(ctx, o, o.asOf)
	}
	kept, _, err := o.Graph(ctx, o.who)
	if err != nil {
		return nil, err
	}
	if e, err := access.Decode(kept); err == nil && e.Holds(version(), o.day()) {
		return e, nil
	}
	return accessAt(ctx, o, o.asOf)
}

// accessAt works out who can reach what at a time; zero is now.
func accessAt(ctx context.Context, o *opened, at time.Time) (*access.Estate, error) {
	filter := catalog.Filter{AsOf: at}
	in := access.Input{Day: dayOf(at, o.now), By: version()}
	in.Compilers = accessall.Compilers(in.Day)
	err := o.EachGrant(ctx, o.who, filter, func(number int64, g estate.Grant) error {
		in.Facts = append(in.Facts, access.Fact{ID: int(number), Grant: g})
		return nil
	})
	if err != nil {
		return nil, err
	}
	in.Turns = accessall.Turns(in.Facts)
	rows, err := o.Where(ctx, o.who, filter)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		in.Repositories = append(in.Repositories, access.Repository{Name: rows[i].Repository, Custodian: rows[i].Custodian})
	}
	in.Holdings = func(yield func(access.Holding) error) error {
		return o.EachHolding(ctx, o.who, filter, func(h catalog.Holding) error {
			return yield(access.Holding{Place: access.Place{Repository: h.Repository, Path: h.Path}, Verdict: h.Verdict, Classes: h.Classes, Bytes: h.Bytes, People: h.People})
		})
	}
	return access.Build(in)
}

// keepAccess keeps what the grants come to after a survey, and for where how many can read each repository.
func keepAccess(ctx context.Context, o *opened) error {
	e, err := accessAt(ctx, o, time.Time{})
	if err != nil {
		return err
	}
	var all []catalog.Readers
	err = e.EachReadership(func(name string, r access.Readership) error {
		all = append(all, catalog.Readers{Repository: name, Certain: int64(r.Certain), Possible: int64(r.Possible + r.Escalating), Outside: int64(r.Outside)})
		return nil
	})
	if err != nil {
		return err
	}
	var kept bytes.Buffer
	if err := e.Encode(&kept); err != nil {
		return err
	}
	return o.SaveGraph(ctx, o.who, time.Now(), kept.Bytes(), all)
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
