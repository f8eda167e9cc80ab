// Package fleet makes a survey with many workers: a hub plans shards, workers pull them from anywhere, and what they find comes back
// sealed. This package holds the words that both sides speak.
//
// What travels with a carrier (package carrier) is a Ticket: the number of a run and of a shard, which says nothing. What a shard is, and
// what was found in it, goes between worker and hub as calls (the Method types), sealed for the one and from the other (package
// seal). The ledger of shards is in the catalog, and a shard is done when the catalog says so: a carrier that loses or repeats
// a ticket costs time, and nothing else.
package fleet

import (
	"time"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
)

// Protocol is the version of the words in this package. A hub takes workers of this version and of the one before it: 1 had parcels among the other
// words of a delivery.
const Protocol = 2

// Ticket calls for a shard.
type Ticket struct{ Run, Shard int64 }

// Kind is what is to be done in a shard.
type Kind uint8

// The kinds of shards.
const (
	Open   Kind = iota + 1 // open a target, and tell its repositories
	List                   // list a repository
	Read                   // read items
	Pieces                 // read pieces of a large item
	Grants                 // collect who may do what
)

// Target is a place as a worker opens it: an address without anything secret, whose password, if it names one, is the worker's own.
type Target struct {
	Label     string
	Address   string
	Custodian string
	Share     float64 // of the records that a sample takes; 0 = all is read
	Seed      uint64  // by which it is drawn, the same for all workers of a run
	Limits    scan.Limits
}

// Listed is a thing that was listed: an item, or a gap. It is what a worker finds again by its path.
type Listed struct {
	Path     string
	Version  string
	Bytes    int64
	Modified time.Time
	Gap      *estate.Gap
}

// Spec is what is to be done.
type Spec struct {
	Kind       Kind
	Target     Target
	Repository string   // of all kinds but Open
	Items      []Listed // of Read; of Pieces the one item
	Whole      bool     // of Read: a large item is read here whatever its size, and not cut
	Plan       []byte   // of Pieces: as the worker that cut the item has it
	From, To   int      // of Pieces: from one to before the other
}

// Job is what all shards of a run share. A worker asks for it once.
type Job struct {
	Run         int64
	Rules       string              // that the hub goes by: survey.Settings.Rules of its identifiers, no converters and the zero scan.Limits
	Identifiers []detect.Identifier // the organisation's own
	Key         []byte              // of the marks. It stays in the worker's memory
	LargeBytes  int64               // from which size on an item is cut, if it can be
}

// Hello is how a worker says who it is. Name and enclave are known by its seal.
type Hello struct {
	Protocol int
	Version  string // of the program
	Rules    string // detect.RulesVersion
	Readers  []string
	Host     string
	Process  int
	Cores    int
	Slots    int // shards at once
}

// Welcome answers it. Where Refused is not empty, it says in words why the worker is of no use, and it tries again later.
type Welcome struct {
	Version string
	Refused string
}

// Claim is how a worker asks for the shard of a ticket. It needs the Job if the run is another than that of its last.
type Claim struct {
	Ticket  Ticket
	Rules   string // of the run's job as the worker understands it; "" = it has none yet
	NeedJob bool
}

// Verdict is what becomes of a ticket.
type Verdict uint8

// The verdicts.
const (
	Go    Verdict = iota + 1 // do it
	Gone                     // it is done, or its run has ended: the ticket can be thrown away
	Later                    // not now: paused, its target has workers enough, or this worker knows other rules
)

// Claimed answers a Claim.
type Claimed struct {
	Verdict Verdict
	Wait    time.Duration // of Later
	Why     string        // of Later, in words
	Job     *Job          // where it was asked for
	Attempt int           // counts from 1
	Spec    Spec
	Done    []byte // of Read: bits of the items that are in the catalog already, lowest first
	Rate    int64  // bytes a second that this shard may read; 0 = no bound
}

// Delivery brings what was found in a part of a shard. Deliveries of one attempt come in order, one after the other; one whose answer
// did not come is sent again as it was.
type Delivery struct {
	Ticket       Ticket
	Attempt      int
	Number       int                 // of this attempt's deliveries, from 1: one that comes again is not taken twice
	Repositories []estate.Repository // of Open
	Warnings     []string            // of Open
	Failure      string              // of Open: the target could not be opened
	Closed       *estate.Repository  // of Open: the repository that it would have been
	Listed       []Listed            // of List
	Parcels      []scan.Parcel       // of Read and Grants: whole items count from now on, as Items has them
	Items        []int               // of Read: which items are done with this delivery
	Cut          *Cut                // of Read: an item is to be read in pieces
	Pieces       []PieceState        // of Pieces
	Bytes        int64               // read since the last delivery
	Last         bool                // the shard is done
	Complete     bool                // of List and Grants, with Last: it was told to its end
	Fault        string              // of List, with Last, where not Complete: why, without a value; of Pieces: the plan is of no use any more
}

// Cut says how an item is to be read by many. It answers for the item of that index, which is not done yet.
type Cut struct {
	Item int
	Plan []byte
	N    int
}

// PieceState is what was found in one piece, for scan.Join.
type PieceState struct {
	Number int
	State  []byte
}

// Receipt answers a Delivery, and a Beat. Where Stop is set the shard is no longer the worker's: it is dropped, and its ticket thrown away.
type Receipt struct {
	Stop  bool
	Drain bool             // take no further shards; what is at work is finished
	Rates map[string]int64 // bytes a second that this worker may read of targets, by label; a target that is not named has no bound
	Over  []int64          // of a Beat's Runs, those that have ended: their key is forgotten, and their sources are closed
}

// Beat says that a worker lives, every few seconds.
type Beat struct {
	Working []Ticket
	Bytes   int64   // read since the worker began
	Items   int64   // done since then
	Drains  bool    // it takes no further shards, and ends
	Runs    []int64 // whose key it knows, and whose sources it may have open
}

// Method names a call from a worker to the hub. The forms of question and answer are those of the types named.
type Method string

// The calls.
const (
	CallHello   Method = "hello"   // Hello, Welcome
	CallClaim   Method = "claim"   // Claim, Claimed
	CallDeliver Method = "deliver" // Delivery, Receipt
	CallBeat    Method = "beat"    // Beat, Receipt
)

// Source gives an item in the form of package source.
func (l Listed) Source() source.Listed {
	return source.Listed{Item: source.Item{Path: l.Path, Version: l.Version, Bytes: l.Bytes, Modified: l.Modified}, Gap: l.Gap}
}
