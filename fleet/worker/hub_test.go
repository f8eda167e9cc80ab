package worker

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
)

// plan is a hub and its carrier in one, in memory: it opens a target, lists its repositories, has all items read and all grants collected.
// It does not forgive: what breaks the words of package fleet fails the test.
type plan struct {
	t      testing.TB
	job    fleet.Job
	key    fingerprint.Key
	target fleet.Target
	each   int // items a shard

	// What may go wrong.
	refusals int            // of hello, before one is taken
	away     func() bool    // nobody answers
	twice    bool           // every ticket is handed out twice
	stop     map[int64]bool // shards that are somebody else's after their first delivery
	rates    map[string]int64
	told     func(d *fleet.Delivery)

	mu       sync.Mutex
	tickets  []fleet.Ticket
	more     chan struct{}
	shards   []*shard // by number, from 1
	over     bool     // the run is
	listed   []fleet.Listed
	known    map[string]bool // what was listed
	repos    []estate.Repository
	warnings []string
	failures []string
	beats    []fleet.Beat
	said     bytes.Buffer // all questions
	drain    bool
	hellos   int
}

// shard is one that the plan has made.
type shard struct {
	spec     fleet.Spec
	attempt  int
	last     int // number of the last delivery
	done     bool
	bits     []byte
	facts    []estate.Fact
	staged   map[string][]estate.Fact
	states   map[int][]byte
	cut      int // items that were cut
	complete bool
	fault    string
}

func newPlan(t testing.TB, address string) *plan {
	p := &plan{t: t, key: fingerprint.NewKey(), target: fleet.Target{Label: "it", Address: address, Custodian: "Lakeside Clinics"}, each: 3, more: make(chan struct{}), known: map[string]bool{}}
	p.job = fleet.Job{Run: 7, Rules: (&survey.Settings{}).Rules(scan.Limits{}), Key: p.key.Bytes()}
	p.add(fleet.Spec{Kind: fleet.Open})
	return p
}

// add adds a shard; the lock is held, or nobody else is there.
func (p *plan) add(s fleet.Spec) int64 {
	s.Target = p.target
	p.shards = append(p.shards, &shard{spec: s, staged: map[string][]estate.Fact{}, states: map[int][]byte{}, bits: make([]byte, len(s.Items)/8+1)})
	n := int64(len(p.shards))
	p.callLocked(fleet.Ticket{Run: p.job.Run, Shard: n})
	if p.twice {
		p.callLocked(fleet.Ticket{Run: p.job.Run, Shard: n})
	}
	return n
}

func (p *plan) callLocked(t fleet.Ticket) {
	p.tickets = append(p.tickets, t)
	close(p.more)
	p.more = make(chan struct{})
}

// Next implements fleet.Post.
func (p *plan) Next(ctx context.Context) (fleet.Held, error) {
	for {
		p.mu.Lock()
		more := p.more
		if len(p.tickets) > 0 && (p.away == nil || !p.away()) {
			t := p.tickets[0]
			p.tickets = p.tickets[1:]
			p.mu.Unlock()
			return &held{p: p, t: t}, nil
		}
		p.mu.Unlock()
		select {
		case <-more:
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

type held struct {
	p *plan
	t fleet.Ticket
}

func (h *held) Ticket() fleet.Ticket           { return h.t }
func (h *held) Keep(ctx context.Context) error { return ctx.Err() }
func (h *held) Done(ctx context.Context) error { return ctx.Err() }
func (h *held) Return(ctx context.Context, after time.Duration) error {
	time.AfterFunc(min(after, 20*time.Millisecond), func() {
		h.p.mu.Lock()
		defer h.p.mu.Unlock()
		h.p.callLocked(h.t)
	})
	return ctx.Err()
}

// Ask implements fleet.Post.
func (p *plan) Ask(ctx context.Context, m fleet.Method, question []byte) ([]byte, error) {
	question = bytes.Clone(question)
	for p.away != nil && p.away() {
		if !pause(ctx, 5*time.Millisecond) {
			return nil, ctx.Err()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said.Write(question)
	var answer any
	var err error
	switch m {
	case fleet.CallHello:
		q := decode[fleet.Hello](p.t, question)
		w := fleet.Welcome{Version: "test"}
		if p.hellos++; p.hellos <= p.refusals || q.Protocol != fleet.Protocol || len(q.Readers) == 0 || q.Slots == 0 {
			w.Refused = "not today"
		}
		answer = w
	case fleet.CallClaim:
		answer = p.claim(decode[fleet.Claim](p.t, question))
	case fleet.CallDeliver:
		answer, err = p.deliver(decode[fleet.Delivery](p.t, question))
	case fleet.CallBeat:
		b := decode[fleet.Beat](p.t, question)
		p.beats = append(p.beats, b)
		r := fleet.Receipt{Rates: p.rates, Drain: p.drain}
		if p.over {
			r.Over = b.Runs
		}
		answer = r
	}
	if err != nil {
		return nil, err
	}
	return (&fleet.Words{}).Encode(answer)
}

func decode[T any](t testing.TB, question []byte) (q T) {
	if err := (&fleet.Words{}).Decode(question, &q); err != nil {
		t.Error(err)
	}
	return q
}

func (p *plan) claim(q fleet.Claim) (a fleet.Claimed) {
	s := p.shards[q.Ticket.Shard-1]
	switch {
	case s.done || q.Ticket.Run != p.job.Run:
		return fleet.Claimed{Verdict: fleet.Gone}
	case q.Rules != "" && q.Rules != p.job.Rules:
		return fleet.Claimed{Verdict: fleet.Later, Why: "other rules"}
	}
	s.attempt++
	s.last = 0
	clear(s.staged)
	if s.spec.Kind == fleet.Grants {
		s.facts = nil // they are told anew
	}
	a = fleet.Claimed{Verdict: fleet.Go, Attempt: s.attempt, Spec: s.spec, Done: slices.Clone(s.bits)}
	if q.NeedJob {
		a.Job = &p.job
	}
	return a
}

func (p *plan) deliver(d fleet.Delivery) (fleet.Receipt, error) {
	s := p.shards[d.Ticket.Shard-1]
	if s.done || d.Attempt != s.attempt {
		return fleet.Receipt{Stop: true}, nil
	}
	if d.Number != s.last+1 {
		p.t.Errorf("delivery %d of shard %d comes after %d", d.Number, d.Ticket.Shard, s.last)
	}
	s.last = d.Number
	if p.told != nil {
		p.told(&d)
	}
	if p.stop[d.Ticket.Shard] {
		delete(p.stop, d.Ticket.Shard)
		s.attempt++ // of somebody else, who fails
		p.callLocked(d.Ticket)
		return fleet.Receipt{Stop: true}, nil
	}
	p.take(s, &d)
	if s.done = d.Last; d.Last {
		s.complete, s.fault = d.Complete, d.Fault
	}
	return fleet.Receipt{}, nil
}

// take takes what a delivery brings.
func (p *plan) take(s *shard, d *fleet.Delivery) {
	for _, k := range d.Parcels {
		at := k.Part.Path
		if !k.Last {
			if k.Part.Number != len(s.staged[at+"#"]) {
				p.t.Errorf("part %d of an item comes after %d", k.Part.Number, len(s.staged[at+"#"]))
			}
			s.staged[at+"#"] = append(s.staged[at+"#"], estate.Fact{})
			s.staged[at] = append(s.staged[at], k.Facts...)
			continue
		}
		s.facts = append(append(s.facts, s.staged[at]...), k.Facts...)
		delete(s.staged, at)
	}
	for _, i := range d.Items {
		if bit(s.bits, i) {
			p.t.Errorf("item %d of shard %d is done twice", i, d.Ticket.Shard)
		}
		s.bits[i/8] |= 1 << (i % 8)
	}
	if d.Cut != nil {
		s.cut++
		half := d.Cut.N / 2
		for _, to := range [][2]int{{0, half}, {half, d.Cut.N}} {
			p.add(fleet.Spec{Kind: fleet.Pieces, Repository: s.spec.Repository, Items: s.spec.Items[d.Cut.Item : d.Cut.Item+1], Plan: d.Cut.Plan, From: to[0], To: to[1]})
		}
	}
	for _, state := range d.Pieces {
		s.states[state.Number] = state.State
	}
	p.warnings = append(p.warnings, d.Warnings...)
	if d.Failure != "" {
		p.failures = append(p.failures, d.Failure)
	}
	for _, r := range d.Repositories {
		if slices.ContainsFunc(p.repos, func(o estate.Repository) bool { return o.Name == r.Name }) {
			continue // it was opened twice
		}
		p.repos = append(p.repos, r)
		p.add(fleet.Spec{Kind: fleet.List, Repository: r.Name})
		p.add(fleet.Spec{Kind: fleet.Grants, Repository: r.Name})
	}
	var fresh []fleet.Listed
	for _, l := range d.Listed {
		at := s.spec.Repository + "\n" + l.Source().Item.Path
		if l.Gap != nil {
			at += "\n" + l.Gap.Path
		}
		if !p.known[at] {
			p.known[at] = true
			fresh = append(fresh, l)
		}
	}
	p.listed = append(p.listed, fresh...)
	for part := range slices.Chunk(fresh, p.each) {
		p.add(fleet.Spec{Kind: fleet.Read, Repository: s.spec.Repository, Items: part})
	}
}

// run has one worker do all of it, and ends it.
func (p *plan) run(t testing.TB, w *Worker) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	w.Post, w.beatEvery = p, 20*time.Millisecond
	go func() { done <- w.Run(ctx) }()
	for end := time.Now().Add(time.Minute); !p.finished(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Error("the plan does not come to its end")
			break
		}
	}
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func (p *plan) finished() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !slices.ContainsFunc(p.shards, func(s *shard) bool { return !s.done })
}

// facts are all that were told, those of items that were cut put together.
func (p *plan) facts() (out []estate.Fact) {
	cut, states := map[string]*shard{}, map[string]map[int][]byte{}
	for _, s := range p.shards {
		out = append(out, s.facts...)
		if s.spec.Kind == fleet.Pieces {
			path := s.spec.Items[0].Path
			if cut[path] == nil {
				cut[path], states[path] = s, map[int][]byte{}
			}
			maps.Copy(states[path], s.states)
		}
	}
	for path, s := range cut {
		o := scan.Options{Engine: detect.New(nil), Rules: (&survey.Settings{}).Rules(p.target.Limits), Limits: p.target.Limits}
		in := func(yield func([]byte, error) bool) {
			for i := range len(states[path]) {
				if !yield(states[path][i], nil) {
					return
				}
			}
		}
		err := scan.Join(p.t.Context(), s.spec.Repository, s.spec.Items[0].Source().Item, o, in, func(k scan.Parcel) error {
			out = append(out, k.Facts...)
			return nil
		})
		if err != nil {
			p.t.Errorf("join %s: %v", path, err)
		}
	}
	return out
}

// logTo is a logger of all levels.
func logTo(b *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(&locked{b: b}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type locked struct {
	mu sync.Mutex
	b  *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}
