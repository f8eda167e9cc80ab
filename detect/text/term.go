package text

import "github.com/chartroom/chartroom/detect/lex"

// count takes down the words of health and the terms of sensitivity that start in text[from:to]. What it is asked for rises, block by block.
func (s *Scanner) count(from, to int) {
	on := s.on
	for ; s.token < len(on.Tokens) && int(on.Tokens[s.token].Start) < to; s.token++ {
		if t := &on.Tokens[s.token]; int(t.Start) >= from {
			s.health += t.Roles.Weight()
		}
	}
	for ; s.term < len(on.TermStarts); s.term++ {
		i := int(on.TermStarts[s.term])
		if at := int(on.Tokens[i].Start); at >= to {
			break
		} else if at < from || i <= s.within {
			continue
		}
		if t, last := on.TermAt(i); t != nil {
			s.within = last
			if !on.denied(i) {
				s.meet(t)
			}
		}
	}
}

// meet takes down a term. A weak one counts when another of its class is met.
func (s *Scanner) meet(t *lex.Term) {
	id := t.ID()
	switch {
	case t.Strong, s.hinted.Has(t.Class) && s.hintedAt[t.Class] != id:
		s.classes = s.classes.With(t.Class)
	default:
		s.hinted |= 1 << t.Class
		s.hintedAt[t.Class] = id
	}
}

const reach = 8 // words before a term that may deny it or give it to a relative

// denied tells whether the sentence says before token i that the term does not hold, or holds for a relative.
func (s finder) denied(i int) bool {
	for j, left := i-1, reach; j >= 0 && j > i-4*reach && left > 0; j-- {
		t := &s.Tokens[j]
		if t.Is('.') && s.Tokens[j+1].Gap != lex.Glued || t.Is(';') || s.Tokens[j+1].Gap == lex.EmptyLine {
			return false
		}
		if !t.Word() {
			continue
		}
		left--
		if t.Has(lex.Negation | lex.Family) {
			return true
		}
		if t.Kind == lex.Lower && t.Len() == 3 && string(s.Bytes(j)) == "but" {
			return false
		}
	}
	return false
}
