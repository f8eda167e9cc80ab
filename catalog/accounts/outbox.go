package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/catalog/store"
)

// Message is something that is to be sent over a channel until it went out. Of two with one mark for one channel there is one.
type Message struct {
	ID      int64
	Mark    string
	Channel string
	Body    []byte
	Made    time.Time
	Tries   int
}

// Post puts messages into the outbox; those that are there already, or went out, are passed over. They are of no caller: the room watches
// the estate by itself.
func (b *Book) Post(ctx context.Context, messages []Message) error {
	now := store.Millis(b.file.Now())
	err := b.file.Update(ctx, func(tx *sql.Tx) error {
		for _, m := range messages {
			if _, err := tx.ExecContext(ctx, `INSERT INTO outbox (mark, channel, body, made, next) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, m.Mark, m.Channel, m.Body, now, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write the outbox of catalog %s: %w", b.file.Path, err)
	}
	return nil
}

// Waiting gives the messages that are due, the oldest first, at most so many.
func (b *Book) Waiting(ctx context.Context, most int) ([]Message, error) {
	var out []Message
	for rows, err := range store.Rows(ctx, b.file.Read, `SELECT id, mark, channel, body, made, tries FROM outbox WHERE next <= ? ORDER BY next, id LIMIT ?`,
		store.Millis(b.file.Now()), most) {
		var m Message
		var made int64
		if err == nil {
			err = rows.Scan(&m.ID, &m.Mark, &m.Channel, &m.Body, &made, &m.Tries)
		}
		if err != nil {
			return nil, fmt.Errorf("read the outbox of catalog %s: %w", b.file.Path, err)
		}
		m.Made = store.Instant(made)
		out = append(out, m)
	}
	return out, nil
}

// Tried notes how an attempt to send a message ended: fault "" is well, and else it is tried again at next; a zero next gives it up.
func (b *Book) Tried(ctx context.Context, id int64, fault string, next time.Time) error {
	var at *int64
	if fault != "" && !next.IsZero() {
		ms := store.Millis(next)
		at = &ms
	}
	err := b.file.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE outbox SET tries = tries + 1, fault = ?, next = ? WHERE id = ?`, fault, at, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("write the outbox of catalog %s: %w", b.file.Path, err)
	}
	return nil
}

// Watched gives the last run of which it was told what changed, and when it was; 0 where there is none.
func (b *Book) Watched(ctx context.Context) (run int64, at time.Time, err error) {
	var ms int64
	err = b.file.Read.QueryRowContext(ctx, `SELECT run, at FROM watched ORDER BY run DESC LIMIT 1`).Scan(&run, &ms)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, at, nil
	}
	if err != nil {
		return 0, at, fmt.Errorf("read catalog %s: %w", b.file.Path, err)
	}
	return run, store.Instant(ms), nil
}

// Watch notes that it was told what changed up to a run, which ended at a time.
func (b *Book) Watch(ctx context.Context, run int64, at time.Time) error {
	err := b.file.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO watched (run, at) VALUES (?, ?) ON CONFLICT DO NOTHING`, run, store.Millis(at))
		return err
	})
	if err != nil {
		return fmt.Errorf("write catalog %s: %w", b.file.Path, err)
	}
	return nil
}
