// Command fleet kills parts of a fleet at random moments, and compares what it finds with what one process finds that nobody disturbed. It
// prints "identical", or the first difference, and exits with 1 when there was one.
//
//	fleet -chartroom ./chartroom [-runs 100] [-faults 4] [-people 4000] [-seed 1]
//
// Three nodes keep the tickets, a hub surveys two enclaves, and four workers read, each a process of its own; where the system lets it, each
// in a network of its own, joined by links that can be cut. While a survey goes on, a node, the hub or a worker is killed (SIGKILL) and
// started again, or a link is cut and joined again. Without networks of their own, a link that is silent is a process that is
// stopped (SIGSTOP). A survey whose hub was killed is begun again until it comes to its end.
package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/chartroom/chartroom/bench/inventory"
)

func main() {
	t := trial{}
	flag.StringVar(&t.program, "chartroom", "chartroom", "program to test")
	flag.IntVar(&t.people, "people", 3000, "size of the invented estate")
	flag.IntVar(&t.faults, "faults", 4, "faults of a run, at most")
	flag.BoolVar(&t.loopback, "loopback", false, "do not try to make networks")
	runs := flag.Int("runs", 100, "surveys to disturb")
	seed := flag.Uint64("seed", 1, "seed of the moments")
	keep := flag.Bool("keep", false, "keep the folder when a run failed")
	flag.Parse()
	if !t.loopback && os.Getenv(inside) == "" {
		again(os.Args[1:])
	}
	t.random = rand.New(rand.NewPCG(*seed, 0))
	if err := t.all(*runs, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
	fmt.Println("identical")
}

// trial is an estate that is surveyed again and again.
type trial struct {
	program  string
	people   int
	faults   int
	loopback bool
	random   *rand.Rand

	dir   string
	stage *stage
	want  []any
	calm  time.Duration // an undisturbed survey by the fleet
}

// errDiffer says that a disturbed survey gave another inventory.
var errDiffer = errors.New("the inventories differ")

func (t *trial) all(runs int, keep bool) (err error) {
	if t.dir, err = os.MkdirTemp("", "fleet-"); err != nil {
		return err
	}
	defer func() {
		if err == nil || !keep {
			os.RemoveAll(t.dir)
		} else {
			fmt.Fprintln(os.Stderr, "kept", t.dir)
		}
	}()
	t.stage = newStage(t.dir, t.program, !t.loopback)
	defer t.stage.close()
	if err := t.prepare(); err != nil {
		return err
	}
	sum := map[string]int{}
	for n := range runs + 2 {
		faults := 0
		if n > 1 { // the first two are left alone: in the one nodes and workers come together, and the other tells how long a survey takes
			faults = 1 + t.random.IntN(t.faults)
		}
		if err := t.run(n, faults, sum); err != nil {
			return fmt.Errorf("run %d: %w", n, err)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(sum)) {
		fmt.Printf("%6d %s\n", sum[k], k)
	}
	return nil
}

// prepare makes the estate, surveys it in one process, and starts nodes and workers.
func (t *trial) prepare() error {
	if err := estate(t.dir, t.people); err != nil {
		return err
	}
	if err := t.stage.configure(); err != nil {
		return err
	}
	start := time.Now()
	plain := filepath.Join(t.dir, "plain.db")
	if out, err := t.stage.chartroom("scan", "--catalog", plain); err != nil {
		return fmt.Errorf("plain scan: %w: %s", err, out)
	}
	fmt.Printf("plain scan: %.1f s\n", time.Since(start).Seconds())
	var err error
	if t.want, err = t.stage.inventory(plain); err != nil {
		return err
	}
	return t.stage.start()
}

// run surveys once, with so many faults, and compares.
func (t *trial) run(n, faults int, sum map[string]int) error {
	began := time.Now()
	db := filepath.Join(t.dir, fmt.Sprintf("run%d.db", n))
	l, err := t.stage.fresh(db)
	if err != nil {
		return err
	}
	h := &hub{stage: t.stage, db: db, done: make(chan error, 1)}
	go h.survey()
	var told []string
	for range faults {
		moment := time.Duration(t.random.Int64N(int64(t.calm) * 3 / 2 / int64(faults)))
		select {
		case err := <-h.done:
			h.done <- err
		case <-time.After(moment):
		}
		f := t.stage.fault(t.random, h)
		if f.name == "" {
			continue
		}
		told = append(told, f.name)
		sum[f.kind]++
	}
	if err := <-h.done; err != nil {
		return fmt.Errorf("after %v: %w", told, err)
	}
	t.stage.settle()
	took := time.Since(began)
	if n < 2 {
		t.calm = took
	}
	counts, err := l.check()
	if err != nil {
		return fmt.Errorf("after %v: %w", told, err)
	}
	got, err := t.stage.inventory(db)
	if err != nil {
		return err
	}
	if at := inventory.Difference(t.want, got); at != "" {
		return fmt.Errorf("after %v: %w: %s", told, errDiffer, at)
	}
	fmt.Printf("run %d: %.1f s, %s, %d begun, %v, identical\n", n, took.Seconds(), counts, h.begun, told)
	sum["surveys begun"] += h.begun
	return os.Remove(db)
}
