// Package transfer copies a catalog from one database into another, whichever kinds they are: all of its tables, as they stood at one moment,
// row by row and so in bounded memory. It proves the copy by digests of every table and by what both sides answer.
package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/ledger"
	"github.com/chartroom/chartroom/catalog/store"
)

// The errors of copying.
var (
	// ErrNotEmpty says that something stands in the target already.
	ErrNotEmpty = errors.New("the target is not empty, and nothing is written over")
	// ErrDiffers says that the copy does not hold what was copied.
	ErrDiffers = errors.New("the copy differs from what was copied")
)

// Copy is a copying. From and To are open, and stay so.
type Copy struct {
	From, To *store.File
	Who      audit.Caller
	Origin   string                            // what a copy that does not come to its end says that it is of; "" = the name of From
	Moving   bool                              // a run may be writing From: its moment is copied, and what both sides answer is not compared
	Step     func(what, table string, n int64) // called as it goes on, with the rows of a table so far; nil = nobody wants to know
}

// Table is what was copied of a table.
type Table struct {
	Name   string `json:"table"`
	Rows   int64  `json:"rows"`
	Digest string `json:"digest"` // of its rows, whatever their order: SHA-256 of each, added up
}

// Report is what was copied and proven.
type Report struct {
	Tables  []Table  `json:"tables"`
	Rows    int64    `json:"rows"`
	Answers []string `json:"answers"` // the questions that both sides answer alike
}

// Run copies, and proves the copy. It refuses a target in which anything stands (ErrNotEmpty), and where a run writes on either side
// (ledger.ErrBusy). The target says that it is unfinished until all was proven, and answers nothing until then.
func (c *Copy) Run(ctx context.Context) (*Report, error) {
	if err := catalog.Over(c.From).Admit(ctx, c.Who, audit.Keep, "copy to "+c.To.Path); err != nil {
		return nil, err
	}
	tables, err := store.Tables(ctx)
	if err != nil {
		return nil, err
	}
	if err := empty(ctx, c.To, tables); err != nil {
		return nil, err
	}
	for _, f := range []*store.File{c.From, c.To} {
		if f == c.From && c.Moving {
			continue
		}
		held, err := lock(f)
		if err != nil {
			return nil, err
		}
		defer held.Close()
	}
	if err := c.mark(ctx); err != nil {
		return nil, c.failed(err)
	}
	out, moment, err := c.copied(ctx, tables)
	if err != nil {
		return nil, c.failed(err)
	}
	if err := c.proven(ctx, tables, out); err != nil {
		return nil, err
	}
	if !c.Moving {
		if out.Answers, err = c.answers(ctx, moment); err != nil {
			return nil, err
		}
	}
	err = c.To.Durably(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM copying`)
		return err
	})
	if err != nil {
		return nil, c.failed(err)
	}
	return out, nil
}

func (c *Copy) failed(err error) error {
	return fmt.Errorf("copy catalog %s to %s: %w", c.From.Path, c.To.Path, err)
}

func (c *Copy) step(what, table string, n int64) {
	if c.Step != nil {
		c.Step(what, table, n)
	}
}

// lock keeps runs away from a catalog until it is closed.
func lock(f *store.File) (io.Closer, error) {
	l, err := f.Lock()
	if err != nil {
		return nil, fmt.Errorf("lock catalog %s: %w", f.Path, err)
	}
	if l == nil {
		return nil, fmt.Errorf("%w %s; wait until it has ended", ledger.ErrBusy, f.Path)
	}
	return l, nil
}

// empty tells whether nothing stands in any of the tables: nil or ErrNotEmpty.
func empty(ctx context.Context, f *store.File, tables []store.Table) error {
	if err := f.Whole(ctx); err != nil {
		return err
	}
	for _, t := range tables {
		var one int
		err := f.Read.QueryRowContext(ctx, `SELECT 1 FROM `+t.Name+` LIMIT 1`).Scan(&one)
		if err == nil {
			return fmt.Errorf("copy to catalog %s: %w (table %s)", f.Path, ErrNotEmpty, t.Name)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read catalog %s: %w", f.Path, err)
		}
	}
	return nil
}

// mark says in the target that it is unfinished.
func (c *Copy) mark(ctx context.Context) error {
	origin := c.Origin
	if origin == "" {
		origin = c.From.Path
	}
	return c.To.Durably(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO copying (origin, began) VALUES (?, ?)`, origin, store.Millis(c.To.Now()))
		return err
	})
}

// copied copies all tables out of one snapshot. The moment is that of the last line of its audit trail.
func (c *Copy) copied(ctx context.Context, tables []store.Table) (out *Report, moment time.Time, err error) {
	tx, err := snapshot(ctx, c.From)
	if err != nil {
		return nil, moment, err
	}
	defer tx.Rollback()
	out = &Report{}
	for _, t := range tables {
		done, err := c.table(ctx, tx, t)
		if err != nil {
			return nil, moment, fmt.Errorf("table %s: %w", t.Name, err)
		}
		out.Tables, out.Rows = append(out.Tables, done), out.Rows+done.Rows
	}
	var last sql.NullInt64
	err = tx.QueryRowContext(ctx, `SELECT max(at) FROM audit`).Scan(&last)
	return out, store.Instant(last.Int64), err
}

// snapshot begins to read a catalog as it stands at one moment.
func snapshot(ctx context.Context, f *store.File) (*sql.Tx, error) {
	return f.Read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
}

// table copies a table, and sums it up on the way.
func (c *Copy) table(ctx context.Context, from *sql.Tx, t store.Table) (Table, error) {
	var d digest
	w := &writer{to: c.To, table: t, step: func(n int64) { c.step("copy", t.Name, n) }}
	for row, err := range rowsOf(ctx, from, t) {
		if err == nil {
			d.add(row)
			err = w.write(ctx, row)
		}
		if err != nil {
			return Table{}, err
		}
	}
	if err := w.flush(ctx); err != nil {
		return Table{}, err
	}
	return d.table(t.Name), w.count(ctx)
}

// proven reads the copy, and holds it against what was copied.
func (c *Copy) proven(ctx context.Context, tables []store.Table, want *Report) error {
	tx, err := snapshot(ctx, c.To)
	if err != nil {
		return c.failed(err)
	}
	defer tx.Rollback()
	for i, t := range tables {
		c.step("check", t.Name, 0)
		var d digest
		for row, err := range rowsOf(ctx, tx, t) {
			if err != nil {
				return c.failed(fmt.Errorf("read table %s of the copy: %w", t.Name, err))
			}
			d.add(row)
			if d.rows%everyStep == 0 {
				c.step("check", t.Name, d.rows)
			}
		}
		if got := d.table(t.Name); got != want.Tables[i] {
			return c.failed(fmt.Errorf("%w: table %s has %d rows with the digest %s, and should have %d with %s", ErrDiffers, t.Name,
				got.Rows, got.Digest, want.Tables[i].Rows, want.Tables[i].Digest))
		}
	}
	return nil
}
