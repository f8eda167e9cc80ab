// Package review answers whether an acquired estate is inside the acquirer's governance: repository by repository (the migration
// ledger), row by row of a framework, and account by account. Each answer is yes, no or not known, and names the facts that it rests on;
// everything here is pure.
package review

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
)

// Input is what a review is worked out from. All of it is of one time.
type Input struct {
	Now    time.Time         // the time of the answer
	Stale  time.Duration     // age from which evidence is stale; 0 = catalog.StaleAfter
	Rows   []catalog.Row     // all repositories, as the catalog's Where gives them
	Facts  []access.Fact     // all grants, each with its number in the catalog
	Access *access.Estate    // what the grants come to
	Runs   []catalog.RunInfo // the surveys, the latest first
	Cases  []Case            // the incidents that were led here
	// Items goes through what one repository holds of persons. nil where nothing can be told.
	Items func(repository string, yield func(catalog.Holding) error) error
	// People counts the distinct people of several repositories together.
	People func(repositories []string) (estate.Count, error)
}

// Case is an incident whose log the catalog keeps.
type Case struct {
	Name   string
	Opened time.Time
	Lines  int
	Head   string         // hash of the last line
	Kinds  map[string]int // lines by kind: claim, level, decision, notice, ...
	Whole  bool           // the chain of its log was checked and holds
}

// State is the answer of a cell.
type State string

// The states.
const (
	Yes     State = "yes"
	No      State = "no"
	Unknown State = "not known" // nobody measured or said it: never a no, and never a yes
)

// Basis is where a piece of evidence comes from.
type Basis string

// The bases.
const (
	Measured Basis = "measured" // a collector saw it
	Exported Basis = "exported" // it stands in an export of the system that enforces it
	Declared Basis = "declared" // somebody said so
)

// Evidence is a fact that an answer rests on.
type Evidence struct {
	ID    string     `json:"id"`   // opens by Review.Open: fact:12, repository:NAME, trait:NAME ENCRYPTION, ...
	Says  string     `json:"says"` // what it says, in words
	By    string     `json:"by"`   // the collector, or who said so
	Basis Basis      `json:"basis"`
	Seen  *time.Time `json:"seen"` // null = nobody said when
	Stale bool       `json:"stale"`
}

// Review is an estate that is ready to be reviewed. It is immutable, and Input's functions are called as questions come.
type Review struct {
	in         Input
	facts      map[string][]Fact // by kind, those that are declared
	numbers    map[int]int       // places of facts, by their numbers
	rows       map[string]int
	visits     map[string]time.Time // when each repository was last visited
	custodians map[string]string    // kind of each, by name
	vendorOf   map[string]string    // by the ID of an app or account, the vendor whose it is
	ownerOf    map[string]string
	scopesOf   map[string][]string
	basisOf    map[string]Basis // of declared accounts by ID, and of what is said of who reads repositories, by name
	expires    map[string]string
	day        string

	once     sync.Once // guards what follows
	reads    *readership
	readsErr error
}

// Fact is a declared fact that was read.
type Fact struct {
	access.Fact
	declared.Said
}

// New makes a review of an estate.
func New(in Input) *Review {
	r := &Review{in: in, facts: map[string][]Fact{}, numbers: map[int]int{}, rows: map[string]int{}, visits: map[string]time.Time{}, custodians: map[string]string{},
		basisOf: map[string]Basis{}, vendorOf: map[string]string{}, ownerOf: map[string]string{}, scopesOf: map[string][]string{}, expires: map[string]string{}, day: in.Now.Format(time.DateOnly)}
	for i := range in.Rows {
		r.rows[in.Rows[i].Repository] = i
	}
	for _, run := range in.Runs {
		for _, v := range run.Visits {
			if at := v.Finished; at != nil && at.After(r.visits[v.Repository]) {
				r.visits[v.Repository] = *at
			}
		}
	}
	r.in.Facts = slices.Clone(in.Facts)
	slices.SortFunc(r.in.Facts, func(a, b access.Fact) int { return cmp.Compare(a.ID, b.ID) })
	for i, f := range r.in.Facts {
		r.numbers[f.ID] = i
		if f.System != declared.System {
			r.basisOf[f.Repository] = Measured
			continue
		}
		said, err := declared.ReadSaid(f.Detail)
		if err != nil {
			continue // access tells it as a doubt
		}
		r.facts[f.Kind] = append(r.facts[f.Kind], Fact{f, said})
	}
	if r.in.Stale == 0 {
		r.in.Stale = catalog.StaleAfter
	}
	r.index()
	return r
}

// index notes who is whose.
func (r *Review) index() {
	for _, f := range r.facts[declared.KindCustodian] {
		r.custodians[f.Principal] = f.Is["kind"]
	}
	for kind, as := range map[string]string{declared.KindApp: "app", declared.KindUser: "user", declared.KindService: "service"} {
		for _, f := range r.facts[kind] {
			id := declared.ID(f.Scope, as, f.Principal)
			note(r.vendorOf, id, f.Vendor)
			note(r.ownerOf, id, f.Owner)
			note(r.expires, id, f.Expires)
			r.scopesOf[id] = append(r.scopesOf[id], f.Scopes...)
			r.rests(id, f.Fact)
		}
	}
	for _, kind := range []string{declared.KindAccess, declared.KindApp} {
		for _, f := range r.facts[kind] {
			r.restsOn(f)
		}
	}
	for _, f := range r.facts[declared.KindVendor] {
		r.rests(declared.ID("", "vendor", f.Principal), f.Fact)
	}
	for _, f := range r.facts[declared.KindHolds] {
		for _, id := range r.meant(declared.ParseRef(f.Target)) {
			r.vendorOf[id] = f.Principal
		}
	}
}

// note keeps what was said of an account.
func note(in map[string]string, id, value string) {
	if value != "" {
		in[id] = value
	}
}

// restsOn notes that what is said of who reads a repository rests on a fact about it, about a part of it, or about what it stands in.
func (r *Review) restsOn(f Fact) {
	for place := f.Target; place != ""; place = place[:max(0, strings.LastIndexByte(place, '/'))] {
		if _, ok := r.rows[place]; ok {
			r.rests(place, f.Fact)
			return
		}
	}
	for i := range r.in.Rows {
		if name := r.in.Rows[i].Repository; within(name, f.Target) {
			r.rests(name, f.Fact)
		}
	}
}

// rests notes on what an answer about a name rests, at best.
func (r *Review) rests(name string, f access.Fact) {
	switch basis := basisOf(f); {
	case r.basisOf[name] == Measured:
	case basis == Exported || r.basisOf[name] == "":
		r.basisOf[name] = basis
	}
}

// basisOf is that of a fact: a row of a file that a system wrote is no mere declaration.
func basisOf(f access.Fact) Basis {
	if f.System != declared.System {
		return Measured
	}
	if name, line, ok := strings.Cut(f.From, ":"); ok && line != "" && !strings.Contains(name, ",") {
		return Exported
	}
	return Declared
}

// meant gives the IDs of the accounts that a reference can mean.
func (r *Review) meant(ref declared.Ref) []string {
	if ref.ID != "" {
		return []string{ref.ID}
	}
	text := ref.Name
	if ref.System != "" {
		text = declared.ID(ref.System, ref.Kind, ref.Name)
		if ref.Kind == "" {
			text = strings.ToLower(ref.System + "#" + ref.Name)
		}
	}
	var out []string
	for _, n := range r.in.Access.Find(text) {
		out = append(out, r.in.Access.ID(n))
	}
	return out
}

// Acquirers names the custodians that are acquirers.
func (r *Review) Acquirers() []string { return r.ofKind("acquirer") }

// ofKind names the custodians of a kind.
func (r *Review) ofKind(kind string) []string {
	out := []string{}
	for name, k := range r.custodians {
		if k == kind {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// governs tells whether a custodian is the acquirer. Where nobody declared who is what, no answer is known.
func (r *Review) governs(custodian string) State {
	kind, known := r.custodians[custodian]
	switch {
	case !known:
		return Unknown
	case kind == "acquirer":
		return Yes
	}
	return No
}

// covers gives the facts of a kind whose target is a repository, or what it stands in, the closest first.
func (r *Review) covers(kind, repository string) []Fact {
	var out []Fact
	for _, f := range r.facts[kind] {
		if within(repository, f.Target) {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b Fact) int { return len(b.Target) - len(a.Target) })
	return out
}

// within tells whether a place is another, or stands in it.
func within(place, in string) bool {
	rest, ok := strings.CutPrefix(place, in)
	return ok && in != "" && (rest == "" || rest[0] == '/' || strings.HasSuffix(in, "/"))
}
