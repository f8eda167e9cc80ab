package estate

import (
	"slices"
	"testing"

	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
)

func TestSightings(t *testing.T) {
	p := NewPeople(0)
	p.Add(Person{Marks: []Mark{40, 20}, Birth: 7, States: 2, Classes: phi.Classes(1)})
	p.Add(Person{Marks: []Mark{20, 60}, Birth: 5, Minor: true, Part2: true})
	limit, all := p.Sightings()
	var got []Sighting
	for s := range all {
		got = append(got, *s)
	}
	want := []Sighting{
		{Mark: 20, Links: []Mark{40, 60}, Births: [2]uint32{5, 7}, States: 2, Classes: 1, Minor: true, Part2: true},
		{Mark: 40, Links: []Mark{20}, Births: [2]uint32{7}, States: 2, Classes: 1},
		{Mark: 60, Links: []Mark{20}, Births: [2]uint32{5}, Minor: true, Part2: true},
	}
	if diff := cmp.Diff(want, got); diff != "" || limit != 0 {
		t.Error(diff, limit)
	}
	if _, none := (*People)(nil).Sightings(); len(slices.Collect(none)) != 0 {
		t.Error("nobody was seen, and yet somebody is told of")
	}
}

// TestSightingsOfASample: a sketch that samples gives what is under its limit, and no more than its capacity.
func TestSightingsOfASample(t *testing.T) {
	p := NewPeople(100)
	for i := range uint64(150) {
		p.Add(Person{Marks: []Mark{Mark(i * 0x9e3779b97f4a7c15 &^ 3)}})
	}
	limit, all := p.Sightings()
	n, last := 0, Mark(0)
	for s := range all {
		if n++; uint64(s.Mark) >= limit || s.Mark < last {
			t.Fatalf("mark %d behind %d, limit %d", s.Mark, last, limit)
		}
		last = s.Mark
	}
	if n != 100 || limit == 0 {
		t.Errorf("%d marks under %d", n, limit)
	}
}
