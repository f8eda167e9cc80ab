// Package fleetspeed surveys a folder by one process and by a fleet, and tells what each took.
package fleetspeed

import (
	"bytes"
	"cmp"
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

// Bench is a program, and what it surveys. Each of its processes has one core (GOMAXPROCS=1).
type Bench struct {
	program, data, dir string
	core               string   // on which all of its processes run; "" = any
	Bytes, Files       int64    // of the data
	Parts              []string // the folders right in it, by their names
}

// Used is what a survey took: on the wall, and of the processors by the process that answers (the hub, where there is one) and by the workers.
type Used struct{ Wall, Hub, Workers time.Duration }

// Processor is what all processes together took of the processors.
func (u Used) Processor() time.Duration { return u.Hub + u.Workers }

// New makes ready to survey a folder, which it reads once, into the page cache.
func New(t testing.TB, program, data string) *Bench {
	b := &Bench{program: program, data: data, dir: t.TempDir()}
	b.enrol(t)
	return b
}

// Median takes the medians apart from each other.
func Median(of []Used) Used {
	one := func(get func(Used) time.Duration) time.Duration {
		var all []time.Duration
		for _, u := range of {
			all = append(all, get(u))
		}
		return Middle(all)
	}
	return Used{one(func(u Used) time.Duration { return u.Wall }), one(func(u Used) time.Duration { return u.Hub }), one(func(u Used) time.Duration { return u.Workers })}
}

// Middle is the median.
func Middle[T cmp.Ordered](all []T) T {
	slices.Sort(all)
	return all[len(all)/2]
}

func (b *Bench) path(name string) string { return filepath.Join(b.dir, name) }

// On is a bench for a part of the data, whose processes all share one core: what one of them takes the others do not have.
func (b *Bench) On(core int, part string) *Bench {
	on := *b
	on.core, on.data = strconv.Itoa(core), filepath.Join(b.data, part)
	return &on
}

// command is one of the program, with one core.
func (b *Bench) command(t testing.TB, args ...string) *exec.Cmd {
	args = append([]string{b.program}, args...)
	if b.core != "" {
		args = append([]string{"taskset", "-c", b.core}, args...)
	}
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	return cmd
}

// enrol makes the hub's configuration, and two workers; and it reads all data once, into the page cache.
func (b *Bench) enrol(t testing.TB) {
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
	parts, err := os.ReadDir(b.data)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if p.IsDir() {
			b.Parts = append(b.Parts, p.Name())
		}
	}
	err = filepath.WalkDir(b.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		b.Bytes += int64(len(text))
		b.Files++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (b *Bench) flags(catalog string) []string {
	return []string{"--catalog", b.path(catalog), "--key", b.path("key"), "-c", b.path("hub.yaml")}
}

// fresh is a catalog that knows the workers, and nothing else.
func (b *Bench) fresh(t testing.TB, name string) string {
	for _, old := range []string{name, name + "-wal", name + "-shm"} {
		os.Remove(b.path(old))
	}
	text, err := os.ReadFile(b.path("enrolled.db"))
	if err == nil {
		err = os.WriteFile(b.path(name), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// Alone surveys by one process.
func (b *Bench) Alone(t testing.TB) Used {
	return b.survey(t, "--workers", "1")
}

// Apart surveys parts of the data, each by a process that knows nothing of the others: as fast as that is, no fleet can be on this machine.
func (b *Bench) Apart(t testing.TB, parts ...string) (u Used) {
	began := time.Now()
	var all []*exec.Cmd
	for _, part := range parts {
		cmd := b.command(t, append([]string{"scan", filepath.Join(b.data, part), "--workers", "1"}, b.flags(b.fresh(t, "part"+part+".db"))...)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	for _, cmd := range all {
		if err := cmd.Wait(); err != nil {
			t.Fatalf("scan: %v", err)
		}
		u.Workers += spent(cmd)
	}
	u.Wall = time.Since(began)
	return u
}

// Fleet surveys by a hub and workers, which wait for it.
func (b *Bench) Fleet(t testing.TB, workers int) Used {
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
		u.Workers += spent(w)
	}
	return u
}

// survey runs a survey to its end.
func (b *Bench) survey(t testing.TB, args ...string) Used {
	cmd := b.command(t, append(append([]string{"scan", b.data}, args...), b.flags(b.fresh(t, "run.db"))...)...)
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("scan: %v: %s", err, out)
	}
	return Used{Wall: time.Since(began), Hub: spent(cmd)}
}

func spent(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
