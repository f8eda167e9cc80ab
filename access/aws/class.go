package aws

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/iampolicy"
)

// class is principals whom all that they bring treats alike: the same kind, account and policies.
type class struct {
	number    int
	account   *account
	members   []*principal
	policies  iampolicy.Policies // what they bring
	condition string             // on all that they may: a boundary whose text is not known
	admin     bool               // it stands for every right in its account
	anybody   bool               // it stands for principals whose own policies are not known
}

// principals makes the classes, and tells the nodes.
func (c *compiler) principals() {
	byKey := map[string]*class{}
	for _, arn := range sorted(c.people) {
		p := c.people[arn]
		if !p.collected {
			continue
		}
		c.node(p)
		key := c.classKey(p)
		cl := byKey[key]
		if cl == nil {
			cl = &class{number: len(c.classes), account: p.account, policies: iampolicy.Policies{Identity: c.list(docsOf(p)), SCPs: p.account.levels}}
			if p.boundary >= 0 {
				cl.policies.Boundary = c.list([]int{p.boundary})
			}
			if p.hidden != "" {
				cl.condition = "its boundary " + p.hidden + " allows it (the text is not known)"
			}
			byKey[key] = cl
			c.classes = append(c.classes, cl)
		}
		cl.members = append(cl.members, p)
		p.class = cl
	}
	for _, id := range sorted(c.accounts) {
		if a := c.accounts[id]; a.users {
			c.administrator(a)
		}
	}
}

// administrator makes the class of every right in an account, and tells its node.
func (c *compiler) administrator(a *account) {
	who, err := iampolicy.ParsePrincipal("arn:aws:iam::" + a.id + ":role/" + nobody)
	if err != nil {
		return
	}
	d := c.doc(allowAll, &access.Fact{})
	p := &principal{arn: administrator(a.id), name: "every right in " + a.id, kind: access.Role, account: a, who: who, fact: a.fact, boundary: -1, trust: -1}
	c.classes = append(c.classes, &class{number: len(c.classes), account: a, members: []*principal{p}, admin: true, policies: iampolicy.Policies{Identity: c.list([]int{d}), SCPs: a.levels}})
	c.out.Node(access.Node{ID: p.arn, Kind: p.kind, Name: p.name, System: "aws"})
}

// docsOf gives the policies of a principal, each once.
func docsOf(p *principal) []int {
	out := make([]int, len(p.holds))
	for i := range p.holds {
		out[i] = p.holds[i].doc
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// classKey is equal for principals of one class.
func (c *compiler) classKey(p *principal) string {
	docs := docsOf(p)
	key := fmt.Appendf(nil, "%s %d %d %t %v %d %s ", p.account.id, p.kind, p.who.Kind, p.who.Linked, docs, p.boundary, p.hidden)
	if p.boundary >= 0 {
		docs = append(docs, p.boundary)
	}
	for _, l := range p.account.scps {
		docs = append(docs, l...)
	}
	for _, d := range docs {
		if c.docs[d].personal {
			key = c.docs[d].policy.Signature(key, p.who)
		}
	}
	return string(key)
}

// node tells a principal.
func (c *compiler) node(p *principal) {
	n := access.Node{ID: p.arn, Kind: p.kind, Name: p.name, System: "aws", Traits: p.traits}
	if p.kind == access.Role && p.trust >= 0 && c.docs[p.trust].policy.Serves() {
		n.Traits["login"] = "yes" // a machine or a workload acts as it
	}
	if p.who.Kind == iampolicy.Root {
		n.Traits["superuser"] = "yes"
	}
	c.out.Node(n)
}

// split parts principals of a class by what policies make of each.
func (c *compiler) split(members []*principal, personal []int) [][]*principal {
	if len(personal) == 0 || len(members) == 1 {
		return [][]*principal{members}
	}
	var out [][]*principal
	index := map[string]int{}
	var key []byte
	for _, p := range members {
		key = key[:0]
		for _, d := range personal {
			key = c.docs[d].policy.Signature(key, p.who)
		}
		n, ok := index[string(key)]
		if !ok {
			n = len(out)
			index[string(key)] = n
			out = append(out, nil)
		}
		out[n] = append(out[n], p)
	}
	return out
}

// start is where an edge begins, and what it rests on there.
type start struct {
	id    string
	how   string
	proof []int
}

// mostWays is how many ways from one principal to one policy are told.
const mostWays = 4

// starts gives where the edges of principals begin who have all of some policies: one principal itself, with each way by which it has
// them; several at a node that stands for having them, so that what they may is told once.
func (c *compiler) starts(members []*principal, docs []int) []start {
	if len(docs) == 0 {
		out := make([]start, len(members))
		for i, p := range members {
			out[i] = start{id: p.arn, proof: p.self()}
		}
		return out
	}
	if len(members) == 1 {
		return members[0].ways(docs)
	}
	h := fnv.New64a()
	for _, p := range members {
		fmt.Fprintln(h, p.arn)
	}
	names := []string{}
	for _, d := range docs {
		fmt.Fprintln(h, c.docs[d].sum)
		for i := range members[0].holds {
			if members[0].holds[i].doc == d {
				names = append(names, members[0].holds[i].name)
				break
			}
		}
	}
	id := fmt.Sprintf("aws:%s#policy:%s:%x", members[0].account.id, strings.Join(names, "+"), h.Sum64())
	if !c.holders[id] {
		c.holders[id] = true
		c.out.Node(access.Node{ID: id, Kind: access.Group, Name: "holders of " + strings.Join(names, " and ") + " in " + members[0].account.id, System: "aws"})
		for _, p := range members {
			for _, w := range p.ways(docs) {
				c.edge(access.Edge{From: p.arn, To: id, Verb: strings.TrimSpace(w.how + " has the policies of the"), Right: access.Become, Proof: w.proof})
			}
		}
	}
	return []start{{id: id}}
}

// self is what proves that the principal is there at all.
func (p *principal) self() []int {
	if p.fact == 0 {
		return nil
	}
	return []int{p.fact}
}

// ways gives how a principal has all of some policies: of one policy every way, of several the first of each.
func (p *principal) ways(docs []int) (out []start) {
	if len(docs) > 1 {
		w := start{id: p.arn}
		for _, d := range docs {
			one := p.ways([]int{d})
			if len(one) > 0 {
				w.proof = append(w.proof, one[0].proof...)
			}
		}
		return []start{w}
	}
	for i := range p.holds {
		h := &p.holds[i]
		if h.doc != docs[0] || len(out) == mostWays {
			continue
		}
		w := start{id: p.arn, how: h.how, proof: h.proof}
		out = append(out, w)
	}
	if len(out) == 0 {
		out = []start{{id: p.arn, proof: p.self()}}
	}
	return out
}

func (c *compiler) edge(e access.Edge) {
	if e.From == e.To {
		return
	}
	e.Proof = slices.Clone(e.Proof)
	slices.Sort(e.Proof)
	e.Proof = slices.DeleteFunc(slices.Compact(e.Proof), func(n int) bool { return n == 0 })
	c.out.Edge(e)
}

// allowAll is what principals are taken to have whose own policies are not known.
var allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// stranger makes a class of one whose policies are not known: whatever others give to it counts, on a condition.
func (c *compiler) stranger(id, name string, kind access.Kind, who *iampolicy.Principal) *class {
	p := &principal{arn: id, name: name, kind: kind, who: who, boundary: -1, trust: -1, account: &account{id: who.Account}, traits: map[string]string{}}
	cl := &class{number: -1, account: p.account, members: []*principal{p}, anybody: true}
	if who.Kind != iampolicy.Anonymous && who.Account != "" {
		d := c.doc(allowAll, &access.Fact{})
		cl.policies.Identity = c.list([]int{d})
	}
	p.class = cl
	return cl
}

// tellStranger tells the node of a stranger, once.
func (c *compiler) tellStranger(p *principal) {
	if !c.holders[p.arn] {
		c.holders[p.arn] = true
		c.out.Node(access.Node{ID: p.arn, Kind: p.kind, Name: p.name, System: "aws", Traits: p.traits})
	}
}
