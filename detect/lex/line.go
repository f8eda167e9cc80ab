package lex

import "math"

// Line is a line of the block, from its first token to the first of the next.
type Line struct {
	First, End int32
	Roles      Role // of its words; Credit for a sign of copyright as well
	Bare       bool // has no capitals, and may be prose
	Code       bool // has the looks of program text or data
	Counted    bool // loud is known
	Loud       bool // most words are in capitals
}

// endLine closes the line that ends with the last token.
func (s *Block) endLine() {
	first := int32(0)
	if n := len(s.lines); n > 0 {
		first = s.lines[n-1].End
	}
	end := int32(len(s.Tokens))
	if end == first {
		return
	}
	l := Line{First: first, End: end, Roles: s.lineRoles, Code: s.lineOdd > 1 && 3*s.lineOdd > int(end-first)-s.lineOdd}
	hasCaps := len(s.Capitals) > s.lineCaps
	if !hasCaps && 6*s.lineOdd <= int(end-first) {
		fresh := s.wasLow || s.Tokens[first].Gap == EmptyLine || first == 0 || s.Closes(int(first)-1) && !s.wrapped(first)
		if s.Tokens[first].Start >= uint32(s.opens.At) {
			fresh = s.opens.Low
		}
		s.wasLow = fresh
		l.Bare = true
		if fresh {
			s.lowLine(l)
		}
	} else {
		s.wasLow = false
	}
	if s.Tokens[first].Start >= uint32(s.opens.At) {
		s.opens.At = math.MaxUint32
	}
	s.lines = append(s.lines, l)
	s.lineCaps, s.lineOdd, s.lineRoles = len(s.Capitals), 0, 0
}

// Ending is what a line tells of the one behind it.
type Ending struct {
	Low    bool // names in lower case were looked for
	Closes bool // a sentence ends with it
	Long   bool // so long that its end may be no paragraph's
	Bare   bool // it had no capitals
}

// Opens tells whether names in lower case are looked for in the next line, should it be without capitals.
func (e Ending) Opens() bool { return e.Low || e.Closes && !e.Long }

// EndingAt tells of the last line that begins before byte at.
func (s *Block) EndingAt(at int) (e Ending) {
	k := len(s.lines) - 1
	for k >= 0 && int(s.Tokens[s.lines[k].First].Start) >= at {
		k--
	}
	if k < 0 {
		return e
	}
	l := &s.lines[k]
	first, last := &s.Tokens[l.First], &s.Tokens[l.End-1]
	return Ending{Low: first.Flags&LowText != 0, Closes: last.closes(), Long: last.End-first.Start > wrapAt, Bare: l.Bare}
}

const wrapAt = 72 // bytes

// wrapped tells whether the line before the one that begins with token i is so long that its end may be no paragraph's.
func (s *Block) wrapped(i int32) bool {
	l := &s.lines[len(s.lines)-1]
	return s.Tokens[i-1].End-s.Tokens[l.First].Start > wrapAt
}

// Closes tells whether a sentence ends with token i.
func (s *Block) Closes(i int) bool { return s.At(i).closes() }

func (t *Token) closes() bool {
	return t.Is('.') || t.Is('?') || t.Is('!') || t.Is(':') || t.Is(';') || t.Kind <= link && t.Kind >= Number
}

// lowLine takes down the words of a line of prose without capitals, in which a name may stand in lower case: chat, search terms, hasty
// notes. A line that goes on the sentence of a line with capitals is none.
func (s *Block) lowLine(l Line) {
	for i := l.First; i < l.End; i++ {
		t := &s.Tokens[i]
		t.Flags |= LowText
		if t.Kind == Lower && (t.Roles&(Common|Month|Weekday|HealthStrong|healthWeak) == 0 || t.Has(Title)) && t.Len() > 1 {
			s.Lows = append(s.Lows, i)
		}
	}
}

// LineOf gives the line that token i stands in. The recognisers go forward, so the line is the one of last time or near it.
func (s *Block) LineOf(i int) *Line {
	k := min(s.lineAt, len(s.lines)-1)
	for k > 0 && s.lines[k].First > int32(i) {
		k--
	}
	for k < len(s.lines)-1 && s.lines[k].End <= int32(i) {
		k++
	}
	s.lineAt = k
	return &s.lines[k]
}
