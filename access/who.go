package access

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"sort"

	"github.com/chartroom/chartroom/access/graph"
	"github.com/chartroom/chartroom/access/overlay"
	"github.com/chartroom/chartroom/estate"
)

// Reader is one who can read a repository, or a part of it.
type Reader struct {
	Principal
	Layer   string       `json:"layer"`          // entitled, or escalation
	Certain bool         `json:"certain"`        // else a condition must hold that is not known
	Anyone  bool         `json:"through_anyone"` // only by what everybody has, or everybody with any account
	People  estate.Count `json:"people"`         // distinct people of this repository whom it reads
	Whole   bool         `json:"whole"`          // it reads all of what holds anybody
	Places  []string     `json:"places"`         // parts that it reads, where it does not read all
	Path    []Step       `json:"path"`

	class graph.Class
}

// WhoAnswer tells who can read a repository.
type WhoAnswer struct {
	Repository string       `json:"repository"`
	Custodian  string       `json:"custodian"`
	Wider      string       `json:"wider,omitempty"` // the place that the answer is about, where no fact divides it down to the one asked for
	Known      bool         `json:"known"`           // somebody collected, or said, who can read it, or some of it
	People     estate.Count `json:"people"`
	Readers    []Reader     `json:"readers"`        // those who are no mere group or role, the surest first
	Through    int          `json:"through"`        // groups and roles that those listed read it through
	Anyone     int          `json:"through_anyone"` // readers that read it only by what everybody has
	Readership
	Writers  []Reader `json:"writers"`   // who may change it, the surest first
	MayWrite int      `json:"may_write"` // how many these are, also those that are not listed
	Doubts   []string `json:"doubts"`    // what could change the answer
}

// Readership is how many can read something.
type Readership struct {
	Certain    int `json:"certain"`    // for sure, by what they hold now
	Possible   int `json:"possible"`   // if something unknown holds
	Escalating int `json:"escalating"` // by an act
	Outside    int `json:"outside"`    // of the certain, those whom no identity provider of the estate knows
}

// everyPath is the widest view.
var everyPath = graph.View{Escalation: true, Possible: true}

// Who tells who can read a repository, or what stands at or beneath a path of it: counted are all, listed at most so many readers, and so
// many of those who may change it, 0 = all, the surest first. ok is false where there is no such repository.
func (e *Estate) Who(place Place, most int) (answer *WhoAnswer, ok bool, err error) {
	parts, wider := e.partsOf(place)
	if len(parts) == 0 {
		return nil, false, nil
	}
	s := e.search()
	defer e.searches.Put(s)
	out := &WhoAnswer{Repository: place.String(), Custodian: e.part(parts[0]).Custodian, Wider: wider, People: e.peopleOf(s, parts), Readers: []Reader{}, Doubts: e.doubtsOf(func(r string) bool { return r == place.Repository })}
	for _, p := range parts {
		out.Known = out.Known || e.part(p).Known
	}
	all, err := e.audience(s, parts, most)
	if err != nil {
		return nil, false, err
	}
	out.Readership, out.Anyone = all.Readership, all.anyone
	traced, err := e.trace(s, parts, all.list)
	if err != nil {
		return nil, false, err
	}
	e.readers(s, out, parts, traced)
	out.Writers, out.MayWrite, err = e.writers(s, parts, most)
	return out, true, err
}

// readers adds those that are listed, and through how many others they read.
func (e *Estate) readers(s *graph.Search, out *WhoAnswer, parts []uint32, list []traced) {
	people := map[string]estate.Count{} // by what is read of it
	between := map[uint32]bool{}
	for i := range list {
		got := &list[i]
		for _, n := range e.between(got.path) {
			between[n] = true
		}
		r := e.reader(got)
		if r.People = out.People; len(got.parts) < len(parts) {
			key := fmt.Sprint(got.parts)
			if _, counted := people[key]; !counted {
				people[key] = e.peopleOf(s, got.parts)
			}
			r.People = people[key]
		}
		r.Whole = len(got.parts) == len(parts) || r.People == out.People && out.People.Estimate > 0
		if !r.Whole {
			for _, p := range got.parts {
				r.Places = append(r.Places, e.part(p).Place.Path)
			}
		}
		out.Readers = append(out.Readers, *r)
	}
	out.Through = len(between)
	slices.SortFunc(out.Readers, compareReaders)
}

// EachReadership counts who can read each repository of which anybody said so, by their names, and ends with yield's error.
func (e *Estate) EachReadership(yield func(repository string, r Readership) error) error {
	s := e.search()
	defer e.searches.Put(s)
	for _, name := range e.Repositories() {
		parts := e.of[name]
		if !slices.ContainsFunc(parts, func(p uint32) bool { return e.part(p).Known }) {
			continue
		}
		all, err := e.audience(s, parts, 1)
		if err != nil {
			return err
		}
		if err := yield(name, all.Readership); err != nil {
			return err
		}
	}
	return nil
}

func (e *Estate) search() *graph.Search { return e.searches.Get().(*graph.Search) }

// reading is how one principal reads.
type reading struct {
	node   uint32
	some   uint32      // how many of the parts
	class  graph.Class // of the best path
	anyone bool        // only by what everybody has
}

// traced is a reading with what it rests on.
type traced struct {
	reading
	parts []uint32 // that it reads
	path  []uint32 // to one of them, in edges
}

// compareReadings puts the surest first, those by what everybody has behind the others, then who reads the most parts, then by name.
func compareReadings(a, b reading) int {
	if x, y := rank(a.class, a.anyone), rank(b.class, b.anyone); x != y {
		return x - y
	}
	if a.some != b.some {
		return cmp.Compare(b.some, a.some)
	}
	return cmp.Compare(a.node, b.node)
}

// keep adds one to a list, and keeps so many, the first ones in their order; 0 = all, in no order.
func keep[T any](list []T, x T, most int, compare func(a, b T) int) []T {
	switch {
	case most <= 0:
		return append(list, x)
	case len(list) == most && compare(x, list[most-1]) >= 0:
		return list
	}
	at, _ := slices.BinarySearchFunc(list, x, compare)
	return slices.Insert(list[:min(len(list), most-1)], min(at, most-1), x)
}

// rank orders classes, those by what everybody has behind all others.
func rank(c graph.Class, anyone bool) int {
	if anyone {
		return int(c) + 1<<8
	}
	return int(c)
}

// audience are those who read some parts.
type audience struct {
	Readership
	anyone int       // that read them only by what everybody has
	list   []reading // in its order
}

// audience finds those who read any of the parts, and lists so many, the first ones in their order; 0 = all. Behind it the search knows of
// the last part.
func (e *Estate) audience(s *graph.Search, parts []uint32, most int) (*audience, error) {
	out := &audience{}
	err := s.EachReader(everyPath, e.anyone, func(r graph.Reader) {
		e.add(out, reading{r.Node, r.Some, r.Class, !r.Always && e.nodes[r.Node].Kind != Anyone}, most)
	}, parts...)
	slices.SortFunc(out.list, compareReadings)
	return out, err
}

// add adds a reading, if it is that of somebody.
func (e *Estate) add(to *audience, r reading, most int) {
	is := e.flags[r.node]
	if is&somebody == 0 {
		return
	}
	if r.anyone {
		to.anyone++
	}
	to.count(r.class, is&outsider != 0)
	if len(to.list) < most || most <= 0 || compareReadings(r, to.list[most-1]) < 0 { // few are wanted of what may be a million
		to.list = keep(to.list, r, most, compareReadings)
	}
}

// trace finds the parts and the best path of each reading.
func (e *Estate) trace(s *graph.Search, parts []uint32, list []reading) ([]traced, error) {
	out := make([]traced, len(list))
	for i, part := range parts {
		if len(parts) > 1 { // of the only one the search knows
			if err := s.EachWho(everyPath, func(graph.Hit) {}, part); err != nil {
				return nil, err
			}
		}
		for k := range list {
			r := &out[k]
			r.reading = list[k]
			c, reads := s.Found(r.node)
			if !reads {
				continue
			}
			if r.parts == nil {
				r.parts = parts[i : i+1 : i+1]
			} else {
				r.parts = append(r.parts, part)
			}
			if r.path == nil && c == r.class {
				r.path = s.Path(r.node)
			}
		}
	}
	return out, nil
}

func (w *Readership) count(class graph.Class, outside bool) {
	switch {
	case class == 0:
		w.Certain++
		if outside {
			w.Outside++
		}
	case class&graph.Escalates != 0:
		w.Escalating++
	default:
		w.Possible++
	}
}

// compareReaders puts the surest first, then who reads the most people, then by name.
func compareReaders(a, b Reader) int {
	return cmp.Or(cmp.Compare(rank(a.class, a.Anyone), rank(b.class, b.Anyone)), cmp.Compare(b.People.Estimate, a.People.Estimate), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
}

func (e *Estate) reader(r *traced) *Reader {
	return &Reader{Principal: e.principal(r.node), Path: e.steps(r.path), class: r.class, Places: []string{}, Layer: layerOf(r.class).String(), Certain: r.class&graph.Conditional == 0, Anyone: r.anyone}
}

// between gives the principals that a path leads through, both ends left out.
func (e *Estate) between(path []uint32) (out []uint32) {
	for _, number := range path {
		if x, err := e.graph.Edge(number); err == nil && x.To < e.first {
			out = append(out, x.To)
		}
	}
	return out
}

// partsOf gives the nodes of the parts of a place, and of the one that it lies in where it is none itself; that one is wider.
func (e *Estate) partsOf(place Place) (out []uint32, wider string) {
	all := e.of[place.Repository]
	if place.Path == "" {
		return all, ""
	}
	paths := make([]string, len(all))
	for i, n := range all {
		paths[i] = e.part(n).Place.Path
	}
	within, around := overlay.Within(paths, place.Path)
	for _, i := range within {
		out = append(out, all[i])
	}
	if around >= 0 {
		out, wider = append(out, all[around]), e.part(all[around]).Place.String()
	}
	return out, wider
}

func (e *Estate) part(node uint32) *Part { return &e.parts[node-e.first] }

// peopleOf counts the distinct people of parts.
func (e *Estate) peopleOf(s *graph.Search, parts []uint32) estate.Count {
	if len(parts) == 1 {
		return e.part(parts[0]).People
	}
	return s.Count(parts...)
}

// doubtsOf gives what could change an answer about some repositories.
func (e *Estate) doubtsOf(about func(repository string) bool) []string {
	out := []string{}
	for _, d := range e.doubts {
		if d.Place.Repository == "" || about(d.Place.Repository) {
			out = append(out, d.Detail)
		}
	}
	return out
}

// writers tells who may change what is in the parts: who holds such a right, and who can act as one that does; at most so many, 0 = all, and
// how many there are.
func (e *Estate) writers(s *graph.Search, parts []uint32, most int) (list []Reader, all int, err error) {
	list = []Reader{}
	var told []bool
	for class := range (graph.Escalates | graph.Conditional) + 1 { // the surest first: whoever comes later takes all of the class
		var rights []*held
		var holders []uint32
		for _, part := range parts {
			for i := range e.rightsOver(part) {
				if h := &e.rights[i]; h.right == Write && h.class()&^class == 0 {
					rights, holders = append(rights, h), append(holders, h.from)
				}
			}
		}
		if len(rights) == 0 {
			continue
		}
		if told == nil {
			told = make([]bool, e.first)
		}
		v := graph.View{Escalation: class&graph.Escalates != 0, Possible: class&graph.Conditional != 0}
		err := s.EachWho(v, func(h graph.Hit) {
			if told[h.Node] || !e.isSomebody(h.Node) {
				return
			}
			told[h.Node] = true
			if all++; most > 0 && len(list) == most {
				return
			}
			path := s.Path(h.Node)
			r := e.reader(&traced{reading: reading{node: h.Node, class: class}, path: path})
			r.Path = append(r.Path, e.stepOf(rights[slices.Index(holders, e.end(h.Node, path))]))
			list = append(list, *r)
		}, holders...)
		if err != nil {
			return nil, 0, err
		}
	}
	return list, all, nil
}

// end is where a path from a node leads.
func (e *Estate) end(node uint32, path []uint32) uint32 {
	if len(path) > 0 {
		if x, err := e.graph.Edge(path[len(path)-1]); err == nil { // as the path is of this graph
			return x.To
		}
	}
	return node
}

// rightsOver gives the indices of the rights over a part.
func (e *Estate) rightsOver(part uint32) iter.Seq[int] {
	part -= e.first
	at := sort.Search(len(e.rights), func(i int) bool { return e.rights[i].part >= part })
	return func(yield func(int) bool) {
		for ; at < len(e.rights) && e.rights[at].part == part && yield(at); at++ {
		}
	}
}
