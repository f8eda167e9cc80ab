package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/chartroom/chartroom/catalog/ledger"
	"github.com/chartroom/chartroom/fleet"
)

// entry is a shard in the window.
type entry struct {
	number     int64
	kind       fleet.Kind
	target     *target
	repository string
	bytes      int64

	mu sync.Mutex // of whoever claims it, delivers to it, or takes it away from its worker. It is taken before the hub's.
	// While a worker has it:
	spec      *stored
	paths     map[string]bool // of its items
	done      []byte          // bits of its items that are in the catalog
	delivered int             // the number of the last delivery that was taken

	// What follows is guarded by the hub's lock.
	holder  fleet.Peer // the worker that has it; none has the name ""
	heard   time.Time  // when its worker last spoke of it
	begun   bool       // its worker has spoken of it
	called  time.Time  // when its ticket was put out last
	waits   bool       // in running.calls
	attempt int        // how often it was handed out
	failed  int        // how often in vain
	names   []string   // of the workers that had it in vain
	cut     *cut       // a large item that is read in pieces: no worker has it, or gets it
}

// stored is what is to be done in a shard, as the ledger keeps it.
type stored struct {
	Items    []fleet.Listed // of Read; of Pieces the one item
	Whole    bool           // of Read
	From, To int            // of Pieces
	Parent   int64          // of Pieces: the shard of the item
}

func (r *running) unpack(b []byte) (*stored, error) {
	s := &stored{}
	if len(b) == 0 {
		return s, nil
	}
	return s, r.hub.words.Decode(b, s)
}

// fill keeps the window full, and puts tickets out, until the context ends.
func (r *running) fill(ctx context.Context) {
	again := time.NewTicker(5 * time.Second) // a line that was away may be back
	defer again.Stop()
	for {
		err := r.widen(ctx)
		if err == nil {
			err = r.callOut(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.failed(err)
			return
		}
		select {
		case <-r.wake:
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

// widen takes shards of the ledger into the window as far as there is room.
func (r *running) widen(ctx context.Context) error {
	window := cmp.Or(r.hub.Window, usualWindow)
	for _, t := range r.targets {
		size := max(1, window/len(r.targets))
		if t.most > 0 {
			size = min(size, t.most)
		}
		for _, k := range order {
			r.hub.mu.Lock()
			room, more, above := size-t.out, t.more[k], t.cursor[k]
			if more && room > 0 && (room >= max(1, size/4) || t.out == 0) {
				t.more[k] = false // until others come, or this was not all
			} else {
				more = false
			}
			r.hub.mu.Unlock()
			if !more {
				continue
			}
			shards, err := r.run.OpenShards(ctx, t.number, int(k), above, room)
			if err != nil {
				return err
			}
			r.enter(t, shards, len(shards) == room)
		}
	}
	return nil
}

// enter takes shards into the window.
func (r *running) enter(t *target, shards []ledger.Shard, more bool) {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	for i := range shards {
		s := &shards[i]
		e := &entry{number: s.Number, kind: fleet.Kind(s.Kind), target: t, repository: s.Repository, bytes: max(0, s.Bytes)}
		r.out[e.number] = e
		t.out++
		t.cursor[s.Kind] = s.Number
		r.recall(e)
	}
	if more {
		t.more[shards[0].Kind] = true
	}
}

// recall lets the ticket of a shard be put out; the hub's lock is held.
func (r *running) recall(e *entry) {
	if !e.waits {
		e.waits = true
		r.calls = append(r.calls, e)
	}
	r.awake()
}

// callsAtOnce is how many tickets are put out at a time.
const callsAtOnce = 500

// callOut puts out the tickets that wait for it. A line that fails is no fault of the survey: it is tried again.
func (r *running) callOut(ctx context.Context) error {
	r.hub.mu.Lock()
	now := r.hub.now()
	byEnclave := map[string][]fleet.Ticket{}
	for _, e := range r.calls {
		e.waits = false
		if r.out[e.number] == e && e.holder.Name == "" && e.cut == nil {
			e.called = now
			byEnclave[e.target.enclave] = append(byEnclave[e.target.enclave], fleet.Ticket{Run: r.words.Run, Shard: e.number})
		}
	}
	r.calls = nil
	r.hub.mu.Unlock()
	for enclave, tickets := range byEnclave {
		for part := range slices.Chunk(tickets, callsAtOnce) {
			if err := r.hub.Line.Call(ctx, enclave, part...); err != nil && ctx.Err() == nil {
				r.hub.warn(fmt.Sprintf("%d tickets could not be put out, and are again in a moment: %v", len(part), err))
			}
		}
	}
	return ctx.Err()
}

// reconcile puts tickets out again that the line seems to have lost.
func (r *running) reconcile(ctx context.Context) {
	const patience = 10 * time.Second // a ticket may be on its way
	for _, enclave := range r.hub.Line.Enclaves() {
		waiting, err := r.hub.Line.Waiting(ctx, enclave)
		if err != nil {
			if ctx.Err() == nil {
				r.hub.warn("the line does not tell which tickets wait: " + err.Error())
			}
			continue
		}
		now := r.hub.now()
		r.hub.mu.Lock()
		var old []*entry
		free := int64(0)
		for _, e := range r.out {
			if e.holder.Name == "" && e.cut == nil && e.target.enclave == enclave {
				free++
				if now.Sub(e.called) > patience {
					old = append(old, e)
				}
			}
		}
		slices.SortFunc(old, func(a, b *entry) int { return a.called.Compare(b.called) })
		for _, e := range old[:min(int64(len(old)), max(0, free-waiting))] {
			r.recall(e)
		}
		r.hub.mu.Unlock()
	}
}

// sweep takes shards away from workers that were not heard of for long.
func (r *running) sweep(ctx context.Context) {
	now := r.hub.now()
	r.hub.mu.Lock()
	var lost []*entry
	var holders []fleet.Peer
	for _, w := range r.hub.workers {
		for _, e := range w.held {
			if now.Sub(e.heard) > 3*fleet.BeatEvery {
				lost, holders = append(lost, e), append(holders, e.holder)
			}
		}
	}
	r.hub.mu.Unlock()
	for i, e := range lost {
		r.lose(ctx, e, holders[i], true)
	}
}

// lose takes a shard away from a worker, if it still has it: for others, or, where it failed too often, for good.
func (r *running) lose(ctx context.Context, e *entry, holder fleet.Peer, failed bool) {
	if r == nil {
		return
	}
	if !failed {
		e.mu.Lock()
	} else if !e.mu.TryLock() {
		return // it is heard of just now
	}
	defer e.mu.Unlock()
	r.lost(ctx, e, holder, failed)
}

// lost does what lose does where the shard's lock is held.
func (r *running) lost(ctx context.Context, e *entry, holder fleet.Peer, failed bool) {
	r.hub.mu.Lock()
	if e.holder != holder || r.out[e.number] != e {
		r.hub.mu.Unlock()
		return
	}
	r.drop(e)
	if failed {
		e.failed++
		if !slices.Contains(e.names, holder.Name) {
			e.names = append(e.names, holder.Name)
		}
	}
	enough := e.failed >= attempts
	if !enough {
		r.recall(e)
	}
	r.hub.mu.Unlock()
	if !enough {
		return
	}
	if err := r.giveUp(ctx, e); err != nil && !errors.Is(err, ledger.ErrShardClosed) && ctx.Err() == nil {
		r.failed(err)
	}
}

// drop takes a shard from whoever has it; its own lock and the hub's are held.
func (r *running) drop(e *entry) {
	if e.holder.Name == "" {
		return
	}
	if w := r.hub.workers[e.holder]; w != nil {
		delete(w.held, e.number)
	}
	e.holder = fleet.Peer{}
	e.spec, e.paths, e.done = nil, nil, nil
	e.target.working--
}

// end takes a shard that is closed out of the window.
func (r *running) end(e *entry, dead bool) {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if r.out[e.number] != e {
		return
	}
	r.remove(e)
	if dead {
		r.dead++
	} else {
		r.done++
	}
	r.settle()
}

// remove takes a shard out of the window, and out of the count of those that are open; its own lock and the hub's are held.
func (r *running) remove(e *entry) {
	e.leave(r)
	t := e.target
	t.open--
	r.open--
	r.left -= e.bytes
	if t.open == 0 {
		t.Finish()
	}
	r.awake()
}

func cmpWorkers(a, b fleet.Worker) int {
	return cmp.Or(cmp.Compare(a.Enclave, b.Enclave), cmp.Compare(a.Name, b.Name))
}
