package graph

import (
	"math"
	"slices"

	"github.com/chartroom/chartroom/access/cutset"
)

// Cuts asks for the set of changes that shrinks reach the most.
type Cuts struct {
	View       View
	Footholds  []uint32 // one that comes twice counts twice
	Candidates [][]int  // each one is a change: the grants that go with it
	Most       int      // how many changes at most
	Largest    bool     // what counts is the largest foothold, else the sum over all of them
	// Work bounds the search, in edges looked at; 0 is enough for some seconds.
	Work int64
}

// Answer is a set of changes and what it does.
type Answer struct {
	Chosen     []int // indices of candidates, ascending
	Irrelevant []int // candidates that are on no path from a foothold to people who are not reached otherwise
	// Before and After are measured on the graph without the changes and with them: people, summed over the footholds or of the largest
	// one.
	Before, After int64
	// Exact says that no set of Most candidates does better, on the sample that the search saw (all persons, of an estate of at most 2,048, or of two million for all footholds together); there After is what the search found.
	// Otherwise none can get below Floor.
	Exact bool
	Floor int64
}

const standardWork = 1 << 30

// Cut finds a set of changes. Up to 200 relevant candidates and 4 changes the search is exact, unless its work runs out; beyond, it is
// greedy over single changes and over sets that save only together, with exchanges. What is told as saved is measured anew.
func (s *Search) Cut(q Cuts) (*Answer, error) {
	if q.Most < 0 || len(q.Candidates) > 1<<16-1 {
		return nil, bad("%d changes of %d candidates, at most %d candidates can be weighed", q.Most, len(q.Candidates), 1<<16-1)
	}
	for _, f := range q.Footholds {
		if int(f) >= s.g.Nodes() || s.g.place[f] != 0 {
			return nil, bad("foothold %d is no principal", f)
		}
	}
	c := newCompiler(s, &q)
	if err := c.footholds(); err != nil {
		return nil, err
	}
	work := q.Work
	if work <= 0 {
		work = standardWork
	}
	r := cutset.Solve(&cutset.Question{Problems: c.problems, Labels: c.labels, Candidates: len(q.Candidates), Most: q.Most, Largest: q.Largest,
		Base: c.base, Work: work})
	a := &Answer{Chosen: r.Chosen, Irrelevant: r.Irrelevant, Exact: r.Exact, Floor: int64(math.Round(r.Floor))}
	return a, s.measure(&q, a)
}

// measure counts the people anew, before and after.
func (s *Search) measure(q *Cuts, a *Answer) error {
	var grants []int
	for _, i := range a.Chosen {
		grants = append(grants, q.Candidates[i]...)
	}
	after := q.View
	after.Without = s.g.union(q.View.Without, grants)
	starts := s.g.starts(grants)
	for _, f := range q.Footholds {
		before, err := s.ReachPeople(q.View, f)
		if err != nil {
			return err
		}
		left := before
		if slices.ContainsFunc(starts, func(n uint32) bool { return s.seen[n] != 0 }) { // else the foothold is on no edge that goes
			if left, err = s.ReachPeople(after, f); err != nil {
				return err
			}
		}
		if q.Largest {
			a.Before, a.After = max(a.Before, before.Total.Estimate), max(a.After, left.Total.Estimate)
		} else {
			a.Before, a.After = a.Before+before.Total.Estimate, a.After+left.Total.Estimate
		}
	}
	return nil
}

// starts gives the nodes where edges begin that rest on some grants.
func (g *Graph) starts(grants []int) []uint32 {
	var out []uint32
	for _, n := range grants {
		if i, ok := g.grant(n); ok {
			for _, e := range g.rests[g.restOff[i]:g.restOff[i+1]] {
				out = append(out, g.from(e))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// union masks what a mask does and what rests on some grants; grants on which nothing rests take nothing out.
func (g *Graph) union(m *Mask, grants []int) *Mask {
	out := &Mask{dead: make([]uint64, (g.Edges()+63)/64)}
	if m != nil {
		copy(out.dead, m.dead)
		out.Edges = m.Edges
	}
	for _, n := range grants {
		if i, ok := g.grant(n); ok {
			for _, e := range g.rests[g.restOff[i]:g.restOff[i+1]] {
				out.add(e)
			}
		}
	}
	return out
}
