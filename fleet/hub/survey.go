package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"github.com/chartroom/chartroom/catalog/ledger"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
	"github.com/chartroom/chartroom/source"
)

// Job is a survey to be made by the fleet.
type Job struct {
	Who      audit.Caller
	Key      fingerprint.Key
	Settings *survey.Settings
	Targets  []*survey.Target // workers open them
}

// running is a survey on its way. What has no other guard is guarded by the hub's.
type running struct {
	*Job
	hub     *Hub
	run     *catalog.Run
	words   fleet.Job
	options scan.Options // of joins, and what is unchanged
	targets []*target

	out    map[int64]*entry // shards in the window, and large items that wait for their pieces
	calls  []*entry         // of them, those whose tickets have to be put out
	places map[string]*place
	open   int64 // shards that are not closed
	done   int64
	dead   int64
	left   int64 // bytes of open shards
	local  int   // collectors at work here
	fault  error
	wake   chan struct{}
	ripe   []*entry      // large items that wait to be concluded
	joins  chan struct{} // wakes who does
	ended  chan struct{} // is closed when nothing is left to do, or at the first fault
	over   bool          // it is
	began  time.Time
	told   map[string]bool // enclaves of which it was said that nobody is there
}

// target is a target with what the window has of it.
type target struct {
	*survey.Target
	number  int
	enclave string
	spec    fleet.Target
	options scan.Options
	rate    int64 // bytes a second; 0 = no bound
	most    int   // shards at work at once; 0 = no bound

	open    int64
	out     int // shards in the window
	working int
	cursor  [kinds]int64 // the last shard of a kind that came into the window
	more    [kinds]bool  // there are others behind it
}

// kinds is how many kinds of shards there are, with 0, which is none.
const kinds = int(fleet.Grants) + 1

// order is in which order kinds come into the window: what makes other shards first.
var order = [...]fleet.Kind{fleet.Open, fleet.List, fleet.Grants, fleet.Pieces, fleet.Read}

// Survey surveys the targets by the workers, and gives the books of all of them. It does what survey.Job.Run does, with the same errors. The
// hub must serve meanwhile.
func (h *Hub) Survey(ctx context.Context, j *Job) (catalog.Books, error) {
	r, err := h.begin(ctx, j)
	if err != nil {
		return catalog.Books{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { r.fill(ctx) })
	beside.Go(func() { r.join(ctx) })
	beside.Go(func() { r.collect(ctx) })
	select {
	case <-r.ended:
	case <-ctx.Done():
	}
	fault := ctx.Err()
	stop()
	beside.Wait()
	h.mu.Lock()
	h.run = nil
	for _, w := range h.workers {
		clear(w.held)
	}
	fault = cmp.Or(r.fault, fault)
	h.mu.Unlock()
	if fault != nil {
		return catalog.Books{}, &survey.StoppedError{Err: errors.Join(fault, r.run.Abandon(context.WithoutCancel(ctx)))}
	}
	return r.run.Finish(context.WithoutCancel(ctx), r.listings())
}

// begin begins a survey, whose first shards are to open its targets.
func (h *Hub) begin(ctx context.Context, j *Job) (*running, error) {
	custom, err := detect.Compile(j.Settings.Identifiers)
	if err != nil {
		return nil, fmt.Errorf("identifiers: %w", err)
	}
	r := &running{Job: j, hub: h, out: map[int64]*entry{}, places: map[string]*place{}, wake: make(chan struct{}, 1), joins: make(chan struct{}, 1),
		ended: make(chan struct{}), began: h.now(), told: map[string]bool{}, local: 1}
	spec := catalog.RunSpec{Rules: j.Settings.Rules(j.Settings.Limits), Version: j.Settings.Version, Key: j.Key.ID()}
	for _, t := range j.Targets {
		spec.Targets = append(spec.Targets, t.Label)
	}
	enclaves := h.Line.Enclaves()
	for i, t := range j.Targets {
		if e := cmp.Or(t.Enclave, Main); !slices.Contains(enclaves, e) {
			return nil, fmt.Errorf("target %s: there is no enclave %s; the fleet has %s", t.Label, e, strings.Join(enclaves, ", "))
		}
		if t.Progress == nil {
			t.Progress = &scan.Progress{}
		}
		r.targets = append(r.targets, newTarget(t, i))
	}
	if r.run, err = h.Catalog.Begin(ctx, j.Who, spec); err != nil {
		return nil, err
	}
	r.options = scan.Options{Engine: detect.New(custom), Key: j.Key, Ledger: r.run}
	bare := &survey.Settings{Identifiers: j.Settings.Identifiers}
	r.words = fleet.Job{Run: r.run.ID(), Rules: bare.Rules(scan.Limits{}), Identifiers: bare.Identifiers, Key: j.Key.Bytes(), LargeBytes: h.large()}
	seed := rand.Uint64() | 1 // 0 would be drawn anew by everybody
	for _, t := range r.targets {
		t.options = t.Options(r.options, j.Settings)
		t.spec = fleet.Target{Label: t.Label, Address: address(t.Address), Custodian: t.Custodian, Share: t.options.Sample.Share, Limits: t.options.Limits}
		if t.options.Sample.Wanted() {
			t.spec.Seed, t.options.Sample.Seed = seed, seed
		}
	}
	if err := r.plan(ctx); err != nil {
		return nil, errors.Join(err, r.run.Abandon(context.WithoutCancel(ctx)))
	}
	h.mu.Lock()
	h.run = r
	h.mu.Unlock()
	return r, nil
}

func newTarget(t *survey.Target, number int) *target {
	out := &target{Target: t, number: number, enclave: cmp.Or(t.Enclave, Main), most: t.Limits.Workers}
	if t.Limits.Rate != "" {
		out.rate, _ = source.ParseRate(t.Limits.Rate) // it was checked with the file
	}
	return out
}

// address is an address as others understand it, too: a path from the root of the file system.
func address(a string) string {
	if strings.Contains(a, "://") {
		return a
	}
	if abs, err := filepath.Abs(a); err == nil {
		return abs
	}
	return a
}

// plan adds the shards that open the targets.
func (r *running) plan(ctx context.Context) error {
	var shards []ledger.Shard
	for _, t := range r.targets {
		shards = append(shards, t.shard(fleet.Open, ""))
	}
	if err := r.run.AddShards(ctx, shards); err != nil {
		return err
	}
	r.added(shards)
	return nil
}

// shard makes one of a target.
func (t *target) shard(k fleet.Kind, repository string) ledger.Shard {
	return ledger.Shard{Kind: int(k), Target: t.number, Repository: repository}
}

// added counts shards that are in the ledger now, and lets them into the window.
func (r *running) added(shards []ledger.Shard) {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	for i := range shards {
		s := &shards[i]
		t := r.targets[s.Target]
		r.open++
		t.open++
		r.left += max(0, s.Bytes)
		t.more[s.Kind] = true
	}
	r.awake()
}

// awake wakes who fills the window.
func (r *running) awake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// settle ends the survey when nothing is left to do, or something went wrong; the hub's lock is held.
func (r *running) settle() {
	if !r.over && (r.fault != nil || r.open == 0 && r.local == 0) {
		r.over = true
		close(r.ended)
	}
}

// failed ends the survey: the catalog cannot be written.
func (r *running) failed(err error) {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if r.fault == nil {
		r.fault = err
	}
	r.settle()
}

// collect keeps what is known here, of no worker: declared facts, graphs and accounts.
func (r *running) collect(ctx context.Context) {
	for _, src := range r.Settings.Collectors() {
		l, err := survey.Collect(ctx, r.run, src)
		if err != nil {
			r.failed(err)
			break
		}
		r.hub.mu.Lock()
		r.places[l.Repository] = &place{name: l.Repository, complete: l.Complete, granted: l.Granted}
		r.hub.mu.Unlock()
	}
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	r.local--
	r.settle()
}

// listings tells how the listing of each repository ended.
func (r *running) listings() (out []catalog.Listing) {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	for _, p := range r.places {
		out = append(out, catalog.Listing{Repository: p.name, Complete: p.complete, Items: p.items + p.before - p.again, Granted: p.granted})
	}
	return out
}

// missing says of which enclave nobody is there, once it has been waited for a while.
func (r *running) missing() {
	now := r.hub.now()
	if now.Sub(r.began) < fleet.BeatEvery {
		return
	}
	r.hub.mu.Lock()
	there := map[string]bool{}
	for _, w := range r.hub.workers {
		if !w.Lost(now) && w.Refused == "" {
			there[w.Enclave] = true
		}
	}
	var words []string
	for _, t := range r.targets {
		switch {
		case t.open == 0:
		case there[t.enclave]:
			delete(r.told, t.enclave)
		case !r.told[t.enclave]:
			r.told[t.enclave] = true
			words = append(words, fmt.Sprintf("no worker of the enclave %s is there: the survey of %s waits for one", t.enclave, t.Label))
		}
	}
	r.hub.mu.Unlock()
	for _, w := range words {
		r.hub.warn(w)
	}
}
