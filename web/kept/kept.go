// Package kept holds answers that cost much to work out, for as long as what they rest on does not change.
package kept

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Answer is an answer that is kept as long as its key does not change. One goroutine at a time works it out.
type Answer[T any] struct {
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

// Get gives the answer of a key, which make works out. Where it must be worked out and there is an older one, that is given after the wait.
func (r *Answer[T]) Get(ctx context.Context, key string, wait time.Duration, make func(context.Context) (T, error)) (T, error) {
	r.mu.Lock()
	if r.have && r.key == key {
		defer r.mu.Unlock()
		return r.value, nil
	}
	w := r.working
	if w == nil {
		w = &work[T]{key: key, done: newDone()}
		r.working = w
		go r.do(context.WithoutCancel(ctx), w, make)
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
		if w.err == nil && w.key != key { // it was begun before the facts changed
			return r.Get(ctx, key, wait, make)
		}
		return w.value, w.err
	case <-late:
		return old, nil
	case <-ctx.Done():
		return old, ctx.Err()
	}
}

func newDone() chan struct{} { return make(chan struct{}) }

func (r *Answer[T]) do(ctx context.Context, w *work[T], make func(context.Context) (T, error)) {
	func() {
		defer func() { // nobody else would catch it, and the whole room would end
			if p := recover(); p != nil {
				w.err = fmt.Errorf("a fault of ours: %v", p)
			}
		}()
		w.value, w.err = make(ctx)
	}()
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.err == nil {
		r.key, r.value, r.have = w.key, w.value, true
	}
	r.working = nil
	close(w.done)
}

// Shelf holds answers to several questions of one sort, by their words; those that were asked long ago make room.
type Shelf[T any] struct {
	mu    sync.Mutex
	all   map[string]*Answer[T]
	order []string
}

// mostKept is how many a shelf holds.
const mostKept = 128

// Get gives the answer to a question.
func (s *Shelf[T]) Get(asked string) *Answer[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.all[asked]
	if r == nil {
		if s.all == nil {
			s.all = map[string]*Answer[T]{}
		}
		if len(s.order) == mostKept {
			delete(s.all, s.order[0])
			s.order = s.order[1:]
		}
		r = &Answer[T]{}
		s.all[asked], s.order = r, append(s.order, asked)
	}
	return r
}
