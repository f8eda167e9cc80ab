package cutset

import "slices"

// solver searches for the best set of candidates.
type solver struct {
	*Question
	of       [][]int   // labels by candidate
	in       [][]int   // problems by candidate
	relevant []int     // candidates
	dead     []int     // by label: how many of its candidates are chosen
	people   []float64 // by problem: people reached with nothing chosen, times its weight
	work     int64

	units [][][]uint32 // by problem and node: the units of which it is the first target
	leans [][]uint64   // by problem: the candidates on paths by which no unit was lost, last; without one of these none is lost

	reached []bool
	entry   []arcFrom // by node: how it was entered
	queue   []uint32
}

func newSolver(q *Question) *solver {
	v := &solver{Question: q, of: make([][]int, q.Candidates), in: make([][]int, q.Candidates), dead: make([]int, len(q.Labels)),
		people: make([]float64, len(q.Problems)), work: q.Work}
	for l, cands := range q.Labels {
		for _, c := range cands {
			v.of[c] = append(v.of[c], l)
		}
	}
	for i, p := range q.Problems {
		v.people[i] = p.Total * p.Weight
		used := map[int]bool{}
		for _, a := range p.Arcs {
			for _, c := range q.Labels[a.Label] {
				used[c] = true
			}
		}
		for c := range used {
			v.in[c] = append(v.in[c], i)
		}
		first := make([][]uint32, len(p.Off)-1)
		for k, u := range p.Units {
			first[u.Targets[0]] = append(first[u.Targets[0]], uint32(k))
		}
		v.units = append(v.units, first)
		v.leans = append(v.leans, make([]uint64, (q.Candidates+63)/64))
	}
	for c, in := range v.in {
		if len(in) > 0 {
			v.relevant = append(v.relevant, c)
		}
	}
	return v
}

func (v *solver) toggle(set []int, by int) {
	for _, c := range set {
		for _, l := range v.of[c] {
			v.dead[l] += by
		}
	}
}

// spread finds the nodes that are reached with what is chosen.
func (v *solver) spread(p *Problem) []bool {
	n := len(p.Off) - 1
	if len(v.reached) < n {
		v.reached, v.entry = make([]bool, n), make([]arcFrom, n)
	}
	reached := v.reached[:n]
	clear(reached)
	reached[0] = true
	v.queue = append(v.queue[:0], 0)
	for i := 0; i < len(v.queue); i++ {
		x := v.queue[i]
		v.work -= int64(p.Off[x+1]-p.Off[x]) + 1
		for _, a := range p.Arcs[p.Off[x]:p.Off[x+1]] {
			if !reached[a.To] && v.dead[a.Label] == 0 {
				reached[a.To], v.entry[a.To] = true, arcFrom{x, a.Label}
				v.queue = append(v.queue, a.To)
			}
		}
	}
	return reached
}

// measure counts the people of a problem with what is chosen, times its weight.
func (v *solver) measure(i int) float64 {
	p := v.Problems[i]
	reached := v.spread(p)
	left := p.Total
	for n, yes := range reached {
		if yes {
			continue
		}
		for _, k := range v.units[i][n] {
			u := &p.Units[k]
			v.work -= int64(len(u.Targets))
			if !slices.ContainsFunc(u.Targets, func(t uint32) bool { return reached[t] }) {
				left -= u.Value
			}
		}
	}
	return left * p.Weight
}

// lean finds anew, for some problems, what those who are reached lean on: a path for each unit is enough to keep its people reached.
func (v *solver) lean(problems []int) {
	for _, i := range problems {
		clear(v.leans[i])
		reached := v.spread(v.Problems[i])
		for _, u := range v.Problems[i].Units {
			at := slices.IndexFunc(u.Targets, func(n uint32) bool { return reached[n] })
			if at < 0 {
				continue
			}
			for n := u.Targets[at]; n != 0; n = v.entry[n].from {
				for _, c := range v.Labels[v.entry[n].label] {
					v.leans[i][c>>6] |= 1 << (c & 63)
				}
				v.work--
			}
		}
	}
}

// leansOn tells whether a problem could lose anything with some candidates, beyond what is lost already.
func (v *solver) leansOn(i int, set []int) bool {
	return slices.ContainsFunc(set, func(c int) bool { return v.leans[i][c>>6]&(1<<(c&63)) != 0 })
}

// objective puts the people of the problems together.
func (v *solver) objective(people []float64) float64 {
	out := v.Base
	for _, n := range people {
		if v.Largest {
			out = max(out, n)
		} else {
			out += n
		}
	}
	return out
}

// touched gives the problems that any of a set can change.
func (v *solver) touched(set []int) []int {
	var out []int
	for _, c := range set {
		out = append(out, v.in[c]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// with measures the problems as if a set were chosen, too. The answer is valid until the next call.
func (v *solver) with(set []int, people []float64) {
	v.toggle(set, 1)
	for _, i := range v.touched(set) {
		people[i] = v.measure(i)
	}
	v.toggle(set, -1)
}

// less is better by more than the noise of summing.
func less(a, b float64) bool { return a < b-1e-7*max(1, b) }

// solve gives the best set that was found, and below what none can get.
func (v *solver) solve() (chosen []int, floor float64, exact bool) {
	budget, start := v.work, v.objective(v.people)
	lost := v.Spare * float64(v.Most)
	if v.Most == 0 || len(v.relevant) == 0 {
		return nil, max(0, start-lost), lost == 0
	}
	v.work = budget / 2
	if len(v.relevant) <= v.Most && lost == 0 { // more is never worse
		best := v.try(v.relevant)
		return v.needed(slices.Clone(v.relevant), best), best, true
	}
	chosen, best := v.greedy(start)
	floor = v.floor()
	if !less(floor, best) {
		return chosen, best, true
	}
	if len(v.relevant) <= exactCandidates && v.Most <= exactMost && lost == 0 {
		v.work = budget
		if e := v.enumerate(); e != nil {
			set, found, lowest := e.search(chosen, best)
			if less(found, best) {
				chosen, best = set, found
			}
			floor = max(floor, lowest)
		}
	}
	return v.needed(chosen, best), floor, !less(floor, best)
}

// floor is what no set can get below: in a problem at most the people are saved whom all candidates together save, and of the sum at
// most what the best candidates could have a part in.
func (v *solver) floor() float64 {
	lowest := slices.Clone(v.people)
	v.with(v.relevant, lowest)
	out := max(0, v.objective(lowest)-v.Spare*float64(v.Most))
	if v.Largest {
		return out
	}
	credit := make([]float64, len(v.in))
	for c, in := range v.in {
		for _, i := range in {
			credit[c] += v.people[i] - lowest[i]
		}
	}
	for range v.Most {
		credit = append(credit, v.Spare)
	}
	slices.SortFunc(credit, func(a, b float64) int {
		if a > b {
			return -1
		}
		return 1
	})
	saved := 0.0
	for _, c := range credit[:min(v.Most, len(credit))] {
		saved += c
	}
	return max(out, v.objective(v.people)-saved)
}

// needed drops what the set does as well without.
func (v *solver) needed(chosen []int, best float64) []int {
	for i := 0; i < len(chosen); {
		rest := slices.Delete(slices.Clone(chosen), i, i+1)
		if less(best, v.try(rest)) {
			i++
		} else {
			chosen = rest
		}
	}
	return chosen
}

// try gives the objective with a set chosen.
func (v *solver) try(set []int) float64 {
	people := slices.Clone(v.people)
	v.with(set, people)
	return v.objective(people)
}
