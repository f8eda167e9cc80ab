package catalog

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
)

// Admit checks whether a caller may act, and writes the line of the audit trail: for acts that are not the catalog's own, and for answers
// that somebody keeps ready. It returns what audit.Caller.Permit does.
func (c *Catalog) Admit(ctx context.Context, who audit.Caller, action audit.Action, target string) error {
	return c.admit(ctx, who, action, target)
}

// Entered writes down that somebody logged in, or tried to, from an address. The name is that of an account, or says that there is none
// such: what was typed instead of one may be a password.
func (c *Catalog) Entered(ctx context.Context, who audit.Caller, address string, outcome audit.Outcome) error {
	_, err := c.file.Write.ExecContext(ctx, trailLine, store.Millis(c.file.Now()), who.Name, who.Role.String(), string(audit.LogIn), address, string(outcome))
	if err != nil {
		return fmt.Errorf("write audit trail of %s: %w", c.Path(), err)
	}
	return nil
}

const trailLine = `INSERT INTO audit (at, caller, role, action, target, outcome) VALUES (?, ?, ?, ?, ?, ?)`

// durably runs f in a transaction that is on the disk when it returns nil. A survey may lose its last moments with the machine, as it can be
// made again; a decision cannot.
func (c *Catalog) durably(ctx context.Context, f func(*sql.Tx) error) error {
	conn, err := c.file.Write.Conn(ctx)
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
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// change is durably with an admitted caller, and an error that says what was being done.
func (c *Catalog) change(ctx context.Context, ask request, what string, f func(*sql.Tx) error) error {
	if err := c.admit(ctx, ask.who, ask.action, ask.target); err != nil {
		return err
	}
	if err := c.durably(ctx, f); err != nil {
		return fmt.Errorf("%s in catalog %s: %w", what, c.Path(), err)
	}
	return nil
}

// one runs a statement that must meet exactly one row; else it returns an error that wraps none.
func one(ctx context.Context, tx *sql.Tx, none error, query string, args ...any) error {
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return none
	}
	return nil
}
