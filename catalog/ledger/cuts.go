package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/chartroom/chartroom/catalog/store"
)

// Cut is a large item that is read in pieces.
type Cut struct {
	Repository, Path string
	Version, Rules   string // of the item, and by which it is read
	Plan             []byte // as the reader wrote it
	Pieces           int
}

// State is what was found in a piece of a cut.
type State struct {
	Number int
	State  []byte
}

// OpenCut notes how an item is read in pieces, and gives the number of the cut. Where the same item was cut by the same plan before, it is that
// one, and those of its pieces whose states are there need not be read again; any other cut of the item is forgotten.
func (r *Run) OpenCut(ctx context.Context, c Cut) (cut int64, there []int, err error) {
	err = r.commit(ctx, func() error {
		v := r.visits[c.Repository]
		if v == nil {
			return fmt.Errorf("repository %s was not named before its items came", c.Repository)
		}
		var was Cut
		err := r.conn.QueryRowContext(ctx, `SELECT id, mark, rules, plan, pieces FROM cuts WHERE repository = ? AND path = ?`, v.id, store.Clip(c.Path)).
			Scan(&cut, &was.Version, &was.Rules, &was.Plan, &was.Pieces)
		if err == nil && was.Version == c.Version && was.Rules == c.Rules && was.Pieces == c.Pieces && bytes.Equal(was.Plan, c.Plan) {
			there, err = r.pieces(ctx, cut)
			return err
		}
		if err == nil {
			err = r.dropCut(ctx, cut)
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return r.conn.QueryRowContext(ctx, `INSERT INTO cuts (repository, path, mark, rules, plan, pieces) VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
			v.id, store.Clip(c.Path), c.Version, c.Rules, c.Plan, c.Pieces).Scan(&cut)
	})
	return cut, there, err
}

// pieces gives the pieces of a cut whose states are there, in order.
func (r *Run) pieces(ctx context.Context, cut int64) (there []int, err error) {
	for rows, err := range store.Rows(ctx, r.conn, `SELECT number FROM shard_states WHERE cut = ? ORDER BY number`, cut) {
		var n int
		if err == nil {
			err = rows.Scan(&n)
		}
		if err != nil {
			return nil, err
		}
		there = append(there, n)
	}
	return there, nil
}

// CutPlan gives the plan of a cut.
func (r *Run) CutPlan(ctx context.Context, cut int64) (plan []byte, err error) {
	err = r.f.Read.QueryRowContext(ctx, `SELECT plan FROM cuts WHERE id = ?`, cut).Scan(&plan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrShardClosed
	}
	return plan, err
}

// KeepStates keeps states of pieces of a cut, and marks the shard that they are of. One that comes again changes nothing.
func (r *Run) KeepStates(ctx context.Context, cut int64, states []State, m Mark) error {
	return r.commit(ctx, func() error {
		if err := r.mark(ctx, m); err != nil {
			return err
		}
		for _, s := range states {
			if _, err := r.conn.ExecContext(ctx, `INSERT INTO shard_states (cut, number, state) VALUES (?, ?, ?) ON CONFLICT (cut, number) DO NOTHING`, cut, s.Number, s.State); err != nil {
				return err
			}
		}
		return nil
	})
}

// States gives the states of all pieces of a cut in their order, each as it is asked for.
func (r *Run) States(ctx context.Context, cut int64, pieces int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for n := range pieces {
			var state []byte
			err := r.f.Read.QueryRowContext(ctx, `SELECT state FROM shard_states WHERE cut = ? AND number = ?`, cut, n).Scan(&state)
			if err != nil {
				err = fmt.Errorf("read catalog %s: piece %d of %d: %w", r.f.Path, n+1, pieces, err)
			}
			if !yield(state, err) || err != nil {
				return
			}
		}
	}
}

// DropCut forgets a cut with the states of its pieces.
func (r *Run) DropCut(ctx context.Context, cut int64) error {
	return r.commit(ctx, func() error { return r.dropCut(ctx, cut) })
}

// SpoilCut forgets a cut, and removes the open shards of its pieces, whose numbers are from first to last: it tells how many of how many bytes.
func (r *Run) SpoilCut(ctx context.Context, cut, first, last int64) (dropped, size int64, err error) {
	err = r.commit(ctx, func() error {
		if err := r.conn.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(bytes), 0) FROM shards WHERE state = 0 AND run = ? AND id BETWEEN ? AND ?`, r.id, first, last).Scan(&dropped, &size); err != nil {
			return err
		}
		if _, err := r.conn.ExecContext(ctx, `DELETE FROM shards WHERE state = 0 AND run = ? AND id BETWEEN ? AND ?`, r.id, first, last); err != nil {
			return err
		}
		return r.dropCut(ctx, cut)
	})
	return dropped, size, err
}

func (r *Run) dropCut(ctx context.Context, cut int64) error {
	_, err := r.conn.ExecContext(ctx, `DELETE FROM shard_states WHERE cut = ?`, cut)
	if err == nil {
		_, err = r.conn.ExecContext(ctx, `DELETE FROM cuts WHERE id = ?`, cut)
	}
	return err
}

// dropCuts forgets the cuts in the repositories that the run has surveyed: all that was to be read there is.
func (r *Run) dropCuts(ctx context.Context) error {
	const these = `(SELECT id FROM cuts WHERE repository IN (SELECT repository FROM visits WHERE run = ?))`
	_, err := r.conn.ExecContext(ctx, `DELETE FROM shard_states WHERE cut IN `+these, r.id)
	if err == nil {
		_, err = r.conn.ExecContext(ctx, `DELETE FROM cuts WHERE id IN `+these, r.id)
	}
	return err
}
