package postgres

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/record/rows"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/servertest"
)

// firsts reads the first value of each row of a content, and closes it.
func firsts(t *testing.T, body io.ReadCloser) (out []string) {
	t.Helper()
	r, err := rows.NewReader(body)
	for more := err == nil; more; {
		if more, err = r.Row(); !more {
			break
		}
		for i := range r.Columns {
			if _, _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
			v, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				out = append(out, string(v))
			}
		}
	}
	if err := errors.Join(err, body.Close()); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestParts: the parts of a large table hold each row once, as it was at the moment of the listing, whatever is written meanwhile. When
// whoever kept that moment is gone, a part that was not begun is not read by another.
func TestParts(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	const n = 150_000
	p.Exec(t, "clinic", "CREATE TABLE large (id int, note text)", fmt.Sprintf("INSERT INTO large SELECT i, repeat('x', 600) FROM generate_series(1, %d) i", n),
		"CREATE TABLE small AS SELECT 1 AS id")
	d := open(t, p.Server, "clinic", "")
	items, _ := list(t, t.Context(), d)
	first, rest, err := d.OpenParts(t.Context(), items["public.large"])
	if err != nil || len(rest) < 2 {
		t.Fatalf("%d parts, %v", 1+len(rest), err)
	}
	p.Exec(t, "clinic", "UPDATE large SET id = -id WHERE id % 3 = 0", "DELETE FROM large WHERE id % 7 = 0")
	var got []string
	for _, open := range slices.Backward(rest) {
		body, err := open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, firsts(t, body)...)
	}
	got = append(got, firsts(t, first)...)
	slices.Sort(got)
	if whole := len(got); whole != n || len(slices.Compact(got)) != n || strings.HasPrefix(got[0], "-") {
		t.Errorf("%d rows of %d", whole, n)
	}
	if body, rest, err := d.OpenParts(t.Context(), items["public.small"]); err != nil || len(rest) > 0 || len(firsts(t, body)) != 1 {
		t.Errorf("a small table: %d parts, %v", 1+len(rest), err)
	}

	first, rest, err = d.OpenParts(t.Context(), items["public.large"])
	if err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	pid := d.leader.PID()
	d.mu.Unlock()
	p.Exec(t, "clinic", fmt.Sprintf("SELECT pg_terminate_backend(%d, 30000)", pid)) // and waits until it is gone: until then, its moment can be read
	var gone *source.GapError
	first.Close()
	if body, err := rest[0](t.Context()); !errors.As(err, &gone) {
		t.Errorf("a part of another moment: %v, %v", body, err)
	}
}

// TestSampledRows: a sample has each row with the same chance, its long values with it, and says how many of how many; with the same
// seed it is the same.
func TestSampledRows(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	p.Exec(t, "clinic", "CREATE TABLE t (id int, note text)", "INSERT INTO t SELECT i, 'x' FROM generate_series(1, 20000) i",
		"INSERT INTO t SELECT 20000 + i, (SELECT string_agg(md5((i * j)::text), '') FROM generate_series(1, 40000) j) FROM generate_series(1, 12) i",
		"CREATE MATERIALIZED VIEW kept AS SELECT id FROM t")
	d := open(t, p.Server, "clinic", "")
	items, _ := list(t, t.Context(), d)
	draw := func(item string, draw source.Draw) (ids []string, n, of int64) {
		t.Helper()
		body, err := d.OpenSample(t.Context(), items[item], draw)
		if err != nil {
			t.Fatal(err)
		}
		ids = firsts(t, body)
		if s, ok := body.(source.Sampled); ok {
			n, of = s.Drawn()
		}
		return ids, n, of
	}
	for _, item := range []string{"public.t", "public.kept"} {
		ids, n, of := draw(item, source.Draw{Share: 0.1, Seed: 1})
		again, _, _ := draw(item, source.Draw{Share: 0.1, Seed: 1})
		other, _, _ := draw(item, source.Draw{Share: 0.1, Seed: 2})
		if of != 20_012 || n < 1800 || n > 2200 || !slices.Equal(ids, again) || slices.Equal(ids, other) {
			t.Errorf("%s: %d of %d rows, %d and %d ids", item, n, of, len(ids), len(again))
		}
		// A long value comes behind its row, as a record without the other columns.
		long := 0
		for _, id := range ids {
			if id == "" {
				long++
			} else if len(id) == 5 && id > "20000" {
				long--
			}
		}
		if item == "public.t" && long != 0 {
			t.Errorf("%d long values too many for the rows that were drawn", long)
		}
	}
	if ids, n, of := draw("public.t", source.Draw{}); len(ids) != 20_024 || n != 0 || of != 0 {
		t.Errorf("without a draw: %d records, %d of %d", len(ids), n, of)
	}
}
