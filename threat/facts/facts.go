// Package facts tells what is known of an estate in the words that playbooks ask for: from the inventory, from who can reach what, and
// from what was declared. What is not known is told as possible wherever the playbook says that silence means that, and never as no.
package facts

import (
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/threat"
)

// Input is what facts are made of.
type Input struct {
	Access       *access.Estate
	Repositories []catalog.Row        // all, as Catalog.Where gives them
	Written      map[string]time.Time // by repository: when any of its items was last written; what is not in it is not known
	Said         []access.Fact        // grants; those of declarations are looked at
	Day          string               // of the answer: 2026-03-01
	// Silent tells whether what nobody spoke of may be so, of a predicate; else it is not so.
	Silent func(predicate string) bool
}

// Told are the facts of an estate, and what they rest on.
type Told struct {
	Facts  *threat.Facts
	Doors  []Door   // elements of the front door
	Doubts []string // what could not be understood, or was not looked for
	stores map[uint32]int
	people map[uint32]string // the custodian of each person whom a provider logs in, and who works
	kept   map[string]threat.State
	access *access.Estate
}

// The ways in which a fact is known: threat.Origin.How.
const (
	byInventory   = "inventory"
	byAccess      = "access"
	byDeclaration = "declared"
	byDefault     = "assumed"
)

// teller tells the facts of one estate.
type teller struct {
	Input
	out     *threat.Facts
	kinds   map[string][]string // the kinds of a predicate's arguments
	doubts  []string
	told    map[atom]threat.State // what was declared or observed, so that silence does not count
	origins map[threat.Origin]uint32

	nodes     []access.Principal  // by number
	names     []uint32            // of principals, by number
	nodeOf    map[uint32]uint32   // principals by their names
	byID      map[string]uint32   // by ID, lower
	byName    map[string][]uint32 // by name, lower
	elements  map[string]element
	somebody  []bool
	takings   []access.Taking
	members   map[uint32][]uint32 // who is directly in a group, or logs in as it
	parts     []access.Part
	stores    []uint32         // names of parts, by number
	of        map[string][]int // the parts of a repository
	rows      map[string]*catalog.Row
	world     *world
	readers   map[string]*readership // of a repository
	uses      [][]uint32             // systems in which somebody can read anything, by his number
	usedBy    map[uint32]uint32      // by system: one more than the last who was found to use it
	spoken    map[string]bool        // predicates that tell was asked to tell
	systemsOf [][]uint32             // of a part, by number
	doors     []Door
	nobody    uint32                  // the origin of what nobody spoke of
	kept      map[string]threat.State // whether it is logged who reads a store, by its name
}

// atom is a fact that somebody spoke of.
type atom struct {
	predicate string
	a, b, c   uint32
}

// Of tells the facts of an estate.
func Of(in Input) (*Told, error) {
	if in.Silent == nil {
		in.Silent = func(string) bool { return false }
	}
	t := &teller{Input: in, out: threat.NewFacts(), kinds: readKinds(), elements: elements(), told: map[atom]threat.State{}, origins: map[threat.Origin]uint32{},
		members: map[uint32][]uint32{}, byID: map[string]uint32{}, byName: map[string][]uint32{}, nodeOf: map[uint32]uint32{},
		of: map[string][]int{}, rows: map[string]*catalog.Row{}, readers: map[string]*readership{}, usedBy: map[uint32]uint32{}, spoken: map[string]bool{}, kept: map[string]threat.State{}}
	t.nobody = t.origin(threat.Origin{How: byDefault})
	for _, step := range []func() error{t.principals, t.places, t.declarations, t.systems, t.reading, t.taking, t.said, t.holdings, t.accounts, t.vendors, t.logs, t.silence} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	stores := make(map[uint32]int, len(t.stores))
	for i, name := range t.stores {
		stores[name] = i
	}
	people := map[uint32]string{}
	for n := range t.nodes {
		if p := &t.nodes[n]; t.isPerson(uint32(n)) && p.Traits["idp"] != "no" && p.Traits["idp"] != "" && !t.dormant(p) {
			people[t.names[n]] = p.Custodian
		}
	}
	slices.Sort(t.doubts)
	return &Told{Facts: t.out, Doors: t.doors, Doubts: slices.Compact(t.doubts), stores: stores, people: people, kept: t.kept, access: in.Access}, nil
}

// Daily tells whether a fact is somebody's daily work, which no control should take away: what a person whom a provider logs in reads of
// his own organisation.
func (t *Told) Daily(predicate string, args []uint32) bool {
	if predicate != "can_read" && predicate != "assigned" || len(args) != 2 {
		return false
	}
	whose, person := t.people[args[0]]
	if i, store := t.stores[args[1]]; person && store {
		return t.access.Parts()[i].Custodian == whose
	}
	return person
}

// tell adds a fact that was observed or declared.
func (t *teller) tell(predicate string, state threat.State, o threat.Origin, args ...uint32) {
	k := keyOf(predicate, args)
	if _, spoken := t.told[k]; !spoken { // the first word stands: declarations come before what is worked out
		t.told[k], t.spoken[predicate] = state, true
		t.out.Tell(predicate, state, t.origin(o), args...)
	}
}

// perhaps adds what nobody spoke of, unless somebody did, or silence means no.
func (t *teller) perhaps(predicate string, args ...uint32) {
	if t.Silent(predicate) {
		t.bulk(predicate, threat.Perhaps, t.nobody, args...)
	}
}

// unsure adds what nobody spoke of, whatever the playbook says of silence.
func (t *teller) unsure(predicate string, args ...uint32) {
	t.tell(predicate, threat.Perhaps, threat.Origin{How: byDefault}, args...)
}

// bulk is tell for what is told of many, once each: it looks for an earlier word only where there is any on the predicate.
func (t *teller) bulk(predicate string, state threat.State, origin uint32, args ...uint32) {
	if t.spoken[predicate] {
		if _, spoken := t.told[keyOf(predicate, args)]; spoken {
			return
		}
	}
	t.out.Tell(predicate, state, origin, args...)
}

func keyOf(predicate string, args []uint32) atom {
	k := atom{predicate: predicate}
	for i, to := range []*uint32{&k.a, &k.b, &k.c} {
		if i < len(args) {
			*to = args[i] + 1
		}
	}
	return k
}

func (t *teller) origin(o threat.Origin) uint32 {
	n, known := t.origins[o]
	if !known {
		n = t.out.From(o)
		t.origins[o] = n
	}
	return n
}

func (t *teller) doubt(text string) { t.doubts = append(t.doubts, text) }

// principals names who is in the estate.
func (t *teller) principals() error {
	return t.Access.EachPrincipal(func(node uint32, p access.Principal) error {
		t.nodes, t.names = append(t.nodes, p), append(t.names, t.out.Name(p.ID))
		t.byID[strings.ToLower(p.ID)], t.nodeOf[t.names[node]] = node, node
		t.byName[strings.ToLower(p.Name)] = append(t.byName[strings.ToLower(p.Name)], node)
		t.somebody = append(t.somebody, t.Access.Somebody(node))
		return nil
	})
}

// places names the parts of repositories, each a store.
func (t *teller) places() error {
	t.parts = t.Access.Parts()
	for i := range t.parts {
		t.stores = append(t.stores, t.out.Name(t.parts[i].Place.String()))
		name := t.parts[i].Place.Repository
		t.of[name] = append(t.of[name], i)
	}
	for i := range t.Repositories {
		t.rows[t.Repositories[i].Repository] = &t.Repositories[i]
	}
	return t.Access.EachTaking(func(k access.Taking) error {
		if k.Layer == access.Entitled {
			t.members[k.To] = append(t.members[k.To], k.From)
		}
		return nil
	})
}

// within tells whether a path lies in a place of a repository.
func within(path, place string) bool {
	return place == "" || path == place || strings.HasPrefix(path, strings.TrimSuffix(place, "/")+"/")
}
