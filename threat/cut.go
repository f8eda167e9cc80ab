package threat

import (
	"cmp"
	"slices"

	"github.com/chartroom/chartroom/threat/horn"
)

// cuts gives the best sets of one control, of two, and so on, as long as more leave fewer people.
func (k *walker) cuts(v *prover) []ControlSet {
	out := []ControlSet{}
	w := k.possible
	c := newCutter(k, v)
	before := k.lost(w)
	var set []int
	left := c.total
	for most := 1; most <= k.q.Cuts && left > 0; most++ {
		found, people, floor := c.solve(most, set)
		if people >= left {
			continue
		}
		set, left = found, people
		s := ControlSet{Controls: []Control{}, Before: before, Exact: floor >= people, Floor: floor}
		if k.controls.mixed { // the floor holds only where more controls never break less
			s.Exact, s.Floor = false, 0
		}
		var flips []horn.Flip
		for _, n := range set {
			s.Controls = append(s.Controls, k.controls.list[n])
			flips = append(flips, k.controls.flips[n]...)
		}
		w.With(flips, func() { s.After = k.lost(w) })
		out = append(out, s)
	}
	return out
}

// cutter finds the controls that together leave the fewest people.
//
// It keeps for each store the sets of controls, one for each path that was met, of which any one breaks that path. A store is saved only
// when each of its sets is hit. With some of all paths at hand a search over these sets gives too good an answer: a floor. The answer is
// then tried in the world itself; where a store is lost all the same, there is a path that was not met, whose set is added. When the
// world loses no more than the search said, no set of so many controls is better.
type cutter struct {
	k      *walker
	w      *horn.World
	ends   []uint32 // atoms of ends, the hardest to save first
	stores []uint32
	sets   [][][]int // by end
	never  []bool    // by end: a path that no control breaks
	alone  []int64   // by end: its people
	weight []int64   // by end: people who are in no end before it
	total  int64

	most   int
	chosen []int
	out    []bool // by control: not to be chosen
	in     []bool
	best   int64
	set    []int
	effort int
	work   int
	floor  int64   // below what no set can get
	credit []int64 // by control: people whom it could have a part in saving
	parts  []int   // by control: ends that it could have a part in saving
	mark   []int   // by control: the pass in which it was met
	pass   int
}

// Limits of the search for controls.
const (
	mostChecks  = 40_000_000 // of paths
	mostRounds  = 400        // between the search and the world; of a large program fewer
	leastRounds = 6
	allRounds   = 20_000_000 // times clauses
	mostWeighed = 100        // ends that are weighed one behind the other
)

// newCutter begins with the paths that were proved.
func newCutter(k *walker, v *prover) *cutter {
	c := &cutter{k: k, w: v.w, ends: v.w.All(Lost)}
	c.sets, c.never = make([][][]int, len(c.ends)), make([]bool, len(c.ends))
	for i, a := range c.ends {
		c.stores = append(c.stores, k.p.Args(a)[0])
		for _, x := range v.settled[a] {
			c.add(i, x.facts)
		}
		c.alone = append(c.alone, k.count(k.twins.all(c.stores[i:i+1])).People.Estimate)
	}
	c.total = c.people(nil)
	return c
}

// people counts whom the ends hold that are not saved; nil saves none.
func (c *cutter) people(saved []bool) int64 {
	var left []uint32
	for i, s := range c.stores {
		if saved == nil || !saved[i] {
			left = append(left, s)
		}
	}
	return c.k.count(c.k.twins.all(left)).People.Estimate
}

// meet adds the path by which an end is lost in the world as it is.
func (c *cutter) meet(end int) { c.add(end, c.w.Why(c.ends[end])) }

// add adds a path to an end by what it rests on.
func (c *cutter) add(end int, facts []uint32) {
	set := c.k.controls.onProof(facts)
	c.never[end] = c.never[end] || len(set) == 0
	if slices.ContainsFunc(c.sets[end], func(s []int) bool { return within(s, set) }) {
		return
	}
	c.sets[end] = slices.DeleteFunc(c.sets[end], func(s []int) bool { return within(set, s) })
	c.sets[end] = append(c.sets[end], set)
}

// within tells whether all of a is in b; both ascend.
func within(a, b []int) bool {
	for _, x := range a {
		if _, is := slices.BinarySearch(b, x); !is {
			return false
		}
	}
	return true
}

// solve finds the best set of at most so many controls, beginning with one that is known. People is what it leaves.
func (c *cutter) solve(most int, known []int) (set []int, people, floor int64) {
	set, people = known, c.measure(known, nil)
	c.work = mostChecks
	for round := range min(mostRounds, max(leastRounds, allRounds/(1+c.k.p.Clauses()))) {
		n := len(c.k.controls.list) // as many as paths that were met rest on
		c.most, c.chosen, c.out, c.in, c.credit = most, nil, make([]bool, n), make([]bool, n), make([]int64, n)
		c.parts, c.mark, c.pass = make([]int, n), make([]int, n), 0
		if round&(round-1) == 0 {
			c.order()
		}
		c.search(people, set)
		floor = max(0, min(people, c.floor))
		tried := c.set
		if floor == people && c.effortOf(tried) >= c.effortOf(set) {
			break
		}
		if got := c.measure(tried, c.meet); got < people || got == people && c.effortOf(tried) < c.effortOf(set) {
			set, people = tried, got
		}
	}
	for i := 0; i < len(set); { // what does as well without
		rest := slices.Delete(slices.Clone(set), i, i+1)
		if c.measure(rest, nil) > people {
			i++
		} else {
			set = rest
		}
	}
	return set, people, floor
}

// measure counts what the world loses with controls, and shows the ends that are lost although the search took them for saved.
func (c *cutter) measure(set []int, lost func(end int)) int64 {
	var flips []horn.Flip
	for _, n := range set {
		flips = append(flips, c.k.controls.flips[n]...)
	}
	var people int64
	c.w.With(flips, func() {
		saved := make([]bool, len(c.ends))
		for i, a := range c.ends {
			if saved[i] = !c.w.Met(a << 1); !saved[i] && lost != nil && c.hit(i, set) {
				lost(i)
			}
		}
		people = c.people(saved)
	})
	return people
}

// hit tells whether controls break all paths to an end that were met.
func (c *cutter) hit(end int, set []int) bool {
	return !c.never[end] && !slices.ContainsFunc(c.sets[end], func(s []int) bool { return !meets(s, set) })
}

func meets(a, b []int) bool {
	return slices.ContainsFunc(a, func(x int) bool { return slices.Contains(b, x) })
}

func (c *cutter) effortOf(set []int) int {
	sum := 0
	for _, n := range set {
		sum += c.k.controls.list[n].Effort
	}
	return sum
}

// search finds the best set over the paths that were met. What it finds is in set, and below what none can get in floor.
func (c *cutter) search(atMost int64, known []int) {
	c.best, c.set, c.effort, c.floor = atMost+1, known, 1<<30, atMost+1
	c.branch()
	c.floor = min(c.floor, c.best)
}

// order puts the ends that are hardest to save first, so that people who are in several count for the one that decides. Where there are very
// many ends those behind the first are weighed by the people whom each holds, which is more than they decide, so that a floor stays one.
func (c *cutter) order() {
	place, need := make([]int, len(c.ends)), make([]int, len(c.ends))
	for i := range place {
		place[i], need[i] = i, c.need(i, hopeless)
	}
	slices.SortStableFunc(place, func(a, b int) int { return cmp.Or(cmp.Compare(need[b], need[a]), cmp.Compare(c.alone[b], c.alone[a])) })
	c.weight = slices.Clone(c.alone)
	var before int64
	saved := make([]bool, len(c.ends))
	for i := range saved {
		saved[i] = true
	}
	for n, i := range place {
		if n == mostWeighed {
			for _, i := range place[n:] {
				c.weight[i] = min(c.alone[i], c.total-before)
			}
			break
		}
		saved[i] = false
		now := c.people(saved)
		c.weight[i], before = max(0, now-before), max(now, before)
	}
}

// need tells how many more controls an end needs at the least: sets that share none need one each. Beyond enough it does not count.
func (c *cutter) need(end, enough int) int {
	if c.never[end] {
		return hopeless
	}
	n := 0
	c.pass++
	for _, s := range c.sets[end] {
		c.work--
		hit, free, apart := false, false, true
		for _, x := range s {
			hit = hit || c.in[x]
			free = free || !c.out[x]
			apart = apart && c.mark[x] != c.pass
		}
		switch {
		case hit:
		case !free:
			return hopeless
		case apart:
			for _, x := range s {
				c.mark[x] = c.pass
			}
			if n++; n > enough {
				return n
			}
		}
	}
	return n
}

// hopeless is what an end needs that nothing saves.
const hopeless = 1 << 20

// branch tries the sets that hold what is chosen and nothing that is left out.
func (c *cutter) branch() {
	more := c.most - len(c.chosen)
	saved := make([]bool, len(c.ends))
	floor := c.total
	clear(c.credit)
	clear(c.parts)
	for i := range c.ends {
		need := c.need(i, more)
		switch {
		case need == 0:
			saved[i] = true
			floor -= c.weight[i]
		case need <= more:
			c.share(i, c.weight[i], int64(need))
		}
	}
	if floor <= c.best {
		now := c.people(saved)
		if e := c.effortOf(c.chosen); now < c.best || now == c.best && e < c.effort {
			c.best, c.set, c.effort = now, slices.Clone(c.chosen), e
		}
	}
	pick := -1
	top := make([]int64, 0, 8)
	for n, v := range c.credit {
		if c.parts[n] == 0 || c.in[n] {
			continue
		}
		if pick < 0 || v > c.credit[pick] || v == c.credit[pick] && c.parts[n] > c.parts[pick] {
			pick = n
		}
		top = append(top, v)
	}
	slices.SortFunc(top, func(a, b int64) int { return cmp.Compare(b, a) })
	for _, v := range top[:min(more, len(top))] {
		floor -= (v + creditUnit - 1) / creditUnit
	}
	if more == 0 || pick < 0 || floor >= c.best {
		return
	}
	if c.work <= 0 {
		c.floor = min(c.floor, floor)
		return
	}
	c.in[pick] = true
	c.chosen = append(c.chosen, pick)
	c.branch()
	c.chosen = c.chosen[:len(c.chosen)-1]
	c.in[pick] = false
	c.out[pick] = true
	c.branch()
	c.out[pick] = false
}

// creditUnit makes shares of people fine enough to divide.
const creditUnit = 5040

// share gives the controls that could have a part in saving an end their share of its people: whatever saves it takes so many of them.
func (c *cutter) share(end int, people, need int64) {
	c.pass++
	for _, s := range c.sets[end] {
		if slices.ContainsFunc(s, func(x int) bool { return c.in[x] }) {
			continue
		}
		for _, x := range s {
			if !c.out[x] && c.mark[x] != c.pass {
				c.mark[x] = c.pass
				c.credit[x] += (people*creditUnit + need - 1) / need
				c.parts[x]++ // also in ends that decide nobody: who is in several is saved only with all of them
			}
		}
	}
}
