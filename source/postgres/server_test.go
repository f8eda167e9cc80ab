package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/servertest"
)

// TestBadTargets: each mistake is told in words of ours, with what to do, and without anything secret.
func TestBadTargets(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	p.Exec(t, "postgres", "CREATE ROLE tlsonly LOGIN PASSWORD '"+password+"'")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := l.Addr().String()
	l.Close()
	t.Setenv("RIGHT", password)
	t.Setenv("WRONG", "s3cret-but-wrong")
	t.Setenv("PGPASSWORD", "")
	for _, c := range []struct{ name, target, want, hint string }{
		{"wrong password", "postgres://reader@" + p.Address() + "/clinic?password_env=WRONG", "password is wrong", "PGPASSWORD"},
		{"no such user", "postgres://nobody@" + p.Address() + "/clinic?password_env=WRONG", "does not know this user", "PGPASSWORD"},
		{"TLS required", "postgres://tlsonly@" + p.Address() + "/clinic?password_env=RIGHT&sslmode=disable", "does not let this user in", "sslmode=require"},
		{"untrusted certificate", "postgres://reader@" + p.Address() + "/clinic?password_env=RIGHT&sslmode=verify-full", "not trusted", "sslrootcert"},
		{"no such database", "postgres://reader@" + p.Address() + "/nowhere?password_env=RIGHT", "no such database", "every database"},
		{"password in the address", "postgres://reader:s3cret-but-wrong@" + p.Address() + "/clinic", "refused", "password_env"},
		{"password as a parameter", "postgres://reader@" + p.Address() + "/clinic?password=s3cret-but-wrong", "refused", "password_env"},
		{"no such variable", "postgres://reader@" + p.Address() + "/clinic?password_env=NOT_THERE", "NOT_THERE", "set it"},
		{"no such option", "postgres://reader@" + p.Address() + "/clinic?password_env=RIGHT&sslmode=maybe", "not understood", "sslmode"},
		{"no such rate", "postgres://reader@" + p.Address() + "/clinic?rate=fast", "no rate", "20MB"},
		{"nobody there", "postgres://reader@" + dead + "/clinic", "", "check the host"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		_, err := Open(ctx, c.target, "")
		cancel()
		var te *source.TargetError
		if !errors.As(err, &te) || !strings.Contains(te.Error(), c.want) || !strings.Contains(te.Hint, c.hint) {
			t.Errorf("%s: %v; hint %v", c.name, err, te)
		}
		if text := fmt.Sprintf("%v %+v", err, te); strings.Contains(text, "s3cret") || strings.Contains(text, password) {
			t.Errorf("%s: the error holds the password: %s", c.name, text)
		}
	}
}

func TestAllDatabasesOfAServer(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	p.Database(t, "archive", "reader", password)
	p.Exec(t, "postgres", "CREATE DATABASE shut", "REVOKE CONNECT ON DATABASE shut FROM PUBLIC")
	t.Setenv("READER_PASSWORD", password)
	srcs, err := Open(t.Context(), "postgres://reader@"+p.Address()+"/?password_env=READER_PASSWORD", "Lakeside")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range srcs {
		_, gaps := list(t, t.Context(), s)
		got = append(got, strings.TrimPrefix(s.Repository().Name, "postgres://"+p.Address())+" "+gaps[""])
	}
	if diff := cmp.Diff([]string{"/archive ", "/clinic ", "/postgres ", "/shut unreadable: the login may not connect to this database"}, got); diff != "" {
		t.Error(diff)
	}
	r := srcs[1].Repository()
	if r.Owner != servertest.Admin || len(r.Traits) != 7 || r.Traits[3] != (estate.Trait{Name: "tls", Value: "yes", Known: true}) || r.Traits[5] != (estate.Trait{Name: "audit_log", Value: "no", Known: true}) || r.Traits[6].Known {
		t.Errorf("the repository is %+v", r)
	}
	for i, want := range []string{"may make tables or schemas", "is a superuser"} {
		user, db := [2]string{"owner", servertest.Admin}[i], "clinic"
		if i == 0 {
			p.Exec(t, "clinic", "CREATE ROLE owner LOGIN PASSWORD '"+password+"'", "GRANT CREATE ON SCHEMA public TO owner")
		}
		t.Setenv("P", [2]string{password, servertest.AdminPassword}[i])
		srcs, err := Open(t.Context(), "postgres://"+user+"@"+p.Address()+"/"+db+"?password_env=P", "")
		if err != nil {
			t.Fatal(err)
		}
		if w := srcs[0].(*Database).Warnings(); len(w) != 1 || !strings.Contains(w[0], want) {
			t.Errorf("%s: warnings %q", user, w)
		}
	}
	if w := srcs[1].(*Database).Warnings(); len(w) != 0 {
		t.Errorf("a login that may only read: %q", w)
	}
}

// TestMarks: a mark stays while a table is as it was, and goes with any change, a crash, and what cannot be trusted.
func TestMarks(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	p.Exec(t, "clinic", "CREATE TABLE t AS SELECT 1 AS id", "CREATE TABLE still AS SELECT 1 AS id")
	mark := func(table, query string) string {
		t.Helper()
		items, _ := list(t, t.Context(), open(t, p.Server, "clinic", query))
		return items["public."+table].Version
	}
	settled := func() string { // counters arrive within a second of a transaction's end, or at the end of its session
		time.Sleep(200 * time.Millisecond)
		return mark("t", "")
	}
	last, still := settled(), mark("still", "")
	if last == "" || still == "" || mark("t", "&marks=no") != "" {
		t.Fatalf("marks %q and %q", last, still)
	}
	for _, change := range []string{"UPDATE t SET id = 2", "INSERT INTO t VALUES (3)", "DELETE FROM t WHERE id = 3", "ALTER TABLE t ADD COLUMN n text DEFAULT 'x'", "ALTER TABLE t RENAME n TO m", "TRUNCATE t"} {
		p.Exec(t, "clinic", change)
		if now := settled(); now == last {
			t.Errorf("%s: the mark stays %q", change, now)
		} else {
			last = now
		}
	}
	if now := mark("still", ""); now != still {
		t.Error("the mark of an untouched table has changed")
	}
	p.Kill()
	p.Start(t)
	if now := mark("still", ""); now == still {
		t.Error("the mark outlived a crash, which the counters do not")
	}
}

// TestLongValues: what is too long to be held comes whole all the same, and with it every row.
func TestLongValues(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	p.Exec(t, "clinic", "CREATE TABLE t (id int, scan bytea, note text, doc jsonb)",
		"INSERT INTO t SELECT 1, string_agg(sha256(i::text::bytea), ''), 'short', NULL FROM generate_series(1, 400000) i",
		"INSERT INTO t SELECT 2, '\\x01', string_agg(md5(i::text), E'\\n\\\\'), jsonb_build_object('a', string_agg(md5(i::text), ' ')) FROM generate_series(1, 100000) i",
		"INSERT INTO t VALUES (3, NULL, repeat('a', 5000000), NULL)")
	d := open(t, p.Server, "clinic", "")
	items, _ := list(t, t.Context(), d)
	lines, err := readAll(t, t.Context(), d, items["public.t"])
	if diff := cmp.Diff([]string{"1|-|short|-", "2|01|-|-", "3|-|-|-", "-|(12800000)|-|-", "-|-|(3399998)|-", "-|-|(5000000)|-", "-|-|-|(3300008)"}, lines); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestALockedTableIsAGapAndStopsNoOther(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a lock")
	}
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	p.Exec(t, "clinic", "CREATE TABLE a AS SELECT 1 AS id", "CREATE TABLE b AS SELECT 2 AS id")
	admin := p.Admin(t, "clinic")
	if _, err := admin.Exec(t.Context(), "BEGIN; LOCK TABLE a IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	d := open(t, p.Server, "clinic", "")
	items, _ := list(t, t.Context(), d)
	if lines, err := readAll(t, t.Context(), d, items["public.b"]); len(lines) != 1 || err != nil {
		t.Error(lines, err)
	}
	_, err := d.Open(t.Context(), items["public.a"])
	var gap *source.GapError
	if !errors.As(err, &gap) || gap.Reason != estate.GapUnreadable || !strings.Contains(err.Error(), "locked") {
		t.Error(err)
	}
}

// TestAServerThatComesBack: an item is opened when the server is back, by a new snapshot; of one that stays away, each item is a gap, and
// only the first is waited for.
func TestAServerThatComesBack(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	p.Exec(t, "clinic", "CREATE TABLE a AS SELECT 1 AS id", "CHECKPOINT")
	d := open(t, p.Server, "clinic", "")
	items, _ := list(t, t.Context(), d)
	p.Kill()
	back := make(chan struct{})
	go func() {
		defer close(back)
		time.Sleep(time.Second)
		p.Start(t)
	}()
	if lines, err := readAll(t, t.Context(), d, items["public.a"]); len(lines) != 1 || err != nil {
		t.Errorf("%q, %v", lines, err)
	}
	<-back
	if testing.Short() {
		return
	}
	p.Kill()
	for i := range 20 {
		began := time.Now()
		_, err := d.Open(t.Context(), items["public.a"])
		var gap *source.GapError
		if !errors.As(err, &gap) || gap.Reason != estate.GapUnreadable {
			t.Errorf("a server that is gone: %v", err)
		}
		if took := time.Since(began); i > 0 && took > 5*time.Second {
			t.Errorf("it was waited for again, for %s", took)
		}
	}
}

// TestForeignTables: one that can be read is an item like any other, and one that cannot is a gap.
func TestForeignTables(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	p.Database(t, "far", "reader", password)
	p.Exec(t, "far", "CREATE TABLE a AS SELECT 7 AS id")
	c := p.Admin(t, "clinic")
	if _, err := c.Exec(t.Context(), "CREATE EXTENSION postgres_fdw; CREATE EXTENSION hstore"); err != nil {
		t.Skipf("skipped: the extensions postgres_fdw and hstore are not installed here: %v", err)
	}
	p.Exec(t, "clinic", fmt.Sprintf("CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '%d', dbname 'far')", p.Port),
		"CREATE SERVER dead FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'far')",
		"CREATE USER MAPPING FOR reader SERVER far OPTIONS (user 'reader', password '"+password+"')", "CREATE USER MAPPING FOR reader SERVER dead OPTIONS (user 'reader', password '"+password+"')",
		"CREATE FOREIGN TABLE here (id int) SERVER far OPTIONS (table_name 'a')", "CREATE FOREIGN TABLE lost (id int) SERVER dead", "CREATE FOREIGN TABLE unknown (id int) SERVER far",
		"CREATE TABLE settings (h hstore)", `INSERT INTO settings VALUES ('a=>"x y"')`)
	d := open(t, p.Server, "clinic", "")
	items, gaps := list(t, t.Context(), d)
	if len(items) != 4 || len(gaps) != 0 {
		t.Fatalf("%v %v", items, gaps)
	}
	for path, want := range map[string]string{"public.here": "7", "public.settings": `"a"=>"x y"`} {
		if lines, err := readAll(t, t.Context(), d, items[path]); err != nil || len(lines) != 1 || lines[0] != want {
			t.Errorf("%s: %q, %v", path, lines, err)
		}
	}
	for _, path := range []string{"public.lost", "public.unknown"} {
		_, err := d.Open(t.Context(), items[path])
		var gap *source.GapError
		if !errors.As(err, &gap) || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestCuts cuts connections at random moments: all is listed, and what is read is read whole, or an error says that it was not. The cuts
// of a round come more and more seldom, so that whoever is patient gets through however slow the machine is.
func TestCuts(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	want := map[string]int{}
	for i := range 6 {
		n := i * i * i * 300
		want[fmt.Sprintf("public.t%d", i)] = n
		p.Exec(t, "clinic", fmt.Sprintf("CREATE TABLE t%d AS SELECT i, repeat('x', 60) FROM generate_series(1, %d) i", i, n))
	}
	proxy := p.Proxy(t)
	whole, broken := 0, 0
	for round := range 25 {
		src := open(t, &proxy.Server, "clinic", "")
		ctx, cancel := context.WithCancel(t.Context())
		r := rand.New(rand.NewPCG(uint64(round), 4))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for pause := 150 * time.Millisecond; ctx.Err() == nil; pause += pause / 2 {
				time.Sleep(time.Duration(r.IntN(12)) * time.Millisecond)
				if round%2 == 0 {
					proxy.Cut()
				} else {
					p.Exec(t, "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
				}
				select {
				case <-time.After(pause):
				case <-ctx.Done():
				}
			}
		}()
		items, gaps := list(t, ctx, src)
		if len(items) != len(want) || len(gaps) != 0 {
			t.Fatalf("listed %d items, %d gaps", len(items), len(gaps))
		}
		for path, it := range items {
			lines, err := readAll(t, ctx, src, it)
			switch {
			case err == nil && len(lines) != want[path]:
				t.Errorf("%s has %d rows, and %d were read as if that were all", path, want[path], len(lines))
			case err == nil:
				whole++
			case errors.Is(err, io.EOF):
				t.Errorf("%s: %v", path, err)
			default:
				broken++
			}
		}
		cancel()
		<-ended
	}
	t.Logf("%d items were read whole, and %d were not", whole, broken) // on an idle machine most are, as each cut is followed by another try
	if whole == 0 {
		t.Error("nothing was read whole, however patient the reader was")
	}
}
