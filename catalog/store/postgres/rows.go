package postgres

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
)

// Formats of values.
const (
	textFormat   = 0
	binaryFormat = 1
)

// Sizes of the pieces by which an answer is read, in rows and in bytes.
const (
	firstPiece   = 64
	largestPiece = 4096
	pieceBytes   = 1 << 20
)

// QueryContext implements driver.QueryerContext. Within a transaction an answer is read by pieces, and others may be asked meanwhile;
// outside of one it is read whole.
func (c *conn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.broken {
		return nil, driver.ErrBadConn
	}
	s, err := c.prepare(ctx, text, args)
	if err != nil {
		return nil, err
	}
	r := &rows{c: c, ctx: ctx, s: s}
	within := c.pg.TxStatus() == 'T'
	if within {
		r.portal, r.piece = c.name("p"), firstPiece
	}
	if err := c.bind(r.portal, s, args); err != nil {
		return nil, err
	}
	err = r.fetch()
	if c.broken && !within && strings.HasPrefix(text, "SELECT") && ctx.Err() == nil {
		err = driver.ErrBadConn // it stood idle when it was lost, and another one serves as well
	}
	return r, err
}

// rows is an answer.
type rows struct {
	c      *conn
	ctx    context.Context
	s      *statement
	portal string
	piece  uint32 // rows of the next piece; 0 = all
	more   bool   // there are further pieces

	data  []byte
	cells []int // lengths; -1 is NULL
	next  int   // cell
	at    int   // byte
}

// fetch reads the next piece.
func (r *rows) fetch() (err error) {
	r.data, r.cells, r.next, r.at = r.data[:0], r.cells[:0], 0, 0
	r.c.pg.Frontend().SendExecute(&pgproto3.Execute{Portal: r.portal, MaxRows: r.piece})
	_, r.more, err = r.c.answers(r.ctx, func(values [][]byte) {
		for _, v := range values {
			if v == nil {
				r.cells = append(r.cells, -1)
				continue
			}
			r.data, r.cells = append(r.data, v...), append(r.cells, len(v))
		}
	})
	switch {
	case r.piece == 0:
	case len(r.data) < pieceBytes/2:
		r.piece = min(2*r.piece, largestPiece)
	case len(r.data) > 2*pieceBytes:
		r.piece = max(r.piece/2, 1)
	}
	return err
}

// Columns implements driver.Rows.
func (r *rows) Columns() []string { return r.s.columns }

// Close implements driver.Rows. The server hears of it with the next statement.
func (r *rows) Close() error {
	if r.portal != "" && !r.c.broken {
		r.c.pg.Frontend().SendClose(&pgproto3.Close{ObjectType: 'P', Name: r.portal})
		r.c.waiting++
	}
	r.portal, r.more = "", false
	return nil
}

// Next implements driver.Rows.
func (r *rows) Next(dest []driver.Value) error {
	for r.next == len(r.cells) {
		if !r.more {
			return io.EOF
		}
		if err := r.fetch(); err != nil {
			r.more = false
			return err
		}
	}
	for i := range dest {
		n := r.cells[r.next]
		r.next++
		if n < 0 {
			dest[i] = nil
			continue
		}
		v, err := decode(r.s.types[i], r.data[r.at:r.at+n:r.at+n])
		if err != nil {
			return fmt.Errorf("column %s: %w", r.s.columns[i], err)
		}
		dest[i] = v
		r.at += n
	}
	return nil
}

// format is how values of a type are sent.
func format(t uint32) int16 {
	switch t {
	case pgtype.Int8OID, pgtype.Int4OID, pgtype.BoolOID, pgtype.Float8OID, pgtype.ByteaOID:
		return binaryFormat
	}
	return textFormat
}

// decode reads a value in the format of its type. What has no type of its own in database/sql, such as the sum of numbers, is text.
func decode(t uint32, b []byte) (driver.Value, error) {
	wrong := func(n int) error {
		if len(b) != n {
			return fmt.Errorf("the server sent %d bytes for %d", len(b), n)
		}
		return nil
	}
	switch t {
	case pgtype.Int8OID:
		if err := wrong(8); err != nil {
			return nil, err
		}
		return int64(binary.BigEndian.Uint64(b)), nil
	case pgtype.Int4OID:
		if err := wrong(4); err != nil {
			return nil, err
		}
		return int64(int32(binary.BigEndian.Uint32(b))), nil
	case pgtype.BoolOID:
		if err := wrong(1); err != nil {
			return nil, err
		}
		return b[0] != 0, nil
	case pgtype.Float8OID:
		if err := wrong(8); err != nil {
			return nil, err
		}
		return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
	case pgtype.ByteaOID:
		return b, nil
	}
	return string(b), nil
}
