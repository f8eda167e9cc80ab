package store

import (
	"errors"
	"math"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
		packed := PackTally(want)
		got, err := UnpackTally(packed)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if _, err := UnpackTally(packed[:rapid.IntRange(1, len(packed)-1).Draw(t, "cut")]); err == nil {
			t.Fatal("a cut tally was read")
		}
	})
}

func TestFindingsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, math.MaxInt64)
		finding := rapid.Custom(func(t *rapid.T) Finding {
			f := Finding{n.Draw(t, "field"), phi.Kind(rapid.Byte().Draw(t, "kind")), phi.Subject(rapid.Byte().Draw(t, "subject")),
				phi.Classes(rapid.Uint32().Draw(t, "classes")), n.Draw(t, "values"), n.Draw(t, "wellformed"), n.Draw(t, "people"),
				n.Draw(t, "likelihood"), nil}
			for range rapid.IntRange(0, 5).Draw(t, "steps") {
				f.Why = append(f.Why, Because{n.Draw(t, "word"), n.Draw(t, "count")})
			}
			return f
		})
		want := rapid.SliceOf(finding).Draw(t, "findings")
		var packed []byte
		for i := range want {
			packed = PackFinding(packed, &want[i])
		}
		got, err := UnpackFindings(packed)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
		if len(packed) == 0 {
			return
		}
		if _, err := UnpackFindings(packed[:len(packed)-1]); !errors.Is(err, ErrDamaged) {
			t.Fatal("a cut finding was read")
		}
	})
}

func FuzzUnpack(f *testing.F) {
	f.Add(PackTally(estate.Tally{Total: estate.Count{Estimate: 3, Low: 2, High: 4}, States: map[phi.State]estate.Count{5: {Estimate: 1}}}))
	f.Add(PackFinding(nil, &Finding{Field: 1, Kind: phi.MRN, Values: 300, Why: []Because{{1, 2}, {300, 0}}}))
	f.Add([]byte{2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = UnpackTally(b)
		_, _ = UnpackFindings(b)
	})
}
