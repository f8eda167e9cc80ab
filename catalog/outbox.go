package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/audit"
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
func (c *Catalog) Post(ctx context.Context, messages []Message) error {
	tx, err := c.file.Write.BeginTx(ctx, nil)
	if err == nil {
		defer tx.Rollback()
		now := store.Millis(c.file.Now())
		for _, m := range messages {
			if err == nil {
				_, err = tx.ExecContext(ctx, `INSERT INTO outbox (mark, channel, body, made, next) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, m.Mark, m.Channel, m.Body, now, now)
			}
		}
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return fmt.Errorf("write the outbox of catalog %s: %w", c.Path(), err)
	}
	return nil
}

// Waiting gives the messages that are due, the oldest first.
func (c *Catalog) Waiting(ctx context.Context, most int) ([]Message, error) {
	var out []Message
	for rows, err := range store.Rows(ctx, c.file.Read, `SELECT id, mark, channel, body, made, tries FROM outbox WHERE next <= ? ORDER BY next, id LIMIT ?`,
		store.Millis(c.file.Now()), atMost(most)) {
		var m Message
		var made int64
		if err == nil {
			err = rows.Scan(&m.ID, &m.Mark, &m.Channel, &m.Body, &made, &m.Tries)
		}
		if err != nil {
			return nil, fmt.Errorf("read the outbox of catalog %s: %w", c.Path(), err)
		}
		m.Made = store.Instant(made)
		out = append(out, m)
	}
	return out, nil
}

// Tried notes how an attempt to send a message ended: fault "" is well, and else it is tried again at next; a zero next gives it up.
func (c *Catalog) Tried(ctx context.Context, id int64, fault string, next time.Time) error {
	var at *int64
	if fault != "" && !next.IsZero() {
		ms := store.Millis(next)
		at = &ms
	}
	if _, err := c.file.Write.ExecContext(ctx, `UPDATE outbox SET tries = tries + 1, fault = ?, next = ? WHERE id = ?`, fault, at, id); err != nil {
		return fmt.Errorf("write the outbox of catalog %s: %w", c.Path(), err)
	}
	return nil
}

// Watched gives the last run of which it was told what changed, and when it was; 0 where there is none.
func (c *Catalog) Watched(ctx context.Context) (run int64, at time.Time, err error) {
	var ms int64
	err = c.file.Read.QueryRowContext(ctx, `SELECT run, at FROM watched ORDER BY run DESC LIMIT 1`).Scan(&run, &ms)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, at, nil
	}
	if err != nil {
		return 0, at, fmt.Errorf("read catalog %s: %w", c.Path(), err)
	}
	return run, store.Instant(ms), nil
}

// Watch notes that it was told what changed up to a run, which ended at a time.
func (c *Catalog) Watch(ctx context.Context, run int64, at time.Time) error {
	if _, err := c.file.Write.ExecContext(ctx, `INSERT INTO watched (run, at) VALUES (?, ?) ON CONFLICT DO NOTHING`, run, store.Millis(at)); err != nil {
		return fmt.Errorf("write catalog %s: %w", c.Path(), err)
	}
	return nil
}

// Widened is a repository that more can read, for sure, than before.
type Widened struct {
	Repository string
	At         time.Time // when that was worked out
	Before     int64
	After      int64
}

// Widened gives the repositories that more can read now than at a time, the most widened first.
func (c *Catalog) Widened(ctx context.Context, who audit.Caller, since time.Time) ([]Widened, error) {
	var out []Widened
	err := c.view(ctx, request{who: who, action: audit.ReadDiff}, func(r *reader) error {
		for rows, err := range store.Rows(ctx, r.tx, `SELECT r.name, a.at, b.certain, a.certain FROM repositories r
			JOIN readers a ON a.repository = r.id AND a.at = (SELECT max(at) FROM readers WHERE repository = r.id)
			JOIN readers b ON b.repository = r.id AND b.at = (SELECT max(at) FROM readers WHERE repository = r.id AND at <= ?)
			WHERE a.certain > b.certain ORDER BY a.certain - b.certain DESC, r.name`, store.Millis(since)) {
			var w Widened
			var at int64
			if err == nil {
				err = rows.Scan(&w.Repository, &at, &w.Before, &w.After)
			}
			if err != nil {
				return err
			}
			w.At = store.Instant(at)
			out = append(out, w)
		}
		return nil
	})
	return out, err
}
