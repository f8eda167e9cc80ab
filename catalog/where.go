package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/list"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// Row is one line of WHERE: a repository or, with Item, one item of it.
type Row struct {
	Repository      string           `json:"repository"`
	Item            string           `json:"item,omitempty"`
	Custodian       string           `json:"custodian"`
	Verdict         string           `json:"verdict"`         // a phi.Verdict's name
	Identifiers     []string         `json:"identifiers"`     // the identifiers of 45 CFR 164.514(b)(2) that were found
	Sensitivity     []string         `json:"sensitivity"`     // HL7 codes of the classes that something defines
	Suspected       []string         `json:"suspected"`       // and of those that something suggests
	Confidentiality string           `json:"confidentiality"` // V, R or N; empty where there is no PHI
	People          estate.Count     `json:"people"`
	Matching        *estate.Count    `json:"matching,omitempty"` // of them, those that the filter's classes and states are true of
	States          map[string]int64 `json:"states"`             // people by state of residence
	Classes         map[string]int64 `json:"people_by_sensitivity"`
	Part2           bool             `json:"part2"`
	Minors          bool             `json:"minors"`
	Bytes           int64            `json:"bytes"` // -1 = not known
	Items           int64            `json:"items"`
	Gaps            int64            `json:"gaps"`
	ReadersCount    *int64           `json:"readers_count"`              // principals that can read it; null = nobody collected who can
	Possible        int64            `json:"readers_possible,omitempty"` // of them or beside them, those who can if something unknown holds
	Outside         int64            `json:"readers_outside,omitempty"`  // of the readers, those whom no identity provider of the estate knows
	Owner           string           `json:"owner,omitempty"`            // who answers for it; "" = nobody said
	Kind            string           `json:"kind,omitempty"`             // of a repository: files, postgres, s3, ...
	Traits          []Trait          `json:"traits,omitempty"`           // what its server says of it as a whole
	ObservedAt      *time.Time       `json:"observed_at"`                // when the oldest evidence that it rests on was seen; null = never
	Stale           bool             `json:"stale"`
	Evidence        *Evidence        `json:"evidence,omitempty"` // of an item
	Sampling        *Sampling        `json:"sampling,omitempty"` // of a repository; null = no item of it rests on a sample
}

// Sampling is what an answer about repositories owes to items of which a random sample was read.
type Sampling struct {
	Items int64   `json:"items"`
	Blank int64   `json:"blank"` // of them, those in which nothing was found: their verdict is "unknown"
	Bound float64 `json:"bound"` // at most such a share of any one of those holds anything, at 95 % confidence
	Text  string  `json:"text"`  // the same in words
}

// sampling renders it; nil where there were no samples.
func sampling(s store.Sampling) *Sampling {
	if s.Sampled == 0 {
		return nil
	}
	out := &Sampling{Items: s.Sampled, Blank: s.Blank, Bound: float64(s.Bound) / store.BoundUnit}
	out.Text = fmt.Sprintf("items read by a random sample: %d; nothing was found in %d", s.Sampled, s.Blank)
	if s.Blank > 0 {
		out.Text += fmt.Sprintf(": at most %s of any one of those holds anything, at 95 %% confidence", estate.Percent(out.Bound))
	}
	return out
}

// Trait is what the server of a repository says of it as a whole. What is not Known is an open question and no "no".
type Trait = list.Trait

// Evidence is what a row rests on, and whether it is too old.
type Evidence struct {
	estate.Evidence
	Bound *estate.Bound `json:"bound,omitempty"` // of a sampled item
	Stale bool          `json:"stale"`
}

// Where gives the repositories that the filter lets through, the most sensitive first: by confidentiality, verdict, people.
func (c *Catalog) Where(ctx context.Context, who audit.Caller, f Filter) ([]Row, error) {
	out := []Row{}
	err := c.EachRepository(ctx, who, f, func(row Row) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

// EachRepository calls yield with what Where gives, one repository after the other, and ends with yield's error.
func (c *Catalog) EachRepository(ctx context.Context, who audit.Caller, f Filter, yield func(Row) error) error {
	return c.view(ctx, request{who, audit.ReadMap, f.Repository, f}, func(r *reader) error {
		return r.each(ctx, func(k *known) error {
			row, err := r.row(ctx, k)
			if err == nil {
				err = yield(row)
			}
			k.people = nil // a sketch at a time
			return err
		})
	})
}

// known is a repository as it stood at the time of the answer.
type known struct {
	*list.Repository
	people *estate.People // filled by live and population only
}

// each calls yield with the repositories that the filter lets through, in the order of an answer, and no more than it asks for.
func (r *reader) each(ctx context.Context, yield func(*known) error) error {
	left := r.filter.Limit
	walk := r.listed
	if !r.listable() {
		walk = r.unlisted
	}
	err := walk(ctx, func(k *known) error {
		err := yield(k)
		if left--; err == nil && left == 0 {
			err = errEnough
		}
		return err
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return err
}

// listable tells whether the list answers: it is of now, and of all repositories.
func (r *reader) listable() bool {
	return r.at == nil && r.filter.Repository == "" && len(r.filter.Among) == 0
}

// listed goes through the list, and puts the repositories between whose summaries do not hold.
func (r *reader) listed(ctx context.Context, yield func(*known) error) error {
	q, live, err := r.current(ctx)
	if err != nil {
		return err
	}
	q.Limit = list.Lot
	if r.filter.Limit > 0 {
		q.Limit = min(q.Limit, r.filter.Limit)
	}
	for from, more := (*list.Place)(nil), true; more; {
		page, err := q.Page(ctx, r.tx, from)
		if err != nil {
			return err
		}
		if more = len(page) == q.Limit; more {
			from = &page[len(page)-1].Place
		}
		found, err := list.Those(ctx, r.tx, nil, page)
		if err != nil {
			return err
		}
		for _, k := range found {
			for len(live) > 0 && live[0].Entry().Before(k.Entry()) < 0 {
				if err := yield(live[0]); err != nil {
					return err
				}
				live = live[1:]
			}
			if err := yield(&known{Repository: k}); err != nil {
				return err
			}
		}
	}
	for _, k := range live {
		if err := yield(k); err != nil {
			return err
		}
	}
	return nil
}

// current gives what to ask the list for, and beside it, in the order of an answer, the repositories that the filter lets through and whose
// summaries do not hold, worked out from their items.
func (r *reader) current(ctx context.Context) (q list.Query, live []*known, err error) {
	q = r.query()
	open, err := list.Unsettled(ctx, r.tx)
	if err != nil {
		return q, nil, err
	}
	q.Settled = len(open) > 0
	all, err := list.Those(ctx, r.tx, nil, open)
	if err != nil {
		return q, nil, err
	}
	for _, found := range all {
		k := &known{Repository: found}
		if err := r.live(ctx, k); err != nil {
			return q, nil, err
		}
		if r.lets(k) {
			live = append(live, k)
		}
	}
	slices.SortFunc(live, func(a, b *known) int { return a.Entry().Before(b.Entry()) })
	return q, live, nil
}

// unlisted goes through the repositories without the list.
func (r *reader) unlisted(ctx context.Context, yield func(*known) error) error {
	var order []list.Entry
	live := map[int64]*known{}
	enter := func(found *list.Repository) error {
		k := &known{Repository: found}
		if !k.Stored {
			if err := r.live(ctx, k); err != nil {
				return err
			}
			live[k.Summary.Repository] = k
		}
		if r.lets(k) {
			order = append(order, k.Entry())
		}
		return nil
	}
	names := r.filter.Among
	if r.filter.Repository != "" || len(names) == 0 {
		names = []string{r.filter.Repository}
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		if err := list.Each(ctx, r.tx, r.at, name, enter); err != nil {
			return err
		}
	}
	slices.SortFunc(order, list.Entry.Before)
	for piece := range slices.Chunk(order, list.Lot) {
		found, err := list.Those(ctx, r.tx, r.at, piece)
		if err != nil {
			return err
		}
		for _, f := range found {
			k := &known{Repository: f}
			if l := live[f.Summary.Repository]; l != nil {
				l.Traits, k = f.Traits, l
			}
			if err := yield(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// live works a summary out from the items.
func (r *reader) live(ctx context.Context, k *known) error {
	k.Summary = store.Summary{Repository: k.Summary.Repository}
	err := store.EachStanding(ctx, r.tx, k.Summary.Repository, r.at, func(it *store.Standing) (err error) {
		if it.Seen, err = r.lastSeen(ctx, k.Summary.Repository, it.Top, it.Run, it.Seen); err == nil {
			k.Add(it)
		}
		return err
	})
	if err != nil {
		return err
	}
	if k.Gaps, err = store.CountGaps(ctx, r.tx, k.Summary.Repository, r.at); err != nil {
		return err
	}
	if k.people, err = store.Population(ctx, r.tx, k.Summary.Repository, r.at); err != nil {
		return err
	}
	k.Tally = k.people.Tally().Scaled(k.Unread)
	return nil
}

// population gives the people of a repository: as counted last, where that is the summary's count, or counted again.
func (r *reader) population(ctx context.Context, k *known) (*estate.People, error) {
	if k.people != nil {
		return k.people, nil
	}
	people, at, err := store.CountedPopulation(ctx, r.tx, k.Summary.Repository)
	if err == nil && at != k.At {
		people, err = store.Population(ctx, r.tx, k.Summary.Repository, r.at)
	}
	k.people = people
	return people, err
}

// lets tells whether the filter lets a repository through.
func (r *reader) lets(k *known) bool {
	f := &r.filter
	return (estate.Repository{Kind: k.Kind}).HoldsItems() && (f.Repository == "" || f.Repository == k.Name) && (len(f.Among) == 0 || slices.Contains(f.Among, k.Name)) &&
		(f.Custodian == "" || f.Custodian == k.Custodian) && (f.Sensitivity == 0 || k.Classes&f.Sensitivity != 0) && r.lives(k.Tally)
}

// lives tells whether anybody counted lives where the filter asks for.
func (r *reader) lives(t estate.Tally) bool {
	return len(r.filter.States) == 0 ||
		slices.ContainsFunc(r.filter.States, func(s phi.State) bool { return t.States[s].Estimate > 0 })
}

// states is the set of the filter's states.
func (f Filter) states() uint64 {
	var set uint64
	for _, s := range f.States {
		set |= 1 << s
	}
	return set
}

// matching counts the people that the filter is true of; nil when it asks for all. One class or one state was counted
// when the summary was stored; for more the people themselves are asked.
func (r *reader) matching(t estate.Tally, unread int64, people func() (*estate.People, error)) (*estate.Count, error) {
	classes, states := r.filter.Sensitivity.List(), r.filter.States
	var n estate.Count
	switch {
	case len(classes) == 0 && len(states) == 0:
		return nil, nil
	case len(classes) == 1 && len(states) == 0:
		n = t.Classes[classes[0]]
	case len(classes) == 0 && len(states) == 1:
		n = t.States[states[0]]
	default:
		p, err := people()
		if err != nil {
			return nil, err
		}
		n = p.Among(r.filter.Sensitivity, r.filter.states())
		n.High += unread
	}
	return &n, nil
}

// row renders a repository.
func (r *reader) row(ctx context.Context, k *known) (Row, error) {
	verdict := k.Verdict
	if verdict == phi.VerdictNone && k.Blank > 0 {
		verdict = phi.VerdictUnknown // a sample does not make it clean
	}
	row := render(verdict, k.Classes, k.Suspected, k.Kinds, k.Flags, k.Tally)
	row.Sampling = sampling(k.Sampling)
	row.Repository, row.Custodian, row.Confidentiality = k.Name, k.Custodian, k.Grade.String()
	row.Bytes, row.Items, row.Gaps = k.Bytes, k.Items, k.Gaps
	row.ReadersCount, row.Possible, row.Outside, row.Owner, row.Kind = k.Readers, k.Possible, k.Outside, k.Owner, k.Kind
	if k.Observed != 0 {
		seen := store.Instant(k.Observed)
		row.ObservedAt = &seen
	}
	row.Stale = k.Observed == 0 || r.stale(k.Observed)
	row.Traits = k.Traits
	var err error
	row.Matching, err = r.matching(k.Tally, k.Unread, func() (*estate.People, error) { return r.population(ctx, k) })
	return row, err
}

// render writes what was found in the words of an answer.
func render(v phi.Verdict, classes, suspected phi.Classes, kinds phi.KindSet, flags int64, t estate.Tally) Row {
	row := Row{Verdict: v.String(), Identifiers: []string{}, Sensitivity: classes.Names(), Suspected: (suspected &^ classes).Names(),
		Confidentiality: store.Confidentiality(v, classes).String(), People: t.Total,
		States: make(map[string]int64, len(t.States)), Classes: make(map[string]int64, len(t.Classes)),
		Part2: flags&store.Part2 != 0, Minors: flags&store.Minors != 0}
	for _, k := range kinds.List() {
		row.Identifiers = append(row.Identifiers, k.String())
	}
	for s, n := range t.States {
		row.States[s.String()] = n.Estimate
	}
	for c, n := range t.Classes {
		row.Classes[c.String()] = n.Estimate
	}
	return row
}
