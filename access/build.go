package access

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/chartroom/chartroom/access/graph"
	"github.com/chartroom/chartroom/access/overlay"
	"github.com/chartroom/chartroom/access/people"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// Holding is an item that holds something of persons.
type Holding struct {
	Place   Place // of the item
	Verdict phi.Verdict
	Classes phi.Classes
	Bytes   int64          // -1 = not known
	People  *estate.People // nil where none can be told apart; good until the next one
}

// Input is what an estate's access is worked out from.
type Input struct {
	// Facts are the grants, each with its number.
	Facts []Fact
	// Repositories are all that were surveyed, whether or not they hold anything.
	Repositories []Repository
	// Holdings goes through the items that hold something of persons, those of one repository after the other, with their people or without. It is
	// called several times.
	Holdings func(people bool, yield func(Holding) error) error
	// Compilers interpret the facts, by their systems.
	Compilers map[string]Compiler
	// Day is the day that the compilers answer for, and Turns are the days after which they answer otherwise, as something runs out.
	Day   string
	Turns []string
	By    string // the program, with its version
}

// Repository is one that was surveyed.
type Repository struct {
	Name      string
	Custodian string
}

// Part is a part of a repository all of whose items have the same readers.
type Part struct {
	Place     Place
	Custodian string
	Verdict   phi.Verdict
	Classes   phi.Classes
	Bytes     int64
	Items     int64
	Known     bool         // somebody collected, or said, who can read it
	People    estate.Count // distinct
}

// Estate is what all grants come to, ready for questions. It is immutable and may be asked by many at once.
type Estate struct {
	nodes  []Node
	first  uint32   // the first node that is a part; those before are principals, by their names
	parts  []Part   // by node, from the first on, by their places
	labels []uint32 // by edge: its place in kinds
	kinds  []label
	words  []string
	rights []held // what edges give besides reading, by part
	doubts []Doubt
	fixed  []int32  // numbers of grants that nobody takes away, ascending
	day    string   // that it was made for
	by     string   // the program that made it
	turns  []string // days with which something runs out
	graph  *graph.Graph

	byID     map[string]uint32   // principals
	of       map[string][]uint32 // the parts of a repository, by their nodes
	anyone   *graph.Mask         // takes out what everybody has; nil where there is nothing such
	searches sync.Pool
	flags    []uint8 // by principal
	used     string  // the last day on which any account is known to have been used
}

// What is asked of principals most often.
const (
	somebody = 1 << iota // it can be a foothold of its own
	outsider             // no identity provider of the estate knows it, as far as somebody said so
)

// index makes what follows from the rest.
func (e *Estate) index() {
	e.byID, e.of = make(map[string]uint32, e.first), map[string][]uint32{}
	e.flags = make([]uint8, e.first)
	for n := range e.first {
		x := &e.nodes[n]
		e.byID[x.ID] = n
		if last := x.Traits["last_used"]; last != "never" {
			e.used = max(e.used, last)
		}
		if way := x.Kind == Group || x.Kind == Role; way && x.Traits["login"] == "yes" || !way && x.Traits["enabled"] != "no" {
			e.flags[n] |= somebody
		}
		if x.Traits["idp"] == "no" {
			e.flags[n] |= outsider
		}
	}
	for i := range e.parts {
		p := &e.parts[i]
		e.nodes = append(e.nodes, Node{ID: p.Place.String(), Kind: Resource, Name: p.Place.String(), Place: p.Place, Custodian: p.Custodian})
		e.of[p.Place.Repository] = append(e.of[p.Place.Repository], e.first+uint32(i))
	}
}

// label is what an edge of the graph is in words, by their numbers.
type label struct{ verb, condition int32 }

// held is a right over a part that is not to read it.
type held struct {
	from, part uint32
	right      Right
	layer      Layer
	label      label
	proof      []int32
}

// ready makes what questions need of the graph.
func (e *Estate) ready() (err error) {
	e.searches.New = func() any { return e.graph.Search() }
	s := e.graph.Search()
	for i := range e.parts {
		e.parts[i].People = s.Count(e.first + uint32(i))
	}
	var edges []uint32
	for n := range e.first {
		if e.nodes[n].Kind != Anyone {
			continue
		}
		for i, end := e.graph.Out(n); i < end; i++ {
			edges = append(edges, i)
		}
	}
	if len(edges) > 0 {
		e.anyone, err = e.graph.WithoutEdges(edges...)
	}
	return err
}

// Holds tells whether a program would come to the same on a day: it is the one that made it, and nothing ran out since.
func (e *Estate) Holds(by, day string) bool {
	return by == e.by && (day == e.day || e.day != "" && !slices.ContainsFunc(e.turns, func(t string) bool { return (t < e.day) != (t < day) }))
}

// Build works out an estate's access.
func Build(in Input) (*Estate, error) {
	g := newGathering()
	places, err := placesOf(in)
	if err != nil {
		return nil, fmt.Errorf("work out access: %w", err)
	}
	bySystem := map[string][]Fact{}
	for _, f := range in.Facts {
		if f.Kind == Unseen && in.Compilers[f.System] == nil {
			g.Doubt(Doubt{Place: Place{Repository: f.Repository}, Scope: f.Scope, Detail: "who may read it was not collected to its end: " + f.Why})
			continue
		}
		bySystem[f.System] = append(bySystem[f.System], f)
	}
	for _, system := range slices.Sorted(maps.Keys(bySystem)) {
		compile := in.Compilers[system]
		if compile == nil {
			g.Doubt(Doubt{Detail: fmt.Sprintf("%d facts of %s are not understood by this chartroom", len(bySystem[system]), system)})
			continue
		}
		g.compile(compile, bySystem[system], places)
	}
	g.settle()
	e, err := g.estate(in)
	if err != nil {
		return nil, err
	}
	for i := range in.Facts {
		if standing(&in.Facts[i]) {
			e.fixed = append(e.fixed, int32(in.Facts[i].ID))
		}
	}
	slices.Sort(e.fixed)
	e.day, e.turns, e.by = in.Day, in.Turns, in.By
	return e, nil
}

// Unseen is the kind of a fact that says what a collector could not see.
const Unseen = "unseen"

// placesOf lists the repositories, and what holds something in each.
func placesOf(in Input) ([]Place, error) {
	var out []Place
	for _, r := range in.Repositories {
		out = append(out, Place{Repository: r.Name})
	}
	var one overlay.Places
	repository := ""
	flush := func() {
		for _, path := range one.Take() {
			out = append(out, Place{repository, path})
		}
	}
	err := in.Holdings(false, func(h Holding) error {
		if h.Place.Repository != repository {
			flush()
			repository = h.Place.Repository
		}
		one.Add(h.Place.Path)
		return nil
	})
	flush()
	return out, err
}

// estate makes the graph of what was gathered.
func (g *gathering) estate(in Input) (*Estate, error) {
	o := overlay.New(g.layouts)
	for i := range g.nodes {
		if p := g.nodes[i].Place; g.nodes[i].Kind == Resource {
			o.Part(p.Repository, p.Path)
		}
	}
	e := &Estate{doubts: g.doubts, words: g.words}
	number := e.principals(g)
	custodians := map[string]string{}
	for _, r := range in.Repositories {
		custodians[r.Name] = r.Custodian
		o.Part(r.Name, "")
	}
	err := in.Holdings(false, func(h Holding) error {
		n := o.Part(h.Place.Repository, h.Place.Path)
		for len(e.parts) <= int(n) {
			e.parts = append(e.parts, Part{})
		}
		p := &e.parts[n]
		p.Verdict, p.Classes = max(p.Verdict, h.Verdict), p.Classes|h.Classes
		p.Items++
		p.Bytes += max(0, h.Bytes)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("work out access: %w", err)
	}
	parts := e.parts
	e.parts = make([]Part, len(o.Parts()))
	for i, n := range o.Sort() {
		if i < len(parts) {
			e.parts[n] = parts[i]
		}
	}
	for i, p := range o.Parts() {
		e.parts[i].Place, e.parts[i].Custodian, e.parts[i].Known = Place{p.Repository, p.Path}, custodians[p.Repository], p.Spoken
	}
	e.index()
	if err := e.connect(g, o, number, in); err != nil {
		return nil, err
	}
	return e, e.ready()
}

// principals numbers the nodes that are somebody, by their names; -1 stands for a place.
func (e *Estate) principals(g *gathering) []int32 {
	var order []int32
	number := make([]int32, len(g.nodes))
	for i := range g.nodes {
		if number[i] = -1; g.nodes[i].Kind != Resource {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(a, b int32) int {
		x, y := &g.nodes[a], &g.nodes[b]
		return cmp.Or(strings.Compare(cmp.Or(x.Name, x.ID), cmp.Or(y.Name, y.ID)), strings.Compare(x.ID, y.ID))
	})
	for n, i := range order {
		number[i] = int32(n)
		e.nodes = append(e.nodes, g.nodes[i])
	}
	e.first = uint32(len(e.nodes))
	return number
}

// String gives a place as answers show it.
func (p Place) String() string {
	if p.Path == "" {
		return p.Repository
	}
	return p.Repository + " " + p.Path
}

// connect makes the graph's edges.
func (e *Estate) connect(g *gathering, o *overlay.Overlay, number []int32, in Input) error {
	var edges []edge
	for _, x := range g.edges {
		from := number[x.from]
		if from < 0 {
			continue // nothing leads out of a place
		}
		x.from = from
		if to := number[x.to]; to >= 0 {
			x.to = to
			edges = append(edges, x)
			continue
		}
		for _, part := range o.Of(x.to) {
			y := x
			y.to = int32(e.first) + part
			if x.right == Read {
				edges = append(edges, y)
			} else {
				e.rights = append(e.rights, held{uint32(y.from), uint32(part), y.right, y.layer, label{y.verb, y.condition}, y.proof})
			}
		}
	}
	slices.SortStableFunc(e.rights, func(a, b held) int { return cmp.Compare(a.part, b.part) })
	edges = slices.DeleteFunc(edges, func(x edge) bool { return x.from == x.to })
	compare := func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.class(), b.class()), slices.Compare(a.proof, b.proof))
	}
	slices.SortStableFunc(edges, compare)
	edges = slices.CompactFunc(edges, func(a, b edge) bool { return compare(a, b) == 0 })
	held, err := e.people(o, in)
	if err != nil {
		return err
	}
	return e.compile(edges, held)
}

// compile makes the graph of edges that are in its order.
func (e *Estate) compile(edges []edge, held *graph.People) error {
	b, err := graph.NewBuilder(len(e.nodes))
	if err != nil {
		return err
	}
	for n := range e.parts {
		if err := b.Resource(e.first + uint32(n)); err != nil {
			return err
		}
	}
	numbers := map[label]uint32{}
	for _, x := range edges {
		proof := make([]int, len(x.proof))
		for i, p := range x.proof {
			proof[i] = int(p)
		}
		if err := b.Edge(graph.Edge{From: uint32(x.from), To: uint32(x.to), Class: x.class(), Proof: proof}); err != nil {
			return err
		}
		l := label{x.verb, x.condition}
		if _, known := numbers[l]; !known {
			numbers[l] = uint32(len(e.kinds))
			e.kinds = append(e.kinds, l)
		}
		e.labels = append(e.labels, numbers[l])
	}
	if e.graph, err = b.Graph(held); err == nil && e.graph.Edges() != len(e.labels) {
		err = errors.New("the graph has other edges than were put into it")
	}
	return err
}

// class is what the edge takes.
func (x *edge) class() graph.Class { return classOf(x.layer, x.condition) }

// class is what it takes to use the right.
func (h *held) class() graph.Class { return classOf(h.layer, h.label.condition) }

func classOf(layer Layer, condition int32) (c graph.Class) {
	if layer == Escalation {
		c |= graph.Escalates
	}
	if condition != 0 {
		c |= graph.Conditional
	}
	return c
}

// people gathers the persons of all parts.
func (e *Estate) people(o *overlay.Overlay, in Input) (*graph.People, error) {
	items := make([]int64, len(e.parts))
	for i := range e.parts {
		items[i] = e.parts[i].Items
	}
	return graph.Gather(people.Grouped(e.first, items, func(yield func(part int, of *estate.People) error) error {
		return in.Holdings(true, func(h Holding) error { return yield(int(o.Part(h.Place.Repository, h.Place.Path)), h.People) })
	}))
}
