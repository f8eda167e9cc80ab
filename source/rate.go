package source

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Rate is how fast may be read, by all readers together. The zero Rate sets no bound, and neither does nil. All its methods may be called by
// several at once.
type Rate struct {
	perSecond atomic.Int64 // bytes; 0 = no bound
	mu        sync.Mutex
	free      time.Time     // from when on more may be read
	changed   chan struct{} // closed when the bound changes; nil while nobody waits
}

// Rated is a source that can be slowed down while it is read.
type Rated interface {
	// Rate is that of all that is read of the source, and of the sources that were opened with it.
	Rate() *Rate
}

// NewRate makes a rate of so many bytes a second.
func NewRate(perSecond int64) *Rate {
	r := &Rate{}
	r.Set(perSecond)
	return r
}

// PerSecond is the bound in bytes a second; 0 = none.
func (r *Rate) PerSecond() int64 {
	if r == nil {
		return 0
	}
	return r.perSecond.Load()
}

// Set changes the bound. Whoever waits by the old one waits no longer.
func (r *Rate) Set(perSecond int64) {
	if r.perSecond.Swap(max(0, perSecond)) == max(0, perSecond) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free = time.Time{}
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

// Part is how much of n bytes may be read at once: a tenth of a second's share, so that the pace is even.
func (r *Rate) Part(n int) int {
	if b := r.PerSecond(); b > 0 {
		return int(min(int64(n), max(b/10, 512)))
	}
	return n
}

// Wait waits until more may be read than the n bytes that were, or the context ends.
func (r *Rate) Wait(ctx context.Context, n int) error {
	bound := r.PerSecond()
	if bound <= 0 || n <= 0 {
		return nil
	}
	r.mu.Lock()
	now := time.Now()
	if r.free.Before(now) {
		r.free = now
	}
	wait := r.free.Sub(now)
	r.free = r.free.Add(time.Duration(float64(n) / float64(bound) * float64(time.Second)))
	if wait <= 0 {
		r.mu.Unlock()
		return nil
	}
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	changed := r.changed
	r.mu.Unlock()
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Conn makes a connection that reads no faster than the rate allows.
func (r *Rate) Conn(ctx context.Context, c net.Conn) net.Conn {
	if r == nil {
		return c
	}
	return &slowed{c, r, ctx}
}

type slowed struct {
	net.Conn
	rate *Rate
	ctx  context.Context // of whoever the connection was made for
}

// Read reads a part, and pays for it.
func (s *slowed) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p[:s.rate.Part(len(p))])
	if e := s.rate.Wait(s.ctx, n); e != nil && err == nil {
		err = e
	}
	return n, err
}
