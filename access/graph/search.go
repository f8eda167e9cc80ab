package graph

import (
	"encoding/binary"
	"math"
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
	seen  []uint8 // by node: one bit for each class under which the node was entered
	trod  []uint8 // by block of nodes: not 0 where any was entered
	queue [classes][]uint32
	found []uint32

	view   View
	dir    *adjacency
	from   []uint32
	parent [classes][]uint32 // by node: the edge towards the start plus one, in paths of this class; atStart
	trail  [classes][]uint32 // the nodes that have a parent
	rooted [classes]bool

	crowd
	audience
}

// Search makes a new one.
func (g *Graph) Search() *Search {
	return &Search{g: g, seen: make([]uint8, (g.Nodes()+block-1)/block*block), trod: make([]uint8, (g.Nodes()+block-1)/block)}
}

// block is how many nodes are looked at together for what was entered. An answer is then in its order without sorting, and a question
// clears no more than the last one trod on.
const block = 64

// below are for each class the classes that are as good or better: a node entered under one of them need not be entered again.
var below = [classes]uint8{0b0001, 0b0011, 0b0101, 0b1111}

func (s *Search) visit(node uint32, c uint32) {
	m := s.seen[node]
	if m&below[c] != 0 {
		return
	}
	s.seen[node] = m | 1<<c
	s.trod[node/block] = 1
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
	s.forget()
	s.view, s.dir, s.from = v, dir, append(s.from[:0], from...)
	slices.Sort(s.from)
	s.rooted = [classes]bool{}
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
			if v.Without == nil {
				s.tread(dir.hop[dir.off[x]:dir.off[x+1]], c, denied)
				continue
			}
			for k := dir.off[x]; k < dir.off[x+1]; k++ {
				if !v.Without.has(s.number(k)) {
					s.tread(dir.hop[k:k+1], c, denied)
				}
			}
		}
	}
	return nil
}

// tread enters the ends of some edges. Most edges of an estate end at leaves: these need no queue, nor a look at whether they were
// entered before, as their best class is the lowest bit whatever came first.
func (s *Search) tread(hops []uint32, c, denied uint32) {
	for _, h := range hops {
		class := h >> hopClass
		switch to := h & hopNode; {
		case class&denied != 0:
		case h&leaf != 0:
			s.seen[to] |= 1 << (c | class)
			s.trod[to/block] = 1
		default:
			s.visit(to, c|class)
		}
	}
}

// forget clears what the last question entered.
func (s *Search) forget() {
	for i, trod := range s.trod {
		if trod != 0 {
			clear(s.seen[i*block : (i+1)*block])
			s.trod[i] = 0
		}
	}
}

// entered gives, for eight nodes from one on, the lowest bit of a byte for each that was entered.
func (s *Search) entered(at int) uint64 {
	w := binary.LittleEndian.Uint64(s.seen[at:])
	w |= w >> 1
	return (w | w>>2) & 0x0101_0101_0101_0101 // a node has no bits above its four classes
}

// each gives all nodes that were entered, ascending.
func (s *Search) each(do func(node uint32)) {
	for i, trod := range s.trod {
		for at := i * block; trod != 0 && at < (i+1)*block; at += 8 {
			for w := s.entered(at); w != 0; w &= w - 1 {
				do(uint32(at + bits.TrailingZeros64(w)/8))
			}
		}
	}
}

// reached counts the nodes that were entered.
func (s *Search) reached() (n int) {
	for i, trod := range s.trod {
		for at := i * block; trod != 0 && at < (i+1)*block; at += 8 {
			n += bits.OnesCount64(s.entered(at))
		}
	}
	return n
}

// collect gives all nodes that were entered, ascending. It is valid until the next call.
func (s *Search) collect() []uint32 {
	s.found = slices.Grow(s.found[:0], s.reached())
	s.each(func(n uint32) { s.found = append(s.found, n) })
	return s.found
}

// number gives the number of the edge that stands at k.
func (s *Search) number(k uint32) uint32 {
	if s.dir == &s.g.fwd {
		return k
	}
	return s.dir.word[k] >> 2
}

func (s *Search) hit(node uint32) Hit {
	return Hit{node, Class(bits.TrailingZeros8(s.seen[node]))}
}

// Reach tells what the principals reach together.
func (s *Search) Reach(v View, principals ...uint32) (*Reached, error) {
	if err := s.walk(&s.g.fwd, v, principals); err != nil {
		return nil, err
	}
	r := &Reached{}
	s.each(func(n uint32) {
		if s.g.place[n] != 0 {
			r.Resources = append(r.Resources, s.hit(n))
		} else {
			r.Principals = append(r.Principals, s.hit(n))
		}
	})
	return r, nil
}

// Found tells whether the last question came to a node, and by what class of path at best.
func (s *Search) Found(node uint32) (Class, bool) {
	if s.seen[node] == 0 {
		return 0, false
	}
	return s.hit(node).Class, true
}

// Within tells whether the last question, if it had been asked of a narrower view without a mask, would have reached the node.
func (s *Search) Within(v View, node uint32) bool { return s.seen[node]&below[v.allows()] != 0 }

// Who tells which principals reach a resource, ascending by node. Of a principal it tells who can act as it, itself included.
func (s *Search) Who(v View, node uint32) ([]Hit, error) {
	var hits []Hit
	err := s.EachWho(v, func(h Hit) { hits = append(hits, h) }, node)
	return hits, err
}

// EachWho goes through the principals that reach any of some nodes, ascending; see Who.
func (s *Search) EachWho(v View, do func(Hit), nodes ...uint32) error {
	if err := s.walk(&s.g.rev, v, nodes); err != nil {
		return err
	}
	for i, trod := range s.trod {
		for at := i * block; trod != 0 && at < (i+1)*block; at++ {
			// nothing leads out of a resource, so only a start can be one
			if m := s.seen[at]; m != 0 && s.g.place[at] == 0 {
				do(Hit{uint32(at), Class(bits.TrailingZeros8(m))})
			}
		}
	}
	return nil
}

// ReachPeople counts the distinct people whom the principals reach, in each respect.
func (s *Search) ReachPeople(v View, principals ...uint32) (estate.Tally, error) {
	if err := s.walk(&s.g.fwd, v, principals); err != nil {
		return estate.Tally{}, err
	}
	return s.tally(s.collect()), nil
}

// People counts the distinct people of some resources, in each respect. Nodes that are none, or hold nobody, count nobody.
func (s *Search) People(resources ...uint32) estate.Tally { return s.tally(resources) }

// Path gives the edges of a shortest path of the hit's class, from the principal to what it reaches. It answers about the last question,
// Reach, ReachPeople or Who; nil stands for a node that was not in the answer, and for a start itself.
func (s *Search) Path(node uint32) []uint32 {
	if int(node) >= len(s.seen) || s.dir == nil || s.seen[node] == 0 {
		return nil
	}
	c := s.hit(node).Class
	if s.dir == &s.g.rev {
		return s.ahead(node, c)
	}
	s.root(c)
	return s.back(node, c)
}

// back gives the path that parents of a class lead back.
func (s *Search) back(node uint32, c Class) (path []uint32) {
	for s.parent[c][node] != atStart {
		e := s.parent[c][node] - 1
		path = append(path, e)
		node = s.g.from(e)
	}
	slices.Reverse(path)
	return path
}

// ahead finds a shortest path of a class to where the last question started, over what it entered: little else lies on the way of a
// principal that leads to few others, as most do.
func (s *Search) ahead(node uint32, c Class) []uint32 {
	parent, queue := s.blank(0) // of all classes the same room, as nothing is kept for the next path
	defer func() { s.trail[0] = queue }()
	queue = append(queue, node)
	parent[node] = atStart
	last, _ := slices.BinarySearch(s.from, s.g.tail)
	enter := func(e, to uint32) {
		if s.seen[to]&below[c] != 0 && parent[to] == 0 && s.g.fwd.word[e]&3&^uint32(c) == 0 && (s.view.Without == nil || !s.view.Without.has(e)) {
			parent[to] = e + 1
			queue = append(queue, to)
		}
	}
	for i := 0; i < len(queue); i++ {
		x := queue[i]
		if _, is := slices.BinarySearch(s.from, x); is {
			return s.back(x, 0)
		}
		e, end := s.g.fwd.off[x], s.g.fwd.off[x+1]
		for ; e < end && s.g.fwd.node[e] < s.g.tail; e++ {
			enter(e, s.g.fwd.node[e])
		}
		for _, to := range s.from[last:] { // of the resources only where the question started was entered
			at, _ := slices.BinarySearch(s.g.fwd.node[e:end], to)
			for k := e + uint32(at); k < end && s.g.fwd.node[k] == to; k++ {
				enter(k, to)
			}
		}
	}
	return nil
}

// blank gives room for the parents of a class, without those that were found before, and for the nodes that get one.
func (s *Search) blank(c Class) (parent, queue []uint32) {
	if s.parent[c] == nil {
		s.parent[c] = make([]uint32, s.g.Nodes())
	}
	for _, n := range s.trail[c] {
		s.parent[c][n] = 0
	}
	return s.parent[c], s.trail[c][:0]
}

// atStart is the parent of a start; edges have smaller numbers.
const atStart = math.MaxUint32

// root finds the shortest paths of a class from where the last question started, once for each question and class: those of one class share
// a tree. Paths of a class may lead through nodes that have a better one of their own, so the trees of the classes differ.
func (s *Search) root(c Class) {
	if s.rooted[c] {
		return
	}
	s.rooted[c] = true
	parent, queue := s.blank(c)
	queue = append(queue, s.from...)
	for _, n := range queue {
		parent[n] = atStart
	}
	for i := 0; i < len(queue); i++ {
		x := queue[i]
		for e := s.g.fwd.off[x]; e < s.g.fwd.off[x+1]; e++ {
			to := s.g.fwd.to(e)
			if s.g.fwd.word[e]&3&^uint32(c) == 0 && parent[to] == 0 && (s.view.Without == nil || !s.view.Without.has(e)) {
				parent[to] = e + 1
				queue = append(queue, to)
			}
		}
	}
	s.trail[c] = queue
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
