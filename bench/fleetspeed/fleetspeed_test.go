package fleetspeed

import (
	"bytes"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// bench is a program, and what it surveys.
type bench struct {
	program, data, dir string
	bytes              int64
}

// used is what a survey took: on the wall, and of the processors by all its processes.
type used struct{ wall, cpu time.Duration }

// TestFleet surveys the folder BENCH_FLEET by one process, by a hub with one worker, and by a hub with two, by turns, each process with one
// core (GOMAXPROCS=1), and prints the medians. It asserts nothing: both figures need idle cores.
func TestFleet(t *testing.T) {
	b := &bench{program: os.Getenv("BENCH_CHARTROOM"), data: os.Getenv("BENCH_FLEET"), dir: t.TempDir()}
	if b.program == "" || b.data == "" {
		t.Skip("BENCH_CHARTROOM names the program, and BENCH_FLEET a folder of data: BENCH_KINDS=fleet make bench")
	}
	rounds, err := strconv.Atoi(os.Getenv("BENCH_ROUNDS"))
	if err != nil {
		rounds = 5
	}
	b.enrol(t)
	var alone, one, two []used
	for range rounds {
		alone = append(alone, b.alone(t))
		one = append(one, b.fleet(t, 1))
		two = append(two, b.fleet(t, 2))
	}
	mb := float64(b.bytes) / 1e6
	for _, r := range []struct {
		name string
		took []used
	}{{"one process", alone}, {"hub and one worker", one}, {"hub and two workers", two}} {
		m := median(r.took)
		t.Logf("%-20s %7.1f s on the wall (%.0f MB/s), %7.1f s of processors (%.0f MB/s)", r.name, m.wall.Seconds(), mb/m.wall.Seconds(), m.cpu.Seconds(), mb/m.cpu.Seconds())
	}
	t.Logf("two workers are %.2f times as fast as one; a fleet of one takes %.1f %% more of the processors than one process", median(one).wall.Seconds()/median(two).wall.Seconds(),
		100*(median(one).cpu.Seconds()/median(alone).cpu.Seconds()-1))
}

// median takes the medians apart from each other.
func median(of []used) (m used) {
	wall, cpu := make([]time.Duration, len(of)), make([]time.Duration, len(of))
	for i, u := range of {
		wall[i], cpu[i] = u.wall, u.cpu
	}
	slices.Sort(wall)
	slices.Sort(cpu)
	return used{wall[len(of)/2], cpu[len(of)/2]}
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// command is one of the program, with one core.
func (b *bench) command(t testing.TB, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), b.program, args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	return cmd
}

// enrol makes the hub's configuration, and two workers; and it reads all data once, into the page cache.
func (b *bench) enrol(t testing.TB) {
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := on.Addr().String()
	on.Close()
	if err := os.WriteFile(b.path("hub.yaml"), fmt.Appendf(nil, "fleet: {listen: %q, hosts: [127.0.0.1]}\n", at), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		args := append([]string{"fleet", "enrol", fmt.Sprintf("worker%d", i), "--out", b.path(fmt.Sprintf("worker%d.yaml", i))}, b.flags("enrolled.db")...)
		if out, err := b.command(t, args...).CombinedOutput(); err != nil {
			t.Fatalf("enrol: %v: %s", err, out)
		}
	}
	err = filepath.WalkDir(b.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		b.bytes += int64(len(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bench) flags(catalog string) []string {
	return []string{"--catalog", b.path(catalog), "--key", b.path("key"), "-c", b.path("hub.yaml")}
}

// fresh is a catalog that knows the workers, and nothing else.
func (b *bench) fresh(t testing.TB) string {
	for _, old := range []string{"run.db", "run.db-wal", "run.db-shm"} {
		os.Remove(b.path(old))
	}
	text, err := os.ReadFile(b.path("enrolled.db"))
	if err == nil {
		err = os.WriteFile(b.path("run.db"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return "run.db"
}

// alone surveys by one process.
func (b *bench) alone(t testing.TB) used {
	return b.survey(t, "--workers", "1")
}

// survey runs a survey to its end.
func (b *bench) survey(t testing.TB, args ...string) used {
	cmd := b.command(t, append(append([]string{"scan", b.data}, args...), b.flags(b.fresh(t))...)...)
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("scan: %v: %s", err, out)
	}
	return used{time.Since(began), spent(cmd)}
}

func spent(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// fleet surveys by a hub and workers, which wait for it.
func (b *bench) fleet(t testing.TB, workers int) used {
	var all []*exec.Cmd
	var said []*bytes.Buffer
	for i := range workers {
		w := b.command(t, "worker", b.path(fmt.Sprintf("worker%d.yaml", i)), "--slots", "1")
		out := &bytes.Buffer{}
		w.Stderr = out
		if err := w.Start(); err != nil {
			t.Fatal(err)
		}
		all, said = append(all, w), append(said, out)
	}
	u := b.survey(t, "--fleet")
	for i, w := range all {
		w.Process.Signal(syscall.SIGTERM)
		if err := w.Wait(); err != nil {
			t.Fatalf("worker: %v: %s", err, said[i])
		}
		u.cpu += spent(w)
	}
	return u
}
