package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// use is what one run of a program took.
type use struct {
	cpu, wall time.Duration
	peak      int64 // bytes of resident memory
}

// result is all runs of one job.
type result struct {
	job
	uses []use
	err  error
}

// rate is the median of bytes in a second of processor time, in units of 1,000,000; 0 when there was no run.
func (r *result) rate() float64 { return r.median(func(u use) time.Duration { return u.cpu }) }

// wallRate is the same for the clock on the wall.
func (r *result) wallRate() float64 { return r.median(func(u use) time.Duration { return u.wall }) }

func (r *result) median(of func(use) time.Duration) float64 {
	if len(r.uses) == 0 {
		return 0
	}
	all := make([]time.Duration, len(r.uses))
	for i, u := range r.uses {
		all[i] = max(of(u), time.Microsecond)
	}
	slices.Sort(all)
	mid := (all[(len(all)-1)/2] + all[len(all)/2]) / 2
	return float64(r.bytes) / 1e6 / mid.Seconds()
}

// runner runs jobs.
type runner struct {
	core    int
	scratch string
	log     io.Writer
}

// all runs the jobs of each kind in turn, so many rounds. A job that failed is not run again.
func (r *runner) all(jobs []job, rounds int) []*result {
	results := make([]*result, len(jobs))
	var kinds []string
	for i, j := range jobs {
		results[i] = &result{job: j}
		if !slices.Contains(kinds, j.kind) {
			kinds = append(kinds, j.kind)
		}
	}
	for _, kind := range kinds {
		for round := range rounds {
			for _, res := range results {
				if res.kind != kind || res.err != nil {
					continue
				}
				u, err := r.once(&res.job)
				if err != nil {
					res.err = fmt.Errorf("%s on %s: %w", res.name, res.kind, err)
					continue
				}
				res.uses = append(res.uses, u)
				fmt.Fprintf(r.log, "%s %d/%d %s: cpu %.2f s, wall %.2f s, peak %d MB\n",
					kind, round+1, rounds, res.name, u.cpu.Seconds(), u.wall.Seconds(), u.peak>>20)
			}
		}
	}
	return results
}

// once runs a command and takes its accounts.
func (r *runner) once(j *job) (use, error) {
	if r.scratch != "" {
		if err := errors.Join(os.RemoveAll(r.scratch), os.MkdirAll(r.scratch, 0o700)); err != nil {
			return use{}, err
		}
	}
	argv := j.command
	if r.core >= 0 {
		argv = append([]string{"taskset", "-c", strconv.Itoa(r.core)}, argv...)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	if r.core < 0 {
		cmd.Env = os.Environ()
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	start := time.Now()
	err := cmd.Run()
	u := use{wall: time.Since(start)}
	if s := cmd.ProcessState; s != nil {
		u.cpu = s.UserTime() + s.SystemTime()
		if usage, ok := s.SysUsage().(*syscall.Rusage); ok {
			u.peak = usage.Maxrss << 10 // Linux counts in KiB
		}
		if s.ExitCode() == 1 && complaint.Len() == 0 {
			err = nil
		}
	}
	if err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
		return u, fmt.Errorf("%w: %s", err, first)
	}
	return u, nil
}

// failures joins what went wrong.
func failures(results []*result) error {
	var all []error
	for _, r := range results {
		all = append(all, r.err)
	}
	return errors.Join(all...)
}
