package text

// terms counts the words of health that start in text[from:to], and looks up the terms of sensitivity.
func (s *Scanner) terms(from, to uint32) {
	skip := int32(-1)
	for _, i := range s.healthy {
		t := &s.toks[i]
		if t.start < from || t.start >= to {
			continue
		}
		switch {
		case t.has(healthStrong):
			s.health += 2
		case t.has(healthWeak):
			s.health++
		}
		if i > skip && t.has(termStart) {
			skip = max(skip, s.termAt(int(i)))
		}
	}
}

// termAt matches the terms that begin with token i, the longest first, and gives the last token of the match.
func (s *Scanner) termAt(i int) int32 {
	for k := s.toks[i].terms; ; k++ {
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
	for j, left := i-1, reach; j >= 0 && left > 0; j-- {
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
