// Package incident leads an organisation through a public extortion: what is known with which certainty, what is due when and to whom, who
// decided what, and what may be said. It computes and records; people decide. Nothing here is legal advice.
package incident

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Interval is a number of which only bounds are known: [low, high] in JSON. High below 0 has no bound ([0, null] in JSON).
type Interval struct{ Low, High int64 }

// Exactly is a number that is known.
func Exactly(n int64) Interval { return Interval{n, n} }

// Unbounded is nothing known of a number.
var Unbounded = Interval{0, -1}

// AtLeast tells whether the number surely is n or more (yes), surely is not (no), or neither.
func (i Interval) AtLeast(n int64) Known {
	switch {
	case i.Low >= n:
		return Yes
	case i.High >= 0 && i.High < n:
		return No
	}
	return Open
}

// String says the number in words: 600, 600 to 700, at least 600.
func (i Interval) String() string {
	switch {
	case i.High < 0:
		return "at least " + thousands(i.Low)
	case i.High == i.Low:
		return thousands(i.Low)
	}
	return thousands(i.Low) + " to " + thousands(i.High)
}

// thousands writes a number with commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// MarshalJSON writes [low, high].
func (i Interval) MarshalJSON() ([]byte, error) {
	if i.High < 0 {
		return json.Marshal([]any{i.Low, nil})
	}
	return json.Marshal([2]int64{i.Low, i.High})
}

// UnmarshalJSON reads [low, high], [low, null], one number that is known, or null for nothing known.
func (i *Interval) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*i = Unbounded
		return nil
	}
	var n int64
	if json.Unmarshal(b, &n) == nil {
		*i = Exactly(n)
		return i.check()
	}
	var both []*int64
	if err := json.Unmarshal(b, &both); err != nil || len(both) != 2 || both[0] == nil {
		return fmt.Errorf("a number is written as [low, high], [low, null] where it has no upper bound, or n where it is known")
	}
	*i = Interval{*both[0], -1}
	if both[1] != nil {
		i.High = *both[1]
		return i.check()
	}
	return i.valid()
}

// valid tells whether the bounds are bounds of a number of people.
func (i *Interval) valid() error {
	if i.High >= 0 {
		return i.check()
	}
	if i.Low < 0 || i.Low > maxPeople {
		return fmt.Errorf("%d is no number of people", i.Low)
	}
	return nil
}

// maxPeople is more than there are, so that sums of bounds stay numbers.
const maxPeople = 1 << 40

func (i *Interval) check() error {
	if i.Low < 0 || i.High < i.Low || i.High > maxPeople {
		return fmt.Errorf("[%d, %d] are no bounds of a number of people", i.Low, i.High)
	}
	return nil
}

// Known is a truth of which there are three: an unknown fact is never a no.
type Known uint8

// The truths.
const (
	Open Known = iota // not known
	Yes
	No
)

// And is yes where both are, and no where one is not.
func (k Known) And(l Known) Known {
	switch {
	case k == No || l == No:
		return No
	case k == Yes && l == Yes:
		return Yes
	}
	return Open
}

// Or is yes where one is, and no where neither is.
func (k Known) Or(l Known) Known { return k.Not().And(l.Not()).Not() }

// Not turns yes and no around; what is open stays open.
func (k Known) Not() Known { return [...]Known{Open, No, Yes}[k] }

// String gives the truth in a word.
func (k Known) String() string { return [...]string{"not known", "yes", "no"}[k] }

// Facts are what obligations are computed from. They are intervals and open questions, as in the first hours of an extortion little is
// known. The keys are a contract (DESIGN, section 4).
type Facts struct {
	Entity     string              `json:"entity"`     // covered_entity, business_associate, phr_vendor
	Part2      bool                `json:"part2"`      // a part 2 program (42 CFR 2.11) whose records are concerned
	Discovered string              `json:"discovered"` // the day on which anybody of the workforce, or an agent, knew: YYYY-MM-DD
	Determined *string             `json:"determined"` // the day of a recorded decision that it is a breach; null = none yet
	States     map[string]Interval `json:"states"`     // residents concerned, by State
	Total      Interval            `json:"total"`      // people concerned in all
	Kinds      []string            `json:"kinds"`      // of identifiers (phi.Kind names) that are concerned
	Health     bool                `json:"health"`     // diagnosis or treatment data is concerned; false with an SSN = employee data
	Encrypted  string              `json:"encrypted"`  // no, yes_key_safe, yes_key_reached, unknown
	Public     bool                `json:"public_company"`
	Licensed   []string            `json:"licensed_facility_states"` // H&S 1280.15 in CA, Article 28 in NY
	RiskOfHarm string              `json:"risk_of_harm"`             // unknown (presumed), low (a documented finding), not_low
	Delay      *Delay              `json:"law_enforcement_delay"`
}

// Delay is a statement of law enforcement that notice would impede an investigation (45 CFR 164.412).
type Delay struct {
	Written bool   `json:"written"` // an oral statement lasts 30 days from the day it was made
	Stated  string `json:"stated"`  // the day it was made
	Until   string `json:"until"`   // the day that it names; "" for an oral one, and for one that names none and lasts 30 days, too
}

// Level is what is known of a claim, not what is feared. Every text bears it.
type Level string

// The levels, and the two ways to be disproved.
const (
	C0 Level = "C0" // a claim was seen, nothing was checked
	C1 Level = "C1" // plausible: the actor is known, a way in exists, egress was seen or cannot be excluded
	C2 Level = "C2" // a sample was matched to our data
	C3 Level = "C3" // forensic evidence of acquisition
	C4 Level = "C4" // the scope is settled: people, States, elements
	D1 Level = "D1" // the sample matches no repository that was covered
	D2 Level = "D2" // the sample is of an older leak, or somebody else's
)
