package main

import (
	"io"
	"strings"
	"testing"
	"time"
)

func TestReadPlan(t *testing.T) {
	jobs, err := readPlan(strings.NewReader("csv\trg\t1000\trg -c x file\n\nlogs\trg\t5/3\trg y\n"))
	if err != nil || len(jobs) != 2 || jobs[1].bytes != 5 || jobs[1].file != 3 || jobs[0].bytes != 1000 || len(jobs[0].command) != 4 {
		t.Errorf("%+v, %v", jobs, err)
	}
	for _, bad := range []string{"csv\trg\t1000", "csv\trg\tmany\trg", "csv\trg\t5\t ", "csv\trg\t0\trg", "csv\trg\t5/x\trg"} {
		if _, err := readPlan(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken for a plan", bad)
		}
	}
}

func TestMedianOfRates(t *testing.T) {
	r := result{job: job{bytes: 100e6}}
	for _, cpu := range []time.Duration{time.Second, 2 * time.Second, 100 * time.Second} {
		r.uses = append(r.uses, use{cpu: cpu})
	}
	if got := r.rate(); got != 50 {
		t.Errorf("rate %v, want 50", got)
	}
}

func TestProgramsRunInTurn(t *testing.T) {
	var log strings.Builder
	r := runner{core: -1, scratch: t.TempDir() + "/scratch", log: &log}
	results := r.all([]job{
		{kind: "a", name: "yes", bytes: 1000, command: []string{"true"}},
		{kind: "a", name: "no", bytes: 1000, command: []string{"false"}},
		{kind: "a", name: "gone", bytes: 1000, command: []string{"/does/not/exist"}},
	}, 2)
	if len(results[0].uses) != 2 || len(results[1].uses) != 2 {
		t.Errorf("%d and %d runs, want 2 each: exit code 1 is no failure", len(results[0].uses), len(results[1].uses))
	}
	if results[2].err == nil || failures(results) == nil {
		t.Error("a program that is not there did not fail")
	}
	order := ""
	for line := range strings.Lines(log.String()) {
		order += strings.Fields(line)[2] + " "
	}
	if order != "yes: no: yes: no: " {
		t.Errorf("order of runs: %s", order)
	}
}

func TestTables(t *testing.T) {
	fast := &result{job: job{kind: "csv", name: "a", bytes: 100e6}, uses: []use{{cpu: time.Second, wall: time.Second, peak: 64 << 20}}}
	slow := &result{job: job{kind: "csv", name: "b", bytes: 1e6}, uses: []use{{cpu: time.Second, wall: 2 * time.Second, peak: 9 << 20}}}
	var out strings.Builder
	printSpeed(&out, []*result{fast, slow, {job: job{kind: "logs", name: "a"}}})
	for _, want := range []string{"a/b", "100.00", "1.00"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
	out.Reset()
	printMemory(&out, []*result{fast, slow})
	if !strings.Contains(out.String(), "64") || !strings.Contains(out.String(), "0.50") {
		t.Error(out.String())
	}
	printSpeed(io.Discard, []*result{slow})
	out.Reset()
	printCores(&out, []*result{slow, fast})
	printCores(&out, []*result{fast, {job: fast.job, uses: []use{{cpu: time.Second, wall: time.Second / 2}}}})
	packed := *fast
	packed.file = 10e6
	printFiles(&out, []*result{slow, &packed})
	for _, want := range []string{"2.00", "file MB/s", "10.0", "100"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}
