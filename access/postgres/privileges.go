package postgres

// Role finds a role by its name, as the facts show it; "public" is PUBLIC.
func (s *Server) Role(name string) (number int, ok bool) {
	number, ok = s.byName[name]
	return number, ok
}

// Database finds a database by its name, as the facts show it; nil where there is none.
func (s *Server) Database(name string) *Database { return s.databases[name] }

// relation finds a relation; nil where there is none.
func (d *Database) relation(schema, name string) *relation {
	return d.relations[key(schema, schema+"."+name)]
}

// HasPrivsOf tells whether a role has the privileges of another in a database: pg_has_role(..., 'USAGE').
func (d *Database) HasPrivsOf(role, other int) bool {
	return role == other || d.server.roles[role].attr.Superuser || d.server.closure(role, d, usage).has(other)
}

// IsMemberOf is pg_has_role(..., 'MEMBER').
func (d *Database) IsMemberOf(role, other int) bool {
	return role == other || d.server.roles[role].attr.Superuser || d.server.closure(role, d, member).has(other)
}

// CanSet is pg_has_role(..., 'SET'), which came with version 16 and before was the same as MEMBER.
func (d *Database) CanSet(role, other int) bool {
	return role == other || d.server.roles[role].attr.Superuser || d.server.closure(role, d, setting).has(other)
}

// IsAdminOf is pg_has_role(..., 'MEMBER WITH ADMIN OPTION'). No role has the option on itself.
func (d *Database) IsAdminOf(role, other int) bool {
	if d.server.roles[role].attr.Superuser {
		return true
	}
	if role == other {
		return false
	}
	is := d.server.closure(role, d, member)
	for _, m := range d.server.roles[other].down {
		if m.admin && is.has(m.role) {
			return true
		}
	}
	return false
}

// kinds of objects, for their built-in rights.
type class uint8

const (
	ofRelation class = iota
	ofSchema
	ofDatabase
	ofFunction
	ofBlob
)

// items gives an object's access list. One that has none has the built-in rights (acldefault): all for the owner, and for PUBLIC CONNECT and TEMPORARY
// on databases and EXECUTE on functions.
func (o *object) items(c class) []item {
	if !o.builtin {
		return o.list
	}
	out := []item{{grantee: o.owner, rights: all, fact: o.fact}}
	switch c {
	case ofDatabase:
		out = append(out, item{grantee: Public, rights: Connect | Temporary, fact: o.fact})
	case ofFunction:
		out = append(out, item{grantee: Public, rights: Execute, fact: o.fact})
	}
	for _, i := range o.list {
		if i.column != "" {
			out = append(out, i)
		}
	}
	return out
}

// Check is what is asked of an access list: one privilege, or the right to grant it.
type Check struct {
	Right     Privilege
	Grantable bool
}

// allows is aclmask: rights of the role, of those whose privileges it has, and of PUBLIC; an owner may always grant.
func (d *Database) allows(role int, o *object, c class, want Check, column func(string) bool) bool {
	if d.server.roles[role].attr.Superuser {
		return true
	}
	is := d.server.closure(role, d, usage)
	if want.Grantable && is.has(o.owner) {
		return true
	}
	for _, i := range o.items(c) {
		rights := i.rights
		if want.Grantable {
			rights = i.grantable
		}
		if rights&want.Right != 0 && (i.grantee == Public || is.has(i.grantee)) && column(i.column) {
			return true
		}
	}
	return false
}

func whole(column string) bool { return column == "" }
func each(string) bool         { return true }

// predefined tells whether a role has what a predefined role gives everywhere.
func (d *Database) predefined(role int, names ...string) bool {
	for _, n := range names {
		if p, there := d.server.byName[n]; there && d.HasPrivsOf(role, p) {
			return true
		}
	}
	return false
}

// HasDatabasePrivilege is has_database_privilege.
func (d *Database) HasDatabasePrivilege(role int, want Check) bool {
	return d.allows(role, &d.object, ofDatabase, want, whole)
}

// HasSchemaPrivilege is has_schema_privilege; false for a schema that nobody saw.
func (d *Database) HasSchemaPrivilege(role int, schema string, want Check) bool {
	s := d.schemas[schema]
	return s != nil && (d.allows(role, s, ofSchema, want, whole) ||
		want == Check{Right: Usage} && d.predefined(role, readAll, writeAll))
}

// Predefined roles that have a right on every object (version 14 and newer; pg_maintain 17).
const (
	readAll     = "pg_read_all_data"
	writeAll    = "pg_write_all_data"
	maintainAll = "pg_maintain"
)

// HasTablePrivilege is has_table_privilege of a relation; false for one that nobody saw. It asks neither for USAGE on the schema nor for CONNECT.
func (d *Database) HasTablePrivilege(role int, schema, name string, want Check) bool {
	r := d.relation(schema, name)
	return r != nil && d.table(role, r, want)
}

func (d *Database) table(role int, r *relation, want Check) bool {
	switch {
	case d.allows(role, &r.object, ofRelation, want, whole):
		return true
	case want.Grantable:
		return false
	case want.Right == Select:
		return d.predefined(role, readAll)
	case want.Right&(Insert|Update|Delete) != 0:
		return d.predefined(role, writeAll)
	case want.Right == Maintain:
		return d.predefined(role, maintainAll)
	}
	return false
}

// HasColumnPrivilege is has_column_privilege.
func (d *Database) HasColumnPrivilege(role int, schema, name, column string, want Check) bool {
	r := d.relation(schema, name)
	return r != nil && (d.table(role, r, want) || d.allows(role, &r.object, ofRelation, want, func(c string) bool { return c == column }))
}

// HasAnyColumnPrivilege is has_any_column_privilege.
func (d *Database) HasAnyColumnPrivilege(role int, schema, name string, want Check) bool {
	r := d.relation(schema, name)
	return r != nil && (d.table(role, r, want) || d.allows(role, &r.object, ofRelation, want, each))
}
