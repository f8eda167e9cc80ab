// Package obligation computes who must be told of a breach, by when and by which law, from facts of which some are intervals and some are
// not known. Each rule is a row of a dated data file and a function of the facts with three outcomes: due, not due, or contingent on a fact
// that is named. A fact that becomes narrower never turns one certain outcome into the other. Not legal advice.
package obligation

import (
	_ "embed"
	"encoding/json"
	"io"
	"strings"

	"github.com/chartroom/chartroom/incident"
)

// rulesFile are the rules that ship, in our own words from public law. RULES.md says what they are and are not.
//
//go:embed rules.csv
var rulesFile string

// Status is what a rule comes to.
type Status string

// The outcomes.
const (
	Due        Status = "DUE"        // on what is known it must be done
	Contingent Status = "CONTINGENT" // it hangs on a fact that is not known
	NotDue     Status = "NOT_DUE"    // on what is known it need not be done
)

// Maybe is a text that may be missing: null in JSON.
type Maybe string

// MarshalJSON writes the text, or null.
func (m Maybe) MarshalJSON() ([]byte, error) {
	if m == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(m))
}

// Duty is what one rule comes to on the facts. The keys are a contract (DESIGN, section 4).
type Duty struct {
	Rule         string `json:"rule"`
	Jurisdiction string `json:"jurisdiction"`
	Regime       string `json:"regime"`
	Recipient    string `json:"recipient"`
	Status       Status `json:"status"`
	Conservative Maybe  `json:"due_conservative"` // the last day, from the day on which anybody knew; null where it has none, or not yet
	Determined   Maybe  `json:"due_determined"`   // the last day, from the day of the recorded decision
	Deciding     Maybe  `json:"deciding_fact"`    // the fact that would decide a contingent one: encrypted, kinds, states.CA, total, ...
	Because      string `json:"because"`          // in plain words
	Act          Maybe  `json:"act"`              // what starts its clock, where that is not yet done
	Deadline     string `json:"deadline"`         // in words
	Citation     string `json:"citation"`
	Note         string `json:"note"`
	Confidence   string `json:"confidence"`
	AsOf         string `json:"as_of"`
}

// Book is a set of rules. It does not change when it is read; Add changes it.
type Book struct {
	rules [][]Rule // by rule its versions
	days  *calendar
}

// Shipped gives the rules that come with the program.
func Shipped() (*Book, error) {
	days, err := newCalendar()
	if err != nil {
		return nil, err
	}
	b := &Book{days: days}
	return b, b.Add(strings.NewReader(rulesFile), "rules.csv")
}

// Add adds the rules of a file. A rule whose id is known takes the place of all versions of that one. The errors are those of Read.
func (b *Book) Add(in io.Reader, name string) error {
	rules, err := Read(in, name)
	if err != nil {
		return err
	}
	at := make(map[string]int, len(b.rules)+len(rules)) // by id, where
	for i := range b.rules {
		at[b.rules[i][0].ID] = i
	}
	for i := range rules {
		if n, ok := at[rules[i].ID]; ok {
			b.rules[n] = nil
		}
	}
	for _, r := range rules {
		n, ok := at[r.ID]
		if !ok {
			n = len(b.rules)
			at[r.ID] = n
			b.rules = append(b.rules, nil)
		}
		b.rules[n] = append(b.rules[n], r)
	}
	return nil
}

// Duties weighs every rule against the facts, in the order of the rules. Of a rule's versions the one counts that was in force on the day
// of discovery, so an old case comes out as it did then; a rule that had ended by that day is left out. The facts must be in order, as
// incident.ReadFacts leaves them.
func (b *Book) Duties(f *incident.Facts) []Duty {
	s := newScale(f)
	out := make([]Duty, 0, len(b.rules))
	for _, versions := range b.rules {
		if r := version(versions, f.Discovered); r != nil {
			out = append(out, b.weigh(r, s))
		}
	}
	return out
}

// version picks the version of a day: the one in force, else the first that comes after; nil where all had ended.
func version(versions []Rule, day string) *Rule {
	var next *Rule
	for i := range versions {
		r := &versions[i]
		if r.inForce(day) {
			return r
		}
		if r.From > day && (next == nil || r.From < next.From) {
			next = r
		}
	}
	return next
}

// weigh puts one rule on the scale. What speaks against it is looked for in the order of the grounds, so that the plainest reason is told;
// of what is open the last is named, as the grounds go from what concerns this rule to what concerns them all.
func (b *Book) weigh(r *Rule, s *scale) Duty {
	d := Duty{Rule: r.ID, Jurisdiction: r.Jurisdiction, Regime: r.Regime, Recipient: r.Recipient, Status: Due,
		Citation: r.Citation, Note: r.Note, Confidence: r.Confidence, AsOf: r.AsOf, Deadline: r.deadlineWords()}
	var reasons []string
	for _, weigh := range grounds {
		g := weigh(s, r)
		switch {
		case g.is == incident.No:
			d.Status, d.Deciding, d.Because = NotDue, "", sentence(g.why)
			return d
		case g.is == incident.Open:
			d.Status, d.Deciding, d.Because = Contingent, Maybe(g.fact), g.why
		case g.why != "":
			reasons = append(reasons, g.why)
		}
	}
	if d.Status == Due {
		d.Because = strings.Join(reasons, "; ")
	}
	when := b.dates(r, s, &d)
	d.Because = sentence(d.Because) + " " + sentence(when)
	return d
}

// sentence makes a sentence of words.
func sentence(words string) string {
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:] + "."
}
