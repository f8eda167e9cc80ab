package sqlserver

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/record/rows"
	"github.com/chartroom/chartroom/source"
)

// Long values are read by themselves, behind the rows. The driver holds a value as a whole, and some of them at once, so the longest are not
// read. Lengths are in bytes, as the server keeps them.
const (
	longValue = 1 << 20
	maxValue  = 32 << 20
)

// column is one column that is read.
type column struct {
	rows.Column
	expr string // what shows the value as text, or as bytes
	long bool   // it may have values over longValue
}

// Open opens a table or view, as it is now. A connection that is lost before anything was handed on is made anew.
func (d *Database) Open(ctx context.Context, item source.Item) (body io.ReadCloser, err error) {
	t, ok := item.Ref.(*table)
	if !ok {
		return nil, &source.GapError{Reason: estate.GapUnreadable, Err: errors.New("an item of another source")}
	}
	level := readCommitted
	if d.facts.snapshot {
		level = snapshot
	}
	err = source.Retry(ctx, func() (bool, error) {
		c, err := d.connect(ctx, level)
		if err != nil {
			return passing(err), err
		}
		if body, err = d.open(ctx, c, t, level); err != nil {
			discard(c)
		}
		if level == snapshot && cannotSnapshot(err) {
			level = readCommitted
			return true, err
		}
		return passing(err), err
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, gap(err)
	}
	return body, nil
}

// cannotSnapshot tells whether something is not read in a snapshot though the database allows them: tables in memory, and views into a
// database that does not.
func cannotSnapshot(err error) bool {
	switch number(err) {
	case errNoSnapshot, 41332, 41333, 41368:
		return true
	}
	return false
}

// pass is one statement that reads a table.
type pass struct {
	query string
	only  int // the column that it reads; -1 = all
}

// reading is one table that is being read: a stream of package rows.
type reading struct {
	*source.Stream
	asked        context.Context // of whoever reads
	ctx          context.Context // of the statements
	cancel       context.CancelFunc
	conn         *sql.Conn
	q            asks
	t            *table
	cols         []column
	todo         []pass
	rows         *sql.Rows // of the first of todo, where it runs
	values, into []any
	held         []byte
	hidden       hidden
	last         error // what was not read, told behind the last row
}

// open begins to read a table.
func (d *Database) open(asked context.Context, c *sql.Conn, t *table, level string) (_ io.ReadCloser, err error) {
	ctx, cancel := context.WithTimeout(asked, readTime)
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	r := &reading{asked: asked, ctx: ctx, cancel: cancel, conn: c, q: c, t: t}
	if err := r.columns(); err != nil {
		return nil, err
	}
	if level == snapshot { // all statements show one moment
		if r.q, err = c.BeginTx(ctx, nil); err != nil {
			return nil, err
		}
	}
	var names []rows.Column
	for _, c := range r.cols {
		names = append(names, c.Column)
	}
	r.todo = r.passes()
	if r.Stream, err = source.NewStream(rows.Header(nil, names), r.fill); err != nil {
		return nil, err
	}
	return r, nil
}

// hidden is how much of a table is not shown to the login.
type hidden struct{ denied, masked, encrypted, long, filtered, through int }

// askColumns asks for the columns of a table (@p1 is its object_id, @p2 its name): may the login read it, is it encrypted by Always Encrypted, is
// it masked for the login, how many policies filter the table's rows, and how many columns are masked in the tables that a view may show. Of a view, any
// policy of the database may be one. What the server keeps for itself in a graph is left out.
const askColumns = `SELECT c.name, CASE WHEN c.system_type_id <> 240 THEN TYPE_NAME(c.system_type_id) WHEN c.user_type_id IN (128, 129, 130) THEN TYPE_NAME(c.user_type_id) ELSE 'clr' END,
	c.max_length, COALESCE(HAS_PERMS_BY_NAME(@p2, 'OBJECT', 'SELECT', c.name, 'COLUMN'), 1), CASE WHEN c.encryption_type IS NULL THEN 0 ELSE 1 END,
	CASE WHEN c.is_masked = 0 OR HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UNMASK') = 1 OR HAS_PERMS_BY_NAME(@p2, 'OBJECT', 'UNMASK', c.name, 'COLUMN') = 1 THEN 0 ELSE 1 END,
	(SELECT COUNT(*) FROM sys.security_predicates p JOIN sys.security_policies s ON s.object_id = p.object_id WHERE p.predicate_type = 0 AND s.is_enabled = 1
		AND (p.target_object_id = c.object_id OR OBJECTPROPERTY(c.object_id, 'IsView') = 1)),
	(SELECT COUNT(*) FROM sys.columns m WHERE m.is_masked = 1 AND OBJECTPROPERTY(c.object_id, 'IsView') = 1 AND HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UNMASK') = 0)
	FROM sys.columns c WHERE c.object_id = @p1 AND NOT (c.is_hidden = 1 AND c.generated_always_type = 0) ORDER BY c.column_id`

// columns asks for the columns that can be read.
func (r *reading) columns() error {
	rs, err := ask(r.ctx, r.conn, askColumns, r.t.id, r.from())
	if err != nil {
		return err
	}
	if len(rs) == 0 {
		return &source.GapError{Reason: estate.GapVanished, Err: errors.New("it is gone, or the login has no right to it any more")}
	}
	if len(rs) > rows.MaxColumns {
		return &source.GapError{Reason: estate.GapLimit, Err: fmt.Errorf("it has over %d columns", rows.MaxColumns)}
	}
	for _, c := range rs {
		switch {
		case c[3] != "1":
			r.hidden.denied++
		case c[4] == "1":
			r.hidden.encrypted++
		case c[5] == "1":
			r.hidden.masked++
		default:
			r.cols = append(r.cols, columnOf(c[0], c[1], c[2]))
		}
		if c[6] != "0" {
			r.hidden.filtered = 1
		}
		if c[7] != "0" {
			r.hidden.through = 1
		}
	}
	if len(r.cols) == 0 {
		return r.hidden.told("nothing of it was read")
	}
	return nil
}

// told says what is hidden, or nothing.
func (h hidden) told(rest string) error {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{h.denied, "columns on which the login has no SELECT: %d"}, {h.masked, "columns that are masked, as the login has no UNMASK: %d"}, {h.encrypted, "columns that are encrypted by Always Encrypted: %d"},
		{h.long, fmt.Sprintf("values over %d MiB: %%d", maxValue>>20)}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf(p.what, p.n))
		}
	}
	if h.filtered > 0 {
		parts = append(parts, "rows that row-level security may hide")
	}
	if h.through > 0 {
		parts = append(parts, "values that may be masked in the tables that the view shows")
	}
	if len(parts) == 0 {
		return nil
	}
	reason := estate.GapUnreadable
	switch {
	case h.encrypted > 0 && h.denied+h.masked+h.filtered+h.through == 0:
		reason = estate.GapEncrypted
	case h.long > 0 && h.denied+h.masked+h.encrypted+h.filtered+h.through == 0:
		reason = estate.GapLimit
	}
	return &source.GapError{Reason: reason, Err: errors.New(strings.Join(parts, "; ") + "; " + rest)}
}

// from is the table.
func (r *reading) from() string { return quote(r.t.schema) + "." + quote(r.t.name) }

// columnOf tells how a column is read, by its type and its length in bytes, which is -1 where it has no bound. Dates are shown as ISO 8601 has
// them, whatever the language of the login.
func columnOf(name, kind, length string) column {
	q := quote(name)
	c := column{expr: q, long: length == "-1"}
	c.Name = source.Display(name)
	switch kind {
	case "bigint", "int", "smallint", "tinyint", "decimal", "numeric", "float", "real", "char", "varchar", "nchar", "nvarchar":
	case "binary", "varbinary":
		c.Kind = rows.Binary
	case "image", "clr":
		c.Kind, c.expr, c.long = rows.Binary, "CONVERT(varbinary(max), "+q+")", true
	case "text":
		c.expr, c.long = "CONVERT(varchar(max), "+q+")", true
	case "bit":
		c.expr = "CONVERT(tinyint, " + q + ")"
	case "timestamp":
		c.expr = "CONVERT(bigint, " + q + ")"
	case "money", "smallmoney":
		c.expr = "CONVERT(varchar(40), " + q + ", 2)"
	case "date", "time", "datetime", "smalldatetime", "datetime2", "datetimeoffset":
		c.expr = "CONVERT(varchar(40), " + q + ", 121)"
	case "uniqueidentifier":
		c.expr = "CONVERT(char(36), " + q + ")"
	case "sql_variant":
		c.expr = "CONVERT(nvarchar(4000), " + q + ")"
	case "hierarchyid", "geometry", "geography": // the server's own types
		c.expr, c.long = q+".ToString()", kind != "hierarchyid"
	default: // xml, ntext, json, vector, and what is to come
		c.expr, c.long = "CONVERT(nvarchar(max), "+q+")", true
	}
	return c
}

// passes are the statements that read a table: its rows without their long values, and then those of each column.
func (r *reading) passes() []pass {
	var exprs []string
	out := []pass{{only: -1}}
	for i, c := range r.cols {
		if !c.long {
			exprs = append(exprs, c.expr)
			continue
		}
		size := "DATALENGTH(" + c.expr + ")"
		exprs = append(exprs, fmt.Sprintf("CASE WHEN %s > %d THEN NULL ELSE %s END", size, longValue, c.expr))
		out = append(out, pass{fmt.Sprintf("SELECT CASE WHEN %s > %d THEN NULL ELSE %s END FROM %s WHERE %s > %d", size, maxValue, c.expr, r.from(), size, longValue), i})
	}
	out[0].query = "SELECT " + strings.Join(exprs, ", ") + " FROM " + r.from()
	return out
}

// fill makes the next part of the stream ready.
func (r *reading) fill(out []byte) (_ []byte, err error) {
	for len(out) < source.StreamPart {
		switch {
		case r.rows != nil && r.rows.Next():
			if err = r.rows.Scan(r.into...); err == nil {
				out = r.row(out)
			}
		case r.rows != nil:
			err = errors.Join(r.rows.Err(), r.rows.Close())
			r.rows, r.todo = nil, r.todo[1:]
		case len(r.todo) > 0:
			err = r.begin()
		default:
			if r.last = r.hidden.told("the rest was read"); r.last != nil { // and then the stream has no end: see Read
				return out, io.EOF
			}
			return append(out, 0), io.EOF
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// begin runs the next statement.
func (r *reading) begin() (err error) {
	n := 1
	if r.todo[0].only < 0 {
		n = len(r.cols)
	}
	r.values, r.into = places(n)
	r.rows, err = r.q.QueryContext(r.ctx, r.todo[0].query)
	return err
}

// row appends a row. That of a long value has it alone.
func (r *reading) row(out []byte) []byte {
	only := r.todo[0].only
	if only >= 0 && r.values[0] == nil {
		r.hidden.long++
		return out
	}
	out = append(out, 1)
	for i := range r.cols {
		switch {
		case only < 0:
			out = r.value(out, r.values[i])
		case i == only:
			out = r.value(out, r.values[0])
		default:
			out = append(out, 0)
		}
	}
	return out
}

// value appends a value.
func (r *reading) value(out []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(out, 0)
	case []byte:
		return append(binary.AppendUvarint(out, uint64(len(v))+1), v...)
	case string:
		return append(binary.AppendUvarint(out, uint64(len(v))+1), v...)
	}
	r.held = text(r.held[:0], v)
	return append(binary.AppendUvarint(out, uint64(len(r.held))+1), r.held...)
}

// Read gives the next part of the stream.
func (r *reading) Read(p []byte) (int, error) {
	n, err := r.Stream.Read(p)
	return n, source.Outcome(r.asked, err, &r.last, cold)
}

// Close gives the connection back, or ends it where it is in the middle of something. Of a snapshot, what was read cannot have changed.
func (r *reading) Close() error {
	defer r.cancel()
	if !r.Whole() || r.ctx.Err() != nil {
		r.cancel()
		r.Stop()
		discard(r.conn)
		return nil
	}
	if tx, ok := r.q.(*sql.Tx); ok {
		if err := tx.Rollback(); err != nil { // nothing was written, so nothing can be lost
			discard(r.conn)
			return nil
		}
	}
	r.conn.Close()
	return nil
}
