package graph

import (
	"cmp"
	"errors"
	"slices"
	"sort"
	"sync"

	"github.com/chartroom/chartroom/access/people"
	"github.com/chartroom/chartroom/estate"
)

// Foothold is a principal with how many distinct people are lost with it.
type Foothold struct {
	Node   uint32
	People estate.Count
}

const (
	rankRoom = 256 << 20 // bytes that the rows of a ranking may take
	rankWork = 1 << 30   // persons that may be looked at, about
	leastRow = 128       // persons in a row, at least: a standard error of a tenth
)

// Rank tells how many people each of the principals reaches, all principals where none is named; most people first, then by node. The
// sample is a row of persons for each principal that others lead to, so an estimate is rougher than that of ReachPeople and says so: ask
// that one for those that are shown.
func (g *Graph) Rank(v View, principals ...uint32) ([]Foothold, error) {
	if len(principals) == 0 {
		for n := range uint32(g.Nodes()) {
			if g.place[n] == 0 {
				principals = append(principals, n)
			}
		}
	}
	counts, err := g.RankEach([]View{v}, principals)
	if err != nil {
		return nil, err
	}
	out := make([]Foothold, len(principals))
	for i, n := range principals {
		out[i] = Foothold{n, counts[0][i]}
	}
	slices.SortFunc(out, func(a, b Foothold) int {
		return cmp.Or(cmp.Compare(b.People.Estimate, a.People.Estimate), cmp.Compare(a.Node, b.Node))
	})
	return out, nil
}

// RankEach gives for each of some views, worked out at once, how many people each of the principals reaches, as roughly as Rank does.
func (g *Graph) RankEach(views []View, principals []uint32) ([][]estate.Count, error) {
	out, errs := make([][]estate.Count, len(views)), make([]error, len(views))
	var all sync.WaitGroup
	for i, v := range views {
		all.Go(func() { out[i], errs[i] = g.rank(v, principals) })
	}
	all.Wait()
	return out, errors.Join(errs...)
}

func (g *Graph) rank(v View, principals []uint32) ([]estate.Count, error) {
	r, err := g.ranker(v, principals)
	if err != nil {
		return nil, err
	}
	for c := range uint32(len(r.ends)) {
		if r.inner[c] {
			r.union(r.members(c))
			r.rows[c] = r.keep()
		}
	}
	out := make([]estate.Count, len(principals))
	for i, n := range principals {
		if c := r.comp[n]; r.inner[c] {
			out[i] = r.count(&r.rows[c])
		} else {
			r.union(r.members(c))
			out[i] = r.countNow()
		}
	}
	return out, nil
}

// row is a sample of the persons whom a component reaches: all that are in the sample of the grade, each with the marks that he is
// shown by.
type row struct {
	grade uint8
	who   []uint32
	marks []uint32
}

// ranker goes over the components of the graph, what they lead to first.
type ranker struct {
	g      *Graph
	view   View
	denied uint32
	comp   []uint32 // by node
	order  []uint32 // principals by component
	ends   []uint32 // by component, in order
	inner  []bool   // others lead to it
	rows   []row
	most   int     // persons in a row
	start  []uint8 // by list: the grade from which it alone fits into a row

	shown []uint32 // by person
	now   row
}

func (g *Graph) ranker(v View, principals []uint32) (*ranker, error) {
	if v.Without != nil && len(v.Without.dead) != (g.Edges()+63)/64 {
		return nil, bad("the mask is of another graph")
	}
	for _, n := range principals {
		if int(n) >= g.Nodes() {
			return nil, bad("node %d of %d", n, g.Nodes())
		}
		if g.place[n] != 0 {
			return nil, bad("node %d is a resource and no foothold", n)
		}
	}
	r := &ranker{g: g, view: v, denied: uint32(classes-1) &^ v.allows(), comp: make([]uint32, g.Nodes())}
	r.components()
	r.inner, r.rows = make([]bool, len(r.ends)), make([]row, len(r.ends))
	kept := 1
	for n := range uint32(g.Nodes()) {
		if g.place[n] != 0 {
			continue
		}
		for e := g.fwd.off[n]; e < g.fwd.off[n+1]; e++ {
			if to := g.fwd.node[e]; r.alive(e) && g.place[to] == 0 && r.comp[to] != r.comp[n] && !r.inner[r.comp[to]] {
				r.inner[r.comp[to]] = true
				kept++
			}
		}
	}
	r.most = max(leastRow, min(rankRoom/8/kept, rankWork/(1+g.Edges())))
	if g.people != nil {
		r.shown = make([]uint32, len(g.people.States))
		r.starts()
	}
	return r, nil
}

// starts finds for each list the grade from which it alone fits into a row.
func (r *ranker) starts() {
	p := r.g.people
	r.start = slices.Clone(p.Limit)
	for l := range r.start {
		if n := p.Off[l] + uint32(r.most); n < p.Off[l+1] {
			at := sort.Search(grades-1, func(g int) bool { return p.first[g] <= p.Who[n] })
			r.start[l] = max(r.start[l], uint8(at))
		}
	}
}

func (r *ranker) alive(e uint32) bool {
	return r.g.fwd.word[e]&r.denied == 0 && (r.view.Without == nil || !r.view.Without.has(e))
}

func (r *ranker) members(c uint32) []uint32 {
	start := uint32(0)
	if c > 0 {
		start = r.ends[c-1]
	}
	return r.order[start:r.ends[c]]
}

// components finds what lies on a common cycle (Tarjan, without recursion). A component is numbered after all that it leads to.
func (r *ranker) components() {
	g := r.g
	n := g.Nodes()
	index, low, next := make([]uint32, n), make([]uint32, n), make([]uint32, n)
	onStack := make([]bool, n)
	var stack, path []uint32
	count := uint32(0)
	for start := range uint32(n) {
		if index[start] != 0 || g.place[start] != 0 {
			continue
		}
		path = append(path, start)
		for len(path) > 0 {
			x := path[len(path)-1]
			if index[x] == 0 {
				count++
				index[x], low[x], next[x] = count, count, g.fwd.off[x]
				stack = append(stack, x)
				onStack[x] = true
			}
			deeper := false
			for ; next[x] < g.fwd.off[x+1] && !deeper; next[x]++ {
				to := g.fwd.node[next[x]]
				switch {
				case g.place[to] != 0 || !r.alive(next[x]):
				case index[to] == 0:
					path = append(path, to)
					deeper = true
				case onStack[to]:
					low[x] = min(low[x], index[to])
				}
			}
			if deeper {
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				low[path[len(path)-1]] = min(low[path[len(path)-1]], low[x])
			}
			if low[x] != index[x] {
				continue
			}
			for done := false; !done; {
				y := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				onStack[y] = false
				r.comp[y] = uint32(len(r.ends))
				r.order = append(r.order, y)
				done = y == x
			}
			r.ends = append(r.ends, uint32(len(r.order)))
		}
	}
}

// union gathers into now whom some nodes reach.
func (r *ranker) union(nodes []uint32) {
	g := r.g
	r.now = row{who: r.now.who[:0]}
	if g.people == nil {
		return
	}
	for _, n := range nodes { // the grade that is needed for any of them is needed for all
		for e := g.fwd.off[n]; e < g.fwd.off[n+1]; e++ {
			if to := g.fwd.node[e]; !r.alive(e) {
				continue
			} else if at := g.place[to]; at == 0 {
				r.now.grade = max(r.now.grade, r.rows[r.comp[to]].grade)
			} else if l := g.list[at-1]; l != 0 {
				r.now.grade = max(r.now.grade, r.start[l-1])
			}
		}
	}
	for _, n := range nodes {
		for e := g.fwd.off[n]; e < g.fwd.off[n+1]; e++ {
			if !r.alive(e) {
				continue
			}
			to := g.fwd.node[e]
			if at := g.place[to]; at == 0 {
				if r.comp[to] != r.comp[n] {
					r.addRow(&r.rows[r.comp[to]])
				}
			} else if l := g.list[at-1]; l != 0 {
				r.addList(l - 1)
			}
		}
	}
}

func (r *ranker) addRow(o *row) {
	end := r.g.people.first[r.now.grade]
	for i, w := range o.who {
		if w < end {
			r.add(w, o.marks[i])
		}
	}
	r.fit()
}

func (r *ranker) addList(l uint32) {
	p := r.g.people
	end := p.first[r.now.grade]
	for i := p.Off[l]; i < p.Off[l+1] && p.Who[i] < end; i++ {
		r.add(p.Who[i], uint32(p.Shows[p.What[i]]>>32))
		if len(r.now.who) > 4*r.most {
			r.fit()
			end = p.first[r.now.grade]
		}
	}
	r.fit()
}

func (r *ranker) add(w, marks uint32) {
	if r.shown[w] == 0 {
		r.now.who = append(r.now.who, w)
	}
	r.shown[w] |= marks
}

// fit raises the grade until the row is short enough, where it has grown to twice that.
func (r *ranker) fit() {
	if len(r.now.who) > 2*r.most {
		r.cut()
	}
}

func (r *ranker) cut() {
	p := r.g.people
	var per [grades]int
	left := 0
	for _, w := range r.now.who {
		if w < p.first[r.now.grade] {
			per[p.Grad[p.GradOff[w]]]++
			left++
		}
	}
	for g := int(r.now.grade); left > r.most && g < grades-1; g++ {
		left -= per[g]
		r.now.grade = uint8(g + 1)
	}
	end, kept := p.first[r.now.grade], r.now.who[:0]
	for _, w := range r.now.who {
		if w < end {
			kept = append(kept, w)
		} else {
			r.shown[w] = 0
		}
	}
	r.now.who = kept
}

// keep gives the row that was gathered, and forgets it.
func (r *ranker) keep() row {
	if r.g.people == nil {
		return row{}
	}
	r.cut()
	out := row{r.now.grade, slices.Clone(r.now.who), make([]uint32, len(r.now.who))}
	for i, w := range r.now.who {
		out.marks[i], r.shown[w] = r.shown[w], 0
	}
	return out
}

func (r *ranker) count(o *row) estate.Count {
	var total estimate
	part := people.Share(o.grade)
	for i, w := range o.who {
		total.add(weigh(uint64(o.marks[i]), r.g.people.sampled(w, o.grade), part))
	}
	return total.count()
}

// countNow counts what was gathered, and forgets it.
func (r *ranker) countNow() estate.Count {
	if r.g.people == nil {
		return estate.Count{}
	}
	r.cut()
	var total estimate
	part := people.Share(r.now.grade)
	for _, w := range r.now.who {
		total.add(weigh(uint64(r.shown[w]), r.g.people.sampled(w, r.now.grade), part))
		r.shown[w] = 0
	}
	return total.count()
}
