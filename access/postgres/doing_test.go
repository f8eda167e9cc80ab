package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/source"
)

// graph is what a compiler told, for tests to walk.
type graph struct {
	nodes  map[string]access.Node
	from   map[string][]access.Edge
	edges  int
	doubts []access.Doubt
}

func (g *graph) Node(n access.Node)   { g.nodes[n.ID] = n }
func (g *graph) Edge(e access.Edge)   { g.from[e.From] = append(g.from[e.From], e); g.edges++ }
func (g *graph) Doubt(d access.Doubt) { g.doubts = append(g.doubts, d) }

func compiled(facts []access.Fact, places ...access.Place) *graph {
	g := &graph{nodes: map[string]access.Node{}, from: map[string][]access.Edge{}}
	Compile(facts, places, g)
	return g
}

// Certainties.
const (
	no = iota
	possible
	certain
)

// reach gives what a node reads, and the relations that it reads through, by SELECT; with further, in all other ways, too.
func (g *graph) reach(from string, layer access.Layer, further bool) map[string]int {
	best, todo := map[string]int{from: certain}, []string{from}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		if at != from && !further && (strings.Contains(at, "?through=") || strings.Contains(at, "?function=") || strings.HasSuffix(at, "?files")) {
			continue
		}
		for _, e := range g.from[at] {
			if e.Layer > layer || e.Right != access.Become && e.Right != access.Read {
				continue
			}
			c := best[at]
			if e.Condition != "" {
				c = possible
			}
			if c > best[e.To] {
				best[e.To] = c
				todo = append(todo, e.To)
			}
		}
	}
	return best
}

// doing compares what the compiler tells with what a server does when it is really asked.
type doing struct {
	*testing.T
	g                                     *graph
	superusers                            string
	views                                 map[string]bool // nodes of what is read through a view
	tried, read, conditional, rows, wrong int
}

// probe reads everything that there is, as whoever calls it: -1 for what is denied, otherwise the number of rows.
const probe = `CREATE SCHEMA probe; GRANT USAGE ON SCHEMA probe TO PUBLIC;
CREATE TABLE probe.things AS SELECT row_number() OVER () AS id, * FROM (SELECT n.nspname, c.relname, format('SELECT count(*) FROM %I.%I', n.nspname, c.relname) AS q FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^(pg_|information_schema|probe)' UNION ALL SELECT 'pg_largeobject/', oid::text, 'SELECT octet_length(lo_get(' || oid || '))' FROM pg_largeobject_metadata) x;
GRANT SELECT ON probe.things TO PUBLIC;
CREATE FUNCTION probe.all() RETURNS TABLE (schema text, name text, n bigint) LANGUAGE plpgsql AS $$ DECLARE x record; BEGIN
	FOR x IN SELECT * FROM probe.things LOOP schema := x.nspname; name := x.relname;
	BEGIN EXECUTE x.q INTO n; EXCEPTION WHEN insufficient_privilege THEN n := -1; END; RETURN NEXT; END LOOP; END $$`

func (d *doing) compare(e *randomEstate, facts []access.Fact, repository string) {
	ctx := context.Background()
	g, server := compiled(facts, access.Place{Repository: repository}), Load(facts)[0]
	d.g, d.superusers, d.views = g, "postgres://"+server.scope+"?everything", map[string]bool{}
	for _, r := range server.Database(e.db).relations {
		if r.kind == 'v' {
			d.views[repository+"?through="+r.name] = true
		}
	}
	if _, err := e.admin.Exec(ctx, probe); err != nil {
		d.Fatal(err)
	}
	total := d.ask(e.admin)
	d.memberships(server, server.Database(e.db))
	for _, r := range e.roles {
		name := strings.ReplaceAll(strings.Trim(r, `"`), `""`, `"`)
		number, _ := server.Role(source.Display(name))
		reads := g.reach("postgres://"+server.scope+"#"+source.Display(name), access.Entitled, false)
		may := server.Database(e.db).HasDatabasePrivilege(number, Check{Right: Connect})
		if !server.roles[number].attr.Login {
			if _, err := e.admin.Exec(ctx, "SET SESSION AUTHORIZATION "+r); err != nil {
				d.Fatal(err)
			}
			if may {
				d.check(name, repository, d.ask(e.admin), total, reads)
			}
			if _, err := e.admin.Exec(ctx, "RESET SESSION AUTHORIZATION"); err != nil {
				d.Fatal(err)
			}
			continue
		}
		cfg, err := pgx.ParseConfig(fmt.Sprintf("postgres://%s/%s?sslmode=disable", e.p.Address(), e.db))
		if err != nil {
			d.Fatal(err)
		}
		cfg.User, cfg.Password = name, password
		c, err := pgx.ConnectConfig(ctx, cfg)
		if (err == nil) != may {
			d.Errorf("%s connects: %v, and the model says %t", name, err, may)
		}
		if err != nil {
			d.check(name, repository, nil, total, reads)
			continue
		}
		d.check(name, repository, d.ask(c), total, reads)
		c.Close(ctx)
	}
}

func (d *doing) ask(c *pgx.Conn) map[[2]string]int {
	rows, err := c.Query(context.Background(), "SELECT * FROM probe.all()")
	if err != nil {
		d.Fatal(err)
	}
	out := map[[2]string]int{}
	for rows.Next() {
		var schema, name string
		var n int
		if err := rows.Scan(&schema, &name, &n); err != nil {
			d.Fatal(err)
		}
		out[[2]string{schema, name}] = n
	}
	if rows.Err() != nil {
		d.Fatal(rows.Err())
	}
	return out
}

// check: what is certain is read whole, what is denied is not told, and what shows a row is told. Got is nil for who may not even connect.
func (d *doing) check(role, repository string, got, total map[[2]string]int, reads map[string]int) {
	for thing, all := range total {
		path := thing[0] + "." + thing[1]
		if strings.HasSuffix(thing[0], "/") {
			path = thing[0] + thing[1]
		}
		through := repository + "?through=" + path
		told := max(reads[repository+"/"+path], reads[through])
		n := -1
		if got != nil {
			n = got[thing]
		}
		if all < 0 && told != certain || reads[d.superusers] == certain {
			continue // nobody reads a broken view; superusers are told to read all tables, and not through what
		}
		if d.views[through] && n > 0 && told != no { // the rows come from somewhere, and the way through the view says so
			if d.rows++; len(d.g.reach(through, access.Entitled, true)) < 2 {
				d.Errorf("%s shows rows, and the compiler does not say whose", path)
			}
		}
		d.tried++
		switch {
		case n < 0 && told == certain, n < 0 && told != no && !d.views[through], n > 0 && told == no, n >= 0 && n != all && told == certain && !d.views[through]:
			if d.wrong++; d.wrong < 20 {
				d.Errorf("%s reads %d of %d rows of %s, and the compiler says %d", role, n, all, path, told)
			}
		case n >= 0:
			if d.read++; told == possible {
				d.conditional++
			}
		}
	}
}

// memberships: a role reaches by what it holds the roles that it has the privileges of, and no others; and by SET ROLE all that it is a member of.
func (d *doing) memberships(s *Server, db *Database) {
	b := &base{compiler: &compiler{Server: s, split: make([]bool, len(s.roles))}, db: db}
	for i := range s.roles {
		_, b.split[i] = d.g.nodes["postgres://"+s.scope+"?inherited#"+s.roles[i].name]
	}
	for i := 1; i < len(s.roles); i++ {
		if s.roles[i].attr.Superuser || s.roles[i].name == ownerRole {
			continue // superusers are told by what they reach; nobody can log in as the owner of a database as such
		}
		now, then := d.g.reach(b.is(i), access.Entitled, false), d.g.reach(b.is(i), access.Escalation, true)
		for j := 1; j < len(s.roles); j++ {
			if has := now[b.inherits(j)] == certain; has != db.HasPrivsOf(i, j) {
				d.Errorf("%s has the privileges of %s: the compiler says %t", s.roles[i].name, s.roles[j].name, has)
			}
			if s.roles[j].name != ownerRole && db.IsMemberOf(i, j) && then[b.is(j)] != certain {
				d.Errorf("%s may SET ROLE %s, and the compiler does not say so", s.roles[i].name, s.roles[j].name)
			}
		}
	}
}
