package estate

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func strong(n uint64) Mark { return Mark(n) &^ 3 }
func weak(n uint64) Mark   { return Mark(n)&^3 | WeakMark }
func number(n uint64) Mark { return Mark(n)&^3 | NumberMark }

func TestLinkedMarksCountOnce(t *testing.T) {
	p := NewPeople(0)
	p.Add(Person{Marks: []Mark{strong(10), strong(20)}, States: 1 << phi.ParseState("CA")})
	p.Add(Person{Marks: []Mark{strong(20), strong(30)}, Classes: phi.Of(phi.HIV)}) // the same man, by another pair of numbers
	p.Add(Person{Marks: []Mark{strong(40)}})
	got := p.Tally()
	want := Tally{
		Total:   Count{2, 2, 2},
		States:  map[phi.State]Count{phi.ParseState("CA"): {1, 1, 1}, 0: {1, 1, 1}},
		Classes: map[phi.Class]Count{phi.HIV: {1, 1, 1}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestWeakMarksDoNotJoinWhatBirthsKeepApart(t *testing.T) {
	p := NewPeople(0)
	p.Add(Person{Marks: []Mark{weak(100), strong(10)}, Birth: 7})
	p.Add(Person{Marks: []Mark{weak(100), strong(20)}, Birth: 9}) // another hospital, the same record number
	if got := p.Tally().Total.Estimate; got != 2 {
		t.Errorf("%d people, want 2: their dates of birth differ", got)
	}
	q := NewPeople(0)
	q.Add(Person{Marks: []Mark{weak(100), strong(10)}, Birth: 7})
	q.Add(Person{Marks: []Mark{weak(100), strong(20)}, Birth: 7})
	q.Add(Person{Marks: []Mark{weak(100)}})
	if got := q.Tally().Total.Estimate; got != 1 {
		t.Errorf("%d people, want 1: nothing contradicts", got)
	}
}

// TestAPlansNumberIsSharedByItsMembers: claims carry the payer's or the subscriber's number beside each patient's own.
func TestAPlansNumberIsSharedByItsMembers(t *testing.T) {
	p := NewPeople(0)
	p.Add(Person{Marks: []Mark{number(10), weak(500)}})
	p.Add(Person{Marks: []Mark{number(20), weak(500)}})
	p.Add(Person{Marks: []Mark{number(30), weak(600)}})
	p.Add(Person{Marks: []Mark{strong(40), weak(600)}}) // another number of the same man
	if got := p.Tally().Total.Estimate; got != 3 {
		t.Errorf("%d people, want 3", got)
	}
}

func TestEstimateOfMany(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{20_000, 300_000} {
		p := NewPeople(0)
		for range n {
			p.Add(Person{Marks: []Mark{strong(rng.Uint64()), strong(rng.Uint64()), weak(rng.Uint64())}, States: 1 << (1 + rng.Uint64N(2))})
		}
		got := p.Tally()
		if off := math.Abs(float64(got.Total.Estimate)/float64(n) - 1); off > 0.02 {
			t.Errorf("%d people are estimated as %d, off by %.1f %%", n, got.Total.Estimate, 100*off)
		}
		if got.Total.Low > int64(n) || got.Total.High < int64(n) {
			t.Errorf("%d people lie outside of %d to %d", n, got.Total.Low, got.Total.High)
		}
		if half := got.States[1].Estimate; math.Abs(float64(half)/float64(n/2)-1) > 0.04 {
			t.Errorf("half of %d people are estimated as %d", n, half)
		}
	}
}

// drawPeople draws persons who share marks, so that links, contradictions and repetitions occur.
func drawPeople(t *rapid.T) []Person {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Person {
		marks := rapid.SliceOfN(rapid.Uint64Range(1, 60), 1, 4).Draw(t, "marks")
		p := Person{Birth: rapid.Uint32Range(0, 3).Draw(t, "birth"), States: rapid.Uint64Range(0, 7).Draw(t, "states"),
			Classes: phi.Classes(rapid.Uint32Range(0, 7).Draw(t, "classes"))}
		for _, m := range marks {
			p.Marks = append(p.Marks, Mark(m*0x9e3779b97f4a7c15)&^3|Mark(m%4))
		}
		return p
	}), 0, 60).Draw(t, "people")
}

func encoded(t *rapid.T, p *People) []byte {
	b, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestOrderAndRepetitionDoNotMatter is what lets shards be merged as they come.
func TestOrderAndRepetitionDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := drawPeople(t)
		capacity := rapid.IntRange(4, 40).Draw(t, "capacity")
		whole := NewPeople(capacity)
		for _, p := range people {
			whole.Add(p)
		}
		parts := [3]*People{NewPeople(capacity), NewPeople(capacity), NewPeople(capacity)}
		for _, p := range rapid.Permutation(people).Draw(t, "order") {
			parts[rapid.IntRange(0, 2).Draw(t, "part")].Add(p)
			if rapid.Bool().Draw(t, "again") {
				parts[0].Add(p)
			}
		}
		merged := NewPeople(capacity)
		for _, i := range rapid.Permutation([]int{0, 1, 2, 1}).Draw(t, "merge order") {
			merged.Merge(parts[i])
		}
		if d := cmp.Diff(whole.Tally(), merged.Tally()); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(encoded(t, whole), encoded(t, merged)); d != "" {
			t.Errorf("stored forms differ: %s", d)
		}
	})
}

// TestCountDoesNotDependOnTheKey: another key gives other marks in another order, and the same people.
func TestCountDoesNotDependOnTheKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := drawPeople(t)
		key := Mark(rapid.Uint64().Draw(t, "key"))
		one, two := NewPeople(1000), NewPeople(1000)
		for _, p := range people {
			one.Add(p)
			q := p
			q.Marks = nil
			for _, m := range p.Marks {
				q.Marks = append(q.Marks, (m^key)&^3*0x2545f4914f6cdd1d&^3|m&3)
			}
			two.Add(q)
		}
		if d := cmp.Diff(one.Tally(), two.Tally()); d != "" {
			t.Error(d)
		}
	})
}

func TestStoredFormReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := NewPeople(rapid.IntRange(4, 100).Draw(t, "capacity"))
		for _, who := range drawPeople(t) {
			p.Add(who)
		}
		b := encoded(t, p)
		var q People
		if err := q.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(p.Tally(), q.Tally()); d != "" {
			t.Error(d)
		}
	})
}

func FuzzPeopleBytes(f *testing.F) {
	p := NewPeople(8)
	p.Add(Person{Marks: []Mark{2, 5}, Birth: 3, Minor: true})
	b, _ := p.MarshalBinary()
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var q People
		if q.UnmarshalBinary(b) == nil {
			q.Tally()
		}
		NewPeople(8).Beyond(b)
	})
}

func TestDistinct(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, 15, 17, 100, 1000, 4000, 6000, 100_000, 1_000_000} {
		d := &Distinct{}
		for range n {
			h := rng.Uint64()
			d.Add(h)
			d.Add(h)
		}
		if got := d.Count(); math.Abs(float64(got-int64(n))) > 0.08*float64(n) {
			t.Errorf("%d hashes are counted as %d", n, got)
		}
	}
	var none *Distinct
	if none.Count() != 0 {
		t.Error("no counter counts nothing")
	}
}

// TestABoundTellsTheSame: pieces that were bounded by what is merged already are counted as if they had not been.
func TestABoundTellsTheSame(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		const capacity = 16
		free, bounded := NewPeople(capacity), NewPeople(capacity)
		for range rapid.IntRange(1, 6).Draw(r, "pieces") {
			a, b := NewPeople(capacity), NewPeople(capacity)
			b.Bound(bounded)
			for range rapid.IntRange(0, 60).Draw(r, "people") {
				marks := rapid.SliceOfNDistinct(rapid.Map(rapid.Uint32Range(1, 1<<20), func(n uint32) Mark { return Mark(n) << 40 }), 1, 3, rapid.ID[Mark]).Draw(r, "marks")
				who := Person{Marks: marks}
				a.Add(who)
				b.Add(who)
			}
			free.Merge(a)
			bounded.Merge(b)
		}
		if diff := cmp.Diff(free.Tally(), bounded.Tally()); diff != "" {
			r.Error(diff)
		}
	})
}
