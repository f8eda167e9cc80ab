// Package opengraph is the form in which BloodHound takes and gives graphs of other tools: nodes, edges, and how an edge names its nodes
// (https://bloodhound.specterops.io/opengraph/developer/data-overview).
package opengraph

// System is whose words the facts of such files are.
const System = "opengraph"

// The kinds of facts.
const (
	KindFile   = "file"      // Principal: a file that was read; Detail is Read
	KindUnseen = "unseen"    // something could not be read; Why says what
	KindNode   = "node"      // Principal: a node's id; Detail is Facts
	KindEdge   = "edge"      // Principal Action Target: ids; where it names them otherwise, Detail is Ends
	KindSame   = "same_as"   // the node Principal, by id or name, is the repository or principal Target
	KindKind   = "edge_kind" // edges of the kind Principal give the right Action
)

// Node is a node. Properties are texts, numbers, truth values, and lists of one of these.
type Node struct {
	ID         string         `json:"id"`
	Kinds      []string       `json:"kinds"`
	Properties map[string]any `json:"properties,omitempty"`
}

// Edge is an edge.
type Edge struct {
	Kind       string         `json:"kind"`
	Start      Endpoint       `json:"start"`
	End        Endpoint       `json:"end"`
	Properties map[string]any `json:"properties,omitempty"`
}

// Endpoint names a node: by id (which goes without saying), by name, or by properties that all have to be equal.
type Endpoint struct {
	Kind     string    `json:"kind,omitempty"` // which the node must have; "" = any
	MatchBy  string    `json:"match_by,omitempty"`
	Matchers []Matcher `json:"property_matchers,omitempty"`
	Value    string    `json:"value,omitempty"`
}

// Matcher is one property that has to be equal.
type Matcher struct {
	Key      string `json:"key"`
	Operator string `json:"operator"`
	Value    any    `json:"value"`
}

// ByID tells whether an endpoint is no more than an id.
func (e *Endpoint) ByID() bool { return (e.MatchBy == "" || e.MatchBy == "id") && e.Kind == "" }

// Facts are what is kept of a node.
type Facts struct {
	Kinds      []string       `json:"kinds,omitempty"`
	Properties map[string]any `json:"properties,omitempty"`
}

// Ends are the endpoints of an edge that names its nodes by more than ids, and what is kept of its properties.
type Ends struct {
	Condition string    `json:"condition,omitempty"`
	End       *Endpoint `json:"end,omitempty"`
	Start     *Endpoint `json:"start,omitempty"`
	Verb      string    `json:"verb,omitempty"`
}

// Read is what was read of a file.
type Read struct {
	Edges  int    `json:"edges"`
	Nodes  int    `json:"nodes"`
	Source string `json:"source,omitempty"` // its source_kind
}
