package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
)

// conn is a connection. It belongs to one goroutine at a time.
type conn struct {
	pg       *pgconn.PgConn
	prepared map[string]*statement // by their texts, as they came
	names    int                   // given to statements and portals

	waiting int // statements that were sent, and have no answer yet
	bytes   int // of their arguments
	broken  bool
}

// statement is what the server knows of one.
type statement struct {
	name    string
	params  []uint32 // types
	columns []string
	types   []uint32
	formats []int16 // of the columns
}

// Limits of what is sent together: the answers to so many statements fit into any socket, so that neither side waits for the other.
const (
	maxWaiting      = 200
	maxWaitingBytes = 1 << 20
	maxPrepared     = 500 // statements that a connection remembers
)

// prepare makes a statement known to the server, which finds the types of its arguments. Beside a literal it takes numbers for 32 bits wide:
// once one comes that is wider, all are.
func (c *conn) prepare(ctx context.Context, text string, args []driver.NamedValue) (*statement, error) {
	s, err := c.prepared[text], error(nil)
	if s == nil {
		if s, err = c.parse(ctx, text, nil); err != nil {
			return nil, err
		}
	}
	for i, t := range s.params[:min(len(s.params), len(args))] {
		if n, _ := args[i].Value.(int64); t == pgtype.Int4OID && int64(int32(n)) != n {
			return c.parse(ctx, text, widened(s.params))
		}
	}
	return s, nil
}

func (c *conn) parse(ctx context.Context, text string, types []uint32) (*statement, error) {
	if _, _, err := c.settle(ctx); err != nil {
		return nil, err
	}
	if len(c.prepared) >= maxPrepared {
		if _, err := c.simple(ctx, "DEALLOCATE ALL"); err != nil {
			return nil, err
		}
		clear(c.prepared)
	}
	name, idle := c.name("s"), c.pg.TxStatus() == 'I'
	stop := c.watch(ctx)
	d, err := c.pg.Prepare(context.Background(), name, translate(text), types)
	stop()
	switch {
	case err != nil && c.pg.IsClosed() && idle:
		return nil, driver.ErrBadConn // another connection serves as well
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	}
	s := &statement{name: name, params: d.ParamOIDs}
	for _, f := range d.Fields {
		s.columns, s.types, s.formats = append(s.columns, f.Name), append(s.types, f.DataTypeOID), append(s.formats, format(f.DataTypeOID))
	}
	c.prepared[text] = s
	return s, nil
}

// widened are the same types, with numbers that are 64 bits wide.
func widened(types []uint32) []uint32 {
	wide := slices.Clone(types)
	for i, t := range wide {
		if t == pgtype.Int4OID {
			wide[i] = pgtype.Int8OID
		}
	}
	return wide
}

func (c *conn) name(kind string) string {
	c.names++
	return kind + strconv.Itoa(c.names)
}

// bind sends the arguments of a statement to a portal.
func (c *conn) bind(portal string, s *statement, args []driver.NamedValue) error {
	if len(args) != len(s.params) {
		return fmt.Errorf("%d arguments came to a statement that takes %d", len(args), len(s.params))
	}
	m := &pgproto3.Bind{DestinationPortal: portal, PreparedStatement: s.name, ParameterFormatCodes: make([]int16, len(args)),
		Parameters: make([][]byte, len(args)), ResultFormatCodes: s.formats}
	for i, a := range args {
		switch v := a.Value.(type) {
		case nil:
		case int64:
			m.Parameters[i] = strconv.AppendInt(nil, v, 10)
		case bool:
			m.Parameters[i] = []byte{'0'}
			if v {
				m.Parameters[i][0] = '1'
			}
		case float64:
			m.Parameters[i] = strconv.AppendFloat(nil, v, 'g', -1, 64)
		case string:
			m.Parameters[i] = []byte(Plain(v))
		case []byte:
			m.Parameters[i], m.ParameterFormatCodes[i] = v, binaryFormat
			if v == nil {
				m.Parameters[i] = nil
			}
		}
		c.bytes += len(m.Parameters[i])
	}
	c.pg.Frontend().SendBind(m)
	return nil
}

// settle waits for the answers to all that was sent.
func (c *conn) settle(ctx context.Context) (tag pgconn.CommandTag, suspended bool, err error) {
	if c.waiting == 0 {
		return tag, false, nil
	}
	return c.answers(ctx, func([][]byte) {})
}

// answers ends what was sent, and reads what comes back: rows go to row, and of the last statement it tells the outcome and whether
// there are more rows. After an error
// the server did nothing more. When the context ends, the server is asked to stop.
func (c *conn) answers(ctx context.Context, row func([][]byte)) (tag pgconn.CommandTag, suspended bool, err error) {
	if c.broken {
		return tag, false, driver.ErrBadConn
	}
	c.waiting, c.bytes = 0, 0
	stop := c.watch(ctx)
	defer func() {
		if stop(); err != nil && ctx.Err() != nil {
			err = ctx.Err()
		}
	}()
	front := c.pg.Frontend()
	front.SendSync(&pgproto3.Sync{})
	if err := front.Flush(); err != nil {
		return tag, false, c.breaks(err)
	}
	for {
		m, e := c.pg.ReceiveMessage(context.Background())
		if e != nil {
			return tag, false, c.breaks(e)
		}
		switch m := m.(type) {
		case *pgproto3.DataRow:
			row(m.Values)
		case *pgproto3.CommandComplete:
			tag = pgconn.NewCommandTag(string(m.CommandTag))
		case *pgproto3.PortalSuspended:
			suspended = true
		case *pgproto3.ErrorResponse:
			err = pgconn.ErrorResponseToPgError(m)
		case *pgproto3.ReadyForQuery:
			return tag, suspended, err
		}
	}
}

// breaks gives a connection up on which messages were lost.
func (c *conn) breaks(err error) error {
	c.broken = true
	return err
}

// cancelTime is how long a server may take to stop a statement.
const cancelTime = 5 * time.Second

// watch asks the server to stop when a context ends. The function that it returns ends the watch.
func (c *conn) watch(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	off := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = c.pg.Conn().SetDeadline(time.Now().Add(2 * cancelTime)) // should it not stop
		within, cancel := context.WithTimeout(context.Background(), cancelTime)
		defer cancel()
		_ = c.pg.CancelRequest(within)
	})
	return func() {
		if !off() {
			<-done
			_ = c.pg.Conn().SetDeadline(time.Time{})
		}
	}
}

// ExecContext implements driver.ExecerContext. What has no arguments may be several statements.
func (c *conn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.broken {
		return nil, driver.ErrBadConn
	}
	if len(args) == 0 && (text != "COMMIT" || c.waiting == 0) {
		return c.simple(ctx, translate(text))
	}
	s, err := c.prepare(ctx, text, args)
	if err != nil {
		return nil, err
	}
	if err := c.bind("", s, args); err != nil {
		return nil, err
	}
	c.pg.Frontend().SendExecute(&pgproto3.Execute{})
	c.waiting++
	if ctx.Value(together{}) != nil && c.pg.TxStatus() == 'T' && c.waiting < maxWaiting && c.bytes < maxWaitingBytes {
		return driver.ResultNoRows, nil
	}
	tag, _, err := c.settle(ctx)
	if err == nil {
		err = undone(text, tag)
	}
	return driver.RowsAffected(tag.RowsAffected()), err
}

// undone tells whether the end of a transaction was another than what was asked for, which is no error to the server.
func undone(text string, tag pgconn.CommandTag) error {
	if text == "COMMIT" && tag.String() == "ROLLBACK" {
		return errors.New("the transaction had failed, and was rolled back")
	}
	return nil
}

// simple runs statements without arguments.
func (c *conn) simple(ctx context.Context, text string) (driver.Result, error) {
	if _, _, err := c.settle(ctx); err != nil && text != "ROLLBACK" {
		return nil, err
	}
	stop := c.watch(ctx)
	results, err := c.pg.Exec(context.Background(), text).ReadAll()
	stop()
	var e *pgconn.PgError
	lost := err != nil && (!errors.As(err, &e) || c.pg.IsClosed())
	switch {
	case lost && strings.HasPrefix(text, "BEGIN"):
		c.broken = true
		return nil, driver.ErrBadConn // it stood idle when it was lost, and another one serves as well
	case lost:
		c.broken = true
		return nil, err
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	}
	n := int64(0)
	for _, r := range results {
		n = r.CommandTag.RowsAffected()
		if err := undone(text, r.CommandTag); err != nil {
			return nil, err
		}
	}
	return driver.RowsAffected(n), nil
}
