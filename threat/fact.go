// Package threat walks the playbooks of extortion crews over an estate: which
// chains of steps lead from outside to patient data, for sure or perhaps, in
// how many people, and which controls break them. Rows of playbooks are data
// (package playbook), facts come from the inventory, from access and from
// declarations (package facts); here they are only put together.
package threat

import "github.com/chartroom/chartroom/threat/horn"

// State is how surely something holds.
type State = horn.State

// The states. What is not told does not hold: whoever tells facts decides where silence means No and where Perhaps, and tells every Perhaps.
const (
	No      = horn.No
	Perhaps = horn.Perhaps
	Yes     = horn.Yes
)

// Origin is where a fact comes from. Its words and its question may hold {1}, {2} for the names of the fact, so that many share one.
type Origin struct {
	How      string `json:"how"`                // inventory, access, declared, assumed (nobody said so, and the worse case counts)
	Words    string `json:"words"`              // the fact as a person reads it: "archiveadmin has no second factor"
	Evidence string `json:"evidence,omitempty"` // an id that opens: fact:123 (a grant's number), repository:NAME, run:7
	By       string `json:"by,omitempty"`       // who declared it
	AsOf     string `json:"as_of,omitempty"`    // since when it is known, a day
	Until    string `json:"until,omitempty"`    // the day from which it has to be said anew
	Question string `json:"question,omitempty"` // of a Perhaps: whose answer would settle it
}

// Facts are what is known of an estate, by predicates over names: users, systems, stores. Names are kept once, and a fact is its
// predicate with the numbers of its names.
type Facts struct {
	names   []string
	numbers map[string]uint32
	tables  map[string]*Table
	origins []Origin
}

// Table holds the facts of one predicate, with origins by their numbers.
type Table = horn.Table

// NewFacts gives facts that say nothing yet.
func NewFacts() *Facts { return &Facts{numbers: map[string]uint32{}, tables: map[string]*Table{}} }

// Name gives the number of a name, a new one if need be.
func (f *Facts) Name(name string) uint32 {
	if n, ok := f.numbers[name]; ok {
		return n
	}
	n := uint32(len(f.names))
	f.names = append(f.names, name)
	f.numbers[name] = n
	return n
}

// Names gives all names by their numbers. It must not be changed.
func (f *Facts) Names() []string { return f.names }

// From keeps an origin, and gives its number. Many facts may share one.
func (f *Facts) From(o Origin) uint32 {
	f.origins = append(f.origins, o)
	return uint32(len(f.origins) - 1)
}

// Origins gives all origins by their numbers. It must not be changed.
func (f *Facts) Origins() []Origin { return f.origins }

// Tell adds a fact. Of the same fact told twice the surer one counts.
func (f *Facts) Tell(predicate string, state State, origin uint32, args ...uint32) {
	t := f.tables[predicate]
	if t == nil {
		t = &Table{Arity: len(args)}
		f.tables[predicate] = t
	}
	t.Args = append(t.Args, args...)
	t.States = append(t.States, state)
	t.Origin = append(t.Origin, origin)
}

// Table gives the facts of a predicate; nil = none.
func (f *Facts) Table(predicate string) *Table { return f.tables[predicate] }

// Predicates names those that have facts.
func (f *Facts) Predicates() map[string]*Table { return f.tables }
