package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access/graph"
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
	Writers []Reader `json:"writers"` // who may change it
	Doubts  []string `json:"doubts"`  // what could change the answer
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

// Who tells who can read a repository, or what stands at or beneath a path of it: counted are all, listed at most so many readers, 0 = all,
// the surest first. ok is false where there is no such repository.
func (e *Estate) Who(place Place, most int) (answer *WhoAnswer, ok bool, err error) {
	parts, wider := e.partsOf(place)
	if len(parts) == 0 {
		return nil, false, nil
	}
	s := e.searches.Get().(*graph.Search)
	defer e.searches.Put(s)
	out := &WhoAnswer{Repository: place.String(), Custodian: e.part(parts[0]).Custodian, Wider: wider, People: s.People(parts...).Total, Readers: []Reader{}, Doubts: e.doubtsOf(place)}
	for _, p := range parts {
		out.Known = out.Known || e.part(p).Known
	}
	all, err := e.readings(s, parts, everyPath)
	if err != nil {
		return nil, false, err
	}
	if err := e.onlyAsAnybody(s, parts, all); err != nil {
		return nil, false, err
	}
	for i := range all {
		if all[i].anyone {
			out.Anyone++
		}
		out.count(all[i].class, e.outside(all[i].node))
	}
	list := e.surest(all, most)
	if out.Through, err = e.trace(s, list); err != nil {
		return nil, false, err
	}
	for _, got := range list {
		r := e.reader(got)
		if r.People = out.People; len(got.parts) < len(parts) {
			r.People = s.People(got.parts...).Total
		}
		r.Whole = len(got.parts) == len(parts) || r.People == out.People && out.People.Estimate > 0
		if !r.Whole {
			for _, p := range got.parts {
				r.Places = append(r.Places, e.part(p).Place.Path)
			}
		}
		out.Readers = append(out.Readers, *r)
	}
	slices.SortFunc(out.Readers, compareReaders)
	out.Writers, err = e.writers(s, parts)
	return out, true, err
}

// EachReadership counts who can read each repository of which anybody said so, by their names, and ends with yield's error.
func (e *Estate) EachReadership(yield func(repository string, r Readership) error) error {
	s := e.searches.Get().(*graph.Search)
	defer e.searches.Put(s)
	for _, name := range e.Repositories() {
		parts := e.of[name]
		if !slices.ContainsFunc(parts, func(p uint32) bool { return e.part(p).Known }) {
			continue
		}
		readings, err := e.readings(s, parts, everyPath)
		if err != nil {
			return err
		}
		var r Readership
		for i := range readings {
			r.count(readings[i].class, e.outside(readings[i].node))
		}
		if err := yield(name, r); err != nil {
			return err
		}
	}
	return nil
}

// reading is how one principal reads.
type reading struct {
	node   uint32
	class  graph.Class // of the best path
	best   uint32      // the part that it leads to
	path   []uint32    // in edges, where it was asked for
	parts  []uint32    // what it reads
	anyone bool        // only by what everybody has
}

// compareReadings puts the surest first, those by what everybody has behind the others, then who reads the most parts, then by name.
func (e *Estate) compareReadings(a, b *reading) int {
	return cmp.Or(cmp.Compare(rank(a.class, a.anyone), rank(b.class, b.anyone)), cmp.Compare(len(b.parts), len(a.parts)), cmp.Compare(e.nameOf(a.node), e.nameOf(b.node)), cmp.Compare(a.node, b.node))
}

// surest gives so many readings, the first ones in their order; 0 = all.
func (e *Estate) surest(all []reading, most int) []*reading {
	var list []*reading
	if most <= 0 || most >= len(all) {
		for i := range all {
			list = append(list, &all[i])
		}
		slices.SortFunc(list, e.compareReadings)
		return list
	}
	for i := range all { // few are wanted of what may be a million
		r := &all[i]
		if len(list) == most && e.compareReadings(r, list[most-1]) >= 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(list, r, e.compareReadings)
		list = slices.Insert(list[:min(len(list), most-1)], min(at, most-1), r)
	}
	return list
}

// rank orders classes, those by what everybody has behind all others.
func rank(c graph.Class, anyone bool) int {
	if anyone {
		return int(c) + 1<<8
	}
	return int(c)
}

// readings finds those who read any of the parts.
func (e *Estate) readings(s *graph.Search, parts []uint32, v graph.View) ([]reading, error) {
	var out []reading
	at := map[uint32]int{}
	for i, part := range parts {
		hits, err := s.Who(v, part)
		if err != nil {
			return nil, err
		}
		out = slices.Grow(out, len(hits))
		for _, h := range hits {
			if !e.isSomebody(h.Node) {
				continue
			}
			if len(parts) > 1 {
				if n, had := at[h.Node]; had {
					r := &out[n]
					if r.parts = append(r.parts, part); h.Class < r.class {
						r.class, r.best = h.Class, part
					}
					continue
				}
				at[h.Node] = len(out)
			}
			out = append(out, reading{node: h.Node, class: h.Class, best: part, parts: parts[i : i+1 : i+1]})
		}
	}
	return out, nil
}

// onlyAsAnybody marks who reads the parts only by what everybody has.
func (e *Estate) onlyAsAnybody(s *graph.Search, parts []uint32, all []reading) error {
	if e.anyone == nil {
		return nil
	}
	v := everyPath
	v.Without = e.anyone
	otherwise, err := e.readings(s, parts, v)
	reads := make(map[uint32]bool, len(otherwise))
	for i := range otherwise {
		reads[otherwise[i].node] = true
	}
	for i := range all {
		all[i].anyone = !reads[all[i].node] && e.nodes[all[i].node].Kind != Anyone
	}
	return err
}

// trace finds the best path of each reading, and tells through how many others they lead.
func (e *Estate) trace(s *graph.Search, list []*reading) (through int, err error) {
	byPart := map[uint32][]*reading{}
	for _, r := range list {
		byPart[r.best] = append(byPart[r.best], r)
	}
	between := map[uint32]bool{}
	for part, readings := range byPart {
		if _, err := s.Who(everyPath, part); err != nil {
			return 0, err
		}
		for _, r := range readings {
			r.path = s.Path(r.node)
			for _, n := range e.between(r.path) {
				between[n] = true
			}
		}
	}
	return len(between), nil
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

func (e *Estate) reader(r *reading) *Reader {
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

// isSomebody tells whether a node can be a foothold of its own. Groups and roles are ways, unless one can log in as them.
func (e *Estate) isSomebody(node uint32) bool {
	switch e.nodes[node].Kind {
	case Group, Role:
		return e.nodes[node].Traits["login"] == "yes"
	case Resource:
		return false
	}
	return e.nodes[node].Traits["enabled"] != "no"
}

// partsOf gives the nodes of the parts of a place, and of the one that it lies in where it is none itself; that one is wider.
func (e *Estate) partsOf(place Place) (out []uint32, wider string) {
	all := e.of[place.Repository]
	if place.Path == "" {
		return all, ""
	}
	named := map[string]uint32{}
	for _, n := range all {
		path := e.part(n).Place.Path
		named[path] = n
		if path == place.Path || strings.HasPrefix(path, strings.TrimSuffix(place.Path, "/")+"/") {
			out = append(out, n)
		}
	}
	for path := range around(place.Path) {
		if n, is := named[path]; is {
			if !slices.Contains(out, n) {
				out, wider = append(out, n), e.part(n).Place.String()
			}
			break
		}
	}
	return out, wider
}

func (e *Estate) part(node uint32) *Part { return &e.parts[node-e.first] }

// doubtsOf gives what could change an answer about places.
func (e *Estate) doubtsOf(places ...Place) []string {
	about := map[string]bool{"": true}
	for _, p := range places {
		about[p.Repository] = true
	}
	out := []string{}
	for _, d := range e.doubts {
		if about[d.Place.Repository] {
			out = append(out, d.Detail)
		}
	}
	return out
}

// writers tells who may change what is in the parts: who holds such a right, and who can act as one that does.
func (e *Estate) writers(s *graph.Search, parts []uint32) ([]Reader, error) {
	wanted := map[uint32]bool{}
	for _, p := range parts {
		wanted[p-e.first] = true
	}
	best := map[uint32]Reader{}
	for i := range e.rights {
		h := &e.rights[i]
		if h.right != Write || !wanted[h.part] {
			continue
		}
		hits, err := s.Who(everyPath, h.from)
		if err != nil {
			return nil, err
		}
		for _, hit := range hits {
			class := hit.Class | h.class()
			if old, had := best[hit.Node]; !e.isSomebody(hit.Node) || had && old.class <= class {
				continue
			}
			r := e.reader(&reading{node: hit.Node, class: class, path: s.Path(hit.Node)})
			r.Path = append(r.Path, e.stepOf(h))
			best[hit.Node] = *r
		}
	}
	out := make([]Reader, 0, len(best))
	for _, r := range best {
		out = append(out, r)
	}
	slices.SortFunc(out, compareReaders)
	return out, nil
}
