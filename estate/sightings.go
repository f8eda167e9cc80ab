package estate

import (
	"iter"

	"github.com/chartroom/chartroom/phi"
)

// Sighting is what all records together say beside one mark of a sketch.
type Sighting struct {
	Mark    Mark
	Links   []Mark    // other marks of the records, ascending; do not change them
	Births  [2]uint32 // the smallest dates of birth, 0 = none; two are enough to know a contradiction
	States  uint64
	Classes phi.Classes
	Minor   bool
	Part2   bool
}

// Sightings gives what the sketch holds, by mark, ascending. Marks from the limit on are not held; 0 = all are.
func (p *People) Sightings() (limit uint64, all iter.Seq[*Sighting]) {
	if p == nil {
		return 0, func(func(*Sighting) bool) {}
	}
	p.shrink()
	return p.limit, func(yield func(*Sighting) bool) {
		for _, m := range p.marks() {
			s := p.held[m]
			if !yield(&Sighting{m, s.links[:s.n:s.n], s.births, s.states, s.classes, s.minor, s.part2}) {
				return
			}
		}
	}
}
