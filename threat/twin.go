package threat

import (
	"cmp"
	"maps"
	"slices"
)

// twins are classes of names of whom the same is known: a hundred users of one role, forty stores that the same people read. One of each
// class is enough to find what the crew can do, as whatever it does with one it can do with any other, and nothing in a row asks for two
// that differ.
type twins struct {
	facts   *Facts // of those who stand for their class; names, numbers and origins are shared with the whole
	of      []uint32
	members map[uint32][]uint32 // of classes of more than one, by who stands for it; ascending by name
}

// signature is a sum over the facts of a name, so that their order does not count; 128 bits of it, as what is alike by chance would be
// taken for the same.
type signature [2]uint64

// pair finds the classes. The names of keep stay alone: constants of rows, and whom somebody asked about.
func pair(f *Facts, keep map[uint32]bool) *twins {
	t := &twins{facts: f, of: make([]uint32, len(f.names)), members: map[uint32][]uint32{}}
	for n := range t.of {
		t.of[n] = uint32(n)
	}
	predicates := slices.Sorted(maps.Keys(f.tables))
	for range mostRoundsOfTwins { // those who differed by names that are twins are twins now
		if !t.round(predicates, keep) {
			break
		}
	}
	for n, r := range t.of {
		for t.of[r] != r {
			r = t.of[r]
		}
		if t.of[n] = r; int(r) != n {
			t.members[r] = append(t.members[r], uint32(n))
		}
	}
	for r, m := range t.members {
		m = append(m, r)
		slices.SortFunc(m, func(a, b uint32) int { return cmp.Compare(f.names[a], f.names[b]) })
		t.members[r] = m
	}
	return t
}

// mostRoundsOfTwins bounds chains of names each of which is a twin only once the next is. Fewer twins are more work, and the same answer.
const mostRoundsOfTwins = 8

// round puts those together of whom the very same facts are told, and keeps the facts of one of them; false when nobody was.
func (t *twins) round(predicates []string, keep map[uint32]bool) bool {
	f := t.facts
	sums := make([]signature, len(f.names))
	for number, p := range predicates {
		x := f.tables[p]
		for i, s := range x.States {
			args := x.Args[i*x.Arity : (i+1)*x.Arity]
			for at, a := range args {
				h := mix(uint64(number)<<16 | uint64(at)<<8 | uint64(s))
				for k, other := range args {
					if k != at {
						h = mix(h ^ uint64(other)<<8 ^ uint64(k))
					}
				}
				sums[a][0] += h
				sums[a][1] += mix(h + 0x51)
			}
		}
	}
	order := make([]uint32, 0, len(sums))
	for n, s := range sums {
		if s != (signature{}) && !keep[uint32(n)] {
			order = append(order, uint32(n))
		}
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(sums[a][0], sums[b][0]), cmp.Compare(sums[a][1], sums[b][1]), cmp.Compare(f.names[a], f.names[b]))
	})
	found := false
	for i := 1; i < len(order); i++ {
		if sums[order[i]] == sums[order[i-1]] {
			t.of[order[i]] = t.of[order[i-1]]
			found = true
		}
	}
	if found {
		t.facts = t.kept(predicates)
	}
	return found
}

// kept are the facts among those who stand for their class.
func (t *twins) kept(predicates []string) *Facts {
	f := t.facts
	out := &Facts{names: f.names, numbers: f.numbers, tables: map[string]*Table{}, origins: f.origins}
	for _, p := range predicates {
		x := f.tables[p]
		y := &Table{Arity: x.Arity}
		for i, s := range x.States {
			args := x.Args[i*x.Arity : (i+1)*x.Arity]
			if !slices.ContainsFunc(args, func(a uint32) bool { return t.of[a] != a }) {
				y.Args, y.States, y.Origin = append(y.Args, args...), append(y.States, s), append(y.Origin, x.Origin[i])
			}
		}
		out.tables[p] = y
	}
	return out
}

// all gives the members of some classes, ascending.
func (t *twins) all(names []uint32) []uint32 {
	out := make([]uint32, 0, len(names))
	for _, n := range names {
		if m := t.members[n]; m != nil {
			out = append(out, m...)
		} else {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// size tells how many names a class has.
func (t *twins) size(name uint32) int { return max(1, len(t.members[name])) }

// mix spreads the bits of a number (the finalizer of MurmurHash3).
func mix(x uint64) uint64 {
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
