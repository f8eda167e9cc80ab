package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// Line is one line of the audit trail.
type Line struct{ Caller, Role, Action, Target, Outcome string }

// trail writes lines of the audit trail. Those that wait while others are written go into the file together: many who read at once share one
// transaction.
type trail struct {
	mu      sync.Mutex
	waiting []*waiter
	writing bool
}

// waiter is a line, and who waits until it is written.
type waiter struct {
	at   int64
	line Line
	done chan error
}

// Record writes a line of the audit trail. When it returns nil, the line is in the file.
func (f *File) Record(ctx context.Context, l Line) error {
	w := &waiter{Millis(f.Now()), l, make(chan error, 1)}
	f.trail.mu.Lock()
	f.trail.waiting = append(f.trail.waiting, w)
	first := !f.trail.writing
	f.trail.writing = true
	f.trail.mu.Unlock()
	if first {
		go f.record()
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("write audit trail of %s: %w", f.Path, ctx.Err())
	}
}

// record writes what waits until nothing does.
func (f *File) record() {
	for {
		f.trail.mu.Lock()
		batch := f.trail.waiting
		f.trail.waiting = nil
		f.trail.writing = len(batch) > 0
		f.trail.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		err := f.update(context.Background(), trailLock, func(tx *sql.Tx) error { return enter(tx, batch) })
		if err != nil {
			err = fmt.Errorf("write audit trail of %s: %w", f.Path, err)
		}
		for _, w := range batch {
			w.done <- err
		}
	}
}

func enter(tx *sql.Tx, batch []*waiter) error {
	insert, err := tx.Prepare(`INSERT INTO audit (at, caller, role, action, target, outcome) VALUES (?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, w := range batch {
		if _, err := insert.Exec(w.at, w.line.Caller, w.line.Role, w.line.Action, w.line.Target, w.line.Outcome); err != nil {
			return err
		}
	}
	return nil
}

// Update runs a transaction that writes, outside of runs.
func (f *File) Update(ctx context.Context, do func(*sql.Tx) error) error {
	return f.update(ctx, updateLock, do)
}

func (f *File) update(ctx context.Context, lock int, do func(*sql.Tx) error) error {
	f.Turn.Lock()
	defer f.Turn.Unlock()
	tx, err := Begin(ctx, f.Write, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f.inTurn(ctx, tx, lock); err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Beginner is a database, or a connection of one.
type Beginner interface {
	BeginTx(ctx context.Context, o *sql.TxOptions) (*sql.Tx, error)
}

// Begin begins a transaction, which the end of the context does not end: whoever begins it does. A beginning that is interrupted may have
// begun all the same, and its connection would go back to the others with an open transaction, and with its lock.
func Begin(ctx context.Context, db Beginner, o *sql.TxOptions) (*sql.Tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return db.BeginTx(context.WithoutCancel(ctx), o)
}
