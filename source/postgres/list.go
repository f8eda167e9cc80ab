package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// page is how many tables or large objects are asked for at once.
const page = 500

// table is the handle of an item with rows.
type table struct {
	oid          string
	schema, name string
	kind         byte   // pg_class.relkind
	hidden       bool   // row-level security hides rows from this login
	where        string // of a part: a condition on where its rows stand
	draw
}

// object is the handle of a large object.
type object struct{ oid string }

// Items lists the database, as it is at one moment from now on. Its connections are held until the context ends.
func (d *Database) Items(ctx context.Context, yield func(source.Listed) error) error {
	context.AfterFunc(ctx, d.end)
	m := d.beginMarks(ctx) // before the moment: see marks
	defer m.end()
	if err := d.tables(ctx, m, yield); err != nil {
		return err
	}
	return d.objects(ctx, yield)
}

// tables lists what has rows, in the order of the names.
func (d *Database) tables(ctx context.Context, m *marks, yield func(source.Listed) error) error {
	schema, name := "", ""
	for {
		rows, err := d.catalogue(ctx, listTables, schema, name, strconv.Itoa(page))
		if err != nil {
			return fmt.Errorf("list %s: %w", d.name, cold(err))
		}
		m.page(ctx, rows)
		for _, r := range rows {
			schema, name = r.text(1), r.text(2)
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := yield(d.listed(r, m)); err != nil {
				return err
			}
		}
		if len(rows) < page {
			return nil
		}
	}
}

// listTables asks for a page of what has rows. Temporary tables of other sessions cannot be read by anybody else and do not last; what
// TOAST tables hold comes with the tables that they belong to. No lock is taken, so that what is locked stops nobody.
const listTables = `SELECT c.oid, n.nspname, c.relname, c.relkind, c.relispopulated,
	has_schema_privilege(n.oid, 'USAGE'), has_table_privilege(c.oid, 'SELECT'), has_any_column_privilege(c.oid, 'SELECT'), row_security_active(c.oid),
	pg_relation_filenode(c.oid), c.relpages::bigint * current_setting('block_size')::bigint,
	(SELECT string_agg(a.attnum || ' ' || a.attname || ' ' || a.atttypid, ',' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname !~ '^pg_(temp|toast_temp)_'
	AND (n.nspname, c.relname) > ($1::name, $2::name) ORDER BY n.nspname, c.relname LIMIT $3::bigint`

// listed makes an item of a row of listTables, or a gap.
func (d *Database) listed(r row, m *marks) source.Listed {
	t := &table{oid: r.text(0), schema: r.text(1), name: r.text(2), kind: r[3][0], hidden: r.bool(8)}
	it := source.Item{Path: source.Display(t.schema + "." + t.name), Bytes: -1, Ref: t}
	seen := m.seen[t.oid]
	if it.Bytes = seen.bytes; it.Bytes < 0 && r.text(10) != "0" && t.kind != 'f' {
		it.Bytes, _ = strconv.ParseInt(r.text(10), 10, 64)
	}
	why := ""
	switch {
	case !r.bool(5):
		why = "the login has no USAGE on the schema"
	case !r.bool(7):
		why = "the login has no SELECT on it"
	case !r.bool(4):
		why = "a materialised view that was never filled"
	}
	if why != "" {
		return source.Listed{Gap: &estate.Gap{Path: it.Path, Reason: estate.GapUnreadable, Detail: why, Bytes: it.Bytes}}
	}
	if whole := r.bool(6) && !t.hidden; whole && t.kind != 'f' && seen.counters != "" {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%s|%s|%s", m.epoch, t.oid, r[9], seen.counters, r[11]))
		it.Version = "counters-" + hex.EncodeToString(sum[:12])
	}
	return source.Listed{Item: it}
}

// objects lists the large objects. Whether the login may read one, only an attempt tells.
func (d *Database) objects(ctx context.Context, yield func(source.Listed) error) error {
	for last := "0"; ; {
		rows, err := d.catalogue(ctx, `SELECT oid FROM pg_largeobject_metadata WHERE oid > $1::oid ORDER BY oid LIMIT $2::bigint`, last, strconv.Itoa(page))
		if err != nil {
			return fmt.Errorf("list the large objects of %s: %w", d.name, cold(err))
		}
		for _, r := range rows {
			last = r.text(0)
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := yield(source.Listed{Item: source.Item{Path: "pg_largeobject/" + last, Bytes: -1, Ref: &object{last}}}); err != nil {
				return err
			}
		}
		if len(rows) < page {
			return nil
		}
	}
}

// catalogue asks the session that keeps the moment. Where it is gone, another moment is taken, and the listing goes on from
// where it was.
func (d *Database) catalogue(ctx context.Context, sql string, params ...string) (rows []row, err error) {
	err = source.Retry(ctx, func() (bool, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.leader == nil {
			if err := d.leadLocked(ctx); err != nil {
				return passing(err), err
			}
		}
		var err error
		if rows, err = d.leader.ask(ctx, sql, params...); err != nil {
			d.leader.close()
			d.leader, d.snapshot = nil, ""
		}
		return passing(err), err
	})
	return rows, err
}

// lead gives the snapshot that everything is read by. One that a session could not use is named, and another is taken in its place.
func (d *Database) lead(ctx context.Context, broken string) (snapshot string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.leader != nil && d.snapshot != broken {
		return d.snapshot, nil
	}
	d.leader.close()
	d.leader = nil
	if d.over {
		return "", nil
	}
	return d.snapshot, d.leadLocked(ctx)
}

func (d *Database) leadLocked(ctx context.Context) error {
	if d.over {
		return context.Canceled
	}
	s, err := d.connect(ctx)
	if err != nil {
		return err
	}
	if err = s.start(ctx, moment); err == nil {
		var rows []row
		if rows, err = s.ask(ctx, "SELECT pg_export_snapshot()"); err == nil {
			d.leader, d.snapshot = s, rows[0].text(0)
			return nil
		}
	}
	s.close()
	return err
}

// end closes all connections that nobody uses.
func (d *Database) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	d.leader.close()
	d.leader, d.snapshot = nil, ""
	for _, s := range d.idle {
		s.close()
	}
	d.idle = nil
}
