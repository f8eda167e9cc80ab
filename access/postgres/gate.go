package postgres

import (
	"cmp"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/access"
)

// What is told of many ways from one role to one thing: so many, and of chains of memberships between two roles so many. Where there are
// more, a doubt says so: to cut the ways that are told does not cut the others.
const (
	maxWays  = 8
	maxPaths = 3
	maxTries = 512
)

// alternative is one of the rights that satisfy a need.
type alternative struct {
	role  int
	proof []int
	layer access.Layer
	verb  string
	// column is the one that it is a right on; condition is what it takes besides.
	column, condition string
}

// need is what takes one of several rights.
type need []alternative

// entry is a role that satisfies all needs by itself, in one way, and none of the roles that it inherits from does in the same way.
type entry struct {
	role      int
	proof     []int
	layer     access.Layer
	condition string
}

// door is where edges to a thing start: a node, and the ways by which it has what the thing takes besides.
type door struct {
	node string
	ways [][]int
}

// holders gives all roles that have the privileges of a role.
func (b *base) holders(of int) set {
	if got, ok := b.held[of]; ok {
		return got
	}
	out := newSet(len(b.roles))
	if of == Public {
		for i := range b.roles {
			out.add(i)
		}
	} else {
		b.below(of, usage, out)
	}
	b.held[of] = out
	return out
}

// below adds to a set the role and those that reach it by memberships.
func (b *base) below(of int, w way, out set) {
	out.add(of)
	for todo := []int{of}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for m := range b.downward(at, b.db) {
			if w.follows(m) && !out.has(m.role) {
				out.add(m.role)
				todo = append(todo, m.role)
			}
		}
	}
}

// satisfied gives the roles that satisfy a need.
func (b *base) satisfied(n need) set {
	out := newSet(len(b.roles))
	for _, a := range n {
		out.or(b.holders(a.role))
	}
	return out
}

// entries finds who satisfies all needs.
func (b *base) entries(needs []need) (out []entry) {
	all := b.satisfied(needs[0])
	for _, n := range needs[1:] {
		all.and(b.satisfied(n))
	}
	for word, w := range all {
		for ; w != 0; w &= w - 1 {
			out = append(out, b.entriesAt(word*64+bits.TrailingZeros64(w), needs, true)...)
		}
	}
	return out
}

// entriesAt finds in which ways one role satisfies all needs; with minimal, only those that are not a role's that it inherits from.
func (b *base) entriesAt(role int, needs []need, minimal bool) (out []entry) {
	tries := 0
	var chosen []alternative
	var pick func(i int)
	pick = func(i int) {
		if tries > maxTries || len(out) >= maxWays {
			b.bounded = true
			return
		}
		if i == len(needs) {
			tries++
			if !minimal || !b.inherited(role, chosen) {
				out = append(out, b.proven(role, chosen)...)
			}
			return
		}
		for _, a := range needs[i] {
			if b.holders(a.role).has(role) {
				chosen = append(chosen, a)
				pick(i + 1)
				chosen = chosen[:len(chosen)-1]
			}
		}
	}
	pick(0)
	return out
}

// inherited tells whether a role that this one inherits from has all of the rights, too; every role has PUBLIC's.
func (b *base) inherited(role int, rights []alternative) bool {
	has := func(other int) bool {
		for _, a := range rights {
			if !b.holders(a.role).has(other) {
				return false
			}
		}
		return true
	}
	if role != Public && has(Public) {
		return true
	}
	for m := range b.upward(role, b.db) {
		if m.inherit && has(m.role) {
			return true
		}
	}
	return false
}

// proven makes an entry for each combination of chains of memberships that give the rights.
func (b *base) proven(role int, rights []alternative) []entry {
	out := []entry{{role: role}}
	for _, a := range rights {
		var next []entry
		for _, path := range b.paths(role, a.role, usage) {
			for _, e := range out {
				next = append(next, entry{role, slices.Concat(e.proof, path, a.proof), max(e.layer, a.layer), cmp.Or(e.condition, a.condition)})
			}
		}
		out = next[:min(len(next), maxWays)]
		b.bounded = b.bounded || len(next) > maxWays
	}
	return out
}

// paths gives chains of memberships from a role to another, each as its facts.
func (b *base) paths(from, to int, w way) (out [][]int) {
	if from == to || to == Public {
		return [][]int{nil}
	}
	reach := b.holders(to)
	if w != usage {
		reach = newSet(len(b.roles))
		b.below(to, w, reach)
	}
	on, steps := map[int]bool{}, 0
	var walk func(at int, path []int)
	walk = func(at int, path []int) {
		if steps++; len(out) > maxPaths || steps > maxTries {
			return
		}
		if at == to {
			out = append(out, slices.Clone(path))
			return
		}
		on[at] = true
		for m := range b.upward(at, b.db) {
			if w.follows(m) && reach.has(m.role) && !on[m.role] {
				walk(m.role, append(path, m.fact))
			}
		}
		delete(on, at)
	}
	walk(from, nil)
	if len(out) > maxPaths || steps > maxTries {
		b.bounded = true
		out = out[:min(len(out), maxPaths)]
	}
	return out
}

// needs are CONNECT on the database, USAGE on a schema ("" for none), and the privileges of some roles.
func (b *base) needs(schema string, roles []int) []need {
	out := []need{b.connect}
	if schema != "" {
		out = append(out, b.usage(schema))
	}
	for _, r := range roles {
		out = append(out, need{{role: r}})
	}
	return out
}

// granted makes a need of an access list. An owner who lacks the right can give it to himself.
func (b *base) granted(o *object, c class, right Privilege) (out need) {
	for _, i := range o.items(c) {
		if i.rights&right != 0 && i.column == "" {
			out = append(out, alternative{role: i.grantee, proof: []int{i.fact}})
		}
	}
	if o.owner > Public && !b.db.allows(o.owner, o, c, Check{Right: right}, whole) {
		out = append(out, alternative{role: o.owner, proof: []int{o.fact}, layer: access.Escalation})
	}
	return out
}

// usage gives who may use a schema.
func (b *base) usage(schema string) need {
	if got, ok := b.usages[schema]; ok {
		return got
	}
	var out need
	if o := b.db.schemas[schema]; o != nil {
		out = b.granted(o, ofSchema, Usage)
		for _, name := range []string{readAll, writeAll} {
			if r, there := b.byName[name]; there {
				out = append(out, alternative{role: r})
			}
		}
	} else if schema == "pg_catalog" {
		out = need{{role: Public}}
	}
	b.usages[schema] = out
	return out
}

// doorOf gives where edges start for those who may come to a schema's objects and have the privileges of all of some roles. Where that is one role
// in few ways, it is that role; otherwise a node of its own.
func (b *base) doorOf(schema string, roles ...int) (door, bool) {
	roles = slices.DeleteFunc(slices.Clone(roles), func(r int) bool { return r == Public })
	if slices.Sort(roles); len(roles) == 0 {
		roles = []int{Public}
	}
	roles = slices.Compact(roles)
	id := schema
	var words []string
	for _, r := range roles {
		id += "\x00" + strconv.Itoa(r)
		words = append(words, b.roles[r].name)
	}
	if d, ok := b.doors[id]; ok {
		return d, len(d.ways) > 0
	}
	needs := b.needs(schema, roles)
	d := b.doorFor(b.entries(needs), needs, func() access.Node {
		return access.Node{ID: b.db.repository + "?schema=" + schema + "#" + strings.Join(words, "#"), Kind: access.Role, Name: strings.TrimSpace(strings.Join(words, " and ") + " in " + b.db.name + " " + schema), System: System}
	})
	b.doors[id] = d
	return d, len(d.ways) > 0
}

// doorFor makes a door of entries, and of those who may become one of them.
func (b *base) doorFor(es []entry, needs []need, node func() access.Node) door {
	es = append(es, b.assumed(needs)...)
	direct := len(es) <= 2
	for _, e := range es {
		direct = direct && e.role == es[0].role && e.layer == access.Entitled
	}
	var d door
	if direct {
		for _, e := range es {
			d.node, d.ways = b.inherits(e.role), append(d.ways, e.proof)
		}
		return d
	}
	n := node()
	b.out.Node(n)
	for _, e := range es {
		verb, from := "has what it takes to be one of", b.inherits(e.role)
		if e.layer == access.Escalation {
			verb = "may make itself one of"
		}
		b.edge(from, n.ID, verb, access.Edge{Layer: e.layer}, e.proof)
	}
	return door{n.ID, [][]int{nil}}
}

// assumed finds who may connect to the database and then, by SET ROLE, be a role that may not connect but has all else. The first need is CONNECT.
func (b *base) assumed(needs []need) (out []entry) {
	connected := b.satisfied(needs[0])
	if connected.has(Public) || len(needs) == 1 {
		return nil
	}
	tried := map[int]bool{}
	for _, e := range b.entries(needs[1:]) {
		if connected.has(e.role) || tried[e.role] || e.role == Public {
			continue
		}
		tried[e.role] = true
		from := newSet(len(b.roles))
		b.below(e.role, setting, from)
		from.and(connected)
		inherit := b.holders(e.role)
		for r := range b.roles {
			if !from.has(r) || inherit.has(r) {
				continue
			}
			for _, path := range b.paths(r, e.role, setting) {
				for _, c := range b.entriesAt(r, needs[:1], false) {
					out = append(out, entry{r, slices.Concat(path, c.proof, e.proof), access.Escalation, e.condition})
				}
			}
		}
	}
	return out
}
