package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/chartroom/chartroom/catalog/ledger"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/scan"
)

// Bounds of a cut.
const (
	shardPieces = 4 // of 32 MiB each, as package format divides
	mostPieces  = 1 << 22
	mostPlan    = 8 << 20 // bytes: an answer of the line has room for it
)

// cut is a large item on its way through many hands. It is guarded by the hub's lock.
type cut struct {
	id          int64
	pieces      int
	there       []byte // bits of the pieces whose states are in the ledger
	missing     int
	first, last int64 // the shards of its pieces
	ripe        bool  // it waits to be concluded, or is just now
	fault       string
}

// cutUp takes the plan of how an item is read in pieces. Those that an earlier run has read by the same plan are not read again.
func (r *running) cutUp(ctx context.Context, e *entry, d *fleet.Delivery) error {
	c := d.Cut
	if len(e.spec.Items) != 1 || e.spec.Whole || c.Item != 0 || len(d.Parcels) > 0 || c.N < 1 || c.N > mostPieces || len(c.Plan) > mostPlan {
		return refused("an item is cut that is not to be, or into %d pieces", c.N)
	}
	l := &e.spec.Items[0]
	id, have, err := r.run.OpenCut(ctx, ledger.Cut{Repository: e.repository, Path: l.Path, Version: l.Version, Rules: e.target.options.Rules, Plan: c.Plan, Pieces: c.N})
	if err != nil {
		return err
	}
	made := &cut{id: id, pieces: c.N, there: make([]byte, (c.N+7)/8), missing: c.N}
	for _, n := range have {
		made.keep(n)
	}
	shards, err := made.shards(&r.hub.words, e, l)
	if err != nil {
		return err
	}
	if err := r.run.Enter(ctx, nil, r.mark(e, ledger.ShardOpen), shards); err != nil {
		return err
	}
	if n := len(shards); n > 0 {
		made.first, made.last = shards[0].Number, shards[n-1].Number
	}
	r.hub.mu.Lock()
	r.drop(e)
	e.cut = made
	e.target.out--
	r.left -= e.bytes // its pieces have them now
	e.bytes = 0
	r.hub.mu.Unlock()
	r.added(shards) // not before, as whoever claims one asks for the cut
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	r.ripen(e)
	return nil
}

// keep notes that the state of a piece is there.
func (c *cut) keep(n int) {
	if n >= 0 && n < c.pieces && !has(c.there, n) {
		c.there[n/8] |= 1 << (n % 8)
		c.missing--
	}
}

// shards are those of the pieces that are missing.
func (c *cut) shards(w *fleet.Words, parent *entry, l *fleet.Listed) (out []ledger.Shard, err error) {
	for from := 0; from < c.pieces; {
		if has(c.there, from) {
			from++
			continue
		}
		to := from + 1
		for to < c.pieces && to < from+shardPieces && !has(c.there, to) {
			to++
		}
		s := parent.target.shard(fleet.Pieces, parent.repository)
		s.Bytes = max(0, l.Bytes) / int64(c.pieces) * int64(to-from)
		if s.Spec, err = w.Encode(&stored{Items: []fleet.Listed{*l}, From: from, To: to, Parent: parent.number}); err != nil {
			return nil, err
		}
		out = append(out, s)
		from = to
	}
	return out, nil
}

// ripen lets an item be concluded whose pieces are all there, or which cannot be read in pieces; the hub's lock is held.
func (r *running) ripen(e *entry) {
	if c := e.cut; !c.ripe && (c.missing == 0 || c.fault != "") {
		c.ripe = true
		r.ripe = append(r.ripe, e)
		select {
		case r.joins <- struct{}{}:
		default:
		}
	}
}

// parent finds the item that a shard of pieces is of.
func (r *running) parent(number int64) (*entry, *cut, error) {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if e := r.out[number]; e != nil && e.cut != nil {
		return e, e.cut, nil
	}
	return nil, nil, ledger.ErrShardClosed
}

// planOf gives the plan by which a piece is read.
func (r *running) planOf(ctx context.Context, parent int64) ([]byte, error) {
	_, c, err := r.parent(parent)
	if err != nil {
		return nil, err
	}
	return r.run.CutPlan(ctx, c.id)
}

// pieces takes the states of pieces.
func (r *running) pieces(ctx context.Context, e *entry, d *fleet.Delivery) error {
	item, c, err := r.parent(e.spec.Parent)
	if err != nil {
		return err
	}
	if d.Fault != "" {
		r.spoil(item, "the worker that reads a piece says: "+d.Fault)
		return nil
	}
	var states []ledger.State
	for _, p := range d.Pieces {
		if p.Number < e.spec.From || p.Number >= e.spec.To {
			return refused("piece %d was not asked for", p.Number)
		}
		states = append(states, ledger.State{Number: p.Number, State: p.State})
	}
	r.hub.mu.Lock()
	whole := slices.Clone(c.there)
	r.hub.mu.Unlock()
	for _, s := range states {
		whole[s.Number/8] |= 1 << (s.Number % 8)
	}
	for n := e.spec.From; d.Last && n < e.spec.To; n++ {
		if !has(whole, n) {
			return refused("it is said to be the last, and piece %d is not there", n)
		}
	}
	if err := r.run.KeepStates(ctx, c.id, states, r.mark(e, state(d.Last))); err != nil {
		return err
	}
	r.hub.mu.Lock()
	for _, s := range states {
		c.keep(s.Number)
	}
	r.hub.mu.Unlock()
	if d.Last {
		r.end(e, false)
	}
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if item.cut == c {
		r.ripen(item)
	}
	return nil
}

// giveUpPieces ends a shard of pieces that failed too often, and with it the cut: the item is read whole.
func (r *running) giveUpPieces(ctx context.Context, e *entry) error {
	packed, _, err := r.run.ShardSpec(ctx, e.number)
	if err != nil {
		return err
	}
	spec, err := r.unpack(packed)
	if err != nil {
		return err
	}
	item, _, err := r.parent(spec.Parent)
	if err != nil {
		return err
	}
	r.spoil(item, "its pieces could not be read")
	return nil
}

// spoil notes that an item cannot be read in pieces.
func (r *running) spoil(item *entry, why string) {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if item.cut != nil && item.cut.fault == "" {
		item.cut.fault = why
		r.ripen(item)
	}
}

// join concludes large items, one after the other, until the context ends.
func (r *running) join(ctx context.Context) {
	for {
		r.hub.mu.Lock()
		ripe := r.ripe
		r.ripe = nil
		r.hub.mu.Unlock()
		for _, e := range ripe {
			if err := r.conclude(ctx, e); err != nil && !errors.Is(err, ledger.ErrShardClosed) && ctx.Err() == nil {
				r.failed(err)
				return
			}
		}
		select {
		case <-r.joins:
		case <-ctx.Done():
			return
		}
	}
}

// conclude puts the pieces of an item together, or has it read whole. Its errors are those of the catalog.
func (r *running) conclude(ctx context.Context, e *entry) error {
	packed, _, err := r.run.ShardSpec(ctx, e.number)
	if err != nil {
		return err
	}
	spec, err := r.unpack(packed)
	if err != nil {
		return err
	}
	r.hub.mu.Lock()
	c, why := *e.cut, e.cut.fault
	r.hub.mu.Unlock()
	if why == "" {
		if why, err = r.joined(ctx, e, &c, spec); err != nil {
			return err
		}
	}
	if why == "" {
		return r.run.DropCut(ctx, c.id)
	}
	r.hub.warn(fmt.Sprintf("%s in %s is read whole, and not in pieces: %s", spec.Items[0].Path, e.repository, why))
	return r.readWhole(ctx, e, &c, spec)
}

// joined puts the pieces of an item together. Why says in words that they do not fit; an error is the catalog's.
func (r *running) joined(ctx context.Context, e *entry, c *cut, spec *stored) (why string, err error) {
	var fault error
	note := func(err error) error {
		fault = errors.Join(fault, err)
		return err
	}
	states := func(yield func([]byte, error) bool) {
		for s, err := range r.run.States(ctx, c.id, c.pieces) {
			if !yield(s, note(err)) {
				return
			}
		}
	}
	done := false
	failure := scan.Join(ctx, e.repository, spec.Items[0].Source().Item, e.target.options, states, func(p scan.Parcel) error {
		if !p.Last {
			return note(r.run.StageFor(ctx, e.number, p.Part, p.Facts))
		}
		done = true
		return note(r.finish(ctx, e, p.Facts))
	})
	switch {
	case fault != nil:
		return "", fault
	case ctx.Err() != nil:
		return "", ctx.Err()
	case failure != nil:
		return failure.Error(), nil
	case !done:
		return "its pieces hold nothing", nil
	}
	return "", nil
}

// finish enters the facts of an item whose pieces were put together.
func (r *running) finish(ctx context.Context, e *entry, facts []estate.Fact) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := r.run.Enter(ctx, facts, r.mark(e, ledger.ShardDone), nil); err != nil {
		return err
	}
	r.end(e, false)
	return nil
}

// readWhole has an item read by one worker, and forgets its pieces.
func (r *running) readWhole(ctx context.Context, e *entry, c *cut, spec *stored) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, err := r.items(e.target, e.repository, &stored{Items: spec.Items, Whole: true})
	if err != nil {
		return err
	}
	dropped, bytes, err := r.run.SpoilCut(ctx, c.id, c.first, c.last)
	if err != nil {
		return err
	}
	r.forget(e.target, func(o *entry) bool { return o.kind == fleet.Pieces && o.number >= c.first && o.number <= c.last }, dropped, bytes)
	return r.replace(ctx, e, []ledger.Shard{s})
}

// forget takes shards of a target out of the window that the ledger has dropped, so many of so many bytes; no lock of theirs is held.
func (r *running) forget(t *target, which func(*entry) bool, dropped, bytes int64) {
	r.hub.mu.Lock()
	var gone []*entry
	for _, o := range r.out {
		if o.target == t && which(o) {
			gone = append(gone, o)
		}
	}
	r.hub.mu.Unlock()
	slices.SortFunc(gone, func(a, b *entry) int { return int(a.number - b.number) })
	for _, o := range gone {
		o.mu.Lock() // whoever delivers to it now comes to his end: the ledger has no such shard
	}
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	for _, o := range gone {
		if r.out[o.number] == o {
			r.out[o.number].leave(r)
		}
		o.mu.Unlock()
	}
	t.open -= dropped
	r.open -= dropped
	r.left -= bytes
	r.awake()
}

// leave takes a shard out of the window alone; its own lock and the hub's are held.
func (e *entry) leave(r *running) {
	r.drop(e)
	delete(r.out, e.number)
	if e.cut == nil {
		e.target.out--
	}
}
