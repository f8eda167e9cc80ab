package worker

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
	sourceall "github.com/chartroom/chartroom/source/all"
)

// heap is a ledger that keeps what comes.
type heap struct {
	mu     sync.Mutex
	staged map[string][]estate.Fact
	facts  []estate.Fact
}

func (h *heap) Unchanged(context.Context, string, string, string, string) (r estate.Renewal, err error) {
	return r, nil
}

func (h *heap) Stage(_ context.Context, p estate.Part, facts []estate.Fact) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.staged == nil {
		h.staged = map[string][]estate.Fact{}
	}
	h.staged[p.Path] = append(h.staged[p.Path], facts...)
	return nil
}

func (h *heap) Append(_ context.Context, facts []estate.Fact) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range facts {
		if f.Item != nil && f.Item.Outer == "" {
			h.facts = append(h.facts, h.staged[f.Item.Path]...)
		}
		h.facts = append(h.facts, f)
	}
	return nil
}

// alone is what a scan tells of a target that is made by one process.
func alone(t testing.TB, p *plan) []estate.Fact {
	t.Helper()
	sources, err := sourceall.Open(t.Context(), p.target.Address, p.target.Custodian)
	if err != nil {
		t.Fatal(err)
	}
	custom, err := detect.Compile(p.job.Identifiers)
	if err != nil {
		t.Fatal(err)
	}
	s, h := &survey.Settings{Identifiers: p.job.Identifiers}, &heap{}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, src := range sources {
		_, err := scan.Source(ctx, src, scan.Options{Engine: detect.New(custom), Rules: s.Rules(p.target.Limits), Key: p.key, Ledger: h, Workers: 1, Limits: p.target.Limits})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := scan.Grants(ctx, src, h); err != nil {
			t.Fatal(err)
		}
	}
	return h.facts
}

// told makes facts comparable: each as a line, without the times at which they were found, in order.
func told(t testing.TB, facts []estate.Fact) (out []string) {
	t.Helper()
	for _, f := range facts {
		switch {
		case f.Item != nil:
			it := *f.Item
			var people []byte
			var err error
			if it.People != nil {
				if people, err = it.People.MarshalBinary(); err != nil {
					t.Fatal(err)
				}
			}
			it.People, it.Evidence.Seen, it.Evidence.Read, it.Modified = nil, time.Time{}, time.Time{}, it.Modified.UTC().Round(0)
			out = append(out, fmt.Sprintf("item %+v %x", it, people))
		case f.Finding != nil:
			out = append(out, fmt.Sprintf("finding %+v", *f.Finding))
		case f.Gap != nil:
			out = append(out, fmt.Sprintf("gap %+v", *f.Gap))
		case f.Grant != nil:
			out = append(out, fmt.Sprintf("grant %+v", *f.Grant))
		case f.Traces != nil:
			out = append(out, fmt.Sprintf("traces %s %s %x", f.Traces.Repository, f.Traces.Path, []byte(f.Traces.Set)))
		}
	}
	slices.SortFunc(out, cmp.Compare[string])
	return out
}

// same fails the test where a fleet found anything else than a process alone.
func same(t testing.TB, p *plan, want []estate.Fact) {
	t.Helper()
	if diff := gocmp.Diff(told(t, want), told(t, p.facts())); diff != "" {
		t.Errorf("the worker found other things than a scan (- scan, + worker):\n%.4000s", diff)
	}
}

// tree writes a small estate, with odd names, things in things, and what cannot be read.
func tree(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := demo.Write(filepath.Join(dir, "demo"), demo.Options{People: 60}); err != nil {
		t.Fatal(err)
	}
	table := []byte(demo.PatientHeader)
	for p := range demo.People(9, 40) {
		table = demo.AppendPatientRow(table, p)
	}
	for name, text := range map[string][]byte{"odd\nname.csv": table, "\xff\xfe.csv": table, "50%.csv": table, `back\slash.csv`: table, "empty": nil,
		"damaged.gz": []byte("\x1f\x8b\x08 no deflate"), "broken.json": []byte(`{"ssn": "`)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"out": "/etc/hostname", "broken": "nothing"} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAWorkerFindsWhatAScanDoes(t *testing.T) {
	p := newPlan(t, tree(t))
	want := alone(t, p)
	w := &Worker{Slots: 2}
	p.run(t, w)
	same(t, p, want)
	if len(p.repos) != 1 || p.repos[0].Custodian != "Lakeside Clinics" || len(p.failures) > 0 {
		t.Errorf("repositories %+v, failures %q", p.repos, p.failures)
	}
	for _, s := range p.shards {
		if k := s.spec.Kind; (k == fleet.List || k == fleet.Grants) && (!s.complete || s.fault != "") {
			t.Errorf("a shard of kind %d was told in part: %q", k, s.fault)
		}
	}
	c := &w.Counts
	if c.Shards.Load() != int64(len(p.shards)) || c.Items.Load() != int64(len(p.listed)) || c.Bytes.Load() == 0 || c.Gaps.Load() == 0 || c.Working.Load() != 0 || !c.Connected.Load() {
		t.Errorf("it counts %d shards, %d items, %d bytes, %d gaps", c.Shards.Load(), c.Items.Load(), c.Bytes.Load(), c.Gaps.Load())
	}
}

func TestWhateverGoesWrongOnTheLineChangesNothing(t *testing.T) {
	dir := tree(t)
	for name, wrong := range map[string]func(p *plan){
		"tickets come twice":      func(p *plan) { p.twice = true },
		"shards are taken away":   func(p *plan) { p.stop = map[int64]bool{1: true, 2: true, 4: true, 5: true, 9: true} },
		"the hub refuses first":   func(p *plan) { p.refusals = 1 },
		"tickets of another run":  func(p *plan) { p.callLocked(fleet.Ticket{Run: 6, Shard: 1}) },
		"one item a shard":        func(p *plan) { p.each = 1 },
		"a shard of all":          func(p *plan) { p.each = 1000 },
		"the hub is away at time": func(p *plan) { p.away = func() bool { return time.Now().UnixMilli()/50%2 == 0 } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlan(t, dir)
			wrong(p)
			want := alone(t, p)
			p.run(t, &Worker{Slots: 3, helloPause: time.Millisecond})
			same(t, p, want)
		})
	}
}

// TestAWorkerThatIsKilledLeavesNothingHalf ends workers in the middle, one after the other, and lets another go on.
func TestAWorkerThatIsKilledLeavesNothingHalf(t *testing.T) {
	p := newPlan(t, tree(t))
	want := alone(t, p)
	for n := 1; n < 40 && !p.finished(); n += 3 {
		ctx, cancel := context.WithCancel(t.Context())
		left := n
		p.told = func(*fleet.Delivery) {
			if left--; left == 0 {
				cancel()
			}
		}
		w := &Worker{Post: p, Slots: 2, Grace: time.Nanosecond, Once: 200 * time.Millisecond, beatEvery: 20 * time.Millisecond}
		if err := w.Run(ctx); err != nil {
			t.Error(err)
		}
		cancel()
	}
	p.told = nil
	p.run(t, &Worker{Slots: 2})
	same(t, p, want)
}

func TestAWorkerThatIsToldToEndFinishesWhatItHas(t *testing.T) {
	p := newPlan(t, tree(t))
	p.drain = true
	w := &Worker{Post: p, Slots: 2, beatEvery: 5 * time.Millisecond}
	if err := w.Run(t.Context()); err != nil {
		t.Error(err)
	}
	for i, s := range p.shards {
		if s.attempt > 0 && !s.done {
			t.Errorf("shard %d was begun and not finished", i+1)
		}
	}
}

func TestAWorkerEndsWhenThereIsNoWork(t *testing.T) {
	p := newPlan(t, tree(t))
	w := &Worker{Post: p, Slots: 2, Once: 100 * time.Millisecond, beatEvery: 20 * time.Millisecond}
	if err := w.Run(t.Context()); err != nil || !p.finished() {
		t.Errorf("it ended with %v, and all is done: %v", err, p.finished())
	}
}

func TestOtherRulesAreNotFollowed(t *testing.T) {
	p := newPlan(t, tree(t))
	p.job.Rules = "other-rules"
	w := &Worker{Post: p, Slots: 1, Once: 200 * time.Millisecond, beatEvery: 20 * time.Millisecond}
	if err := w.Run(t.Context()); err != nil || p.shards[0].done {
		t.Errorf("it ended with %v; it did a shard by other rules: %v", err, p.shards[0].done)
	}
}

// TestNothingThatWasReadGoesOverTheLine looks for what the people of a file are called in all that a worker says, before it is sealed, and
// in its log.
func TestNothingThatWasReadGoesOverTheLine(t *testing.T) {
	dir := tree(t)
	p := newPlan(t, dir)
	var log bytes.Buffer
	p.run(t, &Worker{Slots: 2, Log: logTo(&log)})
	n := 0
	for who := range demo.People(9, 40) {
		for _, v := range []string{who.SSN, strings.ReplaceAll(who.SSN, "-", ""), who.MRN, who.Member, who.ID, who.Given + " " + who.Family, who.Street, who.Phone, who.Email, who.Birth.Format("2006-01-02")} {
			if n++; bytes.Contains(p.said.Bytes(), []byte(v)) || bytes.Contains(log.Bytes(), []byte(v)) {
				t.Errorf("%q goes over the line, or into the log", v)
			}
		}
	}
	for _, l := range p.listed {
		if bytes.Contains(log.Bytes(), []byte(l.Path)) && l.Path != "" && l.Path != "empty" && l.Path != "out" {
			t.Errorf("the log names %q", l.Path)
		}
	}
	if n != 400 || !bytes.Contains(log.Bytes(), []byte("a shard is done")) || p.said.Len() < 10_000 {
		t.Errorf("%d values were looked for in %d bytes and the log\n%s", n, p.said.Len(), &log)
	}
}

func TestWhatCannotBeOpenedIsAnAnswer(t *testing.T) {
	for address, words := range map[string]string{"/nowhere/at/all": "there is no such file", "s3://": "", "gopher://x": "cannot be scanned", "postgres://u:secretword@h/d": "refused"} {
		if address == "s3://" {
			continue
		}
		p := newPlan(t, address)
		p.run(t, &Worker{Slots: 1})
		if len(p.failures) != 1 || !strings.Contains(p.failures[0], words) || bytes.Contains(p.said.Bytes(), []byte("secretword")) {
			t.Errorf("%s fails with %q", address, p.failures)
		}
	}
}

func TestAWorkerOpensWhatItMay(t *testing.T) {
	mine, other := t.TempDir(), t.TempDir()
	p := newPlan(t, other)
	p.run(t, &Worker{Slots: 1, Allow: []string{mine}})
	if len(p.failures) != 1 || !strings.Contains(p.failures[0], "does not let it open") || len(p.repos) > 0 {
		t.Errorf("failures %q", p.failures)
	}
	p = newPlan(t, other)
	p.shards[0].spec.Kind, p.shards[0].spec.Repository = fleet.List, "file://"+other
	w := &Worker{Post: p, Slots: 1, Allow: []string{mine}, Once: 200 * time.Millisecond, beatEvery: 20 * time.Millisecond}
	if err := w.Run(t.Context()); err != nil || len(p.listed) > 0 || p.shards[0].done || w.Counts.Faults.Load() == 0 {
		t.Errorf("it listed %d items of a place that it may not open, %v", len(p.listed), err)
	}
}

func TestSourcesAreClosedBehindARun(t *testing.T) {
	p := newPlan(t, tree(t))
	w := &Worker{Post: p, Slots: 2, beatEvery: 10 * time.Millisecond}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	wait := func(what string, yes func() bool) {
		for end := time.Now().Add(time.Minute); !yes(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal(what)
			}
		}
	}
	wait("the work is not done", p.finished)
	kept := func() int {
		w.shelf.mu.Lock()
		defer w.shelf.mu.Unlock()
		return len(w.shelf.kept)
	}
	if kept() != 1 || len(w.jobs.runs()) != 1 {
		t.Errorf("%d targets and %d jobs are kept", kept(), len(w.jobs.runs()))
	}
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
	wait("the targets of a run that is over are kept", func() bool { return kept() == 0 && len(w.jobs.runs()) == 0 })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
