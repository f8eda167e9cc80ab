package access

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access/overlay"
)

// edge is an Edge by numbers: of nodes, and of words.
type edge struct {
	from, to        int32
	verb, condition int32
	right           Right
	layer           Layer
	proof           []int32
}

// gathering takes what compilers find, and numbers it. It is one compiler's Sink at a time.
type gathering struct {
	nodes  []Node           // principals, and the places of each compiler
	byID   map[string]int32 // principals
	edges  []edge
	doubts []Doubt
	words  []string
	byWord map[string]int32

	layouts  []overlay.Layout // one a compiler, in their order
	placeIDs map[string]int32 // places of the compiler that speaks: what one system says of a place says nothing of another's division
	own      []Edge           // of the compiler that speaks, to be made once it has told its places
	deferred []deferred       // to be made once all principals are known
	missing  map[string]bool  // principals that were named and not seen
}

// deferred is an edge that waits for its principals; to is its place, -1 where it leads to a principal.
type deferred struct {
	Edge
	to int32
}

func newGathering() *gathering {
	return &gathering{byID: map[string]int32{}, byWord: map[string]int32{"": 0}, words: []string{""}, missing: map[string]bool{}}
}

// compile lets a compiler find its edges. Nodes may come behind the edges that name them.
func (g *gathering) compile(c Compiler, facts []Fact, places []Place) {
	g.layouts = append(g.layouts, overlay.Layout{})
	g.placeIDs = map[string]int32{}
	c(facts, places, g)
	own := g.own
	g.own = nil
	for _, e := range own {
		to, is := g.placeIDs[e.To]
		if !is {
			to = -1
		}
		g.deferred = append(g.deferred, deferred{e, to})
	}
}

// Node takes a node, and unites it with what was said of it before.
func (g *gathering) Node(n Node) {
	ids := g.byID
	if n.Kind == Resource {
		ids = g.placeIDs
	}
	at, known := ids[n.ID]
	if !known {
		at = int32(len(g.nodes))
		ids[n.ID] = at
		g.nodes = append(g.nodes, n)
		g.nodes[at].Traits = maps.Clone(n.Traits)
	} else {
		g.unite(&g.nodes[at], n)
	}
	if n.Kind != Resource {
		return
	}
	l := g.layouts[len(g.layouts)-1]
	if l[n.Place.Repository] == nil {
		l[n.Place.Repository] = map[string]int32{}
	}
	l[n.Place.Repository][n.Place.Path] = at
}

// unite adds what one more compiler says of a node. The first word on each thing stands, but for what the first did not know.
func (g *gathering) unite(old *Node, n Node) {
	for _, w := range []struct{ to, from *string }{{&old.Name, &n.Name}, {&old.System, &n.System}, {&old.Custodian, &n.Custodian}} {
		if *w.to == "" {
			*w.to = *w.from
		}
	}
	for k, v := range n.Traits {
		if old.Traits == nil {
			old.Traits = map[string]string{}
		}
		if old.Traits[k] == "" {
			old.Traits[k] = v
		}
	}
}

// Edge takes an edge.
func (g *gathering) Edge(e Edge) {
	from, known := g.byID[e.From]
	to, there := g.placeIDs[e.To]
	if !there {
		to, there = g.byID[e.To]
	}
	if !known || !there {
		e.Proof = slices.Clone(e.Proof)
		g.own = append(g.own, e)
		return
	}
	g.edge(from, to, e)
}

func (g *gathering) edge(from, to int32, e Edge) {
	proof := make([]int32, len(e.Proof))
	for i, p := range e.Proof {
		proof[i] = int32(p)
	}
	slices.Sort(proof)
	g.edges = append(g.edges, edge{from, to, g.word(e.Verb), g.word(e.Condition), e.Right, e.Layer, slices.Compact(proof)})
}

// Doubt takes a doubt.
func (g *gathering) Doubt(d Doubt) { g.doubts = append(g.doubts, d) }

func (g *gathering) word(text string) int32 {
	n, known := g.byWord[text]
	if !known {
		n = int32(len(g.words))
		g.byWord[text] = n
		g.words = append(g.words, text)
	}
	return n
}

// settle makes the edges whose nodes came behind them. One that names what nobody saw is a doubt.
func (g *gathering) settle() {
	for _, d := range g.deferred {
		from, known := g.byID[d.From]
		to, there := d.to, d.to >= 0
		if !there {
			to, there = g.byID[d.To]
		}
		switch {
		case known && there:
			g.edge(from, to, d.Edge)
		case known:
			g.unseen(d.To, d.Edge)
		default:
			g.unseen(d.From, d.Edge)
		}
	}
	g.deferred = nil
	slices.SortFunc(g.doubts, func(a, b Doubt) int {
		return cmp.Or(strings.Compare(a.Scope, b.Scope), strings.Compare(a.Detail, b.Detail), strings.Compare(a.Place.Repository, b.Place.Repository), strings.Compare(a.Place.Path, b.Place.Path))
	})
	g.doubts = slices.Compact(g.doubts)
}

// unseen notes the first edge that names what nobody saw.
func (g *gathering) unseen(name string, e Edge) {
	if g.missing[name] {
		return
	}
	g.missing[name] = true
	g.Doubt(Doubt{Detail: name + " was not seen, and yet a fact names it: " + e.From + " " + e.Verb + " " + e.To})
}
