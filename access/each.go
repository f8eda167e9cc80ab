package access

import (
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access/graph"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// EachPrincipal goes through all principals, groups and roles among them, by their numbers, and ends with yield's error.
func (e *Estate) EachPrincipal(yield func(node uint32, p Principal) error) error {
	for n := range e.first {
		if err := yield(n, e.principal(n)); err != nil {
			return err
		}
	}
	return nil
}

// Somebody tells whether a principal can be a foothold of its own: it is not disabled, and no mere group or role.
func (e *Estate) Somebody(node uint32) bool { return node < e.first && e.isSomebody(node) }

// Parts gives the parts of all repositories. Do not change them.
func (e *Estate) Parts() []Part { return e.parts }

// Reading is that somebody reads a part without any act, by whatever groups and roles.
type Reading struct {
	Node      uint32 // who
	Part      int    // index of Parts
	Certain   bool
	Condition string // otherwise: what must hold and is not known, on a shortest way
}

// EachReading goes through all that somebody can read without any act, each part once by the surest way, by principals and parts. It ends
// with yield's error.
func (e *Estate) EachReading(yield func(Reading) error) error {
	s := e.search()
	defer e.searches.Put(s)
	for n := range e.first {
		if !e.isSomebody(n) {
			continue
		}
		r, err := s.Reach(readView, n)
		if err != nil {
			return err
		}
		for _, h := range r.Resources {
			got := Reading{Node: n, Part: int(h.Node - e.first), Certain: h.Class == 0}
			if !got.Certain {
				got.Condition = e.conditions(s.Path(h.Node))
			}
			if err := yield(got); err != nil {
				return err
			}
		}
	}
	return nil
}

// conditions says what must hold on a path.
func (e *Estate) conditions(path []uint32) string {
	var all []string
	for _, n := range path {
		if c := e.words[e.kinds[e.labels[n]].condition]; c != "" && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return strings.Join(all, ", and ")
}

// Taking is that one principal has what another has, or can make itself have it.
type Taking struct {
	From, To  uint32
	Layer     Layer  // Entitled: a membership, a login; Escalation: it takes an act
	Verb      string // to be read between the two names
	Condition string // what must hold and is not known; "" = certain
	Proof     []int  // numbers of grants
}

// EachTaking goes through all edges from one principal to another, as the compilers found them: groups and roles are nodes of their own.
// Alternatives between the same two come one by one. They come by their ends; it ends with yield's error.
func (e *Estate) EachTaking(yield func(Taking) error) (err error) {
	for n := uint32(0); n < e.first && err == nil; n++ {
		e.graph.EachOut(n, func(number uint32, x *graph.Edge) {
			if x.To < e.first && err == nil {
				l := e.kinds[e.labels[number]]
				err = yield(Taking{n, x.To, layerOf(x.Class), e.words[l.verb], e.words[l.condition], slices.Clone(x.Proof)})
			}
		})
	}
	return err
}

// Counter counts what parts hold together. One is for one goroutine at a time, and is best used again.
type Counter struct {
	estate *Estate
	search *graph.Search
	nodes  []uint32
}

// Counter makes a new one.
func (e *Estate) Counter() *Counter { return &Counter{estate: e, search: e.graph.Search()} }

// Count tells of parts, by their indices: how many distinct people they hold together, what is said of these, and how many bytes are known.
// A part that comes twice counts once.
func (c *Counter) Count(parts []int) (people estate.Count, classes phi.Classes, bytes int64) {
	c.take(parts)
	for _, n := range c.nodes {
		p := c.estate.part(n)
		classes, bytes = classes|p.Classes, bytes+p.Bytes
	}
	return c.search.People(c.nodes...).Total, classes, bytes
}

// Tally counts the distinct people of parts by class of sensitivity and by state, too.
func (c *Counter) Tally(parts []int) estate.Tally {
	c.take(parts)
	return c.search.People(c.nodes...)
}

func (c *Counter) take(parts []int) {
	c.nodes = c.nodes[:0]
	for _, i := range parts {
		c.nodes = append(c.nodes, c.estate.first+uint32(i))
	}
	slices.Sort(c.nodes)
	c.nodes = slices.Compact(c.nodes)
}
