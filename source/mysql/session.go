package mysql

import (
	"context"
	"crypto/tls"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	driver "github.com/go-sql-driver/mysql"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// environment gives a variable.
func environment(name string) string { return os.Getenv(name) }

// session is one connection. It belongs to one goroutine at a time.
type session struct {
	sqldriver.Conn
}

// settings make a session that can only read, waits for nobody for long, and is not thrown out when we are slow. Those that a server does not
// know are left out: MySQL and MariaDB differ in some.
var settings = []string{
	"SET SESSION TRANSACTION READ ONLY",
	"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
	"SET SESSION sql_mode = ''",
	"SET SESSION time_zone = '+00:00'",
	"SET SESSION lock_wait_timeout = 10",
	"SET SESSION net_write_timeout = 7200",
	"SET SESSION wait_timeout = 86400",
	"SET SESSION max_statement_time = 86400",          // MariaDB, seconds
	"SET SESSION max_execution_time = 86400000",       // MySQL, milliseconds
	"SET SESSION information_schema_stats_expiry = 0", // MySQL: what it says of tables is of now
	"SET SESSION group_concat_max_len = 1048576",
}

// Error numbers that are looked at (MySQL, server error message reference; MariaDB has the same).
const (
	errUnknownVariable = 1193
	errTableDenied     = 1142
	errColumnDenied    = 1143
	errNoTable         = 1146
)

// connect makes a session. It tries again where a moment later may be better.
func (d *Database) connect(ctx context.Context) (s *session, err error) {
	connector, err := driver.NewConnector(d.cfg)
	if err != nil {
		return nil, err
	}
	err = d.patience.Connect(ctx, func() (bool, error) {
		c, err := connector.Connect(ctx)
		if err != nil {
			return passing(err), err
		}
		s = &session{c}
		for _, set := range settings {
			if err := s.exec(ctx, set); err != nil && number(err) != errUnknownVariable {
				s.Close()
				return passing(err), err
			}
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// exec runs a statement without a result.
func (s *session) exec(ctx context.Context, sql string) error {
	_, err := s.Conn.(sqldriver.ExecerContext).ExecContext(ctx, sql, nil)
	return err
}

// query begins to run a query. Its rows are not fetched before they are asked for.
func (s *session) query(ctx context.Context, sql string, params ...string) (sqldriver.Rows, error) {
	args := make([]sqldriver.NamedValue, len(params))
	for i, p := range params {
		args[i] = sqldriver.NamedValue{Ordinal: i + 1, Value: p}
	}
	return s.Conn.(sqldriver.QueryerContext).QueryContext(ctx, sql, args)
}

// ask runs a query, and gives its rows as text; null is empty.
func (s *session) ask(ctx context.Context, sql string, params ...string) (out [][]string, err error) {
	rows, err := s.query(ctx, sql, params...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := make([]sqldriver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(values); err != nil {
			if err == io.EOF {
				err = nil
			}
			return out, err
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = string(text(nil, v))
		}
		out = append(out, row)
	}
}

// text appends a value of the driver as text.
func text(b []byte, v sqldriver.Value) []byte {
	switch v := v.(type) {
	case []byte:
		return append(b, v...)
	case string:
		return append(b, v...)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case uint64:
		return strconv.AppendUint(b, v, 10)
	case float64:
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	case float32:
		return strconv.AppendFloat(b, float64(v), 'g', -1, 32)
	case nil:
		return b
	}
	return fmt.Append(b, v)
}

// quote writes a name as SQL has it.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// words say what the server's error numbers mean to a survey. The server's own messages may hold values, so they are never repeated.
var words = map[uint16]string{
	1040: "the server has no connection left for us", 1203: "the login has as many connections as it may have", 1226: "the login has used up what the server gives it",
	1045: "the server does not know this user, the password is wrong, or it wants TLS", 1698: "the server does not let this user in by a password",
	1044: "the login has no right to this database", 1049: "there is no such database", 1130: "the server does not let this machine in",
	3159: "the server wants TLS", 1053: "the server is shutting down", 1079: "the server is shutting down",
	errTableDenied: "the login has no SELECT on it", errColumnDenied: "the login has no SELECT on its columns", 1227: "the login lacks a privilege",
	errNoTable: "the table is gone", 1205: "it is locked by another session", 1317: "an administrator stopped the reading", 1927: "an administrator ended the connection",
	1969: "a time limit of the server stopped the reading", 3024: "a time limit of the server stopped the reading",
	1194: "the server says that it is damaged", 1195: "the server says that it is damaged", 1034: "the server says that it is damaged", 1712: "the server says that an index of it is damaged",
	1932: "its files are not what the server expects", 1286: "its storage engine is not there", 1296: "its storage engine did not give it", 1429: "the foreign server cannot be reached",
}

// number gives the server's error number, 0 where an error is none of its.
func number(err error) uint16 {
	var e *driver.MySQLError
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

// cold turns an error of the server or of the connection to one that may be kept.
func cold(err error) error {
	var te *source.TargetError
	var ge *source.GapError
	switch n := number(err); {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.As(err, &te), errors.As(err, &ge):
		return err
	case n != 0 && words[n] != "":
		return fmt.Errorf("%s (error %d)", words[n], n)
	case n != 0:
		return fmt.Errorf("the server refused it (error %d)", n)
	case errors.Is(err, driver.ErrNoTLS):
		return errors.New("the server offers no TLS")
	case lost(err):
		return errors.New("the connection was lost")
	}
	return errors.New("the server could not be reached, or did not answer as MySQL does")
}

// gap makes the error that Open returns.
func gap(err error) error {
	var ge *source.GapError
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &ge) {
		return err
	}
	reason := estate.GapUnreadable
	switch number(err) {
	case errNoTable, 1049:
		reason = estate.GapVanished
	case 1194, 1195, 1034, 1712, 1932:
		reason = estate.GapDamaged
	}
	return &source.GapError{Reason: reason, Err: cold(err)}
}

// lost tells whether the connection is gone.
func lost(err error) bool {
	var ne net.Error
	return errors.Is(err, driver.ErrInvalidConn) || errors.Is(err, sqldriver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.As(err, &ne)
}

// passing tells whether an error may be gone a moment later.
func passing(err error) bool {
	var dns *net.DNSError
	var tried *source.Unreachable
	var cert *tls.CertificateVerificationError
	if errors.As(err, &tried) || errors.As(err, &cert) {
		return false
	}
	switch number(err) {
	case 1040, 1203, 1053, 1079, 1927:
		return true
	case 0:
		return !errors.Is(err, context.Canceled) && !(errors.As(err, &dns) && dns.IsNotFound) && lost(err)
	}
	return false
}

// refused says why a target cannot be surveyed, and what can be done about it.
func refused(name string, err error) error {
	var te *source.TargetError
	if errors.As(err, &te) || errors.Is(err, context.Canceled) {
		return err
	}
	hint := "check the host and the port, and that the server is up and lets this machine in"
	switch n := number(err); {
	case n == 1045 || n == 1698:
		hint = "name the user in the address, and give the password in MYSQL_PWD, or name a variable that holds it with ?password_env=NAME; if the server wants TLS, ?tls=true or ?tls=skip-verify"
	case n == 3159:
		hint = "add ?tls=true, or ?tls=skip-verify where its certificate is not signed by a known authority"
	case n == 1044 || n == 1049:
		hint = "an address without a database, such as mysql://user@host/, reads every database that the login is shown"
	case n != 0:
		hint = "docs/sources.md says what a survey needs of the server"
	case strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "x509") || errors.Is(err, driver.ErrNoTLS):
		return &source.TargetError{Err: fmt.Errorf("scan %s: the server offers no TLS, or a certificate that is not trusted", name),
			Hint: "?tls=skip-verify asks for TLS and looks at no certificate"}
	}
	return &source.TargetError{Err: fmt.Errorf("scan %s: %w", name, cold(err)), Hint: hint}
}
