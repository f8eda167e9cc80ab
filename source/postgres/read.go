package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/record/rows"
	"github.com/chartroom/chartroom/source"
)

// errGone says that a table was dropped since it was listed.
var errGone = &source.GapError{Reason: estate.GapVanished, Err: errors.New("the table is gone")}

// readTime is how long the server may take for one item at most.
const readTime = 24 * time.Hour

// Open opens an item, by the snapshot of the listing. A connection that is lost before anything was handed on is made anew.
func (d *Database) Open(ctx context.Context, item source.Item) (body io.ReadCloser, err error) {
	return d.open(ctx, item, &wish{})
}

// OpenSample opens an item, and of a table with many rows only the rows that a draw takes, as package source has it.
func (d *Database) OpenSample(ctx context.Context, item source.Item, draw source.Draw) (io.ReadCloser, error) {
	return d.open(ctx, item, &wish{draw: draw})
}

// OpenParts opens an item, and of a large table the first part.
func (d *Database) OpenParts(ctx context.Context, item source.Item) (first io.ReadCloser, rest []source.Part, err error) {
	w := &wish{parts: true}
	first, err = d.open(ctx, item, w)
	return first, w.rest, err
}

// wish is how an item is to be opened.
type wish struct {
	draw  source.Draw   // a sample of it
	parts bool          // in parts
	rest  []source.Part // behind the first
}

func (d *Database) open(ctx context.Context, item source.Item, w *wish) (body io.ReadCloser, err error) {
	err = source.Retry(ctx, func() (bool, error) {
		s, err := d.begin(ctx)
		if err != nil {
			return passing(err), err
		}
		switch ref := item.Ref.(type) {
		case *table:
			t := *ref // Open may be called again
			body, err = d.openTable(ctx, s, &t, w)
		case *object:
			body, err = d.openObject(ctx, s, ref)
		default:
			err = errors.New("an item of another source")
		}
		if err != nil {
			s.close()
		}
		return passing(err), err
	})
	if err != nil {
		return nil, gap(err)
	}
	return body, nil
}

// begin gives a session with a transaction that shows the moment of the listing.
func (d *Database) begin(ctx context.Context) (*session, error) {
	broken := ""
	for {
		snapshot, err := d.lead(ctx, broken)
		if err != nil {
			return nil, err
		}
		s, fresh, err := d.take(ctx)
		if err != nil {
			return nil, err
		}
		if err = s.show(ctx, snapshot); err == nil {
			return s, nil
		}
		s.close()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !fresh: // it waited for too long
		case broken != "" && momentGone(err): // and again
			return nil, io.ErrUnexpectedEOF
		case broken != "":
			return nil, err
		default:
			broken = snapshot // whoever kept it is gone
		}
	}
}

// show begins a transaction that shows the moment of a snapshot, in which items are read.
func (s *session) show(ctx context.Context, snapshot string) error {
	err := s.start(ctx, moment+"; SET TRANSACTION SNAPSHOT "+literal(snapshot))
	if err == nil {
		err = s.exec(ctx, fmt.Sprintf("SET LOCAL statement_timeout = %d", readTime.Milliseconds()))
	}
	s.at = snapshot
	return err
}

// momentGone tells whether an error says that a snapshot's connection has ended: 42704 from version 16 on, 22023 before it, and 55000
// where it ended just now (PostgreSQL, src/backend/utils/time/snapmgr.c and procarray.c).
func momentGone(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "42704" || pg.Code == "22023" || pg.Code == "55000")
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
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.exec(ctx, "COMMIT"); err != nil {
		s.close()
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over {
		s.close()
		return
	}
	d.idle = append(d.idle, s)
}

// reading is one table that is being read: a stream of package rows.
type reading struct {
	*source.Stream
	ctx  context.Context
	d    *Database
	copy *copying
	todo []step
	last error       // what was not read, told behind the last row
	stop func() bool // ends the watch on the context
}

// step is one statement, and the column whose long values it gives; -1 = all rows.
type step struct {
	sql    string
	column int
}

// openTable begins to read a table. What is ready at first is fetched here, so that most errors are Open's.
func (d *Database) openTable(ctx context.Context, s *session, t *table, w *wish) (io.ReadCloser, error) {
	cols, hidden, err := s.columns(ctx, t)
	if err != nil {
		return nil, err
	}
	if err := s.sample(ctx, t, w.draw); err != nil {
		return nil, err
	}
	if err := s.measure(ctx, t, cols); err != nil {
		return nil, err
	}
	r := &reading{ctx: ctx, d: d, last: unseen(t, hidden)}
	if w.parts {
		if w.rest, err = d.divide(ctx, s, t, cols); err != nil {
			return nil, err
		}
	}
	if len(cols) > 0 {
		r.todo = append(r.todo, step{copyRows(t, cols), -1})
		for i := range cols {
			if cols[i].long {
				r.todo = append(r.todo, step{copyLong(t, &cols[i]), i})
			}
		}
	}
	if r.copy, err = newCopying(s, cols); err != nil {
		return nil, err
	}
	if err := r.start(cols); err != nil {
		return nil, err
	}
	if t.share > 0 {
		return &sampled{r, t.share, t.rows}, nil
	}
	return r, nil
}

// unseen tells what the login does not see of a table.
func unseen(t *table, hidden int) error {
	switch {
	case t.hidden:
		return errors.New("row-level security hides rows from this login; what it may see was read")
	case hidden > 0:
		return fmt.Errorf("the login has no SELECT on %d of its columns; the others were read", hidden)
	}
	return nil
}

// start begins the stream.
func (r *reading) start(cols []column) (err error) {
	conn := r.copy.conn.Conn
	r.stop = context.AfterFunc(r.ctx, func() { conn.Close() })
	if r.Stream, err = source.NewStream(header(cols), r.fill); err != nil {
		r.stop()
		conn.Close()
		if r.ctx.Err() != nil {
			return r.ctx.Err()
		}
	}
	return err
}

// header begins a stream of rows.
func header(cols []column) []byte {
	var names []rows.Column
	for i := range cols {
		names = append(names, cols[i].Column)
	}
	return rows.Header(make([]byte, 0, source.StreamPart+4096), names)
}

// fill makes the next part of the stream ready.
func (r *reading) fill(out []byte) (_ []byte, err error) {
	for len(out) < source.StreamPart {
		if r.copy.busy {
			if out, err = r.copy.fill(out); err != nil {
				return out, err
			}
			continue
		}
		if len(r.todo) > 0 {
			if err := r.copy.begin(r.todo[0]); err != nil {
				return out, err
			}
			r.todo = r.todo[1:]
			continue
		}
		if r.copy.passed > 0 && r.last == nil {
			r.last = fmt.Errorf("%d rows of over %d MiB were not read", r.copy.passed, maxLine>>20)
		}
		if r.last != nil { // and then the stream has no end: see Read
			return out, io.EOF
		}
		return append(out, 0), io.EOF
	}
	return out, nil
}

// Read gives the next part of the stream.
func (r *reading) Read(p []byte) (int, error) {
	n, err := r.Stream.Read(p)
	return n, source.Outcome(r.ctx, err, &r.last, cold)
}

// Close gives the session back, or ends it where it is in the middle of something. What was read cannot have changed: it is as
// it was at the moment of the listing.
func (r *reading) Close() error {
	if r.stop() && r.Whole() {
		if s, err := r.copy.end(); err == nil {
			r.d.give(s)
		}
		return nil
	}
	r.copy.conn.Conn.Close() // nothing was written, so nothing can be lost
	r.Stop()
	return nil
}

// largeObject is one large object that is being read.
type largeObject struct {
	ctx  context.Context
	d    *Database
	s    *session
	oid  string
	at   int64
	part []byte
	end  bool
	err  error
}

// objectPart is how much of a large object is asked for at once, in bytes.
const objectPart = 1 << 20

// openObject begins to read a large object.
func (d *Database) openObject(ctx context.Context, s *session, o *object) (*largeObject, error) {
	l := &largeObject{ctx: ctx, d: d, s: s, oid: o.oid}
	l.fetch()
	return l, l.err
}

func (l *largeObject) fetch() {
	res := l.s.ExecParams(l.ctx, "SELECT lo_get($1::oid, $2::bigint, $3::int)", [][]byte{[]byte(l.oid), fmt.Append(nil, l.at), fmt.Append(nil, objectPart)}, nil, nil, []int16{1}).Read()
	if l.err = res.Err; l.err != nil {
		return
	}
	l.part = res.Rows[0][0]
	l.at += int64(len(l.part))
	l.end = len(l.part) < objectPart
}

// Read gives the next bytes.
func (l *largeObject) Read(p []byte) (int, error) {
	if len(l.part) == 0 && !l.end && l.err == nil {
		l.fetch()
	}
	if len(l.part) > 0 {
		n := copy(p, l.part)
		l.part = l.part[n:]
		return n, nil
	}
	if l.err != nil {
		return 0, cold(l.err)
	}
	return 0, io.EOF
}

// Close gives the session back.
func (l *largeObject) Close() error {
	if l.err != nil {
		l.s.close()
	} else {
		l.d.give(l.s)
	}
	return nil
}
