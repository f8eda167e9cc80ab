package ident

import "github.com/chartroom/chartroom/phi"

// AreaCodes knows the assigned area codes; *words.Tables does.
type AreaCodes interface {
	AreaCode(b []byte) (phi.State, bool)
}

func phoneDetectors() []Detector {
	return []Detector{
		{"phone", phi.Phone, "ITU-T E.164; ATIS-0300051 (NANP)", func(b []byte) Grade { return Phone(b, nil) },
			[]string{"212-736-5000", "(212) 736-5000", "(212)736-5000", "212.736.5000", "212 736 5000", "+1 212 736 5000", "1-212-736-5000", "+12127365000",
				"212-736-5000 x12", "212-736-5000 ext. 4321", "2127365000", "12127365000", "+44 20 7946 0958", "+49 (0)30 901820", "tel:+1-212-736-5000"},
			[]string{"212-555-0123", "555-1234", "112-736-5000", "212-136-5000", "911-736-5000", "0000000000", "1111111111", "1234567890", "212-7365-000", "2012-05-06", "+12", "212-736-50001", "12.50", "123-45-6789", "+0 123 456 7890", "212.7365000", "212736.5000", "-212.736.5000", ""}},
	}
}

// phoneScan is a telephone number without its signs.
type phoneScan struct {
	d      [16]byte
	at     [2]int // where the first two digits stand
	n      int
	groups [6]uint8 // digits in each run
	runs   int
	plus   bool
	dotted bool // nothing but dots between the digits
	ext    bool
}

// Phone grades a telephone number: North American in its usual forms, with an extension or without, and international
// with a plus. With a table of area codes (nil for none) an unassigned one makes the number Plausible; numbers for
// fiction (555-01xx) and local numbers of seven digits are Plausible, too.
func Phone(b []byte, t AreaCodes) Grade {
	if len(b) < 7 || len(b) > 40 {
		return Bad
	}
	switch {
	case len(b) == 12 && b[3] == b[7] && (b[3] == '-' || b[3] == '.') && b[0] != '+':
		g, _ := parted(b[:3], b[4:7], b[8:], t)
		return g
	case len(b) == 14 && b[0] == '(' && b[4] == ')' && b[5] == ' ' && b[9] == '-':
		if g, ok := parted(b[1:4], b[6:9], b[10:], t); ok {
			return g
		}
	}
	if string(b[:4]) == "tel:" {
		b = b[4:]
	}
	var s phoneScan
	if !s.read(b) {
		return Bad
	}
	d := s.d[:s.n]
	switch {
	case s.n == 11 && d[0] == '1' && (s.groups[0] == 1 || s.runs == 1 || s.plus):
		return assigned(s.nanp(d[1:], s.groups[0] == 1), b[s.at[1]:], t)
	case s.plus:
		return pick(s.n >= 8 && s.n <= 15 && d[0] != '0' && d[0] != '1' && !sameByte(d[2:]))
	case s.n == 10:
		return assigned(s.nanp(d, false), b[s.at[0]:], t)
	case s.n == 7 && s.runs == 2 && s.groups[0] == 3 && d[0] >= '2' && !s.ext:
		return Plausible
	}
	return Bad
}

// parted grades NNN-NNN-NNNN and (NNN) NNN-NNNN, the most frequent forms; ok is false where not all are digits.
func parted(area, exchange, line []byte, t AreaCodes) (g Grade, ok bool) {
	var s phoneScan
	copy(s.d[:3], area)
	copy(s.d[3:6], exchange)
	copy(s.d[6:], line)
	if s.n = 10; !digits(s.d[:10]) {
		return Bad, false
	}
	s.groups, s.runs = [6]uint8{3, 3, 4}, 3
	return assigned(s.nanp(s.d[:10], false), area, t), true
}

// read takes the digits out and stops at an extension; false when another character stands there.
func (s *phoneScan) read(b []byte) bool {
	inRun := false
	s.dotted = true
	for i, c := range b {
		if digit(c) {
			if s.n == len(s.d) {
				return false
			}
			if !inRun {
				if s.runs == len(s.groups) {
					return false
				}
				s.runs++
				inRun = true
			}
			if s.n < len(s.at) {
				s.at[s.n] = i
			}
			s.groups[s.runs-1]++
			s.d[s.n] = c
			s.n++
			continue
		}
		inRun = false
		switch c {
		case '.':
		case '-', '/':
			if i == 0 { // a negative number
				return false
			}
			s.dotted = false
		case ' ', '(', ')':
			s.dotted = false
		case '+':
			if i != 0 {
				return false
			}
			s.plus = true
		case 'x', 'X', 'e', 'E', '#', ',', ';':
			s.ext = true
			return s.n >= 7 && extension(b[i:])
		default:
			return false
		}
	}
	return s.n >= 7
}

// extension tells whether the bytes are a mark of an extension and its one to six digits.
func extension(b []byte) bool {
	i := 0
	for i < len(b) && !digit(b[i]) {
		switch b[i] | 0x20 {
		case 'x', 'e', 't', 'n', 's', 'i', 'o', '#', '.', ',', ' ', ':', ';', '=':
		default:
			return b[i] == '#' && i == 0
		}
		i++
	}
	return i < len(b) && i <= 12 && len(b)-i <= 6 && digits(b[i:])
}

// nanp grades the ten digits of a North American number; prefixed: a 1 stood apart before them.
func (s *phoneScan) nanp(d []byte, prefixed bool) Grade {
	g := s.groups[:s.runs]
	if prefixed {
		g = g[1:]
	}
	switch {
	case len(g) == 1, len(g) == 3 && g[0] == 3 && g[1] == 3, len(g) == 2 && g[0] == 3 && g[1] == 7 && !s.dotted:
	default:
		return Bad
	}
	if d[0] < '2' || d[3] < '2' || d[1] == '9' || d[1] == '1' && d[2] == '1' || d[4] == '1' && d[5] == '1' {
		if len(g) == 1 || sameByte(d) {
			return Bad
		}
		return Plausible
	}
	if sameByte(d) || ascending(d) {
		return Plausible
	}
	if d[3] == '5' && d[4] == '5' && d[5] == '5' && d[6] == '0' && d[7] == '1' {
		return Plausible
	}
	return Valid
}

// assigned lowers a number whose area code, at the beginning of b, the table does not know.
func assigned(g Grade, b []byte, t AreaCodes) Grade {
	if g < Valid || t == nil {
		return g
	}
	_, ok := t.AreaCode(b[:3])
	return pick(ok)
}
