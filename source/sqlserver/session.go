package sqlserver

import (
	"context"
	"crypto/tls"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	driver "github.com/microsoft/go-mssqldb"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// How long things may take. The server itself has no limit of a statement.
const (
	connectTime = 40 * time.Second
	askTime     = 5 * time.Minute
	readTime    = 24 * time.Hour
	maxIdle     = 64 // connections that wait for the next table
)

// What a session reads: what is committed, or all as of one moment.
const (
	readCommitted = "READ COMMITTED"
	snapshot      = "SNAPSHOT"
)

// sessionSettings make a session that waits for no lock for long, yields to others in a deadlock, and gets values whole.
const sessionSettings = "SET LOCK_TIMEOUT 10000; SET DEADLOCK_PRIORITY LOW; SET TEXTSIZE -1; SET NOCOUNT ON; SET TRANSACTION ISOLATION LEVEL "

// asks runs queries: a connection, or a transaction on one.
type asks interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// connect gives a session. It tries again where a moment later may be better.
func (d *Database) connect(ctx context.Context, level string) (c *sql.Conn, err error) {
	d.mu.Lock()
	if d.pool == nil {
		d.pool = sql.OpenDB(d.connector)
		d.pool.SetMaxIdleConns(maxIdle)
	}
	pool := d.pool
	d.mu.Unlock()
	err = d.patience.Connect(ctx, func() (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, connectTime)
		defer cancel()
		var err error
		if c, err = pool.Conn(ctx); err != nil {
			return passing(err), err
		}
		if _, err = c.ExecContext(ctx, sessionSettings+level); err != nil {
			discard(c)
		}
		return passing(err), err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// end closes all connections that nobody uses.
func (d *Database) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pool != nil {
		d.pool.Close() // nothing was written, so nothing can be lost
		d.pool = nil
	}
}

// discard ends a connection that is in the middle of something.
func discard(c *sql.Conn) {
	_ = c.Raw(func(any) error { return sqldriver.ErrBadConn }) // that it is bad is what it is told
	c.Close()
}

// ask runs a query, and gives its rows as text; null is empty.
func ask(ctx context.Context, q asks, query string, args ...any) (out [][]string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values, into := places(len(columns))
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = string(text(nil, v))
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// places are where n values of a row are put.
func places(n int) (values, into []any) {
	values, into = make([]any, n), make([]any, n)
	for i := range values {
		into[i] = &values[i]
	}
	return values, into
}

// text appends a value of the driver as text.
func text(b []byte, v any) []byte {
	switch v := v.(type) {
	case []byte:
		return append(b, v...)
	case string:
		return append(b, v...)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	case bool:
		if v {
			return append(b, '1')
		}
		return append(b, '0')
	case nil:
		return b
	}
	return fmt.Append(b, v)
}

// quote writes a name as Transact-SQL has it.
func quote(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }

// Error numbers that are looked at (SQL Server, database engine events and errors).
const (
	errNoObject     = 208
	errDenied       = 229
	errColumnDenied = 230
	errDeadlock     = 1205
	errLocked       = 1222
	errNoSnapshot   = 3952 // by a view into a database that allows none
	errLogin        = 18456
)

// words say what the server's error numbers mean to a survey. The server's own messages may hold values, so they are never repeated.
var words = map[int32]string{
	errNoObject: "it is gone", errDenied: "the login has no SELECT on it", errColumnDenied: "the login has no SELECT on its columns", errDeadlock: "it is locked by another session",
	errLocked: "it is locked by another session", 262: "the login lacks a permission", 297: "the login lacks a permission", 300: "the login lacks a permission",
	errLogin: "the server does not know this user, or the password is wrong", 18452: "the server does not let this user in by a password", 18470: "the login is disabled", 18486: "the login is locked",
	18487: "the password has expired", 18488: "the password must be changed", 4060: "there is no such database, or the login may not enter it", 4064: "the login may not enter its default database", 916: "the login may not enter the database",
	922: "the database is being recovered", 927: "the database is being restored", 942: "the database is offline", 978: "the replica is not open for reading", 976: "the replica is not open for reading",
	823: "the server says that it is damaged", 824: "the server says that it is damaged", 605: "the server says that it is damaged", 596: "an administrator ended the session", 6005: "the server is shutting down",
	3961: "its definition was changed while it was read", 4413: "the view cannot be read as its tables have changed", 207: "the view cannot be read as its tables have changed",
	40613: "the database is not available at the moment", 40197: "the service is not available at the moment", 40501: "the service is busy", 10928: "the server has no session left for us", 10929: "the server is too busy",
	17809: "the server has no connection left for us", 18401: "the server is starting up", 40615: "the server's firewall does not let this machine in",
}

// number gives the server's number of an error, 0 where the server did not say it.
func number(err error) int32 {
	var e driver.Error
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

// cold makes an error that may be shown: what happened, without a value.
func cold(err error) error {
	var te *source.TargetError
	var ge *source.GapError
	switch n := number(err); {
	case err == nil, errors.As(err, &te), errors.As(err, &ge):
		return err
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("it took too long")
	case n != 0 && words[n] != "":
		return fmt.Errorf("%s (error %d)", words[n], n)
	case n != 0:
		return fmt.Errorf("the server refused it (error %d)", n)
	case lost(err):
		return errors.New("the connection was lost")
	}
	return errors.New("the server could not be reached, or did not answer as SQL Server does")
}

// gap makes the error that Open returns.
func gap(err error) error {
	var ge *source.GapError
	if errors.Is(err, context.Canceled) || errors.As(err, &ge) {
		return err
	}
	reason := estate.GapUnreadable
	switch number(err) {
	case errNoObject:
		reason = estate.GapVanished
	case 3961:
		reason = estate.GapChanging
	case 605, 823, 824:
		reason = estate.GapDamaged
	}
	return &source.GapError{Reason: reason, Err: cold(err)}
}

// lost tells whether the connection is gone.
func lost(err error) bool {
	var ne net.Error
	var stream driver.StreamError
	var fatal driver.ServerError
	return errors.Is(err, sqldriver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &ne) || errors.As(err, &stream) || errors.As(err, &fatal)
}

// passing tells whether an error may be gone a moment later.
func passing(err error) bool {
	var dns *net.DNSError
	var tried *source.Unreachable
	var cert *tls.CertificateVerificationError
	if errors.As(err, &tried) || errors.As(err, &cert) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	switch number(err) {
	case errDeadlock, 922, 10928, 10929, 17809, 18401, 40197, 40501, 40613, 6005:
		return true
	case 0:
		return !(errors.As(err, &dns) && dns.IsNotFound) && lost(err)
	}
	return false
}

// refused says why a target cannot be surveyed, and what can be done about it.
func refused(name string, err error) error {
	var te *source.TargetError
	if errors.As(err, &te) || errors.Is(err, context.Canceled) {
		return err
	}
	hint := "check the host and the port, and that the server is up, listens to TCP and lets this machine in"
	switch n := number(err); {
	case n == errLogin || n == 18452:
		hint = "name the user in the address, and give the password in SQLCMDPASSWORD, or name a variable that holds it with ?password_env=NAME"
	case n == 4060 || n == 916:
		hint = "an address without a database, such as sqlserver://user@host/, reads every database that the login may enter"
	case n != 0:
		hint = "docs/sources.md says what a survey needs of the server"
	case strings.Contains(err.Error(), "x509") || strings.Contains(err.Error(), "TLS") || strings.Contains(err.Error(), "support encryption"):
		return &source.TargetError{Err: fmt.Errorf("scan %s: the server offers no TLS, or a certificate that is not trusted", name),
			Hint: "let this machine trust the authority of the certificate; ?encrypt=skip-verify asks for TLS and looks at no certificate"}
	}
	return &source.TargetError{Err: fmt.Errorf("scan %s: %w", name, cold(err)), Hint: hint}
}
