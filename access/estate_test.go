package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// world is an estate as a test tells it: items with the numbers of the persons in them, and what each system says.
type world struct {
	items   map[Place][]int
	systems []system
	empty   []string // repositories that hold nothing
	doubts  []Fact
}

// system is what one compiler says: its principals and places, its edges, and the grant of each, from which the edge comes and goes.
type system struct {
	nodes []Node
	edges []Edge
}

// standingFact is a fact without which a system says nothing; it stands for those that nobody takes away.
const standingFact = 1

// facts are all grants that the edges rest on, and one of each system on which none rests.
func (w *world) facts(without ...int) []Fact {
	var out []Fact
	for i := range w.systems {
		s := &w.systems[i]
		grants := map[int]bool{standingFact + i: true}
		for _, x := range s.edges {
			for _, g := range x.Proof {
				grants[g] = true
			}
		}
		for _, g := range slices.Sorted(maps.Keys(grants)) {
			if !slices.Contains(without, g) {
				out = append(out, Fact{ID: g, Grant: estate.Grant{System: fmt.Sprint("system", i), Kind: "acl"}})
			}
		}
	}
	return append(out, w.doubts...)
}

// compilers tell what the systems say, as far as the facts still stand.
func (w *world) compilers() map[string]Compiler {
	out := map[string]Compiler{}
	for i := range w.systems {
		s := &w.systems[i]
		out[fmt.Sprint("system", i)] = func(facts []Fact, _ []Place, sink Sink) {
			for n, x := range s.edges {
				stands := !slices.ContainsFunc(x.Proof, func(g int) bool {
					return !slices.ContainsFunc(facts, func(f Fact) bool { return f.ID == g })
				})
				if stands {
					sink.Edge(x)
				}
				if n == len(s.edges)/2 {
					for _, node := range s.nodes {
						sink.Node(node)
					}
				}
			}
			for _, node := range s.nodes {
				sink.Node(node)
			}
		}
	}
	return out
}

func (w *world) input(without ...int) Input {
	in := Input{Facts: w.facts(without...), Compilers: w.compilers(), Day: "2026-03-01"}
	repositories := map[string]bool{}
	for p := range w.items {
		repositories[p.Repository] = true
	}
	for _, name := range w.empty {
		repositories[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(repositories)) {
		in.Repositories = append(in.Repositories, Repository{Name: name, Custodian: "of " + name})
	}
	in.Holdings = func(_ bool, yield func(Holding) error) error {
		for _, p := range slices.SortedFunc(maps.Keys(w.items), func(a, b Place) int { return strings.Compare(a.String(), b.String()) }) {
			h := Holding{Place: p, Verdict: phi.VerdictPHI, Bytes: 10, People: persons(w.items[p])}
			if err := yield(h); err != nil {
				return err
			}
		}
		return nil
	}
	return in
}

// persons makes a sketch of persons by their numbers.
func persons(numbers []int) *estate.People {
	out := estate.NewPeople(0)
	for _, n := range numbers {
		out.Add(estate.Person{Marks: []estate.Mark{estate.Mark(uint64(n+1) * 0x9e3779b97f4a7c15 &^ 3)}})
	}
	return out
}

func (w *world) build(t interface {
	Helper()
	Fatal(...any)
}, without ...int) *Estate {
	t.Helper()
	e, err := Build(w.input(without...))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// reads tells naively which items a principal reads, by acts and possibly included if asked for, without some grants: by following each
// edge, and for each system by the most specific of its places that an item lies in.
func (w *world) reads(from string, v struct{ acts, possibly bool }, without ...int) map[Place]bool {
	can, out := map[string]bool{from: true}, map[Place]bool{}
	for grown := true; grown; {
		grown = false
		for i := range w.systems {
			s := &w.systems[i]
			for _, x := range s.edges {
				gone := slices.ContainsFunc(x.Proof, func(g int) bool { return slices.Contains(without, g) })
				if gone || !can[x.From] || x.Layer == Escalation && !v.acts || x.Condition != "" && !v.possibly {
					continue
				}
				if x.Right == Become && !can[x.To] {
					can[x.To], grown = true, true
				}
				if x.Right != Read {
					continue
				}
				for item := range w.items {
					if s.place(item) == x.To {
						out[item] = true
					}
				}
			}
		}
	}
	return out
}

// place is the ID of the most specific place of the system that an item lies in, tried one by one.
func (s *system) place(item Place) string {
	best, id := -1, ""
	for _, n := range s.nodes {
		p := n.Place
		if n.Kind != Resource || p.Repository != item.Repository {
			continue
		}
		in := p.Path == "" || p.Path == item.Path || strings.HasPrefix(item.Path, p.Path+"!/") && !strings.Contains(p.Path, "!/") ||
			strings.HasSuffix(p.Path, "/") && strings.HasPrefix(strings.Split(item.Path, "!/")[0], p.Path)
		if in && len(p.Path) > best {
			best, id = len(p.Path), n.ID
		}
	}
	return id
}

func (w *world) count(items map[Place]bool) int64 {
	all := map[int]bool{}
	for p := range items {
		for _, n := range w.items[p] {
			all[n] = true
		}
	}
	return int64(len(all))
}

func res(place Place) Node {
	return Node{ID: place.Repository + " " + place.Path, Kind: Resource, Place: place}
}

func user(id string) Node { return Node{ID: id, Kind: User, Name: id, System: "s"} }

var paths = []string{"", "a/", "a/b/", "a/b/c", "a/x", "z.zip", "z.zip!/a/x", "a/y.tar", "a/y.tar!/q", "ab", "a/b/d!/e"}

// drawWorld makes up an estate of a few principals, two or three systems and two repositories.
func drawWorld(t *rapid.T) *world {
	w := &world{items: map[Place][]int{}}
	for _, repository := range []string{"file:///r", "file:///q"} {
		for _, path := range rapid.SliceOfNDistinct(rapid.SampledFrom(paths[3:]), 1, 6, rapid.ID).Draw(t, "items") {
			w.items[Place{repository, path}] = rapid.SliceOfN(rapid.IntRange(0, 30), 1, 8).Draw(t, "persons")
		}
	}
	names := []string{"ann", "bob", "cy", "group", "role"}
	grant := 10
	for range rapid.IntRange(1, 3).Draw(t, "systems") {
		var s system
		for _, name := range names {
			n := user(name)
			if name == "group" {
				n.Kind = Group
			}
			s.nodes = append(s.nodes, n)
		}
		var targets []string
		for _, repository := range []string{"file:///r", "file:///q"} {
			for _, path := range rapid.SliceOfNDistinct(rapid.SampledFrom(paths), 0, 5, rapid.ID).Draw(t, "places") {
				s.nodes = append(s.nodes, res(Place{repository, path}))
				targets = append(targets, repository+" "+path)
			}
		}
		for range rapid.IntRange(0, 8).Draw(t, "edges") {
			grant++
			x := Edge{From: rapid.SampledFrom(names).Draw(t, "from"), Verb: "may read", Right: Read, Proof: []int{grant - rapid.IntRange(0, min(grant-10, 2)).Draw(t, "shared")}}
			if len(targets) > 0 && rapid.Bool().Draw(t, "reads") {
				x.To = rapid.SampledFrom(targets).Draw(t, "to")
			} else {
				x.To, x.Right, x.Verb = rapid.SampledFrom(names).Draw(t, "to"), Become, "becomes"
			}
			switch rapid.IntRange(0, 5).Draw(t, "class") {
			case 0:
				x.Layer = Escalation
			case 1:
				x.Condition = "it rains"
			}
			s.edges = append(s.edges, x)
		}
		w.systems = append(w.systems, s)
	}
	return w
}

type sights = struct{ acts, possibly bool }

// TestReachAndWhoEqualGoingThroughAllItems: what each one reads, whom that comes to, and who reads each item are as a plain search over
// items has it, by what every system says for itself; and the one is the inverse of the other.
func TestReachAndWhoEqualGoingThroughAllItems(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		e := w.build(t)
		for _, name := range []string{"ann", "bob", "cy", "role"} {
			node := e.Find(name)[0]
			r, err := e.Reach(node)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				v    sights
				sum  Sum
				what string
			}{{sights{}, r.Now, "now"}, {sights{possibly: true}, r.Possible, "possibly"}, {sights{acts: true}, r.Escalated, "by acts"}, {sights{true, true}, r.Most, "at most"}} {
				if got, want := c.sum.People.Estimate, w.count(w.reads(name, c.v)); got != want {
					t.Fatalf("%s reads %d people %s, want %d", name, got, c.what, want)
				}
			}
			var rows int
			for _, row := range r.Repositories {
				rows += row.Places
			}
			if rows != len(r.Places) {
				t.Fatalf("%d places are in the repositories of %d", rows, len(r.Places))
			}
			for item := range w.items {
				who, ok, err := e.Who(item, 0)
				if err != nil || !ok {
					t.Fatal(err, item)
				}
				reads, now := w.reads(name, sights{true, true})[item], w.reads(name, sights{})[item]
				i := slices.IndexFunc(who.Readers, func(r Reader) bool { return r.ID == name })
				if who.Wider == "" && len(e.of[item.Repository]) > 0 && !strings.Contains(item.Path, "!/") && reads && i < 0 {
					t.Fatalf("%s reads %v, and who does not say so", name, item)
				}
				if i >= 0 && who.Wider == "" && onlyItself(e, item) && (!reads || now != (who.Readers[i].Layer == "entitled" && who.Readers[i].Certain)) {
					t.Fatalf("%s is said to read %v (%s, %v): %v, now %v", name, item, who.Readers[i].Layer, who.Readers[i].Certain, reads, now)
				}
			}
		}
	})
}

// onlyItself tells whether an item is asked for and nothing else: a part of its own.
func onlyItself(e *Estate, item Place) bool {
	parts, _ := e.partsOf(item)
	return len(parts) == 1 && e.part(parts[0]).Place == item
}

// TestACutIsAsGoodAsItSays: what is shown before and after is what an estate has that is built with the grants, and without them; no set of
// so many grants does better; and trying the same grants says the same.
func TestACutIsAsGoodAsItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		e := w.build(t)
		sum := func(without ...int) (n int64) {
			for _, f := range []string{"ann", "bob", "cy", "role"} {
				n += w.count(w.reads(f, sights{acts: true}, without...))
			}
			return n
		}
		var footholds []uint32
		for _, f := range []string{"ann", "bob", "cy", "role"} {
			footholds = append(footholds, e.Find(f)[0])
		}
		most := rapid.IntRange(1, 2).Draw(t, "most")
		got, err := e.Cut(CutQuestion{Most: most, Footholds: footholds, All: true})
		if err != nil {
			t.Fatal(err)
		}
		var taken []int
		for _, c := range got.Changes {
			taken = append(taken, c.Grants...)
		}
		if got.Before != sum() || got.After != sum(taken...) {
			t.Fatalf("from %d to %d without %v, want from %d to %d", got.Before, got.After, taken, sum(), sum(taken...))
		}
		best := sum()
		grants := map[int]bool{}
		for _, s := range w.systems {
			for _, x := range s.edges {
				grants[x.Proof[0]] = true
			}
		}
		for a := range grants {
			for b := range grants {
				if most == 1 {
					b = a
				}
				best = min(best, sum(a, b))
			}
		}
		if got.Exact && got.After != best || got.After < best {
			t.Fatalf("%d changes get to %d (%v), and %d can be had", most, got.After, taken, best)
		}
		after := w.build(t, taken...)
		var rebuilt int64
		for _, f := range []string{"ann", "bob", "cy", "role"} {
			r, err := after.Reach(after.Find(f)[0])
			if err != nil {
				t.Fatal(err)
			}
			rebuilt += r.Escalated.People.Estimate
		}
		if rebuilt != got.After {
			t.Fatalf("an estate without %v has %d, and %d was shown", taken, rebuilt, got.After)
		}
		if len(taken) > 0 {
			tried, err := e.Cut(CutQuestion{Try: taken, Footholds: footholds})
			if err != nil || tried.Before != got.Before || tried.After != got.After {
				t.Fatalf("tried: %+v %v", tried, err)
			}
		}
	})
}

// TestWhatIsStoredAnswersAlike: an estate that was stored and read back is the one that was built.
func TestWhatIsStoredAnswersAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		e := w.build(t)
		back := stored(t, e)
		for _, name := range []string{"ann", "bob", "role"} {
			one, err := e.Reach(e.Find(name)[0])
			two, err2 := back.Reach(back.Find(name)[0])
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			if diff := cmp.Diff(one, two); diff != "" {
				t.Fatal(diff)
			}
		}
		for _, name := range e.Repositories() {
			one, _, err := e.Who(Place{Repository: name}, 0)
			two, _, err2 := back.Who(Place{Repository: name}, 0)
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			if diff := cmp.Diff(one, two, cmp.AllowUnexported(Reader{})); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
