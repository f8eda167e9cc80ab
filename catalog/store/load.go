package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/chartroom/chartroom/catalog/store/postgres"
)

// mostValues bounds the values of one statement (SQLite takes 32,766).
const mostValues = 8192

// Load enters rows of a table, all of them or none: their values one row behind the other, each nil, int64, string or []byte as its column
// is. It is for many rows that nobody else writes.
func (f *File) Load(ctx context.Context, t *Table, values []any) error {
	if f.server == nil {
		return f.Update(ctx, func(tx *sql.Tx) error { return t.insert(ctx, tx, values) })
	}
	conn, err := f.Write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return postgres.Load(ctx, conn, t.Name, t.Columns, values)
}

// insert enters rows by statements with as many as there is room for.
func (t *Table) insert(ctx context.Context, tx *sql.Tx, values []any) error {
	most := max(1, mostValues/len(t.Columns)) * len(t.Columns)
	for len(values) > 0 {
		some := values[:min(most, len(values))]
		if _, err := tx.ExecContext(ctx, t.statement(len(some)/len(t.Columns)), some...); err != nil {
			return err
		}
		values = values[len(some):]
	}
	return nil
}

// statement is the one that enters so many rows.
func (t *Table) statement(rows int) string {
	one := "(?" + strings.Repeat(", ?", len(t.Columns)-1) + ")"
	return `INSERT INTO ` + t.Name + ` (` + strings.Join(t.Columns, ", ") + `) VALUES ` + one + strings.Repeat(", "+one, rows-1)
}
