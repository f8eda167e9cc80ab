package ident

import "github.com/chartroom/chartroom/phi"

func diagnosisDetectors() []Detector {
	return []Detector{
		{"icd10", phi.ICD10, "ICD-10-CM Official Guidelines", ICD10, []string{"E11.9", "E119", "S72.001A", "U07.1", "C4A.0", "O9A.53", "F11.20", "Z38", "T40.2X5A"}, []string{"E1", "E11.", "11.9", "EE1.9", "e11.9", "E11.90000", "E11,9", "E1A", ""}},
		{"icd10pcs", phi.ICD10, "ICD-10-PCS Official Guidelines", ICD10PCS, []string{"0DTJ4ZZ", "HZ2ZZZZ", "4A023N7"}, []string{"0DTJ4Z", "0DTI4ZZ", "0dtj4zz", "ABCDEFG", "1234567", ""}},
		{"icd9", phi.Code, "ICD-9-CM Official Guidelines", ICD9, []string{"250.00", "042", "V08", "V15.82", "E950.0", "305.1", "25000"}, []string{"25", "250.000", "250.", "A12", "V8", "E95", "250,00", ""}},
	}
}

// ICD10 grades a diagnosis code of ICD-10-CM or of the WHO's ICD-10, with the dot or without, in capitals.
func ICD10(b []byte) Grade {
	if len(b) < 3 || len(b) > 8 || !upper(b[0]) || !digit(b[1]) || !digit(b[2]) && !thirdLetter(b[0], b[1], b[2]) {
		return Bad
	}
	rest := b[3:]
	if len(rest) > 0 && rest[0] == '.' {
		rest = rest[1:]
		if len(rest) == 0 {
			return Bad
		}
	}
	if len(rest) > 4 {
		return Bad
	}
	for _, c := range rest {
		if !digit(c) && !upper(c) {
			return Bad
		}
	}
	return Valid
}

// thirdLetter knows the categories of ICD-10-CM whose third character is a letter.
func thirdLetter(a, b, c byte) bool {
	switch string([]byte{a, b, c}) {
	case "C4A", "C7A", "C7B", "D3A", "M1A", "O9A", "Z3A":
		return true
	}
	return false
}

// ICD10PCS grades a procedure code: exactly seven capitals and digits without I and O, with a letter and a digit.
func ICD10PCS(b []byte) Grade {
	if len(b) != 7 {
		return Bad
	}
	figures := 0
	for _, c := range b {
		switch {
		case digit(c):
			figures++
		case !upper(c) || c == 'I' || c == 'O':
			return Bad
		}
	}
	if figures == 7 {
		return Plausible
	}
	switch b[0] { // the sections
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'B', 'C', 'D', 'F', 'G', 'H', 'X':
		return pick(figures > 0 || b[0] == 'H' || b[0] == 'G')
	}
	return Bad
}

// ICD9 grades a diagnosis code of ICD-9-CM: three digits, V and two digits or E and three digits, then up to two more (E:
// one), with the dot or without. Three to five bare digits are a weak shape: use it in a column known to hold codes.
func ICD9(b []byte) Grade {
	if len(b) < 3 {
		return Bad
	}
	head, tail := 3, 2
	if b[0] == 'E' {
		head, tail = 4, 1
	}
	if len(b) < head || !digit(b[0]) && b[0] != 'V' && b[0] != 'E' || !digits(b[1:head]) {
		return Bad
	}
	rest := b[head:]
	if len(rest) > 0 && rest[0] == '.' {
		rest = rest[1:]
		if len(rest) == 0 {
			return Bad
		}
	}
	if len(rest) > tail || len(rest) > 0 && !digits(rest) {
		return Bad
	}
	return Valid
}
