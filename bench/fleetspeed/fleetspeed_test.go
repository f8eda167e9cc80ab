package fleetspeed

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
)

// TestFleet surveys the folder BENCH_FLEET, which has two folders of equal size, by one process, by a hub with one worker, and by a hub with
// two, by turns, each process with one core (GOMAXPROCS=1); and, for what the machine itself gives, each of the two by a process of its own, first
// one and then both at once. It prints medians, of ratios those of each turn. It asserts nothing: the figures need idle cores.
func TestFleet(t *testing.T) {
	program, data := os.Getenv("BENCH_CHARTROOM"), os.Getenv("BENCH_FLEET")
	if program == "" || data == "" {
		t.Skip("BENCH_CHARTROOM names the program, and BENCH_FLEET a folder of data: BENCH_KINDS=fleet make bench")
	}
	rounds, err := strconv.Atoi(os.Getenv("BENCH_ROUNDS"))
	if err != nil {
		rounds = 5
	}
	b := New(t, program, data)
	if len(b.Parts) != 2 {
		t.Fatalf("%s has %d folders, and should have two", data, len(b.Parts))
	}
	all := map[string][]Used{}
	var faster, machine, more []float64
	for range rounds {
		alone, one, two := b.Alone(t), b.Fleet(t, 1), b.Fleet(t, 2)
		half, halves := b.Apart(t, b.Parts[0]), b.Apart(t, b.Parts...)
		for name, u := range map[string]Used{"one process": alone, "hub and one worker": one, "hub and two workers": two, "half by one process": half, "each half by its own": halves} {
			all[name] = append(all[name], u)
		}
		faster = append(faster, one.Wall.Seconds()/two.Wall.Seconds())
		machine = append(machine, 2*half.Wall.Seconds()/halves.Wall.Seconds())
		more = append(more, 100*(one.Processor().Seconds()/alone.Processor().Seconds()-1))
	}
	t.Logf("%.0f MB in %d files", float64(b.Bytes)/1e6, b.Files)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		m := Median(all[name])
		t.Logf("%-20s %7.1f s on the wall, %7.1f s of processors, of them %.1f s the workers'", name, m.Wall.Seconds(), m.Processor().Seconds(), m.Workers.Seconds())
	}
	t.Logf("two workers are %.2f times as fast as one (%.2f to %.2f); two processes that know nothing of each other are %.2f times as fast as one (%.2f to %.2f)",
		Middle(faster), slices.Min(faster), slices.Max(faster), Middle(machine), slices.Min(machine), slices.Max(machine))
	t.Logf("a fleet of one takes %.1f %% more of the processors than one process (%.1f to %.1f)", Middle(more), slices.Min(more), slices.Max(more))
}
