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

// divide makes t the first part of a large table, and gives the others; nil where it is read as one. One with long values is, as these
// come by statements of their own, and one with binary values, whose number is told.
func (d *Database) divide(ctx context.Context, s *session, t *table, cols []column) ([]source.Part, error) {
	special := func(c column) bool { return c.long || c.Kind == rows.Binary }
	if d.facts.version < divideSince || t.kind == 'f' || t.share > 0 || len(cols) == 0 || slices.ContainsFunc(cols, special) {
		return nil, nil
	}
	rs, err := s.ask(ctx, "SELECT pg_relation_size($1::oid), current_setting('block_size')", t.oid)
	if err != nil || rs[0][0] == nil {
		return nil, err
	}
	bytes, err1 := strconv.ParseInt(rs[0].text(0), 10, 64)
	page, err2 := strconv.ParseInt(rs[0].text(1), 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return nil, errProtocol
	}
	n := (bytes + partSize/2) / partSize
	var rest []source.Part
	at := s.at
	for i := int64(1); i < n; i++ {
		p := *t
		p.where = fmt.Sprintf(" WHERE ctid >= '(%d,0)'", i*(partSize/page))
		if i < n-1 {
			p.where += fmt.Sprintf(" AND ctid < '(%d,0)'", (i+1)*(partSize/page))
		}
		rest = append(rest, func(ctx context.Context) (io.ReadCloser, error) { return d.part(ctx, &p, cols, at) })
	}
	if len(rest) > 0 {
		t.where = fmt.Sprintf(" WHERE ctid < '(%d,0)'", partSize/page)
	}
	return rest, nil
}

// errMoved says that a table cannot be read on as it was: whoever kept the moment is gone.
var errMoved = &source.GapError{Reason: estate.GapChanging, Err: errors.New("the connection that kept the moment was lost while it was read in parts")}

// part opens a part of a table, by the snapshot that the first part is read by.
func (d *Database) part(ctx context.Context, t *table, cols []column, at string) (io.ReadCloser, error) {
	var r *reading
	err := source.Retry(ctx, func() (bool, error) {
		s, err := d.begin(ctx)
		if err != nil {
			return passing(err), err
		}
		if s.at != at {
			s.close()
			return false, errMoved
		}
		r = &reading{ctx: ctx, d: d, todo: []step{{copyRows(t, cols), -1}}}
		if r.copy, err = newCopying(s, cols); err == nil {
			err = r.start(cols)
		} else {
			s.close()
		}
		return passing(err), err
	})
	if err != nil {
		return nil, gap(err)
	}
	return r, nil
}
