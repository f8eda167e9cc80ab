// Package postgres lets a catalog stand in a PostgreSQL database: a driver of database/sql that takes the catalog's statements as they are
// written for SQLite.
//
// What the catalog expects of a connection, and the driver gives, though the protocol of PostgreSQL does not by itself: other statements
// may be asked while an answer is still being read, within a transaction (each answer is a portal of its own, read by pieces); a bool is 0 or
// 1; a number is 64 bits wide, whatever it is compared with; statements whose outcome nobody waits for go to the server together
// (Together).
package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Settings of every session. Compiling a statement would take longer than most answers do. And most answers are of some rows of large tables, by
// their keys: were a page that is read out of order taken to cost four times one in order, as on a turning disk, the server would rather read
// all of a table.
const settings = `SET client_encoding = 'UTF8'; SET bytea_output = 'hex'; SET lock_timeout = '120s'; SET jit = off; SET random_page_cost = 1.1`

// watchful are settings that not every system lets a server have: it frees what a session holds, the lock of a run above all, within a minute
// after the machine of the client has gone, and notices within two seconds when the client has closed the connection during a long
// statement.
const watchful = `SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 5; SET tcp_user_timeout = 45000;
	SET client_connection_check_interval = 2000`

// DB gives a pool of connections, of which at most so many are open. Each begins with further settings (SET ...; "" = none).
func (s *Server) DB(open int, more string) *sql.DB {
	db := sql.OpenDB(&connector{s, more})
	db.SetMaxOpenConns(open)
	db.SetMaxIdleConns(open)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

type connector struct {
	*Server
	more string
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return c }

// Open implements driver.Driver; connections are made by a connector only.
func (c *connector) Open(string) (driver.Conn, error) { return nil, errors.ErrUnsupported }

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	pg, err := pgconn.ConnectConfig(ctx, c.cfg.Copy())
	if err != nil {
		return nil, err
	}
	if encoding := pg.ParameterStatus("server_encoding"); encoding != "UTF8" {
		_ = pg.Close(ctx)
		return nil, fmt.Errorf("the database of %s is in the encoding %s; make one in UTF8", c.Address, encoding)
	}
	setup := settings + `; SET search_path = ` + c.Schema + `, pg_catalog; ` + c.more
	if err := pg.Exec(ctx, setup).Close(); err != nil {
		_ = pg.Close(ctx)
		return nil, fmt.Errorf("set up a session of %s: %w", c.Address, err)
	}
	_ = pg.Exec(ctx, watchful).Close() // all of them or none
	return &conn{pg: pg, prepared: map[string]*statement{}}, nil
}

// together marks contexts.
type together struct{}

// Together gives a context in which statements within a transaction are sent together with those behind them: the outcome of one is told
// with the next question, or at the end of the transaction, and fails that. Its result tells nothing.
func Together(ctx context.Context) context.Context { return context.WithValue(ctx, together{}, true) }

// Unique tells whether an error says that a row with the same key is there already.
func Unique(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "23505"
}

// Prepare implements driver.Conn.
func (c *conn) Prepare(text string) (driver.Stmt, error) { return &stmt{c, text}, nil }

// Close implements driver.Conn.
func (c *conn) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return c.pg.Close(ctx)
}

// Begin implements driver.Conn.
func (c *conn) Begin() (driver.Tx, error) { return c.BeginTx(context.Background(), driver.TxOptions{}) }

// BeginTx implements driver.ConnBeginTx. What only reads sees the database as it is at its first question, to its end.
func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	begin := "BEGIN"
	if o.ReadOnly {
		begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	}
	_, err := c.ExecContext(ctx, begin, nil)
	return tx{c}, err
}

type tx struct{ c *conn }

// Commit implements driver.Tx.
func (t tx) Commit() error { return t.end("COMMIT") }

// Rollback implements driver.Tx.
func (t tx) Rollback() error { return t.end("ROLLBACK") }

func (t tx) end(how string) error {
	_, err := t.c.ExecContext(context.Background(), how, nil)
	return err
}

// IsValid implements driver.Validator.
func (c *conn) IsValid() bool { return !c.broken && !c.pg.IsClosed() }

// ResetSession implements driver.SessionResetter: nobody inherits a transaction.
func (c *conn) ResetSession(context.Context) error {
	if !c.IsValid() || c.waiting > 0 || c.pg.TxStatus() != 'I' {
		return driver.ErrBadConn
	}
	return nil
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *conn) CheckNamedValue(v *driver.NamedValue) (err error) {
	if v.Value, err = driver.DefaultParameterConverter.ConvertValue(v.Value); err != nil {
		return err
	}
	switch v.Value.(type) {
	case nil, int64, float64, bool, string, []byte:
		return nil
	}
	return fmt.Errorf("no value of type %T belongs into a catalog", v.Value)
}

// stmt is a statement by its text; the connection remembers what the server made of it.
type stmt struct {
	c    *conn
	text string
}

// Close implements driver.Stmt.
func (s *stmt) Close() error { return nil }

// NumInput implements driver.Stmt.
func (s *stmt) NumInput() int { return -1 }

// Exec implements driver.Stmt.
func (s *stmt) Exec([]driver.Value) (driver.Result, error) { return nil, errors.ErrUnsupported }

// Query implements driver.Stmt.
func (s *stmt) Query([]driver.Value) (driver.Rows, error) { return nil, errors.ErrUnsupported }

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.c.ExecContext(ctx, s.text, args)
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.c.QueryContext(ctx, s.text, args)
}

// CheckNamedValue implements driver.NamedValueChecker.
func (s *stmt) CheckNamedValue(v *driver.NamedValue) error { return s.c.CheckNamedValue(v) }
