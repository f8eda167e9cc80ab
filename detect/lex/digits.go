package lex

import (
	"math/bits"
	"strings"
)

// digits gives how many of the eight bytes of x, from the lowest, are digits.
func digits(x uint64) int {
	y := x &^ highs
	outside := (^(y + (0x80-'0')*ones) | (y + (0x7f-'9')*ones) | x) & highs
	return bits.TrailingZeros64(outside) >> 3
}

// lexNumber reads digits. A time of a log is one token; so is a number with letters behind it, unless these are few (3rd, 5mg), an
// extension (x12), or the T of a timestamp.
func (s *Block) lexNumber(i int, g Gap) int {
	if i+8 < len(s.Text) && s.Text[i+8] == '-' && isUUID(s.Text[i:]) {
		return s.lexUUID(i, g)
	}
	end := i + 1
	for end < len(s.Text) && classes[s.Text[end]] == ClassDigit {
		end++
	}
	if end-i == 4 && end+15 < len(s.Text) && s.Text[end] == '-' {
		if stop := s.stampEnd(i); stop > 0 {
			s.Numbers = append(s.Numbers, int32(len(s.Tokens)))
			s.push(i, stop, Stamp, g)
			s.lineOdd += 3
			return stop
		}
	}
	if end < len(s.Text) && (classes[s.Text[end]] == ClassLetter || s.Text[end] == '_') {
		tail := end
		for tail < len(s.Text) && junkByte[s.Text[tail]] {
			tail++
		}
		if n := tail - end; n > 2 && s.Text[end]|0x20 != 'x' && s.Text[end] != 'T' {
			return s.lexJunk(i, tail, g)
		}
		s.Numbers = append(s.Numbers, int32(len(s.Tokens)))
		s.push(i, end, Number, g)
		return s.lexJunk(end, tail, Glued)
	}
	if g != Glued || !s.tag(i, end) {
		s.Numbers = append(s.Numbers, int32(len(s.Tokens)))
	}
	s.push(i, end, Number, g)
	return end
}

// tag tells whether the number from i to end is a short one that belongs to the word before it, as in host-3, n=17 and app[411], and
// so need not be looked at.
func (s *Block) tag(i, end int) bool {
	if end-i > 4 || i < 2 || end >= len(s.Text) || classes[s.Text[i-2]] != ClassLetter {
		return false
	}
	next := s.Text[end]
	switch s.Text[i-1] {
	case '-':
		return next != '-' && next != '/'
	case '=':
		return next != '/' && next != '-' && next != '.'
	case '[':
		return next == ']'
	}
	return false
}

// stampEnd gives the end of a time of day with its date as machines write it (ISO 8601, RFC 3339), of which the year begins
// at i: 2024-01-31T23:59:59.123+01:00, or with a blank; 0 when it is none.
func (s *Block) stampEnd(i int) int {
	const form = "0000-00-00T00:00:00"
	if i+len(form) > len(s.Text) {
		return 0
	}
	for k := 4; k < len(form); k++ {
		c := s.Text[i+k]
		switch form[k] {
		case '0':
			if classes[c] != ClassDigit {
				return 0
			}
		case 'T':
			if c != 'T' && c != ' ' && c != 't' && c != '_' {
				return 0
			}
		default:
			if c != form[k] {
				return 0
			}
		}
	}
	end := i + len(form)
	digit := func(i int) bool { return i < len(s.Text) && classes[s.Text[i]] == ClassDigit }
	for digit(end) || end < len(s.Text) && strings.IndexByte(".,+-:", s.Text[end]) >= 0 && digit(end+1) {
		end++ // fractions of a second, time zone
	}
	if end < len(s.Text) && s.Text[end]|0x20 == 'z' {
		end++
	}
	return end
}
