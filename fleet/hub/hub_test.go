package hub

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/inside"
)

func TestASurveyByWorkersFindsWhatOneProcessFinds(t *testing.T) {
	line := inside.New(Main)
	broken := newFolder("c", 25)
	broken.breaks = true
	w := newWorld(t, line, newFolder("a", 400), newFolder("b", 40), broken)
	books, _, err := w.survey(t.Context(), line.Post, 3, habits{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	w.same(books)
	again, _, err := w.survey(t.Context(), line.Post, 2, habits{}, 2)
	if err != nil || again.Balance() != nil || again.Unchanged == 0 || again.Read != 0 {
		t.Errorf("a second time: %+v, %v", again, err)
	}
}

// gaveUp tells whether a shard was given up.
func gaveUp(t testing.TB, c *catalog.Catalog) (found bool) {
	for _, line := range inventory(t, c) {
		found = found || strings.Contains(line, "given up")
	}
	return found
}

// lossy is a line that loses tickets, and doubles some.
type lossy struct {
	*inside.Line
	lost, doubled int // of a hundred
	seed          uint64
	calls         atomic.Uint64
}

func (l *lossy) Call(ctx context.Context, enclave string, tickets ...fleet.Ticket) error {
	r := rand.New(rand.NewPCG(l.seed, l.calls.Add(1)))
	for _, t := range tickets {
		n := 1
		if r.IntN(100) < l.doubled {
			n = 2
		}
		if r.IntN(100) < l.lost {
			n = 0
		}
		for range n {
			if err := l.Line.Call(ctx, enclave, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// Whatever workers and the line do, the inventory is that of one process, unless a shard was given up, which shows as a gap.
func TestWhateverWorkersDoTheInventoryIsTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		percent := func(name string, most int) int { return rapid.IntRange(0, most).Draw(rt, name) }
		seed := rapid.Uint64().Draw(rt, "seed")
		line := &lossy{Line: inside.New(Main), lost: percent("lost", 20), doubled: percent("doubled", 20), seed: seed}
		h := habits{dies: percent("dies", 4), repeats: percent("repeats", 30), lies: percent("lies", 5), dawdles: percent("dawdles", 3)}
		broken := newFolder("b", rapid.IntRange(0, 25).Draw(rt, "b"))
		broken.breaks = rapid.Bool().Draw(rt, "breaks")
		w := newWorld(t, line, newFolder("a", rapid.IntRange(0, 120).Draw(rt, "a")), broken)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		books, _, err := w.survey(ctx, line.Post, rapid.IntRange(1, 6).Draw(rt, "workers"), h, seed)
		if err != nil {
			rt.Fatal(err)
		}
		if err := books.Balance(); err != nil {
			rt.Error(err)
		}
		w.merged.Range(func(shard, n any) bool {
			if n.(*atomic.Int64).Load() != 1 {
				rt.Errorf("shard %d was merged %d times", shard, n.(*atomic.Int64).Load())
			}
			return true
		})
		if !gaveUp(t, w.hub.Catalog) {
			w.same(books)
		}
		if t.Failed() {
			rt.Fatal("not the same")
		}
	})
}
