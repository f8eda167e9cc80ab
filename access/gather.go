package access

import (
	"maps"
	"slices"
	"strings"
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
	nodes  []Node
	byID   map[string]int32
	edges  []edge
	doubts []Doubt
	words  []string
	byWord map[string]int32

	places   []layout // one a compiler, in their order
	deferred []Edge   // to be made once their nodes are known
}

// layout is how one compiler divides repositories into places: repository, path, number of its node.
type layout map[string]map[string]int32

func newGathering() *gathering {
	return &gathering{byID: map[string]int32{}, byWord: map[string]int32{"": 0}, words: []string{""}}
}

// compile lets a compiler find its edges. Nodes may come behind the edges that name them.
func (g *gathering) compile(c Compiler, facts []Fact, places []Place) {
	g.places = append(g.places, layout{})
	c(facts, places, g)
}

// Node takes a node, and unites it with what was said of it before.
func (g *gathering) Node(n Node) {
	at, known := g.byID[n.ID]
	if !known {
		at = int32(len(g.nodes))
		g.byID[n.ID] = at
		g.nodes = append(g.nodes, n)
		g.nodes[at].Traits = maps.Clone(n.Traits)
	} else {
		g.unite(&g.nodes[at], n)
	}
	if n.Kind != Resource {
		return
	}
	l := g.places[len(g.places)-1]
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
	to, there := g.byID[e.To]
	if !known || !there {
		e.Proof = slices.Clone(e.Proof)
		g.deferred = append(g.deferred, e)
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
	missing := map[string]string{}
	for _, e := range g.deferred {
		from, known := g.byID[e.From]
		to, there := g.byID[e.To]
		switch {
		case known && there:
			g.edge(from, to, e)
		case known:
			missing[e.To] = e.From + " " + e.Verb + " " + e.To
		default:
			missing[e.From] = e.From + " " + e.Verb + " " + e.To
		}
	}
	g.deferred = nil
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		g.Doubt(Doubt{Detail: name + " was not seen, and yet a fact names it: " + missing[name]})
	}
	slices.SortStableFunc(g.doubts, func(a, b Doubt) int { return strings.Compare(a.Scope+a.Detail, b.Scope+b.Detail) })
	g.doubts = slices.Compact(g.doubts)
}
