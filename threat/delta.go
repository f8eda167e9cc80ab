package threat

import (
	"cmp"
	"maps"
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

// custody gives whose estate each name belongs to.
func (k *walker) custody() map[uint32]uint32 {
	out := map[uint32]uint32{}
	if t := k.q.Facts.tables[custodian]; t != nil && t.Arity == 2 {
		for i, s := range t.States {
			if s != No {
				out[t.Args[2*i]] = t.Args[2*i+1]
			}
		}
	}
	return out
}

// crosses tells whether a fact leads from one custodian's estate into another's.
func (k *walker) crosses(l uint32) bool {
	first, known := uint32(0), false
	for _, a := range k.p.Args(l >> 1) {
		switch c, is := k.custodians[a]; {
		case !is || l&1 != 0:
		case !known:
			first, known = c, true
		case c != first:
			return true
		}
	}
	return false
}

// custodiansOf names whose estates some names belong to, in their order.
func (k *walker) custodiansOf(of []uint32) []string {
	out := []string{}
	for _, n := range of {
		if c, is := k.custodians[n]; is && !slices.Contains(out, k.q.Facts.names[c]) {
			out = append(out, k.q.Facts.names[c])
		}
	}
	return out
}

// delta tells what is lost by facts that lead across custodians; nil where there is only one.
func (k *walker) delta(paths []Path) *Delta {
	all := map[uint32]bool{}
	for _, c := range k.custodians {
		all[c] = true
	}
	if len(all) < 2 {
		return nil
	}
	out := &Delta{Joined: k.lost(k.possible), Paths: []string{}, Each: map[string]Loss{}}
	var flips []horn.Flip
	for a := range uint32(k.p.Atoms()) {
		if !k.p.Derived(a) && k.crosses(a<<1) {
			flips = append(flips, horn.Flip{Atom: a})
		}
	}
	k.possible.With(flips, func() { out.Apart = k.lost(k.possible) })
	for _, p := range paths {
		if p.Joined {
			out.Paths = append(out.Paths, p.ID)
		}
	}
	by := map[uint32][]uint32{}
	for _, s := range k.twins.all(k.possible.Firsts(Lost)) {
		if c, is := k.custodians[s]; is {
			by[c] = append(by[c], s)
		}
	}
	for _, c := range slices.Sorted(maps.Keys(by)) {
		out.Each[k.q.Facts.names[c]] = k.count(by[c])
	}
	return out
}

// mostQuestions is how many questions are put.
const mostQuestions = 50

// questions tells what would settle the paths that hang on what is not known, those first with the most people at stake.
func (k *walker) questions(ways []*way) []Question {
	type open struct {
		Question
		stores map[uint32]bool
	}
	by := map[string]*open{}
	for _, y := range ways {
		if y.certain {
			continue
		}
		for _, l := range y.proofs[0].facts {
			if k.p.Sure(l) {
				continue
			}
			u := k.use(l)
			words := cmp.Or(u.Question, "Is it so that "+u.Words+"?")
			q := by[words]
			if q == nil {
				q = &open{Question{Words: words, Fact: k.fact(l &^ 1)}, map[uint32]bool{}}
				by[words] = q
			}
			q.Paths++
			for _, s := range y.stores {
				q.stores[s] = true
			}
		}
	}
	out := []Question{}
	for _, words := range slices.Sorted(maps.Keys(by)) {
		q := by[words]
		q.People = k.count(slices.Sorted(maps.Keys(q.stores))).People
		out = append(out, q.Question)
	}
	slices.SortStableFunc(out, func(a, b Question) int {
		return cmp.Or(cmp.Compare(b.People.Estimate, a.People.Estimate), cmp.Compare(b.Paths, a.Paths))
	})
	return out[:min(mostQuestions, len(out))]
}
