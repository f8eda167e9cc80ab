package estate

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestDistinctPassesOverOnlyWhatChangesNothing compares the registers with those of the plain algorithm.
func TestDistinctPassesOverOnlyWhatChangesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var d Distinct
	var plain [registers]uint8
	for n := range 300_000 {
		h := r.Uint64()
		if n%3 == 0 {
			h >>= r.IntN(60) // hashes that begin with many zeros
		}
		d.Add(h)
		at := h >> (64 - registerBits)
		plain[at] = max(plain[at], uint8(min(bits.LeadingZeros64(h<<registerBits), 64-registerBits))+1)
		if n == 2_000 || n == 20_000 || n == 299_999 {
			if *d.register != plain {
				t.Fatalf("after %d hashes the registers differ", n+1)
			}
			if low := slices.Min(plain[:]); d.lowest != math.MaxUint64>>low {
				t.Errorf("after %d hashes the lowest register is %d, but %x is looked for", n+1, low, d.lowest)
			}
		}
	}
}

func TestNth(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 300 {
		marks := make([]Mark, 1+n)
		for i := range marks {
			marks[i] = Mark(r.Uint64N(uint64(1 + n/(1+n%7)))) // often with many equal ones
		}
		sorted := slices.Sorted(slices.Values(marks))
		k := r.IntN(len(marks))
		if got := nth(marks, k); got != sorted[k] {
			t.Fatalf("mark %d of %d is %d, want %d", k, len(marks), got, sorted[k])
		}
	}
}

func BenchmarkDistinctAdd(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	hashes := make([]uint64, 1<<16)
	for i := range hashes {
		hashes[i] = r.Uint64()
	}
	var d Distinct
	for i := 0; b.Loop(); i++ {
		d.Add(hashes[i%len(hashes)])
	}
}

// TestDistinctMerges: two counts that are put together are the count of all that both have seen.
func TestDistinctMerges(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, sizes := range [][2]int{{0, 5}, {5, 0}, {9, 9}, {3, 5000}, {5000, 3}, {70_000, 40_000}} {
		var one, two, all Distinct
		for i, d := range []*Distinct{&one, &two} {
			for range sizes[i] {
				h := r.Uint64() >> r.IntN(3)
				d.Add(h)
				all.Add(h)
			}
		}
		one.Merge(&two)
		if one.Count() != all.Count() || one.Bar() != all.Bar() {
			t.Errorf("%v: together %d under %x, at once %d under %x", sizes, one.Count(), one.Bar(), all.Count(), all.Bar())
		}
	}
}
