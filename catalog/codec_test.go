package catalog

import (
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTalliesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		exact := rapid.Bool().Draw(t, "exact")
		count := rapid.Custom(func(t *rapid.T) estate.Count {
			n := rapid.Int64Range(1, 1<<40).Draw(t, "n")
			if exact {
				return estate.Count{Estimate: n, Low: n, High: n}
			}
			return estate.Count{Estimate: n, Low: n - rapid.Int64Range(0, n).Draw(t, "low"), High: n + rapid.Int64Range(1, 1<<40).Draw(t, "high")}
		})
		want := estate.Tally{Total: count.Draw(t, "total"), Minors: count.Draw(t, "minors"), Part2: count.Draw(t, "part2"),
			States:  rapid.MapOf(rapid.Map(rapid.IntRange(0, phi.NumStates-1), func(i int) phi.State { return phi.State(i) }), count).Draw(t, "states"),
			Classes: rapid.MapOf(rapid.Map(rapid.IntRange(0, int(phi.NumClasses)-1), func(i int) phi.Class { return phi.Class(i) }), count).Draw(t, "classes")}
		packed := packTally(want)
		got, err := unpackTally(packed)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if _, err := unpackTally(packed[:rapid.IntRange(1, len(packed)-1).Draw(t, "cut")]); err == nil {
			t.Fatal("a cut tally was read")
		}
	})
}

func FuzzUnpack(f *testing.F) {
	f.Add(packTally(crowd(phi.Of(phi.SUD), 1, 2, 3).Tally()))
	f.Add(packWhy([]because{{1, 2}, {300, 0}}))
	f.Add([]byte{2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = unpackTally(b)
		_, _ = unpackWhy(b)
	})
}
