package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/record/rows"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/servertest"
	"github.com/chartroom/chartroom/source/sourcetest"
)

const password = "only for tests"

// open opens a database as the login reader.
func open(t testing.TB, m *servertest.Server, db, query string) *Database {
	t.Helper()
	t.Setenv("READER_PASSWORD", password)
	srcs, err := Open(t.Context(), fmt.Sprintf("mysql://reader@%s/%s?password_env=READER_PASSWORD%s", m.Address(), db, query), "Lakeside")
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

func TestMariaDB(t *testing.T) {
	m := servertest.StartMariaDB(t)
	m.Database(t, "clinic", "reader", password)
	m.Exec(t, "clinic", "CREATE TABLE kinds (id INT(9) ZEROFILL, name VARCHAR(50), born DATE, photo BLOB, doc JSON, score DECIMAL(5,2), f DOUBLE, b BIT(4), pt POINT, at DATETIME)",
		`INSERT INTO kinds VALUES (123, 'Zoë\t\n', '1962-03-04', x'00ff10', '{"a": 1}', 1.5, 2.5, 5, ST_GeomFromText('POINT(1 2)'), '2020-01-02 03:04:05'), (NULL, '', NULL, '', NULL, NULL, NULL, NULL, NULL, NULL)`,
		"CREATE TABLE old (t VARCHAR(20) CHARACTER SET latin1)", "INSERT INTO old VALUES ('Zoë')",
		"CREATE TABLE parts (id INT) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)", "INSERT INTO parts VALUES (1), (20)",
		"CREATE VIEW seen AS SELECT * FROM kinds", "CREATE TABLE `odd ``name`` \\ x` (`col ``1``` INT)", "INSERT INTO `odd ``name`` \\ x` VALUES (5)",
		"CREATE TABLE history (a INT) WITH SYSTEM VERSIONING", "INSERT INTO history VALUES (1)", "UPDATE history SET a = 2",
		"CREATE TABLE big (id INT PRIMARY KEY, note LONGTEXT, scan LONGBLOB)", "INSERT INTO big VALUES (1, REPEAT('é', 3000000), NULL), (2, 'short', REPEAT('x', 9000000)), (3, NULL, NULL)",
		"CREATE TABLE keyless (note LONGTEXT)", "INSERT INTO keyless VALUES (REPEAT('a', 2000000)), ('s'), (REPEAT('b', 3000000))")
	t.Run("all that can be read is an item", func(t *testing.T) {
		d := open(t, m.Server, "clinic", "")
		items, gaps := list(t, t.Context(), d)
		want := map[string][]string{
			"kinds": {"000000123|Zoë\t\n|1962-03-04|00ff10|{\"a\": 1}|1.50|2.5|5|POINT(1 2)|2020-01-02 03:04:05", "-||-||-|-|-|-|-|-"},
			"old":   {"Zoë"}, "parts": {"1", "20"}, "odd `name` \\x5c x": {"5"}, "big": {"1|-|-", "2|short|-", "3|-|-", "-|(6000000)|-", "-|-|(9000000)"},
			"keyless": {"-", "s", "-", "(2000000)", "(3000000)"},
		}
		got := map[string][]string{}
		for path, it := range items {
			lines, err := readAll(t, t.Context(), d, it)
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			if path == "history" {
				if len(lines) != 2 {
					t.Errorf("history: %q", lines)
				}
				continue
			}
			got[path] = lines
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if len(gaps) > 0 {
			t.Error(gaps)
		}
	})
	t.Run("what the login may not see is a gap", func(t *testing.T) {
		m.Exec(t, "", "CREATE DATABASE partly", "CREATE TABLE partly.a (x INT, y INT)", "INSERT INTO partly.a VALUES (1, 2)", "CREATE TABLE partly.b (x INT)", "CREATE TABLE partly.c (x INT)",
			"GRANT SELECT (x) ON partly.a TO reader", "GRANT INSERT ON partly.b TO reader")
		defer m.Exec(t, "", "REVOKE INSERT ON partly.b FROM reader")
		d := open(t, m.Server, "partly", "")
		items, gaps := list(t, t.Context(), d)
		if len(items) != 2 || !strings.Contains(gaps[""], "no SELECT on the whole database") {
			t.Fatalf("%v %v", items, gaps)
		}
		lines, err := readAll(t, t.Context(), d, items["a"])
		if len(lines) != 1 || lines[0] != "1" || err == nil || !strings.Contains(err.Error(), "some of its columns") {
			t.Errorf("%q %v", lines, err)
		}
		if _, err := readAll(t, t.Context(), d, items["b"]); err == nil || !strings.Contains(err.Error(), "no SELECT") {
			t.Error(err)
		}
		if w := d.Warnings(); len(w) != 1 || !strings.Contains(w[0], "INSERT") {
			t.Errorf("warnings: %q", w)
		}
	})
	t.Run("contract", func(t *testing.T) {
		m.Database(t, "contract", "reader", password)
		m.Exec(t, "contract", "CREATE TABLE a (id INT)", "INSERT INTO a VALUES (1)", "CREATE TABLE b (t VARCHAR(100))", "INSERT INTO b SELECT REPEAT('x', 100) FROM seq_1_to_60000", "CREATE TABLE c (id INT)")
		sourcetest.Run(t, sourcetest.Subject{
			Open:  func(t testing.TB) source.Source { return open(t, m.Server, "contract", "") },
			Items: []string{"a", "b", "c"}, Large: "b", Moments: true,
			Change: func(t testing.TB, path string) { m.Exec(t, "contract", "UPDATE "+path+" SET id = 2") },
			Remove: func(t testing.TB, path string) { m.Exec(t, "contract", "DROP TABLE "+path) },
		})
	})
}
