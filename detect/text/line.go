package text

// line is a line of the block, from its first token to the first of the next.
type line struct {
	first, end int32
	code       bool // has the looks of program text or data
	counted    bool // loud is known
	loud       bool // most words are in capitals
}

// endLine closes the line that ends with the last token.
func (s *Scanner) endLine() {
	first := int32(0)
	if n := len(s.lines); n > 0 {
		first = s.lines[n-1].end
	}
	end := int32(len(s.toks))
	if end == first {
		return
	}
	l := line{first: first, end: end, code: s.lineOdd > 1 && 3*s.lineOdd > int(end-first)-s.lineOdd}
	hasCaps := len(s.caps) > s.lineCaps
	if !hasCaps && 6*s.lineOdd <= int(end-first) {
		fresh := s.wasLow || s.toks[first].gap == emptyLine || first == 0 || s.closes(int(first)-1) && !s.wrapped(first)
		s.wasLow = fresh
		if fresh {
			s.lowLine(l)
		}
	} else {
		s.wasLow = false
	}
	s.lines = append(s.lines, l)
	s.lineCaps, s.lineOdd = len(s.caps), 0
}

// wrapped tells whether the line before the one that begins with token i is so long that its end may be no paragraph's.
func (s *Scanner) wrapped(i int32) bool {
	l := &s.lines[len(s.lines)-1]
	return s.toks[i-1].end-s.toks[l.first].start > 72
}

// closes tells whether a sentence ends with token i.
func (s *Scanner) closes(i int) bool {
	t := s.at(i)
	return t.is('.') || t.is('?') || t.is('!') || t.is(':') || t.is(';') || t.kind <= link && t.kind >= number
}

// lowLine takes down the words of a line of prose without capitals, in which a name may stand in lower case: chat, search terms, hasty
// notes. A line that goes on the sentence of a line with capitals is none.
func (s *Scanner) lowLine(l line) {
	for i := l.first; i < l.end; i++ {
		t := &s.toks[i]
		t.flags |= lowText
		if t.kind == lower && (t.roles&(common|month|weekday|healthStrong|healthWeak) == 0 || t.has(title)) && t.len() > 1 {
			s.lows = append(s.lows, i)
		}
	}
}

// lineOf gives the line that token i stands in. The recognisers go forward, so the line is the one of last time or near it.
func (s *Scanner) lineOf(i int) *line {
	k := min(s.lineAt, len(s.lines)-1)
	for k > 0 && s.lines[k].first > int32(i) {
		k--
	}
	for k < len(s.lines)-1 && s.lines[k].end <= int32(i) {
		k++
	}
	s.lineAt = k
	return &s.lines[k]
}
