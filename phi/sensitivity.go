package phi

import (
	"fmt"
	"math/bits"
	"strings"
)

// Class is a class of HL7 v3 ActCode InformationSensitivityPolicy (edition 11.0.0, THO 7.3.0), which an
// especially protected record falls into.
type Class uint8

// The classes that a code, a place or a text can put a record into.
const (
	SUD      Class = iota // substance use disorder
	OPIOIDUD              // opioid use disorder, under SUD
	ETHUD                 // alcohol use disorder, under SUD
	HIV                   // HIV or AIDS
	PSY                   // psychiatry
	PSYTHPN               // psychotherapy notes (45 CFR 164.501)
	BH                    // behavioural health
	COGN                  // cognitive disability
	DVD                   // developmental disability
	SDV                   // sexual assault, abuse, domestic violence
	SEX                   // sexuality and reproductive health
	STD                   // sexually transmitted disease
	GDIS                  // genetic disease
	SCA                   // sickle cell anaemia
	PREGNANT              // pregnancy
	GENDER                // gender identity
	VIO                   // violence

	NumClasses
)

var classNames = [NumClasses]string{"SUD", "OPIOIDUD", "ETHUD", "HIV", "PSY", "PSYTHPN", "BH", "COGN", "DVD",
	"SDV", "SEX", "STD", "GDIS", "SCA", "PREGNANT", "GENDER", "VIO"}

// classAliases are codes of the value set that grade as one of ours.
var classAliases = map[string]Class{"ETH": SUD, "MH": PSY, "EMOTDIS": BH, "MST": SDV, "SICKLE": SCA}

// String gives the HL7 code.
func (c Class) String() string {
	if c < NumClasses {
		return classNames[c]
	}
	return fmt.Sprintf("class(%d)", uint8(c))
}

// ParseClass reads an HL7 code, older and synonymous codes included (ETH is read as SUD, SICKLE as SCA).
func ParseClass(s string) (Class, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	for i, n := range classNames {
		if n == s {
			return Class(i), true
		}
	}
	c, ok := classAliases[s]
	return c, ok
}

// Classes is a set of classes.
type Classes uint32

// Of makes a set.
func Of(cs ...Class) Classes {
	var s Classes
	for _, c := range cs {
		s = s.With(c)
	}
	return s
}

// With adds a class and the class that it stands under: OPIOIDUD and ETHUD are SUD.
func (s Classes) With(c Class) Classes {
	s |= 1 << c
	if c == OPIOIDUD || c == ETHUD {
		s |= 1 << SUD
	}
	return s
}

// Has tells whether the class is in the set.
func (s Classes) Has(c Class) bool { return s&(1<<c) != 0 }

// Len counts the classes.
func (s Classes) Len() int { return bits.OnesCount32(uint32(s)) }

// List gives the classes in their order, the most often asked for first.
func (s Classes) List() []Class {
	var out []Class
	for c := SUD; c < NumClasses; c++ {
		if s.Has(c) {
			out = append(out, c)
		}
	}
	return out
}

// Names gives the HL7 codes of the set.
func (s Classes) Names() []string {
	out := make([]string, 0, s.Len())
	for _, c := range s.List() {
		out = append(out, c.String())
	}
	return out
}

// String joins the names with blanks.
func (s Classes) String() string { return strings.Join(s.Names(), " ") }

// Strength is how much a code says: a code that defines puts the record into its class by itself, one that
// suggests (a test, a drug with several uses) counts as evidence and never alone.
type Strength uint8

// The strengths.
const (
	NoStrength Strength = iota
	Suggests
	Defines
)

// Confidentiality is a code of HL7 v3 Confidentiality, which is a total order.
type Confidentiality uint8

// The codes that Chartroom gives. NoConfidentiality stands where there is no PHI.
const (
	NoConfidentiality Confidentiality = iota
	Normal                            // N: PHI without a special class
	Restricted                        // R: PHI with a class
	VeryRestricted                    // V: psychotherapy notes, abuse
)

// String gives the HL7 code, empty where there is no PHI.
func (c Confidentiality) String() string { return [...]string{"", "N", "R", "V"}[c] }

// Confidentiality grades PHI that falls into the classes: N without a class, V for psychotherapy notes and abuse,
// R for all others. It is the default of the HL7 DS4P guide; an organisation may choose otherwise.
func (s Classes) Confidentiality() Confidentiality {
	switch {
	case s.Has(PSYTHPN) || s.Has(SDV):
		return VeryRestricted
	case s != 0:
		return Restricted
	}
	return Normal
}

// String gives the strength as the code tables write it.
func (s Strength) String() string { return [...]string{"", "suggests", "defines"}[s] }
