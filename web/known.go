package web

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/catalog"
)

// known is what the room has worked out of the facts, and holds until a survey has ended: pages while one runs show what the last one left.
type known struct {
	room    *Room
	access  ready[*access.Estate]
	sum     ready[catalog.Total]
	choices ready[catalog.Choices]
}

func newKnown(r *Room) *known { return &known{room: r} }

// patience is how long a page waits for what is worked out anew before it takes what was there.
const patience = time.Second

// estate is who can reach what.
func (k *known) estate(ctx context.Context) (*access.Estate, error) {
	s, err := k.room.cat.State(ctx)
	if err != nil {
		return nil, err
	}
	now := k.room.cfg.Now()
	key := fmt.Sprint(s.Finished, " ", now.Format(time.DateOnly))
	return k.access.get(ctx, key, patience, func(ctx context.Context) (*access.Estate, error) {
		return keep.Estate(ctx, k.room.cat, keep.Question{Who: self, Now: now, Version: k.room.cfg.Version})
	})
}

// total is what all repositories come to.
func (k *known) total(ctx context.Context, wait time.Duration) (catalog.Total, error) {
	s, err := k.room.cat.State(ctx)
	if err != nil {
		return catalog.Total{}, err
	}
	return k.sum.get(ctx, fmt.Sprint(s.Finished), wait, func(ctx context.Context) (catalog.Total, error) {
		return k.room.cat.Tally(ctx, self, catalog.Filter{StaleAfter: k.room.cfg.StaleAfter})
	})
}

// narrowing is what a list can be narrowed to.
func (k *known) narrowing(ctx context.Context) (catalog.Choices, error) {
	s, err := k.room.cat.State(ctx)
	if err != nil {
		return catalog.Choices{}, err
	}
	return k.choices.get(ctx, fmt.Sprint(s.Finished), patience, func(ctx context.Context) (catalog.Choices, error) {
		return k.room.cat.Choices(ctx, self)
	})
}

// ready is an answer that is kept as long as its key does not change. One goroutine at a time works it out.
type ready[T any] struct {
	mu      sync.Mutex
	key     string
	value   T
	have    bool
	working *work[T]
}

// work is an answer being worked out.
type work[T any] struct {
	key   string
	done  chan struct{}
	value T
	err   error
}

// get gives the answer of a key. Where it must be worked out and there is an older one, that is given after the wait.
func (r *ready[T]) get(ctx context.Context, key string, wait time.Duration, make func(context.Context) (T, error)) (T, error) {
	r.mu.Lock()
	if r.have && r.key == key {
		defer r.mu.Unlock()
		return r.value, nil
	}
	w := r.working
	if w == nil {
		w = &work[T]{key: key, done: newDone()}
		r.working = w
		go r.work(context.WithoutCancel(ctx), w, make)
	}
	old, have := r.value, r.have
	r.mu.Unlock()
	var late <-chan time.Time
	if have {
		t := time.NewTimer(wait)
		defer t.Stop()
		late = t.C
	}
	select {
	case <-w.done:
		return w.value, w.err
	case <-late:
		return old, nil
	case <-ctx.Done():
		return old, ctx.Err()
	}
}

func newDone() chan struct{} { return make(chan struct{}) }

func (r *ready[T]) work(ctx context.Context, w *work[T], make func(context.Context) (T, error)) {
	w.value, w.err = make(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.err == nil {
		r.key, r.value, r.have = w.key, w.value, true
	}
	r.working = nil
	close(w.done)
}
