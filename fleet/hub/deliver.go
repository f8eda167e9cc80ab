package hub

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/catalog/ledger"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/scan"
)

// refusedError says that a delivery is not what was asked for. The shard goes to somebody else.
type refusedError struct{ why string }

// Error tells why.
func (e *refusedError) Error() string { return "the delivery is refused: " + e.why }

func refused(format string, args ...any) error { return &refusedError{fmt.Sprintf(format, args...)} }

// deliver takes what a worker found.
func (h *Hub) deliver(ctx context.Context, from fleet.Peer, d *fleet.Delivery) (fleet.Receipt, error) {
	stop := fleet.Receipt{Stop: true}
	r := h.current()
	if r == nil || r.words.Run != d.Ticket.Run {
		return stop, nil
	}
	h.mu.Lock()
	e := r.out[d.Ticket.Shard]
	h.mu.Unlock()
	if e == nil {
		return stop, nil
	}
	if e.target.enclave != from.Enclave {
		return stop, errEnclave
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !r.holds(e, from, d.Attempt) {
		return stop, nil
	}
	if d.Number > 0 && d.Number <= e.delivered {
		return r.received(from), nil // it came before
	}
	err := r.take(ctx, e, d)
	var lie *refusedError
	switch {
	case err == nil:
		e.delivered = d.Number
		e.target.Progress.ReadBytes.Add(max(0, d.Bytes))
		e.target.Progress.DoneBytes.Add(max(0, d.Bytes))
		return r.received(from), nil
	case errors.As(err, &lie):
		h.warn(fmt.Sprintf("worker %s, shard %d: %v", from.Name, e.number, err))
		h.doubt(from)
		r.lost(ctx, e, from, true)
		return stop, err
	case errors.Is(err, ledger.ErrShardClosed) || errors.Is(err, ledger.ErrEnded):
		return stop, nil
	case ctx.Err() == nil:
		r.failed(err)
	}
	return stop, err
}

// doubt counts a delivery that was refused. Who brings nothing else gets no more shards until it is started anew.
func (h *Hub) doubt(from fleet.Peer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.workers[from]
	if w == nil {
		return
	}
	if w.lies++; w.lies == mostLies && w.Refused == "" {
		w.Refused = fmt.Sprintf("%d of its deliveries, one behind the other, were not what was asked for: look at its machine and at its program, then start it anew", w.lies)
	}
}

// holds tells whether a worker has a shard, by its last claim.
func (r *running) holds(e *entry, who fleet.Peer, attempt int) bool {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if r.out[e.number] != e || e.holder != who || e.attempt != attempt {
		return false
	}
	e.heard, e.begun = r.hub.now(), true
	if w := r.hub.workers[who]; w != nil {
		w.Seen = e.heard
	}
	return true
}

func (r *running) received(from fleet.Peer) fleet.Receipt {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if w := r.hub.workers[from]; w != nil {
		w.lies = 0
		return r.receipt(w)
	}
	return fleet.Receipt{}
}

// mark is what a delivery means for its shard.
func (r *running) mark(e *entry, state ledger.ShardState) ledger.Mark {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	return ledger.Mark{Shard: e.number, State: state, Done: e.done, Attempts: e.attempt, Worker: e.holder.Name}
}

// state is open until the last delivery.
func state(last bool) ledger.ShardState {
	if last {
		return ledger.ShardDone
	}
	return ledger.ShardOpen
}

// take takes a delivery by the kind of its shard, whose lock is held.
func (r *running) take(ctx context.Context, e *entry, d *fleet.Delivery) error {
	switch e.kind {
	case fleet.Open:
		return r.opened(ctx, e, d)
	case fleet.List:
		return r.listed(ctx, e, d)
	case fleet.Grants:
		return r.granted(ctx, e, d)
	case fleet.Read:
		return r.wasRead(ctx, e, d)
	case fleet.Pieces:
		return r.pieces(ctx, e, d)
	}
	return refused("of shards of kind %d nothing can be taken", e.kind)
}

// place is a repository on its way through the survey. What a listing counts is guarded by the lock of its shard until that is done.
type place struct {
	name     string
	kind     string
	target   *target
	complete bool
	granted  bool
	items    int64 // that the listing named
	before   int64 // that were accounted for when the listing was begun anew
	again    int64 // of them, those that it named again
	anew     bool  // it was
	pending  []fleet.Listed
	bytes    int64 // of those
}

// opened takes the repositories of a target.
func (r *running) opened(ctx context.Context, e *entry, d *fleet.Delivery) error {
	if !d.Last {
		return refused("a target is opened in one delivery")
	}
	t := e.target
	repos := d.Repositories
	if d.Failure != "" {
		t.Failure = errors.New(d.Failure)
		r.hub.warn(fmt.Sprintf("target %s could not be opened: %s", t.Label, d.Failure))
		if repos = nil; d.Closed != nil {
			repos = []estate.Repository{*d.Closed}
		}
	}
	for _, w := range d.Warnings {
		r.hub.warn(w)
	}
	var shards []ledger.Shard
	var facts []estate.Fact
	for _, repo := range repos {
		if repo.Name == "" {
			return refused("a repository has no name")
		}
		if t.Owner != "" {
			repo.Owner = t.Owner
		}
		t.Repositories = append(t.Repositories, repo.Name)
		p, by := r.takePlace(repo, t)
		if p == nil {
			r.hub.warn(fmt.Sprintf("%s is surveyed once, for the target %s, and not again for %s", repo.Name, by, t.Label))
			continue
		}
		if err := r.run.Repository(ctx, repo); err != nil {
			return err
		}
		if d.Failure != "" {
			p.complete = true // but for what stands beneath the gap, which is all
			facts = append(facts, estate.Fact{Gap: &estate.Gap{Repository: repo.Name, Under: true, Reason: estate.GapUnreadable, Detail: d.Failure, Bytes: -1}})
			if !t.Copied {
				facts = append(facts, estate.Fact{Grant: &estate.Grant{Repository: repo.Name, System: repo.Kind, Kind: "unseen", Why: d.Failure}})
			}
			continue
		}
		shards = append(shards, t.shard(fleet.List, repo.Name))
		if p.granted = t.Copied; !t.Copied {
			shards = append(shards, t.shard(fleet.Grants, repo.Name))
		}
	}
	t.Progress.Wrote(facts)
	if err := r.run.Enter(ctx, facts, r.mark(e, ledger.ShardDone), shards); err != nil {
		return err
	}
	r.added(shards)
	r.end(e, false)
	return nil
}

// takePlace takes a repository for a target, or tells by which it is taken already.
func (r *running) takePlace(repo estate.Repository, t *target) (p *place, by string) {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if was := r.places[repo.Name]; was != nil {
		if was.target != nil {
			by = was.target.Label
		}
		return nil, by
	}
	p = &place{name: repo.Name, kind: repo.Kind, target: t}
	r.places[p.name] = p
	return p, ""
}

func (r *running) place(name string) *place {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	return r.places[name]
}

// granted takes who may do what with a repository.
func (r *running) granted(ctx context.Context, e *entry, d *fleet.Delivery) error {
	facts, err := grants(e, d.Parcels)
	if err != nil {
		return err
	}
	if err := r.run.Enter(ctx, facts, r.mark(e, state(d.Last)), nil); err != nil {
		return err
	}
	if d.Last {
		r.place(e.repository).granted = d.Complete
		r.end(e, false)
	}
	return nil
}

// grants takes the grants out of parcels.
func grants(e *entry, parcels []scan.Parcel) (facts []estate.Fact, err error) {
	for _, p := range parcels {
		for _, f := range p.Facts {
			if f.Grant == nil || f.Grant.Repository != e.repository || f.Item != nil || f.Finding != nil || f.Gap != nil || f.Traces != nil {
				return nil, refused("it holds what is no grant of %s", e.repository)
			}
			facts = append(facts, f)
		}
	}
	return facts, nil
}

// giveUp ends a shard that failed too often; its lock is held. What is not known now is a gap that says so.
func (r *running) giveUp(ctx context.Context, e *entry) error {
	r.hub.mu.Lock()
	why := fmt.Sprintf("given up after %d attempts; the workers %s did not come back", e.failed, strings.Join(e.names, ", "))
	r.hub.mu.Unlock()
	r.hub.warn(fmt.Sprintf("shard %d of %s: %s", e.number, e.target.Label, why))
	m := r.mark(e, ledger.ShardDead)
	var facts []estate.Fact
	switch e.kind {
	case fleet.Read:
		return r.giveUpItems(ctx, e, why)
	case fleet.Pieces:
		return r.giveUpPieces(ctx, e)
	case fleet.Open:
		e.target.Failure = errors.New(why)
	case fleet.List:
		if err := r.flush(ctx, e, r.place(e.repository)); err != nil {
			return err
		}
		facts = append(facts, estate.Fact{Gap: &estate.Gap{Repository: e.repository, Under: true, Reason: estate.GapFault, Detail: why, Bytes: -1}})
	case fleet.Grants:
		facts = append(facts, estate.Fact{Grant: &estate.Grant{Repository: e.repository, System: r.place(e.repository).kind, Kind: "unseen", Why: why}})
	}
	e.target.Progress.Wrote(facts)
	if err := r.run.Enter(ctx, facts, m, nil); err != nil {
		return err
	}
	r.end(e, true)
	return nil
}
