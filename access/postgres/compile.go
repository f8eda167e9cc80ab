package postgres

import (
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
)

// compiler tells of one server.
type compiler struct {
	*Server
	out    access.Sink
	chosen map[string]*choice // by database
	split  []bool             // roles whose attributes their members do not inherit: see inherits
	bypass []int              // roles, but for superusers, that pass row security
}

// choice is what is asked about in one database.
type choice struct {
	relations map[*relation]bool
	blobs     []string
}

// base is the compiling of one database.
type base struct {
	*compiler
	db      *Database
	wanted  map[*relation]bool
	connect need
	held    map[int]set
	usages  map[string]need
	doors   map[string]door
	views   map[*relation]*view
	bounded bool // there are more ways than are told
}

// choose matches the places to what the databases hold. A place that no fact speaks of is a doubt.
func (c *compiler) choose(places []access.Place) {
	c.chosen = map[string]*choice{}
	for _, name := range slices.Sorted(maps.Keys(c.databases)) {
		db := c.databases[name]
		paths := map[string][]*relation{}
		for _, r := range db.relations {
			paths[r.name] = append(paths[r.name], r)
		}
		for _, p := range places {
			if p.Repository != db.repository {
				continue
			}
			if c.chosen[name] == nil {
				c.chosen[name] = &choice{relations: map[*relation]bool{}}
			}
			if !c.chosen[name].take(db, paths, p.Path) {
				c.out.Doubt(access.Doubt{Place: p, Scope: c.scope, Detail: "the catalogues that were read do not know it, so who may read it is not known; scan the database again"})
			}
		}
	}
}

// take adds what stands at a path, and tells whether anything does.
func (c *choice) take(db *Database, paths map[string][]*relation, path string) bool {
	path, _, _ = strings.Cut(path, "!/")
	found := path == ""
	for _, r := range paths[path] {
		c.relations[r], found = true, true
	}
	if folder := strings.HasSuffix(path, "/"); path == "" || folder {
		for _, r := range db.relations {
			if strings.HasPrefix(r.name, path) && strings.IndexByte("rmf", r.kind) >= 0 {
				c.relations[r], found = true, true
			}
		}
		for name := range db.blobs {
			if strings.HasPrefix(name, path) {
				c.blobs, found = append(c.blobs, name), true
			}
		}
	} else if db.blobs[path] != nil {
		c.blobs, found = append(c.blobs, path), true
	}
	return found
}

// is names what a role is: what it reaches who logs in as it, or sets it.
func (c *compiler) is(role int) string { return "postgres://" + c.scope + "#" + c.roles[role].name }

// inherits names what a role's members inherit. That is the role itself, unless it has what they do not.
func (b *base) inherits(role int) string {
	if b.roles[role].name == ownerRole {
		return b.db.repository + "#" + ownerRole
	}
	return b.handsOn(role)
}

func (c *compiler) handsOn(role int) string {
	if c.split[role] {
		return "postgres://" + c.scope + "?inherited#" + c.roles[role].name
	}
	return c.is(role)
}

// edge tells an edge. Its proof is that of its parts together.
func (c *compiler) edge(from, to, verb string, e access.Edge, proof ...[]int) {
	e.From, e.To, e.Verb, e.Proof = from, to, verb, slices.Concat(proof...)
	e.Proof = slices.DeleteFunc(e.Proof, func(f int) bool { return f == 0 })
	slices.Sort(e.Proof)
	e.Proof = slices.Compact(e.Proof)
	c.out.Edge(e)
}

// principals tells the roles, and what they are to each other.
func (c *compiler) principals() {
	c.split = make([]bool, len(c.roles))
	for i, r := range c.roles {
		for _, m := range r.down {
			if a := r.attr; m.inherit && (a.Superuser || a.BypassRLS || a.Replication || a.CreateRole && c.version < 16_00_00 || !m.set) {
				c.split[i] = true
			}
		}
	}
	for i, r := range c.roles {
		c.principal(i)
		if r.attr.BypassRLS && !r.attr.Superuser {
			c.bypass = append(c.bypass, i)
		}
	}
}

func (c *compiler) principal(i int) {
	r := &c.roles[i]
	if i == Public {
		c.out.Node(access.Node{ID: c.is(i), Kind: access.Anyone, Name: "PUBLIC of " + c.scope, System: System})
		return
	}
	n := access.Node{ID: c.is(i), Kind: access.Role, Name: r.name, System: System, Traits: map[string]string{}}
	if r.attr.Login {
		n.Kind = access.User
	}
	if r.attr.Connections == "0" && !r.attr.Superuser {
		n.Traits["enabled"] = "no"
	}
	if r.attr.Superuser {
		n.Traits["superuser"] = "yes"
	}
	if u := r.attr.ValidUntil; u != "" && u != "infinity" {
		n.Traits["password_valid_until"] = u
	}
	c.out.Node(n)
	if c.split[i] {
		c.out.Node(access.Node{ID: c.handsOn(i), Kind: access.Role, Name: "what members of " + r.name + " inherit", System: System})
		c.edge(c.is(i), c.handsOn(i), "has the privileges of", access.Edge{}, []int{r.fact})
	}
	c.edge(c.is(i), c.is(Public), "is one of", access.Edge{}, []int{r.fact})
	for _, m := range r.up {
		c.membership(i, m)
	}
}

// membership tells what a role gains by being a member of another: now what it inherits, by SET ROLE all that the other is, and by the ADMIN
// option a membership with whatever options it likes (version 16: GRANT; before: the member's attribute).
func (c *compiler) membership(i int, m membership) {
	proof := []int{m.fact}
	whole := m.inherit && !c.split[m.role]
	if m.inherit {
		c.edge(c.handsOn(i), c.handsOn(m.role), "inherits from", access.Edge{}, proof)
	}
	switch {
	case whole:
	case m.set:
		c.edge(c.is(i), c.is(m.role), "may SET ROLE to", access.Edge{Layer: access.Escalation}, proof)
	case m.admin:
		c.edge(c.handsOn(i), c.is(m.role), "may, by its ADMIN option, make itself a full member of", access.Edge{Layer: access.Escalation}, proof)
	}
}

// hub names those who can do a thing to the whole server.
func (c *compiler) hub(what string) string { return "postgres://" + c.scope + "?" + what }

// Hubs of a server.
const (
	everything = "everything" // superusers, and who can be the server's account
	files      = "files"      // those who can read the files of the data directory, or a copy of them
	reachable  = "createrole" // what CREATEROLE reaches
)

// powers tells the attributes, and the predefined roles that reach the files and programs of the server's machine (documentation, chapter 22).
func (c *compiler) powers() {
	c.out.Node(access.Node{ID: c.hub(everything), Kind: access.Role, Name: "superusers of " + c.scope, System: System})
	c.out.Node(access.Node{ID: c.hub(files), Kind: access.Role, Name: "readers of the files of " + c.scope, System: System})
	for i := range c.roles {
		r := &c.roles[i]
		proof := []int{r.fact}
		if r.attr.Superuser {
			c.edge(c.is(i), c.hub(everything), "is one of the", access.Edge{}, proof)
		}
		if r.attr.Replication && !r.attr.Superuser {
			c.edge(c.is(i), c.hub(files), "may replicate, and so is one of the", access.Edge{Condition: "pg_hba.conf lets it make a replication connection"}, proof)
		}
		switch r.name {
		case "pg_read_server_files":
			c.edge(c.handsOn(i), c.hub(files), "may COPY from files, and so is one of the", access.Edge{Layer: access.Escalation}, proof)
		case "pg_write_server_files", "pg_execute_server_program":
			c.edge(c.handsOn(i), c.hub(everything), "may act as the server's account, and so make itself one of the", access.Edge{Layer: access.Escalation}, proof)
		}
	}
	if c.version < 16_00_00 {
		c.createRole()
	}
}

// createRole tells what CREATEROLE was before version 16: it could grant every role that is no superuser, to itself too.
func (c *compiler) createRole() {
	any := false
	for i, r := range c.roles {
		if r.attr.CreateRole && !r.attr.Superuser {
			any = true
			c.edge(c.is(i), c.hub(reachable), "may, by CREATEROLE, grant itself", access.Edge{Layer: access.Escalation}, []int{r.fact})
		}
	}
	if !any {
		return
	}
	c.out.Node(access.Node{ID: c.hub(reachable), Kind: access.Role, Name: "roles of " + c.scope + " that are no superusers", System: System})
	for i, r := range c.roles {
		if i != Public && !r.attr.Superuser && r.name != ownerRole {
			c.edge(c.hub(reachable), c.is(i), "are among others", access.Edge{Layer: access.Escalation}, []int{r.fact})
		}
	}
}

// doubts tells what could not be read, and what facts cannot tell.
func (c *compiler) doubts() {
	say := func(repository, text string) {
		c.out.Doubt(access.Doubt{Place: access.Place{Repository: repository}, Scope: c.scope, Detail: text})
	}
	for _, u := range c.unseen {
		say(u.repository, u.text+"; docs/sources.md has what the login needs")
	}
	if c.version == 0 {
		say("", "the version of the server is not known, and its rules were taken to be those before version 16")
	}
	for _, name := range slices.Sorted(maps.Keys(c.foreign)) {
		say(c.foreign[name], "foreign server "+name+": as whom it lets users of this server in, and to what, is not known; survey it, too")
	}
}
