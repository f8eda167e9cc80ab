package threat

import (
	"slices"

	"github.com/chartroom/chartroom/threat/horn"
)

// LeastLeft tries every set of so many controls, of all that there are in the answer to an input, in the world itself.
func LeastLeft(in Input, most int) (least []int64, controls int, err error) {
	k, err := newWalker(in)
	if err != nil {
		return nil, 0, err
	}
	for c := range uint32(k.p.Clauses()) { // what nothing rests on is no use to anybody
		if k.possible.Fires(c) {
			k.controls.onProof(slices.DeleteFunc(slices.Clone(k.p.Uses(c)), func(l uint32) bool { return k.p.Derived(l >> 1) }))
		}
	}
	least = make([]int64, most+1)
	for i := range least {
		least[i] = k.lost(k.possible).People.Estimate
	}
	var pick func(from int, flips []horn.Flip, n int)
	pick = func(from int, flips []horn.Flip, n int) {
		k.possible.With(flips, func() {
			for i := n; i <= most; i++ {
				least[i] = min(least[i], k.lost(k.possible).People.Estimate)
			}
		})
		for i := from; i < len(k.controls.list) && n < most; i++ {
			pick(i+1, slices.Concat(flips, k.controls.flips[i]), n+1)
		}
	}
	pick(0, nil, 0)
	return least, len(k.controls.list), nil
}

// Proved are the sets of facts that are proved for each store, as text.
func Proved(in Input) (map[string][][]string, bool, error) {
	k, err := newWalker(in)
	if err != nil {
		return nil, false, err
	}
	v := prove(k.p, k.possible)
	out := map[string][][]string{}
	for _, a := range k.possible.All(Lost) {
		store := k.q.Facts.names[k.p.Args(a)[0]]
		for _, x := range v.settled[a] {
			var set []string
			for _, l := range x.facts {
				set = append(set, k.fact(l))
			}
			out[store] = append(out[store], set)
		}
	}
	return out, v.short, nil
}

// Losses gives what is lost for sure, and perhaps.
func Losses(in Input) (certain, possible Loss, err error) {
	k, err := newWalker(in)
	if err != nil {
		return certain, possible, err
	}
	return k.lost(k.certain), k.lost(k.possible), nil
}
