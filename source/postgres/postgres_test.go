package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/record/rows"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/servertest"
	"github.com/chartroom/chartroom/source/sourcetest"
)

const password = "only for tests"

// open opens a database as the login reader.
func open(t testing.TB, p *servertest.Server, db, query string) *Database {
	t.Helper()
	t.Setenv("READER_PASSWORD", password)
	srcs, err := Open(t.Context(), fmt.Sprintf("postgres://reader@%s/%s?password_env=READER_PASSWORD%s", p.Address(), db, query), "Lakeside")
	if err != nil {
		t.Fatal(err)
	}
	return srcs[0].(*Database)
}

// list gives what a source lists, by path; a gap as its reason.
func list(t testing.TB, ctx context.Context, src source.Source) (items map[string]source.Item, gaps map[string]string) {
	t.Helper()
	items, gaps = map[string]source.Item{}, map[string]string{}
	err := src.Items(ctx, func(l source.Listed) error {
		if l.Gap != nil {
			gaps[l.Gap.Path] = string(l.Gap.Reason) + ": " + l.Gap.Detail
		} else {
			items[l.Item.Path] = l.Item
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return items, gaps
}

// readAll reads an item's rows, a line each; values longer than 40 bytes as their lengths.
func readAll(t testing.TB, ctx context.Context, src source.Source, it source.Item) (out []string, err error) {
	t.Helper()
	body, err := src.Open(ctx, it)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	r, err := rows.NewReader(body)
	if err != nil {
		return nil, err
	}
	for {
		more, err := r.Row()
		if err != nil || !more {
			return out, err
		}
		var line []string
		for _, c := range r.Columns {
			n, null, err := r.Next()
			if err != nil {
				return out, err
			}
			if null {
				line = append(line, "-")
				continue
			}
			if n > 40 {
				line = append(line, fmt.Sprintf("(%d)", n))
				continue
			}
			v, err := io.ReadAll(r)
			if err != nil {
				return out, err
			}
			line = append(line, fmt.Sprintf(map[rows.Kind]string{rows.Text: "%s", rows.Binary: "%x"}[c.Kind], v))
		}
		out = append(out, strings.Join(line, "|"))
	}
}

func TestPostgres(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	p.Exec(t, "clinic", `CREATE TABLE kinds (id int, name text, born date, photo bytea, doc jsonb, tags text[], score numeric, ok boolean, pad char(6), x xml)`,
		`INSERT INTO kinds VALUES (1, E'a\tb\\c\nd', '1962-03-04', '\x00ff10', '{"a": "b\\c"}', '{x,"y z"}', 1.50, true, 'ab', '<a/>'), (2, '', NULL, '', NULL, NULL, NULL, false, NULL, NULL), (3, '\N', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
		`CREATE TABLE visits (id int, at date) PARTITION BY RANGE (at)`, `CREATE TABLE visits_2024 PARTITION OF visits FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`,
		`CREATE TABLE visits_rest PARTITION OF visits DEFAULT`, `INSERT INTO visits VALUES (1, '2024-05-05'), (2, '2026-05-05')`,
		`CREATE TABLE parent (a int)`, `CREATE TABLE child (b int) INHERITS (parent)`, `INSERT INTO parent VALUES (1)`, `INSERT INTO child VALUES (2, 3)`,
		`CREATE VIEW seen AS SELECT * FROM kinds`, `CREATE MATERIALIZED VIEW kept AS SELECT id FROM kinds`, `CREATE MATERIALIZED VIEW never AS SELECT id FROM kinds WITH NO DATA`,
		`CREATE TABLE shut (a int)`, `REVOKE ALL ON shut FROM reader`, `CREATE SCHEMA away`, `CREATE TABLE away.t (a int)`,
		`CREATE TABLE partly (a int, ssn text)`, `INSERT INTO partly VALUES (7, 'x')`, `REVOKE ALL ON partly FROM reader`, `GRANT SELECT (a) ON partly TO reader`,
		`CREATE TABLE guarded (a int)`, `INSERT INTO guarded VALUES (1), (2)`, `ALTER TABLE guarded ENABLE ROW LEVEL SECURITY`, `CREATE POLICY p ON guarded USING (a = 1)`,
		`CREATE TABLE "odd ""name"".x" ("col ""1""" int)`, `INSERT INTO "odd ""name"".x" VALUES (5)`, `CREATE TABLE nothing ()`,
		`CREATE DOMAIN scan AS bytea`, `CREATE TABLE domains (s scan)`, `INSERT INTO domains VALUES ('\x0102')`)
	t.Run("all that can be read is an item, and all else a gap", func(t *testing.T) {
		d := open(t, p.Server, "clinic", "")
		items, gaps := list(t, t.Context(), d)
		want := map[string][]string{
			"public.kinds":       {"1|a\tb\\c\nd|1962-03-04|00ff10|{\"a\": \"b\\\\c\"}|{x,\"y z\"}|1.50|t|ab    |<a/>", "2||-||-|-|-|f|-|-", `3|\N|-|-|-|-|-|-|-|-`},
			"public.visits_2024": {"1|2024-05-05"}, "public.visits_rest": {"2|2026-05-05"}, "public.parent": {"1"}, "public.child": {"2|3"},
			"public.kept": {"1", "2", "3"}, "public.partly": {"7"}, "public.guarded": {"1"}, `public.odd "name".x`: {"5"}, "public.nothing": nil, "public.domains": {"0102"},
		}
		got := map[string][]string{}
		for path, it := range items {
			lines, err := readAll(t, t.Context(), d, it)
			partial := path == "public.partly" || path == "public.guarded"
			if (err != nil) != partial {
				t.Errorf("%s: %v", path, err)
			}
			if (it.Version == "") != partial {
				t.Errorf("%s has the version %q", path, it.Version)
			}
			got[path] = lines
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]string{"public.shut": "unreadable: the login has no SELECT on it", "away.t": "unreadable: the login has no USAGE on the schema",
			"public.never": "unreadable: a materialised view that was never filled"}, gaps); diff != "" {
			t.Error(diff)
		}
	})
}

// TestContract holds the source to what all sources keep.
func TestContract(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	p.Exec(t, "clinic", "CREATE TABLE a AS SELECT 1 AS id", "CREATE TABLE b AS SELECT i, repeat('x', 100) FROM generate_series(1, 60000) i", "CREATE TABLE c (id int)",
		"CREATE TABLE shut (id int)", "REVOKE ALL ON shut FROM reader", "SELECT lo_from_bytea(4711, repeat('text ', 500000)::bytea)", "GRANT SELECT ON LARGE OBJECT 4711 TO reader")
	sourcetest.Run(t, sourcetest.Subject{
		Open:  func(t testing.TB) source.Source { return open(t, p.Server, "clinic", "") },
		Items: []string{"public.a", "public.b", "pg_largeobject/4711", "public.c"}, Gaps: []string{"public.shut"}, Large: "public.b", Moments: true,
		Change: func(t testing.TB, path string) { p.Exec(t, "clinic", "UPDATE "+path+" SET id = 2") },
		Remove: func(t testing.TB, path string) { p.Exec(t, "clinic", "DROP TABLE "+path) },
	})
	var n int
	if err := p.Admin(t, "postgres").QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'").Scan(&n); err != nil || n > 0 {
		for i := 0; i < 50 && n > 0; i++ {
			time.Sleep(100 * time.Millisecond)
			p.Admin(t, "postgres").QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'").Scan(&n)
		}
		if n > 0 {
			t.Errorf("%d connections are left: %v", n, err)
		}
	}
}
