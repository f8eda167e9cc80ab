package graph

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/chartroom/chartroom/access/cutset"
	"github.com/chartroom/chartroom/access/people"
)

// compiler makes problems of footholds.
type compiler struct {
	s        *Search
	q        *Cuts
	all      *Mask             // everything that any candidate takes out
	label    map[uint32]uint32 // by edge
	labels   [][]int           // candidates
	problems []*cutset.Problem
	base     float64 // people of footholds that no candidate changes anything about: the sum, or the most
	sure     []uint32
	round    uint32
	local    []uint32
	stamp    []uint32 // by person: the round that the pattern is of
	pattern  []uint32
}

// A search looks at so many persons of a foothold at least, and at about so many of all of them.
const (
	cutPersons = 1 << 11
	allPersons = 1 << 21
)

// safe marks a person whom no change saves.
const safe = math.MaxUint32

func newCompiler(s *Search, q *Cuts) *compiler {
	c := &compiler{s: s, q: q, label: map[uint32]uint32{}, labels: [][]int{nil}}
	var grants []int
	byEdge := map[uint32][]int{}
	for i, candidate := range q.Candidates {
		grants = append(grants, candidate...)
		for _, n := range candidate {
			for _, e := range s.g.On(n) {
				if l := byEdge[e]; len(l) == 0 || l[len(l)-1] != i {
					byEdge[e] = append(l, i)
				}
			}
		}
	}
	c.all = s.g.union(q.View.Without, grants)
	known := map[string]uint32{}
	var key []byte
	for _, e := range slices.Sorted(maps.Keys(byEdge)) {
		l := byEdge[e]
		key = key[:0]
		for _, i := range l {
			key = append(strconv.AppendInt(key, int64(i), 36), ' ')
		}
		at, ok := known[string(key)]
		if !ok {
			at = uint32(len(c.labels))
			known[string(key)] = at
			c.labels = append(c.labels, l)
		}
		c.label[e] = at
	}
	c.sure, c.local = make([]uint32, s.g.Nodes()), make([]uint32, s.g.Nodes())
	return c
}

// footholds compiles each foothold, those with the same edges once.
func (c *compiler) footholds() error {
	count := map[string]float64{}
	var first []uint32
	var keys []string
	g := c.s.g
	for _, f := range c.q.Footholds {
		var key []byte
		for e := g.fwd.off[f]; e < g.fwd.off[f+1]; e++ {
			for _, n := range []uint32{g.fwd.node[e], g.fwd.word[e] & 3, c.label[e]} {
				key = append(strconv.AppendUint(key, uint64(n), 36), ' ')
			}
			if c.q.View.Without != nil && c.q.View.Without.has(e) {
				key = append(key, '-')
			}
		}
		if count[string(key)]++; count[string(key)] == 1 {
			first, keys = append(first, f), append(keys, string(key))
		}
	}
	for i, f := range first {
		p, err := c.compile(f)
		if err != nil {
			return err
		}
		if p.Weight = count[keys[i]]; c.q.Largest {
			p.Weight = 1
		}
		switch {
		case len(p.Units) > 0:
			c.problems = append(c.problems, p)
		case c.q.Largest:
			c.base = max(c.base, p.Total)
		default:
			c.base += p.Total * p.Weight
		}
	}
	return nil
}

func (c *compiler) compile(f uint32) (*cutset.Problem, error) {
	s, g := c.s, c.s.g
	view := c.q.View
	view.Without = c.all
	if err := s.walk(&g.fwd, view, []uint32{f}); err != nil {
		return nil, err
	}
	c.round++
	for _, n := range s.collect() {
		c.sure[n] = c.round
	}
	if err := s.walk(&g.fwd, c.q.View, []uint32{f}); err != nil {
		return nil, err
	}
	s.found = s.counted(c.q.Of)
	p := &cutset.Problem{}
	open := c.people(p)
	if len(p.Units) > 0 {
		c.shape(p, open)
	}
	return p, nil
}

// people finds who could be saved: those whom no sure resource shows, put together by the open resources that show them. It gives the
// open resources; targets are indices of these.
func (c *compiler) people(p *cutset.Problem) []uint32 {
	s, g := c.s, c.s.g
	grade := s.union(s.found, uint32(max(cutPersons, allPersons/len(c.q.Footholds))))
	var open []uint32
	at := func(w uint32) *uint32 { // a person's pattern; safe = a sure resource shows him
		if c.stamp[w] != c.round {
			c.stamp[w], c.pattern[w] = c.round, 0
		}
		return &c.pattern[w]
	}
	if g.people != nil && len(c.stamp) == 0 {
		c.stamp, c.pattern = make([]uint32, len(g.people.States)), make([]uint32, len(g.people.States))
	}
	for _, n := range s.found {
		if g.place[n] != 0 && c.sure[n] == c.round {
			c.each(n, grade, func(w uint32) { *at(w) = safe })
		} else if g.place[n] != 0 && g.list[g.place[n]-1] != 0 {
			open = append(open, n)
		}
	}
	type step struct{ pattern, resource uint32 }
	next := map[step]uint32{}
	var steps []step
	for i, n := range open {
		c.each(n, grade, func(w uint32) {
			was := at(w)
			if *was == safe {
				return
			}
			k := step{*was, uint32(i)}
			if next[k] == 0 {
				steps = append(steps, k)
				next[k] = uint32(len(steps))
			}
			*was = next[k]
		})
	}
	value, part := make([]float64, len(steps)), people.Share(grade)
	s.drain(grade, func(w uint32, what uint64) {
		weight := weigh(what>>32, g.people.sampled(w, grade), part).sum
		p.Total += weight
		if k := *at(w); k != 0 && k != safe {
			value[k-1] += weight
		}
	})
	for i, v := range value {
		if v == 0 {
			continue
		}
		u := cutset.Unit{Value: v}
		for k := uint32(i + 1); k != 0; k = steps[k-1].pattern {
			u.Targets = append(u.Targets, steps[k-1].resource)
		}
		slices.Reverse(u.Targets)
		p.Units = append(p.Units, u)
	}
	return open
}

// each gives the persons of a resource whom the sample of a grade shows.
func (c *compiler) each(node uint32, grade uint8, do func(uint32)) {
	p, l := c.s.g.people, c.s.g.list[c.s.g.place[node]-1]
	if l == 0 {
		return
	}
	for i, end := p.Off[l-1], p.first[grade]; i < p.Off[l] && p.Who[i] < end; i++ {
		if p.Shows[p.What[i]]>>32&p.sampled(p.Who[i], grade) != 0 {
			do(p.Who[i])
		}
	}
}

// shape finds the arcs that lead to the targets, from them backwards, and numbers the nodes that are on the way.
func (c *compiler) shape(p *cutset.Problem, open []uint32) {
	s, g := c.s, c.s.g
	wanted := map[uint32]bool{}
	for _, u := range p.Units {
		for _, t := range u.Targets {
			wanted[t] = true
		}
	}
	var nodes []uint32
	number := func(n uint32) uint32 {
		if c.sure[n] == c.round {
			return 0
		}
		if l := c.local[n]; l != 0 && int(l) <= len(nodes) && nodes[l-1] == n {
			return l
		}
		nodes = append(nodes, n)
		c.local[n] = uint32(len(nodes))
		return uint32(len(nodes))
	}
	target := make([]uint32, len(open))
	for i, n := range open {
		if wanted[uint32(i)] {
			target[i] = number(n)
		}
	}
	type link struct{ from, to, label uint32 }
	var links []link
	denied := uint32(classes-1) &^ c.q.View.allows()
	for i := 0; i < len(nodes); i++ {
		x := nodes[i]
		for k := g.rev.off[x]; k < g.rev.off[x+1]; k++ {
			w, from := g.rev.word[k], g.rev.to(k)
			if w&denied == 0 && s.seen[from] != 0 && (c.q.View.Without == nil || !c.q.View.Without.has(w>>2)) {
				links = append(links, link{number(from), uint32(i + 1), c.label[w>>2]})
			}
		}
	}
	slices.SortFunc(links, func(a, b link) int {
		return slices.Compare([]uint32{a.from, a.to, a.label}, []uint32{b.from, b.to, b.label})
	})
	links = slices.Compact(links)
	p.Off = make([]uint32, len(nodes)+2)
	for _, l := range links {
		p.Off[l.from+1]++
		p.Arcs = append(p.Arcs, cutset.Arc{To: l.to, Label: l.label})
	}
	for i := range len(nodes) + 1 {
		p.Off[i+1] += p.Off[i]
	}
	for i := range p.Units {
		for j, t := range p.Units[i].Targets {
			p.Units[i].Targets[j] = target[t]
		}
	}
}
