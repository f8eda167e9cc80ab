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
	out, err := e.ranked(most)
	if err != nil {
		return nil, err
	}
	s := e.search()
	defer e.searches.Put(s)
	for i := range out {
		if err := e.detail(s, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ranked ranks the principals as far as a ranking goes, which is rougher than a count.
func (e *Estate) ranked(most int) ([]Foothold, error) {
	var somebody []uint32
	for n := range e.first {
		if e.isSomebody(n) {
			somebody = append(somebody, n)
		}
	}
	people, err := e.graph.RankEach([]graph.View{{}, everyPath}, somebody)
	if err != nil {
		return nil, err
	}
	compare := func(a, b Foothold) int {
		return cmp.Or(cmp.Compare(b.People.Estimate, a.People.Estimate), cmp.Compare(b.Most.Estimate, a.Most.Estimate), cmp.Compare(a.node, b.node))
	}
	out := []Foothold{}
	for i, n := range somebody {
		if people[1][i].Estimate > 0 {
			out = keep(out, Foothold{People: people[0][i], Most: people[1][i], node: n}, most, compare)
		}
	}
	slices.SortFunc(out, compare)
	return out, nil
}

// detail counts a foothold anew and adds what it reads.
func (e *Estate) detail(s *graph.Search, f *Foothold) error {
	f.Principal = e.principal(f.node)
	r, err := s.Reach(everyPath, f.node)
	if err != nil {
		return err
	}
	var all, now []uint32
	var classes phi.Classes
	last := ""
	for _, h := range r.Resources {
		all = append(all, h.Node)
		if h.Class == 0 {
			now = append(now, h.Node)
		}
		p := e.part(h.Node)
		if p.Items == 0 {
			continue
		}
		classes |= p.Classes
		f.Bytes += p.Bytes
		if p.Place.Repository != last {
			last = p.Place.Repository
			f.Repositories++
		}
	}
	f.Sensitivity, f.Most = classes.Names(), s.Count(all...)
	if f.People = f.Most; len(now) < len(all) {
		f.People = s.Count(now...)
	}
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
	s := e.search()
	defer e.searches.Put(s)
	var of []uint32
	if q.Place != (Place{}) {
		parts, _ := e.partsOf(q.Place)
		of = append([]uint32{}, parts...) // none is not all
	}
	if len(q.Try) > 0 {
		for _, g := range q.Try {
			if len(e.graph.On(g)) == 0 {
				return nil, fmt.Errorf("try: nothing that anybody can do rests on grant %d", g)
			}
		}
		out.Changes, out.Exact, out.Candidates = []Change{e.change(q.Try)}, true, 1
		effects, err := s.Measure(cutView, of, footholds, q.Try)
		e.measured(out, footholds, effects)
		return out, err
	}
	candidates, err := e.candidates(s, footholds, q)
	if err == nil && len(candidates) == 0 && !q.All {
		q.All = true
		candidates, err = e.candidates(s, footholds, q)
	}
	if err != nil {
		return nil, err
	}
	got, err := s.Cut(graph.Cuts{View: cutView, Of: of, Footholds: footholds, Candidates: candidates, Most: q.Most, Largest: q.Largest})
	if err != nil {
		return nil, err
	}
	out.All, out.Candidates, out.Exact, out.Floor = q.All, len(candidates), got.Exact, got.Floor
	for _, i := range got.Chosen {
		out.Changes = append(out.Changes, e.change(candidates[i]))
	}
	e.measured(out, footholds, got.Effects)
	return out, nil
}

// measured adds what was measured of each foothold.
func (e *Estate) measured(out *CutAnswer, footholds []uint32, effects []graph.Effect) {
	out.Before, out.After = graph.Together(effects, out.Largest)
	for i, x := range effects {
		if x.After != x.Before {
			out.Worst = append(out.Worst, FootholdCut{e.principal(footholds[i]), x.Before, x.After})
		}
	}
	slices.SortStableFunc(out.Worst, func(a, b FootholdCut) int {
		return cmp.Compare(b.Before.Estimate-b.After.Estimate, a.Before.Estimate-a.After.Estimate)
	})
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
	all, err := e.ranked(mostFootholds)
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
	var all []int
	for _, h := range r.Principals {
		odd := q.All || e.odd(h.Node, q.Day)
		e.graph.EachOut(h.Node, func(_ uint32, x *graph.Edge) {
			if x.Class&graph.Conditional == 0 && (odd || x.Class&graph.Escalates != 0 || e.crosses(x)) {
				all = append(all, x.Proof...)
			}
		})
	}
	slices.Sort(all)
	var out [][]int
	for _, g := range slices.Compact(all) {
		if _, fixed := slices.BinarySearch(e.fixed, int32(g)); !fixed {
			out = append(out, []int{g})
		}
	}
	return out, nil
}

// disused is for how many days nobody used what is called dormant.
const disused = 90

// odd tells whether what a principal does is nobody's daily work: it is an outsider, a token, a shared account, an account without a second
// factor, one that nobody used for long, or everybody. So are, whoever takes them, acts, and steps from one organisation to another's.
func (e *Estate) odd(node uint32, day string) bool {
	n := &e.nodes[node]
	t := n.Traits
	return n.Kind == Client || n.Kind == Vendor || n.Kind == Anyone || e.outside(node) || t["mfa"] == "none" || t["shared"] == "yes" || t["superuser"] == "yes" || e.dormant(t["last_used"], day)
}

// crosses tells whether an edge leads from one organisation to another's.
func (e *Estate) crosses(x *graph.Edge) bool {
	from, to := e.nodes[x.From].Custodian, e.nodes[x.To].Custodian
	return from != "" && to != "" && from != to
}

// dormant tells whether the last use lies too far back, or never was; what is not known is not dormant. It counts back from the last day
// on which anybody is known to have used anything: lists of accounts grow old, and what happened since is not known.
func (e *Estate) dormant(last, day string) bool {
	then, err := time.Parse(time.DateOnly, last)
	now, err2 := time.Parse(time.DateOnly, min(day, e.used))
	return last == "never" || err == nil && err2 == nil && now.Sub(then) > disused*24*time.Hour
}

// change says what it is to take grants away, by the first of the steps that rest on them and lead from whom most of them lead from.
func (e *Estate) change(grants []int) Change {
	var edges []uint32
	for _, g := range grants {
		edges = append(edges, e.graph.On(g)...)
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	out := Change{Grants: grants, Edges: len(edges)}
	if len(edges) > 0 {
		some, from := e.steps(edges[:min(len(edges), 64)]), map[string]int{}
		for _, s := range some {
			from[s.From]++
		}
		s := slices.MaxFunc(some, func(a, b Step) int { return cmp.Compare(from[a.From], from[b.From]) })
		out.Words = s.From + " " + s.Verb + " " + s.To
	}
	return out
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
