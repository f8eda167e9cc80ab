package aws

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/iampolicy"
)

// escalationText is the table of ways by which rights grow.
//
//go:embed escalation.csv
var escalationText string

// need is an action, and on what it is needed.
type need struct {
	action iampolicy.Action
	on     string // role, user, me, mine, its, group, any_group; "" = anything
	pass   bool   // to the service
}

// rise is a way by which rights grow.
type rise struct {
	id       string
	needs    []need
	services []string
	profile  bool
	exists   string
	gives    string
	doing    string
	source   string
}

// paths reads the table.
func paths(text string) ([]rise, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the table of escalations: %w", err)
	}
	out := make([]rise, 0, len(rows))
	for _, row := range rows[1:] {
		p := rise{id: row[0], exists: row[3], gives: row[4], doing: row[5], source: row[6]}
		services, profile := strings.CutSuffix(row[2], "+profile")
		p.profile = profile
		if services != "" {
			p.services = strings.Split(services, "|")
		}
		for _, n := range strings.Fields(row[1]) {
			action, on, _ := strings.Cut(n, "@")
			x := need{on: on, pass: action == "pass"}
			if x.pass {
				action = "iam:PassRole"
			}
			x.action = iampolicy.ParseAction(action)
			p.needs = append(p.needs, x)
		}
		out = append(out, p)
	}
	return out, nil
}

// about tells whether one of the needs is on something of a kind.
func (p *rise) about(on string) bool {
	return slices.ContainsFunc(p.needs, func(n need) bool { return n.on == on })
}

// grower looks for ways by which rights grow.
type grower struct {
	*compiler
	roles, users, groups []*principal
	byService            map[string][]*principal
	anywhere             map[string]answer // by action, of the class at hand
}

// escalations tells the ways by which rights grow.
func (c *compiler) escalations() {
	table, err := paths(escalationText)
	if err != nil {
		c.out.Doubt(access.Doubt{Detail: err.Error()})
		return
	}
	g := c.grower()
	for _, cl := range c.classes {
		if !cl.admin && cl.members[0].kind != access.Group && cl.members[0].who.Kind != iampolicy.Root {
			g.grow(cl, table)
		}
	}
	c.administrators(g)
}

func (c *compiler) grower() *grower {
	g := &grower{compiler: c, roles: c.all(access.Role), users: c.all(access.User), groups: c.all(access.Group), byService: map[string][]*principal{}}
	for _, r := range g.roles {
		for _, s := range c.docs[r.trust].policy.Services() {
			g.byService[s] = append(g.byService[s], r)
		}
	}
	return g
}

// found is one way that is open to principals.
type found struct {
	docs      []int
	proof     []int
	condition string
}

// mostEscalations is how many ways of one class to one principal are told.
const mostEscalations = 3

// grow tells the ways of one class. Who can get every right without a condition is not told what else he can get.
func (g *grower) grow(cl *class, table []rise) {
	g.anywhere = map[string]answer{}
	told, admin := map[string]int{}, false
	for _, order := range []bool{true, false} {
		for i := range table {
			p := &table[i]
			if (p.gives == "admin") != order || admin && !order {
				continue
			}
			g.walk(cl, p, func(members []*principal, to string, f found) {
				if told[to]++; told[to] > mostEscalations*len(cl.members) {
					return
				}
				admin = admin || p.gives == "admin" && f.condition == "" && len(members) == len(cl.members)
				for _, s := range g.starts(members, f.docs) {
					g.edge(access.Edge{From: s.id, To: to, Verb: p.doing, Right: access.Become, Layer: access.Escalation, Condition: f.condition, Proof: slices.Concat(s.proof, f.proof)})
				}
			})
		}
	}
}

// walk finds to whom a path leads from a class.
func (g *grower) walk(cl *class, p *rise, yield func(members []*principal, to string, f found)) {
	base := found{}
	for _, n := range p.needs {
		if !g.possible(cl, &n, p, &base) {
			return
		}
	}
	switch {
	case p.about("me") || p.about("mine") || p.about("group"):
		g.walkSelf(cl, p, base, yield)
	case p.about("any_group"):
		g.walkGroups(cl, p, base, yield)
	case p.about("user"):
		for _, u := range g.users {
			if u.account == cl.account && u.class != cl || u.account == cl.account && len(cl.members) > 1 {
				g.walkUser(cl, p, u, base, yield)
			}
		}
	default:
		for _, r := range g.candidates(p) {
			if r.account != cl.account || p.profile && !r.profile {
				continue
			}
			for _, members := range g.split(cl.members, g.trustDocs(p, r)) {
				if f, ok := g.all(cl, members[0], p, r, base); ok {
					yield(members, g.gained(p, r), g.exists(p, r, f))
				}
			}
		}
	}
}

// possible tells whether an action is allowed on anything at all; what is needed on nothing particular is settled with that.
func (g *grower) possible(cl *class, n *need, p *rise, f *found) bool {
	a, known := g.anywhere[n.action.String()]
	if !known {
		t := &target{account: cl.account.id, policy: -1, anywhere: true}
		r := &iampolicy.Request{Action: n.action, Resource: "*", Context: &iampolicy.Context{Open: true}}
		if n.on == "role" && n.action.String() == "sts:AssumeRole" {
			a = answer{[]way{{}}} // by trust alone it may be
		} else {
			a = g.ask(cl, cl.members[0].who, t, r)
		}
		g.anywhere[n.action.String()] = a
	}
	if len(a.ways) == 0 {
		return false
	}
	if n.on == "" {
		f.add(a.ways[0], 0)
	}
	return true
}

func (f *found) add(w way, proof int) {
	f.docs = slices.Clone(f.docs)
	for _, d := range w.docs {
		if !slices.Contains(f.docs, d) {
			f.docs = append(f.docs, d)
		}
	}
	slices.Sort(f.docs)
	if w.resource {
		f.proof = append(slices.Clone(f.proof), proof)
	}
	f.condition = joined(f.condition, w.condition)
}

// candidates are the roles that a path can lead to.
func (g *grower) candidates(p *rise) []*principal {
	if p.services == nil {
		return g.roles
	}
	var out []*principal
	for _, s := range p.services {
		out = append(out, g.byService[s]...)
	}
	slices.SortFunc(out, func(a, b *principal) int { return strings.Compare(a.arn, b.arn) })
	return slices.Compact(out)
}

// trustDocs gives the trust of a role where the path asks it and it treats principals apart.
func (g *grower) trustDocs(p *rise, r *principal) []int {
	for _, n := range p.needs {
		if n.action.String() == "sts:AssumeRole" && g.docs[r.trust].personal {
			return []int{r.trust}
		}
	}
	return nil
}

// all tells whether everything is allowed that a path needs on a role or user.
func (g *grower) all(cl *class, who *principal, p *rise, on *principal, f found) (found, bool) {
	for i := range p.needs {
		n := &p.needs[i]
		var a answer
		switch {
		case n.on == "":
			continue
		case n.on == "its":
			a = g.someOf(cl, who, n.action, customers(on))
		case n.action.String() == "sts:AssumeRole":
			t := g.roleTarget(on)
			if a = g.ask(cl, who.who, t, &iampolicy.Request{Action: n.action, Resource: on.arn}); len(a.ways) > 0 {
				f.add(a.ways[0], t.proof)
				continue
			}
		case n.pass:
			a = g.pass(cl, who, p, on)
			f.proof = append(slices.Clone(f.proof), on.trustFact)
		default:
			a = g.act(cl, who, n.action, on.arn, nil)
		}
		if len(a.ways) == 0 {
			return f, false
		}
		f.add(a.ways[0], 0)
	}
	return f, true
}

// act asks for an action of IAM on something.
func (g *grower) act(cl *class, who *principal, action iampolicy.Action, resource string, context *iampolicy.Context) answer {
	t := &target{account: cl.account.id, policy: -1}
	return g.ask(cl, who.who, t, &iampolicy.Request{Action: action, Resource: resource, Context: context})
}

// pass asks whether a role may be passed to one of the services that it trusts.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
func (g *grower) pass(cl *class, who *principal, p *rise, role *principal) (a answer) {
	for _, s := range p.services {
		if !g.docs[role.trust].policy.Trusts(s) {
			continue
		}
		context := &iampolicy.Context{Open: true}
		context.Set("iam:PassedToService", s)
		if a = g.act(cl, who, iampolicy.ParseAction("iam:PassRole"), role.arn, context); len(a.ways) > 0 {
			return a
		}
	}
	return a
}

// customers are the policies of a principal that can be changed: those that AWS manages cannot.
func customers(p *principal) (out []string) {
	for i := range p.holds {
		if arn := p.holds[i].arn; arn != "" && !strings.Contains(arn, ":iam::aws:") && !slices.Contains(out, arn) {
			out = append(out, arn)
		}
	}
	return out
}

// someOf asks for an action on one of several things: the first that is allowed.
func (g *grower) someOf(cl *class, who *principal, action iampolicy.Action, arns []string) (a answer) {
	for _, arn := range arns {
		if b := g.act(cl, who, action, arn, nil); len(b.ways) > 0 && (len(a.ways) == 0 || b.ways[0].condition == "") {
			a = b
		}
	}
	return a
}

// exists adds what must be there and is not known.
func (g *grower) exists(p *rise, role *principal, f found) found {
	if p.exists != "" {
		f.condition = joined(f.condition, "there is "+p.exists+", run as it")
		if !slices.Contains(f.proof, role.trustFact) {
			f.proof = append(slices.Clone(f.proof), role.trustFact)
		}
	}
	return g.bounded(p, role, f)
}

// bounded adds that a boundary limits what a change of policies gives.
func (g *grower) bounded(p *rise, on *principal, f found) found {
	if p.gives == "admin" && (on.boundary >= 0 || on.hidden != "") {
		f.condition = joined(f.condition, "the permissions boundary of "+on.name+" allows what is gained")
	}
	return f
}

// gained names what a path gives.
func (g *grower) gained(p *rise, on *principal) string {
	if p.gives == "admin" {
		return administrator(on.account.id)
	}
	return on.arn
}

// walkSelf walks a path on which principals change what they have themselves.
func (g *grower) walkSelf(cl *class, p *rise, base found, yield func([]*principal, string, found)) {
	type group struct {
		members []*principal
		found   found
	}
	groups := map[string]*group{}
	for _, m := range cl.members {
		var a answer
		n := p.needs[0]
		switch {
		case n.on == "mine":
			a = g.someOf(cl, m, n.action, customers(m))
		case n.on == "group" && m.kind == access.User:
			a = g.someOf(cl, m, n.action, sorted(m.groups))
		case n.on == "me" && strings.Contains(n.action.String(), cmp.Or(map[access.Kind]string{access.User: "User", access.Role: "Role"}[m.kind], "?")):
			a = g.act(cl, m, n.action, m.arn, nil)
		}
		if len(a.ways) == 0 {
			continue
		}
		f := base
		f.add(a.ways[0], 0)
		f = g.bounded(p, m, f)
		key := fmt.Sprint(f.docs, f.condition)
		if groups[key] == nil {
			groups[key] = &group{found: f}
		}
		groups[key].members = append(groups[key].members, m)
	}
	for _, key := range sorted(groups) {
		yield(groups[key].members, administrator(cl.account.id), groups[key].found)
	}
}

// walkGroups walks a path by which a user joins a group.
func (g *grower) walkGroups(cl *class, p *rise, base found, yield func([]*principal, string, found)) {
	if cl.members[0].kind != access.User {
		return
	}
	for _, group := range g.groups {
		if group.account != cl.account {
			continue
		}
		if a := g.act(cl, cl.members[0], p.needs[0].action, group.arn, nil); len(a.ways) > 0 {
			f := base
			f.add(a.ways[0], 0)
			yield(cl.members, group.arn, f)
		}
	}
}

// walkUser walks a path that leads to another user's account.
func (g *grower) walkUser(cl *class, p *rise, u *principal, base found, yield func([]*principal, string, found)) {
	f, ok := g.all(cl, cl.members[0], p, u, base)
	if !ok {
		return
	}
	password := ""
	for _, n := range p.needs {
		switch n.action.String() {
		case "iam:CreateLoginProfile":
			password = "true"
		case "iam:UpdateLoginProfile":
			password = "false"
		}
	}
	if password != "" {
		if u.password == password {
			return
		}
		if u.traits["mfa"] == "enrolled" {
			f.condition = joined(f.condition, "the user's second factor is passed")
		}
	}
	yield(cl.members, g.gained(p, u), g.bounded(p, u, f))
}

// administrator names the node of every right in an account.
func administrator(account string) string { return "aws:" + account + "#administrator" }

// administrators tells what every right in an account gives: everybody in it.
func (c *compiler) administrators(g *grower) {
	for _, cl := range c.classes {
		if !cl.admin {
			continue
		}
		id := administrator(cl.account.id)
		for _, all := range [][]*principal{g.roles, g.users} {
			for _, p := range all {
				if p.account == cl.account && !p.who.Linked {
					c.edge(access.Edge{From: id, To: p.arn, Verb: "may make itself", Right: access.Become, Layer: access.Escalation, Proof: p.self()})
				}
			}
		}
		if r := cl.account.root; r != nil {
			c.edge(access.Edge{From: r.arn, To: id, Verb: "has", Right: access.Become, Proof: r.self()})
		}
	}
}
