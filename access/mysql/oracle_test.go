package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
	source "github.com/chartroom/chartroom/source/mysql"
	"github.com/chartroom/chartroom/source/servertest"
)

// found is a Sink that keeps all.
type found struct {
	nodes  map[string]access.Node
	from   map[string][]access.Edge
	doubts []access.Doubt
}

func (f *found) Node(n access.Node)   { f.nodes[n.ID] = n }
func (f *found) Edge(e access.Edge)   { f.from[e.From] = append(f.from[e.From], e) }
func (f *found) Doubt(d access.Doubt) { f.doubts = append(f.doubts, d) }

func compile(facts []access.Fact, places []access.Place) *found {
	f := &found{nodes: map[string]access.Node{}, from: map[string][]access.Edge{}}
	Compile(facts, places, f)
	return f
}

// holds tells whether an edge's condition holds for a client at an address. It reads the condition's words, as a person would.
func holds(t *testing.T, condition, client string) bool {
	ok := true
	name, address := &client, (*string)(nil)
	if client != "localhost" {
		name, address = nil, &client
	}
	condition = strings.TrimSuffix(strings.TrimSuffix(condition, undefined), "; ")
	for part := range strings.SplitSeq(strings.TrimPrefix(condition, "it connects "), " and ") {
		if list, not := strings.CutPrefix(part, "not from "); not {
			for h := range strings.SplitSeq(list, ", ") {
				ok = ok && !parseHosts(h).admits(name, address)
			}
		} else if h, from := strings.CutPrefix(part, "from "); from {
			ok = ok && parseHosts(h).admits(name, address)
		} else if part != "" {
			t.Fatalf("a condition that nobody understands: %q", condition)
		}
	}
	return ok
}

// reach walks the entitled edges from an account: what it may do with which place, and on which columns ("" = the whole).
// Of a session that took a role by SET ROLE, only that one is active; "" is none.
func (f *found) reach(t *testing.T, id, address string, taken *string) map[string]bool {
	out, seen, todo := map[string]bool{}, map[string]bool{id: true}, []string{id}
	mark := func(what, condition string) {
		if strings.Contains(condition, undefined) {
			what = "perhaps " + what
		}
		out[what] = true
	}
	if taken != nil && *taken != "" {
		todo = append(todo, *taken)
	}
	for len(todo) > 0 {
		for _, e := range f.from[todo[0]] {
			if taken != nil && *taken != "" && strings.HasPrefix(e.Verb, "by SET ROLE "+(*taken)[strings.LastIndexByte(*taken, '#')+1:]+" ") {
				e.Layer, e.Verb = access.Entitled, e.Verb[strings.Index(e.Verb, "may "):]
			}
			if e.Layer != access.Entitled || !holds(t, e.Condition, address) || taken != nil && strings.HasPrefix(e.Verb, "has from the beginning") {
				continue
			}
			if e.Right == access.Become {
				if e.Verb == "may SELECT from the view" {
					mark(e.To, e.Condition)
				}
				if !seen[e.To] {
					seen[e.To] = true
					todo = append(todo, e.To)
				}
				continue
			}
			column := ""
			if c, ok := strings.CutPrefix(e.Verb, "may SELECT the column "); ok {
				column = strings.TrimSuffix(c, " of")
			}
			if e.Verb != "shows columns of" {
				mark(e.Right.String()+" "+e.To+" "+column, e.Condition)
			}
		}
		todo = todo[1:]
	}
	return out
}

// world is a random estate on a server.
type world struct {
	r         *rand.Rand
	databases []string
	users     []string // user@host, quoted
	roles     []string
	said      []string // the statements that the server took
	patterns  []string
	socket    string
}

func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

const secret = "only for tests"

var columns = []string{"id", "name", "ssn"}

// populate makes accounts, roles and grants.
func (w *world) populate(t *testing.T, exec func(string) error, names []string) {
	say := func(format string, args ...any) {
		stmt := fmt.Sprintf(format, args...)
		if err := exec(stmt); err != nil {
			if n := err.(*driver.MySQLError).Number; n != 1396 && n != 1961 && n != 1959 && n != 1462 && n != 1347 && n != 1356 && n != 1142 && n != 1143 && n != 1049 && n != 1146 && n != 1141 && n != 1410 && n != 1054 {
				t.Fatalf("%s: %v", stmt, err)
			}
			return
		}
		w.said = append(w.said, stmt)
	}
	hosts := []string{"127.0.0.1", "127.0.0.2", "%", "127.0.%", "127.%", "127.0.0._", "127.0.0.0/255.255.255.0", "127.0.0.0/255.0.0.0", "127.0.0.2/255.255.255.254", "10.%", "localhost"}
	for range 14 {
		u := "''"
		if w.r.IntN(12) > 0 {
			u = "'" + pick(w.r, names) + "'"
		}
		w.users = append(w.users, u+"@'"+pick(w.r, hosts)+"'")
	}
	slices.Sort(w.users)
	w.users = slices.Compact(w.users)
	for _, u := range w.users {
		say("CREATE USER %s IDENTIFIED BY '%s'", u, secret)
	}
	for i := range 6 {
		w.roles = append(w.roles, "role"+strconv.Itoa(i))
		say("CREATE ROLE role%d", i)
	}
	for range 10 {
		say("GRANT %s TO %s", pick(w.r, w.roles), pick(w.r, w.roles))
	}
	owner := map[string]bool{} // one account of each name has a role: which one counts where several have is not defined
	for _, u := range w.users {
		for _, role := range w.roles {
			if key := u[:strings.Index(u, "@")] + role; w.r.IntN(4) == 0 && !owner[key] {
				owner[key] = true
				say("GRANT %s TO %s", role, u)
				if w.r.IntN(2) == 0 {
					say("SET DEFAULT ROLE %s FOR %s", role, u)
				}
			}
		}
	}
	who := slices.Concat(w.users, w.users, w.roles, []string{"PUBLIC"})
	privilege := func() string {
		return pick(w.r, []string{"SELECT", "SELECT", "SELECT, INSERT", "INSERT", "DELETE", "UPDATE", "SHOW VIEW", "DELETE, SELECT"})
	}
	for range 3 {
		say("GRANT %s ON *.* TO %s", privilege(), pick(w.r, who))
	}
	for range 40 {
		say("GRANT %s ON `%s`.* TO %s", privilege(), pick(w.r, w.patterns), pick(w.r, who))
	}
	for range 30 {
		say("GRANT %s ON `%s`.`%s` TO %s", privilege(), pick(w.r, w.databases), pick(w.r, []string{"a", "b", "v0", "v1", "v2", "v3"}), pick(w.r, who))
	}
	for range 30 {
		say("GRANT %s (%s) ON `%s`.`%s` TO %s", pick(w.r, []string{"SELECT", "SELECT", "UPDATE"}), pick(w.r, columns), pick(w.r, w.databases), pick(w.r, []string{"a", "b"}), pick(w.r, who))
	}
	for i := range 4 {
		db := pick(w.r, w.databases)
		from := pick(w.r, []string{"`%s`.a", "`%s`.b x", "`%s`.v0", "`%s`.v1"})
		say("CREATE DEFINER=%s SQL SECURITY %s VIEW `%s`.v%d AS SELECT %s FROM "+from, pick(w.r, w.users), pick(w.r, []string{"DEFINER", "DEFINER", "INVOKER"}), db, i,
			pick(w.r, []string{"id", "id, name", "id"}), pick(w.r, w.databases))
	}
}

func (w *world) String() string { return strings.Join(w.said, ";\n") }

// TestMariaDBAgrees asks a real server of random estates: whoever can log in reads, or does not, what the compiled edges say.
// It asks as many questions however long that takes; CHARTROOM_CHECKS asks more.
func TestMariaDBAgrees(t *testing.T) {
	m := servertest.StartMariaDB(t)
	checks, wanted := 0, 20_000
	if text := os.Getenv("CHARTROOM_CHECKS"); text != "" {
		wanted, _ = strconv.Atoi(text)
	}
	m.Exec(t, "", "CREATE USER collector@'127.0.0.1' IDENTIFIED BY '"+secret+"'", "GRANT SELECT, SHOW VIEW ON *.* TO collector@'127.0.0.1'")
	admin := m.Admin(t, "")
	t.Setenv("MYSQL_PWD", secret)
	databases := []string{"clinic", "clin_c", "lab"}
	patterns := []string{"clinic", "clin%", "clin_c", `clin\_c`, "%", "c%c", "_linic", "lab", "la_", "clini_", "c_inic"}
	seed := uint64(1)
	for most := uint64(wanted/leastOfAnEstate + 1); checks < wanted && seed <= most; seed++ {
		w := &world{r: rand.New(rand.NewPCG(seed, 5)), databases: databases, patterns: patterns}
		if err := admin.QueryRow("SELECT @@socket").Scan(&w.socket); err != nil {
			t.Fatal(err)
		}
		names := []string{fmt.Sprintf("ann%d", seed), fmt.Sprintf("bob%d", seed), fmt.Sprintf("cy%d", seed), fmt.Sprintf("di%d", seed)}
		for _, db := range databases {
			for _, s := range []string{"DROP DATABASE IF EXISTS `" + db + "`", "CREATE DATABASE `" + db + "`", "CREATE TABLE `" + db + "`.a (id INT, name TEXT, ssn TEXT)", "CREATE TABLE `" + db + "`.b (id INT, name TEXT, ssn TEXT)"} {
				if _, err := admin.Exec(s); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.populate(t, func(s string) error { _, err := admin.Exec(s); return err }, names)
		if _, err := admin.Exec("FLUSH PRIVILEGES"); err != nil {
			t.Fatal(err)
		}
		checks += w.compare(t, m, names)
		w.clear(t, admin)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d checks in %d estates, no disagreement", checks, seed-1)
	if checks < wanted {
		t.Fatalf("%d estates gave %d checks, and %d were to be asked", seed-1, checks, wanted)
	}
}

// leastOfAnEstate is fewer checks than an estate gives on average: if estates give less, something lets nobody in.
const leastOfAnEstate = 200

// clear takes all away but the administrators.
func (w *world) clear(t *testing.T, admin *sql.DB) {
	for _, s := range append(w.users, w.roles...) {
		kind := "USER"
		if strings.HasPrefix(s, "role") {
			kind = "ROLE"
		}
		if _, err := admin.Exec("DROP " + kind + " " + s); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"db", "tables_priv", "columns_priv"} {
		if _, err := admin.Exec("DELETE FROM mysql." + table + " WHERE User NOT IN ('collector')"); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []string{"DELETE FROM mysql.global_priv WHERE User = 'PUBLIC'", "FLUSH PRIVILEGES"} {
		if _, err := admin.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}

// collect collects by the real collector.
func collect(t testing.TB, m servertest.MariaDB) (facts []access.Fact, places []access.Place) {
	t.Helper()
	srcs, err := source.Open(t.Context(), "mysql://collector@"+m.Address()+"/", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range srcs {
		places = append(places, access.Place{Repository: s.Repository().Name})
		err := s.Grants(t.Context(), func(g estate.Grant) error {
			facts = append(facts, access.Fact{ID: len(facts) + 1, Grant: g})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return facts, places
}

// compare logs in as everybody from several addresses, and tries everything.
func (w *world) compare(t *testing.T, m servertest.MariaDB, names []string) (checks int) {
	facts, places := collect(t, m)
	f := compile(facts, places)
	w.proofs(t, f, facts, places)
	for _, name := range append(names, "nobody") {
		for _, from := range []string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.9.0.1", "localhost"} {
			cfg := driver.NewConfig()
			cfg.User, cfg.Passwd, cfg.Net, cfg.Addr, cfg.Logger, cfg.AllowNativePasswords = name, secret, "tcp", m.Address(), &driver.NopLogger{}, true
			cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
				d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
				return d.DialContext(ctx, network, addr)
			}
			if from == "localhost" {
				cfg.Net, cfg.Addr, cfg.DialFunc = "unix", w.socket, nil
			}
			c, err := driver.NewConnector(cfg)
			if err != nil {
				t.Fatal(err)
			}
			db := sql.OpenDB(c)
			db.SetMaxOpenConns(1)
			checks += w.try(t, db, f, m.Address(), name, from)
			db.Close()
		}
	}
	return checks
}

// proofs tries some proofs: nothing but the grants of one gives its edge, and without one of them the edge has another proof or is gone.
func (w *world) proofs(t *testing.T, f *found, facts []access.Fact, places []access.Place) {
	var all []access.Edge
	for _, id := range slices.Sorted(maps.Keys(f.from)) {
		all = append(all, f.from[id]...)
	}
	has := func(f *found, e access.Edge, proof bool) bool {
		return slices.ContainsFunc(f.from[e.From], func(o access.Edge) bool {
			return (o.To == e.To || !proof && strings.HasPrefix(e.To, o.To+"/")) && o.Verb == e.Verb && o.Layer == e.Layer && (!proof || slices.Equal(o.Proof, e.Proof))
		})
	}
	for range 15 {
		e := pick(w.r, all)
		only := func(keep func(access.Fact) bool) *found {
			return compile(slices.DeleteFunc(slices.Clone(facts), func(f access.Fact) bool { return !keep(f) }), places)
		}
		if !has(only(func(f access.Fact) bool {
			return slices.Contains([]string{"server", "database", "account"}, f.Kind) || slices.Contains(e.Proof, f.ID)
		}), e, false) && !strings.Contains(e.Verb, "view") && e.Verb != "reads" {
			t.Errorf("the proof %v does not give %+v\n%s", e.Proof, e, w)
		}
		gone := pick(w.r, e.Proof)
		if has(only(func(f access.Fact) bool { return f.ID != gone }), e, true) {
			t.Errorf("without %d, %+v still has its proof", gone, e)
		}
	}
}

// try tries everything with one login.
func (w *world) try(t *testing.T, db *sql.DB, f *found, scope, name, from string) (checks int) {
	var who string
	if err := db.QueryRow("SELECT CURRENT_USER()").Scan(&who); err != nil {
		return 0 // no account lets him in
	}
	id := "mysql://" + scope + "#" + who
	if _, ok := f.nodes[id]; !ok {
		t.Errorf("%s from %s became %s, which has no node", name, from, who)
		return 0
	}
	session := &login{t, db, f, w, name, from, who, id, "mysql://" + scope, "", 0}
	session.tries(f.reach(t, id, from, nil))
	for _, role := range append(w.roles, "NONE") {
		_, err := db.Exec("SET ROLE " + role)
		node := ""
		if role != "NONE" {
			node = session.scope + "#" + role
			may := slices.ContainsFunc(f.from[id], func(e access.Edge) bool {
				return e.To == node && e.Verb == "may SET ROLE" && holds(t, e.Condition, from)
			})
			session.check("SET ROLE "+role, may, false, err == nil)
		}
		// A role of another account of the same name takes the place of one's own privileges on everything. Who has those need not take it.
		if session.role = node; err == nil && !slices.ContainsFunc(w.said, func(s string) bool {
			return strings.HasPrefix(s, "GRANT ") && strings.HasSuffix(s, " ON *.* TO "+quoted(who))
		}) {
			session.tries(f.reach(t, id, from, &node))
		}
	}
	return session.checks
}

// quoted writes an account as statements do.
func quoted(who string) string {
	at := strings.LastIndexByte(who, '@')
	return "'" + who[:at] + "'@'" + who[at+1:] + "'"
}

// login is one login, with what it may do by the compiled edges.
type login struct {
	t                          *testing.T
	db                         *sql.DB
	f                          *found
	w                          *world
	name, from, who, id, scope string
	role                       string // taken by SET ROLE
	checks                     int
}

func (l *login) check(stmt string, compiled, perhaps, server bool) {
	if perhaps && !compiled {
		return // nothing defines what the server does
	}
	l.checks++
	if compiled != server {
		l.t.Errorf("%s from %s, who is %s %s: %s: compiled %v, server %v\n%s\n%v\n%v", l.name, l.from, l.who, l.role, stmt, compiled, server, l.w, l.f.from[l.id], l.f.from[l.role])
	}
}

// lets tells whether the server lets the login do something.
func (l *login) lets(format string, args ...any) (yes, there bool) {
	_, err := l.db.Exec(fmt.Sprintf(format, args...))
	e, _ := err.(*driver.MySQLError)
	return err == nil, e == nil || e.Number != 1146
}

// tries tries the columns and views, and writing to some of the tables.
func (l *login) tries(reach map[string]bool) {
	for _, d := range l.w.databases {
		repo := l.scope + "/" + d
		for _, table := range []string{"a", "b"} {
			place := resourceID(repo, table)
			if _, own := l.f.nodes[place]; !own {
				place = repo
			}
			for _, c := range columns {
				yes, _ := l.lets("SELECT %s FROM `%s`.%s LIMIT 0", c, d, table)
				l.check("SELECT "+c+" FROM "+d+"."+table, reach["read "+place+" "] || reach["read "+place+" "+c], reach["perhaps read "+place+" "] || reach["perhaps read "+place+" "+c], yes)
			}
			if l.w.r.IntN(3) == 0 {
				l.check("write to "+d+"."+table, reach["write "+place+" "], reach["perhaps write "+place+" "], l.writes(d, table))
			}
		}
		for i := range 4 {
			view := fmt.Sprintf("%s#view %s.v%d", l.scope, d, i)
			if yes, there := l.lets("SELECT * FROM `%s`.v%d LIMIT 0", d, i); there && l.w.defines(d, i) {
				l.check(fmt.Sprintf("SELECT * FROM %s.v%d", d, i), reach[view], reach["perhaps "+view], yes)
			}
		}
	}
}

// writes tells whether the login may write anything to a table.
func (l *login) writes(d, table string) bool {
	for _, stmt := range []string{"INSERT INTO `%s`.%s SELECT 1, 2, 3 FROM DUAL WHERE FALSE", "DELETE FROM `%s`.%s LIMIT 0", "UPDATE `%s`.%s SET id = 1 LIMIT 0", "UPDATE `%s`.%s SET name = 1 LIMIT 0", "UPDATE `%s`.%s SET ssn = 1 LIMIT 0"} {
		if yes, _ := l.lets(stmt, d, table); yes {
			return true
		}
	}
	return false
}

// defines tells whether a view shows what it shows with its definer's rights, and nothing by views that do not.
func (w *world) defines(d string, i int) bool {
	return slices.ContainsFunc(w.said, func(s string) bool { return strings.Contains(s, fmt.Sprintf("SECURITY DEFINER VIEW `%s`.v%d ", d, i)) })
}
