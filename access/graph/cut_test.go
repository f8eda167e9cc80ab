package graph

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// left is the objective on the edges without some candidates, by brute force.
func (d *drawn) left(q *Cuts, set []int) int64 {
	var gone []int
	for _, i := range set {
		gone = append(gone, q.Candidates[i]...)
	}
	edges := without(d.edges, gone...)
	out := int64(0)
	for _, f := range q.Footholds {
		n := d.people(d.hits(edges, q.View, f))
		if q.Largest {
			out = max(out, n)
		} else {
			out += n
		}
	}
	return out
}

// subsets calls do with each set of at most k of n.
func subsets(n, k int, do func([]int)) {
	var set []int
	var next func(int)
	next = func(from int) {
		do(set)
		if len(set) == k {
			return
		}
		for i := from; i < n; i++ {
			set = append(set, i)
			next(i + 1)
			set = set[:len(set)-1]
		}
	}
	next(0)
}

func TestCutsAreThoseOfExhaustiveSearch(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	for round := range 2000 {
		n := 3 + rng.IntN(6)
		grants := 2 + rng.IntN(7)
		d := drawGraph(rng, n, 1+rng.IntN(4), n+rng.IntN(2*n), grants)
		for i := range d.edges { // fewer edges that nothing can take out
			if len(d.edges[i].Proof) == 0 {
				d.edges[i].Proof = []int{100 + 3*rng.IntN(grants)}
			}
		}
		g := d.build(t, d.edges)
		q := Cuts{View: views[rng.IntN(len(views))], Most: rng.IntN(5), Largest: round%3 == 0}
		for range 1 + rng.IntN(3) {
			q.Footholds = append(q.Footholds, uint32(rng.IntN(n)))
		}
		for i := range grants {
			c := []int{100 + 3*i}
			if rng.IntN(4) == 0 {
				c = append(c, 100+3*rng.IntN(grants))
			}
			q.Candidates = append(q.Candidates, c)
		}
		best := d.left(&q, nil)
		before := best
		subsets(grants, q.Most, func(set []int) { best = min(best, d.left(&q, set)) })
		a, err := g.Search().Cut(q)
		if err != nil {
			t.Fatal(err)
		}
		if !a.Exact || a.Before != before || a.After != best || len(a.Chosen) > q.Most || d.left(&q, a.Chosen) != best {
			t.Fatalf("round %d: %+v, want %d after %d", round, a, best, before)
		}
		hasty := q
		hasty.Work = 1
		b, err := g.Search().Cut(hasty)
		if err != nil {
			t.Fatal(err)
		}
		if b.Floor > best || b.After < best || b.Exact && b.After != best {
			t.Fatalf("round %d, without work: %+v, and the best is %d", round, b, best)
		}
		few := q
		few.Weigh = 1 + rng.IntN(grants)
		c, err := g.Search().Cut(few)
		if err != nil {
			t.Fatal(err)
		}
		if c.Floor > best || c.After < best || c.Exact && c.After != best || c.After != d.left(&q, c.Chosen) {
			t.Fatalf("round %d, %d of %d weighed: %+v, and the best is %d", round, few.Weigh, grants, c, best)
		}
	}
}

// ways draws a graph of two layers: a foothold is in groups, each group reads resources.
func ways(rng *rand.Rand, footholds, groups, resources, degree int) *drawn {
	d := &drawn{principals: footholds + groups, resources: resources}
	grant := 0
	add := func(from, to int) {
		d.edges = append(d.edges, Edge{From: uint32(from), To: uint32(to), Proof: []int{grant}})
		grant++
	}
	for f := range footholds {
		for _, i := range rng.Perm(groups)[:groups/footholds] {
			add(f, footholds+i)
		}
	}
	for i := range groups {
		for _, r := range rng.Perm(resources)[:degree] {
			add(footholds+i, footholds+groups+r)
		}
	}
	for range resources {
		holds := map[int]bool{}
		for range 1 + rng.IntN(12) {
			holds[rng.IntN(60)] = true
		}
		d.holds = append(d.holds, holds)
	}
	return d
}

// exhaust tries all sets of at most k grants of a graph of ways with persons and resources as bits.
func (d *drawn) exhaust(footholds, k int) int {
	people := make([]uint64, d.resources)
	for r, holds := range d.holds {
		for i := range holds {
			people[r] |= 1 << i
		}
	}
	type way struct{ first, second, resource int }
	perFoothold := make([][]way, footholds)
	for _, a := range d.edges {
		if int(a.From) >= footholds {
			continue
		}
		for _, b := range d.edges {
			if b.From == a.To {
				perFoothold[a.From] = append(perFoothold[a.From], way{a.Proof[0], b.Proof[0], int(b.To) - d.principals})
			}
		}
	}
	best := 1 << 30
	gone := make([]bool, len(d.edges))
	subsets(len(d.edges), k, func(set []int) {
		for _, i := range set {
			gone[i] = true
		}
		n := 0
		for _, ways := range perFoothold {
			who := uint64(0)
			for _, w := range ways {
				if !gone[w.first] && !gone[w.second] {
					who |= people[w.resource]
				}
			}
			for ; who != 0; who &= who - 1 {
				n++
			}
		}
		best = min(best, n)
		for _, i := range set {
			gone[i] = false
		}
	})
	return best
}

func TestCutsOfTwoHundredCandidates(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for _, c := range []struct{ footholds, groups, degree, cuts int }{{4, 40, 4, 2}, {4, 40, 4, 2}, {2, 12, 2, 4}, {20, 40, 4, 2}} {
		d := ways(rng, c.footholds, c.groups, 30, c.degree)
		g := d.build(t, d.edges)
		q := Cuts{Most: c.cuts}
		for f := range c.footholds {
			q.Footholds = append(q.Footholds, uint32(f))
		}
		for i := range d.edges {
			q.Candidates = append(q.Candidates, []int{i})
		}
		a, err := g.Search().Cut(q)
		if err != nil {
			t.Fatal(err)
		}
		if want := d.exhaust(c.footholds, c.cuts); !a.Exact || int(a.After) != want {
			t.Errorf("%d candidates: %+v, want %d", len(q.Candidates), a, want)
		}
	}
}

// bundle is a graph of one foothold that reads each of some resources over so many groups.
func bundle(ways []int, people []int) *drawn {
	d := &drawn{principals: 1, resources: len(ways)}
	for _, n := range ways {
		d.principals += n
	}
	group, person := uint32(1), 0
	for r, n := range ways {
		for range n {
			d.edges = append(d.edges, Edge{From: 0, To: group, Proof: []int{int(group)}}, Edge{From: group, To: uint32(d.principals + r)})
			group++
		}
		holds := map[int]bool{}
		for range people[r] {
			holds[person] = true
			person++
		}
		d.holds = append(d.holds, holds)
	}
	return d
}

func TestFourChangesThatSaveNobodySingly(t *testing.T) {
	d := bundle([]int{4, 9, 9}, []int{50, 8, 7})
	q := Cuts{Footholds: []uint32{0}, Most: 4}
	for i := range 22 {
		q.Candidates = append(q.Candidates, []int{i + 1})
	}
	for i := range q.Candidates {
		if d.left(&q, []int{i}) != 65 {
			t.Fatal("a single change saves somebody")
		}
	}
	for name, work := range map[string]int64{"exact": 0, "in haste": 20_000} {
		q.Work = work
		a, err := d.build(t, d.edges).Search().Cut(q)
		if err != nil {
			t.Fatal(err)
		}
		if a.After != 15 || !slices.Equal(a.Chosen, []int{0, 1, 2, 3}) {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestPairsBeatGreed(t *testing.T) {
	d := bundle([]int{1, 1, 2}, []int{10, 9, 40}) // singly 10 and 9 are saved, and 40 by a pair
	q := Cuts{Footholds: []uint32{0}, Most: 2, Candidates: [][]int{{1}, {2}, {3}, {4}, {77}}}
	a, err := d.build(t, d.edges).Search().Cut(q)
	if err != nil {
		t.Fatal(err)
	}
	if a.Before != 59 || a.After != 19 || !a.Exact || !slices.Equal(a.Chosen, []int{2, 3}) || !slices.Equal(a.Irrelevant, []int{4}) {
		t.Errorf("%+v", a)
	}
}
