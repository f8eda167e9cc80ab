package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/chartroom/chartroom/catalog/store/postgres"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Durably runs d in a transaction that is on the disk when it returns nil. A survey may lose its last moments with the machine, as it can be
// made again; a decision cannot.
func (f *File) Durably(ctx context.Context, d func(*sql.Tx) error) error {
	if f.server != nil {
		return f.update(ctx, decisionLock, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, `SET LOCAL synchronous_commit = on`); err != nil {
				return err
			}
			return d(tx)
		})
	}
	f.Turn.Lock()
	defer f.Turn.Unlock()
	conn, err := f.Write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `PRAGMA synchronous = FULL`); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA synchronous = NORMAL`)
	tx, err := Begin(ctx, conn, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := d(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Unique tells whether an error says that a row with the same key is there already.
func Unique(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY) || postgres.Unique(err)
}
