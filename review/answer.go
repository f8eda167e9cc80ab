package review

import (
	"time"

	"github.com/chartroom/chartroom/estate"
)

// Aspect is a question of the ledger.
type Aspect string

// The aspects, in the order of the ledger's columns.
const (
	Registered Aspect = "registered" // in the governed register
	Labelled   Aspect = "labelled"   // under the acquirer's scheme, and the label fits what was measured
	Identity   Aspect = "identity"   // its readers log in by the acquirer's identity provider
	Privileged Aspect = "privileged" // who may change it goes through a broker
	Logged     Aspect = "logged"     // access is logged, and the log is kept
	Keys       Aspect = "keys"       // it is encrypted, with keys of the acquirer's
	Retained   Aspect = "retained"   // it is said how long it is kept
	Owned      Aspect = "owned"      // somebody answers for it
	ThirdParty Aspect = "third_party"
)

// Aspects are all aspects, in the order of the columns.
func Aspects() []Aspect {
	return []Aspect{Registered, Labelled, Identity, Privileged, Logged, Keys, Retained, Owned, ThirdParty}
}

// Cell is the answer to one aspect of one repository.
type Cell struct {
	Aspect   Aspect     `json:"aspect"`
	State    State      `json:"state"`
	Says     string     `json:"says"`
	Evidence []Evidence `json:"evidence"`
	Fix      string     `json:"fix,omitempty"` // what makes it a yes
	Gaps     []string   `json:"gaps"`          // IDs of the gaps that keep it from being one
}

// LedgerRow is a repository with patient data.
type LedgerRow struct {
	Repository      string       `json:"repository"`
	Custodian       string       `json:"custodian"`
	Confidentiality string       `json:"confidentiality"` // as measured
	Sensitivity     []string     `json:"sensitivity"`
	People          estate.Count `json:"people"`
	Bytes           int64        `json:"bytes"` // -1 = not known
	Owner           string       `json:"owner"` // "" = nobody said
	Migrated        State        `json:"migrated"`
	Cells           []Cell       `json:"cells"` // one an aspect, in their order
	Stale           bool         `json:"stale"`
}

// Cell gives the cell of an aspect.
func (row *LedgerRow) Cell(a Aspect) *Cell {
	for i := range row.Cells {
		if row.Cells[i].Aspect == a {
			return &row.Cells[i]
		}
	}
	return nil
}

// Label is a label of the register beside what was measured under it.
type Label struct {
	Place    string       `json:"place"` // the repository, or the part of one, that bears it
	Label    string       `json:"label"`
	Allows   []string     `json:"allows"`   // grades that the scheme lets stand under it
	Measured string       `json:"measured"` // the highest grade that was measured there; "" = no patient data
	People   estate.Count `json:"people"`
	State    State        `json:"state"`
	Says     string       `json:"says"`
	Evidence []Evidence   `json:"evidence"`
}

// Kinds of gaps.
const (
	GapUnmigrated = "unmigrated"  // a repository that nobody registered, with all that is missing of it
	GapLabel      = "label"       // a label that says less than what was measured
	GapAccount    = "account"     // an account that reads, and that the acquirer's identity provider does not govern
	GapProvider   = "provider"    // an identity provider of others
	GapThirdParty = "third_party" // a vendor without an agreement in force, or without a scope
	GapAspect     = "governance"  // another aspect of a repository that is registered
)

// Gap is something that somebody has to do: a ticket.
type Gap struct {
	ID           string       `json:"id"` // stays the same as long as it is about the same thing
	Kind         string       `json:"kind"`
	Aspect       Aspect       `json:"aspect"`
	State        State        `json:"state"` // no; or not known, where it is a question
	Subject      string       `json:"subject"`
	Says         string       `json:"says"`
	Repositories []string     `json:"repositories"`
	Custodian    string       `json:"custodian"`
	Owner        string       `json:"owner"` // who has to act; "" = nobody was named
	People       estate.Count `json:"people"`
	Sensitivity  []string     `json:"sensitivity"`
	Fix          string       `json:"fix"`
	Evidence     []Evidence   `json:"evidence"`
}

// Share is a part of a whole.
type Share struct {
	Done    int64   `json:"done"`
	Of      int64   `json:"of"`
	Percent float64 `json:"percent"` // 0 to 100; 100 where there is nothing to do
}

// Progress is how much is migrated.
type Progress struct {
	Repositories Share `json:"repositories"`
	People       Share `json:"people"` // who is in nothing but migrated repositories
	Bytes        Share `json:"bytes"`
	Cells        Share `json:"cells"`
}

// LedgerAnswer is the migration ledger.
type LedgerAnswer struct {
	AsOf         time.Time   `json:"as_of"`
	Acquirers    []string    `json:"acquirers"`
	Custodians   []string    `json:"custodians"` // whose repositories it is about
	Rows         []LedgerRow `json:"rows"`       // the most sensitive first
	Labels       []Label     `json:"labels"`
	Gaps         []Gap       `json:"gaps"`         // those that are no first, then by sensitivity and people
	Unregistered []string    `json:"unregistered"` // repositories that nobody registered, the most sensitive first
	Progress     Progress    `json:"progress"`
	Doubts       []string    `json:"doubts"`
}

// Open counts the gaps that are a no, and those that are questions.
func (l *LedgerAnswer) Open() (gaps, questions int) {
	for i := range l.Gaps {
		if l.Gaps[i].State == No {
			gaps++
		} else {
			questions++
		}
	}
	return gaps, questions
}

// Point is the ledger at one time, in numbers.
type Point struct {
	At        time.Time `json:"at"`
	Gaps      int       `json:"gaps"`
	Questions int       `json:"questions"`
	Progress  Progress  `json:"progress"`
	Closed    []string  `json:"closed"` // IDs of gaps that the point before had
	Opened    []string  `json:"opened"`
}
