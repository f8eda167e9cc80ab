package store

import (
	"context"
	"database/sql"
)

// Durably runs d in a transaction that is on the disk when it returns nil. A survey may lose its last moments with the machine, as it can be
// made again; a decision cannot.
func (f *File) Durably(ctx context.Context, d func(*sql.Tx) error) error {
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
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := d(tx); err != nil {
		return err
	}
	return tx.Commit()
}
