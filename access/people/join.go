package people

import (
	"cmp"
	"fmt"
	"iter"
	"math/bits"
	"slices"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// joiner puts marks together to persons over all resources, by the rules of estate.People: strong marks join, weak ones only where
// nothing contradicts. Its nodes are the kept marks and, behind them, those that are only linked to. There may be millions of marks, so what is
// held of each is counted: no map, and nothing twice.
type joiner struct {
	*chooser
	ladder  *ladder
	marks   []estate.Mark // the kept ones ascending
	kept    int
	under   []uint32 // by the leading bits of a mark: how many of the kept ones are below
	shift   int      // what is behind these bits
	linked  map[estate.Mark]uint32
	forest  []uint32
	states  []uint64 // of the kept marks, with MinorBit
	births  []births // of all marks
	beside  []besides
	tidied  int
	at      int
	limit   []uint8      // by list
	shows   [][]rawEntry // by list, by mark; nil = not come yet
	scratch []rawEntry
}

// marksABucket is how many kept marks have the same leading bits, about, as marks are spread evenly.
const marksABucket = 16

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
	j := &joiner{chooser: c, ladder: newLadder(), linked: map[estate.Mark]uint32{}, marks: c.keep()}
	j.limit, j.kept = c.limits(j.ladder), len(j.marks)
	j.forest, j.states, j.births = make([]uint32, j.kept), make([]uint64, j.kept), make([]births, j.kept)
	for i := range j.forest {
		j.forest[i] = uint32(i)
	}
	j.shows = make([][]rawEntry, len(c.nodes))
	lead := bits.Len(uint(j.kept / marksABucket))
	if j.kept > 0 {
		j.shift = max(0, bits.Len64(uint64(j.marks[j.kept-1]))-lead)
	}
	j.under = make([]uint32, 1<<lead+1)
	for _, m := range j.marks {
		j.under[m>>j.shift+1]++
	}
	for i := range 1 << lead {
		j.under[i+1] += j.under[i]
	}
	return j
}

// find gives the number of a kept mark.
func (j *joiner) find(m estate.Mark) (uint32, bool) {
	b := m >> j.shift
	if b >= estate.Mark(len(j.under)-1) {
		return 0, false
	}
	from := j.under[b]
	at, is := slices.BinarySearch(j.marks[from:j.under[b+1]], m)
	return from + uint32(at), is
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

// node gives the number of a mark that is linked to.
func (j *joiner) node(m estate.Mark) uint32 {
	if i, ok := j.find(m); ok {
		return i
	}
	i, ok := j.linked[m]
	if !ok {
		i = uint32(len(j.marks))
		j.linked[m] = i
		j.marks, j.forest, j.births = append(j.marks, m), append(j.forest, i), append(j.births, births{})
	}
	return i
}

// resource takes one sketch.
func (j *joiner) resource(node uint32, people *estate.People) error {
	list, ok := j.known[node]
	if !ok || j.shows[list] != nil {
		return fmt.Errorf("%w: resource %d came not at first, or comes twice", ErrSource, node)
	}
	j.scratch = j.scratch[:0]
	_, all := people.Sightings()
	for see := range all {
		if i, ok := j.find(see.Mark); ok {
			j.sight(i, see, j.limit[list])
		}
	}
	slices.SortFunc(j.scratch, func(a, b rawEntry) int { return cmp.Compare(a.mark, b.mark) })
	out := 0
	for _, e := range j.scratch {
		if out > 0 && j.scratch[out-1].mark == e.mark {
			j.scratch[out-1].what |= e.what
		} else {
			j.scratch[out] = e
			out++
		}
	}
	j.shows[list] = append(make([]rawEntry, 0, out), j.scratch[:out]...)
	j.at++
	return nil
}

// sight takes what stands beside one mark. What joins counts wherever it is seen; as shown by the resource it counts only where the
// list is complete.
func (j *joiner) sight(i uint32, see *estate.Sighting, limit uint8) {
	j.states[i] |= see.States &^ (1 << MinorBit)
	if see.Minor {
		j.states[i] |= 1 << MinorBit
	}
	j.births[i].unite(see.Births)
	what := uint32(see.Classes & (1<<phi.NumClasses - 1))
	if see.Part2 {
		what |= 1 << Part2Bit
	}
	complete := j.ladder.of(see.Mark) >= limit
	if complete {
		j.scratch = append(j.scratch, rawEntry{i, what})
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
			j.scratch = append(j.scratch, rawEntry{at, 0})
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

// born unites the dates of birth of kept marks at the roots of a forest, those of weak marks too if asked for. Once united they stay so: the
// next forest joins more, and never less.
func (j *joiner) born(f []uint32, weak bool) {
	for i := range uint32(j.kept) {
		if weak || !j.marks[i].Weak() {
			j.births[root(f, i)].unite(j.births[i])
		}
	}
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
	j.tidy()
	shared := j.judge()
	together := slices.Clone(j.forest)
	j.joinWeak(together, shared)
	j.born(together, true)
	for _, e := range j.beside {
		if j.births[root(together, e.weak)][1] != 0 {
			shared[e.weak] = true
		}
	}
	j.joinWeak(j.forest, shared)
	j.births, j.beside = nil, nil
	return shared
}

// company is what stands beside a weak mark.
type company struct {
	born            births
	numbered        uint32 // the root of a person with a number, plus one
	several, unborn bool
}

// judge finds the weak marks that several persons share, as estate.People does. No weak mark is joined yet.
func (j *joiner) judge() []bool {
	j.born(j.forest, false)
	numbered := make([]bool, len(j.marks))
	for i, m := range j.marks {
		if m.Number() {
			numbered[j.root(uint32(i))] = true
		}
	}
	shared := make([]bool, len(j.marks))
	for rest := j.beside; len(rest) > 0; {
		var v company
		weak := rest[0].weak
		for ; len(rest) > 0 && rest[0].weak == weak; rest = rest[1:] {
			r := j.root(rest[0].other)
			var born births
			if !j.marks[r].Weak() { // the dates of a weak one are nobody's yet
				born = j.births[r]
			}
			v.born.unite(born)
			if numbered[r] {
				v.several = v.several || v.numbered != 0 && v.numbered != r+1
				v.numbered = r + 1
				v.unborn = v.unborn || born[0] == 0 || born[1] != 0
			}
		}
		v.born.unite(j.births[weak])
		shared[weak] = v.born[1] != 0 || !j.marks[weak].Number() && v.several && v.unborn
	}
	return shared
}

// crowd is the persons by their marks.
type crowd struct {
	*joiner
	shared []bool
	number []uint32 // by root: the person plus one
	bit    []uint8  // by mark: which of the person's marks it is
}

// person gives the person of a mark plus one; 0 where it is nobody's.
func (c *crowd) person(mark uint32) uint32 {
	if c.shared[mark] {
		return 0
	}
	return c.number[c.root(mark)]
}

// all numbers the persons by their smallest mark, and writes what each resource shows of them.
func (j *joiner) all() *Lists {
	j.linked, j.under = nil, nil
	c := &crowd{joiner: j, shared: j.settle(), number: make([]uint32, len(j.marks)), bit: make([]uint8, len(j.marks))}
	p := c.persons()
	j.marks, j.states = nil, nil
	order := make([]uint32, len(j.nodes))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return cmp.Compare(j.nodes[a], j.nodes[b]) })
	known := map[uint64]uint32{}
	var shown []showing
	p.Off = []uint32{0}
	for _, list := range order {
		shown = c.shown(shown[:0], j.shows[list])
		j.shows[list] = nil
		for _, s := range shown {
			at, ok := known[s.what]
			if !ok {
				at = uint32(len(p.Shows))
				known[s.what] = at
				p.Shows = append(p.Shows, s.what)
			}
			p.Who, p.What = append(p.Who, s.person-1), append(p.What, at)
		}
		p.Nodes, p.Limit, p.Off = append(p.Nodes, j.nodes[list]), append(p.Limit, j.limit[list]), append(p.Off, uint32(len(p.Who)))
	}
	p.Who, p.What = slices.Clip(p.Who), slices.Clip(p.What)
	return p
}

// showing is what a resource shows of a person (plus one): marks, classes and Part2Bit.
type showing struct {
	person uint32
	what   uint64
}

// shown puts the marks that a resource shows together, by persons.
func (c *crowd) shown(to []showing, raw []rawEntry) []showing {
	for _, e := range raw {
		if w := c.person(e.mark); w != 0 {
			to = append(to, showing{w, 1<<(32+c.bit[e.mark]) | uint64(e.what)})
		}
	}
	slices.SortFunc(to, func(a, b showing) int { return cmp.Compare(a.person, b.person) })
	out := 0
	for _, s := range to {
		if out > 0 && to[out-1].person == s.person {
			to[out-1].what |= s.what
		} else {
			to[out] = s
			out++
		}
	}
	return to[:out]
}

// ascending goes through all marks: the kept ones, which are so, and between them those that are only linked to.
func (j *joiner) ascending() iter.Seq[uint32] {
	late := make([]uint32, len(j.marks)-j.kept)
	for i := range late {
		late[i] = uint32(j.kept + i)
	}
	slices.SortFunc(late, func(a, b uint32) int { return cmp.Compare(j.marks[a], j.marks[b]) })
	return func(yield func(uint32) bool) {
		rest := late
		for i := range uint32(j.kept) {
			for ; len(rest) > 0 && j.marks[rest[0]] < j.marks[i]; rest = rest[1:] {
				if !yield(rest[0]) {
					return
				}
			}
			if !yield(i) {
				return
			}
		}
		for _, i := range rest {
			if !yield(i) {
				return
			}
		}
	}
}

// persons numbers the persons of whom a mark was kept, and tells what all resources together say of each.
func (c *crowd) persons() *Lists {
	kept := make([]bool, len(c.marks)) // by root: a mark of it was kept
	for i := range uint32(c.kept) {
		if !c.shared[i] {
			kept[c.root(i)] = true
		}
	}
	p := &Lists{}
	var count []uint8
	ascending := c.ascending()
	for i := range ascending {
		r := c.root(i)
		if c.shared[i] || !kept[r] {
			continue
		}
		if c.number[r] == 0 {
			p.States, count = append(p.States, 0), append(count, 0)
			c.number[r] = uint32(len(p.States))
		}
		w := c.number[r] - 1
		c.bit[i] = min(count[w], ShownMarks-1)
		count[w] = min(count[w]+1, ShownMarks)
		if int(i) < c.kept {
			p.States[w] |= c.states[i]
		}
	}
	p.GradOff = make([]uint32, len(p.States)+1)
	for w, n := range count {
		p.GradOff[w+1] = p.GradOff[w] + uint32(n)
	}
	p.Grad = make([]uint8, p.GradOff[len(p.States)])
	for i := range ascending {
		if w := c.person(i); w != 0 {
			at := &p.Grad[p.GradOff[w-1]+uint32(c.bit[i])]
			*at = max(*at, c.ladder.of(c.marks[i]))
		}
	}
	return p
}
