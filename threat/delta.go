package threat

import (
	"maps"
	"slices"

	"github.com/chartroom/chartroom/threat/horn"
)

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
