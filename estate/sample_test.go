package estate

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// chance is that of a sample to miss all of k, as a fraction without rounding.
func chance(sample, n, k int64) *big.Rat {
	if k > n-sample {
		return new(big.Rat)
	}
	return new(big.Rat).SetFrac(new(big.Int).Binomial(n-k, sample), new(big.Int).Binomial(n, sample))
}

// TestSampleBoundIsExact: the bound is the largest number that the sample would miss with a chance of 5 % or more.
func TestSampleBoundIsExact(t *testing.T) {
	twentieth := big.NewRat(1, 20)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 3000).Draw(t, "n")
		sample := rapid.Int64Range(0, n).Draw(t, "sample")
		k := SampleBound(sample, n)
		if chance(sample, n, k).Cmp(twentieth) < 0 {
			t.Fatalf("%d of %d: %d would be seen", sample, n, k)
		}
		if k < n && chance(sample, n, k+1).Cmp(twentieth) >= 0 {
			t.Fatalf("%d of %d: %d could be missed as well as %d", sample, n, k+1, k)
		}
	})
}

func TestSampleBoundOfManyUnits(t *testing.T) {
	for _, c := range []struct{ sample, n, want int64 }{
		{1000, 100_000, 297},                  // 3/n gives 300
		{300, 1_000_000, 9934},                // about 1 %
		{0, 70, 70}, {70, 70, 0}, {80, 70, 0}, // nothing and everything was seen
		{100_000, 10_000_000, 298},                // (1 - 1 %)^298 is 5.003 %
		{1000, 1_000_000_000_000, 2_991_249_000},  // with replacement
		{1_000_000, 1_000_000_000_000, 2_995_727}, // the same
	} {
		got := SampleBound(c.sample, c.n)
		if math.Abs(float64(got-c.want)) > 0.00001*float64(c.want)+0.5 {
			t.Errorf("%d of %d: %d, want %d", c.sample, c.n, got, c.want)
		}
	}
	few, many := SampleBound(500_000, 999_999_999), SampleBound(500_000, 1_000_000_001)
	if few > many || float64(many-few) > 0.001*float64(few) {
		t.Errorf("the two ways to the bound do not meet: %d and %d", few, many)
	}
}

// TestTheBoundHolds: of many worlds in which as many units hold a thing as the bound says, plus one, a sample misses it in less than 5 %.
func TestTheBoundHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n, sample, worlds = 2000, 300, 20_000
	k := int(SampleBound(sample, n)) + 1
	missed := 0
	for range worlds {
		seen := false
		for i, left := 0, sample; left > 0 && !seen; i++ { // the units that hold it are the first k
			if rng.IntN(n-i) < left {
				left--
				seen = i < k
			}
		}
		if !seen {
			missed++
		}
	}
	if share := float64(missed) / worlds; share > 0.055 || share < 0.03 {
		t.Errorf("%d of %d worlds: %.1f %%", missed, worlds, 100*share)
	}
}

func TestWhatASampleSays(t *testing.T) {
	who := NewPeople(0)
	who.Add(Person{Marks: []Mark{4 << 2}})
	rows := Item{People: who, Records: 1000, Evidence: Evidence{Coverage: Sampled.String(), Sample: 1000, Of: 100_000, Unit: UnitRecord}}
	blocks := Item{People: who, Records: 1500, Evidence: Evidence{Coverage: Sampled.String(), Sample: 300, Of: 3000, Unit: UnitBlock}}
	whole := Item{People: who, Records: 1500, Evidence: Evidence{Coverage: All.String()}}
	empty := Item{Records: 1000, Evidence: rows.Evidence}
	for i, c := range []struct {
		it     *Item
		unread int64
		text   string
	}{
		{&rows, 99_000, "a random sample of 1000 of 100000 records; what was not found in it stands in at most 297 of them (0.3 %), at 95 % confidence"},
		{&blocks, 13_500, "a random sample of 300 of 3000 blocks; what was not found in it stands in at most 28 of them (0.94 %), at 95 % confidence"},
		{&whole, 0, ""}, {&empty, 0, "a random sample of 1000 of 100000 records; what was not found in it stands in at most 297 of them (0.3 %), at 95 % confidence"},
	} {
		if got := c.it.Unread(); got != c.unread {
			t.Errorf("%d: %d records were not read, not %d", i, got, c.unread)
		}
		text := ""
		if b := c.it.Evidence.Bound(); b != nil {
			text = b.Text
		}
		if text != c.text {
			t.Errorf("%d: %q, want %q", i, text, c.text)
		}
	}
	if got := who.Tally().Scaled(99_000).Total; got != (Count{1, 1, 99_001}) {
		t.Errorf("one person in the sample is %+v", got)
	}
	if got := who.Tally().Scaled(0).Total; !got.Exact() {
		t.Errorf("without a sample the count is %+v", got)
	}
	unknown := Evidence{Coverage: Sampled.String(), Sample: 300, Unit: UnitRecord}
	if b := unknown.Bound(); b.Units != 0 || b.Share < 0.0099 || b.Share > 0.01 {
		t.Errorf("of an unknown number: %+v", b)
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0: "0 %", 1: "100 %", 0.00297: "0.3 %", 0.0064: "0.64 %", 0.00641: "0.65 %", 0.123: "13 %", 0.0000012345: "0.00013 %"} {
		if got := Percent(share); got != want {
			t.Errorf("%g: %s, want %s", share, got, want)
		}
	}
}
