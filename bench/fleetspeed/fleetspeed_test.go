package fleetspeed

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestFleet surveys the folder BENCH_FLEET, which has two folders of equal size, each process with one core (GOMAXPROCS=1), by turns:
//
//   - one of the folders by one process, and by a hub with one worker, all on the same core; then the other folder on the other core, the fleet first;
//   - all of it by a hub with one worker, and by a hub with two;
//   - for what the machine itself gives, each folder by a process of its own, first one and then both at once.
//
// It prints medians, of ratios those of each turn. It asserts nothing: the figures need idle cores.
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
	var faster, machine, work, longer []float64
	for range rounds {
		x, y := b.On(0, b.Parts[0]), b.On(1, b.Parts[1])
		alone, fleet := x.Alone(t), x.Fleet(t, 1)
		fleet, alone = fleet.plus(y.Fleet(t, 1)), alone.plus(y.Alone(t))
		one, two := b.Fleet(t, 1), b.Fleet(t, 2)
		half, halves := b.Apart(t, b.Parts[0]), b.Apart(t, b.Parts...)
		for name, u := range map[string]Used{"one process, on one core": alone, "hub and one worker, on the same core": fleet, "hub and one worker": one,
			"hub and two workers": two, "half by one process": half, "each half by its own": halves} {
			all[name] = append(all[name], u)
		}
		work = append(work, more(fleet.Processor(), alone.Processor()))
		longer = append(longer, more(fleet.Wall, alone.Wall))
		faster = append(faster, one.Wall.Seconds()/two.Wall.Seconds())
		machine = append(machine, 2*half.Wall.Seconds()/halves.Wall.Seconds())
		t.Logf("on the same core a fleet of one took %+.1f %% of the processor, %+.1f %% of time; two workers were %.2f times as fast as one", work[len(work)-1], longer[len(longer)-1], faster[len(faster)-1])
	}
	t.Logf("%.0f MB in %d files", float64(b.Bytes)/1e6, b.Files)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		m := Median(all[name])
		t.Logf("%-36s %7.1f s on the wall, %7.1f s of processors, of them %.1f s the workers'", name, m.Wall.Seconds(), m.Processor().Seconds(), m.Workers.Seconds())
	}
	t.Logf("two workers are %.2f times as fast as one (%.2f to %.2f); two processes that know nothing of each other are %.2f times as fast as one (%.2f to %.2f)",
		Middle(faster), slices.Min(faster), slices.Max(faster), Middle(machine), slices.Min(machine), slices.Max(machine))
	t.Logf("on the same core a fleet of one takes %.1f %% more of the processor than one process (%.1f to %.1f), and %.1f %% longer (%.1f to %.1f)",
		Middle(work), slices.Min(work), slices.Max(work), Middle(longer), slices.Min(longer), slices.Max(longer))
}

// more tells by how many percent one is more than another.
func more(one, than time.Duration) float64 { return 100 * (one.Seconds()/than.Seconds() - 1) }

func (u Used) plus(o Used) Used { return Used{u.Wall + o.Wall, u.Hub + o.Hub, u.Workers + o.Workers} }
