package estate

import (
	"math"
	"slices"

	"github.com/chartroom/chartroom/phi"
)

// Mark is a keyed fingerprint of an identifier of one person. Without the key it says nothing. Its two lowest bits are no
// fingerprint: they say how far the mark may be trusted to be one person's.
type Mark uint64

const (
	// WeakMark is set in a mark that two persons may share: a short number, a plan's number, a name alone. It links records
	// only where nothing contradicts.
	WeakMark Mark = 1
	// NumberMark is set in a mark of a record number, of which one place gives a person one.
	NumberMark Mark = 2
)

// Weak tells whether two persons may share the mark.
func (m Mark) Weak() bool { return m&WeakMark != 0 }

// Number tells whether the mark is of a record number.
func (m Mark) Number() bool { return m&NumberMark != 0 }

// Person is one person as one record shows him: the marks of his identifiers, which belong together, and what the
// record says of him.
type Person struct {
	Marks   []Mark
	Birth   uint32 // keyed fingerprint of the date of birth, 0 = not given; never links, only contradicts
	States  uint64 // set of phi.State, bit by number; 0 = the record does not say
	Classes phi.Classes
	Minor   bool
	Part2   bool
}

const (
	// DefaultCapacity is how many marks a sketch holds before it samples: about 0.8 % standard error.
	DefaultCapacity = 1 << 14
	maxLinks        = 8
)

// People is a sketch of distinct persons: exact until it has seen more marks than its capacity, and from then on the
// sample of the smallest marks (a KMV or bottom-k sketch). Persons are connected sets of marks, so one who is known by
// a record number here and by a social security number there counts once if any record holds both.
//
// The result of Add and Merge does not depend on their order or on repetition.
type People struct {
	capacity int
	limit    uint64 // marks from here on are not held; 0 = all are held
	held     map[Mark]*sighting
	spare    []*sighting // of marks that are held no more
	written  []byte      // its stored form, from which it was read; nil where there is none, or it has changed since
}

// sighting is what all records together say beside one mark.
type sighting struct {
	links   [maxLinks]Mark // the other marks of the records, ascending; the smallest ones where there are more
	n       uint8
	minor   bool
	part2   bool
	births  births
	states  uint64
	classes phi.Classes
}

// NewPeople makes an empty sketch. A capacity of 0 is the default.
func NewPeople(capacity int) *People {
	if capacity <= 0 {
		capacity = DefaultCapacity
	}
	return &People{capacity: capacity, held: make(map[Mark]*sighting)}
}

// Empty tells whether the sketch has seen nobody.
func (p *People) Empty() bool { return p == nil || len(p.held) == 0 }

// Held tells how many marks the sketch holds, a measure of the memory that it takes.
func (p *People) Held() int {
	if p == nil {
		return 0
	}
	return len(p.held)
}

// Wants tells whether the sketch would hold any of these marks, and so whether to Add a person who has them.
func (p *People) Wants(marks []Mark) bool {
	if p.limit == 0 {
		return true
	}
	for _, m := range marks {
		if uint64(m) < p.limit {
			return true
		}
	}
	return false
}

// Add counts a person. A person without a mark cannot be told from others and is not counted.
func (p *People) Add(who Person) {
	p.written = nil
	for i, m := range who.Marks {
		if p.limit != 0 && uint64(m) >= p.limit {
			continue
		}
		s := p.held[m]
		if s == nil {
			s = p.sighting()
			p.held[m] = s
		}
		for j, other := range who.Marks {
			if i != j && other != m {
				s.link(other)
			}
		}
		s.births.add(who.Birth)
		s.states |= who.States
		s.classes |= who.Classes
		s.minor = s.minor || who.Minor
		s.part2 = s.part2 || who.Part2
	}
	if len(p.held) > 2*p.capacity {
		p.shrink()
	}
}

// Merge adds all that another sketch has seen.
func (p *People) Merge(q *People) {
	if q == nil {
		return
	}
	p.Bound(q)
	for m, t := range q.held {
		if p.limit != 0 && uint64(m) >= p.limit {
			continue
		}
		p.add(m, t)
	}
	if len(p.held) > 2*p.capacity {
		p.shrink()
	}
}

// add takes over what another sketch has seen beside a mark.
func (p *People) add(m Mark, t *sighting) {
	p.written = nil
	if s := p.held[m]; s != nil {
		s.unite(t)
		return
	}
	s := p.sighting()
	*s = *t
	p.held[m] = s
}

// Bound drops what q would not hold, and goes on without it: merged into q, the count tells the same as without the bound.
func (p *People) Bound(q *People) { p.Cut(q.limit) }

// Limit is from where on marks are not held; 0 = all are held.
func (p *People) Limit() uint64 { return p.limit }

// Cut drops the marks from a limit on, as Bound does; 0 drops none.
func (p *People) Cut(limit uint64) {
	if limit != 0 && (p.limit == 0 || limit < p.limit) {
		p.limit = limit
		p.dropAbove()
	}
}

// Covers tells whether p holds all that q does beneath a limit (0 = none), and says as much of it: then to merge that into p would change nothing.
func (p *People) Covers(q *People, limit uint64) bool {
	if q.Empty() {
		return true
	}
	if p.limit != 0 && (limit == 0 || p.limit < limit) {
		limit = p.limit
	}
	if q.limit != 0 && (limit == 0 || q.limit < limit) {
		return false
	}
	for m, t := range q.held {
		if limit != 0 && uint64(m) >= limit {
			continue
		}
		s := p.held[m]
		if s == nil {
			return false
		}
		both := *s
		both.unite(t)
		if both != *s {
			return false
		}
	}
	return true
}

// sighting gives a blank one.
func (p *People) sighting() *sighting {
	n := len(p.spare)
	if n == 0 {
		return &sighting{}
	}
	s := p.spare[n-1]
	p.spare = p.spare[:n-1]
	*s = sighting{}
	return s
}

// dropAbove drops what the limit, which was changed, does not allow.
func (p *People) dropAbove() {
	p.written = nil
	for m, s := range p.held {
		if uint64(m) >= p.limit {
			delete(p.held, m)
			p.spare = append(p.spare, s)
		}
	}
}

// shrink cuts the sketch to its smallest marks.
func (p *People) shrink() {
	if len(p.held) <= p.capacity {
		return
	}
	p.limit = uint64(nth(p.unsorted(), p.capacity))
	p.dropAbove()
}

// marks gives the marks that are held, ascending.
func (p *People) marks() []Mark {
	marks := p.unsorted()
	slices.Sort(marks)
	return marks
}

func (p *People) unsorted() []Mark {
	marks := make([]Mark, 0, len(p.held))
	for m := range p.held {
		marks = append(marks, m)
	}
	return marks
}

// nth gives the mark that would stand at n if they were sorted, and moves them about (Hoare's selection). Marks are random,
// so the middle one is as good a pivot as any.
func nth(marks []Mark, n int) Mark {
	for low, high := 0, len(marks)-1; low < high; {
		pivot, i, j := marks[(low+high)/2], low, high
		for i <= j {
			for marks[i] < pivot {
				i++
			}
			for marks[j] > pivot {
				j--
			}
			if i <= j {
				marks[i], marks[j] = marks[j], marks[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			high = j
		case n >= i:
			low = i
		default:
			return marks[n]
		}
	}
	return marks[n]
}

// unite adds what another sketch says of the same mark.
func (s *sighting) unite(t *sighting) {
	for _, l := range t.links[:t.n] {
		s.link(l)
	}
	s.births.unite(t.births)
	s.states |= t.states
	s.classes |= t.classes
	s.minor = s.minor || t.minor
	s.part2 = s.part2 || t.part2
}

// link keeps the smallest links, ascending, so that the set does not depend on the order of arrival.
func (s *sighting) link(m Mark) {
	at := 0
	for at < int(s.n) && s.links[at] < m {
		at++
	}
	if at == maxLinks || at < int(s.n) && s.links[at] == m {
		return
	}
	if s.n < maxLinks {
		s.n++
	}
	copy(s.links[at+1:s.n], s.links[at:s.n-1])
	s.links[at] = m
}

// Count is a number of distinct persons. Low and High bound it at 95 %; they are equal where the count is exact.
type Count struct {
	Estimate int64 `json:"estimate"`
	Low      int64 `json:"low"`
	High     int64 `json:"high"`
}

// Exact tells whether the count is no estimate.
func (c Count) Exact() bool { return c.Low == c.High }

// Tally is the count of the persons of a sketch in each respect. A person with two States counts in both.
type Tally struct {
	Total   Count
	States  map[phi.State]Count
	Classes map[phi.Class]Count
	Minors  Count
	Part2   Count
}

// cluster is one person of the sketch.
type cluster struct {
	held, known int // marks held, marks known of
	states      uint64
	classes     phi.Classes
	minor       bool
	part2       bool
}

// estimator sums persons, each weighed by the chance that the sketch holds him (Horvitz and Thompson).
type estimator struct{ sum, variance float64 }

func (e *estimator) add(c *cluster, share float64) {
	w := 1 / (share * float64(c.known))
	e.sum += float64(c.held) * w
	e.variance += float64(c.held) * w * w * (1 - share)
}

func (e *estimator) count() Count {
	half := 1.96 * math.Sqrt(e.variance)
	return Count{round(e.sum), round(max(0, e.sum-half)), round(e.sum + half)}
}

func round(x float64) int64 { return int64(math.Round(x)) }

// Tally counts the persons.
func (p *People) Tally() Tally {
	t := Tally{States: map[phi.State]Count{}, Classes: map[phi.Class]Count{}}
	if p.Empty() {
		return t
	}
	share := 1.0
	if len(p.held) > p.capacity {
		p.shrink()
	}
	if p.limit != 0 {
		share = float64(p.limit) / math.Exp2(64)
	}
	var total, minors, part2 estimator
	states, classes := map[phi.State]*estimator{}, map[phi.Class]*estimator{}
	for _, c := range p.clusters() {
		total.add(c, share)
		if c.minor {
			minors.add(c, share)
		}
		if c.part2 {
			part2.add(c, share)
		}
		for s := range phi.State(phi.NumStates) {
			if c.states&(1<<s) != 0 || s == 0 && c.states == 0 {
				at(states, s).add(c, share)
			}
		}
		for _, k := range c.classes.List() {
			at(classes, k).add(c, share)
		}
	}
	t.Total, t.Minors, t.Part2 = total.count(), minors.count(), part2.count()
	for s, e := range states {
		t.States[s] = e.count()
	}
	for k, e := range classes {
		t.Classes[k] = e.count()
	}
	return t
}

func at[K comparable](m map[K]*estimator, k K) *estimator {
	if m[k] == nil {
		m[k] = &estimator{}
	}
	return m[k]
}
