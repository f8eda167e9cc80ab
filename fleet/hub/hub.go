// Package hub leads a fleet: it plans a survey as shards, hands them to the workers that ask, and brings what they found to the catalog.
//
// What there is to do stands in the catalog's ledger of shards; the hub holds a window of it, of which the line has the tickets. A shard
// is a worker's while that one is heard of, and done when the transaction is that brings its facts: a ticket, a worker or a hub that is lost
// costs time, and nothing else. A hub that was killed begins anew, as a killed scan does: what is in the catalog need not be read again.
package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/format/all"
)

// Main is the enclave of targets that name none.
const Main = "main"

// What holds where nothing else is said.
const (
	usualLarge  = 2 << 30 // 20 s of one core: below that cutting costs more than it brings
	usualWindow = 10_000
)

// attempts is how often a shard is handed out before it is given up.
const attempts = 3

// mostLies is how many deliveries of a worker, one behind the other, are refused before it gets no more shards: it would spoil one after the
// other for those who could read them.
const mostLies = 2

// Hub leads a fleet. Its fields are set before it serves. It is safe for concurrent use.
type Hub struct {
	Catalog *catalog.Catalog
	Line    fleet.Line
	Version string           // of the program: only workers of the same one read large items in pieces
	Large   int64            // bytes; items from there on are read in pieces where they can be; 0 = 2 GiB
	Window  int              // tickets that are out at once, at most; 0 = 10,000
	Warn    func(string)     // takes what is no error; may be called by several at once
	Now     func() time.Time // nil = time.Now

	every time.Duration // between looks at what has become of workers and tickets; 0 = a second
	items int           // of a shard, at most; 0 = 300

	words fleet.Words

	mu      sync.Mutex
	workers map[fleet.Peer]*worker
	drained map[string]bool // workers that get no more shards, by name
	paused  bool
	run     *running // nil while there is no survey
}

// worker is a worker that said who it is.
type worker struct {
	fleet.Worker
	process  int
	held     map[int64]*entry
	measured time.Time // when PerSec was
	read     int64     // bytes until then
	lies     int       // deliveries that were refused since the last good one
}

func (h *Hub) now() time.Time {
	if h.Now == nil {
		return time.Now()
	}
	return h.Now()
}

func (h *Hub) large() int64 {
	if h.Large <= 0 {
		return usualLarge
	}
	return h.Large
}

// Serve answers the workers until the context ends, whether there is a survey or not.
func (h *Hub) Serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	beside.Go(func() { h.look(ctx) })
	err := h.Line.Answer(ctx, h.answer)
	h.note(context.WithoutCancel(ctx))
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("answer the workers: %w", err)
	}
	return ctx.Err()
}

// Intervals, in looks.
const (
	looksReconcile = 10 // between questions to the line how many tickets it has
	looksNote      = 30 // between notes of the workers' figures in the catalog
)

// look looks after workers and tickets.
func (h *Hub) look(ctx context.Context) {
	every := h.every
	if every == 0 {
		every = time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if r := h.current(); r != nil {
			r.sweep(ctx)
			r.missing()
			if n%looksReconcile == 0 {
				r.reconcile(ctx)
			}
		}
		if n%looksNote == 0 {
			h.note(ctx)
		}
	}
}

// current is the survey under way; nil where there is none.
func (h *Hub) current() *running {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.run
}

// answer answers a call.
func (h *Hub) answer(ctx context.Context, from fleet.Peer, m fleet.Method, question []byte) ([]byte, error) {
	switch m {
	case fleet.CallHello:
		return answered(&h.words, question, func(q *fleet.Hello) (fleet.Welcome, error) { return h.hello(ctx, from, q), nil })
	case fleet.CallClaim:
		return answered(&h.words, question, func(q *fleet.Claim) (fleet.Claimed, error) { return h.claim(ctx, from, q) })
	case fleet.CallDeliver:
		return answered(&h.words, question, func(q *fleet.Delivery) (fleet.Receipt, error) { return h.deliver(ctx, from, q) })
	case fleet.CallBeat:
		return answered(&h.words, question, func(q *fleet.Beat) (fleet.Receipt, error) { return h.beat(ctx, from, q), nil })
	}
	return nil, fmt.Errorf("this hub knows no call %q", m)
}

// answered reads a question and writes its answer.
func answered[Q, A any](w *fleet.Words, question []byte, f func(*Q) (A, error)) ([]byte, error) {
	var q Q
	if err := w.Decode(question, &q); err != nil {
		return nil, err
	}
	a, err := f(&q)
	if err != nil {
		return nil, err
	}
	return w.Encode(&a)
}

// hello takes a worker in. What one of the same name had before is lost to it: it was started anew.
func (h *Hub) hello(ctx context.Context, from fleet.Peer, q *fleet.Hello) fleet.Welcome {
	w := &worker{Worker: fleet.Worker{Name: from.Name, Enclave: from.Enclave, Host: q.Host, Version: q.Version, Rules: q.Rules, Cores: q.Cores, Seen: h.now(), Refused: refusal(q)},
		process: q.Process, held: map[int64]*entry{}, measured: h.now()}
	var lost []*entry
	h.mu.Lock()
	before, r := h.workers[from], h.run
	switch {
	case before == nil:
	case before.process == w.process && before.Host == w.Host: // it only asks again
		w.held, w.Items, w.Bytes, w.PerSec, w.measured, w.read, w.Draining = before.held, before.Items, before.Bytes, before.PerSec, before.measured, before.read, before.Draining
		if w.lies = before.lies; w.lies >= mostLies {
			w.Refused = before.Refused
		}
	default:
		lost = slices.Collect(maps.Values(before.held))
		w.held = before.held
		delete(h.drained, from.Name)
	}
	if h.workers == nil {
		h.workers = map[fleet.Peer]*worker{}
	}
	h.workers[from] = w
	h.mu.Unlock()
	for _, e := range lost {
		r.lose(ctx, e, from, true)
	}
	return fleet.Welcome{Version: h.Version, Refused: w.Refused}
}

// refusal says in words why a worker is of no use; "" = it is.
func refusal(q *fleet.Hello) string {
	switch {
	case q.Protocol != fleet.Protocol && q.Protocol != fleet.Protocol-1:
		return fmt.Sprintf("it speaks version %d of the protocol, and this hub %d; use the same version of chartroom", q.Protocol, fleet.Protocol)
	case q.Rules != detect.RulesVersion:
		return fmt.Sprintf("it goes by the rules %s, and this hub by %s; use the same version of chartroom", q.Rules, detect.RulesVersion)
	case !slices.Equal(q.Readers, readers()):
		return "it has other readers than this hub; use the same version of chartroom"
	}
	return ""
}

// readers names the readers of this program.
func readers() (out []string) {
	for _, r := range all.Readers() {
		out = append(out, r.Name())
	}
	return out
}

// smoothing is over what time a worker's speed is told.
const smoothing = 30 * time.Second

// beat hears that a worker lives, and at which shards it works. What it has given back goes to others.
func (h *Hub) beat(ctx context.Context, from fleet.Peer, q *fleet.Beat) fleet.Receipt {
	now := h.now()
	h.mu.Lock()
	w, r := h.workers[from], h.run
	if w == nil { // a hub that was started anew waits for its hello
		h.mu.Unlock()
		return fleet.Receipt{}
	}
	w.Seen, w.Items = now, q.Items
	if q.Drains {
		w.Draining = true
	}
	if spent := now.Sub(w.measured); spent > 0 {
		rate, weight := float64(max(0, q.Bytes-w.read))/spent.Seconds(), 1.0
		if w.PerSec > 0 {
			weight = 1 - math.Exp(-spent.Seconds()/smoothing.Seconds())
		}
		w.PerSec += weight * (rate - w.PerSec)
		w.read, w.measured = q.Bytes, now
	}
	w.Bytes = q.Bytes
	working := map[int64]bool{}
	for _, t := range q.Working {
		if e := w.held[t.Shard]; e != nil && r != nil && t.Run == r.words.Run {
			e.heard, e.begun = now, true
			working[t.Shard] = true
		}
	}
	var back []*entry // it does not work at them any more; what it has been given a moment ago it may not know yet
	for n, e := range w.held {
		if !working[n] && (q.Drains || now.Sub(e.heard) > fleet.BeatEvery) {
			back = append(back, e)
		}
	}
	receipt := r.receipt(w)
	for _, run := range q.Runs {
		if r == nil || run != r.words.Run {
			receipt.Over = append(receipt.Over, run)
		}
	}
	h.mu.Unlock()
	for _, e := range back {
		r.lose(ctx, e, from, !q.Drains)
	}
	return receipt
}

// note notes in the catalog when workers were last heard of.
func (h *Hub) note(ctx context.Context) {
	var seen []catalog.Worker
	for _, w := range h.Status().Workers {
		figures, err := json.Marshal(w)
		if err == nil {
			seen = append(seen, catalog.Worker{Name: w.Name, Seen: &w.Seen, Figures: string(figures)})
		}
	}
	if err := h.Catalog.SawWorkers(ctx, seen); err != nil && ctx.Err() == nil {
		h.warn("the workers' figures could not be kept: " + err.Error())
	}
}

func (h *Hub) warn(words string) {
	if h.Warn != nil {
		h.Warn(words)
	}
}

// Pause lets no worker begin another shard until Resume. What is at work is finished.
func (h *Hub) Pause() { h.pause(true) }

// Resume ends a pause.
func (h *Hub) Resume() { h.pause(false) }

func (h *Hub) pause(paused bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.paused = paused
}

// ErrNoWorker says that no worker of a name was heard of.
var ErrNoWorker = errors.New("no worker of that name was heard of")

// Drain lets a worker begin no other shard. It holds until the worker is started anew.
func (h *Hub) Drain(name string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for peer, w := range h.workers {
		if peer.Name == name {
			if h.drained == nil {
				h.drained = map[string]bool{}
			}
			h.drained[name], w.Draining = true, true
			return nil
		}
	}
	return fmt.Errorf("drain %s: %w", name, ErrNoWorker)
}

// forget is after what time a worker that is silent is not told of any more.
const forget = 24 * time.Hour

// Status tells how the fleet stands.
func (h *Hub) Status() fleet.Status {
	now := h.now()
	s := fleet.Status{Workers: []fleet.Worker{}, Enclaves: h.Line.Enclaves()}
	h.mu.Lock()
	defer h.mu.Unlock()
	s.Paused = h.paused
	for peer, w := range h.workers {
		if now.Sub(w.Seen) > forget && len(w.held) == 0 {
			delete(h.workers, peer)
			continue
		}
		told := w.Worker
		if told.Shards = len(w.held); told.Lost(now) {
			told.PerSec = 0
		}
		s.Rate += told.PerSec
		s.Working += int64(told.Shards)
		s.Workers = append(s.Workers, told)
	}
	slices.SortFunc(s.Workers, func(a, b fleet.Worker) int { return cmpWorkers(a, b) })
	if r := h.run; r != nil {
		s.Run, s.Open, s.Done, s.Dead, s.Left = r.words.Run, r.open, r.done, r.dead, max(0, r.left)
		if s.Rate > 0 {
			s.Finish = time.Duration(float64(s.Left) / s.Rate * float64(time.Second))
		}
	}
	return s
}
