// Package ident knows how identifiers are built: one file an identifier or a family of them, each with its structure,
// its check digits, the fillers that stand for nobody, and examples of what is one and what is not.
//
// Every check is a pure function of the bytes, allocates nothing, and judges the whole value: a blank before or after
// makes it another value, unless the function's comment says otherwise (Trim takes them off).
package ident

import "github.com/chartroom/chartroom/phi"

// Grade is how well a value fits an identifier.
type Grade uint8

// The grades, in rising order.
const (
	Bad       Grade = iota // not one
	Plausible              // the shape is right, but a rule fails, or it is a well-known filler or sample
	Valid                  // shape and structure rules hold, a weak check digit too if there is one
	Proven                 // random strings of the shape pass less than once in a hundred
)

// String gives the grade's name.
func (g Grade) String() string {
	if int(g) < len(gradeNames) {
		return gradeNames[g]
	}
	return "bad"
}

var gradeNames = [...]string{"bad", "plausible", "valid", "proven"}

// Detector is one identifier: its check, where its rules come from, and examples that prove the check.
type Detector struct {
	Name   string
	Kind   phi.Kind // what a value that passes is; None for shapes that are no identifier by themselves
	Source string   // standard, statute or agency text
	Check  func([]byte) Grade
	Yes    []string // at least Valid
	No     []string // less than Valid
}

// All lists the identifiers. The order is that of the rule (45 CFR 164.514(b)(2)), then codes, then bare shapes.
func All() []Detector {
	var all []Detector
	for _, family := range [][]Detector{
		dateDetectors(), phoneDetectors(), netDetectors(), taxDetectors(), medicareDetectors(), providerDetectors(),
		bankDetectors(), vehicleDetectors(), travelDetectors(), deviceDetectors(), placeDetectors(),
		diagnosisDetectors(), drugDetectors(), termDetectors(), shapeDetectors(),
	} {
		all = append(all, family...)
	}
	return all
}

// Trim takes the surrounding blanks (space, tab, carriage return, line feed, no-break space in Latin-1) off.
func Trim(b []byte) []byte {
	for len(b) > 0 && blankByte(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && blankByte(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// TrimFloat takes ".0" off a whole number, which tools append that hold numbers with gaps as floating point.
func TrimFloat(v []byte) []byte {
	n := len(v) - 2
	if n < 4 || v[n] != '.' || v[n+1] != '0' {
		return v
	}
	for _, c := range v[:n] {
		if c-'0' > 9 {
			return v
		}
	}
	return v[:n]
}

func blankByte(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func digit(c byte) bool { return c-'0' < 10 }

func upper(c byte) bool { return c-'A' < 26 }

func lower(c byte) bool { return c-'a' < 26 }

func letter(c byte) bool { return (c|0x20)-'a' < 26 }

func alnum(c byte) bool { return digit(c) || letter(c) }

func hexDigit(c byte) bool { return digit(c) || (c|0x20)-'a' < 6 }

// digits tells whether all bytes are decimal digits.
func digits(b []byte) bool {
	for _, c := range b {
		if !digit(c) {
			return false
		}
	}
	return len(b) > 0
}

// number reads a run of digits; the caller knows that they are.
func number(b []byte) int {
	n := 0
	for _, c := range b {
		n = n*10 + int(c-'0')
	}
	return n
}

// sameByte tells whether one character is repeated all through, as in a filler.
func sameByte(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return true
}

// ascending tells whether the digits count up, as in the filler 123456789.
func ascending(b []byte) bool {
	for i := 1; i < len(b); i++ {
		if (b[i-1]-'0'+1)%10 != b[i]-'0' {
			return false
		}
	}
	return true
}

// pick gives Valid when the rule holds, else Plausible.
func pick(ok bool) Grade {
	if ok {
		return Valid
	}
	return Plausible
}
