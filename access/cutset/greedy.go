package cutset

import (
	"cmp"
	"math"
	"slices"
)

// atom is a set of candidates that may save something together, with what it was last seen to leave of each problem that it touches.
type atom struct {
	set      []int
	problems []int
	left     []float64
	stale    []bool
	alone    float64 // what is left when nothing else is chosen
}

func (v *solver) atom(set []int) *atom {
	p := v.touched(set)
	a := &atom{set: set, problems: p, left: make([]float64, len(p)), stale: make([]bool, len(p)), alone: math.Inf(1)}
	a.spoil()
	return a
}

func (a *atom) spoil() {
	for k := range a.stale {
		a.stale[k] = true
	}
}

// starts is how many sets that save together a search begins with anew: what saves the most for each change may leave no room for what
// saves more.
const starts = 8

// greedy grows a set from nothing, and from sets that save the most together; single changes of the best are exchanged while that helps.
func (v *solver) greedy(start float64) ([]int, float64) {
	atoms := v.atoms()
	chosen, best := v.grow(atoms, nil)
	var sets []*atom
	for _, a := range atoms {
		if len(a.set) > 1 && less(a.alone, start) {
			sets = append(sets, a)
		}
	}
	slices.SortStableFunc(sets, func(a, b *atom) int { return cmp.Compare(a.alone, b.alone) })
	for _, a := range sets[:min(starts, len(sets))] {
		if v.work <= 0 {
			break
		}
		for _, a := range atoms {
			a.spoil()
		}
		if set, now := v.grow(atoms, a.set); less(now, best) {
			chosen, best = set, now
		}
	}
	return v.exchange(chosen, best)
}

// grow adds the atom that saves the most for each change.
func (v *solver) grow(atoms []*atom, seed []int) ([]int, float64) {
	chosen, people := slices.Clone(seed), slices.Clone(v.people)
	v.with(chosen, people)
	v.leanWith(chosen, v.touched(v.relevant))
	best := v.objective(people)
	for len(chosen) < v.Most {
		var pick *atom
		rate, after := 0.0, best
		for _, a := range atoms {
			set := together(a.set, chosen)
			fresh := len(set) - len(chosen)
			if fresh == 0 || len(set) > v.Most || v.work <= 0 {
				continue
			}
			objective := v.after(a, chosen, people)
			if len(chosen) == 0 {
				a.alone = objective
			}
			if r := (best - objective) / float64(fresh); less(objective, best) && r > rate {
				pick, rate, after = a, r, objective
			}
		}
		if pick == nil {
			break
		}
		chosen, best = together(chosen, pick.set), after
		v.with(chosen, people)
		v.leanWith(chosen, v.touched(pick.set))
		v.spoil(atoms, v.touched(pick.set))
	}
	return chosen, best
}

// leanWith finds what some problems lean on with a set chosen.
func (v *solver) leanWith(set, problems []int) {
	v.toggle(set, 1)
	v.lean(problems)
	v.toggle(set, -1)
}

// together gives all of two sets, ascending.
func together(a, b []int) []int {
	set := append(slices.Clone(a), b...)
	slices.Sort(set)
	return slices.Compact(set)
}

// after gives the objective if an atom were chosen, too, and measures only the problems that have changed since it was last asked.
func (v *solver) after(a *atom, chosen []int, people []float64) float64 {
	set := together(a.set, chosen)
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

// exchange replaces one chosen candidate at a time by the best other while that helps and there is work left.
func (v *solver) exchange(chosen []int, best float64) ([]int, float64) {
	all := v.touched(v.relevant)
	for again := true; again && v.work > 0; {
		again = false
		for i := 0; i < len(chosen) && v.work > 0; i++ {
			rest, people := slices.Delete(slices.Clone(chosen), i, i+1), slices.Clone(v.people)
			v.with(rest, people)
			v.leanWith(rest, all)
			for _, c := range v.relevant {
				if v.work <= 0 || slices.Contains(rest, c) {
					continue
				}
				if now := v.after(v.atom([]int{c}), rest, people); less(now, best) {
					chosen[i], best, again = c, now, true
				}
			}
		}
	}
	slices.Sort(chosen)
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
	for _, c := range v.relevant {
		out = append(out, v.atom([]int{c}))
	}
	seen := map[string]bool{}
	left := v.work / 4
	for _, p := range v.Problems {
		units := slices.Clone(p.Units)
		slices.SortStableFunc(units, func(a, b Unit) int { return cmp.Compare(b.Value, a.Value) })
		for _, u := range units[:min(atomUnits, len(units))] {
			if v.work < left || len(out) >= atomAll {
				return out
			}
			h := &hitter{v: v, p: p, most: min(v.Most, atomSize), sets: atomSets, steps: 4 * atomSets, tried: map[string]bool{}}
			h.hit(u.Targets, nil)
			for _, set := range h.found {
				if k := key(set); len(set) > 1 && !seen[k] {
					seen[k] = true
					out = append(out, v.atom(set))
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
