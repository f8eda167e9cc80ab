package declared

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate/declared"
)

// poolKey names many accounts of a system at once, so that whoever controls all of them has one edge and not a million.
type poolKey struct {
	system string // lower
	group  string // ID; "" = all of the system, and all whom it logs in
	powers string // password, mfa, both or act
	admins string // whether those who administer are among them: yes, no or ""
}

// pool is a node that stands for any one of many accounts.
type pool struct {
	*principal
	key poolKey
}

// everyone is the node that all accounts of a system are in. Nobody in particular is meant by it.
func (c *compiler) everyone(system string, s saying) *principal {
	id := declared.ID(system, "everyone", "")
	p := c.principals[id]
	if p == nil {
		p = &principal{node: access.Node{ID: id, Kind: access.Anyone, Name: "everyone of " + system, System: system, Traits: map[string]string{}},
			scope: strings.ToLower(system), known: true, proof: s.ID}
		c.principals[id] = p
	}
	return p
}

// everyoneOf tells whether a text means all accounts, and of which system.
func everyoneOf(text, scope string) (system string, all bool) {
	r := declared.ParseRef(text)
	return orElse(r.System, scope), r.ID == "" && r.Kind == "everyone"
}

// anyOf is the node from which one becomes any account of a system or group.
func (c *compiler) anyOf(key poolKey, name string) *pool {
	if p := c.pools[key]; p != nil {
		return p
	}
	id := fmt.Sprintf("%s#any:%s:%s:%s", key.system, key.powers, key.admins, key.group)
	p := &pool{&principal{node: access.Node{ID: id, Kind: access.Role, Name: "any account of " + name, System: key.system}, scope: key.system, known: true}, key}
	c.principals[id] = p.principal
	c.pools[key] = p
	return p
}

// fillPools makes the edges from pools to their accounts, and from accounts to everyone.
func (c *compiler) fillPools() {
	var people []*principal // sorted, so that edges come in one order
	for _, id := range slices.Sorted(maps.Keys(c.principals)) {
		if p := c.principals[id]; (p.node.Kind == access.User || p.node.Kind == access.Service) && p.scope != "" {
			people = append(people, p)
		}
	}
	bySystem := map[string][]*principal{}
	for _, p := range people {
		bySystem[p.scope] = append(bySystem[p.scope], p)
		if idp := strings.ToLower(p.node.Traits["idp"]); idp != p.scope && idp != "no" && idp != "" {
			bySystem[idp] = append(bySystem[idp], p)
		}
	}
	for _, system := range slices.Sorted(maps.Keys(bySystem)) {
		all := c.principals[declared.ID(system, "everyone", "")]
		for _, p := range bySystem[system] {
			if all != nil && all.node.Kind == access.Anyone {
				c.edge(p, all.node.ID, access.Edge{Verb: "is one of", Proof: []int{p.proof}})
			}
		}
	}
	var groups map[string][]*principal
	for _, po := range slices.SortedFunc(maps.Values(c.pools), func(a, b *pool) int { return strings.Compare(a.node.ID, b.node.ID) }) {
		members := bySystem[po.key.system]
		if po.key.group != "" {
			if groups == nil {
				groups = c.members()
			}
			members = groups[po.key.group]
		}
		for _, p := range members {
			if po.key.admins == "no" && p.admin || !c.can(p) {
				continue
			}
			c.edge(po.principal, p.node.ID, access.Edge{Verb: "can be", Layer: access.Escalation, Condition: resists(p, po.key), Proof: []int{p.proof}})
		}
	}
}

// resists says what else it takes to log in as somebody whose password or factor was reset.
func resists(p *principal, k poolKey) string {
	var need []string
	if k.admins == "" && p.admin && k.powers != "act" {
		need = append(need, "whether administrators can be reset as well is not declared")
	}
	switch mfa := p.node.Traits["mfa"]; {
	case k.powers == "mfa":
		need = append(need, "the password has to be known")
	case k.powers == "password" && mfa == "":
		need = append(need, "whether it has a second factor is not known")
	case k.powers == "password" && mfa != "none":
		need = append(need, "its second factor ("+mfa+") is needed as well")
	}
	return strings.Join(need, "; ")
}

// members gives the accounts in each group, by way of other groups as well.
func (c *compiler) members() map[string][]*principal {
	direct := map[string][]*principal{}
	for _, m := range c.memberships() {
		direct[m.group.node.ID] = append(direct[m.group.node.ID], m.member)
	}
	out := map[string][]*principal{}
	for key := range c.pools {
		if key.group == "" || out[key.group] != nil {
			continue
		}
		seen := map[*principal]bool{}
		todo := []string{key.group}
		for len(todo) > 0 {
			id := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for _, p := range direct[id] {
				if seen[p] {
					continue
				}
				seen[p] = true
				if p.node.Kind == access.Group {
					todo = append(todo, p.node.ID)
				} else {
					out[key.group] = append(out[key.group], p)
				}
			}
		}
		slices.SortFunc(out[key.group], func(a, b *principal) int { return strings.Compare(a.node.ID, b.node.ID) })
	}
	return out
}

// membership is that somebody is in a group.
type membership struct {
	member, group *principal
	proof         int
}

// memberships gives all that is said of who is in which group.
func (c *compiler) memberships() []membership {
	var out []membership
	for _, s := range c.sayings {
		switch s.Kind {
		case declared.KindMember:
			member, _ := c.resolve(s.Principal, s.said.Member, s)
			group, _ := c.resolve(s.Target, "group", s)
			if member != nil && group != nil {
				out = append(out, membership{member, group, s.ID})
			}
		case declared.KindUser, declared.KindService:
			member, _ := c.resolve(s.Principal, s.Kind, s)
			for _, g := range s.said.Groups {
				if group, _ := c.resolve(g, "group", s); group != nil && member != nil {
					out = append(out, membership{member, group, s.ID})
				}
			}
		}
	}
	return out
}
