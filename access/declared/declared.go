// Package declared compiles what organisations say of who may do what: accounts, groups, apps and their scopes, vendors, help desks and
// identity providers, as package source/declared tells them. A declaration holds as it was said; what it leaves open is a condition
// or a doubt, and never a no.
package declared

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/place"
	"github.com/chartroom/chartroom/estate/declared"
)

// Compile is the compiler of declared facts. It knows no date: what expires holds.
func Compile(facts []access.Fact, places []access.Place, out access.Sink) { On("")(facts, places, out) }

// On gives the compiler of declared facts as of a day, written as 2026-03-01: what has expired before it gives nothing, and a
// declaration that was to be said anew by then is a doubt.
func On(day string) access.Compiler {
	return func(facts []access.Fact, places []access.Place, out access.Sink) {
		c := &compiler{out: out, day: day, atlas: place.New(places), scopes: readScopes(), principals: map[string]*principal{}, byName: map[string][]*principal{},
			systems: map[string][]saying{}, pools: map[poolKey]*pool{}, strangers: map[string][]string{}, stale: map[string]int{}}
		c.compile(facts)
	}
}

// saying is a fact that was read.
type saying struct {
	access.Fact
	said declared.Said
}

// principal is somebody who was declared, or named.
type principal struct {
	node  access.Node
	scope string // lower
	off   bool   // it cannot log in, or has expired
	admin bool
	known bool // it was declared, not only named
	proof int
	said  declared.Said
}

type compiler struct {
	out        access.Sink
	day        string
	atlas      *place.Atlas
	scopes     scopeTable
	principals map[string]*principal   // by ID
	byName     map[string][]*principal // by name and alias, lower
	systems    map[string][]saying     // where a system keeps its data, by its name
	sayings    []saying
	pools      map[poolKey]*pool
	strangers  map[string][]string // names that no list of accounts has, by scope
	listed     map[string]bool     // scopes that have a list of accounts
	stale      map[string]int      // facts that were to be said anew, by origin
}

func (c *compiler) compile(facts []access.Fact) {
	facts = slices.Clone(facts)
	slices.SortFunc(facts, func(a, b access.Fact) int { return cmp.Compare(a.ID, b.ID) })
	c.listed = map[string]bool{}
	for _, f := range facts {
		if f.System != declared.System {
			continue
		}
		said, err := declared.ReadSaid(f.Detail)
		if err != nil {
			c.doubt(f, "what is said at "+f.From+" cannot be read")
			continue
		}
		s := saying{f, said}
		if c.day != "" && said.Until != "" && said.Until < c.day {
			c.stale[f.Kind+" declared at "+strings.SplitN(f.From, ":", 2)[0]+" until "+said.Until]++
		}
		c.sayings = append(c.sayings, s)
		c.declare(s)
	}
	for _, s := range c.sayings {
		c.link(s)
	}
	c.finish()
}

// declare notes whom a fact speaks of.
func (c *compiler) declare(s saying) {
	switch s.Kind {
	case declared.KindUser:
		c.listed[strings.ToLower(s.Scope)] = true
		c.account("user", access.User, s)
	case declared.KindService:
		c.account("service", access.Service, s)
	case declared.KindGroup:
		c.account("group", access.Group, s)
	case declared.KindMember:
		group := s
		group.Principal, group.said = s.Target, declared.Said{Custodian: s.said.Custodian}
		c.account("group", access.Group, group)
	case declared.KindApp:
		c.account("app", access.Client, s)
	case declared.KindVendor:
		c.account("vendor", access.Vendor, s)
	case declared.KindHelpDesk:
		c.account("desk", access.Role, s)
	case declared.KindSystem:
		name := strings.ToLower(s.Principal)
		c.systems[name] = append(c.systems[name], s)
	case declared.KindUnseen:
		c.doubt(s.Fact, s.From+": "+s.Why)
	}
}

// account unites what is said of a principal: the first word stands, but for what the first did not say.
func (c *compiler) account(kind string, as access.Kind, s saying) *principal {
	id := declared.ID(s.Scope, kind, s.Principal)
	p := c.principals[id]
	if p == nil {
		p = &principal{node: access.Node{ID: id, Kind: as, Name: s.Principal, System: s.Scope, Traits: map[string]string{}}, scope: strings.ToLower(s.Scope)}
		if kind == "vendor" {
			p.node.System = "vendor"
		}
		c.principals[id] = p
	}
	if !p.known {
		p.known, p.proof = true, s.ID
	}
	for _, name := range append([]string{s.Principal}, s.said.Aliases...) {
		name = strings.ToLower(name)
		if !slices.Contains(c.byName[name], p) {
			c.byName[name] = append(c.byName[name], p)
		}
	}
	if p.node.Custodian == "" {
		p.node.Custodian = s.said.Custodian
	}
	p.admin = p.admin || s.said.Admin == "yes"
	t := p.node.Traits
	agreement, until := "", ""
	if as == access.Vendor {
		agreement, until = s.said.Is["agreement"], s.said.Until
	}
	for trait, v := range map[string]string{"agreement": agreement, "agreement_until": until, "enabled": s.said.Enabled, "last_used": s.said.LastUsed, "idp": s.said.Idp, "shared": s.said.Shared, "break_glass": s.said.BreakGlass,
		"mfa": s.said.MFA, "expires": s.said.Expires} {
		switch {
		case v == "" || trait == "mfa" && v == "enrolled": // which kind is not known
		case trait == "last_used" && t[trait] != "": // of several tokens or lists, the last use
			if t[trait] == "never" || v != "never" && v > t[trait] {
				t[trait] = v
			}
		case trait == "enabled" && t[trait] != "" && t[trait] != v && as == access.Client: // one of its tokens still holds
			t[trait] = "yes"
		case trait == "enabled" && t[trait] != "" && t[trait] != v:
			t[trait] = "yes"
			c.doubt(s.Fact, p.node.ID+" is declared enabled, and disabled as well ("+s.From+"); it counts as enabled")
		case t[trait] == "":
			t[trait] = v
		}
	}
	return p
}

// finish tells whatever hangs on all facts: who is off, pools, places, nodes and what nobody listed.
func (c *compiler) finish() {
	c.fillPools()
	c.atlas.Tell(c.out)
	for _, id := range slices.Sorted(maps.Keys(c.principals)) {
		p := c.principals[id]
		p.node.Traits = maps.Clone(p.node.Traits)
		c.out.Node(p.node)
	}
	for _, scope := range slices.Sorted(maps.Keys(c.strangers)) {
		names := slices.Compact(slices.Sorted(slices.Values(c.strangers[scope])))
		if c.listed[scope] {
			c.out.Doubt(access.Doubt{Scope: scope, Detail: fmt.Sprintf("%s named in declarations, and on no list of accounts of %s: whether they can log in is not known", some(names), scope)})
		}
	}
	for _, what := range slices.Sorted(maps.Keys(c.stale)) {
		c.out.Doubt(access.Doubt{Detail: fmt.Sprintf("%d facts of the kind %s, and not since: say them anew", c.stale[what], what)})
	}
}

// some names the first few of many.
func some(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	if len(names) <= 3 {
		return strings.Join(names, ", ") + " are"
	}
	return fmt.Sprintf("%s and %d more are", strings.Join(names[:3], ", "), len(names)-3)
}

func (c *compiler) doubt(f access.Fact, detail string) {
	c.out.Doubt(access.Doubt{Scope: f.Scope, Detail: detail})
}

// expired tells whether a day has passed.
func (c *compiler) expired(day string) bool { return c.day != "" && day != "" && day < c.day }

// can tells whether somebody can do anything at all: whoever is disabled, or has expired, reaches nothing.
func (c *compiler) can(p *principal) bool {
	if c.expired(p.node.Traits["expires"]) {
		p.node.Traits["enabled"] = "no"
	}
	return p.node.Traits["enabled"] != "no"
}

// edge tells what one can do with another, unless he can do nothing.
func (c *compiler) edge(from *principal, to string, e access.Edge) {
	if !c.can(from) || from.node.ID == to {
		return
	}
	e.From, e.To = from.node.ID, to
	c.out.Edge(e)
}
