package graph

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSeveralQuestionsAtOnce: what one walk tells of narrower views, and who reaches any of several nodes, with and without a mask, are as
// one question after the other has it.
func TestSeveralQuestionsAtOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(29, 30))
	for range 500 {
		n, resources := 3+rng.IntN(8), 1+rng.IntN(4)
		d := drawGraph(rng, n, resources, n+rng.IntN(3*n), 6)
		g := d.build(t, d.edges)
		one, s := g.Search(), g.Search()
		widest := View{Escalation: true, Possible: true}
		from := uint32(rng.IntN(n))
		if _, err := s.Reach(widest, from); err != nil {
			t.Fatal(err)
		}
		for _, v := range views {
			if _, err := one.Reach(v, from); err != nil {
				t.Fatal(err)
			}
			for node := range uint32(g.Nodes()) {
				if _, reached := one.Found(node); reached != s.Within(View{Escalation: v.Escalation, Possible: v.Possible}, node) {
					t.Fatalf("%+v: node %d from %d is reached: %v", v, node, from, reached)
				}
			}
		}
		nodes := []uint32{uint32(n), uint32(n + rng.IntN(resources))}[:1+rng.IntN(2)]
		mask, err := g.WithoutEdges(uint32(rng.IntN(g.Edges())))
		if err != nil {
			t.Fatal(err)
		}
		want := map[uint32]Reader{}
		for _, node := range nodes {
			hits, err := one.Who(widest, node)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range hits {
				r, had := want[h.Node]
				if r.Node, r.Some = h.Node, r.Some+1; !had || h.Class < r.Class {
					r.Class = h.Class
				}
				want[h.Node] = r
			}
			masked := widest
			masked.Without = mask
			hits, err = one.Who(masked, node)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range hits {
				r := want[h.Node]
				r.Node, r.Always = h.Node, true
				want[h.Node] = r
			}
		}
		got := map[uint32]Reader{}
		if err := s.EachReader(widest, mask, func(r Reader) { got[r.Node] = r }, nodes...); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
}
