package aws

import (
	"slices"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/iampolicy"
)

// target is what principals may do something with: a bucket or a role.
type target struct {
	account  string
	fact     int
	policy   int // of the resource, -1 = none
	proof    int // the fact of that policy
	limits   [][]*iampolicy.Policy
	key      *key
	gated    bool  // its policy must let even its own account in
	personal []int // policies on its side that treat principals apart
	anywhere bool  // a part of it is enough
}

// personalOf lists those of a target's policies that treat principals apart.
func (c *compiler) personalOf(t *target, rcps [][]int) {
	docs := []int{t.policy}
	if t.key != nil {
		docs = append(docs, t.key.policy)
	}
	for _, l := range rcps {
		docs = append(docs, l...)
	}
	for _, d := range docs {
		if d >= 0 && c.docs[d].personal {
			t.personal = append(t.personal, d)
		}
	}
}

// policies are all that have a say when a class asks for a target.
func (c *compiler) policies(cl *class, t *target) iampolicy.Policies {
	p := cl.policies
	p.RCPs = t.limits
	if t.policy >= 0 {
		p.Resource = c.list([]int{t.policy})
	}
	if t.key != nil && t.key.policy >= 0 {
		p.Key, p.KeyARN, p.Grants = c.list([]int{t.key.policy}), t.key.arn, t.key.grants
	}
	return p
}

// way is one way to what was asked for: the policies that it takes of the principal, and whether it takes that of the resource.
type way struct {
	docs      []int
	resource  bool
	open      bool // the resource's policy gives it to everybody
	condition string
}

// answer is what principals may, by each way.
type answer struct {
	ways []way
}

// ask decides whether somebody of a class may do something, and by which ways. The resource may be a pattern.
func (c *compiler) ask(cl *class, who *iampolicy.Principal, t *target, r *iampolicy.Request) answer {
	p := c.policies(cl, t)
	r.Principal, r.ResourceAccount = who, cl.owner(t)
	reach, grounds := p.ReachFor(r)
	if reach.Extent == iampolicy.None {
		return answer{}
	}
	if t.anywhere {
		grounds = whole(grounds)
	}
	common := common(grounds)
	if cl.condition != "" {
		common = append(common, cl.condition)
	}
	identity, resource := c.sides(grounds)
	local := who.Account != "" && who.Account == r.ResourceAccount
	if r.ResourceAccount == "" {
		local = true
	}
	var out []way
	switch {
	case who.Kind == iampolicy.Root && local:
		out = []way{{}}
	case who.Account == "" || who.Kind == iampolicy.Provider:
		out = resource
	case local && !t.gated:
		out = c.able(cl, t, r, identity, resource)
	case local:
		out = slices.DeleteFunc(slices.Clone(resource), func(w way) bool { return w.condition == delegated })
		for _, i := range identity {
			if slices.ContainsFunc(resource, func(w way) bool { return w.condition == delegated }) {
				i.resource = true
				out = append(out, i)
			}
		}
	default:
		if who.Kind == iampolicy.Root {
			identity = []way{{}}
		}
		for _, i := range identity {
			for _, s := range resource[:min(1, len(resource))] {
				i.resource, i.open = true, s.open
				if s.condition != delegated {
					i.condition = joined(i.condition, s.condition)
				}
				out = append(out, i)
			}
		}
	}
	for i := range out {
		if out[i].condition == delegated {
			out[i].condition = ""
		}
		out[i].condition = joined(append([]string{out[i].condition}, common...)...)
	}
	return answer{out}
}

// whole takes what holds for a part to be enough, and leaves out what denies a part.
func whole(grounds []iampolicy.Ground) (out []iampolicy.Ground) {
	for _, g := range grounds {
		if g.Part {
			if g.Deny {
				continue
			}
			g.Part, g.Sure = false, len(g.Conditions) == 0
		}
		out = append(out, g)
	}
	return out
}

// owner gives the account of a target as a class has to see it. One that is not known may be its own, but is not that of a stranger.
func (cl *class) owner(t *target) string {
	if t.account == "" && cl.anybody {
		return "unknown"
	}
	return t.account
}

// delegated marks a way that the resource's policy leaves to the account.
const delegated = "\x00"

// able leaves out those ways of one account that do not work alone: where policies of both sides allow, a boundary may hold up one of them.
func (c *compiler) able(cl *class, t *target, r *iampolicy.Request, identity, resource []way) []way {
	resource = slices.DeleteFunc(slices.Clone(resource), func(w way) bool { return w.condition == delegated })
	if len(identity) == 0 || len(resource) == 0 {
		return append(identity, resource...)
	}
	alone := *t
	alone.policy = -1
	p := c.policies(cl, &alone)
	if q, _ := p.ReachFor(r); q.Extent == iampolicy.None {
		identity = nil
	}
	p = c.policies(cl, t)
	p.Identity = []*iampolicy.Policy{}
	if q, _ := p.ReachFor(r); q.Extent == iampolicy.None {
		resource = nil
	}
	return append(identity, resource...)
}

// sides gives the ways by each policy of the identity, and by the resource's policy: the sure ones, or else all that may be.
func (c *compiler) sides(grounds []iampolicy.Ground) (identity, resource []way) {
	for _, sure := range []bool{true, false} {
		for i := range grounds {
			g := &grounds[i]
			if g.Deny || g.Key || g.Sure != sure {
				continue
			}
			switch g.From {
			case iampolicy.FromIdentity:
				n, _ := strconv.Atoi(g.Policy)
				if !slices.ContainsFunc(identity, func(w way) bool { return w.docs[0] == n }) {
					identity = append(identity, way{docs: []int{n}, condition: words(g)})
				}
			case iampolicy.FromResource:
				w := way{resource: true, open: g.Open, condition: words(g)}
				if g.Delegates {
					w.condition = delegated
				}
				if !slices.ContainsFunc(resource, func(x way) bool { return x.condition == w.condition || x.condition == "" }) {
					resource = append(resource, w)
				}
			}
		}
	}
	return identity, resource
}

// common gives the conditions that every way hangs on: statements that may deny, and limits that may not allow.
func common(grounds []iampolicy.Ground) (out []string) {
	sure := map[string]bool{}
	for i := range grounds {
		if g := &grounds[i]; g.Sure && !g.Deny {
			sure[level(g)] = true
		}
	}
	for i := range grounds {
		g := &grounds[i]
		own := !g.Key && (g.From == iampolicy.FromIdentity || g.From == iampolicy.FromResource)
		if g.Sure || !g.Deny && (own || sure[level(g)]) {
			continue
		}
		text := words(g)
		switch {
		case text == "":
			text = "of " + level(g)
		case g.Deny:
			text = "not " + text
		case g.Key:
			text = "for the key: " + text
		}
		if !slices.Contains(out, text) && len(out) < mostWords {
			out = append(out, text)
		}
	}
	return out
}

func level(g *iampolicy.Ground) string {
	if g.Key {
		return "the key: " + g.From
	}
	return g.From
}

// Bounds of a condition in words.
const (
	mostWords = 6
	longest   = 400
)

// words gives what a statement hangs on.
func words(g *iampolicy.Ground) string {
	out := slices.Clone(g.Conditions)
	if g.Part && !g.Key {
		not := ""
		if g.Not {
			not = "not "
		}
		out = append(out, "it is "+not+"one of "+strings.Join(g.Patterns[:min(len(g.Patterns), mostWords)], ", "))
	}
	if len(out) == 0 && !g.Sure {
		out = append(out, "it is whom "+g.From+" means")
	}
	return strings.Join(out, " and ")
}

// joined puts conditions together.
func joined(conditions ...string) string {
	var out []string
	for _, c := range conditions {
		if c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	text := strings.Join(out, "; ")
	if len(text) > longest {
		text = text[:longest] + "..."
	}
	return strings.ToValidUTF8(text, "")
}

// give tells what principals may with a place.
func (c *compiler) give(members []*principal, t *target, a answer, e access.Edge) {
	verb, condition := e.Verb, e.Condition
	for _, w := range a.ways {
		for _, s := range c.starts(members, w.docs) {
			e.From, e.Proof = s.id, slices.Clone(s.proof)
			e.Verb = strings.TrimSpace(s.how + " " + verb)
			e.Condition = joined(condition, w.condition)
			if w.resource {
				e.Proof = append(e.Proof, t.proof)
			}
			if len(e.Proof) == 0 {
				e.Proof = []int{t.fact}
			}
			c.edge(e)
		}
	}
}
