package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Note is the body of a line that notes something.
type Note struct {
	Text      string    `json:"text"`
	About     Topic     `json:"about,omitempty"`
	Done      string    `json:"done,omitempty"`      // what a threshold asked for and is done by this: T2.2
	Inventory *Holdings `json:"inventory,omitempty"` // what the inventory said, where the note is about it
}

// Firing says that a threshold of the protocol was crossed.
type Firing struct {
	ID   string    `json:"id"`
	Text string    `json:"text"`
	Line int       `json:"line,omitempty"`
	At   time.Time `json:"-"`
}

// Topic is what a note is about, where a threshold of the protocol asks for it.
type Topic string

// The topics.
const (
	OfInventory       Topic = "inventory"          // what the inventory said of what is claimed
	Press             Topic = "press"              // the press calls
	PatientsContacted Topic = "patients_contacted" // the actor writes to patients
	PaymentConsidered Topic = "payment_considered"
	LawEnforcement    Topic = "law_enforcement" // was told, or asked for something
	Restored          Topic = "restored"        // an older catalog was put in the place of this one, knowingly
	Inject            Topic = "inject"          // of a drill
)

// Topics lists them.
func Topics() []Topic {
	return []Topic{OfInventory, Press, PatientsContacted, PaymentConsidered, LawEnforcement, Restored, Inject}
}

// Holdings is what the inventory said of what is claimed, at one time. It names repositories, kinds and numbers, never a person.
type Holdings struct {
	Taken        time.Time           `json:"taken"`
	Hash         string              `json:"hash"` // hexadecimal SHA-256 of the whole answer, as it is put into a pack
	People       Interval            `json:"people"`
	Estimate     int64               `json:"people_estimate"`
	Minors       Interval            `json:"minors"`
	Part2        Interval            `json:"part2"`
	States       map[string]Interval `json:"states"`      // with "unknown", where residence is not known
	Sensitivity  []string            `json:"sensitivity"` // HL7 codes
	Bytes        int64               `json:"bytes"`
	Gaps         int64               `json:"gaps"` // what was not read
	Count        int                 `json:"repositories_count"`
	Repositories []Held              `json:"repositories"` // the most sensitive first; at most MostHeld
}

// MostHeld is how many repositories Holdings names one by one.
const MostHeld = 500

// Held is what the inventory said of one repository.
type Held struct {
	Repository  string   `json:"repository"`
	Custodian   string   `json:"custodian"`
	Verdict     string   `json:"verdict"`
	Identifiers []string `json:"identifiers"`
	Sensitivity []string `json:"sensitivity"`
	People      Interval `json:"people"`
	Estimate    int64    `json:"people_estimate"`
	Part2       bool     `json:"part2"`
	Minors      bool     `json:"minors"`
	Gaps        int64    `json:"gaps"`
	Readers     *int64   `json:"readers"`    // null = nobody collected who can read it
	Encryption  string   `json:"encryption"` // in its server's words; "" = not known
}

// Notes gives the notes of a log with the time at which each happened.
func Notes(entries []Entry, yield func(at time.Time, n *Note)) {
	for i := range entries {
		e := &entries[i]
		var n Note
		if e.Kind != Noted || json.Unmarshal(e.Body, &n) != nil {
			continue
		}
		at := e.At
		if e.Happened != nil {
			at = *e.Happened
		}
		yield(at, &n)
	}
}

// HoldingsOf gives what the inventory said last; nil where nothing was noted of it.
func HoldingsOf(entries []Entry) (last *Holdings) {
	Notes(entries, func(_ time.Time, n *Note) {
		if n.Inventory != nil {
			last = n.Inventory
		}
	})
	return last
}

// note checks the body of a note.
func (c *Case) note(e *Entry) error {
	var n Note
	if err := strict(e.Body, &n); err != nil {
		return err
	}
	if n.About != "" && !slices.Contains(Topics(), n.About) {
		return fmt.Errorf("a note is about one of %v, not %q", Topics(), n.About)
	}
	if err := need("a note", "text", n.Text); err != nil {
		return err
	}
	c.Notes++
	return nil
}
