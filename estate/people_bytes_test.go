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

// TestWhatWasWrittenIsForgotten: a sketch that was read, and changed since, is written as one that never was.
func TestWhatWasWrittenIsForgotten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(2, 20).Draw(t, "capacity")
		fresh, kept := NewPeople(capacity), NewPeople(capacity)
		for range rapid.IntRange(1, 5).Draw(t, "changes") {
			if b := encoded(t, kept); rapid.Bool().Draw(t, "read") {
				var err error
				if kept, err = ReadPeople(b); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(b, encoded(t, kept)); diff != "" {
					t.Error(diff)
				}
			}
			change := drawChange(t)
			change(fresh)
			change(kept)
		}
		if diff := cmp.Diff(encoded(t, fresh), encoded(t, kept)); diff != "" {
			t.Error(diff)
		}
	})
}

// drawChange is one of the ways in which a sketch changes.
func drawChange(t *rapid.T) func(*People) {
	other := drawSketch(t, rapid.IntRange(2, 20).Draw(t, "its capacity"))
	switch rapid.IntRange(0, 3).Draw(t, "way") {
	case 0:
		who := drawPeople(t)
		return func(p *People) {
			for _, w := range who {
				p.Add(w)
			}
		}
	case 1:
		return func(p *People) { p.Merge(other) }
	case 2:
		b := encoded(t, other)
		return func(p *People) { _ = p.MergeBinary(b) } // it has just been written
	}
	limit := rapid.Uint64().Draw(t, "limit")
	return func(p *People) { p.Cut(limit) }
}
