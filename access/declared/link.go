package declared

import (
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate/declared"
)

// link makes the edges of a fact.
func (c *compiler) link(s saying) {
	switch s.Kind {
	case declared.KindUser, declared.KindService:
		c.linkAccount(s)
	case declared.KindMember:
		member, _ := c.resolve(s.Principal, s.said.Member, s)
		group, _ := c.resolve(s.Target, "group", s)
		if member != nil && group != nil {
			c.edge(member, group.node.ID, access.Edge{Verb: "is a member of", Proof: []int{s.ID}})
		}
	case declared.KindApp:
		c.linkApp(s)
	case declared.KindLogin:
		c.become(s, s.Principal, s.Target, access.Edge{Verb: "logs in as", Condition: s.said.Condition})
	case declared.KindHolds:
		c.become(s, "vendor:"+s.Principal, s.Target, access.Edge{Verb: "holds"})
	case declared.KindStaff:
		if p, _ := c.resolve(s.Principal, "", s); p != nil {
			c.edge(p, declared.ID(s.Scope, "desk", s.Target), access.Edge{Verb: "works at", Proof: []int{s.ID}})
		}
	case declared.KindAccess:
		c.linkAccess(s)
	case declared.KindAdmin:
		if p, _ := c.resolve(s.Principal, "", s); p != nil {
			c.administers(p, s)
		}
	case declared.KindReset:
		c.linkReset(s)
	case declared.KindHelpDesk:
		if !slices.ContainsFunc(c.sayings, func(o saying) bool {
			return o.Kind == declared.KindReset && strings.EqualFold(o.Principal, s.Principal)
		}) {
			c.doubt(s.Fact, "whose logins the help desk "+s.Principal+" may reset is not declared ("+s.From+"); name them under on")
		}
	}
}

// become makes an edge between two principals that a fact names.
func (c *compiler) become(s saying, from, to string, e access.Edge) {
	e.Proof = []int{s.ID}
	target, foreign := c.resolve(to, "", s)
	if target != nil {
		foreign = target.node.ID
	}
	if p, id := c.resolve(from, "", s); p != nil {
		c.edge(p, foreign, e)
	} else {
		e.From, e.To = id, foreign
		c.out.Edge(e)
	}
}

// linkAccount tells an account's groups, owner, vendor, and what it administers.
func (c *compiler) linkAccount(s saying) {
	p, _ := c.resolve(s.Principal, s.Kind, s)
	for _, g := range s.said.Groups {
		if group, _ := c.resolve(g, "group", s); group != nil {
			c.edge(p, group.node.ID, access.Edge{Verb: "is a member of", Proof: []int{s.ID}})
		}
	}
	c.owned(p, s)
	if s.said.Vendor != "" {
		vendor, _ := c.resolve("vendor:"+s.said.Vendor, "vendor", s)
		c.edge(vendor, p.node.ID, access.Edge{Verb: "employs", Layer: access.Escalation, Proof: []int{s.ID}})
	}
	if s.said.Admin == "yes" {
		c.administers(p, s)
	}
}

// owned tells who can take over an account or app of his: an owner can give it a new secret.
func (c *compiler) owned(p *principal, s saying) {
	if s.said.Owner == "" {
		return
	}
	if owner, _ := c.resolve(s.said.Owner, "", s); owner != nil {
		c.edge(owner, p.node.ID, access.Edge{Verb: "owns", Layer: access.Escalation, Proof: []int{s.ID}})
	}
}

// administers tells that whoever administers a system can log in as any account of it.
func (c *compiler) administers(p *principal, s saying) {
	any := c.anyOf(poolKey{system: strings.ToLower(s.Scope), powers: "both", admins: "yes"}, s.Scope)
	c.edge(p, any.node.ID, access.Edge{Verb: "administers", Layer: access.Escalation, Proof: []int{s.ID}})
}

// linkReset tells whom a help desk can become by a new password or factor.
func (c *compiler) linkReset(s saying) {
	desk := c.principals[declared.ID(s.Scope, "desk", s.Principal)]
	if desk == nil {
		c.doubt(s.Fact, "the help desk "+s.Principal+" is not declared")
		return
	}
	other := map[string]string{"password": "mfa", "mfa": "password"}[s.Action]
	powers := s.Action
	if slices.ContainsFunc(c.sayings, func(o saying) bool {
		return o.Kind == s.Kind && o.Scope == s.Scope && o.Principal == s.Principal && o.Target == s.Target && o.Action == other
	}) {
		powers = "both"
	}
	e := access.Edge{Verb: "may reset the " + strings.Replace(s.Action, "mfa", "second factor", 1) + " of", Layer: access.Escalation, Proof: []int{s.ID}}
	key := poolKey{powers: powers, admins: s.said.Is["resets_admins"]}
	if system, all := everyoneOf(s.Target, s.Scope); all {
		key.system = strings.ToLower(system)
		c.edge(desk, c.anyOf(key, system).node.ID, e)
		return
	}
	target, foreign := c.resolve(s.Target, "", s)
	switch {
	case target == nil:
		c.edge(desk, foreign, e)
	case target.node.Kind == access.Group:
		key.system, key.group = target.scope, target.node.ID
		c.edge(desk, c.anyOf(key, target.node.Name).node.ID, e)
	default:
		e.Condition = resists(target, key)
		c.edge(desk, target.node.ID, e)
	}
}

// linkAccess tells who may do what with which place.
func (c *compiler) linkAccess(s saying) {
	if c.expired(s.said.Expires) {
		return
	}
	right, known := rightOf(s.Action)
	if !known {
		c.doubt(s.Fact, "what "+s.Principal+" may do at "+s.From+" is not understood")
		return
	}
	places := c.atlas.Find(s.Target)
	if places == nil {
		c.out.Doubt(access.Doubt{Place: access.Place{Repository: s.Target}, Scope: s.Scope,
			Detail: s.From + " gives access to " + s.Target + ", and no such repository is known to hold anything of care: survey it, or check its name"})
		return
	}
	from, foreign := c.resolve(s.Principal, "", s)
	e := access.Edge{Verb: "may " + s.Action, Right: right, Condition: s.said.Condition, Proof: []int{s.ID}}
	c.give(from, foreign, e, places)
}

// give gives a right on places.
func (c *compiler) give(from *principal, foreign string, e access.Edge, places []access.Place) {
	if from != nil {
		if !c.can(from) {
			return
		}
		foreign = from.node.ID
	}
	e.From = foreign
	c.atlas.Give(e, places)
}

func rightOf(word string) (access.Right, bool) {
	for _, r := range []access.Right{access.Read, access.Write, access.Admin, access.Key} {
		if r.String() == word {
			return r, true
		}
	}
	return 0, false
}

// linkApp tells what an app reaches by its scopes, for whom it acts, and who is behind it.
func (c *compiler) linkApp(s saying) {
	p, _ := c.resolve(s.Principal, "app", s)
	c.owned(p, s)
	if s.said.Vendor != "" {
		vendor, _ := c.resolve("vendor:"+s.said.Vendor, "vendor", s)
		c.edge(vendor, p.node.ID, access.Edge{Verb: "runs", Proof: []int{s.ID}})
	}
	if s.said.Enabled == "no" || c.expired(s.said.Expires) {
		return
	}
	r := c.scopes.reach(s.said.Scopes)
	if len(r.rights) == 0 && s.Target == "" {
		return // its scopes give no data
	}
	places, unknown := c.reached(s)
	if len(r.rights) == 0 {
		r.rights, r.condition = []access.Right{access.Read}, "its scopes give no data, and yet this is declared"
	}
	for _, right := range r.rights {
		e := access.Edge{Verb: "has a token that may " + right.String(), Right: right, Condition: join(r.condition, unknown), Proof: []int{s.ID}}
		c.give(p, "", e, places)
	}
	c.actsFor(p, r, s)
}

// reached gives the places of an app, and what is not known of them.
func (c *compiler) reached(s saying) (places []access.Place, unknown string) {
	if s.Target != "" {
		if places = c.atlas.Find(s.Target); places == nil {
			c.out.Doubt(access.Doubt{Place: access.Place{Repository: s.Target}, Scope: s.Scope,
				Detail: "the app " + s.Principal + " reaches " + s.Target + ", and no such repository is known to hold anything of care: survey it, or check its name"})
		}
		return places, ""
	}
	system := orElse(s.said.System, s.Scope)
	for _, o := range c.systems[strings.ToLower(system)] {
		places = append(places, c.atlas.Find(o.Target)...)
	}
	if places == nil && s.said.GrantedBy == "" {
		c.doubt(s.Fact, "what the app "+s.Principal+" reaches in "+system+" is not declared ("+s.From+"): add a column repository, or a fact of type system that says where "+system+" keeps its data")
	}
	return places, "how far its scopes reach in " + system + " is not declared"
}

// actsFor tells for which accounts an app acts.
func (c *compiler) actsFor(p *principal, r reach, s saying) {
	if s.said.GrantedBy == "" {
		return
	}
	condition := r.condition
	if !r.act && condition == "" {
		condition = "as far as its scopes reach: " + strings.Join(s.said.Scopes, " ")
	}
	e := access.Edge{Verb: "has a token of", Condition: condition, Proof: []int{s.ID}}
	if system, all := everyoneOf(s.said.GrantedBy, s.Scope); all {
		c.edge(p, c.anyOf(poolKey{system: strings.ToLower(system), powers: "act"}, system).node.ID, e)
		return
	}
	who, foreign := c.resolve(s.said.GrantedBy, "", s)
	switch {
	case who == nil:
		c.edge(p, foreign, e)
	case c.can(who): // a token of an account that is disabled is void
		c.edge(p, who.node.ID, e)
	}
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
