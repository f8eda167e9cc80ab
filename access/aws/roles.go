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

// assumption is a role, while it is found out who can assume it.
type assumption struct {
	*compiler
	role     *principal
	target   *target
	told     map[string]bool // principals that its trust names
	accounts map[string]bool // those that it leaves it to, of which the users were collected
}

// roles tells who can assume which role.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html
func (c *compiler) roles() {
	for _, role := range c.all(access.Role) {
		a := &assumption{c, role, c.roleTarget(role), map[string]bool{}, map[string]bool{}}
		trust := c.docs[role.trust].policy
		trust.Names(func(name string, deny bool) {
			if !deny && !a.told[name] {
				a.told[name] = true
				a.named(name)
			}
		})
		if trust.Open() != iampolicy.No {
			a.open()
		}
		a.delegated()
	}
}

// ask tells what principals of one class may.
func (a *assumption) ask(cl *class, members []*principal, action, condition string) {
	found := a.compiler.ask(cl, members[0].who, a.target, &iampolicy.Request{Action: iampolicy.ParseAction(action), Resource: a.role.arn})
	if len(found.ways) == 0 {
		return
	}
	e := access.Edge{To: a.role.arn, Verb: "may assume", Right: access.Become, Layer: access.Escalation, Condition: condition}
	if cl.anybody {
		a.tellStranger(members[0])
		for i := range found.ways {
			found.ways[i].docs = nil
		}
	}
	if members[0].kind == access.Client {
		e.Verb = "may be given"
	}
	a.give(members, a.target, found, e)
}

// named tells whether somebody whom the trust names can assume the role. An account that was collected is kept for delegated.
func (a *assumption) named(name string) {
	p := a.people[name]
	who, err := iampolicy.ParsePrincipal(name)
	switch {
	case err != nil:
	case who.Kind == iampolicy.Provider:
		a.provider(name, who)
	case who.Kind == iampolicy.Root && a.compiler.accounts[who.Account] != nil && a.compiler.accounts[who.Account].users:
		a.accounts[who.Account] = true
	case p != nil && p.collected:
		a.ask(p.class, []*principal{p}, "sts:AssumeRole", "")
	default:
		cl := a.outsider(&bucket{}, name)
		if cl == nil {
			return
		}
		if who.Kind == iampolicy.Root { // a root user assumes no role; others of its account do
			cl.members[0].who, _ = iampolicy.ParsePrincipal("arn:aws:iam::" + who.Account + ":user/" + nobody)
		}
		a.ask(cl, cl.members, "sts:AssumeRole", "the account "+who.Account+" lets it (what that account's policies say was not collected)")
	}
}

// provider tells whom an identity provider can let assume the role: who that is, the provider says.
func (a *assumption) provider(name string, who *iampolicy.Principal) {
	cl := a.stranger(name, "whom "+nameOf(strings.TrimPrefix(name, "https://"))+" logs in", access.Client, who)
	action := "sts:AssumeRoleWithWebIdentity"
	if strings.Contains(name, ":saml-provider/") {
		action = "sts:AssumeRoleWithSAML"
	}
	cl.policies.Identity = nil
	a.ask(cl, cl.members, action, "the provider says so of them")
}

// open tells that anybody with an account can assume the role.
func (a *assumption) open() {
	who, _ := iampolicy.ParsePrincipal("arn:aws:iam::" + noAccount + ":user/" + nobody)
	cl := a.stranger(anyAccount, "anybody with an AWS account", access.Anyone, who)
	a.ask(cl, cl.members, "sts:AssumeRole", "")
	for id := range a.compiler.accounts {
		a.accounts[id] = true
	}
}

// delegated tells whom the accounts that the trust names let assume the role.
func (a *assumption) delegated() {
	for _, cl := range a.classes {
		if cl.admin || !a.accounts[cl.account.id] || cl.members[0].kind == access.Group || cl.members[0].who.Kind == iampolicy.Root {
			continue
		}
		for _, members := range a.split(cl.members, a.target.personal) {
			if len(members) == 1 && a.told[members[0].arn] {
				continue // by its own name
			}
			a.ask(cl, members, "sts:AssumeRole", "")
		}
	}
}
