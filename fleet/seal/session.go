package seal

import "sync"

// Sessions keep the hub from taking a question twice, without a look at any clock. A session is a number that the hub draws for a worker; it
// brings the number of its questions in it, each higher than the last, and the hub knows which of the latest it has seen. What was
// recorded in a session that the hub has forgotten, since it began anew or since the worker has had others, is worth nothing: its number
// is not drawn again. The zero value is ready; it serves many at once.
type Sessions struct {
	mu    sync.Mutex
	peers map[string][]*session // the latest used last
}

// The bounds of what is kept: sessions of a worker (it has one a process), and numbers behind the highest in which order does not matter.
const (
	mostSessions = 16
	window       = 4096
	mostSeq      = 1 << 62
)

type session struct {
	id      ID
	highest uint64
	seen    [window / 64]uint64
}

// Begin draws a session for a worker, or gives the last one once more where nothing was asked in it yet: whoever sends recorded questions
// again drives no session out.
func (s *Sessions) Begin(worker string) ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.peers == nil {
		s.peers = map[string][]*session{}
	}
	own := s.peers[worker]
	if n := len(own); n > 0 && own[n-1].highest == 0 {
		return own[n-1].id
	}
	fresh := &session{id: NewID()}
	own = append(own, fresh)
	if len(own) > mostSessions {
		own = append([]*session(nil), own[len(own)-mostSessions:]...)
	}
	s.peers[worker] = own
	return fresh.id
}

// First tells whether a question has not been seen before, and from now on it has. It is false for a session that is not known, too.
func (s *Sessions) First(worker string, id ID, seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.peers[worker]
	for i, x := range own {
		if x.id == id {
			copy(own[i:], own[i+1:])
			own[len(own)-1] = x
			return x.first(seq)
		}
	}
	return false
}

// Forget drops a worker that was revoked.
func (s *Sessions) Forget(worker string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, worker)
}

// first moves the window up to a number, and marks it.
func (s *session) first(seq uint64) bool {
	if seq == 0 || seq > mostSeq || s.highest >= window && seq <= s.highest-window {
		return false
	}
	if seq > s.highest {
		if seq-s.highest >= window {
			clear(s.seen[:])
		} else {
			for n := s.highest + 1; n <= seq; n++ {
				s.seen[n%window/64] &^= 1 << (n % 64)
			}
		}
		s.highest = seq
	}
	word, bit := seq%window/64, uint64(1)<<(seq%64)
	if s.seen[word]&bit != 0 {
		return false
	}
	s.seen[word] |= bit
	return true
}
