package opengraph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate/opengraph"
)

// same finds which nodes are repositories: those that are declared to be, and those that are called as one is.
func (c *compiler) same(facts []access.Fact) {
	for _, n := range c.nodes {
		n.settle()
		if n.place != nil {
			continue
		}
		for _, name := range []string{n.id, n.text("repository"), n.text("name")} {
			if strings.Contains(name, "://") {
				for _, p := range c.atlas.Find(name) {
					if !slices.Contains(n.at, p) {
						n.at, n.sameP = append(n.at, p), append(n.sameP, n.proof)
					}
				}
			}
		}
	}
	for _, f := range facts {
		if f.Kind != opengraph.KindSame {
			continue
		}
		n := c.called(f.Principal)
		places := c.atlas.Find(f.Target)
		switch {
		case n == nil:
			c.out.Doubt(access.Doubt{Scope: f.Scope, Detail: f.From + " says what the node " + f.Principal + " is, and no file of OpenGraph has it, or more than one such"})
		case places != nil:
			for _, p := range places {
				n.at, n.sameP = append(n.at, p), append(n.sameP, f.ID)
			}
		case strings.Contains(f.Target, "#") || strings.HasPrefix(f.Target, "arn:"):
			for _, pair := range [][2]string{{n.ID, f.Target}, {f.Target, n.ID}} {
				c.out.Edge(access.Edge{From: pair[0], To: pair[1], Verb: "is the same account as", Proof: []int{f.ID}})
			}
		default:
			c.out.Doubt(access.Doubt{Place: access.Place{Repository: f.Target}, Scope: f.Scope, Detail: f.From + " says that a node of OpenGraph is " + f.Target + ", and no such repository is known to hold anything of care"})
		}
	}
}

// called finds a node by its id, or by a name that it alone has.
func (c *compiler) called(name string) *node {
	if n := c.byIDOf(name); n != nil {
		return n
	}
	if found := c.property("name", strings.ToUpper(name)); len(found) == 1 {
		return found[0]
	}
	return nil
}

func (c *compiler) byIDOf(id string) *node {
	if n := c.byID[id]; n != nil {
		return n
	}
	return c.byUpper[strings.ToUpper(id)]
}

// property finds the nodes that have a property with a value. Names are compared without their case, as BloodHound writes them larger.
func (c *compiler) property(key, value string) []*node {
	index := c.byProp[key]
	if index == nil {
		index = map[string][]*node{}
		for _, n := range c.nodes {
			if v, has := n.props[key]; has {
				text := fmt.Sprint(v)
				if key == "name" {
					text = strings.ToUpper(text)
				}
				index[text] = append(index[text], n)
			}
		}
		c.byProp[key] = index
	}
	return index[value]
}

// tellNodes tells the nodes, and that whoever is one that is a repository has all that is in it.
func (c *compiler) tellNodes() {
	for _, n := range c.nodes {
		c.out.Node(n.Node)
		for i, p := range n.at {
			for _, right := range []access.Right{access.Read, access.Write} {
				c.atlas.Give(access.Edge{From: n.ID, Verb: "holds", Right: right, Proof: []int{n.sameP[i]}}, []access.Place{p})
			}
		}
	}
}

// edge tells an edge.
func (c *compiler) edge(f access.Fact) {
	var ends opengraph.Ends
	if f.Detail != "" && json.Unmarshal([]byte(f.Detail), &ends) != nil {
		c.lost["have a detail that cannot be read"]++
		return
	}
	m := c.kinds[f.Action]
	if m.none {
		return
	}
	if !m.known {
		c.unknown[f.Action]++
		m = meaning{layer: access.Escalation, verb: "has the edge " + f.Action + " to", condition: "what the edge kind " + f.Action + " gives is not known"}
	}
	from, to := c.end(f.Principal, ends.Start), c.end(f.Target, ends.End)
	if from == nil || to == nil || from == to || from.Traits["enabled"] == "no" || from.Kind == access.Resource {
		return
	}
	e := access.Edge{From: from.ID, To: to.ID, Verb: orElse(ends.Verb, m.verb), Right: m.right, Layer: m.layer, Condition: orElse(ends.Condition, m.condition), Proof: []int{f.ID}}
	if m.right != access.Become && len(to.at) > 0 {
		c.atlas.Give(e, to.at)
		return
	}
	c.out.Edge(e)
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// end finds the node that an endpoint names. Where there is none, or more than one, that is told: BloodHound makes no such edge.
func (c *compiler) end(id string, e *opengraph.Endpoint) *node {
	if e == nil {
		e = &opengraph.Endpoint{Value: id}
	}
	found := c.named(e)
	if e.Kind != "" && len(found) > 0 {
		found = slices.DeleteFunc(slices.Clone(found), func(n *node) bool { return !slices.Contains(n.kinds, e.Kind) })
	}
	switch len(found) {
	case 1:
		return found[0]
	case 0:
		c.lost["name a node that no file has, and were not followed"]++
	default:
		c.lost["name more than one node, and were not followed"]++
	}
	return nil
}

// named gives the nodes that an endpoint fits, of whatever kind.
func (c *compiler) named(e *opengraph.Endpoint) []*node {
	switch e.MatchBy {
	case "name":
		return c.property("name", strings.ToUpper(e.Value))
	case "property":
		sets := make([][]*node, len(e.Matchers))
		for i, m := range e.Matchers {
			value := fmt.Sprint(m.Value)
			if m.Key == "name" {
				value = strings.ToUpper(value)
			}
			sets[i] = c.property(m.Key, value)
		}
		slices.SortFunc(sets, func(a, b []*node) int { return len(a) - len(b) }) // the fewest first, as they bound the work
		found := sets[0]
		for _, with := range sets[1:] {
			if len(found) > 0 && len(found) < 1000 {
				found = slices.DeleteFunc(slices.Clone(found), func(n *node) bool { return !slices.Contains(with, n) })
			}
		}
		return found
	}
	if n := c.byIDOf(e.Value); n != nil {
		return []*node{n}
	}
	return nil
}
