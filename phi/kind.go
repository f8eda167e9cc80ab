package phi

import "fmt"

// Kind is what a value is: one of the 18 identifiers of 45 CFR 164.514(b)(2)(i),
// a finer kind of one of them, a code of a public code system, or free text.
// The zero Kind says that nothing of interest stands there.
type Kind uint8

// The identifiers in the order of the rule, then the finer kinds, then the codes.
const (
	None         Kind = iota
	Name              // (A) names
	Address           // (B) geographic subdivisions smaller than a State
	Date              // (C) elements of dates, except the year, and ages over 89
	Phone             // (D) telephone numbers
	Fax               // (E) fax numbers
	Email             // (F) e-mail addresses
	SSN               // (G) social security numbers
	MRN               // (H) medical record numbers
	HealthPlanID      // (I) health plan beneficiary numbers
	Account           // (J) account numbers
	License           // (K) certificate and license numbers
	Vehicle           // (L) vehicle identifiers and serial numbers
	Device            // (M) device identifiers and serial numbers
	URL               // (N) web universal resource locators
	IP                // (O) internet protocol addresses
	Biometric         // (P) biometric identifiers
	Photo             // (Q) full-face photographs
	OtherID           // (R) any other unique identifying number or code

	ZIP         // a finer kind of Address
	DateOfBirth // a finer kind of Date

	NPI      // National Provider Identifier: a provider's, never a patient's
	ICD10    // ICD-10-CM, ICD-10-PCS and ICD-10 of the WHO
	LOINC    // LOINC
	RxNorm   // RxNorm concept
	NDC      // National Drug Code
	SNOMED   // SNOMED CT
	Code     // a code of any other public system (ICD-9-CM, HCPCS, CPT, DRG, CVX, ...)
	FreeText // running text, in which anything may stand

	numKinds
)

var kindNames = [numKinds]string{
	"none", "name", "address", "date", "phone", "fax", "email", "ssn", "mrn", "health_plan_id", "account",
	"license", "vehicle", "device", "url", "ip", "biometric", "photo", "other_id",
	"zip", "date_of_birth",
	"npi", "icd10", "loinc", "rxnorm", "ndc", "snomed", "code", "free_text",
}

// String gives the kind's name as every answer prints it.
func (k Kind) String() string {
	if k < numKinds {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ParseKind is the inverse of String.
func ParseKind(s string) (Kind, bool) {
	for i, n := range kindNames {
		if n == s {
			return Kind(i), true
		}
	}
	return None, false
}

// Kinds lists every kind but None.
func Kinds() []Kind {
	all := make([]Kind, 0, numKinds-1)
	for k := None + 1; k < numKinds; k++ {
		all = append(all, k)
	}
	return all
}

// Coarse folds a finer kind into the identifier of the rule that it belongs to: ZIP into
// Address, DateOfBirth into Date. Every other kind is its own.
func (k Kind) Coarse() Kind {
	switch k {
	case ZIP:
		return Address
	case DateOfBirth:
		return Date
	}
	return k
}

// Identifier tells whether the kind is one of the 18 of the rule, or a finer kind of one.
func (k Kind) Identifier() bool {
	c := k.Coarse()
	return c >= Name && c <= OtherID
}

// Coded tells whether the kind is a code of a public code system.
func (k Kind) Coded() bool { return k >= ICD10 && k <= Code }

// MarshalText writes the name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the name.
func (k *Kind) UnmarshalText(b []byte) error {
	v, ok := ParseKind(string(b))
	if !ok {
		return fmt.Errorf("no identifier kind is called %q", b)
	}
	*k = v
	return nil
}

// KindSet is a set of kinds.
type KindSet uint64

// With adds a kind.
func (s KindSet) With(k Kind) KindSet { return s | 1<<k }

// Has tells whether the kind is in the set.
func (s KindSet) Has(k Kind) bool { return s&(1<<k) != 0 }

// List gives the kinds in their order.
func (s KindSet) List() []Kind {
	var out []Kind
	for k := None + 1; k < numKinds; k++ {
		if s.Has(k) {
			out = append(out, k)
		}
	}
	return out
}
