package ident

import "github.com/chartroom/chartroom/phi"

func taxDetectors() []Detector {
	const irs = "IRS, taxpayer identification numbers"
	return []Detector{
		{"ssn", phi.SSN, "SSA POMS RM 10201.035", SSN,
			[]string{"123-45-6780", "536-22-8171", "536228171", "536 22 8171", "001-01-0001", "772-99-9999"},
			[]string{"078-05-1120", "078051120", "219-09-9999", "123-45-6789", "123456789", "000-12-3456", "666-12-3456", "900-12-3456",
				"987-65-4320", "123-00-4567", "123-45-0000", "111-11-1111", "999999999", "888-88-8888", "12-3456789", "536-228171", "536-22 8171", "53622817", "5362281711", "536-22-817a", ""}},
		{"itin", phi.SSN, irs, ITIN,
			[]string{"912-70-1234", "900651234", "999-93-1234"},
			[]string{"912-71-12345", "912-49-1234", "812-70-1234", "912-89-1234", ""}},
		{"ein", phi.None, irs + ", valid prefixes", EIN,
			[]string{"12-3456780", "95-1234567"},
			[]string{"07-1234567", "123456789", "12-345678", "49-1234567", "00-0000000", ""}},
	}
}

// nine gives the nine digits of AAA-GG-SSSS, AAA GG SSSS or AAAGGSSSS in one number; ok is false for another shape.
func nine(b []byte) (n int, separated, ok bool) {
	var d []byte
	var buf [9]byte
	switch len(b) {
	case 9:
		d = b
	case 11:
		if b[3] != b[6] || b[3] != '-' && b[3] != ' ' {
			return 0, false, false
		}
		copy(buf[:3], b[:3])
		copy(buf[3:5], b[4:6])
		copy(buf[5:], b[7:])
		d, separated = buf[:], true
	default:
		return 0, false, false
	}
	for _, c := range d {
		if c-'0' > 9 {
			return 0, false, false
		}
		n = n*10 + int(c-'0')
	}
	return n, separated, true
}

// SSN grades a social security number: AAA-GG-SSSS with hyphens, blanks or nothing between. Nine digits that were never
// assigned are Plausible when they are separated, since test data uses them, and Bad when not.
func SSN(b []byte) Grade {
	n, separated, ok := nine(b)
	if !ok {
		return Bad
	}
	area, group, serial := n/1_000_000, n/10_000%100, n%10_000
	if area == 0 || area == 666 || area >= 900 || group == 0 || serial == 0 {
		if separated {
			return Plausible
		}
		return Bad
	}
	switch n {
	case 78051120, 219099999, 123456789: // printed in wallets, in a pamphlet of 1940, on the keyboard
		return Plausible
	}
	return pick(n%111_111_111 != 0)
}

// ITIN grades an individual or adoption taxpayer number, which the IRS gives instead of an SSN: 9NN-GG-NNNN.
func ITIN(b []byte) Grade {
	n, _, ok := nine(b)
	if !ok || n/100_000_000 != 9 {
		return Bad
	}
	g := n / 10_000 % 100
	return pick((g >= 50 && g <= 65 || g >= 70 && g <= 88 || g >= 90 && g <= 99) && n != 999_999_999)
}

// einGap marks the prefixes that no campus of the IRS uses.
var einGap = func() (gap [100]bool) {
	for _, p := range []int{0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97} {
		gap[p] = true
	}
	return gap
}()

// EIN grades an employer identification number NN-NNNNNNN: an organisation's, except for a sole proprietor. Without its
// hyphen it cannot be told from an SSN and is Bad.
func EIN(b []byte) Grade {
	if len(b) != 10 || b[2] != '-' || !digits(b[:2]) || !digits(b[3:]) {
		return Bad
	}
	return pick(!einGap[number(b[:2])] && !sameByte(b[3:]))
}
