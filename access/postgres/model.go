package postgres

import "strings"

// Privilege is a set of privileges (PostgreSQL documentation, 5.7).
type Privilege uint16

// The privileges that are told apart.
const (
	Select Privilege = 1 << iota
	Insert
	Update
	Delete
	Truncate
	References
	Trigger
	Usage
	Create
	Connect
	Temporary
	Execute
	Maintain // version 17 and newer

	all     = Maintain<<1 - 1
	writing = Insert | Update | Delete | Truncate
)

// names are the privileges in the order of their bits, as aclexplode writes them.
var names = [...]string{"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "USAGE", "CREATE", "CONNECT", "TEMPORARY", "EXECUTE", "MAINTAIN"}

// parse reads a list of privileges; what it does not know is left out, as no rule speaks of it.
func parse(list string) (p Privilege) {
	for name := range strings.SplitSeq(list, ",") {
		for i, n := range names {
			if n == name {
				p |= 1 << i
			}
		}
	}
	return p
}

// String writes the privileges as SQL does.
func (p Privilege) String() string {
	var out []string
	for i, n := range names {
		if p&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return strings.Join(out, ", ")
}

// Public is the number of PUBLIC among the roles of a server.
const Public = 0

// role is a role, or PUBLIC. One that only memberships and access lists name has no fact, and counts as a role that inherits.
type role struct {
	name string
	fact int
	attr roleDetail
	up   []membership // the roles that it is a member of
	down []membership // its members
}

// membership is one row of pg_auth_members, seen from one of its sides.
type membership struct {
	role                int // on the other side
	fact                int
	admin, inherit, set bool
}

// item is one entry of an access list.
type item struct {
	grantee           int
	rights, grantable Privilege
	column            string // "" for the whole
	fact              int
}

// object is what an access list belongs to.
type object struct {
	name    string
	schema  string
	owner   int
	fact    int
	builtin bool   // it has no list: the built-in rights hold
	list    []item // as given, but for the built-in rights: see items
}

// relation is a table or what can be read like one.
type relation struct {
	object
	kind             byte // pg_class.relkind
	security, forced bool // row-level security
	invoker          bool
	server           string // of a foreign table
	policies         []policy
	children         []link
	bases            []link // what a view reads
}

// link is a fact that ties a relation to another.
type link struct {
	to   *relation
	fact int
}

// policy is one policy of row-level security, of one role; permissive only.
type policy struct {
	name, command string
	role, fact    int
}

// Database is one database of a server, with what was seen in it.
type Database struct {
	object
	server     *Server
	open       bool
	repository string // "" for one that was not surveyed
	schemas    map[string]*object
	relations  map[string]*relation // by key
	functions  map[string]*function
	blobs      map[string]*object
}

// function is a function that runs as its owner, or one that reads files of the server.
type function struct {
	object
	definer bool
}

// Server is what the facts say of one server.
type Server struct {
	scope     string
	version   int
	fact      int
	loCompat  bool
	roles     []role
	byName    map[string]int
	databases map[string]*Database
	unseen    []unseen
	foreign   map[string]string // foreign servers, with the repository that they were seen in
	cache     map[closure]set
}

// key names a relation within its database: names may hold dots.
func key(schema, path string) string { return schema + "\x00" + path }

// set is a set of roles by number.
type set []uint64

func newSet(n int) set       { return make(set, (n+63)/64) }
func (s set) has(i int) bool { return s[i>>6]&(1<<(i&63)) != 0 }
func (s set) add(i int)      { s[i>>6] |= 1 << (i & 63) }
func (s set) and(o set) {
	for i := range s {
		s[i] &= o[i]
	}
}
func (s set) or(o set) {
	for i := range s {
		s[i] |= o[i]
	}
}

// way is how a closure follows memberships.
type way uint8

const (
	member  way = iota // whatever the options
	usage              // those that hand on privileges
	setting            // those that allow SET ROLE
)

// follows tells whether a closure follows a membership.
func (w way) follows(m membership) bool {
	return w == member || w == usage && m.inherit || w == setting && m.set
}

// closure is a question to roles_is_member_of (src/backend/utils/adt/acl.c).
type closure struct {
	role, owner int
	way         way
}

// ownerRole is the role whose one member is the owner of the database at hand (version 14 and newer).
const ownerRole = "pg_database_owner"

// closure gives the roles that a role is, in one of the ways; the owner of the database at hand is a member of pg_database_owner. Before version 16
// that too takes INHERIT.
func (s *Server) closure(of int, db *Database, w way) set {
	q := closure{of, db.owner, w}
	if got, ok := s.cache[q]; ok {
		return got
	}
	out, todo := newSet(len(s.roles)), []int{of}
	out.add(of)
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for m := range s.upward(at, db) {
			if w.follows(m) && !out.has(m.role) {
				out.add(m.role)
				todo = append(todo, m.role)
			}
		}
	}
	if len(s.cache) >= 4096 {
		clear(s.cache)
	}
	s.cache[q] = out
	return out
}

// upward gives what a role is a member of, within a database.
func (s *Server) upward(of int, db *Database) func(func(membership) bool) {
	return func(yield func(membership) bool) {
		for _, m := range s.roles[of].up {
			if !yield(m) {
				return
			}
		}
		if n, there := s.byName[ownerRole]; there && of == db.owner {
			yield(s.owning(n, db))
		}
	}
}

// downward gives the members of a role, within a database.
func (s *Server) downward(of int, db *Database) func(func(membership) bool) {
	return func(yield func(membership) bool) {
		for _, m := range s.roles[of].down {
			if !yield(m) {
				return
			}
		}
		if s.roles[of].name == ownerRole && db.owner > Public {
			yield(s.owning(db.owner, db))
		}
	}
}

// owning is the membership of a database's owner in pg_database_owner, which no row stands for.
func (s *Server) owning(other int, db *Database) membership {
	return membership{role: other, fact: db.fact, inherit: s.version >= 16_00_00 || s.roles[db.owner].attr.inherits(), set: true}
}
