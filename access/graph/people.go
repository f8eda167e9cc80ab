package graph

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/chartroom/chartroom/access/people"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

const (
	// an estate of so many persons is told of without a sample; in a larger one a question looks at no more entries than this, as long as
	// that leaves a sample of so many persons
	exactPersons  = 1 << 16
	enoughEntries = 1 << 16
	enoughPersons = 1 << 15

	grades = people.Grades
)

// People are the persons of resources, and what counting them needs.
type People struct {
	people.Lists
	first [grades + 1]uint32 // by grade: how many persons have a mark of it, or of a higher one

	shares  [grades]float64
	highest uint8 // the grade of the smallest sample that a question is answered from
	front   front
}

// front holds the entries of the highest grade by person: a question of very many resources goes through them, and not through the lists
// of each.
type front struct {
	off        []uint32 // by person
	list, what []uint32
}

// mostFront is how many entries are kept twice at most; lists that come to more are long enough to be gone through one by one.
const mostFront = 1 << 22

// Source hands over each resource that holds people with their sketch; see package people.
type Source = people.Source

// Gather joins the people of all resources: whoever is linked by any record of any resource is one person everywhere.
func Gather(source Source) (*People, error) { return gather(source, people.Standard()) }

func gather(source Source, b people.Budget) (*People, error) {
	lists, err := people.Gather(source, b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	p := &People{Lists: *lists}
	p.finish()
	return p, nil
}

// finish counts the persons of each sample: first[g] are those with a mark of grade g or higher.
func (p *People) finish() {
	for g := range p.first {
		p.first[g] = 0
	}
	for i := range p.States {
		p.first[p.Grad[p.GradOff[i]]]++
	}
	for g := grades - 1; g >= 0; g-- {
		p.first[g] += p.first[g+1]
	}
	for g := range p.shares {
		p.shares[g] = people.Share(uint8(g))
	}
	p.face()
}

// face finds the highest grade, and gathers the front.
func (p *People) face() {
	for p.first[0] > exactPersons && p.highest < grades-1 && p.first[p.highest+1] >= enoughPersons {
		p.highest++
	}
	end := p.first[p.highest]
	off := make([]uint32, end+2)
	each := func(do func(l, i uint32)) {
		for l := range uint32(len(p.Nodes)) {
			for i := p.Off[l]; i < p.Off[l+1] && p.Who[i] < end; i++ {
				do(l, i)
			}
		}
	}
	each(func(_, i uint32) { off[p.Who[i]+2]++ })
	for w := range end {
		off[w+2] += off[w+1]
	}
	n := off[end+1]
	if n > mostFront {
		return
	}
	f := &p.front
	f.list, f.what = make([]uint32, n), make([]uint32, n)
	each(func(l, i uint32) {
		at := &off[p.Who[i]+1]
		f.list[*at], f.what[*at] = l, p.What[i]
		*at++
	})
	f.off = off[:end+1]
}

// sampled gives a mask of those marks of a person that are in the sample of a grade.
func (p *People) sampled(person uint32, grade uint8) uint64 {
	if grade == 0 {
		return 1<<people.ShownMarks - 1
	}
	n := 0
	for _, g := range p.Grad[p.GradOff[person]:p.GradOff[person+1]] {
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
	seenBy []uint32 // persons whose entry in shown is not zero; where dense, all of the sample can be
	dense  bool
	lists  []uint32
	among  []uint64 // by list: it is asked for
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
			grade = max(grade, p.Limit[l-1])
		}
	}
	for _, l := range s.lists {
		entries += float64(p.Off[l+1]-p.Off[l]) * min(1, p.shares[grade]/p.shares[p.Limit[l]])
	}
	for entries > enoughEntries && grade < p.highest {
		entries *= p.shares[1]
		grade++
	}
	for p.first[grade] > persons && grade < grades-1 {
		grade++
	}
	if s.shown == nil {
		s.shown = make([]uint64, len(p.States))
	}
	s.dense = p.front.off != nil && grade >= p.highest && len(p.front.list) < listWorth*len(s.lists)+entryWorth*int(entries)
	if s.dense {
		s.showFront(grade)
		return grade
	}
	end := p.first[grade]
	for _, l := range s.lists {
		for i := p.Off[l]; i < p.Off[l+1] && p.Who[i] < end; i++ {
			w := p.Who[i]
			if s.shown[w] == 0 {
				s.seenBy = append(s.seenBy, w)
			}
			s.shown[w] |= p.Shows[p.What[i]]
		}
	}
	return grade
}

// showFront gathers by the front.
func (s *Search) showFront(grade uint8) {
	p := s.g.people
	if s.among == nil {
		s.among = make([]uint64, (len(p.Nodes)+63)/64)
	}
	for _, l := range s.lists {
		s.among[l>>6] |= 1 << (l & 63)
	}
	for w := range p.first[grade] {
		shown := uint64(0)
		for i := p.front.off[w]; i < p.front.off[w+1]; i++ {
			if l := p.front.list[i]; s.among[l>>6]&(1<<(l&63)) != 0 {
				shown |= p.Shows[p.front.what[i]]
			}
		}
		s.shown[w] = shown
	}
	for _, l := range s.lists {
		s.among[l>>6] = 0
	}
}

// drain gives each person who is shown, and what is shown of him, and forgets them.
func (s *Search) drain(grade uint8, do func(w uint32, what uint64)) {
	if s.dense {
		for w, what := range s.shown[:s.g.people.first[grade]] {
			if what != 0 {
				s.shown[w] = 0
				do(uint32(w), what)
			}
		}
		s.dense = false
	}
	for _, w := range s.seenBy {
		what := s.shown[w]
		s.shown[w] = 0
		do(w, what)
	}
	s.seenBy = s.seenBy[:0]
}

// So many entries of the front are gone through in the time that it takes to come to a list, and to one entry of it.
const listWorth, entryWorth = 64, 1

// Count counts the distinct people of some resources. Nodes that are none, or hold nobody, count nobody.
func (s *Search) Count(resources ...uint32) estate.Count {
	grade := s.union(resources, math.MaxUint32)
	var total estimate
	part := people.Share(grade)
	s.drain(grade, func(w uint32, what uint64) {
		total.add(weigh(what>>32, s.g.people.sampled(w, grade), part))
	})
	return total.count()
}

// tally counts the distinct persons of the resources among the nodes, by the estimator of estate.People: each mark of the sample stands
// for its person's share of marks.
func (s *Search) tally(nodes []uint32) estate.Tally {
	grade := s.union(nodes, math.MaxUint32)
	t := estate.Tally{States: map[phi.State]estate.Count{}, Classes: map[phi.Class]estate.Count{}}
	var total, minors, part2 estimate
	var states [phi.NumStates]estimate
	var inClass [phi.NumClasses]estimate
	part := people.Share(grade)
	s.drain(grade, func(w uint32, what uint64) {
		person := weigh(what>>32, s.g.people.sampled(w, grade), part)
		if person.seen == 0 {
			return
		}
		total.add(person)
		lives := s.g.people.States[w]
		if lives&(1<<people.MinorBit) != 0 {
			minors.add(person)
			lives &^= 1 << people.MinorBit
		}
		if what&(1<<people.Part2Bit) != 0 {
			part2.add(person)
		}
		if lives == 0 {
			lives = 1
		}
		for ; lives != 0; lives &= lives - 1 {
			states[bits.TrailingZeros64(lives)].add(person)
		}
		for c := uint32(what) &^ (1 << people.Part2Bit); c != 0; c &= c - 1 {
			inClass[bits.TrailingZeros32(c)].add(person)
		}
	})
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
	if share == 1 && shown != 0 {
		return estimate{1, 0, 1}
	}
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
