package aws

import (
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/iampolicy"
)

// roleTarget is a role that is to be assumed.
func (c *compiler) roleTarget(p *principal) *target {
	t := &target{account: p.account.id, fact: p.fact, policy: p.trust, proof: p.trustFact, limits: p.account.limits, gated: true}
	c.personalOf(t, p.account.rcps)
	return t
}

// all are the roles whose trust is known, in their order.
func (c *compiler) all(kind access.Kind) (out []*principal) {
	for _, arn := range sorted(c.people) {
		if p := c.people[arn]; p.kind == kind && p.collected && p.who.Kind != iampolicy.Root && (kind != access.Role || p.trust >= 0) {
			out = append(out, p)
		}
	}
	return out
}

// roles tells who can assume which role.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html
func (c *compiler) roles() {
	assume := iampolicy.ParseAction("sts:AssumeRole")
	for _, role := range c.all(access.Role) {
		t, trust := c.roleTarget(role), c.docs[role.trust].policy
		e := access.Edge{To: role.arn, Verb: "may assume", Right: access.Become, Layer: access.Escalation}
		ask := func(cl *class, members []*principal, action iampolicy.Action, e access.Edge) {
			a := c.ask(cl, members[0].who, t, &iampolicy.Request{Action: action, Resource: role.arn})
			if len(a.ways) > 0 {
				if cl.anybody {
					c.tellStranger(members[0])
					for i := range a.ways {
						a.ways[i].docs = nil
					}
				}
				c.give(members, t, a, e)
			}
		}
		accounts, told := map[string]bool{}, map[string]bool{}
		trust.Names(func(name string, deny bool) {
			if deny || told[name] {
				return
			}
			told[name] = true
			p := c.people[name]
			who, err := iampolicy.ParsePrincipal(name)
			switch {
			case err != nil:
			case who.Kind == iampolicy.Provider:
				c.provider(role, name, who, ask)
			case who.Kind == iampolicy.Root && c.accounts[who.Account] != nil && c.accounts[who.Account].users:
				accounts[who.Account] = true
			case p != nil && p.collected:
				ask(p.class, []*principal{p}, assume, e)
			default:
				if cl := c.outsider(&bucket{}, name); cl != nil {
					if who.Kind == iampolicy.Root { // a root user assumes no role; others of its account do
						cl.members[0].who, _ = iampolicy.ParsePrincipal("arn:aws:iam::" + who.Account + ":user/" + nobody)
					}
					x := e
					x.Condition = "the account " + who.Account + " lets it (what that account's policies say was not collected)"
					ask(cl, cl.members, assume, x)
				}
			}
		})
		if trust.Open() != iampolicy.No {
			who, _ := iampolicy.ParsePrincipal("arn:aws:iam::" + noAccount + ":user/" + nobody)
			cl := c.stranger(anyAccount, "anybody with an AWS account", access.Anyone, who)
			ask(cl, cl.members, assume, e)
			for id := range c.accounts {
				accounts[id] = true
			}
		}
		for _, cl := range c.classes {
			if cl.admin || !accounts[cl.account.id] || cl.members[0].kind == access.Group || cl.members[0].who.Kind == iampolicy.Root {
				continue
			}
			for _, members := range c.split(cl.members, t.personal) {
				if len(members) == 1 && told[members[0].arn] {
					continue // by its own name, above
				}
				ask(cl, members, assume, e)
			}
		}
	}
}

// provider tells whom an identity provider can let assume a role: who that is, the provider says.
func (c *compiler) provider(role *principal, name string, who *iampolicy.Principal, ask func(*class, []*principal, iampolicy.Action, access.Edge)) {
	cl := c.stranger(name, "whom "+nameOf(strings.TrimPrefix(name, "https://"))+" logs in", access.Client, who)
	cl.policies.Identity = nil
	action := iampolicy.ParseAction("sts:AssumeRoleWithWebIdentity")
	if strings.Contains(name, ":saml-provider/") {
		action = iampolicy.ParseAction("sts:AssumeRoleWithSAML")
	}
	e := access.Edge{To: role.arn, Verb: "may be given", Right: access.Become, Layer: access.Escalation, Condition: "the provider says so of them"}
	ask(cl, cl.members, action, e)
}
