package overlay

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPartsAreWhatAllDivisionsComeTo(t *testing.T) {
	o := New([]Layout{
		{"r": {"": 0, "a/": 1, "a/b.zip": 2}},
		{"r": {"a/b.zip!/c.csv": 3, "z/": 4}, "s": {"only/": 5}},
	})
	for _, c := range []struct {
		repository, item string
		want             Part
	}{
		{"r", "x.csv", Part{"r", "", true}},
		{"r", "a/x.csv", Part{"r", "a/", true}},
		{"r", "a/deep/er/x.csv", Part{"r", "a/", true}},
		{"r", "a/b.zip!/d.csv", Part{"r", "a/b.zip", true}},
		{"r", "a/b.zip!/c.csv", Part{"r", "a/b.zip!/c.csv", true}},
		{"r", "z/x", Part{"r", "z/", true}},
		{"s", "x", Part{"s", "", false}},
		{"s", "only/x", Part{"s", "only/", true}},
		{"t", "x", Part{"t", "", false}},
		{"t", "y/z", Part{"t", "", false}},
	} {
		n := o.Part(c.repository, c.item)
		if got := o.Parts()[n]; got != c.want {
			t.Errorf("%s %s lies in %+v, not in %+v", c.repository, c.item, got, c.want)
		}
		if again := o.Part(c.repository, c.item); again != n {
			t.Errorf("%s %s lies in part %d, and then in %d", c.repository, c.item, n, again)
		}
	}
	if len(o.Parts()) != 8 {
		t.Errorf("%d parts, not 8: %+v", len(o.Parts()), o.Parts())
	}
	// the whole repository, of the first system, goes on where the second has a place of its own
	if got := o.Of(0); !cmp.Equal(got, []int32{o.Part("r", "x.csv"), o.Part("r", "z/x")}) {
		t.Errorf("the repository has the parts %v", got)
	}
	if got := o.Of(2); !cmp.Equal(got, []int32{o.Part("r", "a/b.zip"), o.Part("r", "a/b.zip!/c.csv")}) {
		t.Errorf("the archive has the parts %v", got)
	}
}

func TestAround(t *testing.T) {
	for path, want := range map[string][]string{
		"":                {""},
		"x":               {"x", ""},
		"a/b/":            {"a/b/", "a/", ""},
		"a/b.zip!/c!/d/e": {"a/b.zip!/c!/d/e", "a/b.zip", "a/", ""},
	} {
		if got := slices.Collect(Around(path)); !cmp.Equal(got, want) {
			t.Errorf("around %q lie %q, not %q", path, got, want)
		}
	}
}

func TestPlacesAreItemsUntilTheyAreTooMany(t *testing.T) {
	var p Places
	for _, item := range []string{"b/x.zip!/in.csv", "b/x.zip!/other.csv", "a.csv", "b/", ""} {
		p.Add(item)
	}
	if got, want := p.Take(), []string{"a.csv", "b/", "b/x.zip"}; !cmp.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	for i := range mostPlaces + 1 {
		p.Add(fmt.Sprintf("f%d/deep/%d.zip!/in.csv", i%3, i))
	}
	p.Add("late/one.csv")
	p.Add("root.csv")
	if got, want := p.Take(), []string{"f0/deep/", "f1/deep/", "f2/deep/", "late/"}; !cmp.Equal(got, want) {
		t.Errorf("of too many, %q, not %q", got, want)
	}
	if got := p.Take(); len(got) != 0 {
		t.Errorf("taken twice: %q", got)
	}
}
