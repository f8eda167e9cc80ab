package login

import (
	"sync"
	"time"
)

// A ceremony is begun by one request of a visitor and ended by another. What must hold in between is kept here, under a secret in the
// visitor's cookie, and serves once.
const (
	// CeremonyLasts is how long somebody has to end a ceremony.
	CeremonyLasts  = 5 * time.Minute
	mostCeremonies = 4096
)

// ceremonies are those under way. It is safe for concurrent use.
type ceremonies[T any] struct {
	mu  sync.Mutex
	all map[string]ceremony[T]
}

type ceremony[T any] struct {
	what T
	ends time.Time
}

// begin keeps something and gives the secret under which it is.
func (c *ceremonies[T]) begin(what T, now time.Time) string {
	secret, hash := Secret()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]ceremony[T]{}
	}
	for key, old := range c.all { // those that have run out; where too many knock at once, any
		if len(c.all) >= mostCeremonies || now.After(old.ends) {
			delete(c.all, key)
		}
	}
	c.all[string(hash)] = ceremony[T]{what, now.Add(CeremonyLasts)}
	return secret
}

// end gives what is under a secret, once.
func (c *ceremonies[T]) end(secret string, now time.Time) (what T, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := string(Hash(secret))
	got, ok := c.all[key]
	delete(c.all, key)
	return got.what, ok && !now.After(got.ends)
}
