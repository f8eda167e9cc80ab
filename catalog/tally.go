package catalog

import (
	"context"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/list"
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
	var t Total
	f.Limit = 0
	err := c.view(ctx, request{who, audit.ReadMap, f.Repository, f}, func(r *reader) error {
		s, err := r.standing(ctx)
		if err == nil {
			t, err = r.total(s)
		}
		return err
	})
	return t, err
}

// standing gives what the repositories of an answer come to: what is kept of the list, and those whose summaries do not hold as they are.
func (r *reader) standing(ctx context.Context) (*list.Standing, error) {
	if !r.listable() {
		s := &list.Standing{People: estate.NewPeople(0)}
		return s, r.each(ctx, func(k *known) error {
			people, err := r.population(ctx, k)
			if err == nil {
				r.add(s, k)
				s.People.Merge(people)
			}
			k.people = nil // a sketch at a time
			return err
		})
	}
	q, live, err := r.current(ctx)
	if err != nil {
		return nil, err
	}
	now := make(map[int64]*estate.People, len(live))
	for _, k := range live {
		now[k.Summary.Repository] = k.people
	}
	s, err := q.Standing(ctx, r.tx, now)
	if err == nil {
		for _, k := range live {
			r.add(s, k)
		}
	}
	return s, err
}

// add adds a repository, but for its people.
func (r *reader) add(s *list.Standing, k *known) {
	s.Sums = s.Plus(store.Sums{Repositories: 1, Items: k.Items, Bytes: k.Bytes, Gaps: k.Gaps, Sampled: k.Sampled, Blank: k.Blank, Unread: k.Unread}, 1)
	s.Bound = max(s.Bound, k.Sampling.Bound)
	if k.Observed == 0 || r.stale(k.Observed) {
		s.Stale++
	}
	if k.Observed != 0 && (s.Oldest == 0 || k.Observed < s.Oldest) {
		s.Oldest = k.Observed
	}
}

// total renders sums.
func (r *reader) total(s *list.Standing) (t Total, err error) {
	sum := s.People.Tally().Scaled(s.Unread)
	t = Total{Repositories: int(s.Repositories), Items: s.Items, Bytes: s.Bytes, Gaps: s.Gaps, Stale: int(s.Stale), People: sum.Total, Minors: sum.Minors, Part2: sum.Part2,
		States: map[string]estate.Count{}, Classes: map[string]estate.Count{},
		Sampling: sampling(store.Sampling{Sampled: s.Sampled, Blank: s.Blank, Bound: s.Bound})}
	if s.Oldest != 0 {
		seen := store.Instant(s.Oldest)
		t.ObservedAt = &seen
	}
	for s, n := range sum.States {
		t.States[s.String()] = n
	}
	for c, n := range sum.Classes {
		t.Classes[c.String()] = n
	}
	t.Matching, err = r.matching(sum, s.Unread, func() (*estate.People, error) { return s.People, nil })
	return t, err
}
