package graph

import (
	"math"
	"math/bits"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

const (
	// spare bits of a person's states and of an entry's classes
	minorBit = 63
	part2Bit = 31

	shownMarks = 32 // of a person, so many marks are told apart; those behind are one
	// a question looks at no more entries than this, as long as it leaves a sample of so many persons
	enoughEntries = 1 << 16
	enoughPersons = 1 << 16
)

// Room for the flags beside states and classes: neither may become negative.
const (
	_ = uint(minorBit - phi.NumStates)
	_ = uint(part2Bit - phi.NumClasses)
)

// People holds for each resource which persons it shows. Persons are numbered by their smallest mark, so the persons of any smaller
// sample come first, in every list.
type People struct {
	nodes []uint32 // resources, ascending
	limit []uint8  // by list: the grade down to which it is complete
	off   []uint32 // by list
	who   []uint32 // person, ascending in each list
	what  []uint32 // index in shows
	shows []uint64 // the marks that are shown, bit by number, above the classes and part2Bit

	states  []uint64 // by person, minorBit among them
	gradOff []uint32 // by person
	grad    []uint8  // grades of the person's marks, highest first
	first   [grades + 1]uint32
}

// finish counts the persons of each sample: first[g] are those with a mark of grade g or higher.
func (p *People) finish() {
	for g := range p.first {
		p.first[g] = 0
	}
	for i := range p.states {
		p.first[p.grad[p.gradOff[i]]]++
	}
	for g := grades - 1; g >= 0; g-- {
		p.first[g] += p.first[g+1]
	}
}

// sampled gives a mask of those marks of a person that are in the sample of a grade.
func (p *People) sampled(person uint32, grade uint8) uint64 {
	if grade == 0 {
		return 1<<shownMarks - 1
	}
	n := 0
	for _, g := range p.grad[p.gradOff[person]:p.gradOff[person+1]] {
		if g < grade {
			break
		}
		n++
	}
	return 1<<n - 1
}

// crowd is the part of a Search that counts people.
type crowd struct {
	shown  []uint64 // by person: the union of what is shown
	seenBy []uint32 // persons whose entry in shown is not zero
	lists  []uint32
}

// union gathers what the resources among the nodes show of each of at most so many persons, and gives the grade of the sample.
func (s *Search) union(nodes []uint32, persons uint32) uint8 {
	p := s.g.people
	s.lists = s.lists[:0]
	if p == nil {
		return 0
	}
	grade, entries := uint8(0), 0.0
	for _, n := range nodes {
		if int(n) >= s.g.Nodes() || s.g.place[n] == 0 {
			continue
		}
		if l := s.g.list[s.g.place[n]-1]; l != 0 {
			s.lists = append(s.lists, l-1)
			grade = max(grade, p.limit[l-1])
		}
	}
	for _, l := range s.lists {
		entries += float64(p.off[l+1]-p.off[l]) * min(1, share(grade)/share(p.limit[l]))
	}
	for entries > enoughEntries && grade < grades-1 && p.first[grade+1] >= enoughPersons {
		entries *= share(1)
		grade++
	}
	for p.first[grade] > persons && grade < grades-1 {
		grade++
	}
	if len(s.shown) < int(p.first[grade]) {
		s.shown = make([]uint64, p.first[grade])
	}
	end := p.first[grade]
	for _, l := range s.lists {
		for i := p.off[l]; i < p.off[l+1] && p.who[i] < end; i++ {
			w := p.who[i]
			if s.shown[w] == 0 {
				s.seenBy = append(s.seenBy, w)
			}
			s.shown[w] |= p.shows[p.what[i]]
		}
	}
	return grade
}

// tally counts the distinct persons of the resources among the nodes, by the estimator of estate.People: each mark of the sample stands
// for its person's share of marks.
func (s *Search) tally(nodes []uint32) estate.Tally {
	grade := s.union(nodes, math.MaxUint32)
	t := estate.Tally{States: map[phi.State]estate.Count{}, Classes: map[phi.Class]estate.Count{}}
	var total, minors, part2 estimate
	var states [phi.NumStates]estimate
	var inClass [phi.NumClasses]estimate
	part := share(grade)
	for _, w := range s.seenBy {
		what := s.shown[w]
		s.shown[w] = 0
		person := weigh(what>>32, s.g.people.sampled(w, grade), part)
		if person.seen == 0 {
			continue
		}
		total.add(person)
		lives := s.g.people.states[w]
		if lives&(1<<minorBit) != 0 {
			minors.add(person)
			lives &^= 1 << minorBit
		}
		if what&(1<<part2Bit) != 0 {
			part2.add(person)
		}
		if lives == 0 {
			lives = 1
		}
		for ; lives != 0; lives &= lives - 1 {
			states[bits.TrailingZeros64(lives)].add(person)
		}
		for c := uint32(what) &^ (1 << part2Bit); c != 0; c &= c - 1 {
			inClass[bits.TrailingZeros32(c)].add(person)
		}
	}
	s.seenBy = s.seenBy[:0]
	t.Total, t.Minors, t.Part2 = total.count(), minors.count(), part2.count()
	for i, e := range states {
		if e.seen != 0 {
			t.States[phi.State(i)] = e.count()
		}
	}
	for i, e := range inClass {
		if e.seen != 0 {
			t.Classes[phi.Class(i)] = e.count()
		}
	}
	return t
}

// estimate is a number of persons with its variance, and how many of them were seen themselves.
type estimate struct {
	sum, variance float64
	seen          int64
}

// weigh gives what a person counts of whom the sample, a share of all marks, holds some of the marks that are shown.
func weigh(shown, sample uint64, share float64) estimate {
	held := bits.OnesCount64(shown & sample)
	if held == 0 {
		return estimate{}
	}
	known := float64(bits.OnesCount64(shown))
	part := float64(held) / known / share
	return estimate{part, part * (1 - share) / (share * known), 1}
}

func (e *estimate) add(o estimate) {
	e.sum += o.sum
	e.variance += o.variance
	e.seen += o.seen
}

func (e *estimate) count() estate.Count {
	half := 1.96 * math.Sqrt(e.variance)
	low := max(e.seen, int64(math.Round(e.sum-half)))
	high := int64(math.Round(e.sum + half))
	return estate.Count{Estimate: max(low, int64(math.Round(e.sum))), Low: low, High: max(low, high)}
}
