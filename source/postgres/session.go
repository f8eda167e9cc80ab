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
	at  string    // the snapshot that its transaction shows; "" = that of the moment
}

// settings make a transaction wait for nobody for long, and show values in one way. The search path is empty of what others could have put
// there. They end with the transaction, since behind a pool of connections the session is not ours alone.
var settings = fmt.Sprintf(`SET LOCAL statement_timeout = %d; SET LOCAL lock_timeout = %d; SET LOCAL idle_in_transaction_session_timeout = 0;
	SET LOCAL search_path = pg_catalog; SET LOCAL bytea_output = hex; SET LOCAL DateStyle = ISO; SET LOCAL IntervalStyle = iso_8601; SET LOCAL row_security = on;
	SET LOCAL TimeZone = 'UTC'`, queryTime.Milliseconds(), lockTime.Milliseconds())

// Beginnings of a transaction, which can only read.
const (
	now    = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
	moment = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
)

// start begins a transaction. What follows its beginning runs before the settings.
func (s *session) start(ctx context.Context, begin string) error {
	return s.exec(ctx, begin+"; "+settings)
}

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
		s.PgConn, err = pgconn.ConnectConfig(ctx, cfg)
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
