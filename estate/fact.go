package estate

import (
	"time"

	"github.com/chartroom/chartroom/phi"
)

// Fact is what a scan reports. Exactly one of the fields is set.
type Fact struct {
	Item    *Item
	Finding *Finding
	Gap     *Gap
	Grant   *Grant
	Traces  *TraceSet
}

// Repository is one addressable place that can hold PHI: a directory tree, a database, a bucket.
type Repository struct {
	Name      string // its address: file:///srv/archive, postgres://ehr/portal
	Kind      string // files, postgres, s3, ...
	Custodian string // the organisation responsible for it; empty when nobody said
	Owner     string // who answers for it there: a person, a team, or the owner that its server names; empty when nobody said
	Traits    []Trait
}

// HoldsItems tells whether the repository is one that holds anything. What is not is a place that tells only who may do what: a file of
// declarations, a graph of another tool, an account's directory.
func (r Repository) HoldsItems() bool {
	switch r.Kind {
	case "declared", "opengraph", "aws":
		return false
	}
	return true
}

// Trait is what the server of a repository says of it as a whole: whether it encrypts, who else may read it, what it logs. A server
// that does not answer such a question, or not to us, leaves it open: Known is false then, which is never a no.
type Trait struct {
	Name  string // encryption, public_access, versioning, access_log, tls, size, ...
	Value string // in the server's words: "aws:kms", "enabled", "no"; where it is not known, why
	Known bool
}

// Item is one readable thing in a repository, seen at one time. A thing within a thing is
// named "outer.zip!/inner/file.csv".
type Item struct {
	Repository string
	Path       string
	Outer      string // path of the item that it stands in, empty for a top item
	Version    string // version mark of the source: unchanged mark, unchanged bytes
	Bytes      int64  // size as stored; -1 when not known
	Modified   time.Time
	Format     string // reader that read it, empty when none did
	Verdict    phi.Verdict
	Classes    phi.Classes // classes with a code that defines, or a place that says so
	Suspected  phi.Classes // classes that are only suggested
	Part2      bool        // possibly a 42 CFR Part 2 record: a substance use programme or setting stands on a record
	Minors     bool        // holds records of persons under 18
	People     *People     // nil when nobody can be told apart
	Records    int64       // records read
	Read       int64       // bytes read
	Parts      int         // of a top item: how many parts of what stands within it came before it
	Evidence   Evidence
}

// Part names a part of the facts of what stands within a top item. An item that holds more than memory should comes in parts,
// numbered from 0, and itself behind them.
type Part struct {
	Repository string
	Path       string // of the top item
	Number     int
}

// TraceSet is a part of the traces of an item's persons.
type TraceSet struct {
	Repository string
	Path       string
	Set        Segment
}

// Coverage is how much of an item the evidence rests on.
type Coverage uint8

// The coverages.
const (
	NotRead   Coverage = iota // a gap says why
	All                       // every byte
	Sampled                   // a random sample
	Partial                   // a part, and a gap says why not the rest
	Unchanged                 // renewed: the version mark is that of the last reading
	Declared                  // somebody said so
)

// String gives the coverage's name as every answer prints it.
func (c Coverage) String() string {
	return [...]string{"not read", "all", "sample", "part", "unchanged", "declared"}[c]
}

// Evidence tells who saw a thing, how much of it, and when.
type Evidence struct {
	Reader   string    `json:"reader"`           // reader and version: "csv/1"
	Coverage string    `json:"coverage"`         // a Coverage's name
	Sample   int64     `json:"sample,omitempty"` // units looked at, when sampled
	Of       int64     `json:"of,omitempty"`     // units that there are, when sampled; 0 = not known
	Unit     string    `json:"unit,omitempty"`   // what was drawn, when sampled: UnitRecord or UnitBlock
	Seen     time.Time `json:"seen"`             // when the item was last seen with this content
	Read     time.Time `json:"read,omitzero"`    // when its bytes were last read
	Rules    string    `json:"rules,omitempty"`  // version of the detection rules
}

// Finding says that a field of an item holds values of a kind. It never holds a value.
type Finding struct {
	Repository string
	Path       string
	Field      string // the format's own name for the place
	Kind       phi.Kind
	Subject    phi.Subject
	Values     int64   // values of the kind
	WellFormed int64   // of them, how many pass the kind's syntax and checksum
	People     int64   // about how many distinct people they are
	Likelihood float64 // 0 to 1
	Classes    phi.Classes
	Why        []Reason
}

// Reason is one step of an explanation, without a value: the rule, and what it saw.
type Reason struct {
	Rule   string `json:"rule"`             // position, header, values, checksum, context, code, neighbour, uniqueness, user
	Detail string `json:"detail"`           // in words
	Count  int64  `json:"count,omitempty"`  // how many values it rests on
	Source string `json:"source,omitempty"` // where the rule comes from
}

// Gap is something listed and not read, or not read whole.
type Gap struct {
	Repository string
	Path       string // empty when the repository itself could not be listed
	Under      bool   // everything beneath Path was not listed, either
	Reason     GapReason
	Detail     string // what happened, without a value
	Bytes      int64  // how much was not read; -1 when not known
}

// GapReason is the kind of a gap.
type GapReason string

// The reasons.
const (
	GapUnreadable  GapReason = "unreadable"   // permission, I/O error
	GapVanished    GapReason = "vanished"     // was listed, then gone
	GapChanging    GapReason = "changing"     // changed while it was read
	GapSpecial     GapReason = "special file" // a device, socket or pipe
	GapLink        GapReason = "broken link"
	GapLoop        GapReason = "loop"
	GapNoReader    GapReason = "no reader" // a known format without a reader
	GapUnknown     GapReason = "unknown binary"
	GapEncrypted   GapReason = "encrypted"
	GapDamaged     GapReason = "damaged" // does not follow its format; what could be read was
	GapTruncated   GapReason = "truncated"
	GapLimit       GapReason = "over a limit"
	GapNotFollowed GapReason = "not followed" // names something elsewhere that was not fetched
	GapFault       GapReason = "reader fault" // a fault of ours
)

// Renewal is the answer to whether an item is as it was when it was last read.
type Renewal struct {
	Renewed bool
	Inner   int64 // how many items within it were renewed with it
}
