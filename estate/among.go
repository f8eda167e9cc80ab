package estate

import (
	"math"

	"github.com/chartroom/chartroom/phi"
)

// Among counts the persons in any of the classes (0 = all persons) who live in any of the states, a set by number as in
// Person (0 = all; bit 0 asks for persons of unknown residence).
func (p *People) Among(classes phi.Classes, states uint64) Count {
	if p.Empty() {
		return Count{}
	}
	if len(p.held) > p.capacity {
		p.shrink()
	}
	share := 1.0
	if p.limit != 0 {
		share = float64(p.limit) / math.Exp2(64)
	}
	var e estimator
	for _, c := range p.clusters() {
		lives := c.states
		if lives == 0 {
			lives = 1
		}
		if (classes == 0 || c.classes&classes != 0) && (states == 0 || lives&states != 0) {
			e.add(c, share)
		}
	}
	return e.count()
}
