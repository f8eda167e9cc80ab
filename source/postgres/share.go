package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/packed"
	"github.com/chartroom/chartroom/source"
)

// The parts of a table can be read by several processes, by the snapshot that one of them keeps as long as its listing's context lasts
// (PostgreSQL, 9.27.5 Snapshot Synchronization Functions: it can be imported as often as wanted, into any session of the same database). So they hold
// each row once whatever is written meanwhile. What no snapshot tells is that the table was written anew: rows stand elsewhere after VACUUM
// FULL or CLUSTER, and none do after TRUNCATE. That is known by its file (pg_relation_filenode), which is asked for behind a lock that keeps
// such commands waiting. A snapshot of a moment later would not do: of a row that was written between it would show both
// or neither, and the counters of a table tell of changes only some time after them.

// shared is a table that was cut.
type shared struct {
	cuts
	snapshot string
	file     string // pg_relation_filenode
}

// sharedForm is the version of what is written of it.
const sharedForm = 1

func (p *shared) append(b []byte) []byte {
	b = packed.AppendBytes(packed.AppendBytes(append(b, sharedForm), p.snapshot), p.file)
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(p.n)), uint64(p.pages))
}

func (p *shared) read(b []byte) bool {
	r := packed.NewReader(b)
	form := r.Byte(math.MaxUint8)
	p.snapshot, p.file = r.Text(128), r.Text(32)
	p.n, p.pages = r.Int64(math.MaxInt32), r.Int64(math.MaxInt32)
	return form == sharedForm && r.Done()
}

// Share implements source.Sharer.
func (d *Database) Share(ctx context.Context, item source.Item) (plan []byte, n int, err error) {
	ref, ok := item.Ref.(*table)
	if !ok {
		return nil, 0, nil
	}
	t, p := *ref, &shared{}
	err = source.Retry(ctx, func() (bool, error) {
		s, err := d.begin(ctx)
		if err != nil {
			return passing(err), err
		}
		if err = d.share(ctx, s, &t, p); err != nil {
			s.close()
			return passing(err), err
		}
		d.give(s)
		return false, nil
	})
	if err != nil {
		return nil, 0, gap(err)
	}
	if p.n < 2 || p.n > math.MaxInt32 || p.snapshot == "" {
		return nil, 0, nil
	}
	return p.append(nil), int(p.n), nil
}

func (d *Database) share(ctx context.Context, s *session, t *table, p *shared) error {
	cols, _, err := s.columns(ctx, t)
	if err == nil {
		err = s.measure(ctx, t, cols)
	}
	if err == nil {
		p.cuts, err = d.cutsOf(ctx, s, t, cols)
	}
	if err == nil && p.n > 1 {
		p.snapshot = s.at
		p.file, err = s.file(ctx, t)
	}
	return err
}

// file gives the file that a table's rows stand in, and keeps it there until the transaction ends: a query that names the table locks it.
func (s *session) file(ctx context.Context, t *table) (string, error) {
	if err := s.exec(ctx, "SELECT 1 FROM "+t.from()+" LIMIT 0"); err != nil {
		return "", err
	}
	rs, err := s.ask(ctx, "SELECT pg_relation_filenode($1::oid)", t.oid)
	if err == nil && (len(rs) != 1 || rs[0][0] == nil) {
		err = errRewritten
	}
	if err != nil {
		return "", err
	}
	return rs[0].text(0), nil
}

// errRewritten says that the rows of a table stand elsewhere, or nowhere, by now.
var errRewritten = &source.GapError{Reason: estate.GapChanging, Err: errors.New("the table was written anew while it was read in parts")}

// OpenShared implements source.Sharer.
func (d *Database) OpenShared(ctx context.Context, item source.Item, plan []byte, i int) (io.ReadCloser, error) {
	ref, ok := item.Ref.(*table)
	p := &shared{}
	if !ok || !p.read(plan) || i < 0 || int64(i) >= p.n {
		return nil, errors.New("a plan of another item or version")
	}
	return d.part(ctx, func(ctx context.Context) (*reading, error) {
		s, err := d.beginAt(ctx, p.snapshot)
		if err != nil {
			return nil, err
		}
		t := *ref
		cols, hidden, err := s.columns(ctx, &t)
		file := ""
		if err == nil {
			file, err = s.file(ctx, &t)
		}
		if err == nil && file != p.file {
			err = errRewritten
		}
		if err != nil {
			s.close()
			return nil, err
		}
		for i := range cols {
			cols[i].long = false // else the table would not have been cut
		}
		t.where = p.where(int64(i))
		if i > 0 {
			return d.reading(ctx, s, &t, cols, nil)
		}
		return d.reading(ctx, s, &t, cols, unseen(&t, hidden))
	})
}

// beginAt gives a session with a transaction that shows the moment of a snapshot that somebody else keeps.
func (d *Database) beginAt(ctx context.Context, snapshot string) (*session, error) {
	for {
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
		case momentGone(err):
			return nil, errMoved
		case fresh:
			return nil, err
		}
	}
}
