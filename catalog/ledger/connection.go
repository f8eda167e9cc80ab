package ledger

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/chartroom/chartroom/catalog/store"
)

// connection is a run's own. It prepares each statement once, by its text.
type connection struct {
	*store.Writer
	prepared map[string]*sql.Stmt
	turn     sync.Locker // of those who write
}

func (c *connection) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if s := c.prepared[text]; s != nil {
		return s, nil
	}
	s, err := c.PrepareContext(ctx, text)
	if err == nil {
		c.prepared[text] = s
	}
	return s, err
}

// Close closes the connection with its statements: one that was left open would keep it, and the file with its journal, open.
func (c *connection) Close() error {
	var errs []error
	for _, s := range c.prepared {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.Writer.Close())...)
}

// ExecContext does what the method of sql.Conn does.
func (c *connection) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	s, err := c.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// later is ExecContext within a transaction, for what nobody asks the outcome of: where it fails, the transaction does.
func (c *connection) later(ctx context.Context, text string, args ...any) error {
	_, err := c.ExecContext(store.Together(ctx), text, args...)
	return err
}

// QueryContext does what the method of sql.Conn does.
func (c *connection) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	s, err := c.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// QueryRowContext does what the method of sql.Conn does.
func (c *connection) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	s, err := c.prepare(ctx, text)
	if err != nil {
		return c.Conn.QueryRowContext(ctx, text, args...) // with the same error
	}
	return s.QueryRowContext(ctx, args...)
}

// transact runs f in a transaction that writes, and undoes it when f fails.
func (c *connection) transact(ctx context.Context, f func() error) error {
	c.turn.Lock()
	defer c.turn.Unlock()
	return c.within(ctx, "BEGIN IMMEDIATE", f)
}

// view runs f, which reads, in one snapshot. Those who write need not wait for it.
func (c *connection) view(ctx context.Context, f func() error) error {
	return c.within(ctx, "BEGIN", f)
}

func (c *connection) within(ctx context.Context, begin string, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// A beginning that is interrupted may have begun: the transaction would stay open, with its lock, and nobody would know.
	if _, err := c.Conn.ExecContext(context.WithoutCancel(ctx), begin); err != nil {
		return err
	}
	err := f()
	if err == nil {
		_, err = c.Conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		// After some errors (a full disk) SQLite has rolled back already, and says so; there is nothing more to undo.
		_, _ = c.Conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}
