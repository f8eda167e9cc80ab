package graph

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Class says what a path, or an edge, takes: it is the union over the edges of a path. Lower classes are better.
type Class uint8

// The bits of a class. None of them: the path holds now and is certain.
const (
	Escalates   Class = 1 << iota // takes an act that changes who one is
	Conditional                   // a condition is not known to hold

	classes = 4
)

const (
	maxNodes = leaf
	maxEdges = 1 << 30
	maxProof = 1 << 12 // grants that one edge may rest on
	// sharedProof is how long a proof may be that several edges share: so all edges together rest on no more than their number times this,
	// and what is stored of proofs
	sharedProof = 16
)

// ErrInput says that what was given contradicts itself or names what does not exist.
var ErrInput = errors.New("graph: bad input")

func bad(format string, a ...any) error {
	return fmt.Errorf("%w: %s", ErrInput, fmt.Sprintf(format, a...))
}

// Edge says that one node can become, or read, another.
type Edge struct {
	From, To uint32
	Class    Class
	Proof    []int // numbers of grants; without any one of them the edge is gone
}

// Builder takes nodes and edges in any order.
type Builder struct {
	place []uint32 // by node: 1 for a resource
	from  []uint32
	to    []uint32
	class []Class
	ends  []uint32 // by edge: where its proof ends in proofs
	proof []uint32
}

// NewBuilder makes a builder for nodes 0 to n-1, all of them principals for now.
func NewBuilder(n int) (*Builder, error) {
	if n < 0 || n > maxNodes {
		return nil, bad("%d nodes, at most %d can be held", n, maxNodes)
	}
	return &Builder{place: make([]uint32, n)}, nil
}

// Resource says that a node is a resource.
func (b *Builder) Resource(node uint32) error {
	if int(node) >= len(b.place) {
		return bad("resource %d of %d nodes", node, len(b.place))
	}
	b.place[node] = 1
	return nil
}

// Edge adds an edge. One from a node to itself gives nothing and is dropped.
func (b *Builder) Edge(e Edge) error {
	switch {
	case int(e.From) >= len(b.place) || int(e.To) >= len(b.place):
		return bad("edge from %d to %d of %d nodes", e.From, e.To, len(b.place))
	case e.Class >= classes:
		return bad("edge from %d to %d has class %d", e.From, e.To, e.Class)
	case len(e.Proof) > maxProof:
		return bad("edge from %d to %d rests on %d grants, at most %d can be held", e.From, e.To, len(e.Proof), maxProof)
	case len(b.to) == maxEdges || len(b.proof)+len(e.Proof) > 2*maxEdges:
		return bad("more than %d edges or proofs", maxEdges)
	case e.From == e.To:
		return nil
	}
	at := len(b.proof)
	for _, g := range e.Proof {
		if g < 0 || int64(g) >= 1<<32 {
			b.proof = b.proof[:at]
			return bad("edge from %d to %d rests on grant %d", e.From, e.To, g)
		}
		b.proof = append(b.proof, uint32(g))
	}
	slices.Sort(b.proof[at:])
	b.proof = b.proof[:at+len(slices.Compact(b.proof[at:]))]
	b.from, b.to = append(b.from, e.From), append(b.to, e.To)
	b.class, b.ends = append(b.class, e.Class), append(b.ends, uint32(len(b.proof)))
	return nil
}

func (b *Builder) proofOf(e uint32) []uint32 {
	start := uint32(0)
	if e > 0 {
		start = b.ends[e-1]
	}
	return b.proof[start:b.ends[e]]
}

// Graph makes the graph. The same edges in any order, or repeated, make the same one. People may be nil: nobody is counted then.
func (b *Builder) Graph(people *People) (*Graph, error) {
	for i, f := range b.from {
		if b.place[f] != 0 {
			return nil, bad("an edge leads from resource %d to %d: nothing leads out of a resource", f, b.to[i])
		}
	}
	g := &Graph{place: slices.Clone(b.place), people: people}
	g.grants = slices.Clone(b.proof)
	slices.Sort(g.grants)
	g.grants = slices.Clip(slices.Compact(g.grants))
	if len(g.grants) > maxEdges/2 {
		return nil, bad("%d grants, at most %d can be held", len(g.grants), maxEdges/2)
	}
	order := b.order()
	g.fwd.off = make([]uint32, len(b.place)+1)
	g.fwd.node = make([]uint32, len(order))
	g.fwd.word = make([]uint32, len(order))
	g.proofOff = []uint32{0}
	for i, e := range order {
		g.fwd.off[b.from[e]+1]++
		g.fwd.node[i] = b.to[e]
		again := i > 0 && len(b.proofOf(e)) <= sharedProof && slices.Equal(b.proofOf(e), b.proofOf(order[i-1]))
		g.fwd.word[i] = g.intern(b.proofOf(e), again)<<2 | uint32(b.class[e])
	}
	if len(g.grants)+len(g.proofOff) > maxEdges {
		return nil, bad("%d grants and %d proofs, at most %d can be held", len(g.grants), len(g.proofOff), maxEdges)
	}
	for i := range b.place {
		g.fwd.off[i+1] += g.fwd.off[i]
	}
	return g, g.finish()
}

// order gives the edges by from, to, class and proof, each once.
func (b *Builder) order() []uint32 {
	order := make([]uint32, len(b.to))
	for i := range order {
		order[i] = uint32(i)
	}
	compare := func(x, y uint32) int {
		if c := cmp.Compare(b.from[x], b.from[y]); c != 0 {
			return c
		}
		if c := cmp.Compare(b.to[x], b.to[y]); c != 0 {
			return c
		}
		if c := cmp.Compare(b.class[x], b.class[y]); c != 0 {
			return c
		}
		return slices.Compare(b.proofOf(x), b.proofOf(y))
	}
	slices.SortFunc(order, compare)
	return slices.CompactFunc(order, func(x, y uint32) bool { return compare(x, y) == 0 })
}

// intern gives the number of a proof: a single grant is its own, others stand in a table behind the grants.
func (g *Graph) intern(proof []uint32, again bool) uint32 {
	if len(proof) == 1 {
		at, _ := slices.BinarySearch(g.grants, proof[0])
		return uint32(at)
	}
	if !again {
		for _, p := range proof {
			at, _ := slices.BinarySearch(g.grants, p)
			g.proofs = append(g.proofs, uint32(at))
		}
		g.proofOff = append(g.proofOff, uint32(len(g.proofs)))
	}
	return uint32(len(g.grants) + len(g.proofOff) - 2)
}
