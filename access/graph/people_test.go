package graph

import (
	"maps"
	"math/rand/v2"
	"testing"

	lists "github.com/chartroom/chartroom/access/people"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// crowdOf makes a Source of some sketches, of which the i-th is of node i.
func crowdOf(sketches ...*estate.People) Source {
	return func(yield func(uint32, *estate.People) error) error {
		for i, p := range sketches {
			if err := yield(uint32(i), p); err != nil {
				return err
			}
		}
		return nil
	}
}

// holding makes a graph of n resources that hold people, and nothing else.
func holding(t testing.TB, n int, people *People) *Graph {
	t.Helper()
	b, err := NewBuilder(n)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := b.Resource(uint32(i)); err != nil {
			t.Fatal(err)
		}
	}
	g, err := b.Graph(people)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func mixed(n uint64) estate.Mark { return estate.Mark(n * 0x9e3779b97f4a7c15) }

// drawPerson draws persons who share marks, weak ones too, so that links and contradictions occur.
var drawPerson = rapid.Custom(func(t *rapid.T) estate.Person {
	p := estate.Person{Birth: rapid.Uint32Range(0, 3).Draw(t, "birth"), States: rapid.Uint64Range(0, 7).Draw(t, "states"),
		Classes: phi.Classes(rapid.Uint32Range(0, 7).Draw(t, "classes")), Minor: rapid.Bool().Draw(t, "minor"), Part2: rapid.Bool().Draw(t, "part2")}
	for _, m := range rapid.SliceOfN(rapid.Uint64Range(1, 60), 1, 4).Draw(t, "marks") {
		p.Marks = append(p.Marks, mixed(m)&^3|estate.Mark(m%4))
	}
	return p
})

func TestAllResourcesAreThePeopleOfTheMergedSketches(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(rt, "resources")
		merged := estate.NewPeople(0)
		var sketches []*estate.People
		var all []uint32
		for i := range n {
			p := estate.NewPeople(0)
			for _, who := range rapid.SliceOfN(drawPerson, 0, 25).Draw(rt, "people") {
				p.Add(who)
			}
			merged.Merge(p)
			sketches, all = append(sketches, p), append(all, uint32(i))
		}
		people, err := Gather(crowdOf(sketches...))
		if err != nil {
			rt.Fatal(err)
		}
		got := holding(t, n, people).Search().People(all...)
		if d := cmp.Diff(merged.Tally(), got); d != "" {
			rt.Error(d)
		}
	})
}

// cohort gives a person with three marks; each resource shows some of them.
func cohort(i, shown uint64) estate.Person {
	p := estate.Person{States: 1 << (1 + i%3)}
	if i%5 == 0 {
		p.Classes = phi.Of(phi.HIV)
	}
	for k := range uint64(3) {
		if shown&(1<<k) != 0 {
			p.Marks = append(p.Marks, mixed(3*i+k+1)&^3)
		}
	}
	return p
}

// TestAPersonIsOneWhereAnyRecordLinksHim: one resource knows a man by one number, another by another, a third by both.
func TestAPersonIsOneWhereAnyRecordLinksHim(t *testing.T) {
	a, b, c := estate.NewPeople(0), estate.NewPeople(0), estate.NewPeople(0)
	for i := range uint64(100) {
		a.Add(cohort(i, 0b001))
		b.Add(cohort(i, 0b010))
	}
	for i := range uint64(40) {
		c.Add(cohort(i, 0b011))
	}
	people, err := Gather(crowdOf(a, b, c))
	if err != nil {
		t.Fatal(err)
	}
	s := holding(t, 3, people).Search()
	for _, want := range []struct {
		n  int64
		of []uint32
	}{{100, []uint32{0}}, {160, []uint32{0, 1}}, {160, []uint32{0, 1, 2}}, {100, []uint32{2, 0}}, {40, []uint32{2}}, {0, nil}} {
		if got := s.People(want.of...).Total; got != (estate.Count{Estimate: want.n, Low: want.n, High: want.n}) {
			t.Errorf("%v: %+v, want %d", want.of, got, want.n)
		}
	}
}

// TestManyPeopleAreWithinTheBounds: large resources come as samples, and small ones beside them stay exact.
func TestManyPeopleAreWithinTheBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n = 60_000
	sizes := []int{40_000, 25_000, 900, 30, 12_000, 5}
	in := make([]map[uint64]bool, len(sizes))
	var sketches []*estate.People
	merged := estate.NewPeople(4096)
	for r, size := range sizes {
		p := estate.NewPeople(4096)
		in[r] = map[uint64]bool{}
		shown := uint64(0b111)
		if r%2 == 1 {
			shown = 0b011
		}
		for len(in[r]) < size {
			i := rng.Uint64N(n)
			in[r][i] = true
			p.Add(cohort(i, shown))
		}
		sketches = append(sketches, p)
		merged.Merge(p)
	}
	people, err := gather(crowdOf(sketches...), lists.Budget{Base: 6000, List: 3000, All: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	s := holding(t, len(sizes), people).Search()
	outside, asked := 0, 0
	for set := uint32(1); set < 1<<len(sizes); set++ {
		var of []uint32
		union := map[uint64]bool{}
		for r := range sizes {
			if set&(1<<r) != 0 {
				of = append(of, uint32(r))
				for i := range in[r] {
					union[i] = true
				}
			}
		}
		hiv := 0
		for i := range union {
			if i%5 == 0 {
				hiv++
			}
		}
		got := s.People(of...)
		for _, c := range []struct {
			got  estate.Count
			want int
		}{{got.Total, len(union)}, {got.Classes[phi.HIV], hiv}} {
			asked++
			if c.got.Low > int64(c.want) || c.got.High < int64(c.want) {
				outside++
			}
			if set&0b010011 == 0 && (c.got.Estimate != int64(c.want) || !c.got.Exact()) {
				t.Errorf("%v: %+v, want exactly %d", of, c.got, c.want)
			}
			if off := float64(c.got.Estimate)/float64(c.want) - 1; off > 0.12 || off < -0.12 {
				t.Errorf("%v: %+v, want %d", of, c.got, c.want)
			}
		}
	}
	if outside*8 > asked {
		t.Errorf("%d of %d counts lie outside of their 95 %% bounds", outside, asked)
	}
	all, got := merged.Tally().Total, s.People(0, 1, 2, 3, 4, 5).Total
	if got.Low > all.High || got.High < all.Low {
		t.Errorf("all resources hold %+v, and the merged sketches say %+v", got, all)
	}
}

func TestPeopleThatContradictAreAnError(t *testing.T) {
	p := estate.NewPeople(0)
	p.Add(cohort(1, 7))
	times := 0
	for name, source := range map[string]Source{
		"twice": func(yield func(uint32, *estate.People) error) error {
			if err := yield(1, p); err != nil {
				return err
			}
			return yield(1, p)
		},
		"fewer later": func(yield func(uint32, *estate.People) error) error {
			if times++; times > 1 {
				return nil
			}
			return yield(1, p)
		},
	} {
		if _, err := Gather(source); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	people, err := Gather(crowdOf(p))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := NewBuilder(1)
	if _, err := b.Graph(people); err == nil {
		t.Error("people of a principal are no error")
	}
}

// TestTheFrontTellsTheSame: what a question of very many resources goes through tells the same, of each sample, as their lists.
func TestTheFrontTellsTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	const resources, everybody = 1500, exactPersons * 3 / 2
	sketches := make([]*estate.People, resources)
	for r := range sketches {
		sketches[r] = estate.NewPeople(0)
		for range 60 + rng.IntN(100) {
			who := rng.Uint64N(everybody)
			sketches[r].Add(estate.Person{Marks: []estate.Mark{mixed(2*who+1) &^ 3, mixed(2*who+2) &^ 3}, States: 1 << (who % 9), Classes: phi.Classes(1 + who%5), Minor: who%7 == 0})
		}
	}
	people, err := Gather(crowdOf(sketches...))
	if err != nil {
		t.Fatal(err)
	}
	g := holding(t, resources, people)
	plain := *people
	plain.front = front{}
	byFront, byLists := g.Search(), holding(t, resources, &plain).Search()
	dense := 0
	for range 30 {
		var of []uint32
		for n := range uint32(resources) {
			if rng.IntN(resources) < 1+rng.IntN(resources) {
				of = append(of, n)
			}
		}
		persons := people.first[people.highest] / (1 + rng.Uint32N(4))
		grade := byFront.union(of, persons)
		if byFront.dense {
			dense++
		}
		one, two := map[uint32]uint64{}, map[uint32]uint64{}
		byFront.drain(grade, func(w uint32, what uint64) { one[w] = what })
		byLists.drain(byLists.union(of, persons), func(w uint32, what uint64) { two[w] = what })
		if !maps.Equal(one, two) {
			t.Fatalf("%d persons by the front and %d by the lists of %d resources", len(one), len(two), len(of))
		}
		if diff := cmp.Diff(byFront.People(of...), byLists.People(of...)); diff != "" {
			t.Fatal(diff)
		}
		if total := byFront.People(of...).Total; total != byFront.Count(of...) {
			t.Fatalf("%v people by a tally, %v by a count", total, byFront.Count(of...))
		}
	}
	if people.highest == 0 || dense < 10 {
		t.Errorf("the front was asked %d times, and its grade is %d", dense, people.highest)
	}
}
