package graph

import "slices"

// adjacency are the edges of each node, side by side.
type adjacency struct {
	off  []uint32 // by node, one more than nodes
	node []uint32 // at the other end; of the forward edges only
	word []uint32 // the class in the two lowest bits; above it the proof (forward) or the edge's number (reverse)
	hop  []uint32 // all that a walk looks at: the node at the other end, its leaf bit, the class above
}

// A hop keeps its class in its two highest bits, and below them whether it ends where nothing leads on in its direction.
const (
	hopClass = 30
	leaf     = 1 << 29
	hopNode  = leaf - 1
)

// to gives the node at the other end of what stands at k.
func (a *adjacency) to(k uint32) uint32 { return a.hop[k] & hopNode }

// shade fills in the classes and leaves of hops that hold nodes.
func (a *adjacency) shade() {
	for k, n := range a.hop {
		if a.off[n] == a.off[n+1] {
			n |= leaf
		}
		a.hop[k] = n | a.word[k]<<hopClass
	}
}

// Graph is immutable and may be asked by many at once, each with a Search of his own.
type Graph struct {
	place     []uint32 // by node: number of the resource plus one, 0 = a principal
	resources []uint32 // nodes, ascending
	fwd, rev  adjacency
	grants    []uint32 // numbers of grants, ascending; elsewhere here a grant is its index in this list
	proofOff  []uint32 // of the proofs that are not of one grant
	proofs    []uint32
	restOff   []uint32 // edges that rest on each grant
	rests     []uint32
	people    *People
	list      []uint32 // by resource: its list in people plus one, 0 = nobody
	tail      uint32   // from this node on all are resources
}

// finish makes all that follows from the forward edges.
func (g *Graph) finish() error {
	for n, p := range g.place {
		if p != 0 {
			g.resources = append(g.resources, uint32(n))
			g.place[n] = uint32(len(g.resources))
		}
	}
	g.tail = uint32(len(g.place))
	for g.tail > 0 && g.place[g.tail-1] != 0 {
		g.tail--
	}
	g.list = make([]uint32, len(g.resources))
	if g.people != nil {
		for i, n := range g.people.Nodes {
			if int(n) >= len(g.place) || g.place[n] == 0 {
				return bad("people of node %d, which is no resource", n)
			}
			g.list[g.place[n]-1] = uint32(i + 1)
		}
	}
	g.reverse()
	g.lean()
	return nil
}

func (g *Graph) reverse() {
	n := len(g.place)
	off := make([]uint32, n+2)
	for _, to := range g.fwd.node {
		off[to+2]++
	}
	for i := range n {
		off[i+2] += off[i+1]
	}
	g.rev.hop = make([]uint32, len(g.fwd.node))
	g.rev.word = make([]uint32, len(g.fwd.node))
	for from := range n {
		for e := g.fwd.off[from]; e < g.fwd.off[from+1]; e++ {
			to := g.fwd.node[e]
			at := off[to+1]
			off[to+1]++
			g.rev.hop[at], g.rev.word[at] = uint32(from), e<<2|g.fwd.word[e]&3
		}
	}
	g.rev.off = off[:n+1]
	g.rev.shade()
	g.fwd.hop = slices.Clone(g.fwd.node)
	g.fwd.shade()
}

// lean lists for each grant the edges that rest on it.
func (g *Graph) lean() {
	off := make([]uint32, len(g.grants)+2)
	for e := range g.fwd.node {
		g.eachGrant(uint32(e), func(i uint32) { off[i+2]++ })
	}
	for i := range g.grants {
		off[i+2] += off[i+1]
	}
	g.rests = make([]uint32, off[len(g.grants)+1])
	for e := range g.fwd.node {
		g.eachGrant(uint32(e), func(i uint32) {
			g.rests[off[i+1]] = uint32(e)
			off[i+1]++
		})
	}
	g.restOff = off[:len(g.grants)+1]
}

func (g *Graph) eachGrant(edge uint32, do func(uint32)) {
	p := g.fwd.word[edge] >> 2
	if int(p) < len(g.grants) {
		do(p)
		return
	}
	p -= uint32(len(g.grants))
	for _, i := range g.proofs[g.proofOff[p]:g.proofOff[p+1]] {
		do(i)
	}
}

// Nodes tells how many nodes there are.
func (g *Graph) Nodes() int { return len(g.place) }

// Edges tells how many edges there are. They are numbered from 0, by their ends.
func (g *Graph) Edges() int { return len(g.fwd.node) }

// Resources gives the nodes that are resources, ascending. Do not change them.
func (g *Graph) Resources() []uint32 { return g.resources }

// IsResource tells whether a node is one.
func (g *Graph) IsResource(node uint32) bool { return int(node) < len(g.place) && g.place[node] != 0 }

// Edge gives an edge by its number.
func (g *Graph) Edge(number uint32) (Edge, error) {
	if int(number) >= g.Edges() {
		return Edge{}, bad("edge %d of %d", number, g.Edges())
	}
	e := Edge{From: g.from(number), To: g.fwd.node[number], Class: Class(g.fwd.word[number] & 3)}
	g.eachGrant(number, func(i uint32) { e.Proof = append(e.Proof, int(g.grants[i])) })
	return e, nil
}

// Out gives the numbers of the edges that lead out of a node: from the first on, before the end.
func (g *Graph) Out(node uint32) (first, end uint32) { return g.fwd.off[node], g.fwd.off[node+1] }

// Each goes through all edges by their numbers. An edge is valid until do returns.
func (g *Graph) Each(do func(number uint32, x *Edge)) {
	for from := range uint32(g.Nodes()) {
		g.EachOut(from, do)
	}
}

// EachOut goes through the edges that lead out of a node; see Each.
func (g *Graph) EachOut(node uint32, do func(number uint32, x *Edge)) {
	var x Edge
	for n := g.fwd.off[node]; n < g.fwd.off[node+1]; n++ {
		x = Edge{From: node, To: g.fwd.node[n], Class: Class(g.fwd.word[n] & 3), Proof: x.Proof[:0]}
		g.eachGrant(n, func(i uint32) { x.Proof = append(x.Proof, int(g.grants[i])) })
		do(n, &x)
	}
}

// On gives the edges that rest on a grant, ascending. Do not change them.
func (g *Graph) On(grant int) []uint32 {
	i, ok := g.grant(grant)
	if !ok {
		return nil
	}
	return g.rests[g.restOff[i]:g.restOff[i+1]]
}

// Mask is a set of edges that are taken out for the sake of a question.
type Mask struct {
	dead  []uint64 // by edge
	Edges int      // how many are out
}

func (m *Mask) has(edge uint32) bool { return m.dead[edge>>6]&(1<<(edge&63)) != 0 }

func (m *Mask) add(edge uint32) {
	if !m.has(edge) {
		m.dead[edge>>6] |= 1 << (edge & 63)
		m.Edges++
	}
}

// Without takes out every edge that rests on any of the grants. A grant that no edge rests on is an error: a change that changes
// nothing is most likely a mistake.
func (g *Graph) Without(grants ...int) (*Mask, error) {
	m := &Mask{dead: make([]uint64, (g.Edges()+63)/64)}
	for _, n := range grants {
		edges := g.On(n)
		if len(edges) == 0 {
			return nil, bad("no edge rests on grant %d", n)
		}
		for _, e := range edges {
			m.add(e)
		}
	}
	return m, nil
}

// WithoutEdges takes out edges by their numbers.
func (g *Graph) WithoutEdges(edges ...uint32) (*Mask, error) {
	m := &Mask{dead: make([]uint64, (g.Edges()+63)/64)}
	for _, e := range edges {
		if int(e) >= g.Edges() {
			return nil, bad("edge %d of %d", e, g.Edges())
		}
		m.add(e)
	}
	return m, nil
}

func (g *Graph) grant(number int) (int, bool) {
	if number < 0 || int64(number) >= 1<<32 {
		return 0, false
	}
	return slices.BinarySearch(g.grants, uint32(number))
}
