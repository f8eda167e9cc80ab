package ident

import "github.com/chartroom/chartroom/phi"

func medicareDetectors() []Detector {
	return []Detector{
		{"mbi", phi.HealthPlanID, "CMS, Understanding the Medicare Beneficiary Identifier format", MBI,
			[]string{"1EG4-TE5-MK73", "1EG4TE5MK73", "9AA9AA9AA99"},
			[]string{"1S00-E00-AA00", "1S00E00AA00", "1EG4-TE5-MK7", "0EG4TE5MK73", "1EG4TE5MKX3", "1EG4 TE5 MK73", "ABCDEFGHIJK", "12345678901", ""}},
		{"hicn", phi.HealthPlanID, "SSA POMS GN 01050.005", HICN,
			[]string{"536228171A", "536-22-8171B1", "536228171C9", "536228171TA"},
			[]string{"536228171Z", "000228171A", "536228171", "536228171AAA", "123456789A", ""}},
		{"rrb", phi.HealthPlanID, "Railroad Retirement Board claim numbers", RRB,
			[]string{"A123456", "MA536228171", "WCD536228171"},
			[]string{"B123456", "A12345", "A000000", "ZZ123456", ""}},
		{"medicaid_ny", phi.HealthPlanID, "New York State Department of Health, Client Identification Number", medicaidNY,
			[]string{"AB12345C", "WE34567K"}, []string{"A123456C", "AB123456", "ab12345c", "AA00000A", ""}},
	}
}

// mbiAlpha marks the letters that CMS uses: all but S, L, O, I, B, Z.
var mbiAlpha = func() (t [256]bool) {
	for c := byte('A'); c <= 'Z'; c++ {
		t[c] = true
	}
	for _, c := range []byte("SLOIBZ") {
		t[c] = false
	}
	return t
}()

// mbiTypes are the character types by position: c = 1-9, n = digit, a = letter, x = either.
const mbiTypes = "caxnaxnaann"

// MBI grades a Medicare Beneficiary Identifier, with or without the hyphens of the card (4-3-4). Capitals only.
// A letter that CMS does not use makes it Plausible: test data is written that way.
func MBI(b []byte) Grade {
	if len(b) == 13 {
		if b[4] != '-' || b[8] != '-' {
			return Bad
		}
	} else if len(b) != 11 {
		return Bad
	}
	grade, at := Valid, 0
	for i, c := range b {
		if len(b) == 13 && (i == 4 || i == 8) {
			continue
		}
		t := mbiTypes[at]
		at++
		switch {
		case digit(c):
			if t == 'a' || t == 'c' && c == '0' {
				return Bad
			}
		case upper(c):
			if t == 'c' || t == 'n' {
				return Bad
			}
			if !mbiAlpha[c] {
				grade = Plausible
			}
		default:
			return Bad
		}
	}
	return grade
}

// HICN grades a health insurance claim number, used until 2019: the wage earner's SSN and a beneficiary code.
// It holds an SSN.
func HICN(b []byte) Grade {
	n := 9
	if len(b) > 3 && b[3] == '-' {
		n = 11
	}
	if len(b) <= n || len(b) > n+2 {
		return Bad
	}
	code := b[n:]
	if !upper(code[0]) || len(code) == 2 && !alnum(code[1]) {
		return Bad
	}
	known := false
	switch code[0] {
	case 'A', 'B', 'C', 'D', 'E', 'F', 'J', 'K', 'M', 'T', 'W':
		known = len(code) == 1 || digit(code[1]) || code[0] != 'A' && upper(code[1])
	}
	if g := SSN(b[:n]); g < Valid || !known {
		return min(g, Plausible)
	}
	return Valid
}

// RRB grades a claim number of the Railroad Retirement Board: a prefix and 6 or 9 digits.
func RRB(b []byte) Grade {
	i := 0
	for i < len(b) && upper(b[i]) {
		i++
	}
	rest := b[i:]
	if i == 0 || i > 3 || len(rest) != 6 && len(rest) != 9 || !digits(rest) {
		return Bad
	}
	switch string(b[:i]) {
	case "A", "CA", "H", "JA", "MA", "MH", "PA", "PD", "PH", "WA", "WCA", "WCD", "WCH", "WD", "WH":
		return pick(!sameByte(rest))
	}
	return Bad
}

// medicaidNY grades the form that is confirmed by the State: two letters, five digits, a letter.
func medicaidNY(b []byte) Grade {
	if len(b) != 8 || !upper(b[0]) || !upper(b[1]) || !digits(b[2:7]) || !upper(b[7]) {
		return Bad
	}
	return pick(!sameByte(b[2:7]))
}
