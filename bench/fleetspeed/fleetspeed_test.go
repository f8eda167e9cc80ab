package fleetspeed

import (
	"os"
	"strconv"
	"testing"
)

// TestFleet surveys the folder BENCH_FLEET by one process, by a hub with one worker, and by a hub with two, by turns, each process with one
// core (GOMAXPROCS=1), and prints the medians. It asserts nothing: both figures need idle cores.
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
	var alone, one, two []Used
	for range rounds {
		alone = append(alone, b.Alone(t))
		one = append(one, b.Fleet(t, 1))
		two = append(two, b.Fleet(t, 2))
	}
	mb := float64(b.Bytes) / 1e6
	t.Logf("%.0f MB in %d files", mb, b.Files)
	for _, r := range []struct {
		name string
		took []Used
	}{{"one process", alone}, {"hub and one worker", one}, {"hub and two workers", two}} {
		m := Median(r.took)
		t.Logf("%-20s %7.1f s on the wall (%.0f MB/s), %7.1f s of processors (%.0f MB/s), of them %.1f s the workers'", r.name, m.Wall.Seconds(), mb/m.Wall.Seconds(), m.Processor().Seconds(), mb/m.Processor().Seconds(), m.Workers.Seconds())
	}
	t.Logf("two workers are %.2f times as fast as one; a fleet of one takes %.1f %% more of the processors than one process", Median(one).Wall.Seconds()/Median(two).Wall.Seconds(),
		100*(Median(one).Processor().Seconds()/Median(alone).Processor().Seconds()-1))
}
