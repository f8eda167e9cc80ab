package access

import (
	"errors"
	"fmt"
	"testing"

	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestReadingsHoldWhatEachOneReads: the people of all that is told of a principal are those of a plain search over items, for sure and
// possibly; each pair comes once, in order, and what is not certain says on what condition.
func TestReadingsHoldWhatEachOneReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		e := w.build(t)
		sure, all := map[uint32][]int{}, map[uint32][]int{}
		last := Reading{Part: -1}
		err := e.EachReading(func(r Reading) error {
			if r.Node < last.Node || r.Node == last.Node && r.Part <= last.Part {
				t.Fatalf("%+v comes behind %+v", r, last)
			}
			if r.Certain != (r.Condition == "") || !e.Somebody(r.Node) {
				t.Fatalf("%+v", r)
			}
			if last = r; r.Certain {
				sure[r.Node] = append(sure[r.Node], r.Part)
			}
			all[r.Node] = append(all[r.Node], r.Part)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		c := e.Counter()
		for _, name := range []string{"ann", "bob", "cy", "role"} {
			n := e.Find(name)[0]
			if got, _, _ := c.Count(sure[n]); got.Estimate != w.count(w.reads(name, sights{})) {
				t.Fatalf("%s reads %d people for sure, want %d", name, got.Estimate, w.count(w.reads(name, sights{})))
			}
			items := w.reads(name, sights{possibly: true})
			got, classes, bytes := c.Count(append(all[n], all[n]...))
			if got != c.Tally(all[n]).Total || got.Estimate != w.count(items) || classes != phi.Classes(0) || bytes != int64(10*len(items)) {
				t.Fatalf("%s reads %d people possibly, %d bytes, want %d in %d items", name, got.Estimate, bytes, w.count(items), len(items))
			}
		}
	})
}

func TestPrincipalsAndWhomTheyTake(t *testing.T) {
	off := user("off")
	off.Traits = map[string]string{"enabled": "no"}
	may := becomes("ann", "bob", 4)
	may.Layer, may.Verb, may.Condition = Escalation, "may reset the password of", "nobody asks"
	on := func(x Edge, condition string) Edge { x.Condition = condition; return x }
	e := of(t, map[string]Compiler{"s": said(user("ann"), user("bob"), off, Node{ID: "staff", Kind: Group, Name: "staff"}, res(Place{Repository: archive}), may,
		on(becomes("ann", "staff", 2, 1), "it rains"), becomes("off", "staff", 3), on(reads("staff", 5), "it is Monday"), on(reads("bob", 6), "it rains"))})
	var principals []string
	err := e.EachPrincipal(func(n uint32, p Principal) error {
		principals = append(principals, fmt.Sprint(p.ID, " ", p.Kind, " ", e.Somebody(n)))
		return nil
	})
	if want := []string{"ann user true", "bob user true", "off user false", "staff group false"}; err != nil || !cmp.Equal(principals, want) {
		t.Error(err, principals)
	}
	var takings []Taking
	if err := e.EachTaking(func(x Taking) error { takings = append(takings, x); return nil }); err != nil {
		t.Fatal(err)
	}
	ann, bob, gone, staff := e.byID["ann"], e.byID["bob"], e.byID["off"], e.byID["staff"]
	if diff := cmp.Diff(takings, []Taking{
		{From: ann, To: bob, Layer: Escalation, Verb: "may reset the password of", Condition: "nobody asks", Proof: []int{4}},
		{From: ann, To: staff, Verb: "is a member of", Condition: "it rains", Proof: []int{1, 2}},
		{From: gone, To: staff, Verb: "is a member of", Proof: []int{3}},
	}); diff != "" {
		t.Error(diff)
	}
	var readings []Reading
	if err := e.EachReading(func(r Reading) error { readings = append(readings, r); return nil }); err != nil {
		t.Fatal(err)
	}
	part := readings[0].Part
	if diff := cmp.Diff(readings, []Reading{{Node: ann, Part: part, Condition: "it rains, and it is Monday"}, {Node: bob, Part: part, Condition: "it rains"}}); diff != "" {
		t.Error(diff)
	}
	if e.Parts()[part].Place.Repository != archive || e.Somebody(staff+1) {
		t.Error(e.Parts()[part])
	}
}

// TestWhoeverListensMayStop: all that goes through many things ends with the error that it is told.
func TestWhoeverListensMayStop(t *testing.T) {
	e := of(t, map[string]Compiler{"s": said(user("ann"), user("bob"), res(Place{Repository: archive}), becomes("ann", "bob", 1), reads("ann", 2), reads("bob", 3))})
	enough, calls := errors.New("enough"), 0
	stop := func() error { calls++; return enough }
	for what, err := range map[string]error{
		"principals": e.EachPrincipal(func(uint32, Principal) error { return stop() }),
		"readings":   e.EachReading(func(Reading) error { return stop() }),
		"takings":    e.EachTaking(func(Taking) error { return stop() }),
	} {
		if !errors.Is(err, enough) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if calls != 3 {
		t.Errorf("%d were told after the first error", calls-3)
	}
}

func BenchmarkEachReading(b *testing.B) {
	e, err := Build(Input{Facts: []Fact{{ID: 1}}, Compilers: map[string]Compiler{"": many}, Repositories: manyRepositories(),
		Holdings: func(_ bool, yield func(Holding) error) error { return nil }})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		n := 0
		if err := e.EachReading(func(Reading) error { n++; return nil }); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n), "readings")
	}
}

// manyUsers read ten repositories each, through groups of ten, a tenth of them on a condition.
const manyUsers, manyPlaces = 100_000, 20_000

func manyRepositories() (out []Repository) {
	for i := range manyPlaces {
		out = append(out, Repository{Name: fmt.Sprint("s3://", i)})
	}
	return out
}

func many(_ []Fact, _ []Place, out Sink) {
	for i, r := range manyRepositories() {
		out.Node(Node{ID: r.Name, Kind: Resource, Place: Place{Repository: r.Name}})
		if i%5 == 0 {
			out.Node(Node{ID: fmt.Sprint("group ", i), Kind: Group})
		}
	}
	for i := range manyUsers {
		id := fmt.Sprint("user ", i)
		out.Node(Node{ID: id, Kind: User})
		for k := range 2 {
			out.Edge(Edge{From: id, To: fmt.Sprint("group ", (i*7+k*5)%manyPlaces/5*5), Verb: "is a member of", Proof: []int{i}})
		}
	}
	for i := range manyPlaces {
		x := Edge{From: fmt.Sprint("group ", i/5*5), To: fmt.Sprint("s3://", i), Right: Read, Verb: "may read", Proof: []int{manyUsers + i}}
		if i%10 == 0 {
			x.Condition = "it comes from inside"
		}
		out.Edge(x)
	}
}
