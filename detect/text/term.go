package text

// terms looks up the terms of sensitivity that start in text[s.from:s.to].
func (s *Scanner) terms() {
	skip := int32(-1)
	for _, i := range s.starts {
		if at := int(s.toks[i].start); at >= s.from && at < s.to && i > skip {
			skip = max(skip, s.termAt(int(i)))
		}
	}
}

// termAt matches the terms that begin with token i, the longest first, and gives the last token of the match.
func (s *Scanner) termAt(i int) int32 {
	for k := *s.lexicon.start(keyOf(s.bytes(i))) - 1; ; k++ {
		t := &s.lexicon.terms[k]
		if last := s.matches(i, t); last >= 0 {
			if !s.denied(i) {
				s.meet(t)
			}
			return int32(last)
		}
		if !t.more {
			return -1
		}
	}
}

// matches gives the last token of a term that begins with token i, or -1.
func (s *Scanner) matches(i int, t *term) int {
	for n := uint8(1); n < t.n; n++ {
		i++
		for s.at(i).is('-') || s.at(i).is('/') {
			i++
		}
		u := s.at(i)
		if u.gap == emptyLine || !u.word() && u.kind != junk && u.kind != number || keyOf(s.bytes(i)) != t.words[n] {
			return -1
		}
	}
	return i
}

// meet takes down a term. A weak one counts when another of its class is met.
func (s *Scanner) meet(t *term) {
	id := t.words[0] ^ t.words[1]<<1
	switch {
	case t.strong, s.hinted.Has(t.class) && s.hintedAt[t.class] != id:
		s.classes = s.classes.With(t.class)
	default:
		s.hinted |= 1 << t.class
		s.hintedAt[t.class] = id
	}
}

const reach = 8 // words before a term that may deny it or give it to a relative

// denied tells whether the sentence says before token i that the term does not hold, or holds for a relative.
func (s *Scanner) denied(i int) bool {
	for j, left := i-1, reach; j >= 0 && j > i-4*reach && left > 0; j-- {
		t := &s.toks[j]
		if t.is('.') && s.toks[j+1].gap != glued || t.is(';') || s.toks[j+1].gap == emptyLine {
			return false
		}
		if !t.word() {
			continue
		}
		left--
		if t.has(negation | family) {
			return true
		}
		if t.kind == lower && t.len() == 3 && string(s.bytes(j)) == "but" {
			return false
		}
	}
	return false
}
