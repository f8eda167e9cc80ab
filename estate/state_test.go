package estate

import (
	"testing"

	"github.com/chartroom/chartroom/estate/packed"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestStatesAreMergedAsTheThingsThemselves: counts of hashes and traces, from few to many.
func TestStatesAreMergedAsTheThingsThemselves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var alone, joined Distinct
		var one, many Traces
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			var d Distinct
			var traces, again Traces
			h := rapid.Uint64().Draw(t, "first")
			for range rapid.SampledFrom([]int{0, 1, 15, 16, 17, 17, 100, 100, 300, 300, 1000, 1000, 3000, 3000, 40_000}).Draw(t, "hashes") {
				h = h*6364136223846793005 + 1442695040888963407
				d.Add(h ^ h>>29)
				traces.Add(h | 1)
			}
			b := traces.AppendState(d.AppendState(nil))
			r := packed.NewReader(b)
			var read Distinct
			read.ReadState(r)
			again.MergeState(r)
			if !r.Done() {
				t.Fatal("it is not read as it was written")
			}
			alone.Merge(&d)
			joined.Merge(&read)
			one.Merge(&traces)
			many.Merge(&again)
			for range 2 { // what is cut off or changed is refused, or is another state
				cut := packed.NewReader(b[:rapid.IntRange(0, len(b)).Draw(t, "cut")])
				var d Distinct
				d.ReadState(cut)
				(&Traces{}).MergeState(cut)
			}
		}
		if alone.Count() != joined.Count() || alone.Bar() != joined.Bar() {
			t.Errorf("%d and %d", alone.Count(), joined.Count())
		}
		if diff := cmp.Diff(one.Close(), many.Close()); diff != "" {
			t.Error(diff)
		}
	})
}
