// Package access answers WHO: which principals can read which repositories, by what proof, and how many people a foothold costs.
// A compiler for each system (a folder beneath this one) turns raw grants into edges; package graph counts over them. Everything
// here is pure: facts in, answers out.
package access

import "github.com/chartroom/chartroom/estate"

// Kind is what sort of principal, or what else, a node is.
type Kind uint8

// The kinds of nodes.
const (
	Resource Kind = iota // a Place that can be read
	User                 // a person's account
	Group
	Role    // a right to act as somebody: a database role that groups, an IAM role
	Service // a service account, a machine, a workload
	Client  // an API client, an OAuth app, a token
	Vendor  // an organisation outside
	Anyone  // the public, or everybody with any account: nobody in particular
)

// String gives the kind's name as every answer prints it.
func (k Kind) String() string {
	return [...]string{"resource", "user", "group", "role", "service", "client", "vendor", "anyone"}[k]
}

// Layer tells what it takes to walk an edge. Answers name the layer that they rest on.
type Layer uint8

// The layers.
const (
	Entitled   Layer = iota // holds now, without any further act
	Escalation              // takes an act that changes who one is or what one may: assume a role, SET ROLE, reset a password, pass a role
)

// String gives the layer's name.
func (l Layer) String() string { return [...]string{"entitled", "escalation"}[l] }

// Right is what an edge gives.
type Right uint8

// The rights.
const (
	Become Right = iota // whatever the other principal can do: a membership, a login, an assumed role
	Read
	Write // change, delete, or encrypt
	Admin // change who may what
	Key   // use the key that protects it
)

// String gives the right's name.
func (r Right) String() string { return [...]string{"become", "read", "write", "admin", "key"}[r] }

// Place is a repository or a part of one, as a grant can give it. Path is "" for the whole repository, ends with "/" for everything
// beneath a folder (or a schema), and is otherwise an item's path, which stands for the item and all that stands in it.
//
// Within what one compiler says of a system, an item belongs to the most specific Place that the compiler made a Node for, and an edge
// to a Place gives the items that belong to it and no others. So "srv/" may be readable where "srv/secret/" is not: the compiler makes a
// Node for both, also where nobody can read one of them, and edges to each. What several systems say of one repository is overlaid.
type Place struct {
	Repository string
	Path       string
}

// Node is a principal or a resource.
type Node struct {
	// ID names it in the whole estate: an ARN, postgres://db.example:5432#alice, file://host#uid:1000, okta#alice@example.org; of a
	// resource its Place's repository and path.
	ID     string
	Kind   Kind
	Name   string // as its own system calls it, for people to read and to type
	System string
	Place  Place // of a resource
	// Custodian is the organisation that it belongs to; "" when nobody said.
	Custodian string
	// Traits are what is known of a principal: mfa (none, sms, otp, push, phishing_resistant), last_used (a day), idp (the identity
	// provider that it comes from; "no" = outside), enabled, superuser, shared, break_glass. What is not in it is not known.
	Traits map[string]string
}

// Edge says that one node can do something with another. Several edges between the same two are alternatives; the proof of each one
// is what all of it rests on.
type Edge struct {
	From, To  string // IDs of nodes
	Verb      string // in the system's words, to be read between the two names: "is a member of", "may SELECT from", "may assume"
	Right     Right
	Layer     Layer
	Condition string // what must hold and is not known; "" = certain
	Proof     []int  // numbers of grants (Fact.ID); without any one of them the edge is gone
}

// Fact is a grant with its number in the catalog.
type Fact struct {
	ID int
	estate.Grant
}

// Doubt is something that a compiler could not know. It shows in every answer that it could change.
type Doubt struct {
	Place  Place  // whose readers it could change; zero = any
	Scope  string // of the facts that it is about
	Detail string // what is not known, why, and what would settle it
}

// Sink takes what a compiler finds. A node may come more than once: what is said of it is united.
type Sink interface {
	Node(Node)
	Edge(Edge)
	Doubt(Doubt)
}

// Compiler turns the facts of one system, of all its scopes, into nodes and edges. Places are those that hold something of care:
// a compiler tells who can reach each of them or what lies beneath, and need not tell of others. The same facts in any order give the
// same edges.
type Compiler func(facts []Fact, places []Place, out Sink)
