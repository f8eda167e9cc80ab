package store

import (
	"context"
	"fmt"
)

// Damage says what is wrong with the database itself, "" where nothing is: with the structure of a file, and with references to rows that
// are not there. A server keeps its own structure, and checks it (data_checksums, amcheck); of it we ask whether the references are
// still guarded.
func (f *File) Damage(ctx context.Context, q Querier) (string, error) {
	if f.server != nil {
		var loose int
		err := q.QueryRowContext(ctx, `SELECT count(*) FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
			WHERE n.nspname = ? AND c.contype = 'f' AND NOT c.convalidated`, f.server.Schema).Scan(&loose)
		if err == nil && loose > 0 {
			return fmt.Sprintf("%d references that nobody guards", loose), nil
		}
		return "", err
	}
	var first string
	if err := q.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&first); err != nil {
		return "", err
	}
	if first != "ok" {
		return first, nil
	}
	var loose int
	err := q.QueryRowContext(ctx, `SELECT count(*) FROM pragma_foreign_key_check`).Scan(&loose)
	if err == nil && loose > 0 {
		return fmt.Sprintf("%d references to nothing", loose), nil
	}
	return "", err
}
