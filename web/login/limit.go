package login

import (
	"net/netip"
	"strings"
	"sync"
	"time"
)

// How attempts are slowed down. A few are free; then each failure doubles the wait. A name is slowed down per network, so that nobody can lock
// others out by knocking in their name, and over all networks only once many have failed, and never for long.
const (
	freeAttempts = 5
	freeOfName   = 100
	longestWait  = 15 * time.Minute
	longestOfAll = 30 * time.Second
	forgotten    = time.Hour // after so long without a failure
	mostKnocks   = 20_000    // how many are remembered
)

// limits count failures. It is safe for concurrent use.
type limits struct {
	mu     sync.Mutex
	knocks map[string]*knock
}

// knock is what is remembered of a name, an address, or both.
type knock struct {
	failures int
	last     time.Time
}

func newLimits() *limits { return &limits{knocks: map[string]*knock{}} }

// network is what of an address counts: of IPv6 the /64 that one household has.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap(); a.Is6() {
		p, _ := a.Prefix(64)
		return p.String()
	}
	return a.String()
}

// counter is one count that an attempt falls under.
type counter struct {
	key     string
	free    int
	longest time.Duration
}

func counters(name, address string) []counter {
	name, net := strings.ToLower(name), network(address)
	return []counter{{"both " + name + "\x00" + net, freeAttempts, longestWait}, {"from " + net, 4 * freeAttempts, longestWait}, {"name " + name, freeOfName, longestOfAll}}
}

// wait tells how long an attempt has to wait; 0 = it may be made.
func (l *limits) wait(name, address string, now time.Time) (longest time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range counters(name, address) {
		k := l.knocks[c.key]
		if k == nil || now.Sub(k.last) > forgotten || k.failures < c.free {
			continue
		}
		pause := c.longest
		if over := k.failures - c.free; over < 20 {
			pause = min(pause, time.Second<<over)
		}
		longest = max(longest, k.last.Add(pause).Sub(now))
	}
	return longest
}

// failed counts a failure.
func (l *limits) failed(name, address string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.knocks) > mostKnocks {
		l.forget(now)
	}
	for _, c := range counters(name, address) {
		k := l.knocks[c.key]
		if k == nil || now.Sub(k.last) > forgotten {
			k = &knock{}
			l.knocks[c.key] = k
		}
		k.failures++
		k.last = now
	}
}

// forget makes room: what is old goes, and where that is not enough, what failed but a few times.
func (l *limits) forget(now time.Time) {
	for few := 0; len(l.knocks) > mostKnocks/2; few += freeAttempts {
		for key, k := range l.knocks {
			if now.Sub(k.last) > forgotten || k.failures < few {
				delete(l.knocks, key)
			}
		}
	}
}

// passed forgets the failures of a name from an address that has now got in.
func (l *limits) passed(name, address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.knocks, counters(name, address)[0].key)
}
