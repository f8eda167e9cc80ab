package graph

import (
	"encoding/binary"
	"fmt"
	"math"
	"sort"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// sighting is what a sketch says beside one mark.
type sighting struct {
	mark    estate.Mark
	links   []estate.Mark
	births  [2]uint32
	states  uint64
	classes phi.Classes
	minor   bool
	part2   bool
}

// sketch reads a People by its stored form, the only door to its marks.
type sketch struct {
	limit uint64 // marks from here on are not held; 0 = all are held
	left  uint64
	last  estate.Mark
	b     []byte
	bad   bool
	links [64]estate.Mark
}

func openSketch(p *estate.People) (*sketch, error) {
	if p.Empty() {
		return &sketch{}, nil
	}
	b, err := p.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("graph: read a sketch of people: %w", err)
	}
	if len(b) == 0 || b[0] != 1 {
		return nil, bad("a sketch of people of a form that is not known here")
	}
	s := &sketch{b: b[1:]}
	s.uvarint() // capacity
	s.limit = s.uvarint()
	s.left = s.uvarint()
	return s, s.err()
}

func (s *sketch) err() error {
	if s.bad {
		return bad("a sketch of people is damaged")
	}
	return nil
}

func (s *sketch) uvarint() uint64 {
	v, n := binary.Uvarint(s.b)
	if n <= 0 {
		s.bad, s.b = true, nil
		return 0
	}
	s.b = s.b[n:]
	return v
}

// next gives the sightings by mark, ascending. It is valid until the next call.
func (s *sketch) next(to *sighting) bool {
	if s.left == 0 || s.bad {
		return false
	}
	s.left--
	s.last += estate.Mark(s.uvarint())
	if len(s.b) == 0 {
		s.bad = true
		return false
	}
	flags := s.b[0]
	n := int(flags & 0x3f)
	if len(s.b) < 1+8*n {
		s.bad = true
		return false
	}
	for i := range n {
		s.links[i] = estate.Mark(binary.LittleEndian.Uint64(s.b[1+8*i:]))
	}
	s.b = s.b[1+8*n:]
	*to = sighting{mark: s.last, links: s.links[:n], minor: flags&0x40 != 0, part2: flags&0x80 != 0}
	to.births = [2]uint32{uint32(s.uvarint()), uint32(s.uvarint())}
	to.states, to.classes = s.uvarint(), phi.Classes(s.uvarint())
	return !s.bad
}

// Marks are spread evenly, so those under a bound are a sample. Bounds are graded, eight grades an octave: a grade takes a byte, and
// whoever rounds a bound down to one loses at most 9 % of the sample. Grade 0 is everything.
const (
	octave = 8
	grades = 256
)

// ladder holds for each grade the bound that its marks are under; 0 = none.
type ladder [grades]uint64

func newLadder() *ladder {
	l := new(ladder)
	for g := 1; g < grades; g++ {
		l[g] = uint64(math.Exp2(64 - float64(g)/octave))
	}
	return l
}

// share is the part of all marks that are under the bound of a grade.
func share(grade uint8) float64 { return math.Exp2(-float64(grade) / octave) }

// of gives the highest grade whose bound a mark is under.
func (l *ladder) of(m estate.Mark) uint8 {
	return uint8(sort.Search(grades-1, func(g int) bool { return uint64(m) >= l[g+1] }))
}

// under gives the lowest grade whose bound is at most the limit; 0 is no limit.
func (l *ladder) under(limit uint64) uint8 {
	if limit == 0 {
		return 0
	}
	return uint8(min(grades-1, 1+sort.Search(grades-1, func(g int) bool { return l[g+1] <= limit })))
}
