package lex

import "strings"

// plain tells whether the sign at i, behind the token last, is no more than that, and takes down how odd it is.
func (s *Block) plain(i int, g Gap, last *Token) bool {
	c := s.Text[i]
	switch odd := oddness[c]; {
	case odd&1 == 0:
		s.lineOdd += int(odd)
	case s.special(i, last):
		return false
	case g == Glued && (c == '.' || c == '(') && classes[s.Text[i+1]] == ClassLetter:
		s.lineOdd += 2
	}
	return true
}

// special tells whether the sign at i, behind the token last, may be more than a sign: one of an e-mail address, a URL, a host name, an IPv6
// or MAC address, a copyright, or the colon behind a label.
func (s *Block) special(i int, last *Token) bool {
	before, next := s.Text[i-1], s.Text[i+1]
	switch s.Text[i] {
	case '.':
		return strings.IndexByte("coneg", next) >= 0 || before|0x20 == 'w'
	case '(':
		return next|0x20 == 'c'
	case ':':
		if next == '/' || last.Roles&(NameLabel|CityLabel|InitialWord) != 0 {
			return true
		}
		return linkBytes[next]&hexByte != 0 && linkBytes[before]&hexByte != 0 && !s.clock(i)
	}
	return true
}

// clock tells whether the colon at i is one of a time of day: 23:59, 23:59:59.
func (s *Block) clock(i int) bool {
	first := i
	if i >= 3 && s.Text[i-3] == ':' {
		first = i - 3
	}
	if first < 3 || first+9 > len(s.Text) {
		return false
	}
	b := s.Text[first-3 : first+9]
	pair := func(k int) bool { return classes[b[k]] == ClassDigit && classes[b[k+1]] == ClassDigit }
	if !pair(1) || !pair(4) || linkBytes[b[0]]&hexByte != 0 {
		return false
	}
	end := 6
	if b[6] == ':' {
		if !pair(7) {
			return false
		}
		end = 9
	}
	return linkBytes[b[end]]&hexByte == 0
}

// lexSign reads a run of one sign. The signs of e-mail addresses and URLs are looked at closer.
func (s *Block) lexSign(i int, g Gap) int {
	c := s.Text[i]
	if odd := oddness[c]; odd != 0 {
		s.lineOdd += int(odd)
		if c == '(' && i+1 < len(s.Text) && s.Text[i+1]|0x20 == 'c' {
			s.lineRoles |= Credit // as far as a line's roles tell: (c)
		}
		end := 0
		switch c {
		case '@':
			end = s.email(i, g)
		case ':':
			if end = s.colon(i, g); end == 0 && len(s.Tokens) > 0 && s.Tokens[len(s.Tokens)-1].Has(NameLabel|CityLabel|InitialWord) {
				s.Colons = append(s.Colons, int32(len(s.Tokens)))
			}
		case '.':
			end = s.dot(i, g)
		}
		if end > 0 {
			return end
		}
		if (c == '.' || c == '(') && g == Glued && i+1 < len(s.Text) && classes[s.Text[i+1]] == ClassLetter {
			s.lineOdd += 2
		}
		s.lineOdd -= int(odd & 1)
	}
	end := i + 1
	for end < len(s.Text) && s.Text[end] == c {
		end++
	}
	s.push(i, end, Sign, g).Sign = c
	return end
}
