package ident

import (
	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

// Syntax gives the check of the values of a column of a kind, which may have come by way of a spreadsheet; nil where any value will do.
func Syntax(k phi.Kind, w *words.Tables) func([]byte) bool {
	switch k {
	case phi.SSN:
		return func(v []byte) bool { return SSN(TrimFloat(v)) >= Valid }
	case phi.NPI:
		return func(v []byte) bool { return NPI(TrimFloat(v)) >= Valid }
	case phi.Phone, phi.Fax:
		return func(v []byte) bool { return Phone(v, w) >= Valid }
	case phi.Email:
		return func(v []byte) bool { return Email(v) >= Plausible }
	case phi.Date, phi.DateOfBirth:
		return func(v []byte) bool { return Date(v) >= Plausible }
	case phi.ZIP:
		return func(v []byte) bool { return ZIP(TrimFloat(v)) >= Valid }
	case phi.IP:
		return func(v []byte) bool { return IPv4(v) >= Valid || IPv6(v) >= Valid }
	case phi.URL:
		return func(v []byte) bool { return URL(v) >= Valid }
	case phi.Vehicle:
		return func(v []byte) bool { return VIN(v) >= Valid }
	}
	return nil
}

// Number tells whether a value of digits and signs is a number: -1.5e3 without the exponent, 1,234.56.
func Number(v []byte) bool {
	if v[0] == '-' || v[0] == '+' {
		v = v[1:]
	}
	dots := 0
	for i, c := range v {
		switch {
		case c-'0' < 10:
		case c == '.' && dots == 0:
			dots++
		case c == ',' && i > 0 && dots == 0:
		default:
			return false
		}
	}
	return len(v) > 0
}
