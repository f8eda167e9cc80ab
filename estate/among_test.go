package estate_test

import (
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

func TestAmongCountsThePersonsOfWhomBothAreTrue(t *testing.T) {
	p := estate.NewPeople(0)
	ca, ny := uint64(1)<<phi.ParseState("CA"), uint64(1)<<phi.ParseState("NY")
	p.Add(estate.Person{Marks: []estate.Mark{2}, States: ca, Classes: phi.Of(phi.SUD)})
	p.Add(estate.Person{Marks: []estate.Mark{4}, States: ca})
	p.Add(estate.Person{Marks: []estate.Mark{6}, States: ny, Classes: phi.Of(phi.SUD)})
	p.Add(estate.Person{Marks: []estate.Mark{8}, States: ca | ny, Classes: phi.Of(phi.HIV)})
	p.Add(estate.Person{Marks: []estate.Mark{10}})
	for _, c := range []struct {
		name    string
		classes phi.Classes
		states  uint64
		want    int64
	}{
		{"all", 0, 0, 5}, {"a class", phi.Of(phi.SUD), 0, 2}, {"a state", 0, ca, 3}, {"both", phi.Of(phi.SUD), ca, 1},
		{"two states count a person of both once", 0, ca | ny, 4}, {"unknown residence", 0, 1, 1}, {"nobody", phi.Of(phi.GDIS), 0, 0},
	} {
		if got := p.Among(c.classes, c.states); got.Estimate != c.want || !got.Exact() {
			t.Errorf("%s: %+v, want %d", c.name, got, c.want)
		}
	}
	all := p.Tally()
	if got := p.Among(0, 0); got != all.Total {
		t.Errorf("all persons: %+v, and the tally says %+v", got, all.Total)
	}
}
