package main

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/chartroom/chartroom/bench/fleetspeed"
)

// TestTheModelAgainstRuns measures the rates on large files and on small documents, each by itself, and holds what the model makes of a mix of
// both, by one worker and by two, against real surveys. BENCH_LARGE, BENCH_SMALL and BENCH_MIX are the folders; nothing else may use the machine.
func TestTheModelAgainstRuns(t *testing.T) {
	program := os.Getenv("BENCH_CHARTROOM")
	large, small, mix := os.Getenv("BENCH_LARGE"), os.Getenv("BENCH_SMALL"), os.Getenv("BENCH_MIX")
	if program == "" || large == "" || small == "" || mix == "" {
		t.Skip("BENCH_KINDS=scale make bench")
	}
	rounds, err := strconv.Atoi(os.Getenv("BENCH_ROUNDS"))
	if err != nil {
		rounds = 3
	}
	of := func(b *fleetspeed.Bench, workers int) fleetspeed.Used {
		var all []fleetspeed.Used
		for range rounds {
			all = append(all, b.Fleet(t, workers))
		}
		return fleetspeed.Median(all)
	}
	empty := of(fleetspeed.New(t, program, t.TempDir()), 1)
	l, s := fleetspeed.New(t, program, large), fleetspeed.New(t, program, small)
	inLarge, inSmall := of(l, 1), of(s, 1)
	r := fit(empty, l, inLarge, s, inSmall)
	t.Logf("measured: %.0f MB/s of a worker's core, %s an item; the hub %s an item, %s for 32 MiB; %s to begin and end", r.Read/1e6, r.Item, r.HubItem, r.HubBytes, r.Start)
	m := fleetspeed.New(t, program, mix)
	for _, workers := range []int{1, 2} {
		took := of(m, workers)
		e := Estate{Bytes: float64(m.Bytes), Items: float64(m.Files), Spread: 2, Largest: 256 << 20, Sources: 1, SourceRate: 5e9, ListRate: 1e5}
		o := Simulate(e, r, Fleet{Workers: workers, Cores: 1, Slots: 1, Network: 5e9, Shared: 2}, Prices{})
		off := o.Seconds/took.Wall.Seconds() - 1
		t.Logf("%d workers, %.0f MB in %d files: %.1f s, by the model %.1f s (%+.0f %%)", workers, e.Bytes/1e6, m.Files, took.Wall.Seconds(), o.Seconds, 100*off)
		if off < -.25 || off > .25 {
			t.Errorf("the model is %.0f %% off", 100*off)
		}
	}
}

// fit makes rates of surveys of nothing, of large files and of small ones.
func fit(empty fleetspeed.Used, l *fleetspeed.Bench, large fleetspeed.Used, s *fleetspeed.Bench, small fleetspeed.Used) Rates {
	r := measured()
	r.Start = empty.Wall
	r.Read = float64(l.Bytes) / (large.Workers - empty.Workers).Seconds()
	r.HubBytes = time.Duration(float64(large.Hub-empty.Hub) / float64(l.Bytes) * (32 << 20))
	reading := time.Duration(float64(s.Bytes) / r.Read * float64(time.Second))
	r.Item = max(0, small.Workers-empty.Workers-reading) / time.Duration(max(1, s.Files))
	r.HubItem = max(0, small.Hub-empty.Hub-time.Duration(float64(s.Bytes)/(32<<20)*float64(r.HubBytes))) / time.Duration(max(1, s.Files))
	return r
}
