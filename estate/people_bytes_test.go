package estate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawSketch is a sketch of some people.
func drawSketch(t *rapid.T, capacity int) *People {
	p := NewPeople(capacity)
	for _, who := range drawPeople(t) {
		p.Add(who)
	}
	return p
}

// TestWhatIsBeyondAddsNothing: its first bytes tell.
func TestWhatIsBeyondAddsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, q := drawSketch(t, rapid.IntRange(2, 20).Draw(t, "capacity")), drawSketch(t, rapid.IntRange(2, 20).Draw(t, "its capacity"))
		before, b := encoded(t, p), encoded(t, q)
		beyond := p.Beyond(b[:min(len(b), HeadBytes)])
		if p.Merge(q); beyond && cmp.Diff(before, encoded(t, p)) != "" {
			t.Error("what was beyond has changed it")
		}
		if !p.Beyond(b) && p.limit != 0 && !q.Empty() && uint64(q.marks()[0]) >= p.limit {
			t.Error("what is beyond is not told")
		}
	})
}

// TestWhatIsCoveredAddsNothing: and what was merged is covered.
func TestWhatIsCoveredAddsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(4, 40).Draw(t, "capacity")
		p, q := drawSketch(t, capacity), drawSketch(t, capacity)
		if rapid.Bool().Draw(t, "merged") {
			if p.Merge(q); !p.Covers(q, 0) {
				t.Error("what was merged is not covered")
			}
		}
		covers, before := p.Covers(q, 0), encoded(t, p)
		if p.Merge(q); covers && cmp.Diff(before, encoded(t, p)) != "" {
			t.Error("what was covered has changed it")
		}
	})
}
