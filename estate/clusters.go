package estate

import (
	"maps"
	"slices"
)

// forest is a union-find over marks.
type forest struct {
	index  map[Mark]int32
	parent []int32
}

func (f *forest) node(m Mark) int32 {
	i, ok := f.index[m]
	if !ok {
		i = int32(len(f.parent))
		f.index[m] = i
		f.parent = append(f.parent, i)
	}
	return i
}

func (f *forest) root(i int32) int32 {
	for f.parent[i] != i {
		f.parent[i] = f.parent[f.parent[i]]
		i = f.parent[i]
	}
	return i
}

func (f *forest) clone() *forest { return &forest{maps.Clone(f.index), slices.Clone(f.parent)} }

func (f *forest) join(a, b Mark) { f.parent[f.root(f.node(a))] = f.root(f.node(b)) }

// clusters puts the marks together to persons: strong marks first, then weak ones where no two dates of
// birth contradict each other. A weak mark that two persons share is nobody's.
func (p *People) clusters() []*cluster {
	f := &forest{index: make(map[Mark]int32, 2*len(p.held))}
	marks := p.marks()
	beside := map[Mark][]Mark{} // what stands beside each weak mark, held or not
	for _, m := range marks {
		f.node(m)
		for _, l := range p.held[m].links[:p.held[m].n] {
			f.node(l)
			switch {
			case m.Weak():
				beside[m] = append(beside[m], l)
			case l.Weak():
				beside[l] = append(beside[l], m)
			default:
				f.join(m, l)
			}
		}
	}
	return p.gather(f, marks, p.joinAllWeak(f, marks, beside))
}

// joinAllWeak links the weak marks, and gives those that are shared by several persons, and so are nobody's. The result does not
// depend on any order: each mark is judged by what is strong, and where those that pass would together make one person of
// two dates of birth, all of them are given up.
func (p *People) joinAllWeak(f *forest, marks []Mark, beside map[Mark][]Mark) map[Mark]bool {
	k := known{f, p.births(f, marks, false), map[int32]bool{}}
	for m, i := range f.index {
		if m.Number() {
			k.numbered[f.root(i)] = true
		}
	}
	shared := map[Mark]bool{}
	for m, others := range beside {
		shared[m] = !p.agrees(&k, m, others)
	}
	together := f.clone()
	together.joinWeak(beside, shared)
	births := p.births(together, marks, true)
	for m := range beside {
		shared[m] = shared[m] || len(births[together.root(together.node(m))]) > 1
	}
	f.joinWeak(beside, shared)
	return shared
}

// joinWeak links the weak marks that are not shared with all beside them that is not shared.
func (f *forest) joinWeak(beside map[Mark][]Mark, shared map[Mark]bool) {
	for m, others := range beside {
		for _, l := range others {
			if !shared[m] && !shared[l] {
				f.join(l, m)
			}
		}
	}
}

// known is what is known of the clusters, by root.
type known struct {
	*forest
	births   map[int32][]uint32
	numbered map[int32]bool // it has a record number
}

// births gives the dates of birth of each cluster, those beside weak marks too if asked for.
func (p *People) births(f *forest, marks []Mark, weak bool) map[int32][]uint32 {
	births := map[int32][]uint32{}
	for _, m := range marks {
		if m.Weak() && !weak {
			continue
		}
		r := f.root(f.node(m))
		births[r] = unite(births[r], p.held[m].births[:])
	}
	return births
}

func unite(a, b []uint32) []uint32 {
	for _, x := range b {
		if x != 0 && !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}

// agrees tells whether a weak mark may be one person's: the clusters beside it have no two dates of birth, and not each a
// record number of its own, unless a date of birth says that they are one all the same.
func (p *People) agrees(k *known, m Mark, beside []Mark) bool {
	var all []uint32
	if s := p.held[m]; s != nil {
		all = unite(all, s.births[:])
	}
	numbered, born := map[int32]bool{}, true
	for _, l := range beside {
		r := k.root(k.node(l))
		all = unite(all, k.births[r])
		if k.numbered[r] {
			numbered[r] = true
			born = born && len(k.births[r]) == 1
		}
	}
	return len(all) < 2 && (m.Number() || len(numbered) < 2 || born)
}

// gather sums up what the sightings say of each person.
func (p *People) gather(f *forest, marks []Mark, shared map[Mark]bool) []*cluster {
	known := map[int32]int{}
	for m, i := range f.index {
		if !shared[m] {
			known[f.root(i)]++
		}
	}
	byRoot := map[int32]*cluster{}
	var out []*cluster
	for _, m := range marks {
		if shared[m] {
			continue
		}
		r := f.root(f.node(m))
		c := byRoot[r]
		if c == nil {
			c = &cluster{known: known[r]}
			byRoot[r] = c
			out = append(out, c)
		}
		s := p.held[m]
		c.held++
		c.states |= s.states
		c.classes |= s.classes
		c.minor = c.minor || s.minor
		c.part2 = c.part2 || s.part2
	}
	return out
}
