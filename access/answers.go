package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access/graph"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// Step is one edge of a proof, in words.
type Step struct {
	From      string `json:"from"`
	Verb      string `json:"verb"`
	To        string `json:"to"`
	Layer     string `json:"layer"`
	Condition string `json:"condition,omitempty"` // what must hold and is not known
	Grants    []int  `json:"grants"`              // numbers of the raw facts that it rests on
}

// String gives the step as a sentence.
func (s Step) String() string {
	text := s.From + " " + s.Verb + " " + s.To
	if s.Layer == Escalation.String() {
		text += " (an act)"
	}
	if s.Condition != "" {
		text += ", if " + s.Condition
	}
	return text
}

// Principal is a node of an answer that is somebody.
type Principal struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Kind      string            `json:"kind"`
	System    string            `json:"system"`
	Custodian string            `json:"custodian,omitempty"`
	Outside   bool              `json:"outside"` // no identity provider of the estate knows it
	Traits    map[string]string `json:"traits,omitempty"`
}

// Reader is one who can read a repository, or a part of it.
type Reader struct {
	Principal
	Layer   string       `json:"layer"`   // entitled, or escalation
	Certain bool         `json:"certain"` // else a condition must hold that is not known
	People  estate.Count `json:"people"`  // distinct people of this repository whom it reads
	Whole   bool         `json:"whole"`   // it reads all of what holds anybody
	Places  []string     `json:"places"`  // parts that it reads, where it does not read all
	Path    []Step       `json:"path"`

	class graph.Class
}

// WhoAnswer tells who can read a repository.
type WhoAnswer struct {
	Repository string       `json:"repository"`
	Custodian  string       `json:"custodian"`
	Known      bool         `json:"known"` // somebody collected, or said, who can read it, or some of it
	People     estate.Count `json:"people"`
	Readers    []Reader     `json:"readers"`  // those who are no mere group or role, the surest first
	Through    int          `json:"through"`  // groups and roles that they read it through
	Certain    int          `json:"certain"`  // readers for sure, by what they hold now
	Possible   int          `json:"possible"` // readers if something unknown holds
	Escalating int          `json:"escalating"`
	Outside    int          `json:"outside"` // of the certain, those whom no identity provider of the estate knows
	Writers    []Reader     `json:"writers"` // who may change it
	Doubts     []string     `json:"doubts"`  // what could change the answer
}

// Who tells who can read a repository, or what stands beneath a path of it. ok is false where there is no such place.
func (e *Estate) Who(place Place) (*WhoAnswer, bool, error) {
	parts := e.partsOf(place)
	if len(parts) == 0 {
		return nil, false, nil
	}
	s := e.graph.Search()
	out := &WhoAnswer{Repository: place.String(), Custodian: e.parts[parts[0]-e.first].Custodian, People: s.People(parts...).Total, Readers: []Reader{}, Writers: []Reader{},
		Doubts: e.doubtsOf(place)}
	readers := map[uint32]*Reader{}
	reads := map[uint32][]uint32{}
	for _, part := range parts {
		out.Known = out.Known || e.parts[part-e.first].Known
		hits, err := s.Who(graph.View{Escalation: true, Possible: true}, part)
		if err != nil {
			return nil, false, err
		}
		for _, h := range hits {
			if !e.isSomebody(h.Node) {
				continue
			}
			reads[h.Node] = append(reads[h.Node], part)
			if r := readers[h.Node]; r == nil || h.Class < r.class {
				readers[h.Node] = e.reader(h, e.steps(s.Path(h.Node)))
			}
		}
	}
	through := map[string]bool{}
	for node, r := range readers {
		r.People = s.People(reads[node]...).Total
		r.Whole = len(reads[node]) == len(parts) || r.People == out.People && out.People.Estimate > 0
		if !r.Whole {
			for _, p := range reads[node] {
				r.Places = append(r.Places, e.parts[p-e.first].Place.Path)
			}
		}
		out.count(r)
		for _, step := range r.Path[:len(r.Path)-1] {
			through[step.To] = true
		}
		out.Readers = append(out.Readers, *r)
	}
	out.Through = len(through)
	slices.SortFunc(out.Readers, compareReaders)
	out.Writers = e.writers(parts)
	return out, true, nil
}

func (w *WhoAnswer) count(r *Reader) {
	switch {
	case r.class == 0:
		w.Certain++
		if r.Outside {
			w.Outside++
		}
	case r.class&graph.Escalates != 0:
		w.Escalating++
	default:
		w.Possible++
	}
}

// compareReaders puts the surest first, then who reads the most people, then by name.
func compareReaders(a, b Reader) int {
	return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(b.People.Estimate, a.People.Estimate), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
}

func (e *Estate) reader(h graph.Hit, path []Step) *Reader {
	r := &Reader{Principal: e.principal(h.Node), Path: path, class: h.Class, Places: []string{}, Layer: Entitled.String(), Certain: h.Class&graph.Conditional == 0}
	if h.Class&graph.Escalates != 0 {
		r.Layer = Escalation.String()
	}
	return r
}

func (e *Estate) principal(node uint32) Principal {
	n := &e.nodes[node]
	return Principal{ID: n.ID, Name: cmp.Or(n.Name, n.ID), Kind: n.Kind.String(), System: n.System, Custodian: n.Custodian, Outside: n.Traits["idp"] == "no", Traits: n.Traits}
}

// isSomebody tells whether a node can be a foothold of its own. Groups and roles are ways, unless one can log in as them.
func (e *Estate) isSomebody(node uint32) bool {
	switch k := e.nodes[node].Kind; k {
	case Group, Role:
		return e.nodes[node].Traits["login"] == "yes"
	case Resource:
		return false
	}
	return e.nodes[node].Traits["enabled"] != "no"
}

// steps puts a path in words.
func (e *Estate) steps(path []uint32) []Step {
	out := make([]Step, 0, len(path))
	for _, number := range path {
		x, err := e.graph.Edge(number)
		if err != nil {
			continue // the path is of this graph
		}
		l := e.kinds[e.labels[number]]
		layer := Entitled
		if x.Class&graph.Escalates != 0 {
			layer = Escalation
		}
		out = append(out, Step{From: e.nameOf(x.From), Verb: e.words[l.verb], To: e.nameOf(x.To), Layer: layer.String(), Condition: e.words[l.condition], Grants: x.Proof})
	}
	return out
}

func (e *Estate) nameOf(node uint32) string { return cmp.Or(e.nodes[node].Name, e.nodes[node].ID) }

// partsOf gives the nodes of the parts of a place.
func (e *Estate) partsOf(place Place) (out []uint32) {
	for i := range e.parts {
		p := e.parts[i].Place
		if p.Repository == place.Repository && (place.Path == "" || p.Path == place.Path || strings.HasPrefix(p.Path, strings.TrimSuffix(place.Path, "/")+"/")) {
			out = append(out, e.first+uint32(i))
		}
	}
	return out
}

// doubtsOf gives what could change an answer about a place.
func (e *Estate) doubtsOf(places ...Place) []string {
	out := []string{}
	for _, d := range e.doubts {
		if d.Place == (Place{}) || slices.ContainsFunc(places, func(p Place) bool { return p.Repository == d.Place.Repository }) {
			out = append(out, d.Detail)
		}
	}
	return out
}

// writers tells who may change what is in the parts, directly.
func (e *Estate) writers(parts []uint32) []Reader {
	out := []Reader{}
	seen := map[uint32]bool{}
	for _, h := range e.rights {
		if h.right != Write || seen[h.from] || !slices.Contains(parts, e.first+h.part) {
			continue
		}
		seen[h.from] = true
		grants := make([]int, len(h.proof))
		for i, p := range h.proof {
			grants[i] = int(p)
		}
		out = append(out, Reader{Principal: e.principal(h.from), Layer: h.layer.String(), Certain: h.label.condition == 0, Places: []string{}, Path: []Step{{From: e.nameOf(h.from),
			Verb: e.words[h.label.verb], To: e.nameOf(e.first + h.part), Layer: h.layer.String(), Condition: e.words[h.label.condition], Grants: grants}}})
	}
	slices.SortFunc(out, compareReaders)
	return out
}

// ReachAnswer tells what a foothold reads.
type ReachAnswer struct {
	Principals []Principal    `json:"principals"`
	Now        Sum            `json:"now"`        // for sure, by what it holds now
	Possible   Sum            `json:"possible"`   // and if what is not known holds
	Escalated  Sum            `json:"escalated"`  // and with acts that change who it is, for sure
	Most       Sum            `json:"most"`       // and both
	Places     []ReachedPlace `json:"places"`     // most people first
	Identities []Principal    `json:"identities"` // whom it can act as, by all of that
	Doubts     []string       `json:"doubts"`
}

// Sum is what a view of the reach comes to.
type Sum struct {
	People       estate.Count            `json:"people"` // distinct: who is in two repositories counts once
	Classes      map[string]estate.Count `json:"people_by_sensitivity"`
	States       map[string]estate.Count `json:"people_by_state"`
	Repositories int                     `json:"repositories"` // that hold anybody
	Bytes        int64                   `json:"bytes"`
}

// ReachedPlace is one part of a repository that is reached.
type ReachedPlace struct {
	Repository  string       `json:"repository"`
	Path        string       `json:"path,omitempty"`
	Custodian   string       `json:"custodian"`
	Verdict     string       `json:"verdict"`
	Sensitivity []string     `json:"sensitivity"`
	People      estate.Count `json:"people"`
	Bytes       int64        `json:"bytes"`
	Layer       string       `json:"layer"`
	Certain     bool         `json:"certain"`
	Proof       []Step       `json:"proof"`

	class graph.Class
}

// Reach tells what principals read together.
func (e *Estate) Reach(nodes ...uint32) (*ReachAnswer, error) {
	s := e.graph.Search()
	out := &ReachAnswer{Places: []ReachedPlace{}, Identities: []Principal{}}
	for _, n := range nodes {
		out.Principals = append(out.Principals, e.principal(n))
	}
	for _, v := range []struct {
		view graph.View
		to   *Sum
	}{{graph.View{}, &out.Now}, {graph.View{Possible: true}, &out.Possible}, {graph.View{Escalation: true}, &out.Escalated}} {
		r, err := s.Reach(v.view, nodes...)
		if err != nil {
			return nil, err
		}
		*v.to = e.sum(s, r)
	}
	r, err := s.Reach(graph.View{Escalation: true, Possible: true}, nodes...)
	if err != nil {
		return nil, err
	}
	out.Most = e.sum(s, r)
	var places []Place
	for _, h := range r.Resources {
		p := &e.parts[h.Node-e.first]
		places = append(places, p.Place)
		layer := Entitled
		if h.Class&graph.Escalates != 0 {
			layer = Escalation
		}
		out.Places = append(out.Places, ReachedPlace{Repository: p.Place.Repository, Path: p.Place.Path, Custodian: p.Custodian, Verdict: p.Verdict.String(), Sensitivity: p.Classes.Names(),
			People: s.People(h.Node).Total, Bytes: p.Bytes, Layer: layer.String(), Certain: h.Class&graph.Conditional == 0, Proof: e.steps(s.Path(h.Node)), class: h.Class})
	}
	for _, h := range r.Principals {
		if !slices.Contains(nodes, h.Node) {
			out.Identities = append(out.Identities, e.principal(h.Node))
		}
	}
	slices.SortStableFunc(out.Places, func(a, b ReachedPlace) int {
		return cmp.Or(cmp.Compare(b.People.Estimate, a.People.Estimate), cmp.Compare(a.class, b.class), cmp.Compare(a.Repository+a.Path, b.Repository+b.Path))
	})
	out.Doubts = e.doubtsOf(places...)
	return out, nil
}

func (e *Estate) sum(s *graph.Search, r *graph.Reached) Sum {
	out := Sum{Classes: map[string]estate.Count{}, States: map[string]estate.Count{}}
	nodes := make([]uint32, len(r.Resources))
	repositories := map[string]bool{}
	for i, h := range r.Resources {
		nodes[i] = h.Node
		p := &e.parts[h.Node-e.first]
		out.Bytes += p.Bytes
		if p.Verdict == phi.VerdictPHI || p.Verdict == phi.VerdictPII {
			repositories[p.Place.Repository] = true
		}
	}
	t := s.People(nodes...)
	out.People, out.Repositories = t.Total, len(repositories)
	for c, n := range t.Classes {
		out.Classes[c.String()] = n
	}
	for st, n := range t.States {
		out.States[st.String()] = n
	}
	return out
}

// Find gives the principals that a text can mean: one whose ID it is, else those whose name it is, else those whose ID or name ends with
// it behind a separator, whatever the case.
func (e *Estate) Find(text string) []uint32 {
	if n, is := e.byID[text]; is && n < e.first {
		return []uint32{n}
	}
	var named, ending []uint32
	want := strings.ToLower(text)
	for n := range e.first {
		id, name := strings.ToLower(e.nodes[n].ID), strings.ToLower(e.nodes[n].Name)
		switch {
		case name == want:
			named = append(named, n)
		case endsWith(id, want) || endsWith(name, want):
			ending = append(ending, n)
		}
	}
	if len(named) > 0 {
		return named
	}
	return ending
}

func endsWith(s, end string) bool {
	return end != "" && strings.HasSuffix(s, end) && len(s) > len(end) && strings.ContainsRune("#/:@\\ ", rune(s[len(s)-len(end)-1]))
}

// ID gives the ID of a principal.
func (e *Estate) ID(node uint32) string { return e.nodes[node].ID }

// Repositories names those that were surveyed.
func (e *Estate) Repositories() []string {
	seen := map[string]bool{}
	for i := range e.parts {
		seen[e.parts[i].Place.Repository] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// Principals is how many there are.
func (e *Estate) Principals() int { return int(e.first) }

// Place finds the place that a text means: the name of a repository, with a path behind a blank, or the end of a name.
func (e *Estate) Place(text string) ([]Place, error) {
	repository, path, _ := strings.Cut(text, " ")
	var whole, ending []Place
	seen := map[string]bool{}
	for i := range e.parts {
		name := e.parts[i].Place.Repository
		if seen[name] {
			continue
		}
		seen[name] = true
		switch {
		case name == repository:
			whole = append(whole, Place{name, path})
		case strings.HasSuffix(name, "/"+repository):
			ending = append(ending, Place{name, path})
		}
	}
	if len(whole) > 0 {
		return whole, nil
	}
	if len(ending) == 0 {
		return nil, fmt.Errorf("no repository is called %s", repository)
	}
	return ending, nil
}
