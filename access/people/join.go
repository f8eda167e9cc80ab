package people

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// joiner puts marks together to persons over all resources, by the rules of estate.People: strong marks join, weak ones only where
// nothing contradicts. Its nodes are the kept marks and, behind them, those that are only linked to.
type joiner struct {
	*chooser
	ladder *ladder
	index  map[estate.Mark]uint32
	marks  []estate.Mark
	forest []uint32
	facts  []fact // of the kept marks
	beside []besides
	tidied int
	at     int
	limit  []uint8 // by list
	raw    []rawEntry
	ends   []int // by list, -1 = not come yet
	starts []int
}

type fact struct {
	states uint64 // with MinorBit
	births births
}

// besides says that something stands beside a weak mark.
type besides struct{ weak, other uint32 }

// rawEntry is a mark that a resource shows, held or only linked to.
type rawEntry struct {
	mark uint32
	what uint32 // classes and Part2Bit
}

// births are the two smallest distinct dates of birth; two are enough to know a contradiction.
type births [2]uint32

func (b *births) unite(c births) {
	for _, d := range c {
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
}

func newJoiner(c *chooser) *joiner {
	c.shrink()
	j := &joiner{chooser: c, ladder: newLadder()}
	all := c.base
	for _, l := range c.lists {
		all = append(all, l...)
	}
	slices.Sort(all)
	j.marks = slices.Clone(slices.Compact(all))
	j.index = make(map[estate.Mark]uint32, len(j.marks))
	j.forest = make([]uint32, len(j.marks))
	for i, m := range j.marks {
		j.index[m], j.forest[i] = uint32(i), uint32(i)
	}
	j.facts = make([]fact, len(j.marks))
	j.limit = c.limits(j.ladder)
	j.ends, j.starts = make([]int, len(c.nodes)), make([]int, len(c.nodes))
	c.base, c.lists = nil, nil
	return j
}

func (j *joiner) root(i uint32) uint32 { return root(j.forest, i) }

func root(f []uint32, i uint32) uint32 {
	for f[i] != i {
		f[i] = f[f[i]]
		i = f[i]
	}
	return i
}

func join(f []uint32, a, b uint32) { f[root(f, a)] = root(f, b) }

func (j *joiner) node(m estate.Mark) uint32 {
	i, ok := j.index[m]
	if !ok {
		i = uint32(len(j.marks))
		j.index[m] = i
		j.marks, j.forest = append(j.marks, m), append(j.forest, i)
	}
	return i
}

// resource takes one sketch.
func (j *joiner) resource(node uint32, people *estate.People) error {
	list, ok := j.known[node]
	if !ok || j.ends[list] != 0 {
		return fmt.Errorf("%w: resource %d came not at first, or comes twice", ErrSource, node)
	}
	start := len(j.raw)
	_, all := people.Sightings()
	for see := range all {
		if i, ok := j.index[see.Mark]; ok && int(i) < len(j.facts) {
			j.sight(i, see, j.limit[list])
		}
	}
	slices.SortFunc(j.raw[start:], func(a, b rawEntry) int { return cmp.Compare(a.mark, b.mark) })
	out := start
	for _, e := range j.raw[start:] {
		if out > start && j.raw[out-1].mark == e.mark {
			j.raw[out-1].what |= e.what
		} else {
			j.raw[out] = e
			out++
		}
	}
	j.raw = j.raw[:out]
	j.starts[list], j.ends[list] = start, out+1
	j.at++
	return nil
}

// sight takes what stands beside one mark. What joins counts wherever it is seen; as shown by the resource it counts only where the
// list is complete.
func (j *joiner) sight(i uint32, see *estate.Sighting, limit uint8) {
	f := &j.facts[i]
	f.states |= see.States &^ (1 << MinorBit)
	if see.Minor {
		f.states |= 1 << MinorBit
	}
	f.births.unite(see.Births)
	what := uint32(see.Classes & (1<<phi.NumClasses - 1))
	if see.Part2 {
		what |= 1 << Part2Bit
	}
	complete := j.ladder.of(see.Mark) >= limit
	if complete {
		j.raw = append(j.raw, rawEntry{i, what})
	}
	for _, l := range see.Links {
		at := j.node(l)
		switch {
		case see.Mark.Weak():
			j.beside = append(j.beside, besides{i, at})
		case l.Weak():
			j.beside = append(j.beside, besides{at, i})
		default:
			join(j.forest, i, at)
		}
		if complete && j.ladder.of(l) < limit {
			j.raw = append(j.raw, rawEntry{at, 0})
		}
	}
	if len(j.beside) > 2*j.tidied+1<<20 {
		j.tidy()
	}
}

func (j *joiner) tidy() {
	slices.SortFunc(j.beside, func(a, b besides) int {
		return cmp.Or(cmp.Compare(a.weak, b.weak), cmp.Compare(a.other, b.other))
	})
	j.beside = slices.Compact(j.beside)
	j.tidied = len(j.beside)
}

// born gives the dates of birth by root of a forest, those beside weak marks too if asked for.
func (j *joiner) born(f []uint32, weak bool) []births {
	out := make([]births, len(j.marks))
	for i := range j.facts {
		if weak || !j.marks[i].Weak() {
			out[root(f, uint32(i))].unite(j.facts[i].births)
		}
	}
	return out
}

func (j *joiner) joinWeak(f []uint32, shared []bool) {
	for _, e := range j.beside {
		if !shared[e.weak] && !shared[e.other] {
			join(f, e.other, e.weak)
		}
	}
}

// settle joins weak marks, and tells which of them are several persons' and so nobody's.
func (j *joiner) settle() []bool {
	shared := j.judge()
	together := slices.Clone(j.forest)
	j.joinWeak(together, shared)
	born := j.born(together, true)
	for _, e := range j.beside {
		if born[root(together, e.weak)][1] != 0 {
			shared[e.weak] = true
		}
	}
	j.joinWeak(j.forest, shared)
	return shared
}

// judge finds the weak marks that several persons share, as estate.People does.
func (j *joiner) judge() []bool {
	type company struct {
		born            births
		numbered        uint32
		several, unborn bool
	}
	born := j.born(j.forest, false)
	numbered := make([]bool, len(j.marks))
	for i, m := range j.marks {
		if m.Number() {
			numbered[j.root(uint32(i))] = true
		}
	}
	found := map[uint32]*company{}
	for _, e := range j.beside {
		v, r := found[e.weak], j.root(e.other)
		if v == nil {
			v = &company{}
			found[e.weak] = v
		}
		v.born.unite(born[r])
		if numbered[r] {
			v.several = v.several || v.numbered != 0 && v.numbered != r+1
			v.numbered = r + 1
			v.unborn = v.unborn || born[r][0] == 0 || born[r][1] != 0
		}
	}
	shared := make([]bool, len(j.marks))
	for weak, v := range found {
		if int(weak) < len(j.facts) {
			v.born.unite(j.facts[weak].births)
		}
		shared[weak] = v.born[1] != 0 || !j.marks[weak].Number() && v.several && v.unborn
	}
	return shared
}

// all numbers the persons by their smallest mark, and writes what each resource shows of them.
func (j *joiner) all() *Lists {
	j.index = nil
	shared := j.settle()
	p, person, bit := j.persons(shared)
	order := make([]uint32, len(j.nodes))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return cmp.Compare(j.nodes[a], j.nodes[b]) })
	known := map[uint64]uint32{}
	p.Off = []uint32{0}
	for _, list := range order {
		raw := j.raw[j.starts[list] : j.ends[list]-1]
		slices.SortFunc(raw, func(a, b rawEntry) int { return cmp.Compare(person[a.mark], person[b.mark]) })
		for i := 0; i < len(raw); {
			w, shown := person[raw[i].mark], uint64(0)
			for ; i < len(raw) && person[raw[i].mark] == w; i++ {
				shown |= 1<<(32+bit[raw[i].mark]) | uint64(raw[i].what)
			}
			if w == 0 {
				continue
			}
			at, ok := known[shown]
			if !ok {
				at = uint32(len(p.Shows))
				known[shown] = at
				p.Shows = append(p.Shows, shown)
			}
			p.Who, p.What = append(p.Who, w-1), append(p.What, at)
		}
		p.Nodes, p.Limit, p.Off = append(p.Nodes, j.nodes[list]), append(p.Limit, j.limit[list]), append(p.Off, uint32(len(p.Who)))
	}
	p.Who, p.What = slices.Clip(p.Who), slices.Clip(p.What)
	return p
}

// persons gives by mark its person plus one, 0 where it is nobody's, and which of his marks it is.
func (j *joiner) persons(shared []bool) (p *Lists, person []uint32, bit []uint8) {
	order := make([]uint32, 0, len(j.marks))
	kept := make([]bool, len(j.marks)) // by root: a mark of it was kept
	for i := range j.marks {
		if !shared[i] {
			order = append(order, uint32(i))
			if i < len(j.facts) {
				kept[j.root(uint32(i))] = true
			}
		}
	}
	slices.SortFunc(order, func(a, b uint32) int { return cmp.Compare(j.marks[a], j.marks[b]) })
	p = &Lists{}
	person, bit = make([]uint32, len(j.marks)), make([]uint8, len(j.marks))
	byRoot := make([]uint32, len(j.marks))
	var count []uint8
	for _, i := range order {
		r := j.root(i)
		if !kept[r] {
			continue
		}
		if byRoot[r] == 0 {
			p.States, count = append(p.States, 0), append(count, 0)
			byRoot[r] = uint32(len(p.States))
		}
		w := byRoot[r]
		person[i], bit[i] = w, min(count[w-1], ShownMarks-1)
		count[w-1] = min(count[w-1]+1, ShownMarks)
		if int(i) < len(j.facts) {
			p.States[w-1] |= j.facts[i].states
		}
	}
	p.GradOff = make([]uint32, len(p.States)+1)
	for w, n := range count {
		p.GradOff[w+1] = p.GradOff[w] + uint32(n)
	}
	p.Grad = make([]uint8, p.GradOff[len(p.States)])
	for _, i := range order {
		if w := person[i]; w != 0 {
			at := &p.Grad[p.GradOff[w-1]+uint32(bit[i])]
			*at = max(*at, j.ladder.of(j.marks[i]))
		}
	}
	return p, person, bit
}
