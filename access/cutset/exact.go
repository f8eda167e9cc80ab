package cutset

import (
	"maps"
	"slices"
)

// family are people who are saved by each of some sets of candidates, and by no smaller ones.
type family struct {
	value float64
	sets  [][]int
}

// group is what the objective compares: each problem where the largest counts, else all of them as one.
type group struct {
	people   float64
	families []family
}

// exact searches all sets by branch and bound.
//
// Saving is not submodular, so the gain of a single candidate bounds nothing. What does: whoever is saved by a set needs, beyond what is
// chosen already, at least n more candidates of those that have a part in any of his sets, n being the smallest that is missing of one.
// So his value is shared out to those candidates, one n-th each, and no k more candidates save more than the k highest shares.
type exact struct {
	groups  []group
	cands   []int
	base    float64
	most    int
	work    int64
	out     []bool // by candidate: excluded
	in      []bool
	chosen  []int
	best    float64
	set     []int
	open    float64 // the lowest floor of what was left out for want of work
	stopped bool
	credit  []float64
	part    []int
}

// enumerate finds the families of all units; nil when that is too much work.
func (v *solver) enumerate() *exact {
	e := &exact{cands: v.relevant, base: v.Base, most: v.Most, out: make([]bool, len(v.of)), in: make([]bool, len(v.of)),
		credit: make([]float64, len(v.of)), part: make([]int, len(v.of))}
	all := map[string]float64{}
	total := 0.0
	for i, p := range v.Problems {
		if v.Largest {
			clear(all)
			total = 0
		}
		total += v.people[i]
		for _, u := range p.Units {
			h := &hitter{v: v, p: p, most: v.Most, sets: 1 << 16, steps: 1 << 20, tried: map[string]bool{}}
			h.hit(u.Targets, nil)
			if h.short {
				return nil
			}
			if sets := minimal(h.found); len(sets) > 0 {
				all[familyKey(sets)] += u.Value * p.Weight
			}
		}
		if v.Largest {
			e.groups = append(e.groups, group{total, families(all)})
		}
	}
	if !v.Largest {
		e.base = 0
		e.groups = []group{{total + v.Base, families(all)}}
	}
	e.work = v.work
	return e
}

// minimal keeps the sets that hold no other.
func minimal(sets [][]int) [][]int {
	slices.SortFunc(sets, func(a, b []int) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return slices.Compare(a, b)
	})
	var out [][]int
	for _, s := range sets {
		if !slices.ContainsFunc(out, func(t []int) bool { return within(t, s) }) {
			out = append(out, s)
		}
	}
	return out
}

// within tells whether all of a is in b; both ascend.
func within(a, b []int) bool {
	for _, c := range a {
		if _, ok := slices.BinarySearch(b, c); !ok {
			return false
		}
	}
	return true
}

func familyKey(sets [][]int) string {
	var b []byte
	for _, s := range sets {
		b = append(append(b, byte(len(s))), key(s)...)
	}
	return string(b)
}

func families(by map[string]float64) []family {
	var out []family
	for _, k := range slices.Sorted(maps.Keys(by)) {
		f := family{value: by[k]}
		for len(k) > 0 {
			set := make([]int, k[0])
			for i := range set {
				set[i] = int(k[1+2*i]) | int(k[2+2*i])<<8
			}
			k = k[1+2*len(set):]
			f.sets = append(f.sets, set)
		}
		out = append(out, f)
	}
	return out
}

// search gives the best set, beginning from one that is known, its objective, and below what none can get.
func (e *exact) search(set []int, best float64) ([]int, float64, float64) {
	e.set, e.best, e.open = slices.Clone(set), best, best
	e.branch()
	slices.Sort(e.set)
	return e.set, e.best, min(e.open, e.best)
}

func (e *exact) branch() {
	now, floor, pick := e.weigh()
	if less(now, e.best) {
		e.best, e.set = now, slices.Clone(e.chosen)
	}
	if pick < 0 || !less(floor, e.best) {
		return
	}
	if e.work <= 0 {
		e.open = min(e.open, floor)
		return
	}
	e.in[pick] = true
	e.chosen = append(e.chosen, pick)
	e.branch()
	e.chosen = e.chosen[:len(e.chosen)-1]
	e.in[pick] = false
	e.out[pick] = true
	e.branch()
	e.out[pick] = false
}

// weigh gives the objective of what is chosen, below what no more candidates can bring it, and the candidate that promises the most;
// -1 when none helps.
func (e *exact) weigh() (now, floor float64, pick int) {
	now, floor, pick = e.base, e.base, -1
	more := e.most - len(e.chosen)
	for i := range e.groups {
		g := &e.groups[i]
		people, first := e.share(g, more)
		low, top := people, slices.Clone(e.cands)
		slices.SortFunc(top, func(a, b int) int {
			if e.credit[a] > e.credit[b] {
				return -1
			}
			if e.credit[a] < e.credit[b] {
				return 1
			}
			return a - b
		})
		for _, c := range top[:min(more, len(top))] {
			low -= e.credit[c]
		}
		if people > now || pick < 0 && people >= now {
			pick = first
		}
		now, floor = max(now, people), max(floor, low)
	}
	return now, floor, pick
}

// share shares out what could still be saved of a group, and gives what is reached now and the candidate with the highest share.
func (e *exact) share(g *group, more int) (people float64, first int) {
	clear(e.credit)
	people, first = g.people, -1
	for i := range g.families {
		f := &g.families[i]
		need := more + 1
		var parts []int
		for _, set := range f.sets {
			e.work--
			missing, lost := 0, false
			for _, c := range set {
				lost = lost || e.out[c]
				if !e.in[c] {
					missing++
				}
			}
			if lost || missing > more {
				continue
			}
			need = min(need, missing)
			parts = append(parts, set...)
		}
		switch {
		case need == 0:
			people -= f.value
		case need <= more:
			e.give(parts, f.value/float64(need))
		}
	}
	for _, c := range e.cands {
		if e.credit[c] > 0 && (first < 0 || e.credit[c] > e.credit[first]) {
			first = c
		}
	}
	return people, first
}

// give adds a share to each candidate of a list that is not chosen, once.
func (e *exact) give(parts []int, share float64) {
	for _, c := range parts {
		if !e.in[c] && e.part[c] == 0 {
			e.part[c] = 1
			e.credit[c] += share
		}
	}
	for _, c := range parts {
		e.part[c] = 0
	}
}
