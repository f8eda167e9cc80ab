package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/record/rows"
	"github.com/chartroom/chartroom/source"
)

// Long values are read by themselves, in pieces, as a row comes as a whole. Lengths are in bytes.
const (
	longValue = 1 << 20
	piece     = 4 << 20
	maxLong   = 1 << 17 // long values of one table
)

// column is one column that is read.
type column struct {
	rows.Column
	quoted string
	expr   string // what shows the value as text, or as bytes
	bytes  string // what shows it as the bytes that expr gives
	long   bool   // it may have values over longValue
}

// Open opens a table, as it is now. A connection that is lost before anything was handed on is made anew.
func (d *Database) Open(ctx context.Context, item source.Item) (body io.ReadCloser, err error) {
	return d.OpenSample(ctx, item, source.Draw{})
}

// OpenSample opens a table, and where it has many rows only those that a draw takes, as package source has it.
func (d *Database) OpenSample(ctx context.Context, item source.Item, draw source.Draw) (body io.ReadCloser, err error) {
	t, ok := item.Ref.(*table)
	if !ok {
		return nil, &source.GapError{Reason: estate.GapUnreadable, Err: errors.New("an item of another source")}
	}
	err = source.Retry(ctx, func() (bool, error) {
		s, fresh, err := d.take(ctx)
		if err != nil {
			return passing(err), err
		}
		body, err = d.open(ctx, s, t, draw)
		if err != nil {
			s.Close()
		}
		return passing(err) || !fresh && lost(err), err
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, gap(err)
	}
	return body, nil
}

// take gives a session, made just now or not.
func (d *Database) take(ctx context.Context) (s *session, fresh bool, err error) {
	d.mu.Lock()
	if n := len(d.idle); n > 0 {
		s, d.idle = d.idle[n-1], d.idle[:n-1]
	}
	d.mu.Unlock()
	if s != nil {
		return s, false, nil
	}
	s, err = d.connect(ctx)
	return s, true, err
}

// give takes a session back whose work is done.
func (d *Database) give(s *session) {
	if err := s.exec(context.Background(), "COMMIT"); err != nil {
		s.Close()
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over {
		s.Close()
		return
	}
	d.idle = append(d.idle, s)
}

// reading is one table that is being read: a stream of package rows.
type reading struct {
	*source.Stream
	ctx    context.Context
	cancel context.CancelFunc
	d      *Database
	s      *session
	t      *table
	cols   []column
	rows   sqldriver.Rows // of the statement that runs; nil where none does
	values []sqldriver.Value
	held   []byte
	key    []column // of the primary key, empty where there is none
	todo   []int    // columns whose long values are to come
	found  []long   // of the first of todo
	looked bool     // found is of the first of todo
	at     int64    // in the first of found
	last   error    // what was not read, told behind the last row
	draw
}

// long is one long value.
type long struct {
	where string
	size  int64
}

// open begins to read a table.
func (d *Database) open(ctx context.Context, s *session, t *table, draw source.Draw) (_ io.ReadCloser, err error) {
	ctx, cancel := context.WithCancel(ctx)
	r := &reading{ctx: ctx, cancel: cancel, d: d, s: s, t: t}
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	if err := s.exec(ctx, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"); err != nil {
		return nil, err
	}
	if err := r.columns(); err != nil {
		return nil, err
	}
	if err := r.sample(draw); err != nil {
		return nil, err
	}
	var names []rows.Column
	var exprs []string
	for i := range r.cols {
		c := &r.cols[i]
		names = append(names, c.Column)
		expr := c.expr
		if c.long {
			expr = fmt.Sprintf("IF(OCTET_LENGTH(%s) > %d, NULL, %s)", c.bytes, longValue, c.expr)
			r.todo = append(r.todo, i)
		}
		exprs = append(exprs, expr)
	}
	if r.rows, err = s.query(ctx, "SELECT "+strings.Join(exprs, ", ")+" FROM "+r.from()+r.drawn()); err != nil {
		return nil, err
	}
	r.values = make([]sqldriver.Value, len(r.cols))
	if r.Stream, err = source.NewStream(rows.Header(nil, names), r.fill); err != nil {
		return nil, err
	}
	if r.share > 0 {
		return &sampled{r}, nil
	}
	return r, nil
}

// from is the table, with all that its rows ever were.
func (r *reading) from() string {
	name := quote(r.d.schema) + "." + quote(r.t.name)
	if r.t.history {
		name += " FOR SYSTEM_TIME ALL"
	}
	return name
}

// columns asks for the columns that the login may read, and the primary key.
func (r *reading) columns() error {
	rs, err := r.s.ask(r.ctx, `SELECT COLUMN_NAME, LOWER(DATA_TYPE), LOWER(COLUMN_TYPE), FIND_IN_SET('select', PRIVILEGES) > 0, COLUMN_KEY = 'PRI'
		FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`, r.d.schema, r.t.name)
	if err != nil {
		return err
	}
	hidden := 0
	for _, c := range rs {
		if c[3] != "1" {
			hidden++
			continue
		}
		col := columnOf(c[0], c[1], c[2])
		if r.cols = append(r.cols, col); c[4] == "1" {
			r.key = append(r.key, col)
		}
	}
	if len(r.cols) > 0 {
		// Columns that the login has no right to at all are not named to it.
		_, err := r.s.ask(r.ctx, "SELECT * FROM "+r.from()+" LIMIT 0")
		if n := number(err); n == errTableDenied || n == errColumnDenied || hidden > 0 {
			r.last, r.key = errors.New("the login has no SELECT on some of its columns; the others were read"), nil
			return nil
		}
		return err
	}
	// Nothing is named: the table is gone, or the login may do something else with it.
	if _, err := r.s.ask(r.ctx, "SELECT 1 FROM "+r.from()+" LIMIT 0"); err != nil {
		return err
	}
	return &source.GapError{Reason: estate.GapUnreadable, Err: errors.New("the login has no SELECT on it")}
}

// columnOf tells how a column is read, by its type.
func columnOf(name, kind, full string) column {
	c := column{quoted: quote(name)}
	c.Name, c.expr = source.Display(name), c.quoted
	c.bytes = c.quoted
	switch kind {
	case "bit":
		c.expr = "CAST(" + c.quoted + " AS UNSIGNED)"
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector":
		c.Kind = rows.Binary
	case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection":
		c.expr = "ST_AsText(" + c.quoted + ")"
	}
	switch kind {
	case "mediumblob", "longblob":
		c.long = true
	case "mediumtext", "longtext", "json":
		c.long = true
		c.bytes = "CAST(CONVERT(" + c.quoted + " USING utf8mb4) AS BINARY)"
	}
	if strings.Contains(full, "zerofill") { // its leading zeros are part of it
		c.expr = "CAST(" + c.quoted + " AS CHAR)"
	}
	return c
}

// fill makes the next part of the stream ready.
func (r *reading) fill(out []byte) (_ []byte, err error) {
	for len(out) < source.StreamPart {
		switch {
		case r.rows != nil:
			err = r.rows.Next(r.values)
			if err == io.EOF {
				err = r.rows.Close()
				r.rows = nil
			} else if err == nil {
				r.taken++
				out = r.row(out)
			}
		case len(r.todo) > 0 && !r.looked:
			err = r.look()
		case len(r.todo) > 0 && len(r.found) == 0:
			r.todo, r.looked = r.todo[1:], false
		case len(r.todo) > 0:
			out, err = r.piece(out)
		case r.last != nil: // and then the stream has no end: see Read
			return out, io.EOF
		default:
			return append(out, 0), io.EOF
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// row appends a row.
func (r *reading) row(out []byte) []byte {
	out = append(out, 1)
	for _, v := range r.values {
		switch v := v.(type) {
		case nil:
			out = append(out, 0)
		case []byte:
			out = append(binary.AppendUvarint(out, uint64(len(v))+1), v...)
		default:
			r.held = text(r.held[:0], v)
			out = append(binary.AppendUvarint(out, uint64(len(r.held))+1), r.held...)
		}
	}
	return out
}

// look finds the long values of a column: by the primary key, or else by their place among the long ones, which is the same
// whenever the snapshot is asked.
func (r *reading) look() error {
	c := &r.cols[r.todo[0]]
	r.looked, r.found, r.at = true, nil, 0
	filter := fmt.Sprintf("OCTET_LENGTH(%s) > %d", c.bytes, longValue)
	exprs := []string{"OCTET_LENGTH(" + c.bytes + ")"}
	for _, k := range r.key {
		exprs = append(exprs, k.quoted)
	}
	rs, err := r.s.query(r.ctx, "SELECT "+strings.Join(exprs, ", ")+" FROM "+r.from()+" WHERE "+filter+" LIMIT "+strconv.Itoa(maxLong+1))
	if err != nil {
		return err
	}
	defer rs.Close()
	values := make([]sqldriver.Value, len(exprs))
	at := 0 // among the long ones
	for {
		if err := rs.Next(values); err != nil {
			if err == io.EOF {
				err = nil
			}
			return err
		}
		if len(r.found) == maxLong {
			r.last = fmt.Errorf("more than %d values of a column are over %d MiB; the others were read", maxLong, longValue>>20)
			continue
		}
		at++
		if r.share > 0 && r.rng.Float64() >= r.share {
			continue
		}
		l := long{where: filter + " LIMIT 1 OFFSET " + strconv.Itoa(at-1)}
		l.size, _ = strconv.ParseInt(string(text(nil, values[0])), 10, 64)
		if len(r.key) > 0 && !r.t.history {
			var equal []string
			for i, k := range r.key {
				equal = append(equal, k.quoted+" = "+literal(k, values[1+i]))
			}
			l.where = strings.Join(equal, " AND ")
		}
		r.found = append(r.found, l)
	}
}

// literal writes a value of a key as SQL has it.
func literal(c column, v sqldriver.Value) string {
	b := text(nil, v)
	if _, isText := v.([]byte); !isText {
		return string(b)
	}
	if c.Kind == rows.Binary {
		return "x'" + hex.EncodeToString(b) + "'"
	}
	return "CONVERT(x'" + hex.EncodeToString(b) + "' USING utf8mb4)"
}

// errCutValue says that a long value did not come as its length says.
var errCutValue = &source.GapError{Reason: estate.GapUnreadable, Err: errors.New("a long value did not come whole")}

// piece appends the next piece of a long value, which is a row of its own.
func (r *reading) piece(out []byte) ([]byte, error) {
	i, l := r.todo[0], r.found[0]
	if r.at == 0 {
		out = append(out, 1)
		for range i {
			out = append(out, 0)
		}
		out = binary.AppendUvarint(out, uint64(l.size)+1)
	}
	rs, err := r.s.query(r.ctx, fmt.Sprintf("SELECT SUBSTRING(%s, %d, %d) FROM %s WHERE %s", r.cols[i].bytes, r.at+1, piece, r.from(), l.where))
	if err != nil {
		return out, err
	}
	defer rs.Close()
	values := make([]sqldriver.Value, 1)
	if err := rs.Next(values); err != nil {
		if err == io.EOF {
			err = errCutValue
		}
		return out, err
	}
	part, _ := values[0].([]byte)
	if want := min(l.size-r.at, piece); int64(len(part)) != want {
		return out, errCutValue
	}
	out = append(out, part...)
	if r.at += int64(len(part)); r.at == l.size {
		for range len(r.cols) - i - 1 {
			out = append(out, 0)
		}
		r.found, r.at = r.found[1:], 0
	}
	return out, nil
}

// Read gives the next part of the stream.
func (r *reading) Read(p []byte) (int, error) {
	n, err := r.Stream.Read(p)
	return n, source.Outcome(r.ctx, err, &r.last, cold)
}

// Close gives the session back, or ends it where it is in the middle of something. What was read cannot have changed: it is as
// it was when the reading began.
func (r *reading) Close() error {
	defer r.cancel()
	if r.Whole() && r.ctx.Err() == nil {
		r.d.give(r.s)
		return nil
	}
	r.cancel()
	r.Stop()
	r.s.Close() // nothing was written, so nothing can be lost
	return nil
}
