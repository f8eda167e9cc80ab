package declared

import (
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate/declared"
)

// kinds are the kinds of principals, in the order in which a name without one is taken.
var kinds = []struct {
	name string
	kind access.Kind
}{{"user", access.User}, {"service", access.Service}, {"group", access.Group}, {"app", access.Client}, {"vendor", access.Vendor}}

// resolve finds whom a text means: as it stands in the fact's own system, then as a reference, then in any one system. A name that
// nobody declared becomes a user of the fact's system, and is told as such. foreign is set where it is a principal of a system with a
// compiler of its own.
func (c *compiler) resolve(text, kind string, s saying) (p *principal, foreign string) {
	if p := c.in(s.Scope, kind, text); p != nil {
		return p, ""
	}
	r := declared.ParseRef(text)
	if r.ID != "" {
		if p := c.principals[strings.ToLower(r.ID)]; p != nil {
			return p, ""
		}
		return nil, r.ID
	}
	if r.Kind == "everyone" {
		return c.everyone(orElse(r.System, s.Scope), s), ""
	}
	if r.Kind == "" {
		r.Kind = kind
	}
	if p := c.in(orElse(r.System, s.Scope), r.Kind, r.Name); p != nil {
		return p, ""
	}
	if r.System == "" {
		if p := c.only(r.Kind, r.Name, s); p != nil {
			return p, ""
		}
	}
	return c.stranger(r, orElse(r.System, s.Scope), s), ""
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// in finds a name or an alias in one system.
func (c *compiler) in(system, kind, name string) *principal {
	for _, k := range kinds {
		if kind != "" && kind != k.name {
			continue
		}
		if p := c.principals[declared.ID(system, k.name, name)]; p != nil {
			return p
		}
	}
	for _, p := range c.byName[strings.ToLower(name)] {
		if p.scope == strings.ToLower(system) && (kind == "" || p.node.Kind == kindOf(kind)) {
			return p
		}
	}
	return nil
}

func kindOf(name string) access.Kind {
	for _, k := range kinds {
		if k.name == name {
			return k.kind
		}
	}
	return access.User
}

// only finds a name that one system alone has. Where several have it, that is a doubt.
func (c *compiler) only(kind, name string, s saying) *principal {
	var found *principal
	for _, p := range c.byName[strings.ToLower(name)] {
		switch {
		case kind != "" && p.node.Kind != kindOf(kind) || p.node.Kind == access.Role || !p.known:
		case found != nil:
			c.doubt(s.Fact, name+" at "+s.From+" is a name of several systems; write SYSTEM#"+name)
			return nil
		default:
			found = p
		}
	}
	return found
}

// stranger makes a principal of a name that no declaration describes.
func (c *compiler) stranger(r declared.Ref, system string, s saying) *principal {
	kind := orElse(r.Kind, "user")
	id := declared.ID(system, kind, r.Name)
	if p := c.principals[id]; p != nil {
		return p
	}
	p := &principal{node: access.Node{ID: id, Kind: kindOf(kind), Name: r.Name, System: system, Custodian: s.said.Custodian, Traits: map[string]string{}},
		scope: strings.ToLower(system), proof: s.ID}
	c.principals[id] = p
	c.byName[strings.ToLower(r.Name)] = append(c.byName[strings.ToLower(r.Name)], p)
	if kind == "user" {
		c.strangers[p.scope] = append(c.strangers[p.scope], r.Name)
	}
	return p
}
