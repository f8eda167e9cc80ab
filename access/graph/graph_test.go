package graph

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/google/go-cmp/cmp"
)

// drawn is a random graph in the plainest form, and what brute force says of it.
type drawn struct {
	principals, resources int
	edges                 []Edge
	holds                 []map[int]bool // persons by resource
}

func drawGraph(rng *rand.Rand, principals, resources, edges, grants int) *drawn {
	d := &drawn{principals: principals, resources: resources}
	for range edges {
		e := Edge{From: uint32(rng.IntN(principals)), To: uint32(rng.IntN(principals + resources))}
		if rng.IntN(3) == 0 {
			e.Class |= Escalates
		}
		if rng.IntN(3) == 0 {
			e.Class |= Conditional
		}
		for range rng.IntN(4) {
			e.Proof = append(e.Proof, 100+3*rng.IntN(grants))
		}
		d.edges = append(d.edges, e)
		if rng.IntN(5) == 0 {
			d.edges = append(d.edges, e)
		}
	}
	for range resources {
		holds := map[int]bool{}
		for range rng.IntN(8) {
			holds[rng.IntN(20)] = true
		}
		d.holds = append(d.holds, holds)
	}
	return d
}

func (d *drawn) source() Source {
	return func(yield func(uint32, *estate.People) error) error {
		for r, holds := range d.holds {
			p := estate.NewPeople(0)
			for i := range holds {
				p.Add(cohort(uint64(i), 7))
			}
			if err := yield(uint32(d.principals+r), p); err != nil {
				return err
			}
		}
		return nil
	}
}

func (d *drawn) build(t testing.TB, edges []Edge) *Graph {
	t.Helper()
	b, err := NewBuilder(d.principals + d.resources)
	if err != nil {
		t.Fatal(err)
	}
	for r := range d.resources {
		if err := b.Resource(uint32(d.principals + r)); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range edges {
		if err := b.Edge(e); err != nil {
			t.Fatal(err)
		}
	}
	people, err := Gather(d.source())
	if err != nil {
		t.Fatal(err)
	}
	g, err := b.Graph(people)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// distances is a plain breadth-first search over the edges that a class allows.
func (d *drawn) distances(edges []Edge, allowed Class, from uint32) []int {
	dist := make([]int, d.principals+d.resources)
	for i := range dist {
		dist[i] = -1
	}
	dist[from] = 0
	for queue := []uint32{from}; len(queue) > 0; queue = queue[1:] {
		for _, e := range edges {
			if e.From == queue[0] && e.Class&^allowed == 0 && dist[e.To] < 0 {
				dist[e.To] = dist[queue[0]] + 1
				queue = append(queue, e.To)
			}
		}
	}
	return dist
}

// hits gives what a plain search from a node finds, with the best class of each.
func (d *drawn) hits(edges []Edge, v View, from uint32) map[uint32]Hit {
	out := map[uint32]Hit{}
	for c := range Class(classes) {
		if uint32(c)&^v.allows() != 0 {
			continue
		}
		for n, dist := range d.distances(edges, c, from) {
			if _, ok := out[uint32(n)]; dist >= 0 && !ok {
				out[uint32(n)] = Hit{uint32(n), c}
			}
		}
	}
	return out
}

func (d *drawn) people(hits map[uint32]Hit) int64 {
	who := map[int]bool{}
	for n := range hits {
		if int(n) >= d.principals {
			for i := range d.holds[int(n)-d.principals] {
				who[i] = true
			}
		}
	}
	return int64(len(who))
}

func without(edges []Edge, grants ...int) []Edge {
	return slices.DeleteFunc(slices.Clone(edges), func(e Edge) bool {
		return slices.ContainsFunc(e.Proof, func(p int) bool { return slices.Contains(grants, p) })
	})
}

var views = []View{{}, {Escalation: true}, {Possible: true}, {Escalation: true, Possible: true}}

// checkPath fails where the path of a hit is not one, or a shorter one of its class exists.
func checkPath(t *testing.T, g *Graph, path []uint32, from uint32, hit Hit, shortest int) {
	t.Helper()
	at, class := from, Class(0)
	for _, n := range path {
		e, err := g.Edge(n)
		if err != nil || e.From != at {
			t.Fatalf("edge %d of a path leads from %d, not %d (%v)", n, e.From, at, err)
		}
		at, class = e.To, class|e.Class
	}
	if at != hit.Node || class != hit.Class || len(path) != shortest {
		t.Fatalf("a path of %d edges and class %d leads to %d; want %d edges, %+v", len(path), class, at, shortest, hit)
	}
}

// TestClosureIsThatOfAPlainSearch: ten thousand graphs with diamonds, cycles, self and repeated edges.
func TestClosureIsThatOfAPlainSearch(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 10_000 {
		n := 2 + rng.IntN(12)
		d := drawGraph(rng, n, 1+rng.IntN(5), rng.IntN(4*n), 6)
		g := d.build(t, d.edges)
		s := g.Search()
		v := views[rng.IntN(len(views))]
		from := uint32(rng.IntN(n))
		edges, mask := d.edges, (*Mask)(nil)
		if len(g.grants) > 0 && rng.IntN(2) == 0 {
			gone := int(g.grants[rng.IntN(len(g.grants))])
			edges = without(d.edges, gone)
			m, err := g.Without(gone)
			if err != nil {
				t.Fatal(err)
			}
			mask = m
		}
		v.Without = mask
		want := d.hits(edges, v, from)
		got, err := s.Reach(v, from)
		if err != nil {
			t.Fatal(err)
		}
		hits := append(slices.Clone(got.Principals), got.Resources...)
		if len(hits) != len(want) {
			t.Fatalf("%d nodes are reached, want %d", len(hits), len(want))
		}
		for _, h := range hits {
			if h != want[h.Node] {
				t.Fatalf("%+v, want %+v", h, want[h.Node])
			}
			checkPath(t, g, s.Path(h.Node), from, h, d.distances(edges, h.Class, from)[h.Node])
		}
		tally, err := s.ReachPeople(v, from)
		if err != nil {
			t.Fatal(err)
		}
		if n := d.people(want); tally.Total != (estate.Count{Estimate: n, Low: n, High: n}) {
			t.Fatalf("%+v people, want %d", tally.Total, n)
		}
	}
}

// TestAnswersOfLargerGraphsAreInOrder asks one Search many questions, of graphs that are longer than what is looked at together, both ways.
func TestAnswersOfLargerGraphsAreInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	for range 10 {
		d := drawGraph(rng, 3*block, 2*block+7, 7*block, 6)
		s := d.build(t, d.edges).Search()
		turned := slices.Clone(d.edges)
		for i, e := range turned {
			turned[i].From, turned[i].To = e.To, e.From
		}
		for range 20 {
			v, n := views[rng.IntN(len(views))], uint32(rng.IntN(3*block))
			r, err := s.Reach(v, n)
			if err != nil {
				t.Fatal(err)
			}
			inOrder(t, append(r.Principals, r.Resources...), d.hits(d.edges, v, n))
			n = uint32(rng.IntN(5 * block))
			who, err := s.Who(v, n)
			if err != nil {
				t.Fatal(err)
			}
			want := d.hits(turned, v, n)
			if int(n) >= d.principals {
				delete(want, n)
			}
			inOrder(t, who, want)
		}
	}
}

func inOrder(t *testing.T, got []Hit, want map[uint32]Hit) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d hits, want %d", len(got), len(want))
	}
	for i, h := range got {
		if h != want[h.Node] || i > 0 && h.Node <= got[i-1].Node {
			t.Fatalf("hit %d is %+v, want %+v", i, h, want[h.Node])
		}
	}
}

func TestWhoIsTheInverseOfReach(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		n := 2 + rng.IntN(10)
		d := drawGraph(rng, n, 3, rng.IntN(4*n), 6)
		g := d.build(t, d.edges)
		s := g.Search()
		for _, v := range views {
			for to := range uint32(n + 3) {
				want := map[uint32]Hit{}
				for from := range uint32(n) {
					if h, ok := d.hits(d.edges, v, from)[to]; ok {
						want[from] = Hit{from, h.Class}
					}
				}
				who, err := s.Who(v, to)
				if err != nil {
					t.Fatal(err)
				}
				got := map[uint32]Hit{}
				for _, h := range who {
					got[h.Node] = h
					checkPath(t, g, s.Path(h.Node), h.Node, Hit{to, h.Class}, d.distances(d.edges, h.Class, h.Node)[to])
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatal(diff)
				}
			}
		}
	}
}

func TestFootholdsAreRankedByTheirPeople(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 1000 {
		n := 2 + rng.IntN(12)
		d := drawGraph(rng, n, 4, rng.IntN(5*n), 6)
		g := d.build(t, d.edges)
		v := views[rng.IntN(len(views))]
		ranked, err := g.Rank(v)
		if err != nil {
			t.Fatal(err)
		}
		if len(ranked) != n {
			t.Fatalf("%d footholds of %d", len(ranked), n)
		}
		for i, f := range ranked {
			if want := d.people(d.hits(d.edges, v, f.Node)); f.People.Estimate != want || !f.People.Exact() {
				t.Fatalf("foothold %d: %+v, want %d", f.Node, f.People, want)
			}
			if i > 0 && f.People.Estimate > ranked[i-1].People.Estimate {
				t.Fatal("not in their order")
			}
		}
	}
}

// TestAWhatIfIsTheGraphWithoutTheEdges compares whole graphs, and so every answer.
func TestAWhatIfIsTheGraphWithoutTheEdges(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 200 {
		d := drawGraph(rng, 8, 4, 24, 5)
		g := d.build(t, d.edges)
		if len(g.grants) < 2 {
			continue
		}
		gone := []int{int(g.grants[0]), int(g.grants[len(g.grants)-1])}
		less := d.build(t, without(d.edges, gone...))
		mask, err := g.Without(gone...)
		if err != nil {
			t.Fatal(err)
		}
		if less.Edges() != g.Edges()-mask.Edges {
			t.Fatalf("%d edges are left, want %d", g.Edges()-mask.Edges, less.Edges())
		}
		for _, v := range views {
			masked := v
			masked.Without = mask
			a, err := g.Rank(masked)
			if err != nil {
				t.Fatal(err)
			}
			b, err := less.Rank(v)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(a, b); diff != "" {
				t.Fatal(diff)
			}
		}
	}
}

func TestTheOrderOfEdgesDoesNotMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	d := drawGraph(rng, 20, 5, 100, 9)
	one := d.build(t, d.edges)
	rng.Shuffle(len(d.edges), func(i, j int) { d.edges[i], d.edges[j] = d.edges[j], d.edges[i] })
	two := d.build(t, d.edges)
	if !slices.Equal(encoded(t, one), encoded(t, two)) {
		t.Error("the same edges in another order make another graph")
	}
}

func TestContradictionsAreErrors(t *testing.T) {
	b, err := NewBuilder(3)
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]Edge{
		"no such node":  {From: 0, To: 3},
		"no such class": {From: 0, To: 1, Class: 4},
		"a grant of -1": {From: 0, To: 1, Proof: []int{-1}},
		"too long":      {From: 0, To: 1, Proof: make([]int, maxProof+1)},
	} {
		if b.Edge(e) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if b.Resource(3) == nil {
		t.Error("a resource that is no node: no error")
	}
	if _, err := NewBuilder(-1); err == nil {
		t.Error("-1 nodes: no error")
	}
	if err := b.Edge(Edge{From: 2, To: 1, Proof: []int{7}}); err != nil {
		t.Fatal(err)
	}
	g, err := b.Graph(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := g.Search()
	if _, err := s.Reach(View{}, 3); err == nil {
		t.Error("no such principal: no error")
	}
	if _, err := g.Without(8); err == nil {
		t.Error("no such grant: no error")
	}
	if _, err := g.WithoutEdges(1); err == nil {
		t.Error("no such edge: no error")
	}
	if _, err := g.Edge(1); err == nil {
		t.Error("no such edge: no error")
	}
	if _, err := s.Reach(View{Without: &Mask{}}, 0); err == nil {
		t.Error("the mask of another graph: no error")
	}
	if s.Path(0) != nil || s.Path(99) != nil {
		t.Error("a path to what was not asked for")
	}
	if err := b.Resource(2); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Graph(nil); err == nil {
		t.Error("an edge out of a resource: no error")
	}
}
