package ident

import (
	"bytes"

	"github.com/chartroom/chartroom/phi"
)

func deviceDetectors() []Detector {
	return []Detector{
		{"udi", phi.Device, "FDA, UDI formats by issuing agency; 21 CFR 830", UDI,
			[]string{"(01)51022222233336(11)141231(17)150707(10)A213B1(21)1234", "015102222223333617150707", "+H123PARTNO1234567890120/$$420020216LOT123456789012345", "=/A9999XYZ100T0944=,000025=A99971312345600"},
			[]string{"(01)51022222233337(21)1234", "(10)A213B1", "0112345678901234", "+123", "=/A", ""}},
		{"imei", phi.Device, "3GPP TS 23.003", IMEI, []string{"490154203237518"}, []string{"490154203237519", "000000000000000", "49015420323751", "4901542032375180", ""}},
		{"iccid", phi.Device, "ITU-T E.118", ICCID, []string{"8944500102198304826"}, []string{"8944500102198304827", "7944500102198304826", "89445001", ""}},
	}
}

// UDI grades a unique device identifier in the forms of GS1, HIBCC and ICCBBA. A GS1 form whose check digit fails is Plausible.
func UDI(b []byte) Grade {
	switch {
	case len(b) > 18 && b[0] == '(' && string(b[:4]) == "(01)" && digits(b[4:18]):
		if gtin(b[4:18]) && !sameByte(b[4:18]) {
			return Proven
		}
		return Plausible
	case len(b) > 18 && b[0] == '0' && b[1] == '1' && digits(b[2:16]) && gs1Tail(b[16:]):
		return pick(gtin(b[2:16]) && !sameByte(b[2:16]))
	case len(b) >= 8 && len(b) < 80 && b[0] == '+' && letter(b[1]) && alnum(b[2]) && alnum(b[3]):
		return pick(bytes.IndexByte(b, '/') > 5)
	case len(b) > 8 && b[0] == '=' && b[1] == '/' && upper(b[2]):
		return pick(bytes.IndexByte(b[2:], '=') > 0)
	}
	return Bad
}

// gs1Tail tells whether an application identifier of a device's label follows: date, lot or serial number.
func gs1Tail(b []byte) bool {
	if len(b) < 3 {
		return false
	}
	switch string(b[:2]) {
	case "11", "17":
		return len(b) >= 8 && digits(b[2:8]) && number(b[4:6]) <= 12
	case "10", "21":
		return alnum(b[2])
	}
	return false
}

// IMEI grades a mobile device's number: fifteen digits, Luhn.
func IMEI(b []byte) Grade {
	if len(b) != 15 || !digits(b) {
		return Bad
	}
	return pick(Luhn(b) && !sameByte(b))
}

// ICCID grades a SIM card's number: 19 or 20 digits that begin with 89, Luhn.
func ICCID(b []byte) Grade {
	if len(b) < 19 || len(b) > 20 || b[0] != '8' || b[1] != '9' || !digits(b) {
		return Bad
	}
	if !Luhn(b) {
		return Plausible
	}
	return Proven
}
