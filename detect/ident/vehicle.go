package ident

import "github.com/chartroom/chartroom/phi"

func vehicleDetectors() []Detector {
	return []Detector{
		{"vin", phi.Vehicle, "49 CFR 565.15", VIN,
			[]string{"1G4AH59H45G118341", "1M8GDM9AXKP042788"},
			[]string{"11111111111111111", "1G4AH59H35G118341", "1G4AH59H45G11834", "IG4AH59H45G118341", "1g4ah59h45g118341", "12345678901234567", "ABCDEFGHJKLMNPRST", ""}},
	}
}

const vinWeights = "\x08\x07\x06\x05\x04\x03\x02\x0a\x00\x09\x08\x07\x06\x05\x04\x03\x02"

// vinValues gives each character its number plus one; 0 marks characters that no VIN has.
var vinValues = func() (t [256]byte) {
	for i := range byte(10) {
		t['0'+i] = i + 1
	}
	for i, v := range []byte("12345678\x0012345\x007\x00923456789") {
		if v != 0 {
			t['A'+byte(i)] = v - '0' + 1
		}
	}
	return t
}()

// VIN grades a vehicle identification number of 1981 and later, in capitals. The check digit is North American law; one
// of another market may fail it and is Plausible.
func VIN(b []byte) Grade {
	if len(b) != 17 {
		return Bad
	}
	sum, figures := 0, 0
	for i, c := range b {
		v := vinValues[c]
		if v == 0 {
			return Bad
		}
		if digit(c) {
			figures++
		}
		sum += int(v-1) * int(vinWeights[i])
	}
	check := byte('0' + sum%11)
	if sum%11 == 10 {
		check = 'X'
	}
	year := b[9]
	switch {
	case figures == 17 && sameByte(b), figures < 3:
		return Bad
	case check != b[8] || year == 'U' || year == 'Z' || year == '0' || !digits(b[14:]):
		return Plausible
	case figures == 17: // a long number that happens to pass
		return Plausible
	}
	return Proven
}
