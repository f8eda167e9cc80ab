package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source/postgres"
	"github.com/chartroom/chartroom/source/servertest"
)

const password = "only for tests"

// randomEstate is one database of random roles and objects on a real server. The server refuses much of what is tried, as it should.
type randomEstate struct {
	*rand.Rand
	t         testing.TB
	p         servertest.Postgres
	admin     *pgx.Conn
	db        string
	roles     []string
	schemas   []string
	relations []string // schema.name
	tables    []string
	views     []string
	refused   int
}

func build(t testing.TB, p servertest.Postgres, seed uint64) *randomEstate {
	e := &randomEstate{Rand: rand.New(rand.NewPCG(seed, 7)), t: t, p: p, db: fmt.Sprintf("estate%d", seed)}
	p.Exec(t, "postgres", "CREATE DATABASE "+e.db)
	e.admin = p.Admin(t, e.db)
	e.try("CREATE ROLE chartroom LOGIN PASSWORD '%s'", password)
	e.makeRoles()
	e.makeObjects()
	for range 700 {
		e.grant()
	}
	e.secure()
	return e
}

// try runs a statement that may be refused.
func (e *randomEstate) try(format string, args ...any) {
	if _, err := e.admin.Exec(context.Background(), fmt.Sprintf(format, args...)); err != nil {
		e.refused++
	}
}

func (e *randomEstate) pick(list []string) string { return list[e.IntN(len(list))] }
func (e *randomEstate) role() string              { return e.pick(e.roles) }
func (e *randomEstate) chance(percent int) bool   { return e.IntN(100) < percent }

func (e *randomEstate) makeRoles() {
	for i := range 60 {
		name := fmt.Sprintf("r%d", i)
		if i%20 == 19 {
			name = fmt.Sprintf(`"R %d.#?, ""\ é"`, i)
		}
		options := ""
		for _, o := range []struct {
			word string
			of   int
		}{{"SUPERUSER", 3}, {"NOINHERIT", 20}, {"CREATEROLE", 5}, {"BYPASSRLS", 5}, {"REPLICATION", 3}, {"LOGIN", 70}} {
			if e.chance(o.of) {
				options += " " + o.word
			}
		}
		e.try("CREATE ROLE %s%s PASSWORD '%s'", name, options, password)
		e.roles = append(e.roles, name)
	}
	for range 70 {
		a, b, option := e.IntN(60), e.IntN(60), ""
		if e.chance(20) {
			option = " WITH ADMIN OPTION"
		}
		if e.chance(90) { // mostly one way, so that few are refused as cycles
			a, b = min(a, b), max(a, b)
		}
		e.as("GRANT %s TO %s%s", e.roles[a], e.roles[b], option)
	}
	for _, predefined := range []string{"pg_read_all_data", "pg_write_all_data", "pg_monitor", "pg_read_server_files"} {
		e.try("GRANT %s TO %s", predefined, e.role())
	}
	if e.chance(50) {
		e.try("REVOKE CONNECT ON DATABASE %s FROM PUBLIC", e.db)
	}
	if e.chance(70) {
		e.try("ALTER DATABASE %s OWNER TO %s", e.db, e.role())
	}
}

// as runs a statement as somebody else now and then.
func (e *randomEstate) as(format string, args ...any) {
	if e.chance(30) {
		e.try("SET ROLE %s", e.role())
		defer e.try("RESET ROLE")
	}
	e.try(format, args...)
}

func (e *randomEstate) makeObjects() {
	e.schemas = []string{"public"}
	for i := range 4 {
		e.schemas = append(e.schemas, fmt.Sprintf("s%d", i))
		e.try("CREATE SCHEMA s%d AUTHORIZATION %s", i, e.role())
	}
	e.schemas = append(e.schemas, `"s.x"`)
	e.try(`CREATE SCHEMA "s.x"`)
	for i := range 70 {
		name := fmt.Sprintf("%s.t%d", e.pick(e.schemas), i)
		columns := "(a int, b int, c int, d int)"
		switch n := e.IntN(12); {
		case n < 2 && len(e.relations) > 0:
			option := ""
			if e.chance(40) {
				option = "WITH (security_invoker = true)"
			}
			e.try("CREATE VIEW %s %s AS SELECT * FROM %s", name, option, e.pick(e.relations))
			e.views = append(e.views, name)
		case n == 2 && len(e.relations) > 0:
			e.try("CREATE MATERIALIZED VIEW %s AS SELECT * FROM %s", name, e.pick(e.relations))
		case n == 3:
			e.try("CREATE TABLE %s %s PARTITION BY LIST (a)", name, columns)
			for part := range 2 {
				leaf := fmt.Sprintf("%s.p%d_%d", e.pick(e.schemas), i, part)
				e.try("CREATE TABLE %s PARTITION OF %s FOR VALUES IN (%d)", leaf, name, part+1)
				e.try("ALTER TABLE %s OWNER TO %s", leaf, e.role())
				e.relations, e.tables = append(e.relations, leaf), append(e.tables, leaf)
			}
			e.try("INSERT INTO %s VALUES (1, 1, 1, 1), (2, 2, 2, 2)", name)
			e.tables = append(e.tables, name)
		case n == 4 && len(e.tables) > 0:
			e.try("CREATE TABLE %s () INHERITS (%s)", name, e.pick(e.tables))
		default:
			e.try("CREATE TABLE %s %s", name, columns)
			e.try("INSERT INTO %s VALUES (1, 1, 1, 1), (2, 2, 2, 2)", name)
			e.tables = append(e.tables, name)
		}
		e.try("ALTER TABLE %s OWNER TO %s", name, e.role())
		e.relations = append(e.relations, name)
	}
	for i := range 6 {
		e.try("SELECT lo_from_bytea(%d, 'x')", 4711+i)
		e.try("ALTER LARGE OBJECT %d OWNER TO %s", 4711+i, e.role())
	}
}

// grant gives or takes something, as somebody.
func (e *randomEstate) grant() {
	who := e.role()
	switch n := e.IntN(20); {
	case n < 2:
		who = "PUBLIC"
	case n < 3:
		who = "pg_database_owner"
	}
	what := e.pick([]string{"SELECT", "SELECT", "INSERT", "UPDATE, DELETE", "TRUNCATE, REFERENCES", "TRIGGER", "ALL"})
	on := e.pick(e.relations)
	switch n := e.IntN(20); {
	case n < 6:
		what, on = e.pick([]string{"SELECT (a)", "SELECT (b, c)", "UPDATE (d)", "INSERT (a), SELECT (d)", "REFERENCES (b)", "ALL (c)"}), e.pick(e.relations)
	case n < 10:
		what, on = e.pick([]string{"USAGE", "USAGE", "CREATE", "ALL"}), "SCHEMA "+e.pick(e.schemas)
	case n < 12:
		what, on = e.pick([]string{"CONNECT", "CONNECT", "TEMP", "CREATE"}), "DATABASE "+e.db
	case n < 13:
		what, on = e.pick([]string{"SELECT", "UPDATE"}), fmt.Sprintf("LARGE OBJECT %d", 4711+e.IntN(6))
	}
	switch option := ""; {
	case e.chance(20):
		if e.chance(20) {
			option = "GRANT OPTION FOR "
		}
		who = e.pick([]string{who, e.roleOf(on)})
		e.as("REVOKE %s%s ON %s FROM %s CASCADE", option, what, on, who)
	default:
		if e.chance(25) {
			option = " WITH GRANT OPTION"
		}
		e.as("GRANT %s ON %s TO %s%s", what, on, who, option)
	}
}

// roleOf gives the owner of a relation, so that rights are taken from owners, too.
func (e *randomEstate) roleOf(relation string) (owner string) {
	if e.admin.QueryRow(context.Background(), "SELECT relowner::regrole::text FROM pg_class WHERE oid = to_regclass($1)", relation).Scan(&owner) != nil {
		return e.role()
	}
	return owner
}

// secure puts row security on some tables.
func (e *randomEstate) secure() {
	for _, table := range e.tables {
		if !e.chance(30) {
			continue
		}
		e.try("ALTER TABLE %s ENABLE ROW LEVEL SECURITY", table)
		if e.chance(30) {
			e.try("ALTER TABLE %s FORCE ROW LEVEL SECURITY", table)
		}
		for i := range e.IntN(3) {
			to, kind, command := e.role(), "PERMISSIVE", e.pick([]string{"ALL", "SELECT", "SELECT", "UPDATE"})
			if e.chance(30) {
				to = "PUBLIC"
			}
			if e.chance(15) {
				kind = "RESTRICTIVE"
			}
			e.try("CREATE POLICY p%d ON %s AS %s FOR %s TO %s USING (%s)", i, table, kind, command, to, e.pick([]string{"true", "a = 1"}))
		}
	}
}

// collect reads the facts as Chartroom does, by a login without any privilege but CONNECT.
func (e *randomEstate) collect() (facts []access.Fact, repository string) {
	e.try("GRANT CONNECT ON DATABASE %s TO chartroom", e.db)
	e.t.(*testing.T).Setenv("CHARTROOM_TEST", password)
	sources, err := postgres.Open(e.t.Context(), "postgres://chartroom@"+e.p.Address()+"/"+e.db+"?password_env=CHARTROOM_TEST", "")
	if err != nil {
		e.t.Fatal(err)
	}
	err = sources[0].Grants(e.t.Context(), func(g estate.Grant) error {
		facts = append(facts, access.Fact{ID: len(facts) + 1, Grant: g})
		return nil
	})
	if err != nil {
		e.t.Fatal(err)
	}
	for _, f := range facts {
		if f.Kind == "unseen" && f.From != "pg_hba_file_rules" {
			e.t.Errorf("%s was not read: %s", f.From, f.Why)
		}
	}
	return facts, sources[0].Repository().Name
}

// drop ends the estate, so that the next finds an empty server.
func (e *randomEstate) drop() {
	e.admin.Close(context.Background())
	e.p.Exec(e.t, "postgres", "DROP DATABASE "+e.db+" WITH (FORCE)", "DROP ROLE "+strings.Join(e.roles, ", "))
}
