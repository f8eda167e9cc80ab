package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/catalog/ledger"
	"github.com/chartroom/chartroom/fleet"
)

// errEnclave is all that a worker hears of shards that are none of its enclave's.
var errEnclave = errors.New("the ticket is of another enclave")

// errStranger is what a worker hears of a hub that was started anew.
var errStranger = errors.New("this hub does not know the worker yet: say hello first")

// Pauses of those who come too early.
const (
	soon  = time.Second
	later = fleet.BeatEvery
)

// claim hands a shard out.
func (h *Hub) claim(ctx context.Context, from fleet.Peer, q *fleet.Claim) (fleet.Claimed, error) {
	gone := fleet.Claimed{Verdict: fleet.Gone}
	r := h.current()
	if r == nil || r.words.Run != q.Ticket.Run {
		return gone, nil
	}
	h.mu.Lock()
	e := r.out[q.Ticket.Shard]
	h.mu.Unlock()
	if e == nil {
		return gone, nil
	}
	if e.target.enclave != from.Enclave {
		return gone, errEnclave
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if held, err := r.holdBack(e, from, q); err != nil || held.Verdict != fleet.Go {
		if err == nil && r.orphaned(e) {
			if err = r.giveUpPieces(ctx, e); errors.Is(err, ledger.ErrShardClosed) {
				err = nil // somebody has done so already
			}
		}
		return held, err
	}
	a, err := r.handOut(ctx, e, from)
	switch {
	case errors.Is(err, ledger.ErrShardClosed) || errors.Is(err, ledger.ErrEnded):
		h.mu.Lock()
		defer h.mu.Unlock()
		if r.out[e.number] == e {
			e.leave(r) // it was dropped from the ledger on its way into the window
			r.awake()
		}
		return gone, nil
	case err != nil:
		if ctx.Err() == nil {
			r.failed(err)
		}
		return gone, err
	}
	if q.NeedJob || q.Rules == "" {
		a.Job = &r.words
	}
	return a, nil
}

// holdBack says why a worker does not get a shard now. The verdict Go is that it does.
func (r *running) holdBack(e *entry, from fleet.Peer, q *fleet.Claim) (fleet.Claimed, error) {
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	not := func(wait time.Duration, format string, args ...any) (fleet.Claimed, error) {
		return fleet.Claimed{Verdict: fleet.Later, Wait: wait, Why: fmt.Sprintf(format, args...)}, nil
	}
	w := h.workers[from]
	switch {
	case r.out[e.number] != e || e.cut != nil:
		return fleet.Claimed{Verdict: fleet.Gone}, nil
	case w == nil:
		return fleet.Claimed{}, errStranger
	case w.Refused != "":
		return not(later, "%s", w.Refused)
	case q.Rules != "" && q.Rules != r.words.Rules:
		w.Refused = fmt.Sprintf("it understands the survey's rules as %s, and they are %s; use the same version of chartroom", q.Rules, r.words.Rules)
		return not(later, "%s", w.Refused)
	case h.drained[from.Name] || w.Draining:
		return not(later, "the worker is drained")
	case h.paused:
		return not(later, "the survey is paused")
	case e.holder == from && !e.begun: // it did not hear the answer
		r.drop(e)
	case e.holder.Name != "":
		return not(later, "%s has it", e.holder.Name)
	}
	switch {
	case e.target.most > 0 && e.target.working >= e.target.most:
		return not(soon, "%s is surveyed by as many as it allows", e.target.Label)
	case e.kind == fleet.Pieces && w.Version != h.Version:
		return not(later, "pieces are read by the hub's own version, %s", h.Version)
	}
	return fleet.Claimed{Verdict: fleet.Go}, nil
}

// orphaned tells whether a shard is of pieces that nobody can read: all workers there are of other versions than the hub.
func (r *running) orphaned(e *entry) bool {
	now := r.hub.now()
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if e.kind != fleet.Pieces || r.out[e.number] != e || e.holder.Name != "" {
		return false
	}
	for _, w := range r.hub.workers {
		if w.Enclave == e.target.enclave && w.Version == r.hub.Version && !w.Lost(now) && w.Refused == "" {
			return false
		}
	}
	return true
}

// handOut makes a shard the worker's.
func (r *running) handOut(ctx context.Context, e *entry, to fleet.Peer) (fleet.Claimed, error) {
	packed, done, err := r.run.ShardSpec(ctx, e.number)
	if err != nil {
		return fleet.Claimed{}, err
	}
	if e.spec, err = r.unpack(packed); err != nil {
		return fleet.Claimed{}, fmt.Errorf("shard %d: %w", e.number, err)
	}
	e.done, e.delivered = grown(done, len(e.spec.Items)), 0
	e.paths = map[string]bool{}
	for i := range e.spec.Items {
		e.paths[e.spec.Items[i].Path] = true
	}
	a := fleet.Claimed{Verdict: fleet.Go, Spec: fleet.Spec{Kind: e.kind, Target: e.target.spec, Repository: e.repository, Items: e.spec.Items, Whole: e.spec.Whole, From: e.spec.From, To: e.spec.To}}
	switch e.kind {
	case fleet.Read:
		a.Done = e.done
	case fleet.Pieces:
		if a.Spec.Plan, err = r.planOf(ctx, e.spec.Parent); err != nil {
			return fleet.Claimed{}, err
		}
	case fleet.List:
		if err := r.listAnew(ctx, e); err != nil {
			return fleet.Claimed{}, err
		}
	}
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	w := r.hub.workers[to]
	if w == nil || r.out[e.number] != e {
		return fleet.Claimed{Verdict: fleet.Gone}, nil
	}
	a.Spec.Whole = a.Spec.Whole || len(e.spec.Items) > 1 || w.Version != r.hub.Version || e.target.options.Sample.Wanted()
	e.attempt++
	a.Attempt = e.attempt
	e.holder, e.heard, e.begun = to, r.hub.now(), false
	w.held[e.number] = e
	e.target.working++
	if e.target.rate > 0 {
		a.Rate = max(1, e.target.rate/int64(e.target.working))
	}
	return a, nil
}

// receipt tells a worker what it may do from now on; the hub's lock is held.
func (r *running) receipt(w *worker) fleet.Receipt {
	out := fleet.Receipt{Drain: w.Draining}
	if r == nil {
		return out
	}
	mine := map[*target]int64{}
	for _, e := range w.held {
		if e.target.rate > 0 {
			mine[e.target]++
		}
	}
	for t, n := range mine {
		if out.Rates == nil {
			out.Rates = map[string]int64{}
		}
		out.Rates[t.Label] = max(1, t.rate*n/int64(max(1, t.working)))
	}
	return out
}

// grown is a set of bits with room for n.
func grown(bits []byte, n int) []byte {
	out := make([]byte, (n+7)/8)
	copy(out, bits)
	return out
}

func has(bits []byte, i int) bool { return bits[i/8]&(1<<(i%8)) != 0 }
