package ident

import "github.com/chartroom/chartroom/phi"

func drugDetectors() []Detector {
	return []Detector{
		{"ndc", phi.NDC, "21 CFR 207.33", NDC, []string{"0002-3227-30", "00002-3227-30", "50242-040-62", "60575-4112-1", "00002322730"}, []string{"0002-3227-3", "1234567890", "000-23227-30", "00002-3227", "00000000000", ""}},
		{"hcpcs", phi.Code, "CMS, HCPCS level II", HCPCS, []string{"J0592", "G0475", "H0020"}, []string{"W1234", "J059", "j0592", "99213", ""}},
		{"cpt", phi.Code, "AMA, CPT (numbers only)", CPT, []string{"99213", "0001F", "0042T", "0001U"}, []string{"9921", "992133", "0001X", "00000", ""}},
		{"revenue", phi.Code, "NUBC revenue codes", Revenue, []string{"0118", "0450"}, []string{"118", "4500", "00000", ""}},
		{"rxnorm", phi.RxNorm, "NLM RxNorm technical documentation", RxNorm, []string{"1049221", "281"}, []string{"0281", "123456789", "12a", ""}},
		{"atc", phi.Code, "WHO Collaborating Centre for Drug Statistics Methodology", ATCCode, []string{"J05AE30", "N07BC01"}, []string{"J05AE", "J5AE30", "B05AE3A", "K05AE30", ""}},
	}
}

// NDC grades a national drug code: ten digits as 4-4-2, 5-3-2 or 5-4-1, eleven as 5-4-2. Eleven digits without hyphens are
// Valid by their length alone; ten cannot be told apart and are Plausible.
func NDC(b []byte) Grade {
	var n [3]int
	part := 0
	for _, c := range b {
		switch {
		case digit(c):
			n[part]++
		case c == '-' && part < 2:
			part++
		default:
			return Bad
		}
	}
	switch {
	case part == 0 && n[0] == 11:
		return pick(!sameByte(b))
	case part == 0 && n[0] == 10:
		return Plausible
	case part == 2:
		switch n {
		case [3]int{4, 4, 2}, [3]int{5, 3, 2}, [3]int{5, 4, 1}, [3]int{5, 4, 2}:
			return Valid
		}
	}
	return Bad
}

// HCPCS grades a level II code: a letter A to V and four digits.
func HCPCS(b []byte) Grade {
	if len(b) != 5 || b[0] < 'A' || b[0] > 'V' || !digits(b[1:]) {
		return Bad
	}
	return Valid
}

// CPT grades a CPT code: five digits, or four and F, T or U. The shape of five digits is weak.
func CPT(b []byte) Grade {
	if len(b) != 5 || !digits(b[:4]) {
		return Bad
	}
	switch b[4] {
	case 'F', 'T', 'U':
		return Valid
	}
	if !digit(b[4]) {
		return Bad
	}
	return pick(number(b) >= 100)
}

// Revenue grades a revenue code: four digits with a leading 0.
func Revenue(b []byte) Grade {
	if len(b) != 4 || b[0] != '0' || !digits(b) {
		return Bad
	}
	return Valid
}

// RxNorm grades a concept number: up to eight digits without a leading zero, no check digit.
func RxNorm(b []byte) Grade {
	if len(b) < 2 || len(b) > 8 || b[0] == '0' || !digits(b) {
		return Bad
	}
	return Valid
}

// ATCCode grades a drug's code in the Anatomical Therapeutic Chemical classification at its fifth level.
func ATCCode(b []byte) Grade {
	if len(b) != 7 || !digits(b[1:3]) || !upper(b[3]) || !upper(b[4]) || !digits(b[5:]) {
		return Bad
	}
	switch b[0] {
	case 'A', 'B', 'C', 'D', 'G', 'H', 'J', 'L', 'M', 'N', 'P', 'R', 'S', 'V':
		return Valid
	}
	return Bad
}
