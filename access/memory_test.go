package access

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"testing"
)

// mostLive gives the most bytes that were alive at any collection while f ran, which is often.
func mostLive(f func()) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	runtime.GC()
	type canary struct{ alive *canary }
	var most atomic.Int64
	var done atomic.Bool
	var sing func(*canary)
	sing = func(c *canary) { // each collection finds it dead
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		most.Store(max(most.Load(), int64(live[0].Value.Uint64())))
		if !done.Load() {
			runtime.SetFinalizer(c, sing)
		}
	}
	runtime.SetFinalizer(&canary{}, sing)
	f()
	done.Store(true)
	return most.Load()
}

// TestItemsTakeNoMemory: of a tree of a million files, what is held is what its folders need.
func TestItemsTakeNoMemory(t *testing.T) {
	const folders = 1000
	live := func(items int) int64 {
		return mostLive(func() {
			e, err := Build(Input{Facts: []Fact{{ID: 1}}, Repositories: []Repository{{Name: "file:///srv"}},
				Compilers: map[string]Compiler{"": func(_ []Fact, places []Place, out Sink) {
					for _, p := range places {
						out.Node(Node{ID: p.String(), Kind: Resource, Place: p})
					}
				}},
				Holdings: func(_ bool, yield func(Holding) error) error {
					for i := range items {
						if err := yield(Holding{Place: Place{"file:///srv", fmt.Sprintf("%03d/of a common length/%d.csv", i%folders, i)}}); err != nil {
							return err
						}
					}
					return nil
				}})
			if err != nil || len(e.Parts()) != folders+1 {
				t.Fatalf("%d parts, %v", len(e.Parts()), err)
			}
		})
	}
	few, many := live(150_000), live(600_000)
	if grown := many - few; grown > 1<<20 {
		t.Errorf("450,000 more files take %d KiB: %d instead of %d", grown>>10, many>>10, few>>10)
	}
}
