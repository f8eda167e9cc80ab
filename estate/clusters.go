package estate

// births are the smallest distinct dates of birth that were seen; two are enough to know a contradiction.
type births [2]uint32

func (b *births) add(d uint32) {
	switch {
	case d == 0 || d == b[0] || d == b[1]:
	case b[0] == 0:
		b[0] = d
	case d < b[0]:
		b[1], b[0] = b[0], d
	case b[1] == 0 || d < b[1]:
		b[1] = d
	}
}

func (b *births) unite(c births) {
	b.add(c[0])
	b.add(c[1])
}

// forest is a union-find over nodes.
type forest []int32

func (f forest) root(i int32) int32 {
	for f[i] != i {
		f[i] = f[f[i]]
		i = f[i]
	}
	return i
}

func (f forest) join(a, b int32) { f[f.root(a)] = f.root(b) }

// graph holds the marks of a sketch as nodes: those that are held first, ascending, then those that are only linked to.
type graph struct {
	marks  []Mark
	seen   []*sighting // of the nodes that are held
	edges  []edge      // beside weak marks
	shared []bool      // by node: a weak mark of several persons, and so nobody's
	forest
}

// edge says that something stands beside a weak mark.
type edge struct{ weak, other int32 }

// graph joins what strong marks link, and notes what stands beside weak ones.
func (p *People) graph() *graph {
	g := &graph{marks: p.marks()}
	index := make(map[Mark]int32, 2*len(g.marks))
	for i, m := range g.marks {
		index[m] = int32(i)
		g.seen = append(g.seen, p.held[m])
		g.forest = append(g.forest, int32(i))
	}
	for i, s := range g.seen {
		m := g.marks[i]
		for _, l := range s.links[:s.n] {
			at, ok := index[l]
			if !ok {
				at = int32(len(g.forest))
				index[l] = at
				g.marks, g.forest = append(g.marks, l), append(g.forest, at)
			}
			switch {
			case m.Weak():
				g.edges = append(g.edges, edge{int32(i), at})
			case l.Weak():
				g.edges = append(g.edges, edge{at, int32(i)})
			default:
				g.join(int32(i), at)
			}
		}
	}
	g.shared = make([]bool, len(g.marks))
	return g
}

// born gives the dates of birth by root of a forest, those beside weak marks too if asked for.
func (g *graph) born(f forest, weak bool) []births {
	out := make([]births, len(g.marks))
	for i, s := range g.seen {
		if weak || !g.marks[i].Weak() {
			out[f.root(int32(i))].unite(s.births)
		}
	}
	return out
}

// joinWeak joins what stands beside weak marks, where neither is shared.
func (g *graph) joinWeak(f forest) {
	for _, e := range g.edges {
		if !g.shared[e.weak] && !g.shared[e.other] {
			f.join(e.other, e.weak)
		}
	}
}

// clusters puts the marks together to persons: strong marks first, then weak ones where no two dates of birth contradict each
// other. The result does not depend on any order: each weak mark is judged by what is strong, and where those that pass would
// together make one person of two dates of birth, all of them are given up.
func (p *People) clusters() []*cluster {
	g := p.graph()
	g.judgeWeak()
	together := append(forest(nil), g.forest...)
	g.joinWeak(together)
	born := g.born(together, true)
	for _, e := range g.edges {
		if born[together.root(e.weak)][1] != 0 {
			g.shared[e.weak] = true
		}
	}
	g.joinWeak(g.forest)
	return g.gather()
}

// company is what stands beside one weak mark.
type company struct {
	born     births
	numbered int32 // root of a cluster with a record number, plus one
	several  bool  // more than one such cluster
	unborn   bool  // of one of them the date of birth is not known, or not one
}

// judgeWeak finds the weak marks that several persons share: the clusters beside it have two dates of birth, or each a
// record number of its own, and no date of birth says that they are one all the same.
func (g *graph) judgeWeak() {
	born := g.born(g.forest, false)
	numbered := make([]bool, len(g.marks))
	for i, m := range g.marks {
		if m.Number() {
			numbered[g.root(int32(i))] = true
		}
	}
	found := make([]company, len(g.marks))
	for _, e := range g.edges {
		v, r := &found[e.weak], g.root(e.other)
		v.born.unite(born[r])
		if numbered[r] {
			v.several = v.several || v.numbered != 0 && v.numbered != r+1
			v.numbered = r + 1
			v.unborn = v.unborn || born[r][0] == 0 || born[r][1] != 0
		}
	}
	for _, e := range g.edges {
		v := &found[e.weak]
		if int(e.weak) < len(g.seen) {
			v.born.unite(g.seen[e.weak].births)
		}
		g.shared[e.weak] = v.born[1] != 0 || !g.marks[e.weak].Number() && v.several && v.unborn
	}
}

// gather sums up what the sightings say of each person.
func (g *graph) gather() []*cluster {
	known := make([]int, len(g.marks))
	for i := range g.marks {
		if !g.shared[i] {
			known[g.root(int32(i))]++
		}
	}
	byRoot := make([]*cluster, len(g.marks))
	var out []*cluster
	for i, s := range g.seen {
		if g.shared[i] {
			continue
		}
		r := g.root(int32(i))
		c := byRoot[r]
		if c == nil {
			c = &cluster{known: known[r]}
			byRoot[r] = c
			out = append(out, c)
		}
		c.held++
		c.states |= s.states
		c.classes |= s.classes
		c.minor = c.minor || s.minor
		c.part2 = c.part2 || s.part2
	}
	return out
}
