package text

import "github.com/chartroom/chartroom/detect/lex"

// saidTerm is a term of sensitivity that a text says of its subject, and where.
type saidTerm struct {
	term *lex.Term
	at   int
}

// terms finds the terms of sensitivity that the block says of its subject.
func (s *Scanner) terms() {
	s.said = s.said[:0]
	within := -1 // the last token of the last term
	for _, n := range s.on.TermStarts {
		i := int(n)
		if i <= within {
			continue
		}
		if t, last := s.on.TermAt(i); t != nil {
			within = last
			if !s.on.denied(i) {
				s.said = append(s.said, saidTerm{t, int(s.on.Tokens[i].Start)})
			}
		}
	}
}

// count takes down the words of health and the terms of sensitivity that start in text[from:to]. What it is asked for rises, block by block.
func (k *walk) count(from, to int) {
	s := k.Scanner
	for ; s.healthy < len(s.on.Healthy); s.healthy++ {
		t := &s.on.Tokens[s.on.Healthy[s.healthy]]
		if int(t.Start) >= to {
			break
		}
		if int(t.Start) >= from {
			s.health += t.Roles.Weight()
		}
	}
	for ; s.term < len(s.said) && s.said[s.term].at < to; s.term++ {
		if said := &s.said[s.term]; said.at >= from {
			k.meet(said.term, said.at)
		}
	}
}

// meet takes down a term. A weak one counts when another of its class is met.
func (k *walk) meet(t *lex.Term, at int) {
	s, id := k.Scanner, t.ID()
	if !t.Strong && !(s.hinted.Has(t.Class) && s.hintedAt[t.Class] != id) {
		s.hinted |= 1 << t.Class
		s.hintedAt[t.Class] = id
		return
	}
	s.classes = s.classes.With(t.Class)
	if k.w.Class != nil {
		k.w.Class(t.Class, at)
	}
}

const reach = 8 // words before a term that may deny it or give it to a relative

// denied tells whether the sentence says before token i that the term does not hold, or holds for a relative.
func (s finder) denied(i int) bool {
	s.Leaned = s.Leaned || i == 0
	for j, left := i-1, reach; j >= 0 && j > i-4*reach && left > 0; j-- {
		t := &s.Tokens[j]
		if s.Tokens[i].Start-t.Start > lex.MaxLook {
			return false
		}
		if t.Is('.') && s.Tokens[j+1].Gap != lex.Glued || t.Is(';') || s.Tokens[j+1].Gap == lex.EmptyLine {
			return false
		}
		s.Leaned = s.Leaned || j == 0
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
