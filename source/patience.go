package source

import (
	"context"
	"sync/atomic"
	"time"
)

// deadTime is for how long a server that could not be reached is not waited for again.
const deadTime = time.Minute

// Patience is how a server is waited for that may be back a moment later: as Retry does it, but only once. If it was of no use, nobody who
// comes in the next minute waits. The zero Patience has all of it.
type Patience struct{ spent atomic.Int64 } // when, in nanoseconds since 1970

// Spend makes an end of waiting, for whoever sits before a screen.
func (p *Patience) Spend() { p.spent.Store(time.Now().UnixNano()) }

// Connect calls f until it succeeds, or further attempts are of no use; its error is Unreachable then.
func (p *Patience) Connect(ctx context.Context, f func() (again bool, err error)) error {
	spent, passing := time.Since(time.Unix(0, p.spent.Load())) < deadTime, false
	err := Retry(ctx, func() (bool, error) {
		var err error
		passing, err = f()
		return passing && !spent, err
	})
	switch {
	case err == nil:
		p.spent.Store(0)
		return nil
	case passing:
		p.Spend()
	}
	return &Unreachable{err}
}

// Unreachable is the error of a server that could not be reached, however often it was tried.
type Unreachable struct{ Err error }

// Error gives the cause.
func (u *Unreachable) Error() string { return u.Err.Error() }

// Unwrap gives the cause.
func (u *Unreachable) Unwrap() error { return u.Err }
