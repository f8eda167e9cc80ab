package phi

// Subject is whom a value is about.
type Subject uint8

// The subjects. A patient stands for plan members, too. Relatives, guarantors and insured persons are
// patients in the sense of 45 CFR 164.514(b)(2) ("of the individual or of relatives, employers, or household members").
const (
	Unknown Subject = iota
	Patient
	Provider
	Organisation
	Customer
	Workforce

	numSubjects
)

var subjectNames = [numSubjects]string{"unknown", "patient", "provider", "organisation", "customer", "workforce"}

// String gives the subject's name as every answer prints it.
func (s Subject) String() string {
	if s < numSubjects {
		return subjectNames[s]
	}
	return "unknown"
}

// ParseSubject is the inverse of String.
func ParseSubject(name string) Subject {
	for i, n := range subjectNames {
		if n == name {
			return Subject(i)
		}
	}
	return Unknown
}
