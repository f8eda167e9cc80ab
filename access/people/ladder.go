package people

import (
	"math"
	"sort"

	"github.com/chartroom/chartroom/estate"
)

// Marks are spread evenly, so those under a bound are a sample. Bounds are graded, eight Grades an octave: a grade takes a byte, and
// whoever rounds a bound down to one loses at most 9 % of the sample. Grade 0 is everything.
const (
	octave = 8
	Grades = 256
)

// ladder holds for each grade the bound that its marks are under; 0 = none.
type ladder [Grades]uint64

func newLadder() *ladder {
	l := new(ladder)
	for g := 1; g < Grades; g++ {
		l[g] = uint64(math.Exp2(64 - float64(g)/octave))
	}
	return l
}

// Share is the part of all marks that are under the bound of a grade.
func Share(grade uint8) float64 { return math.Exp2(-float64(grade) / octave) }

// of gives the highest grade whose bound a mark is under.
func (l *ladder) of(m estate.Mark) uint8 {
	return uint8(sort.Search(Grades-1, func(g int) bool { return uint64(m) >= l[g+1] }))
}

// under gives the lowest grade whose bound is at most the limit; 0 is no limit.
func (l *ladder) under(limit uint64) uint8 {
	if limit == 0 {
		return 0
	}
	return uint8(min(Grades-1, 1+sort.Search(Grades-1, func(g int) bool { return l[g+1] <= limit })))
}
