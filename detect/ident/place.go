package ident

import "github.com/chartroom/chartroom/phi"

func placeDetectors() []Detector {
	return []Detector{
		{"zip", phi.ZIP, "USPS Publication 28", ZIP, []string{"02115", "90210-1234", "902101234"}, []string{"00000", "00100", "99999", "9021", "90210-12", "9021O", "90210 1234", ""}},
		{"coordinate", phi.None, "ISO 6709", Coordinate, []string{"42.3601", "-71.0589", "-122.41942"}, []string{"42.36", "200.1234", "42", "42,3601", "--1.2345", ""}},
	}
}

// ZIP grades a ZIP code, with or without the four digits behind it. Five digits in the range that is in use are Valid,
// which half of all random ones are, too.
func ZIP(b []byte) Grade {
	switch len(b) {
	case 5, 9:
	case 10:
		if b[5] != '-' || !digits(b[6:]) {
			return Bad
		}
	default:
		return Bad
	}
	if !digits(b[:5]) || len(b) == 9 && !digits(b[5:]) {
		return Bad
	}
	z := number(b[:5])
	return pick(z >= 501 && z <= 99950 && z != 12345)
}

// Coordinate grades a latitude or longitude in degrees with at least four decimals, about ten metres.
func Coordinate(b []byte) Grade {
	d := b
	if len(d) > 0 && d[0] == '-' {
		d = d[1:]
	}
	i := 0
	for i < len(d) && digit(d[i]) {
		i++
	}
	if i == 0 || i > 3 || len(d)-i < 5 || len(d) > 24 || d[i] != '.' || !digits(d[i+1:]) || number(d[:i]) > 180 {
		return Bad
	}
	return Valid
}
