package ident

import "github.com/chartroom/chartroom/phi"

func travelDetectors() []Detector {
	return []Detector{
		{"passport", phi.License, "US Department of State, passport book numbers", Passport, []string{"A12345678", "C98765432"}, []string{"123456789", "AB1234567", "A1234567", "A00000000", ""}},
		{"mrz", phi.License, "ICAO Doc 9303", MRZ, []string{"L898902C36UTO7408122F1204159ZE184226B<<<<<10"}, []string{"L898902C37UTO7408122F1204159ZE184226B<<<<<10", "P<USADOE<<JANE<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", ""}},
		{"alien_number", phi.License, "USCIS, alien registration number", AlienNumber, []string{"A123456780", "A12345670"}, []string{"B12345678", "A123456", "A000000000", ""}},
		{"uscis_receipt", phi.License, "USCIS, receipt notice numbers", Receipt, []string{"EAC2190012345", "IOE0912345678"}, []string{"ABC2190012345", "EAC219001234", ""}},
		{"va_icn", phi.MRN, "Department of Veterans Affairs, integration control number", ICN, []string{"1012667145V762142"}, []string{"1012667145X762142", "1012667145V76214", "0000000000V000000", ""}},
	}
}

// Passport grades a US passport book number of the newer form, a letter and eight digits. Nine bare digits, the
// older form, cannot be told from other numbers and are Plausible.
func Passport(b []byte) Grade {
	if len(b) != 9 || !digits(b[1:]) {
		return Bad
	}
	switch {
	case upper(b[0]):
		return pick(!sameByte(b[1:]))
	case digit(b[0]):
		return Plausible
	}
	return Bad
}

// MRZ grades the second line of a passport's machine readable zone: 44 characters, four check digits and one over all.
func MRZ(b []byte) Grade {
	if len(b) != 44 {
		return Bad
	}
	for _, c := range b {
		if !digit(c) && !upper(c) && c != '<' {
			return Bad
		}
	}
	if !digit(b[9]) || !digit(b[19]) || !digit(b[27]) || !digit(b[43]) || !digits(b[13:19]) {
		return Bad
	}
	ok := mrzSum(b[:9]) == int(b[9]-'0') && mrzSum(b[13:19]) == int(b[19]-'0') && mrzSum(b[21:27]) == int(b[27]-'0')
	if !ok {
		return Plausible
	}
	return Proven
}

// mrzSum weighs the characters 7, 3, 1 with A = 10 and < = 0.
func mrzSum(b []byte) int {
	sum := 0
	for i, c := range b {
		v := 0
		switch {
		case digit(c):
			v = int(c - '0')
		case upper(c):
			v = int(c-'A') + 10
		}
		sum += v * int("\x07\x03\x01"[i%3])
	}
	return sum % 10
}

// AlienNumber grades an alien registration number: A and seven to nine digits.
func AlienNumber(b []byte) Grade {
	if len(b) < 8 || len(b) > 10 || b[0] != 'A' || !digits(b[1:]) {
		return Bad
	}
	return pick(!sameByte(b[1:]))
}

// Receipt grades a receipt number of the immigration service: three letters of a service centre and ten digits.
func Receipt(b []byte) Grade {
	if len(b) != 13 || !digits(b[3:]) {
		return Bad
	}
	switch string(b[:3]) {
	case "EAC", "WAC", "LIN", "SRC", "MSC", "NBC", "IOE", "YSC":
		return pick(!sameByte(b[3:]))
	}
	return Bad
}

// ICN grades the VA's integration control number of a patient: ten digits, V, six digits.
func ICN(b []byte) Grade {
	if len(b) != 17 || b[10] != 'V' || !digits(b[:10]) || !digits(b[11:]) {
		return Bad
	}
	return pick(!sameByte(b[:10]))
}
