package access

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/chartroom/chartroom/access/graph"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// Foothold is a principal with what is lost with it.
type Foothold struct {
	Principal
	People       estate.Count `json:"people"`      // that it reads now, for sure
	Most         estate.Count `json:"people_most"` // with acts and with what is not known
	Repositories int          `json:"repositories"`
	Bytes        int64        `json:"bytes"` // of all that it reads at most
	Sensitivity  []string     `json:"sensitivity"`

	node uint32
}

// Footholds ranks the principals by the people whom they read now, then by those whom they read at most; at most so many, 0 = all that
// read anybody.
func (e *Estate) Footholds(most int) ([]Foothold, error) {
	var somebody []uint32
	for n := range e.first {
		if e.isSomebody(n) {
			somebody = append(somebody, n)
		}
	}
	if len(somebody) == 0 {
		return []Foothold{}, nil
	}
	ranked, err := e.graph.Rank(graph.View{Escalation: true, Possible: true}, somebody...)
	if err != nil {
		return nil, err
	}
	now, err := e.graph.Rank(graph.View{}, somebody...)
	if err != nil {
		return nil, err
	}
	people := map[uint32]estate.Count{}
	for _, r := range now {
		people[r.Node] = r.People
	}
	out := []Foothold{}
	for _, r := range ranked {
		if r.People.Estimate > 0 {
			out = append(out, Foothold{Principal: e.principal(r.Node), People: people[r.Node], Most: r.People, node: r.Node})
		}
	}
	slices.SortFunc(out, func(a, b Foothold) int {
		return cmp.Or(cmp.Compare(b.People.Estimate, a.People.Estimate), cmp.Compare(b.Most.Estimate, a.Most.Estimate), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	if most > 0 && len(out) > most {
		out = out[:most]
	}
	s := e.searches.Get().(*graph.Search)
	defer e.searches.Put(s)
	for i := range out {
		if err := e.detail(s, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// detail counts a foothold anew, as a ranking is rougher, and adds what it reads.
func (e *Estate) detail(s *graph.Search, f *Foothold) error {
	for _, v := range []struct {
		view graph.View
		to   *estate.Count
	}{{graph.View{}, &f.People}, {graph.View{Escalation: true, Possible: true}, &f.Most}} {
		t, err := s.ReachPeople(v.view, f.node)
		if err != nil {
			return err
		}
		*v.to = t.Total
	}
	r, err := s.Reach(graph.View{Escalation: true, Possible: true}, f.node)
	if err != nil {
		return err
	}
	repositories := map[string]bool{}
	var classes phi.Classes
	for _, h := range r.Resources {
		p := e.part(h.Node)
		if p.Items > 0 {
			repositories[p.Place.Repository] = true
			classes |= p.Classes
			f.Bytes += p.Bytes
		}
	}
	f.Repositories, f.Sensitivity = len(repositories), classes.Names()
	return nil
}

// CutQuestion asks for the changes that shrink reach the most.
type CutQuestion struct {
	Most      int      // how many changes at most
	Footholds []uint32 // whose reach counts; none = all that read anybody
	Place     Place    // only people there count, and those who can read it; zero = everything
	All       bool     // weigh every grant, also those that look like somebody's daily work
	Day       string   // the day of the answer, from which disuse counts
	Largest   bool     // the largest foothold counts, else the sum over all
	Try       []int    // grants that are taken away; then nothing is searched
}

// Change is something to take away.
type Change struct {
	Words  string `json:"words"`  // what it is, of the edges that rest on it
	Grants []int  `json:"grants"` // numbers of the raw facts
	Edges  int    `json:"edges"`  // how many steps of somebody's path rest on it
}

// CutAnswer is a set of changes and what it does, measured anew on the changed graph.
type CutAnswer struct {
	Changes    []Change      `json:"changes"`
	Footholds  int           `json:"footholds"`
	Before     int64         `json:"before"` // people, summed over the footholds, or of the largest
	After      int64         `json:"after"`
	Largest    bool          `json:"largest"`
	Exact      bool          `json:"exact"` // no other set of so many changes does better
	Floor      int64         `json:"floor"` // where it is not exact: no set gets below this
	Candidates int           `json:"candidates"`
	All        bool          `json:"all_weighed"` // else only grants that do not look like somebody's daily work
	Worst      []FootholdCut `json:"worst"`       // the footholds that lose most by it
}

// FootholdCut is what the changes do to one foothold.
type FootholdCut struct {
	Principal
	Before estate.Count `json:"before"`
	After  estate.Count `json:"after"`
}

// cutView is what counts as reach when it is cut: what is sure, acts included. What is not known is not cut but found out.
var cutView = graph.View{Escalation: true}

// mostFootholds is how many footholds a cut is optimised for: those that reach the most.
const mostFootholds = 500

// Cut finds the changes, or measures those that are to be tried.
func (e *Estate) Cut(q CutQuestion) (*CutAnswer, error) {
	footholds, err := e.cutFootholds(q)
	if err != nil {
		return nil, err
	}
	out := &CutAnswer{Footholds: len(footholds), Largest: q.Largest, Changes: []Change{}, Worst: []FootholdCut{}}
	s := e.searches.Get().(*graph.Search)
	defer e.searches.Put(s)
	if len(q.Try) > 0 {
		if _, err := e.graph.Without(q.Try...); err != nil {
			return nil, fmt.Errorf("try: %w", err)
		}
		out.Changes, out.Exact, out.Candidates = []Change{{Grants: q.Try}}, true, 1
		e.describe(out.Changes)
		return out, e.compare(s, out, comparison{footholds, q.Place, q.Try})
	}
	candidates, err := e.candidates(s, footholds, q)
	if err == nil && len(candidates) == 0 && !q.All {
		q.All = true
		candidates, err = e.candidates(s, footholds, q)
	}
	if err != nil {
		return nil, err
	}
	out.All = q.All
	out.Candidates = len(candidates)
	view := cutView
	if view.Without, err = e.without(q.Place, nil); err != nil {
		return nil, err
	}
	got, err := s.Cut(graph.Cuts{View: view, Footholds: footholds, Candidates: candidates, Most: q.Most, Largest: q.Largest})
	if err != nil {
		return nil, err
	}
	out.Exact, out.Floor = got.Exact, got.Floor
	var all []int
	for _, i := range got.Chosen {
		out.Changes = append(out.Changes, Change{Grants: candidates[i]})
		all = append(all, candidates[i]...)
	}
	e.describe(out.Changes)
	return out, e.compare(s, out, comparison{footholds, q.Place, all})
}

// cutFootholds gives the footholds whose reach counts.
func (e *Estate) cutFootholds(q CutQuestion) ([]uint32, error) {
	if len(q.Footholds) > 0 {
		return q.Footholds, nil
	}
	if q.Place != (Place{}) {
		w, _, err := e.Who(q.Place, mostFootholds)
		if err != nil || w == nil {
			return nil, err
		}
		var out []uint32
		for _, r := range w.Readers {
			out = append(out, e.byID[r.ID])
		}
		return out, nil
	}
	all, err := e.Footholds(mostFootholds)
	if err != nil {
		return nil, err
	}
	var out []uint32
	for i := range all {
		out = append(out, all[i].node)
	}
	return out, nil
}

// candidates are the grants that any path of the footholds rests on and that can be taken away, each by itself.
func (e *Estate) candidates(s *graph.Search, footholds []uint32, q CutQuestion) ([][]int, error) {
	r, err := s.Reach(cutView, footholds...)
	if err != nil {
		return nil, err
	}
	reached := map[uint32]bool{}
	for _, h := range r.Principals {
		reached[h.Node] = true
	}
	seen := map[int]bool{}
	var out [][]int
	e.edges(func(_ uint32, x *graph.Edge) {
		if !reached[x.From] || x.Class&graph.Conditional != 0 || !q.All && !e.unusual(x, q.Day) {
			return
		}
		for _, g := range x.Proof {
			if _, fixed := slices.BinarySearch(e.fixed, int32(g)); !fixed && !seen[g] {
				seen[g] = true
				out = append(out, []int{g})
			}
		}
	})
	slices.SortFunc(out, slices.Compare)
	return out, nil
}

// disused is for how many days nobody used what is called dormant.
const disused = 90

// unusual tells whether a step is none of somebody's daily work: it leads from one organisation to another's, takes an act, or is that of
// an outsider, a token, a shared account, an account without a second factor, one that nobody used for long, or of everybody.
func (e *Estate) unusual(x *graph.Edge, day string) bool {
	from, to := &e.nodes[x.From], &e.nodes[x.To]
	switch {
	case x.Class&graph.Escalates != 0, from.Custodian != "" && to.Custodian != "" && from.Custodian != to.Custodian:
		return true
	case from.Kind == Client || from.Kind == Vendor || from.Kind == Anyone:
		return true
	}
	t := from.Traits
	return t["idp"] == "no" || t["mfa"] == "none" || t["shared"] == "yes" || t["superuser"] == "yes" || e.dormant(t["last_used"], day)
}

// dormant tells whether the last use lies too far back, or never was; what is not known is not dormant. It counts back from the last day
// on which anybody is known to have used anything: lists of accounts grow old, and what happened since is not known.
func (e *Estate) dormant(last, day string) bool {
	then, err := time.Parse(time.DateOnly, last)
	now, err2 := time.Parse(time.DateOnly, min(day, e.used))
	return last == "never" || err == nil && err2 == nil && now.Sub(then) > disused*24*time.Hour
}

// describe says of changes what they are, by the first of the steps that rest on each.
func (e *Estate) describe(changes []Change) {
	of := map[int][]int{}
	for i, c := range changes {
		for _, g := range c.Grants {
			of[g] = append(of[g], i)
		}
	}
	e.edges(func(n uint32, x *graph.Edge) {
		counted := -1
		for _, g := range x.Proof {
			for _, i := range of[g] {
				if i == counted {
					continue
				}
				counted = i
				if changes[i].Edges++; changes[i].Edges == 1 {
					l := e.kinds[e.labels[n]]
					changes[i].Words = e.nameOf(x.From) + " " + e.words[l.verb] + " " + e.nameOf(x.To)
				}
			}
		}
	})
}

// without takes out the edges that rest on grants, and those to all parts but a place's; nil for none.
func (e *Estate) without(place Place, grants []int) (*graph.Mask, error) {
	switch {
	case place != (Place{}):
	case len(grants) == 0:
		return nil, nil
	default:
		return e.graph.Without(grants...)
	}
	parts, _ := e.partsOf(place)
	var out []uint32
	e.edges(func(n uint32, x *graph.Edge) {
		elsewhere := x.To >= e.first && !slices.Contains(parts, x.To)
		if elsewhere || slices.ContainsFunc(x.Proof, func(g int) bool { return slices.Contains(grants, g) }) {
			out = append(out, n)
		}
	})
	return e.graph.WithoutEdges(out...)
}

// comparison is what is measured before and after: whose reach of what, without which grants.
type comparison struct {
	footholds []uint32
	place     Place
	grants    []int
}

// compare measures the footholds before and after.
func (e *Estate) compare(s *graph.Search, out *CutAnswer, c comparison) error {
	was, after := cutView, cutView
	var err error
	if was.Without, err = e.without(c.place, nil); err != nil {
		return err
	}
	if after.Without, err = e.without(c.place, c.grants); err != nil {
		return err
	}
	for _, f := range c.footholds {
		before, err := s.ReachPeople(was, f)
		if err != nil {
			return err
		}
		then, err := s.ReachPeople(after, f)
		if err != nil {
			return err
		}
		if out.Largest {
			out.Before, out.After = max(out.Before, before.Total.Estimate), max(out.After, then.Total.Estimate)
		} else {
			out.Before, out.After = out.Before+before.Total.Estimate, out.After+then.Total.Estimate
		}
		if then.Total != before.Total {
			out.Worst = append(out.Worst, FootholdCut{e.principal(f), before.Total, then.Total})
		}
	}
	slices.SortStableFunc(out.Worst, func(a, b FootholdCut) int {
		return cmp.Compare(b.Before.Estimate-b.After.Estimate, a.Before.Estimate-a.After.Estimate)
	})
	return nil
}

// standing tells whether a fact is of a sort that nobody takes away to shrink reach: that something exists.
func standing(f *Fact) bool {
	kinds := map[string][]string{
		"posix": {"tree", "mount", "user", "group"}, "mysql": {"server", "database", "account", "view", "routine"}, "postgres": {"server", "database", "schema", "relation", "view", "setting"},
		"declared": {"user", "service", "group", "vendor", "identity_provider", "help_desk", "system", "control", "file"}, "aws": {"user", "group", "role", "account", "bucket", "instance_profile"},
		"opengraph": {"node", "file", "same_as", "edge_kind"},
	}
	return slices.Contains(kinds[f.System], f.Kind)
}
