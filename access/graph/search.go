package graph

import (
	"math/bits"
	"slices"

	"github.com/chartroom/chartroom/estate"
)

// View says which edges count. The zero View is what is entitled now and certain. Without Possible a number is a lower bound, with it an
// upper one.
type View struct {
	Escalation bool  // edges that take an act count, too
	Possible   bool  // edges under a condition that is not known count, too
	Without    *Mask // these do not; nil = all do
}

func (v View) allows() uint32 {
	var a uint32
	if v.Escalation {
		a |= uint32(Escalates)
	}
	if v.Possible {
		a |= uint32(Conditional)
	}
	return a
}

// Hit is a node that was reached, or that reaches, with the best class of any path: certain before conditional, then entitled before
// escalation.
type Hit struct {
	Node  uint32
	Class Class
}

// Reached is what a foothold reaches, both ascending by node.
type Reached struct {
	Resources  []Hit
	Principals []Hit // whom it can act as, itself included
}

// Search asks questions of a graph, one at a time. It holds what a question needs, so that none has to be allocated or cleared anew.
type Search struct {
	g     *Graph
	seen  []uint32 // by node: the question's number, and below it one bit for each class under which the node was entered
	epoch uint32
	queue [classes][]uint32
	found []uint32

	view   View
	dir    *adjacency
	from   []uint32
	parent [classes][]uint32 // by node: the edge towards the start plus one, in paths of this class
	rooted [classes]bool

	crowd
}

// Search makes a new one.
func (g *Graph) Search() *Search {
	return &Search{g: g, seen: make([]uint32, g.Nodes())}
}

// below are for each class the classes that are as good or better: a node entered under one of them need not be entered again.
var below = [classes]uint32{0b0001, 0b0011, 0b0101, 0b1111}

func (s *Search) visit(node uint32, c uint32) {
	m := s.seen[node]
	if m>>classes != s.epoch {
		m = s.epoch << classes
		s.found = append(s.found, node)
	}
	if m&below[c] != 0 {
		return
	}
	s.seen[node] = m | 1<<c
	s.queue[c] = append(s.queue[c], node)
}

// walk finds all that is reached from some nodes in one direction. Classes are taken in their order, and a node is entered under another
// class only where none as good has entered it, so nearly always once.
func (s *Search) walk(dir *adjacency, v View, from []uint32) error {
	if v.Without != nil && len(v.Without.dead) != (s.g.Edges()+63)/64 {
		return bad("the mask is of another graph")
	}
	for _, n := range from {
		if int(n) >= s.g.Nodes() {
			return bad("node %d of %d", n, s.g.Nodes())
		}
	}
	if s.epoch++; s.epoch == 1<<(32-classes) {
		clear(s.seen)
		s.epoch = 1
	}
	s.view, s.dir, s.from = v, dir, append(s.from[:0], from...)
	s.found, s.rooted = s.found[:0], [classes]bool{}
	for c := range s.queue {
		s.queue[c] = s.queue[c][:0]
	}
	for _, n := range from {
		s.visit(n, 0)
	}
	denied := uint32(classes-1) &^ v.allows()
	for c := range uint32(classes) {
		for i := 0; i < len(s.queue[c]); i++ {
			x := s.queue[c][i]
			if s.seen[x]&below[c]&^(1<<c) != 0 {
				continue // entered under a better class since
			}
			for k := dir.off[x]; k < dir.off[x+1]; k++ {
				w := dir.word[k]
				if w&denied == 0 && (v.Without == nil || !v.Without.has(s.number(k))) {
					s.visit(dir.node[k], c|w&(classes-1))
				}
			}
		}
	}
	return nil
}

// number gives the number of the edge that stands at k.
func (s *Search) number(k uint32) uint32 {
	if s.dir == &s.g.fwd {
		return k
	}
	return s.dir.word[k] >> 2
}

func (s *Search) hit(node uint32) Hit {
	return Hit{node, Class(bits.TrailingZeros32(s.seen[node]))}
}

// sort puts what was found in its order; where that is much of the graph, going over all nodes is quicker.
func (s *Search) sort() {
	if len(s.found) < len(s.seen)/64 {
		slices.Sort(s.found)
		return
	}
	s.found = s.found[:0]
	for n, m := range s.seen {
		if m>>classes == s.epoch {
			s.found = append(s.found, uint32(n))
		}
	}
}

// Reach tells what the principals reach together.
func (s *Search) Reach(v View, principals ...uint32) (*Reached, error) {
	if err := s.walk(&s.g.fwd, v, principals); err != nil {
		return nil, err
	}
	r := &Reached{}
	s.sort()
	for _, n := range s.found {
		if s.g.place[n] != 0 {
			r.Resources = append(r.Resources, s.hit(n))
		} else {
			r.Principals = append(r.Principals, s.hit(n))
		}
	}
	return r, nil
}

// Who tells which principals reach a resource, ascending by node. Of a principal it tells who can act as it, itself included.
func (s *Search) Who(v View, node uint32) ([]Hit, error) {
	if err := s.walk(&s.g.rev, v, []uint32{node}); err != nil {
		return nil, err
	}
	s.sort()
	hits := make([]Hit, 0, len(s.found))
	for _, n := range s.found {
		if s.g.place[n] == 0 {
			hits = append(hits, s.hit(n))
		}
	}
	return hits, nil
}

// ReachPeople counts the distinct people whom the principals reach.
func (s *Search) ReachPeople(v View, principals ...uint32) (estate.Tally, error) {
	if err := s.walk(&s.g.fwd, v, principals); err != nil {
		return estate.Tally{}, err
	}
	return s.tally(s.found), nil
}

// People counts the distinct people of some resources. Nodes that are none, or hold nobody, count nobody.
func (s *Search) People(resources ...uint32) estate.Tally { return s.tally(resources) }

// Path gives the edges of a shortest path of the hit's class, from the principal to what it reaches. It answers about the last question,
// Reach, ReachPeople or Who; nil stands for a node that was not in the answer, and for a start itself.
func (s *Search) Path(node uint32) []uint32 {
	if int(node) >= len(s.seen) || s.dir == nil || s.seen[node]>>classes != s.epoch {
		return nil
	}
	c := s.hit(node).Class
	s.root(c)
	var path []uint32
	for s.parent[c][node] != 0 {
		e := s.parent[c][node] - 1
		path = append(path, e)
		if s.dir == &s.g.rev {
			node = s.g.fwd.node[e]
		} else {
			node = s.g.from(e)
		}
	}
	if s.dir == &s.g.fwd {
		slices.Reverse(path)
	}
	return path
}

// root finds the shortest paths of a class, once for each question and class: most questions want few paths, and those of one class share
// a tree. Paths of a class may lead through nodes that have a better one of their own, so the trees of the classes differ.
func (s *Search) root(c Class) {
	if s.rooted[c] {
		return
	}
	s.rooted[c] = true
	if s.parent[c] == nil {
		s.parent[c] = make([]uint32, s.g.Nodes())
	}
	parent, queue := s.parent[c], s.queue[c][:0]
	clear(parent)
	start := make(map[uint32]bool, len(s.from))
	for _, n := range s.from {
		start[n] = true
		queue = append(queue, n)
	}
	for i := 0; i < len(queue); i++ {
		x := queue[i]
		for k := s.dir.off[x]; k < s.dir.off[x+1]; k++ {
			to, e := s.dir.node[k], s.number(k)
			if s.dir.word[k]&3&^uint32(c) == 0 && parent[to] == 0 && !start[to] && (s.view.Without == nil || !s.view.Without.has(e)) {
				parent[to] = e + 1
				queue = append(queue, to)
			}
		}
	}
	s.queue[c] = queue
}

// from gives the node that an edge leads from.
func (g *Graph) from(edge uint32) uint32 {
	low, high := 0, len(g.fwd.off)-1
	for low+1 < high {
		if mid := (low + high) / 2; g.fwd.off[mid] <= edge {
			low = mid
		} else {
			high = mid
		}
	}
	return uint32(low)
}
