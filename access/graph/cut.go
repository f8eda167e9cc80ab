package graph

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/chartroom/chartroom/access/cutset"
	"github.com/chartroom/chartroom/estate"
)

// Cuts asks for the set of changes that shrinks reach the most.
type Cuts struct {
	View       View
	Footholds  []uint32 // one that comes twice counts twice
	Of         []uint32 // resources whose people count; nil = all
	Candidates [][]int  // each one is a change: the grants that go with it
	Most       int      // how many changes at most
	Largest    bool     // what counts is the largest foothold, else the sum over all of them
	// Work bounds the search, in edges looked at; 0 is enough for some seconds.
	Work int64
	// Weigh bounds how many candidates are weighed: those that promise the most. The others count in the floor. 0 is 16,384.
	Weigh int
}

// Answer is a set of changes and what it does.
type Answer struct {
	Chosen     []int // indices of candidates, ascending
	Irrelevant []int // of the candidates that were weighed, those that are on no path from a foothold to people who are not reached otherwise
	// Before and After are measured on the graph without the changes and with them: people, summed over the footholds or of the largest
	// one. Effects are those of each foothold.
	Before, After int64
	Effects       []Effect
	// Exact says that no set of Most candidates does better, on the sample that the search saw (all persons, of an estate of at most 2,048, or of two million for all footholds together); there After is what the search found.
	// Otherwise none can get below Floor.
	Exact bool
	Floor int64
}

const standardWork = 1 << 30

// Cut finds a set of changes. Up to 200 relevant candidates and 4 changes the search is exact, unless its work runs out; beyond, it is
// greedy over single changes and over sets that save only together, with exchanges. What is told as saved is measured anew.
func (s *Search) Cut(q Cuts) (*Answer, error) {
	if q.Most < 0 || q.Weigh > 1<<16-1 {
		return nil, bad("%d changes of %d candidates, at most %d candidates can be weighed", q.Most, q.Weigh, 1<<16-1)
	}
	for _, f := range q.Footholds {
		if int(f) >= s.g.Nodes() || s.g.place[f] != 0 {
			return nil, bad("foothold %d is no principal", f)
		}
	}
	weighed, spare, err := s.promising(&q)
	if err != nil {
		return nil, err
	}
	all := q.Candidates
	q.Candidates = make([][]int, len(weighed))
	for i, n := range weighed {
		q.Candidates[i] = all[n]
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
		Base: c.base, Work: work, Spare: spare})
	a := &Answer{Chosen: r.Chosen, Irrelevant: r.Irrelevant, Exact: r.Exact, Floor: int64(math.Round(r.Floor))}
	var grants []int
	for _, i := range a.Chosen {
		grants = append(grants, q.Candidates[i]...)
	}
	for _, list := range [][]int{a.Chosen, a.Irrelevant} {
		for k, i := range list {
			list[k] = weighed[i]
		}
	}
	if a.Effects, err = s.Measure(q.View, q.Of, q.Footholds, grants); err != nil {
		return nil, err
	}
	a.Before, a.After = Together(a.Effects, q.Largest)
	return a, nil
}

// Together puts effects together: the sum, or the largest foothold before and the largest after.
func Together(effects []Effect, largest bool) (before, after int64) {
	for _, e := range effects {
		if largest {
			before, after = max(before, e.Before.Estimate), max(after, e.After.Estimate)
		} else {
			before, after = before+e.Before.Estimate, after+e.After.Estimate
		}
	}
	return before, after
}

// Effect is what changes do to one foothold.
type Effect struct{ Before, After estate.Count }

// Measure counts the people whom each of some footholds reaches, with some grants and without them; of the resources in of alone, nil = of
// all. Grants on which nothing rests change nothing.
func (s *Search) Measure(v View, of, footholds []uint32, grants []int) ([]Effect, error) {
	after := v
	after.Without = s.g.union(v.Without, grants)
	starts := s.g.starts(grants)
	out := make([]Effect, len(footholds))
	return out, s.share(len(footholds), func(s *Search, i int) error {
		if err := s.walk(&s.g.fwd, v, footholds[i:i+1]); err != nil {
			return err
		}
		touched := slices.ContainsFunc(starts, func(n uint32) bool { return s.seen[n] != 0 }) // else it is on no edge that goes
		out[i].Before = s.Count(s.counted(of)...)
		if out[i].After = out[i].Before; !touched {
			return nil
		}
		if err := s.walk(&s.g.fwd, after, footholds[i:i+1]); err != nil {
			return err
		}
		out[i].After = s.Count(s.counted(of)...)
		return nil
	})
}

// counted gives the nodes that were entered, those of some resources alone; nil = all. It is valid until the next call.
func (s *Search) counted(of []uint32) []uint32 {
	if of == nil {
		return s.collect()
	}
	s.found = s.found[:0]
	for _, n := range of {
		if int(n) < len(s.seen) && s.seen[n] != 0 {
			s.found = append(s.found, n)
		}
	}
	return s.found
}

// share does something for each of n, by itself and by as many others as there are processors, and ends with the first error.
func (s *Search) share(n int, do func(s *Search, i int) error) error {
	workers := min(n, runtime.GOMAXPROCS(0))
	errs := make([]error, max(1, workers))
	var next atomic.Int64
	var all sync.WaitGroup
	work := func(s *Search, w int) {
		for i := int(next.Add(1)) - 1; i < n && errs[w] == nil; i = int(next.Add(1)) - 1 {
			errs[w] = do(s, i)
		}
	}
	for w := 1; w < workers; w++ {
		all.Go(func() { work(s.g.Search(), w) })
	}
	work(s, 0)
	all.Wait()
	return errors.Join(errs...)
}

// starts gives the nodes where edges begin that rest on some grants.
func (g *Graph) starts(grants []int) []uint32 {
	var out []uint32
	for _, n := range grants {
		for _, e := range g.On(n) {
			out = append(out, g.from(e))
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
		for _, e := range g.On(n) {
			out.add(e)
		}
	}
	return out
}
