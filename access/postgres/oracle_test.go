package postgres

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/servertest"
)

// TestOracle asks a real server what it thinks of random estates, and the model too. CHARTROOM_ORACLE=full asks ten million questions.
func TestOracle(t *testing.T) {
	rounds := 4
	if os.Getenv("CHARTROOM_ORACLE") == "full" {
		rounds = 35
	}
	p := servertest.StartPostgres(t)
	o := &oracle{T: t}
	doing := &doing{T: t}
	for seed := range rounds {
		e := build(t, p, uint64(seed))
		facts, repository := e.collect()
		o.ask(e, Load(facts)[0].Database(e.db))
		doing.compare(e, facts, repository)
		e.drop()
	}
	t.Logf("%d questions, %d answered with yes, %d wrong; %d SELECTs really made, %d let through, %d of them conditional, %d through views", o.asked, o.yes, o.wrong, doing.tried, doing.read, doing.conditional, doing.rows)
	if o.asked < rounds*200_000 || o.yes*50 < o.asked || doing.read*20 < doing.tried || doing.conditional < 20 {
		t.Error("that is too few for the comparison to mean something")
	}
}

type oracle struct {
	*testing.T
	asked, yes, wrong int
}

// bitmask writes a sum of what a function of the server says of each check, for whom r and what x stand.
func bitmask(call string, checks []Check) string {
	var out []string
	for i, c := range checks {
		name := c.Right.String()
		if c.Grantable {
			name += " WITH GRANT OPTION"
		}
		out = append(out, fmt.Sprintf("("+call+")::int * %d", name, 1<<i))
	}
	return strings.Join(out, " + ")
}

func checks(rights ...Privilege) (out []Check) {
	for _, r := range rights {
		out = append(out, Check{r, false}, Check{r, true})
	}
	return out
}

// compare runs a query whose rows are a role's name, two names of the thing, and a sum of bits; and asks the model for the same bits.
func (o *oracle) compare(e *randomEstate, what, query string, n int, model func(role, a, b, c string, i int) bool) {
	o.Helper()
	rows, err := e.admin.Query(context.Background(), query)
	if err != nil {
		o.Fatal(what, err)
	}
	defer rows.Close()
	for rows.Next() {
		var role, a, b, c string
		var sum int
		if err := rows.Scan(&role, &a, &b, &c, &sum); err != nil {
			o.Fatal(err)
		}
		for i := range n {
			server := sum&(1<<i) != 0
			if o.asked++; server {
				o.yes++
			}
			if model(source.Display(role), source.Display(a), source.Display(b), source.Display(c), i) != server {
				if o.wrong++; o.wrong < 20 {
					o.Errorf("%s %d of %s on %s %s %s: the server says %t", what, i, role, a, b, c, server)
				}
			}
		}
	}
	if rows.Err() != nil {
		o.Fatal(what, rows.Err())
	}
}

const roles = "(SELECT oid, rolname FROM pg_roles WHERE oid >= 16384 OR rolname IN ('pg_read_all_data', 'pg_monitor', 'pg_read_all_stats', 'pg_database_owner') ORDER BY oid) r"

// ask asks everything of one estate.
func (o *oracle) ask(e *randomEstate, d *Database) {
	number := func(name string) int {
		n, ok := d.server.Role(name)
		if !ok {
			o.Fatalf("the role %q was not seen", name)
		}
		return n
	}
	relations := " FROM " + roles + ", pg_class x JOIN pg_namespace n ON n.oid = x.relnamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND x.relkind IN ('r', 'p', 'v', 'm', 'f')"
	table := checks(Select, Insert, Update, Delete, Truncate, References, Trigger)
	o.compare(e, "table", "SELECT r.rolname, n.nspname, x.relname, '', "+bitmask("has_table_privilege(r.oid, x.oid, '%s')", table)+relations, len(table), func(role, schema, name, _ string, i int) bool {
		return d.HasTablePrivilege(number(role), schema, name, table[i])
	})
	column := checks(Select, Insert, Update, References)
	o.compare(e, "any column", "SELECT r.rolname, n.nspname, x.relname, '', "+bitmask("has_any_column_privilege(r.oid, x.oid, '%s')", column)+relations, len(column), func(role, schema, name, _ string, i int) bool {
		return d.HasAnyColumnPrivilege(number(role), schema, name, column[i])
	})
	o.compare(e, "column", "SELECT r.rolname, n.nspname, x.relname, a.attname, "+bitmask("has_column_privilege(r.oid, x.oid, a.attnum, '%s')", column)+
		strings.Replace(relations, "x.relnamespace", "x.relnamespace JOIN pg_attribute a ON a.attrelid = x.oid AND a.attnum > 0", 1), len(column), func(role, schema, name, c string, i int) bool {
		return d.HasColumnPrivilege(number(role), schema, name, c, column[i])
	})
	o.compare(e, "role", `SELECT r.rolname, x.rolname, '', '', pg_has_role(r.oid, x.oid, 'USAGE')::int + 2 * pg_has_role(r.oid, x.oid, 'MEMBER')::int + 4 * pg_has_role(r.oid, x.oid, 'MEMBER WITH ADMIN OPTION')::int
		FROM `+roles+`, pg_roles x`, 3, func(role, other, _, _ string, i int) bool {
		return [...]func(int, int) bool{d.HasPrivsOf, d.IsMemberOf, d.IsAdminOf}[i](number(role), number(other))
	})
	schema := checks(Usage, Create)
	o.compare(e, "schema", "SELECT r.rolname, x.nspname, '', '', "+bitmask("has_schema_privilege(r.oid, x.oid, '%s')", schema)+" FROM "+roles+", pg_namespace x WHERE x.nspname !~ '^pg_' AND x.nspname <> 'information_schema'", len(schema),
		func(role, name, _, _ string, i int) bool { return d.HasSchemaPrivilege(number(role), name, schema[i]) })
	database := checks(Connect, Create, Temporary)
	o.compare(e, "database", "SELECT r.rolname, '', '', '', "+bitmask("has_database_privilege(r.oid, x.oid, '%s')", database)+" FROM "+roles+", pg_database x WHERE x.datname = current_database()", len(database),
		func(role, _, _, _ string, i int) bool { return d.HasDatabasePrivilege(number(role), database[i]) })
}
