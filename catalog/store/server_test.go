package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chartroom/chartroom/catalog/store/postgres"
	"github.com/chartroom/chartroom/source/servertest"
	"github.com/google/go-cmp/cmp"
)

// TestACatalogOnAServer goes through what a schema of a server has to be, on one server.
func TestACatalogOnAServer(t *testing.T) {
	p := servertest.StartPostgres(t, "max_connections=200")
	p.Database(t, "estate", "keeper", "keepers")
	t.Setenv("PGPASSWORD", servertest.AdminPassword)
	s := server{p, "postgres://" + servertest.Admin + "@" + p.Address() + "/estate?sslmode=disable"}
	for name, test := range map[string]func(*testing.T, server){
		"it has the tables of a file":                  sameTables,
		"a foreign schema is refused and left alone":   foreignSchema,
		"a newer one is refused and left alone":        newerSchema,
		"an older one is migrated":                     olderSchema,
		"a migration that fails changes nothing":       failedMigration,
		"two that make it at once make one":            madeAtOnce,
		"a role needs its schema and nothing else":     leastPrivilege,
		"one run at a time":                            oneRun,
		"the trail has the order in which it was told": trailInOrder,
		"names of any length and with any bytes":       oddNames,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

type server struct {
	servertest.Postgres
	address string
}

// schema is the address of a schema that is named after the test.
func (s server) schema(t *testing.T) (address, name string) {
	_, last, _ := strings.Cut(t.Name(), "/")
	name = "t" + fmt.Sprintf("%x", []byte(last))[:24]
	return s.address + "&schema=" + name, name
}

func (s server) open(t *testing.T, address string, steps []string) *File {
	t.Helper()
	f, err := open(t.Context(), address, steps)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func all(t *testing.T, db *sql.DB, query string, args ...any) (lines []string) {
	t.Helper()
	for rows, err := range Rows(t.Context(), db, query, args...) {
		var line string
		if err == nil {
			err = rows.Scan(&line)
		}
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

// sameTables: a step of the schema that one of the two takes otherwise is found here.
func sameTables(t *testing.T, s server) {
	address, name := s.schema(t)
	there, here := s.open(t, address, migrations()), opened(t, t.TempDir()+"/estate.chart", migrations())
	columns := all(t, there.Read, `SELECT c.table_name || ' ' || c.column_name || ' ' ||
		CASE c.data_type WHEN 'bigint' THEN 'INTEGER' WHEN 'text' THEN 'TEXT' WHEN 'bytea' THEN 'BLOB' ELSE c.data_type END ||
		CASE WHEN c.is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END || CASE WHEN c.data_type = 'text' AND c.collation_name IS DISTINCT FROM 'C' THEN ' COLLATION' ELSE '' END ||
		coalesce(' DEFAULT ' || replace(c.column_default, '::text', ''), '')
		FROM information_schema.columns c WHERE c.table_schema = ? AND c.table_name <> 'schema_version' ORDER BY c.table_name COLLATE "C", c.ordinal_position`, name)
	want := all(t, here.Read, `SELECT t.name || ' ' || c.name || ' ' || c.type || CASE WHEN c."notnull" <> 0 OR c.pk > 0 THEN ' NOT NULL' ELSE '' END ||
		coalesce(' DEFAULT ' || c.dflt_value, '') FROM pragma_table_list t JOIN pragma_table_info(t.name) c
		WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid`)
	if diff := cmp.Diff(want, columns); diff != "" {
		t.Errorf("a file has other columns (-) than a schema (+):\n%s", diff)
	}
	keys := all(t, there.Read, `SELECT line FROM (SELECT r.relname || ' ' || (SELECT string_agg(a.attname, ' ' ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k(at, n)
			JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.at) || coalesce(' -> ' || o.relname, '') AS line
		FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = c.connamespace LEFT JOIN pg_class o ON o.oid = c.confrelid
		WHERE n.nspname = ? AND c.contype IN ('p', 'f')) k ORDER BY line COLLATE "C"`, name)
	want = all(t, here.Read, `SELECT line FROM (SELECT t.name || ' ' || group_concat(c.name, ' ' ORDER BY c.pk) AS line FROM pragma_table_list t JOIN pragma_table_info(t.name) c
			WHERE c.pk > 0 AND t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite%' GROUP BY t.name
		UNION ALL SELECT t.name || ' ' || group_concat(k."from", ' ') || ' -> ' || k."table" FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) k
			WHERE t.schema = 'main' GROUP BY t.name, k.id) ORDER BY 1`)
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("a file has other keys (-) than a schema (+):\n%s", diff)
	}
	indexes := all(t, there.Read, `SELECT indexname FROM pg_indexes WHERE schemaname = ? AND indexdef NOT LIKE '%\_pkey%' AND indexdef NOT LIKE '%\_key %' AND indexdef NOT LIKE '%\_excl %' ORDER BY 1`, name)
	want = all(t, here.Read, `SELECT name FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE 'sqlite%' UNION ALL SELECT 'accounts_name' ORDER BY 1`)
	if diff := cmp.Diff(want, indexes); diff != "" {
		t.Errorf("a file has other indexes (-) than a schema (+):\n%s", diff)
	}
	if damage, err := there.Damage(t.Context(), there.Read); damage != "" || err != nil {
		t.Error(damage, err)
	}
}

// shape is what stands in a schema.
func (s server) shape(t *testing.T, name string) []string {
	t.Helper()
	rows, err := s.Admin(t, "estate").Query(t.Context(), `SELECT table_name || ' ' || column_name FROM information_schema.columns WHERE table_schema = $1 ORDER BY 1`, name)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		out = append(out, line)
	}
	return out
}

func (s server) refused(t *testing.T, want error) {
	t.Helper()
	address, name := s.schema(t)
	before := s.shape(t, name)
	if _, err := Open(t.Context(), address); !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, s.shape(t, name)); diff != "" || len(before) == 0 {
		t.Errorf("it was changed: %s", diff)
	}
}

func foreignSchema(t *testing.T, s server) {
	_, name := s.schema(t)
	s.Exec(t, "estate", `CREATE SCHEMA `+name, `CREATE TABLE `+name+`.theirs (x INTEGER)`)
	s.refused(t, ErrForeign)
	s.Exec(t, "estate", `CREATE TABLE `+name+`.schema_version (application BIGINT, version BIGINT)`, `INSERT INTO `+name+`.schema_version VALUES (1, 3)`)
	s.refused(t, ErrForeign)
}

func newerSchema(t *testing.T, s server) {
	address, _ := s.schema(t)
	s.open(t, address, append(migrations(), "CREATE TABLE tomorrow (\n\tx INTEGER\n) STRICT;\n")).Close()
	s.refused(t, ErrNewer)
}

func olderSchema(t *testing.T, s server) {
	address, _ := s.schema(t)
	if there, err := There(t.Context(), address); there || err != nil {
		t.Errorf("before it was made: %v %v", there, err)
	}
	f := s.open(t, address, migrations())
	if _, err := f.Write.Exec(`INSERT INTO repositories (name, kind, custodian, from_at) VALUES ('s3://archive', 's3', 'Lakeside Clinics', 1)`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if there, err := There(t.Context(), address); !there || err != nil {
		t.Errorf("after it was made: %v %v", there, err)
	}
	f = s.open(t, address, append(migrations(), `ALTER TABLE repositories ADD COLUMN steward TEXT NOT NULL DEFAULT 'nobody'`))
	if got := ask(t, f, `SELECT name || ' ' || steward FROM repositories`); got != "s3://archive nobody" {
		t.Errorf("got %s", got)
	}
}

func failedMigration(t *testing.T, s server) {
	address, name := s.schema(t)
	s.open(t, address, migrations()).Close()
	before := s.shape(t, name)
	if _, err := open(t.Context(), address, append(migrations(), "CREATE TABLE half (\n\tx INTEGER\n) STRICT;\n", `no SQL`)); err == nil {
		t.Fatal("a broken step was taken")
	}
	if diff := cmp.Diff(before, s.shape(t, name)); diff != "" {
		t.Errorf("half of the migration stands: %s", diff)
	}
}

func madeAtOnce(t *testing.T, s server) {
	address, _ := s.schema(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			f, err := Open(context.WithoutCancel(t.Context()), address)
			if err == nil {
				err = f.Close()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// leastPrivilege: the keeper may nothing in the database but in a schema that is his; and who only writes may not change the schema.
func leastPrivilege(t *testing.T, s server) {
	_, name := s.schema(t)
	s.Exec(t, "estate", `CREATE SCHEMA `+name+` AUTHORIZATION keeper`, `CREATE ROLE clerk LOGIN PASSWORD 'clerks'`)
	as := func(role string) string {
		t.Setenv("PASSWORD_OF_"+role, role+"s")
		return "postgres://" + role + "@" + s.Address() + "/estate?sslmode=disable&schema=" + name + "&password_env=PASSWORD_OF_" + role
	}
	keeper := s.open(t, as("keeper"), migrations())
	if _, err := keeper.Write.Exec(`CREATE SCHEMA another`); err == nil {
		t.Error("the keeper made a schema")
	}
	if _, err := Open(t.Context(), as("clerk")); err == nil {
		t.Error("the clerk was let in")
	}
	s.Exec(t, "estate", `GRANT USAGE ON SCHEMA `+name+` TO clerk`, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA `+name+` TO clerk`,
		`REVOKE UPDATE, DELETE ON `+name+`.audit FROM clerk`)
	clerk := s.open(t, as("clerk"), migrations())
	if err := clerk.Record(t.Context(), Line{"Ada", "admin", "read", "map", "allowed"}); err != nil {
		t.Error(err)
	}
	if err := clerk.Durably(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO cases (name, opened) VALUES ('archive', 1)`)
		return err
	}); err != nil {
		t.Error(err)
	}
	for _, forbidden := range []string{`DELETE FROM audit`, `CREATE TABLE mine (x INTEGER)`, `DROP TRIGGER case_lines_stay ON case_lines`} {
		if _, err := clerk.Write.Exec(forbidden); err == nil {
			t.Errorf("the clerk did: %s", forbidden)
		}
	}
}

func oneRun(t *testing.T, s server) {
	address, _ := s.schema(t)
	f, other := s.open(t, address, migrations()), s.open(t, address, migrations())
	elsewhere := s.open(t, address+"_2", migrations())
	w, err := f.Writer(t.Context())
	if err != nil || w == nil {
		t.Fatal(w, err)
	}
	defer w.Close()
	for _, g := range []*File{f, other} {
		if second, err := g.Writer(t.Context()); second != nil || err != nil || !g.Locked() {
			t.Errorf("a second one writes: %v, %v", second, err)
		}
	}
	if third, err := elsewhere.Lock(); third == nil || err != nil || third.Close() != nil || elsewhere.Locked() {
		t.Errorf("the lock is that of another catalog: %v, %v", third, err)
	}
	if _, err := other.Write.Exec(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted`); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); other.Locked() && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	next, err := other.Writer(t.Context())
	if err != nil || next == nil {
		t.Fatalf("the lock of a session that is gone: %v, %v", next, err)
	}
	if _, err := w.ExecContext(t.Context(), `INSERT INTO words (text) VALUES (?)`, "late"); err == nil {
		t.Error("who has lost the lock writes on")
	}
	if err := next.Close(); err != nil || other.Locked() {
		t.Errorf("the lock was not given back: %v", err)
	}
}

// trailInOrder: several processes write at once, and whoever reads the trail up to a line misses none before it.
func trailInOrder(t *testing.T, s server) {
	address, _ := s.schema(t)
	const writers, lines = 4, 60
	var all sync.WaitGroup
	for n := range writers {
		f := s.open(t, address, migrations())
		all.Go(func() {
			for i := range lines {
				if err := f.Record(context.WithoutCancel(t.Context()), Line{Caller: fmt.Sprint(n), Target: fmt.Sprint(i)}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	reader := s.open(t, address, migrations())
	var last, seen int64
	deadline := time.Now().Add(time.Minute)
	for seen < writers*lines && time.Now().Before(deadline) {
		for rows, err := range Rows(t.Context(), reader.Read, `SELECT id FROM audit WHERE id > ? ORDER BY id`, last) {
			if err == nil {
				err = rows.Scan(&last)
			}
			if err != nil {
				t.Fatal(err)
			}
			seen++
		}
	}
	all.Wait()
	if seen != writers*lines {
		t.Errorf("%d lines were seen of %d: one came behind a later one", seen, writers*lines)
	}
}

func oddNames(t *testing.T, s server) {
	address, _ := s.schema(t)
	f := s.open(t, address, migrations())
	long := strings.Repeat("ß\xff\x00q", 9000)
	for _, path := range []string{"a\x00b/c\xff", long, long + "/" + long, long + "x/" + long + "y"} {
		folder, name := Split(path)
		var id int64
		if err := f.Write.QueryRow(`INSERT INTO folders (repository, path) SELECT id, ? FROM repositories WHERE name = 'r' RETURNING id`, folder).Scan(&id); errors.Is(err, sql.ErrNoRows) {
			if _, err := f.Write.Exec(`INSERT INTO repositories (name, kind, custodian, from_at) VALUES ('r', '', '', 0)`); err != nil {
				t.Fatal(err)
			}
			if err := f.Write.QueryRow(`INSERT INTO folders (repository, path) SELECT id, ? FROM repositories WHERE name = 'r' RETURNING id`, folder).Scan(&id); err != nil {
				t.Fatal(err)
			}
		} else if err != nil && !Unique(err) {
			t.Fatal(err)
		}
		var got string
		if err := f.Read.QueryRow(`SELECT path FROM folders WHERE path = ?`, folder).Scan(&got); err != nil || got != folder {
			t.Errorf("%.20q is %.20q, %v", folder, got, err)
		}
		if again, _ := Split(got + name); again != folder {
			t.Errorf("a shortened path is shortened again: %d bytes to %d", len(folder), len(again))
		}
		if err := f.Write.QueryRow(`INSERT INTO words (text) VALUES (?) RETURNING id`, path).Scan(&id); err != nil {
			t.Error(err)
		}
	}
	if _, err := f.Write.Exec(`INSERT INTO words (text) VALUES (?)`, long); err == nil {
		t.Error("a word stands there twice")
	}
	if a, b := Clip(long), Clip(long+"x"); a == b || len(a) > maxName || !postgres.Is(address) {
		t.Error("two long names became one")
	}
}
