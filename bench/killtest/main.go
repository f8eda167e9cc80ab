// Command killtest kills scans at random moments, lets them resume, and compares the inventory with that of a scan
// that nobody disturbed. It prints "identical", or the first difference, and exits with 1 when there was one.
//
//	killtest -chartroom ./chartroom [-runs 50] [-kills 2] [-people 20000] [-seed 1]
//
// Each run has a catalog of its own: the scan is killed up to -kills times, then run to its end. What two scans must
// differ in is left out of the comparison: times, and whether an item was read now or found unchanged.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/chartroom/chartroom/bench/inventory"
	"github.com/chartroom/chartroom/demo"
)

func main() {
	t := trial{}
	flag.StringVar(&t.program, "chartroom", "chartroom", "program to test")
	runs := flag.Int("runs", 50, "scans to kill")
	kills := flag.Int("kills", 2, "how often each scan may be killed")
	people := flag.Int("people", 20_000, "size of the synthetic estate")
	seed := flag.Uint64("seed", 1, "seed of the moments")
	flag.Parse()
	if err := t.all(*runs, *kills, *people, rand.New(rand.NewPCG(*seed, 0))); err != nil {
		fmt.Fprintln(os.Stderr, "killtest:", err)
		os.Exit(1)
	}
	fmt.Println("identical")
}

// trial is an estate that is scanned again and again.
type trial struct {
	program string
	dir     string // where everything stands
	target  string
	key     string
}

// errDiffer says that a resumed scan gave another inventory.
var errDiffer = errors.New("the inventories differ")

func (t *trial) all(runs, kills, people int, r *rand.Rand) error {
	dir, err := os.MkdirTemp("", "killtest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t.dir, t.target, t.key = dir, filepath.Join(dir, "estate"), filepath.Join(dir, "key")
	if _, err := demo.Write(t.target, demo.Options{People: people}); err != nil {
		return err
	}
	if err := pack(filepath.Join(t.target, "packed.tar.gz"), people/4); err != nil {
		return err
	}
	start := time.Now()
	calm := filepath.Join(dir, "calm.db")
	if err := t.scan(calm); err != nil {
		return err
	}
	whole := time.Since(start)
	want, err := t.inventory(calm)
	if err != nil {
		return err
	}
	fmt.Printf("undisturbed scan: %.2f s\n", whole.Seconds())
	sum := 0
	for n := range runs {
		killed, err := t.disturbed(n, 1+r.IntN(kills), want, func() time.Duration {
			return time.Duration(r.Int64N(int64(whole)) + 1)
		})
		if err != nil {
			return fmt.Errorf("run %d: %w", n+1, err)
		}
		fmt.Printf("run %d: killed %d times, identical\n", n+1, killed)
		sum += killed
	}
	fmt.Printf("%d runs, %d kills\n", runs, sum)
	if sum == 0 {
		return errors.New("no scan was killed in time: take more people")
	}
	return nil
}

// disturbed scans with so many kills, then to the end, and compares. It tells how many kills came before the end.
func (t *trial) disturbed(n, kills int, want []any, moment func() time.Duration) (killed int, err error) {
	catalog := filepath.Join(t.dir, fmt.Sprintf("run%d", n), "catalog.db")
	if err := os.Mkdir(filepath.Dir(catalog), 0o700); err != nil {
		return 0, err
	}
	for range kills {
		done, err := t.killAfter(catalog, moment())
		if err != nil {
			return killed, err
		}
		if !done {
			killed++
		}
	}
	if err := t.scan(catalog); err != nil {
		return killed, fmt.Errorf("resume after %d kills: %w", killed, err)
	}
	got, err := t.inventory(catalog)
	if err != nil {
		return killed, err
	}
	if at := inventory.Difference(want, got); at != "" {
		return killed, fmt.Errorf("after %d kills: %w: %s", killed, errDiffer, at)
	}
	return killed, os.RemoveAll(filepath.Dir(catalog))
}

func (t *trial) command(args ...string) *exec.Cmd { return exec.Command(t.program, args...) }

// scan scans to the end.
func (t *trial) scan(catalog string) error {
	out, err := t.command("scan", t.target, "--catalog", catalog, "--key", t.key).CombinedOutput()
	if err != nil {
		return fmt.Errorf("scan: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// killAfter starts a scan and kills it (SIGKILL) after a while. It tells whether the scan was done before.
func (t *trial) killAfter(catalog string, while time.Duration) (done bool, err error) {
	scan := t.command("scan", t.target, "--catalog", catalog, "--key", t.key)
	if err := scan.Start(); err != nil {
		return false, err
	}
	timer := time.AfterFunc(while, func() { _ = scan.Process.Kill() }) // an error says that it is gone, which Wait tells, too
	defer timer.Stop()
	if err := scan.Wait(); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == -1 {
			return false, nil
		}
		return false, fmt.Errorf("scan ended by itself: %w", err)
	}
	return true, nil
}

// inventory asks for all that a catalog holds.
func (t *trial) inventory(catalog string) ([]any, error) {
	return inventory.Of(t.program, "--catalog", catalog, "--key", t.key)
}
