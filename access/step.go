package access

import (
	"cmp"

	"github.com/chartroom/chartroom/access/graph"
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

func (e *Estate) principal(node uint32) Principal {
	n := &e.nodes[node]
	return Principal{ID: n.ID, Name: cmp.Or(n.Name, n.ID), Kind: n.Kind.String(), System: n.System, Custodian: n.Custodian, Outside: e.outside(node), Traits: n.Traits}
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
		out = append(out, Step{From: e.nameOf(x.From), Verb: e.words[l.verb], To: e.nameOf(x.To), Layer: layerOf(x.Class).String(), Condition: e.words[l.condition], Grants: x.Proof})
	}
	return out
}

// stepOf puts a right that is not to read in words.
func (e *Estate) stepOf(h *held) Step {
	var grants []int
	for _, p := range h.proof {
		grants = append(grants, int(p))
	}
	return Step{From: e.nameOf(h.from), Verb: e.words[h.label.verb], To: e.nameOf(e.first + h.part), Layer: h.layer.String(), Condition: e.words[h.label.condition], Grants: grants}
}

func layerOf(c graph.Class) Layer {
	if c&graph.Escalates != 0 {
		return Escalation
	}
	return Entitled
}

// outside tells whether no identity provider of the estate knows a principal, as far as somebody said so.
func (e *Estate) outside(node uint32) bool { return e.flags[node]&outsider != 0 }

// isSomebody tells whether a node can be a foothold of its own. Groups and roles are ways, unless one can log in as them.
func (e *Estate) isSomebody(node uint32) bool { return e.flags[node]&somebody != 0 }

func (e *Estate) nameOf(node uint32) string { return cmp.Or(e.nodes[node].Name, e.nodes[node].ID) }
