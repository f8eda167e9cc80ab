// Package opengraph compiles graphs that other tools have collected, as package source/opengraph tells them, and writes graphs of ours in
// their form. A table says what each kind of edge gives; one that is not known may give everything, and is told.
package opengraph

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/place"
	"github.com/chartroom/chartroom/estate/opengraph"
)

// kindsCSV says of each kind of edge what it gives, on which layer, in which words, under which condition, and who says so.
//
//go:embed kinds.csv
var kindsCSV []byte

// meaning is what a kind of edge means.
type meaning struct {
	right           access.Right
	layer           access.Layer
	none, known     bool
	verb, condition string
}

func readKinds() map[string]meaning {
	out := map[string]meaning{}
	rows, _ := csv.NewReader(bytes.NewReader(kindsCSV)).ReadAll() // a test reads it whole
	for _, r := range rows[1:] {
		out[r[0]] = meaningOf(r[1], r[2], r[3], r[4])
	}
	return out
}

func meaningOf(right, layer, verb, condition string) meaning {
	m := meaning{known: true, none: right == "none", verb: verb, condition: condition}
	for _, r := range []access.Right{access.Become, access.Read, access.Write, access.Admin, access.Key} {
		if r.String() == right {
			m.right = r
		}
	}
	if layer == access.Escalation.String() {
		m.layer = access.Escalation
	}
	return m
}

// node is a node of any of the files.
type node struct {
	access.Node
	id    string // as the files have it
	kinds []string
	props map[string]any
	proof int
	place *access.Place // it is a resource of ours
	at    []access.Place
	sameP []int // the proofs of at
}

type compiler struct {
	out     access.Sink
	atlas   *place.Atlas
	kinds   map[string]meaning
	byID    map[string]*node
	byUpper map[string]*node
	nodes   []*node // in the order of their facts
	byProp  map[string]map[string][]*node
	unknown map[string]int // edges of kinds that are not known
	lost    map[string]int // edges that name no node, or several, by why
}

// Compile is the compiler of OpenGraph.
func Compile(facts []access.Fact, places []access.Place, out access.Sink) {
	c := &compiler{out: out, atlas: place.New(places), kinds: readKinds(), byID: map[string]*node{}, byUpper: map[string]*node{}, byProp: map[string]map[string][]*node{},
		unknown: map[string]int{}, lost: map[string]int{}}
	facts = slices.DeleteFunc(slices.Clone(facts), func(f access.Fact) bool { return f.System != opengraph.System })
	slices.SortFunc(facts, func(a, b access.Fact) int { return cmp.Compare(a.ID, b.ID) })
	for _, f := range facts {
		switch f.Kind {
		case opengraph.KindNode:
			c.node(f)
		case opengraph.KindKind:
			m := meaningOf(f.Action, layerSaid(f.Detail), "has the edge "+f.Principal+" to", "")
			c.kinds[f.Principal] = m
		case opengraph.KindUnseen:
			out.Doubt(access.Doubt{Scope: f.Scope, Detail: f.Scope + ": " + f.Why})
		}
	}
	c.same(facts)
	c.tellNodes()
	for _, f := range facts {
		if f.Kind == opengraph.KindEdge {
			c.edge(f)
		}
	}
	c.atlas.Tell(out)
	for _, kind := range slices.Sorted(maps.Keys(c.unknown)) {
		out.Doubt(access.Doubt{Detail: fmt.Sprintf("what the edge kind %s of OpenGraph gives is not known, and there are %d of them: they count as possible escalation; a declared fact of type edge_kind settles it", kind, c.unknown[kind])})
	}
	for _, why := range slices.Sorted(maps.Keys(c.lost)) {
		out.Doubt(access.Doubt{Detail: fmt.Sprintf("%d edges of OpenGraph %s", c.lost[why], why)})
	}
}

// layerSaid reads the layer that a declared edge kind says: is: {layer: escalation}.
func layerSaid(detail string) string {
	var d struct {
		Is struct {
			Layer string `json:"layer"`
		} `json:"is"`
	}
	_ = json.Unmarshal([]byte(detail), &d)
	return d.Is.Layer
}

// node notes a node. One that several files have is one, with the properties of all; the first word on each stands.
func (c *compiler) node(f access.Fact) {
	var facts opengraph.Facts
	if json.Unmarshal([]byte(f.Detail), &facts) != nil {
		c.lost["or nodes have a detail that cannot be read"]++
		return
	}
	n := c.byID[f.Principal]
	if n == nil {
		n = &node{id: f.Principal, proof: f.ID, props: map[string]any{}}
		c.byID[f.Principal] = n
		if c.byUpper[strings.ToUpper(f.Principal)] == nil {
			c.byUpper[strings.ToUpper(f.Principal)] = n
		}
		c.nodes = append(c.nodes, n)
		n.System = f.Scope
	}
	for _, k := range facts.Kinds {
		if !slices.Contains(n.kinds, k) {
			n.kinds = append(n.kinds, k)
		}
	}
	for k, v := range facts.Properties {
		if _, has := n.props[k]; !has {
			n.props[k] = v
		}
	}
}

// text gives the first of some properties that is a text.
func (n *node) text(keys ...string) string {
	for _, k := range keys {
		if s, _ := n.props[k].(string); s != "" {
			return s
		}
	}
	return ""
}

// settle works out what the node is.
func (n *node) settle() {
	n.ID = idOf(n.id)
	n.Name = cmp.Or(n.text("displayname", "name", "userprincipalname", "samaccountname"), n.id)
	n.Custodian, n.Traits = n.text("custodian"), map[string]string{}
	n.Kind = kindOf(n.kinds)
	for k, v := range n.props {
		if trait, ok := strings.CutPrefix(k, "chartroom_trait_"); ok {
			n.Traits[trait], _ = v.(string)
		}
	}
	if ours(n.kinds) {
		n.ID, n.System = n.id, n.text("system")
		if n.Kind == access.Resource {
			n.place = &access.Place{Repository: n.text("repository"), Path: n.text("path")}
			n.Place = *n.place
		}
		return
	}
	if on, is := n.props["enabled"].(bool); is {
		n.Traits["enabled"] = map[bool]string{true: "yes", false: "no"}[on]
	}
	last := 0.0
	for _, k := range []string{"lastlogon", "lastlogontimestamp"} {
		if v, is := n.props[k].(float64); is && v > last && v < 1e10 {
			last = v
		}
	}
	if last > 0 {
		n.Traits["last_used"] = time.Unix(int64(last), 0).UTC().Format(time.DateOnly)
	}
}

// ours tells whether a node was exported from here.
func ours(kinds []string) bool {
	return slices.ContainsFunc(kinds, func(k string) bool { return strings.HasPrefix(k, prefix) })
}

// idOf is a node's name in the whole estate. An ARN or an address is one already, and joins what other compilers say of it.
func idOf(id string) string {
	if strings.HasPrefix(id, "arn:") || strings.Contains(id, "://") {
		return id
	}
	return opengraph.System + "#" + strings.ToUpper(id)
}

// words say what kind of principal a kind of node is, by what its name ends with or has in it; the first that fits counts.
var words = []struct {
	word string
	kind access.Kind
}{{"group", access.Group}, {"team", access.Group}, {"role", access.Role}, {"profile", access.Role}, {"permissionset", access.Role}, {"serviceprincipal", access.Client}, {"app", access.Client},
	{"client", access.Client}, {"token", access.Client}, {"secret", access.Client}, {"integration", access.Client}, {"serviceaccount", access.Service}, {"user", access.User}, {"person", access.User}, {"account", access.User},
	{"login", access.User}, {"computer", access.Service}, {"device", access.Service}, {"vm", access.Service}, {"server", access.Service}, {"database", access.Service}, {"vendor", access.Vendor}}

// kindOf finds the kind of principal that kinds of node mean. Domains, units and whatever else one can control are roles.
func kindOf(kinds []string) access.Kind {
	for _, k := range kinds {
		if name, is := strings.CutPrefix(k, prefix); is {
			for kind := access.Resource; kind <= access.Anyone; kind++ {
				if strings.EqualFold(kind.String(), name) {
					return kind
				}
			}
		}
	}
	for _, k := range kinds {
		low := strings.ToLower(strings.TrimPrefix(k, "AZ"))
		for _, w := range words {
			if strings.Contains(low, w.word) {
				return w.kind
			}
		}
	}
	return access.Role
}
