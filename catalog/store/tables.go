package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// Table is a table of the schema.
type Table struct {
	Name    string
	Columns []string
	Key     []string // of its rows, in order; none = its rows have no order
	Counted bool     // its key is one number, which the database counts
}

// SchemaVersion is the number of today's schema.
func SchemaVersion() int { return len(migrations()) }

// Tables gives the tables of today's schema, each behind those that its rows refer to. They are the same whatever database holds them: read from
// the schema itself, so that no table can be forgotten. The one that says that a copy is unfinished is none of the catalog's facts, and left out.
func Tables(ctx context.Context) ([]Table, error) {
	db, err := sql.Open("sqlite", "file:schema?mode=memory")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection has a memory of its own
	if err := migrate(ctx, db, migrations()); err != nil {
		return nil, err
	}
	tables := map[string]*Table{}
	var names []string
	for rows, err := range Rows(ctx, db, `SELECT t.name, c.name, c.pk, c.type FROM pragma_table_list t JOIN pragma_table_info(t.name) c
		WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name <> 'copying' ORDER BY t.name, c.cid`) {
		var name, column, kind string
		var key int
		if err == nil {
			err = rows.Scan(&name, &column, &key, &kind)
		}
		if err != nil {
			return nil, err
		}
		t := tables[name]
		if t == nil {
			t = &Table{Name: name}
			tables[name], names = t, append(names, name)
		}
		t.Columns = append(t.Columns, column)
		for key > len(t.Key) {
			t.Key = append(t.Key, "")
		}
		if key > 0 {
			t.Key[key-1] = column
		}
		t.Counted = t.Counted || key > 0 && column == "id" && kind == "INTEGER"
	}
	refers := map[string][]string{}
	for rows, err := range Rows(ctx, db, `SELECT DISTINCT t.name, k."table" FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) k
		WHERE t.schema = 'main' AND t.name <> k."table"`) {
		var from, to string
		if err == nil {
			err = rows.Scan(&from, &to)
		}
		if err != nil {
			return nil, err
		}
		refers[from] = append(refers[from], to)
	}
	var out []Table
	done := map[string]bool{}
	for len(out) < len(names) {
		before := len(out)
		for _, name := range names {
			if !done[name] && !slices.ContainsFunc(refers[name], func(to string) bool { return !done[to] }) {
				done[name], out = true, append(out, *tables[name])
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("the tables of the schema refer to each other in a circle")
		}
	}
	return out, nil
}
