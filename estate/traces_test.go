package estate

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func segments(traces ...Trace) []Segment {
	var t Traces
	for _, trace := range traces {
		t.Add(trace)
	}
	return t.Close()
}

func has(all []Segment, trace Trace) bool {
	return slices.ContainsFunc(all, func(s Segment) bool { return s.Check() == nil && s.Has(trace) })
}

func TestEveryTraceIsFoundAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		traces := rapid.SliceOfN(rapid.Uint64Min(1), 0, 300).Draw(t, "traces") // far from even: rapid likes small numbers and runs
		all := segments(traces...)
		for _, trace := range traces {
			if !has(all, trace) {
				t.Fatalf("%d of %d is lost", trace, len(traces))
			}
		}
	})
}

func TestManyAreAskedAtOnceAsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var in, ask []Trace
		for range rapid.IntRange(1, 2000).Draw(t, "in") {
			in = append(in, r.Uint64())
		}
		for range rapid.IntRange(0, 300).Draw(t, "ask") {
			ask = append(ask, r.Uint64(), in[r.IntN(len(in))])
		}
		slices.Sort(ask)
		s := segments(in...)[0]
		got := make([]bool, len(ask))
		s.Match(ask, func(i int) { got[i] = true })
		for i, a := range ask {
			if got[i] != s.Has(a) || slices.Contains(in, a) && !got[i] {
				t.Fatalf("%d of %d: %v", i, len(ask), got[i])
			}
		}
	})
}

func TestManyTraces(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var one, two Traces
	n := segmentSize + 100_000
	traces := make([]Trace, n)
	for i := range traces {
		traces[i] = r.Uint64()
		if i%2 == 0 {
			one.Add(traces[i])
		} else {
			two.Add(traces[i])
		}
		one.Add(traces[i]) // what repeats costs nothing
	}
	full := one.Sealed()
	one.Merge(&two)
	all := append(full, one.Close()...)
	size := 0
	for _, s := range all {
		size += len(s)
	}
	if len(full) < 4 || len(all) <= len(full) {
		t.Errorf("%d segments were full of %d", len(full), len(all))
	}
	for _, trace := range traces {
		if !has(all, trace) {
			t.Fatal("one is lost")
		}
	}
	if perTrace := float64(size) * 8 / float64(n); perTrace > 37 { // half of them came twice, into two segments
		t.Errorf("%.1f bits a trace", perTrace)
	}
	const asked = 1 << 22
	hits, foreign := 0, make([]Trace, 1<<16)
	for range asked / len(foreign) {
		for i := range foreign {
			foreign[i] = r.Uint64()
		}
		slices.Sort(foreign)
		full[0].Match(foreign, func(int) { hits++ })
	}
	if want := float64(asked) * FalseHit; float64(hits) > 4*want+4 {
		t.Errorf("%d of %d foreign traces hit, about %.0f should", hits, asked, want)
	}
}

func FuzzSegment(f *testing.F) {
	f.Add([]byte(segments(1, 1<<40, 1<<63, 3)[0]), uint64(1<<40))
	f.Add([]byte{1, 255, 255, 7, 0}, uint64(0))
	f.Fuzz(func(t *testing.T, data []byte, trace uint64) {
		if s := Segment(data); s.Check() == nil {
			s.Has(trace)
			s.Match([]Trace{trace / 2, trace, trace | 1<<63}, func(int) {})
		}
	})
}

func BenchmarkTracesAdd(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var t Traces
	b.SetBytes(8)
	for b.Loop() {
		t.Add(r.Uint64())
		t.Sealed()
	}
}

func BenchmarkSegmentHas(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var t Traces
	for range segmentSize {
		t.Add(r.Uint64())
	}
	s := t.Close()[0]
	for b.Loop() {
		s.Has(r.Uint64())
	}
}

// TestSegmentsStay: catalogs keep segments, so the same traces are packed to the same bytes for ever.
func TestSegmentsStay(t *testing.T) {
	sum, r := fnv.New64a(), rand.New(rand.NewPCG(7, 7))
	for n := 1; n < 80_000; n += n/2 + 1 {
		traces := make([]Trace, n)
		for i := range traces {
			if traces[i] = r.Uint64(); n%3 == 0 {
				traces[i] >>= r.IntN(60)
			}
		}
		for _, s := range segments(traces...) {
			sum.Write(s)
		}
	}
	if got := fmt.Sprintf("%x", sum.Sum64()); got != "2224e832a9bebd3e" {
		t.Errorf("the segments have changed: their sum is %s", got)
	}
}
