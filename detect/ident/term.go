package ident

import "github.com/chartroom/chartroom/phi"

func termDetectors() []Detector {
	return []Detector{
		{"loinc", phi.LOINC, "LOINC Users' Guide", LOINC, []string{"2339-0", "8302-2", "72166-2", "11491-6", "100019-9"}, []string{"2339-1", "2339", "1234567-8", "-0", "02339-0", "2339-00", ""}},
		{"snomed", phi.SNOMED, "SNOMED CT Release File Specifications", SNOMED, []string{"73211009", "38341003", "10939881000119105", "185347001"}, []string{"73211008", "07321100", "73211", "12345678", "111111111", ""}},
	}
}

// LOINC grades a LOINC code: one to six digits, a hyphen and the Luhn digit. One in ten random ones passes. Fourteen old
// codes have a wrong digit and pass, too.
func LOINC(b []byte) Grade {
	n := len(b)
	if n < 3 || n > 8 || b[n-2] != '-' || !digit(b[n-1]) || !digits(b[:n-2]) || b[0] == '0' {
		return Bad
	}
	var d [7]byte
	copy(d[:], b[:n-2])
	d[n-2] = b[n-1]
	if Luhn(d[:n-1]) {
		return Valid
	}
	switch string(b) {
	case "11491-6", "11501-6", "5895-7", "5896-5", "5897-3", "5928-1", "6028-3", "6415-5", "6580-7", "6645-7", "6646-5", "6647-3", "6648-1", "6649-9":
		return Valid
	}
	return Plausible
}

// SNOMED grades a SNOMED CT identifier: 6 to 18 digits, a known partition, Verhoeff. Six in a thousand random ones pass.
func SNOMED(b []byte) Grade {
	n := len(b)
	if n < 6 || n > 18 || b[0] == '0' || !digits(b) {
		return Bad
	}
	p, q := b[n-3], b[n-2]
	if p > '1' || q > '2' || p == '1' && n < 11 || !Verhoeff(b) || sameByte(b) {
		return Plausible
	}
	return Proven
}
