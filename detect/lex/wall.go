package lex

import "math"

// Most rules look at what stands beside a token, and what a line says is the same wherever the line stands if no rule looks over its ends. So there are
// walls at the ends of lines, but where the two lines are tied: a label that ends with a colon has its value on the next line, "and" goes on a list. At
// gives nothing beyond a wall. The few rules that look further all the same do so by Reach, or by the tokens themselves, and note where the text ended
// on them.

// MaxLook is how far any rule looks over walls, in bytes.
const MaxLook = 300

// Divide puts walls where tied says that no rule looks from a line, of which the bytes end with its last token and blanks, into the text behind it, or back.
func (s *Block) Divide(tied func(line, next []byte) bool) {
	s.walls = s.walls[:0]
	for k := 1; k < len(s.lines); k++ {
		l := &s.lines[k-1]
		next := s.Tokens[l.End].Start
		if !tied(s.Text[s.Tokens[l.First].Start:next], s.Text[next:]) {
			s.walls = append(s.walls, l.End)
		}
	}
	s.closeWalls()
}

// closeWalls puts the last wall, behind which there are no tokens. One is left beyond it, so that Enter finds a place for whatever it is asked.
func (s *Block) closeWalls() {
	s.walls = append(s.walls, int32(len(s.Tokens)), math.MaxInt32)
	s.wall, s.lo, s.hi = 0, 0, int(s.walls[0])
}

// Enter makes At give the tokens that stand between the same walls as token i, and no others.
func (s *Block) Enter(i int) {
	if i < s.lo || i >= s.hi {
		s.enter(i)
	}
}

func (s *Block) enter(i int) {
	k := s.wall
	for k > 0 && int(s.walls[k-1]) > i {
		k--
	}
	for int(s.walls[k]) <= i {
		k++
	}
	s.wall, s.lo, s.hi = k, 0, min(int(s.walls[k]), len(s.Tokens))
	if k > 0 {
		s.lo = int(s.walls[k-1])
	}
}

// Reach lets At go on behind the wall that stands before token i, up to the next one, and tells whether it did. Where the text ends there, that is
// noted. Return closes what was opened.
func (s *Block) Reach(i int) bool {
	if i < s.hi {
		return false
	}
	if i >= len(s.Tokens) {
		s.Leaned = true
		return false
	}
	lo := s.lo
	s.enter(i)
	s.lo = lo
	return true
}

// Return makes At give what Enter made it give.
func (s *Block) Return(i int) { s.enter(i) }
