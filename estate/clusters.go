package estate

import "slices"

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
	k := known{f, p.births(f, marks), map[int32]bool{}}
	for m, i := range f.index {
		if m.Number() {
			k.numbered[f.root(i)] = true
		}
	}
	shared := map[Mark]bool{}
	for _, m := range sortedKeys(beside) {
		if !p.joinWeak(&k, m, beside[m]) {
			shared[m] = true
		}
	}
	return p.gather(f, marks, shared)
}

// known is what is known of the clusters, by root, while weak marks are put to them.
type known struct {
	*forest
	births   map[int32][]uint32
	numbered map[int32]bool // it has a record number
}

func sortedKeys(m map[Mark][]Mark) []Mark {
	keys := make([]Mark, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// births gives the dates of birth of each strong cluster.
func (p *People) births(f *forest, marks []Mark) map[int32][]uint32 {
	births := map[int32][]uint32{}
	for _, m := range marks {
		if m.Weak() {
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

// joinWeak links a weak mark with the clusters beside it, unless they are of different people: their dates of birth differ, or
// each has a record number of its own, and no date of birth says that they are one all the same.
func (p *People) joinWeak(k *known, m Mark, beside []Mark) bool {
	own := k.root(k.node(m))
	all := unite(nil, k.births[own])
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
	if len(all) > 1 || !m.Number() && len(numbered) > 1 && !born {
		return false
	}
	has := k.numbered[own] || len(numbered) > 0
	for _, l := range beside {
		k.join(l, m)
	}
	r := k.root(k.node(m))
	k.births[r], k.numbered[r] = all, has
	return true
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
