package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/record/rows"
	"github.com/chartroom/chartroom/source"
)

// Large tables are read in parts, by where their rows stand: from version 14 on the server goes to a range of pages without reading
// what is before it. The transaction of the first part, which ends when that is closed, keeps the table from being written anew by
// VACUUM FULL or CLUSTER, so that all rows stay where they are; and all parts are read by one snapshot.
const (
	partSize    = 32 << 20 // bytes of pages
	divideSince = 14_00_00 // server_version_num
)

// divide makes t the first part of a large table, and gives the others; nil where it is read as one.
func (d *Database) divide(ctx context.Context, s *session, t *table, cols []column) ([]source.Part, error) {
	c, err := d.cutsOf(ctx, s, t, cols)
	if err != nil || c.n < 2 {
		return nil, err
	}
	var rest []source.Part
	at := s.at
	for i := range c.n - 1 {
		p := *t
		p.where = c.where(i + 1)
		rest = append(rest, func(ctx context.Context) (io.ReadCloser, error) {
			return d.part(ctx, func(ctx context.Context) (*reading, error) {
				s, err := d.begin(ctx)
				if err == nil && s.at != at {
					s.close()
					err = errMoved
				}
				if err != nil {
					return nil, err
				}
				return d.reading(ctx, s, &p, cols, nil)
			})
		})
	}
	t.where = c.where(0)
	return rest, nil
}

// cuts is how a table is cut.
type cuts struct{ n, pages int64 } // parts, and how many pages each has but for the last

// cutsOf tells how a table is cut; into fewer than two where it is read as one. One with long values is, as these come by statements of
// their own, and one with binary values, whose number is told.
func (d *Database) cutsOf(ctx context.Context, s *session, t *table, cols []column) (c cuts, err error) {
	special := func(c column) bool { return c.long || c.Kind == rows.Binary }
	if d.facts.version < divideSince || t.kind == 'f' || t.share > 0 || len(cols) == 0 || slices.ContainsFunc(cols, special) {
		return c, nil
	}
	rs, err := s.ask(ctx, "SELECT pg_relation_size($1::oid), current_setting('block_size')", t.oid)
	if err != nil || rs[0][0] == nil {
		return c, err
	}
	bytes, err1 := strconv.ParseInt(rs[0].text(0), 10, 64)
	page, err2 := strconv.ParseInt(rs[0].text(1), 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return c, errProtocol
	}
	return cuts{(bytes + partSize/2) / partSize, partSize / page}, nil
}

// where is the condition on where the rows of a part stand.
func (c cuts) where(i int64) string {
	from, to := fmt.Sprintf("ctid >= '(%d,0)'", i*c.pages), fmt.Sprintf("ctid < '(%d,0)'", (i+1)*c.pages)
	switch i {
	case 0:
		return " WHERE " + to
	case c.n - 1:
		return " WHERE " + from
	}
	return " WHERE " + from + " AND " + to
}

// errMoved says that a table cannot be read on as it was: whoever kept the moment is gone.
var errMoved = &source.GapError{Reason: estate.GapChanging, Err: errors.New("the connection that kept the moment was lost while it was read in parts")}

// part opens a part of a table, and tries again where a moment later may be better.
func (d *Database) part(ctx context.Context, open func(context.Context) (*reading, error)) (io.ReadCloser, error) {
	var r *reading
	err := source.Retry(ctx, func() (_ bool, err error) {
		r, err = open(ctx)
		return passing(err), err
	})
	if err != nil {
		return nil, gap(err)
	}
	return r, nil
}

// reading begins to read the rows of a part, behind the last of which an error is told. The session is its own, or ends.
func (d *Database) reading(ctx context.Context, s *session, t *table, cols []column, last error) (*reading, error) {
	r := &reading{ctx: ctx, d: d, todo: []step{{copyRows(t, cols), -1}}, last: last}
	var err error
	if r.copy, err = newCopying(s, cols); err == nil {
		err = r.start(cols)
	} else {
		s.close()
	}
	return r, err
}
