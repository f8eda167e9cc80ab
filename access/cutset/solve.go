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
	leans [][]uint64   // by problem: the candidates on the tree by which all was reached last; without one of these nothing is lost

	reached []bool
	entry   []uint32 // by node: the label by which it was entered
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
		v.reached, v.entry = make([]bool, n), make([]uint32, n)
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
				reached[a.To], v.entry[a.To] = true, a.Label
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

// lean finds anew, for some problems, what all that is reached leans on.
func (v *solver) lean(problems []int) {
	for _, i := range problems {
		clear(v.leans[i])
		for n, yes := range v.spread(v.Problems[i]) {
			if yes && n > 0 {
				for _, c := range v.Labels[v.entry[n]] {
					v.leans[i][c>>6] |= 1 << (c & 63)
				}
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
	if v.Most == 0 || len(v.relevant) == 0 {
		return nil, v.objective(v.people), true
	}
	budget := v.work
	start := v.objective(v.people)
	v.work = budget / 2
	if len(v.relevant) <= v.Most { // more is never worse
		best := v.try(v.relevant)
		return v.needed(slices.Clone(v.relevant), best), best, true
	}
	chosen, best := v.greedy(start)
	floor = v.floor()
	if !less(floor, best) {
		return chosen, best, true
	}
	if len(v.relevant) <= exactCandidates && v.Most <= exactMost {
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
	out := v.objective(lowest)
	if v.Largest {
		return out
	}
	credit := make([]float64, len(v.in))
	for c, in := range v.in {
		for _, i := range in {
			credit[c] += v.people[i] - lowest[i]
		}
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

// atom is a set of candidates that may save something together, with what it was last seen to leave of each problem that it touches.
type atom struct {
	set      []int
	problems []int
	left     []float64
	stale    []bool
}

// greedy adds the atom that saves the most for each change, and then exchanges single changes while that helps.
func (v *solver) greedy(start float64) ([]int, float64) {
	atoms := v.atoms()
	people, best := slices.Clone(v.people), start
	v.lean(v.touched(v.relevant))
	var chosen []int
	for len(chosen) < v.Most {
		var pick *atom
		rate, after := 0.0, best
		for _, a := range atoms {
			fresh := slices.DeleteFunc(slices.Clone(a.set), func(c int) bool { return slices.Contains(chosen, c) })
			if len(fresh) == 0 || len(chosen)+len(fresh) > v.Most || v.work <= 0 {
				continue
			}
			objective := v.after(a, chosen, people)
			if r := (best - objective) / float64(len(fresh)); less(objective, best) && r > rate {
				pick, rate, after = a, r, objective
			}
		}
		if pick == nil {
			break
		}
		for _, c := range pick.set {
			if !slices.Contains(chosen, c) {
				chosen = append(chosen, c)
			}
		}
		best = after
		v.with(chosen, people)
		v.toggle(chosen, 1)
		v.lean(v.touched(pick.set))
		v.toggle(chosen, -1)
		v.spoil(atoms, v.touched(pick.set))
	}
	chosen, best = v.exchange(chosen, best)
	slices.Sort(chosen)
	return chosen, best
}

// after gives the objective if an atom were chosen, too, and measures only the problems that have changed since it was last asked.
func (v *solver) after(a *atom, chosen []int, people []float64) float64 {
	set := append(slices.Clone(a.set), chosen...)
	slices.Sort(set)
	set = slices.Compact(set)
	v.toggle(set, 1)
	out := v.Base
	if !v.Largest {
		for _, n := range people {
			out += n
		}
	}
	for k, i := range a.problems {
		if a.stale[k] {
			if a.left[k], a.stale[k] = people[i], false; v.leansOn(i, a.set) {
				a.left[k] = v.measure(i)
			}
		}
		out += a.left[k] - people[i]
	}
	v.toggle(set, -1)
	if v.Largest {
		out = v.Base
		k := 0
		for i, n := range people {
			if k < len(a.problems) && a.problems[k] == i {
				n = a.left[k]
				k++
			}
			out = max(out, n)
		}
	}
	return out
}

// spoil marks what has to be measured anew.
func (v *solver) spoil(atoms []*atom, problems []int) {
	for _, a := range atoms {
		for k, i := range a.problems {
			if _, ok := slices.BinarySearch(problems, i); ok {
				a.stale[k] = true
			}
		}
	}
}

// exchange replaces one chosen candidate at a time while that helps and there is work left.
func (v *solver) exchange(chosen []int, best float64) ([]int, float64) {
	for again := true; again && v.work > 0; {
		again = false
		for i := range chosen {
			for _, c := range v.relevant {
				if v.work <= 0 || slices.Contains(chosen, c) {
					continue
				}
				was := chosen[i]
				chosen[i] = c
				if now := v.try(chosen); less(now, best) {
					best, again = now, true
				} else {
					chosen[i] = was
				}
			}
		}
	}
	return chosen, best
}

const (
	atomUnits = 4  // of a problem, so many units are looked at for sets that save them
	atomSets  = 16 // of a unit, so many sets are kept
	atomSize  = 6
	atomAll   = 4096
)

// atoms are the single candidates and, of the largest units, sets that save them together.
func (v *solver) atoms() []*atom {
	var out []*atom
	add := func(set []int) {
		p := v.touched(set)
		a := &atom{set: set, problems: p, left: make([]float64, len(p)), stale: make([]bool, len(p))}
		for i := range a.stale {
			a.stale[i] = true
		}
		out = append(out, a)
	}
	for _, c := range v.relevant {
		add([]int{c})
	}
	seen := map[string]bool{}
	left := v.work / 4
	for _, p := range v.Problems {
		units := slices.Clone(p.Units)
		slices.SortFunc(units, func(a, b Unit) int {
			if a.Value > b.Value {
				return -1
			}
			return 1
		})
		for _, u := range units[:min(atomUnits, len(units))] {
			if v.work < left || len(out) >= atomAll {
				return out
			}
			h := &hitter{v: v, p: p, most: min(v.Most, atomSize), sets: atomSets, steps: 4 * atomSets, tried: map[string]bool{}}
			h.hit(u.Targets, nil)
			for _, set := range h.found {
				if k := key(set); len(set) > 1 && !seen[k] {
					seen[k] = true
					add(set)
				}
			}
		}
	}
	return out
}

func key(set []int) string {
	b := make([]byte, 0, 2*len(set))
	for _, c := range set {
		b = append(b, byte(c), byte(c>>8))
	}
	return string(b)
}
