package catalog

import (
	"context"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// Total is what all repositories of an answer come to. A person who is in two of them counts once.
type Total struct {
	Repositories int                     `json:"repositories"`
	People       estate.Count            `json:"people"`
	Matching     *estate.Count           `json:"matching,omitempty"` // of them, those that the filter's classes and states are true of
	Minors       estate.Count            `json:"minors"`
	Part2        estate.Count            `json:"part2"`
	States       map[string]estate.Count `json:"states"`
	Classes      map[string]estate.Count `json:"people_by_sensitivity"`
	Items        int64                   `json:"items"`
	Bytes        int64                   `json:"bytes"`
	Gaps         int64                   `json:"gaps"`
	Sampling     *Sampling               `json:"sampling,omitempty"`
	Stale        int                     `json:"stale"`       // repositories with stale evidence
	ObservedAt   *time.Time              `json:"observed_at"` // the oldest evidence; null = there is none
}

// Tally sums up the repositories that the filter lets through.
func (c *Catalog) Tally(ctx context.Context, who audit.Caller, f Filter) (Total, error) {
	t := Total{States: map[string]estate.Count{}, Classes: map[string]estate.Count{}}
	err := c.view(ctx, request{who, audit.ReadMap, f.Repository, f}, func(r *reader) error {
		found, err := r.repositories(ctx)
		if err != nil {
			return err
		}
		return r.total(ctx, found, &t)
	})
	return t, err
}

func (r *reader) total(ctx context.Context, found []*known, t *Total) error {
	all, sampled := estate.NewPeople(0), store.Sampling{}
	for _, k := range found {
		t.Repositories++
		sampled.Sampled, sampled.Blank, sampled.Unread = sampled.Sampled+k.Sampled, sampled.Blank+k.Blank, sampled.Unread+k.Unread
		sampled.Bound = max(sampled.Bound, k.Sampling.Bound)
		t.Items, t.Bytes, t.Gaps = t.Items+k.Items, t.Bytes+k.Bytes, t.Gaps+k.Gaps
		if k.Observed == 0 || r.stale(k.Observed) {
			t.Stale++
		}
		if seen := store.Instant(k.Observed); k.Observed != 0 && (t.ObservedAt == nil || seen.Before(*t.ObservedAt)) {
			t.ObservedAt = &seen
		}
		p, err := r.population(ctx, k)
		if err != nil {
			return err
		}
		all.Merge(p)
		k.people = nil // a sketch at a time
	}
	sum := all.Tally().Scaled(sampled.Unread)
	t.Sampling = sampling(sampled)
	t.People, t.Minors, t.Part2 = sum.Total, sum.Minors, sum.Part2
	for s, n := range sum.States {
		t.States[s.String()] = n
	}
	for c, n := range sum.Classes {
		t.Classes[c.String()] = n
	}
	var err error
	t.Matching, err = r.matching(sum, sampled.Unread, func() (*estate.People, error) { return all, nil })
	return err
}
