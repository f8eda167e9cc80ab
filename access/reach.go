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
	Doubts       []string            `json:"doubts"`
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

	class graph.Class
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
	s := e.searches.Get().(*graph.Search)
	defer e.searches.Put(s)
	out := &ReachAnswer{Repositories: []ReachedRepository{}, Places: []ReachedPlace{}, Identities: []Principal{}}
	for _, n := range nodes {
		out.Principals = append(out.Principals, e.principal(n))
	}
	var widest *graph.Reached
	for _, v := range []struct {
		view graph.View
		to   *Sum
	}{{graph.View{}, &out.Now}, {graph.View{Possible: true}, &out.Possible}, {graph.View{Escalation: true}, &out.Escalated}, {everyPath, &out.Most}} {
		r, err := s.Reach(v.view, nodes...)
		if err != nil {
			return nil, err
		}
		*v.to, widest = e.sum(s, r), r
	}
	var places []Place
	counts := map[uint32]estate.Count{}
	for _, h := range widest.Resources {
		p := e.part(h.Node)
		counts[h.Node] = s.People(h.Node).Total
		places = append(places, p.Place)
		out.Places = append(out.Places, ReachedPlace{Repository: p.Place.Repository, Path: p.Place.Path, Custodian: p.Custodian, Verdict: p.Verdict.String(), Sensitivity: p.Classes.Names(),
			People: counts[h.Node], Bytes: p.Bytes, Layer: layerOf(h.Class).String(), Certain: h.Class&graph.Conditional == 0, Proof: e.steps(s.Path(h.Node)), class: h.Class})
	}
	out.Repositories = e.repositories(s, widest.Resources, counts)
	for _, h := range widest.Principals {
		if !slices.Contains(nodes, h.Node) {
			out.Identities = append(out.Identities, e.principal(h.Node))
		}
	}
	slices.SortStableFunc(out.Places, func(a, b ReachedPlace) int {
		return cmp.Or(cmp.Compare(b.People.Estimate, a.People.Estimate), cmp.Compare(a.class, b.class), cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.Path, b.Path))
	})
	out.Doubts = e.doubtsOf(places...)
	return out, nil
}

// repositories puts the parts that were reached, and the people of each, together. The proof is the surest one, of the part with the most people.
func (e *Estate) repositories(s *graph.Search, parts []graph.Hit, counts map[uint32]estate.Count) []ReachedRepository {
	byName := map[string][]graph.Hit{}
	for _, h := range parts {
		name := e.part(h.Node).Place.Repository
		byName[name] = append(byName[name], h)
	}
	out := make([]ReachedRepository, 0, len(byName))
	for name, hits := range byName {
		var bytes int64
		var verdict phi.Verdict
		var classes phi.Classes
		best, nodes := hits[0], make([]uint32, len(hits))
		for i, h := range hits {
			p := e.part(h.Node)
			nodes[i], bytes, verdict, classes = h.Node, bytes+p.Bytes, max(verdict, p.Verdict), classes|p.Classes
			if h.Class < best.Class || h.Class == best.Class && counts[h.Node].Estimate > counts[best.Node].Estimate {
				best = h
			}
		}
		people := counts[best.Node]
		if len(nodes) > 1 {
			people = s.People(nodes...).Total
		}
		out = append(out, ReachedRepository{Repository: name, Custodian: e.part(best.Node).Custodian, Verdict: verdict.String(), Sensitivity: classes.Names(), People: people,
			Bytes: bytes, Places: len(hits), Layer: layerOf(best.Class).String(), Certain: best.Class&graph.Conditional == 0, Proof: e.steps(s.Path(best.Node)), class: best.Class})
	}
	slices.SortFunc(out, func(a, b ReachedRepository) int {
		return cmp.Or(cmp.Compare(b.People.Estimate, a.People.Estimate), cmp.Compare(a.class, b.class), cmp.Compare(a.Repository, b.Repository))
	})
	return out
}

func (e *Estate) sum(s *graph.Search, r *graph.Reached) Sum {
	out := Sum{Classes: map[string]estate.Count{}, States: map[string]estate.Count{}}
	nodes := make([]uint32, len(r.Resources))
	repositories := map[string]bool{}
	for i, h := range r.Resources {
		nodes[i] = h.Node
		p := e.part(h.Node)
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
