package access

import (
	"cmp"
	"slices"

	"github.com/chartroom/chartroom/access/graph"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// ReachAnswer tells what a foothold reads.
type ReachAnswer struct {
	Principals   []Principal         `json:"principals"`
	Now          Sum                 `json:"now"`          // for sure, by what it holds now
	Possible     Sum                 `json:"possible"`     // and if what is not known holds
	Escalated    Sum                 `json:"escalated"`    // and with acts that change who it is, for sure
	Most         Sum                 `json:"most"`         // and both
	Repositories []ReachedRepository `json:"repositories"` // most people first
	Places       []ReachedPlace      `json:"places"`       // their parts, most people first
	Identities   []Principal         `json:"identities"`   // whom it can act as, by all of that
	Totals       ReachTotals         `json:"totals"`       // how many there are of each, also those that are not listed
	Doubts       []string            `json:"doubts"`
}

// ReachTotals are how long the lists of an answer would be if all were told.
type ReachTotals struct {
	Repositories int `json:"repositories"`
	Places       int `json:"places"`
	Identities   int `json:"identities"`
}

// Sum is what a view of the reach comes to.
type Sum struct {
	People       estate.Count            `json:"people"` // distinct: who is in two repositories counts once
	Classes      map[string]estate.Count `json:"people_by_sensitivity"`
	States       map[string]estate.Count `json:"people_by_state"`
	Repositories int                     `json:"repositories"` // that hold anybody
	Bytes        int64                   `json:"bytes"`
}

// ReachedRepository is a repository of which something is reached.
type ReachedRepository struct {
	Repository  string       `json:"repository"`
	Custodian   string       `json:"custodian"`
	Verdict     string       `json:"verdict"`
	Sensitivity []string     `json:"sensitivity"`
	People      estate.Count `json:"people"` // distinct, over its parts
	Bytes       int64        `json:"bytes"`
	Places      int          `json:"places"` // how many of its parts
	Layer       string       `json:"layer"`  // of the surest way to any of them
	Certain     bool         `json:"certain"`
	Proof       []Step       `json:"proof"`
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
}

// Reach tells what principals read together, all of it.
func (e *Estate) Reach(nodes ...uint32) (*ReachAnswer, error) { return e.ReachMost(0, nodes...) }

// ReachMost tells what principals read together: counted is all, listed at most so many of each kind, 0 = all.
func (e *Estate) ReachMost(most int, nodes ...uint32) (*ReachAnswer, error) {
	s := e.search()
	defer e.searches.Put(s)
	out := &ReachAnswer{}
	for _, n := range nodes {
		out.Principals = append(out.Principals, e.principal(n))
	}
	r, err := s.Reach(everyPath, nodes...)
	if err != nil {
		return nil, err
	}
	e.sums(s, out, r.Resources)
	out.Places = e.places(s, r.Resources, most)
	out.Repositories, out.Totals.Repositories = e.repositories(s, r.Resources, most)
	out.Totals.Places, out.Identities = len(r.Resources), []Principal{}
	for _, h := range r.Principals {
		if slices.Contains(nodes, h.Node) {
			continue
		}
		if out.Totals.Identities++; most <= 0 || len(out.Identities) < most {
			out.Identities = append(out.Identities, e.principal(h.Node))
		}
	}
	out.Doubts = e.doubtsOf(func(repository string) bool {
		return slices.ContainsFunc(e.of[repository], func(n uint32) bool { _, reached := s.Found(n); return reached })
	})
	return out, nil
}

// sums counts what is reached in each view. Views that reach the same come to the same.
func (e *Estate) sums(s *graph.Search, out *ReachAnswer, all []graph.Hit) {
	to := [...]*Sum{&out.Now, &out.Possible, &out.Escalated, &out.Most}
	var parts [len(to)][]uint32
	for i, v := range [...]graph.View{{}, {Possible: true}, {Escalation: true}, everyPath} {
		for _, h := range all {
			if s.Within(v, h.Node) {
				parts[i] = append(parts[i], h.Node)
			}
		}
		if same := slices.IndexFunc(parts[:i], func(p []uint32) bool { return slices.Equal(p, parts[i]) }); same >= 0 {
			*to[i] = *to[same]
		} else {
			*to[i] = e.sum(s, parts[i])
		}
	}
}

// places gives the parts with the most people, with their proofs.
func (e *Estate) places(s *graph.Search, all []graph.Hit, most int) []ReachedPlace {
	compare := func(a, b graph.Hit) int {
		return cmp.Or(cmp.Compare(e.part(b.Node).People.Estimate, e.part(a.Node).People.Estimate), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Node, b.Node))
	}
	var list []graph.Hit
	for _, h := range all {
		list = keep(list, h, most, compare)
	}
	slices.SortFunc(list, compare)
	out := make([]ReachedPlace, len(list))
	for i, h := range list {
		p := e.part(h.Node)
		out[i] = ReachedPlace{Repository: p.Place.Repository, Path: p.Place.Path, Custodian: p.Custodian, Verdict: p.Verdict.String(), Sensitivity: p.Classes.Names(),
			People: p.People, Bytes: p.Bytes, Layer: layerOf(h.Class).String(), Certain: h.Class&graph.Conditional == 0, Proof: e.steps(s.Path(h.Node))}
	}
	return out
}

// reached are the parts of one repository that are reached.
type reached struct {
	parts  []graph.Hit
	best   graph.Hit // of the surest, the one with the most people: the proof is its
	people estate.Count
}

func (e *Estate) compareReached(a, b reached) int {
	return cmp.Or(cmp.Compare(b.people.Estimate, a.people.Estimate), cmp.Compare(a.best.Class, b.best.Class), cmp.Compare(a.best.Node, b.best.Node))
}

// repositories puts parts together, and gives the repositories with the most people, and how many there are.
func (e *Estate) repositories(s *graph.Search, all []graph.Hit, most int) (out []ReachedRepository, total int) {
	var list []reached
	for len(all) > 0 {
		name, n, limit := e.part(all[0].Node).Place.Repository, 0, int64(0)
		r := reached{best: all[0]}
		for ; n < len(all) && e.part(all[n].Node).Place.Repository == name; n++ {
			h, people := all[n], e.part(all[n].Node).People
			limit += people.Estimate
			if h.Class < r.best.Class || h.Class == r.best.Class && people.Estimate > e.part(r.best.Node).People.Estimate {
				r.best = h
			}
		}
		r.parts, all = all[:n], all[n:]
		if total++; most > 0 && len(list) == most && limit < list[most-1].people.Estimate {
			continue // however few of its people are in several parts
		}
		nodes := make([]uint32, n)
		for i, h := range r.parts {
			nodes[i] = h.Node
		}
		r.people = e.peopleOf(s, nodes)
		list = keep(list, r, most, e.compareReached)
	}
	slices.SortFunc(list, e.compareReached)
	out = make([]ReachedRepository, len(list))
	for i, r := range list {
		out[i] = e.repository(s, &r)
	}
	return out, total
}

func (e *Estate) repository(s *graph.Search, r *reached) ReachedRepository {
	var bytes int64
	var verdict phi.Verdict
	var classes phi.Classes
	for _, h := range r.parts {
		p := e.part(h.Node)
		bytes, verdict, classes = bytes+p.Bytes, max(verdict, p.Verdict), classes|p.Classes
	}
	best := e.part(r.best.Node)
	return ReachedRepository{Repository: best.Place.Repository, Custodian: best.Custodian, Verdict: verdict.String(), Sensitivity: classes.Names(), People: r.people,
		Bytes: bytes, Places: len(r.parts), Layer: layerOf(r.best.Class).String(), Certain: r.best.Class&graph.Conditional == 0, Proof: e.steps(s.Path(r.best.Node))}
}

// sum is what some parts come to.
func (e *Estate) sum(s *graph.Search, parts []uint32) Sum {
	out := Sum{Classes: map[string]estate.Count{}, States: map[string]estate.Count{}}
	last := ""
	for _, n := range parts {
		p := e.part(n)
		out.Bytes += p.Bytes
		if holds := p.Verdict == phi.VerdictPHI || p.Verdict == phi.VerdictPII; holds && p.Place.Repository != last {
			last = p.Place.Repository
			out.Repositories++
		}
	}
	t := s.People(parts...)
	out.People = t.Total
	for c, n := range t.Classes {
		out.Classes[c.String()] = n
	}
	for st, n := range t.States {
		out.States[st.String()] = n
	}
	return out
}
