package threat

import "github.com/chartroom/chartroom/estate"

// Loss is what paths come to, each person once.
type Loss struct {
	People      estate.Count            `json:"people"`
	Classes     map[string]estate.Count `json:"classes"` // people by class of sensitivity
	States      map[string]int64        `json:"states,omitempty"`
	Bytes       int64                   `json:"bytes"`
	Stores      int                     `json:"stores"`
	Sensitivity []string                `json:"sensitivity"`
}

// Answer is the playbook walked over an estate.
type Answer struct {
	AsOf      string       `json:"as_of"`
	Pinned    string       `json:"attack_version"` // of ATT&CK
	Certain   Loss         `json:"certain"`        // by paths all of whose facts are known
	Possible  Loss         `json:"possible"`       // by those, too, that hang on what is not known
	Paths     []Path       `json:"paths"`          // minimal ones, most people first
	Omitted   int          `json:"paths_omitted"`  // beyond what was asked for, and detours: all steps of another path, with the same accounts, and more
	Controls  []ControlSet `json:"controls"`       // by how many they are; what they leave is counted by possible paths
	Delta     *Delta       `json:"delta,omitempty"`
	Questions []Question   `json:"questions"` // what would settle the possible paths, by people at stake
	Doubts    []string     `json:"doubts"`
}

// Path is a minimal set of facts that leads to stores: without any one of its facts it is gone.
type Path struct {
	ID      string   `json:"id"` // the same as long as it rests on the same facts
	Title   string   `json:"title"`
	Stores  []string `json:"stores"`
	Through []string `json:"through"` // who is taken over, in order
	Certain bool     `json:"certain"`
	Loss    Loss     `json:"loss"`
	Steps   []Step   `json:"steps"`
	// Joined is true where it leads across a boundary of custodians, so that it is there only as two estates were joined.
	Joined     bool     `json:"joined"`
	Custodians []string `json:"custodians"`
	// Alike is how many principals, or rows of principals, could stand in the places of those who are taken over: of all of them the same
	// facts are told, and Through names one of each.
	Alike int `json:"alike"`
	// Then is what follows or goes beside: copying, hiding, pressing. The path does not need it.
	Then []Step `json:"then"`
	Out  string `json:"out"` // whether what is read then leaves: yes, possible, no
	// Cuts are the controls each of which breaks the path to all of its stores alone, least effort first.
	Cuts []Control `json:"cuts"`
}

// Step is one grounded row.
type Step struct {
	Row        string   `json:"row"`
	Technique  string   `json:"technique"`
	Tactics    []string `json:"tactics,omitempty"`
	Phase      string   `json:"phase"`
	Words      string   `json:"words"`
	Uses       []Use    `json:"uses"`
	Gives      []string `json:"gives"`
	Evidence   string   `json:"evidence"` // the log that would show it
	LogKept    string   `json:"log_kept"` // yes, no, not known, none
	Breaks     []string `json:"breaks"`
	Mitigation string   `json:"mitigation"`
	Source     string   `json:"source"`
	Confidence string   `json:"confidence"`
	From       []int    `json:"from"` // the steps that it builds upon, by their place in the path
}

// Use is a fact of the estate that a step rests on.
type Use struct {
	Fact  string `json:"fact"`  // can_read(archiveadmin, file:///srv/harbor); with "not " before it where its absence counts
	State string `json:"state"` // certain, possible
	Origin
}

// Control is a change of the estate that breaks rows: facts that are taken away, or made.
type Control struct {
	ID     string   `json:"id"`
	Words  string   `json:"words"`
	Breaks []string `json:"breaks"` // ids of rows
	Facts  []string `json:"facts"`
	Effort int      `json:"effort"` // 1 a setting, 2 a project, 3 a programme
}

// ControlSet is some controls together, and what they leave.
type ControlSet struct {
	Controls []Control `json:"controls"`
	Before   Loss      `json:"before"`
	After    Loss      `json:"after"`
	Exact    bool      `json:"exact"` // no other set of so many does better
	Floor    int64     `json:"floor"` // where it is not exact: no set leaves fewer people
}

// Delta is what joining estates did: what is lost by paths that lead from one custodian's estate into another's.
type Delta struct {
	Apart  Loss            `json:"apart"`  // as if no right led across
	Joined Loss            `json:"joined"` // as it is
	Paths  []string        `json:"paths"`  // ids of those that are there only by it
	Each   map[string]Loss `json:"each"`   // by custodian, of whose records
}

// Question is what somebody should answer.
type Question struct {
	Words  string       `json:"words"`
	Fact   string       `json:"fact"`
	Paths  int          `json:"paths"`
	People estate.Count `json:"people"` // at stake with it
}
