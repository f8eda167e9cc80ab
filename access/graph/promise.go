package graph

import (
	"cmp"
	"slices"
)

// standardWeigh is how many candidates are weighed where nothing else is said.
const standardWeigh = 1 << 14

// promising gives the candidates to weigh, by their indices, ascending, and the most people that any other one could save by itself; in a set
// it saves no more than that beyond what the others save.
//
// Whoever is saved by a set was reached over an edge of it, and so is behind that edge: a candidate's part is at most, over its edges, the
// people behind each, once for each foothold that comes to it. Those are estimates; their upper bounds are taken.
func (s *Search) promising(q *Cuts) (weighed []int, spare float64, err error) {
	all := make([]int, len(q.Candidates))
	for i := range all {
		all[i] = i
	}
	most := cmp.Or(q.Weigh, standardWeigh)
	if len(all) <= most {
		return all, 0, nil
	}
	near, err := s.near(q)
	if err != nil {
		return nil, 0, err
	}
	promise := make([]float64, len(all))
	behind := map[uint32]float64{}
	if err := s.behind(q, near, behind); err != nil {
		return nil, 0, err
	}
	for i, candidate := range q.Candidates {
		for _, grant := range candidate {
			for _, e := range s.g.On(grant) {
				promise[i] += near[s.g.from(e)] * behind[s.g.fwd.node[e]]
			}
		}
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(promise[b], promise[a]) })
	weighed, spare = all[:most], promise[all[most]]
	slices.Sort(weighed)
	return weighed, spare, nil
}

// near tells by node how many of the footholds come to it; where the largest counts, whether any does.
func (s *Search) near(q *Cuts) ([]float64, error) {
	near := make([]float64, s.g.Nodes())
	for _, f := range q.Footholds {
		if err := s.walk(&s.g.fwd, q.View, []uint32{f}); err != nil {
			return nil, err
		}
		for _, n := range s.collect() {
			if near[n]++; q.Largest {
				near[n] = 1
			}
		}
	}
	return near, nil
}

// behind tells for each node that an edge of a candidate leads to from where a foothold comes how many people are reached from there, at most.
func (s *Search) behind(q *Cuts, near []float64, people map[uint32]float64) error {
	var principals []uint32
	counts := func(uint32) bool { return true }
	if q.Of != nil {
		of := map[uint32]bool{}
		for _, n := range q.Of {
			of[n] = true
		}
		counts = func(resource uint32) bool { return of[resource] }
	}
	for _, candidate := range q.Candidates {
		for _, grant := range candidate {
			for _, e := range s.g.On(grant) {
				to := s.g.fwd.node[e]
				if _, known := people[to]; known || near[s.g.from(e)] == 0 {
					continue
				}
				people[to] = 0
				if s.g.place[to] == 0 {
					principals = append(principals, to)
				} else if counts(to) {
					people[to] = float64(s.Count(to).High)
				}
			}
		}
	}
	ranked, err := s.g.RankEach([]View{q.View}, principals)
	if err != nil {
		return err
	}
	for i, n := range principals {
		people[n] = float64(ranked[0][i].High)
	}
	return nil
}
