package postgres

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// session is one connection. It belongs to one goroutine at a time.
type session struct {
	*pgconn.PgConn
	raw io.Reader // what the connection's bytes are read from
}

// settings make a session that can only read, waits for nobody for long, and shows values in one way. The search path is empty of
// what others could have put there.
var settings = fmt.Sprintf(`SET default_transaction_read_only = on; SET statement_timeout = %d; SET lock_timeout = %d;
	SET idle_in_transaction_session_timeout = 0; SET search_path = pg_catalog; SET bytea_output = hex; SET DateStyle = ISO; SET IntervalStyle = iso_8601;
	SET row_security = on; SET TimeZone = 'UTC'`, queryTime.Milliseconds(), lockTime.Milliseconds())

// connect makes a session. It tries again where a moment later may be better.
func (d *Database) connect(ctx context.Context) (s *session, err error) {
	err = d.patience.Connect(ctx, func() (bool, error) {
		s = &session{}
		cfg := d.cfg.Copy()
		cfg.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
			s.raw = r
			return pgproto3.NewFrontend(r, w)
		}
		var err error
		if s.PgConn, err = pgconn.ConnectConfig(ctx, cfg); err == nil {
			if err = s.exec(ctx, settings); err != nil {
				s.close()
			}
		}
		return passing(err), err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// close ends the connection without ceremony.
func (s *session) close() {
	if s != nil && s.PgConn != nil {
		done, cancel := context.WithCancel(context.Background())
		cancel() // no waiting for the server's goodbye
		_ = s.PgConn.Close(done)
	}
}

// exec runs statements without results.
func (s *session) exec(ctx context.Context, sql string) error {
	return s.PgConn.Exec(ctx, sql).Close()
}

// row is one row of an answer, as text; nil is null.
type row [][]byte

func (r row) text(i int) string { return string(r[i]) }
func (r row) bool(i int) bool   { return len(r[i]) > 0 && r[i][0] == 't' }

// ask runs a query, and gives its rows. Parameters are written $1 and so on, and are text.
func (s *session) ask(ctx context.Context, sql string, params ...string) ([]row, error) {
	args := make([][]byte, len(params))
	for i, p := range params {
		args[i] = []byte(p)
	}
	res := s.ExecParams(ctx, sql, args, nil, nil, nil).Read()
	out := make([]row, len(res.Rows))
	for i, r := range res.Rows {
		out[i] = r
	}
	return out, res.Err
}

// quote writes a name as SQL has it.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal writes a text as SQL has it.
func literal(text string) string {
	if strings.ContainsRune(text, '\\') {
		return ` E'` + strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), `'`, `''`) + `'`
	}
	return `'` + strings.ReplaceAll(text, `'`, `''`) + `'`
}
