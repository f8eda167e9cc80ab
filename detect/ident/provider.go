package ident

import "github.com/chartroom/chartroom/phi"

func providerDetectors() []Detector {
	return []Detector{
		{"npi", phi.NPI, "45 CFR 162.406; CMS, NPI check digit", NPI,
			[]string{"1234567893", "1003000126", "2000000002"},
			[]string{"1234567890", "3234567893", "123456789", "12345678931", "1111111111", "123456789a", ""}},
		{"dea", phi.License, "21 CFR 1301; DEA registration record layout", DEA,
			[]string{"AB1234563", "F91234563", "BB1388568", "AB1234563-12C"},
			[]string{"AB1234560", "CB1234563", "A11234563", "AB123456", "ab1234563", "AB1234563-", ""}},
		{"clia", phi.None, "CMS form CMS-116", CLIA, []string{"05D1234567", "32Z0000001"}, []string{"05E1234567", "5D1234567", "05D0000000", "99D12345678", ""}},
		{"ccn", phi.None, "CMS State Operations Manual 2779A", CCN, []string{"050454", "33S123", "671300"}, []string{"000454", "05045", "ABCDEF", "0504545", "000000", ""}},
		{"upin", phi.None, "CMS, unique physician identification number (until 2007)", UPIN, []string{"A12345", "H98765"}, []string{"12345", "A1234", "AB1234", "A00000", ""}},
		{"taxonomy", phi.Code, "NUCC health care provider taxonomy", Taxonomy, []string{"207Q00000X", "261QM2800X", "2084P0800X"}, []string{"207Q00000Y", "207Q00000", "AAAAAAAAAX", "0000000000", ""}},
	}
}

// NPI grades a National Provider Identifier: ten digits, the first 1 or 2, Luhn over 80840 and the number.
// One in ten random numbers passes.
func NPI(b []byte) Grade {
	if len(b) != 10 || b[0] != '1' && b[0] != '2' {
		return Bad
	}
	s := luhnSum(b)
	if s < 0 {
		return Bad
	}
	return pick((s+24)%10 == 0 && !sameByte(b)) // 24 is the Luhn sum of 80840 before ten digits
}

// DEA grades a registration number of the Drug Enforcement Administration; a hospital's may carry a hyphen and up to
// seven characters for the prescriber. One in ten random numbers passes.
func DEA(b []byte) Grade {
	if len(b) < 9 || !upper(b[0]) || !upper(b[1]) && b[1] != '9' || !digits(b[2:9]) {
		return Bad
	}
	if len(b) > 9 {
		if b[9] != '-' || len(b) < 11 || len(b) > 17 {
			return Bad
		}
		for _, c := range b[10:] {
			if !alnum(c) {
				return Bad
			}
		}
	}
	switch b[0] {
	case 'A', 'B', 'F', 'G', 'M', 'P', 'R', 'X':
	default:
		return Bad
	}
	d := b[2:9]
	sum := int(d[0]+d[2]+d[4]-3*'0') + 2*int(d[1]+d[3]+d[5]-3*'0')
	return pick(sum%10 == int(d[6]-'0') && !sameByte(d))
}

// CLIA grades a laboratory's certificate number: two digits, D (Z where a State runs the scheme), seven digits.
func CLIA(b []byte) Grade {
	if len(b) != 10 || !digits(b[:2]) || b[2] != 'D' && b[2] != 'Z' || !digits(b[3:]) {
		return Bad
	}
	return pick(!sameByte(b[3:]))
}

// CCN grades a CMS certification number of a facility: State (2 digits), then the kind of facility; a letter in
// the third place means an excluded unit. The shape is weak: use it in a column of that name.
func CCN(b []byte) Grade {
	if len(b) != 6 || !digits(b[:2]) || !digits(b[3:]) || !digit(b[2]) && !upper(b[2]) {
		return Bad
	}
	state := number(b[:2])
	return pick(state >= 1 && state <= 99 && !sameByte(b))
}

// UPIN grades a physician's number as used until 2007: a letter and five digits.
func UPIN(b []byte) Grade {
	if len(b) != 6 || !upper(b[0]) || !digits(b[1:]) {
		return Bad
	}
	return pick(!sameByte(b[1:]))
}

// Taxonomy grades a provider taxonomy code: three digits, capitals and digits to the tenth, which is X.
func Taxonomy(b []byte) Grade {
	if len(b) != 10 || b[9] != 'X' || !digits(b[:3]) {
		return Bad
	}
	for _, c := range b[3:9] {
		if !digit(c) && !upper(c) {
			return Bad
		}
	}
	return Valid
}
