package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// Shard is a part of the run's work for one worker.
type Shard struct {
	Number     int64 // AddShards gives it
	Kind       int   // as package fleet numbers them
	Target     int   // which of the run's targets
	Repository string
	Bytes      int64  // of what is to be read, as listed
	Spec       []byte // what is to be done, as the fleet writes it
}

// ShardState is what has become of a shard.
type ShardState int

// The states.
const (
	ShardOpen ShardState = iota
	ShardDone
	ShardDead // it was given up, and a gap says so
)

// Mark is what a delivery means for a shard.
type Mark struct {
	Shard    int64
	State    ShardState
	Done     []byte // bits of the shard's items that are in the catalog, lowest first
	Attempts int    // as many as there were
	Worker   string // whose delivery it is
}

// ErrShardClosed says that a shard is done, was given up, or is none of the run any more. Nothing was written.
var ErrShardClosed = errors.New("the shard is closed")

// AddShards adds shards, and numbers them.
func (r *Run) AddShards(ctx context.Context, shards []Shard) error {
	return r.commit(ctx, func() error { return r.addShards(ctx, shards) })
}

func (r *Run) addShards(ctx context.Context, shards []Shard) error {
	for i := range shards {
		s := &shards[i]
		var repository any
		if s.Repository != "" {
			v := r.visits[s.Repository]
			if v == nil {
				return fmt.Errorf("repository %s was not named before its shards came", s.Repository)
			}
			repository = v.id
		}
		s.Number = r.shard
		r.shard++ // a number that was given once is never given again, even if the transaction fails
		if _, err := r.conn.ExecContext(ctx, `INSERT INTO shards (id, run, kind, target, repository, state, attempts, worker, bytes, spec) VALUES (?, ?, ?, ?, ?, 0, 0, '', ?, ?)`,
			s.Number, r.id, s.Kind, s.Target, repository, s.Bytes, s.Spec); err != nil {
			return err
		}
	}
	return nil
}

// Enter does what Append does, and in the same transaction marks the shard that the facts are of, and adds the shards that follow from it. Of a
// shard that is not open it returns ErrShardClosed: the same delivery again changes nothing.
func (r *Run) Enter(ctx context.Context, facts []estate.Fact, m Mark, more []Shard) error {
	return r.enter(ctx, facts, func() error {
		if err := r.mark(ctx, m); err != nil {
			return err
		}
		return r.addShards(ctx, more)
	})
}

// StageFor does what Stage does, if the shard that the part is of is open; else it returns ErrShardClosed.
func (r *Run) StageFor(ctx context.Context, shard int64, part estate.Part, facts []estate.Fact) error {
	return r.stage(ctx, part, facts, func() error {
		var n int
		err := r.conn.QueryRowContext(ctx, `SELECT 1 FROM shards WHERE id = ? AND run = ? AND state = 0`, shard, r.id).Scan(&n)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrShardClosed
		}
		return err
	})
}

// mark marks an open shard. What is to be done in one that is closed need not be kept.
func (r *Run) mark(ctx context.Context, m Mark) error {
	text, args := `UPDATE shards SET state = ?, attempts = ?, worker = ?, done = ? WHERE id = ? AND run = ? AND state = 0`, []any{int(m.State), m.Attempts, m.Worker, m.Done, m.Shard, r.id}
	if m.State == ShardDone {
		text, args[3] = `UPDATE shards SET state = ?, attempts = ?, worker = ?, done = ?, spec = NULL WHERE id = ? AND run = ? AND state = 0`, nil
	}
	res, err := r.conn.ExecContext(ctx, text, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(ErrShardClosed, err)
	}
	return nil
}

// OpenShards gives open shards of a target and a kind whose numbers are above one, in their order and without their specs.
func (r *Run) OpenShards(ctx context.Context, target, kind int, above int64, most int) (out []Shard, err error) {
	for rows, err := range store.Rows(ctx, r.f.Read, `SELECT s.id, s.bytes, coalesce(p.name, '') FROM shards s LEFT JOIN repositories p ON p.id = s.repository
		WHERE s.state = 0 AND s.target = ? AND s.kind = ? AND s.id > ? ORDER BY s.id LIMIT ?`, target, kind, above, most) {
		s := Shard{Kind: kind, Target: target}
		if err == nil {
			err = rows.Scan(&s.Number, &s.Bytes, &s.Repository)
		}
		if err != nil {
			return nil, fmt.Errorf("read catalog %s: %w", r.f.Path, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// ShardSpec gives what is to be done in an open shard, and the bits of what is done of it; ErrShardClosed where it is not open.
func (r *Run) ShardSpec(ctx context.Context, number int64) (spec, done []byte, err error) {
	err = r.f.Read.QueryRowContext(ctx, `SELECT spec, done FROM shards WHERE id = ? AND run = ? AND state = 0`, number, r.id).Scan(&spec, &done)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, ErrShardClosed
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read catalog %s: %w", r.f.Path, err)
	}
	return spec, done, nil
}

// DropShards removes the open shards of a repository that are of some kinds, since it is listed anew. It tells how many items of it the run has
// accounted for so far, and how many shards of how many bytes went.
func (r *Run) DropShards(ctx context.Context, repository string, kinds ...int) (accounted, dropped, size int64, err error) {
	err = r.commit(ctx, func() error {
		v := r.visits[repository]
		if v == nil {
			return fmt.Errorf("repository %s was not named", repository)
		}
		for _, k := range kinds {
			var n, bytes int64
			if err := r.conn.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(CASE WHEN bytes > 0 THEN bytes ELSE 0 END), 0) FROM shards WHERE state = 0 AND run = ? AND repository = ? AND kind = ?`,
				r.id, v.id, k).Scan(&n, &bytes); err != nil {
				return err
			}
			if _, err := r.conn.ExecContext(ctx, `DELETE FROM shards WHERE state = 0 AND run = ? AND repository = ? AND kind = ?`, r.id, v.id, k); err != nil {
				return err
			}
			dropped, size = dropped+n, size+bytes
		}
		clear(r.folderViews) // which know nothing of what was read since
		b := v.books
		accounted = b.Read + b.Sampled + b.Declared + b.Unchanged + b.Gaps
		return nil
	})
	return accounted, dropped, size, err
}

// Met tells whether the run has accounted for a top item already: read it, renewed it, or noted that it could not be read.
func (r *Run) Met(ctx context.Context, repository, path string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.visits[repository]
	if r.conn == nil || v == nil {
		return false, ErrEnded
	}
	dir, name := store.Split(path)
	var id, run int64
	err := r.conn.QueryRowContext(ctx, `SELECT i.id, i.run FROM folders f JOIN items i ON i.folder = f.id WHERE f.repository = ? AND f.path = ? AND i.name = ? AND i.to_at IS NULL AND i.top IS NULL`,
		v.id, dir, name).Scan(&id, &run)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return run == r.id || r.seen.has(id) || r.kept.has(id), r.failed(err)
}

// beginShards forgets the shards of runs that were killed.
func (r *Run) beginShards(ctx context.Context) error {
	if err := r.conn.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) + 1 FROM shards`).Scan(&r.shard); err != nil {
		return err
	}
	_, err := r.conn.ExecContext(ctx, `DELETE FROM shards`)
	return err
}

// endShards keeps of the run's shards only those that were given up.
func (r *Run) endShards(ctx context.Context) error {
	_, err := r.conn.ExecContext(ctx, `DELETE FROM shards WHERE state <> 2`)
	return err
}
