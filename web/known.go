package web

import (
	"context"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/review"
	"github.com/chartroom/chartroom/review/compare"
	"github.com/chartroom/chartroom/threat"
	"github.com/chartroom/chartroom/web/kept"
)

// known is what the room has worked out of the facts, and holds until a survey has ended: pages while one runs show what the last one left.
type known struct {
	room    *Room
	access  kept.Answer[*access.Estate]
	sum     kept.Answer[catalog.Total]
	choices kept.Answer[catalog.Choices]

	lists       kept.Shelf[catalog.List]
	runs        kept.Answer[[]catalog.RunInfo]
	footholds   kept.Answer[[]access.Foothold]
	findings    kept.Answer[*access.FindingsAnswer]
	threats     kept.Shelf[*threat.Answer]
	ledgers     kept.Shelf[*review.LedgerAnswer]
	comparisons kept.Shelf[*compare.Comparison]
}

func newKnown(r *Room) *known { return &known{room: r} }

// patience is how long a page waits for what is worked out anew before it takes what was there: long enough for a small estate.
const patience = 50 * time.Millisecond

// estate is who can reach what.
func (k *known) estate(ctx context.Context) (*access.Estate, error) {
	s, err := k.room.cat.State(ctx)
	if err != nil {
		return nil, err
	}
	now := k.room.cfg.Now()
	key := fmt.Sprint(s.Finished, " ", now.Format(time.DateOnly))
	return k.access.Get(ctx, key, patience, func(ctx context.Context) (*access.Estate, error) {
		return keep.Estate(ctx, k.room.cat, keep.Question{Who: self, Now: now, Version: k.room.cfg.Version})
	})
}

// list is a page of the repositories. It is the same for all who ask for it, and changes but with a survey, and as evidence grows old.
func (k *known) list(ctx context.Context, asked string, q catalog.ListQuery) (catalog.List, error) {
	s, err := k.room.cat.State(ctx)
	if err != nil {
		return catalog.List{}, err
	}
	key := fmt.Sprint(s.Finished, " ", k.room.cfg.Now().Truncate(time.Minute).Unix())
	return k.lists.Get(asked).Get(ctx, key, patience, func(ctx context.Context) (catalog.List, error) { return k.room.cat.List(ctx, self, q) })
}

// lastRuns are the surveys for a page; of one under way, the books are a few seconds old.
func (k *known) lastRuns(ctx context.Context) ([]catalog.RunInfo, error) {
	s, err := k.room.cat.State(ctx)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprint(s.Finished, s.Running, " ", k.room.cfg.Now().Truncate(5*time.Second).Unix())
	return k.runs.Get(ctx, key, patience, func(ctx context.Context) ([]catalog.RunInfo, error) { return k.room.cat.RunList(ctx, self, runsOfPage) })
}

// found is what of access somebody should act on.
func (k *known) found(ctx context.Context, day string) (*access.FindingsAnswer, error) {
	e, err := k.estate(ctx)
	if err != nil {
		return nil, err
	}
	return k.findings.Get(ctx, fmt.Sprintf("%p %s", e, day), patience, func(context.Context) (*access.FindingsAnswer, error) { return e.Findings(day, 2*rowsOfPage) })
}

// ranked are the footholds that read the most people.
func (k *known) ranked(ctx context.Context) ([]access.Foothold, error) {
	e, err := k.estate(ctx)
	if err != nil {
		return nil, err
	}
	return k.footholds.Get(ctx, fmt.Sprintf("%p", e), patience, func(context.Context) ([]access.Foothold, error) { return e.Footholds(mostFootholds) })
}

// total is what all repositories come to.
func (k *known) total(ctx context.Context, wait time.Duration) (catalog.Total, error) {
	s, err := k.room.cat.State(ctx)
	if err != nil {
		return catalog.Total{}, err
	}
	return k.sum.Get(ctx, fmt.Sprint(s.Finished), wait, func(ctx context.Context) (catalog.Total, error) {
		return k.room.cat.Tally(ctx, self, catalog.Filter{StaleAfter: k.room.cfg.StaleAfter})
	})
}

// narrowing is what a list can be narrowed to.
func (k *known) narrowing(ctx context.Context) (catalog.Choices, error) {
	s, err := k.room.cat.State(ctx)
	if err != nil {
		return catalog.Choices{}, err
	}
	return k.choices.Get(ctx, fmt.Sprint(s.Finished), patience, func(ctx context.Context) (catalog.Choices, error) {
		return k.room.cat.Choices(ctx, self)
	})
}
