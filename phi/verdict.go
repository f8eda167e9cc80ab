package phi

import "fmt"

// Verdict says what an item or a repository is in the eyes of the HIPAA Privacy Rule.
type Verdict uint8

// The verdicts, in rising order: a repository's verdict is the highest of its items'.
const (
	VerdictUnknown Verdict = iota // not read, so nothing can be said
	VerdictNone                   // no personal data found
	VerdictHealth                 // health data with no identifier of a patient left
	VerdictPII                    // personal data without health, care or payment
	VerdictPHI                    // identifies a person and says something of health, care or payment (45 CFR 160.103)
)

var verdictNames = [...]string{"unknown", "none", "health", "pii", "phi"}

// String gives the verdict's name as every answer prints it.
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return "unknown"
}

// ParseVerdict is the inverse of String.
func ParseVerdict(s string) (Verdict, error) {
	for i, n := range verdictNames {
		if n == s {
			return Verdict(i), nil
		}
	}
	return VerdictUnknown, fmt.Errorf("no verdict is called %q", s)
}
