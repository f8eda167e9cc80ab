package review

import (
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
)

// Control is a row of a framework.
type Control struct {
	ID     string   `json:"id"` // as the framework writes it: PR.AA-05, 45 CFR 164.312(b)
	Title  string   `json:"title"`
	Group  string   `json:"group"`
	Text   string   `json:"text,omitempty"`
	Topic  string   `json:"topic"`          // assets, access, data, logging, suppliers or response; "" = of none of them, and not counted
	Checks []string `json:"checks"`         // names of the checks that can evidence it
	Also   []string `json:"also,omitempty"` // rows of another framework that a crosswalk puts beside it
}

// Framework is a list of controls.
type Framework struct {
	ID       string // csf, hipaa, sp800-66, or that of the user's own
	Title    string
	Version  string
	Source   string
	Href     string // of its catalog, for OSCAL; "" = none
	Draft    string // what about it is a draft; "" = nothing
	Controls []Control
}

// Status tells on what the answer to a control rests.
type Status string

// The statuses.
const (
	Evidenced Status = "evidenced" // a collector measured it
	Attested  Status = "attested"  // somebody said so
	Missing   Status = "missing"   // neither: nothing is known, which is no failure by itself
)

// Outcome tells what the evidence shows.
type Outcome string

// The outcomes.
const (
	Satisfied    Outcome = "satisfied"
	NotSatisfied Outcome = "not satisfied"
	Partly       Outcome = "partly"
	Undecided    Outcome = "not known"
)

// Result is what one check shows.
type Result struct {
	Check    string     `json:"check"`
	Outcome  Outcome    `json:"outcome"`
	Says     string     `json:"says"`
	Evidence []Evidence `json:"evidence"`
}

// Attestation is what somebody says of a control.
type Attestation struct {
	Says     string   `json:"says"`
	By       string   `json:"by"`
	AsOf     string   `json:"as_of"`     // on which day; "" = nobody said
	Until    string   `json:"until"`     // "" = no end
	AgeDays  int      `json:"age_days"`  // -1 = not known
	Outdated bool     `json:"outdated"`  // its end has passed
	Evidence Evidence `json:"evidence"`  // the declaration
	Measured Outcome  `json:"beside_it"` // what was measured of the same control
}

// ControlRow is the answer to one control.
type ControlRow struct {
	Control
	Status   Status        `json:"status"`
	Outcome  Outcome       `json:"outcome"`
	Says     string        `json:"says"`
	Age      *time.Time    `json:"oldest"` // when the oldest of its evidence was seen
	Stale    bool          `json:"stale"`
	Results  []Result      `json:"results"`
	Attested []Attestation `json:"attested"`
}

// ControlsAnswer is a framework held against an estate.
type ControlsAnswer struct {
	AsOf      time.Time      `json:"as_of"`
	Framework string         `json:"framework"`
	Title     string         `json:"title"`
	Source    string         `json:"source"`
	Draft     string         `json:"draft,omitempty"`
	Rows      []ControlRow   `json:"rows"` // in the framework's order
	Counts    map[Status]int `json:"counts"`
	Outcomes  map[string]int `json:"outcomes"` // of the rows that are evidenced
	Topics    []TopicShare   `json:"topics"`   // evidenced rows of each topic that is counted
	Counted   Share          `json:"counted"`  // evidenced rows of all topics together
	Href      string         `json:"href,omitempty"`
	Doubts    []string       `json:"doubts"`
}

// TopicShare is how many rows of a topic are evidenced.
type TopicShare struct {
	Topic string `json:"topic"`
	Share
}

// Kinds of what stands out in the posture.
const (
	Standing   = "standing_admin" // administers a system or a repository, all the time
	Shared     = "shared"
	BreakGlass = "break_glass"
	Dormant    = "dormant"
	Orphaned   = "orphaned" // no identity provider of the acquirer's knows it, and nobody answers for it
	Outside    = "outside"  // no identity provider knows it
)

// Account is an account that reaches patient data and has privileges, or something that stands out.
type Account struct {
	access.Principal
	Kinds        []string     `json:"kinds"`
	Owner        string       `json:"owner"`
	Provider     string       `json:"provider"` // "no" = none; "" = nobody said
	LastUsed     string       `json:"last_used"`
	MFA          string       `json:"mfa"`
	Now          estate.Count `json:"people"`      // whom it reads for sure, by what it holds now
	Most         estate.Count `json:"people_most"` // with acts and with what is not known
	Repositories []string     `json:"repositories"`
	Sensitivity  []string     `json:"sensitivity"`
	Says         string       `json:"says"`
	Fix          string       `json:"fix"`
	Evidence     []Evidence   `json:"evidence"`
}

// Client is an OAuth app, API client or token that reaches patient data.
type Client struct {
	access.Principal
	Vendor       string       `json:"vendor"` // "" = nobody said whose it is
	Scopes       []string     `json:"scopes"`
	Owner        string       `json:"owner"`
	LastUsed     string       `json:"last_used"`
	Expires      string       `json:"expires"` // "" = never, or nobody said
	Agreement    State        `json:"agreement"`
	Says         string       `json:"says"` // of the agreement
	Now          estate.Count `json:"people"`
	Most         estate.Count `json:"people_most"`
	Repositories []string     `json:"repositories"`
	Sensitivity  []string     `json:"sensitivity"`
	Evidence     []Evidence   `json:"evidence"`
}

// PostureAnswer is who has privileges, and what third parties reach.
type PostureAnswer struct {
	AsOf     time.Time      `json:"as_of"`
	Accounts []Account      `json:"accounts"` // most people first
	Clients  []Client       `json:"clients"`
	Counts   map[string]int `json:"counts"` // accounts by kind
	Unknown  []string       `json:"unknown"`
	Doubts   []string       `json:"doubts"`
}
