package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
)

// Worker is a machine that may take part in surveys.
type Worker struct {
	Name     string     `json:"name"`
	Enclave  string     `json:"enclave"` // whose targets it surveys
	Login    string     `json:"login"`   // its public key for the line
	Seal     string     `json:"seal"`    // and for what it sends; "" = it only passes on what others send
	Enrolled time.Time  `json:"enrolled"`
	By       string     `json:"by"`      // who enrolled it
	Revoked  *time.Time `json:"revoked"` // null = it may take part
	Seen     *time.Time `json:"seen"`    // null = never
	Figures  string     `json:"figures"` // what it said of itself last, as JSON
}

// Errors of workers.
var (
	ErrNoWorker    = errors.New("there is no such worker")
	ErrWorkerThere = errors.New("there is a worker of that name already; revoke it first")
)

// EnrolWorker lets a worker take part from now on. One that was revoked may come back, with other keys. It returns ErrWorkerThere where
// another of that name takes part.
func (b *Book) EnrolWorker(ctx context.Context, who audit.Caller, w Worker) error {
	what := "enrol worker " + w.Name
	return b.change(ctx, ask{who, audit.KeepAccounts, what}, what, func(tx *sql.Tx) error {
		return one(ctx, tx, ErrWorkerThere, `INSERT INTO workers (name, enclave, login, seal, enrolled, caller) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET enclave = excluded.enclave, login = excluded.login, seal = excluded.seal, enrolled = excluded.enrolled, caller = excluded.caller, revoked = NULL, seen = NULL
			WHERE workers.revoked IS NOT NULL`, w.Name, w.Enclave, w.Login, w.Seal, store.Millis(b.file.Now()), who.Name)
	})
}

// RevokeWorker ends a worker's part. It returns ErrNoWorker where there is none of that name that takes part.
func (b *Book) RevokeWorker(ctx context.Context, who audit.Caller, name string) error {
	what := "revoke worker " + name
	return b.change(ctx, ask{who, audit.KeepAccounts, what}, what, func(tx *sql.Tx) error {
		return one(ctx, tx, ErrNoWorker, `UPDATE workers SET revoked = ? WHERE name = ? AND revoked IS NULL`, store.Millis(b.file.Now()), name)
	})
}

// SawWorkers notes when workers were last heard of, by name, and what they said of themselves. Those that nobody enrolled are passed over.
// It is the fleet's own doing, and of no caller.
func (b *Book) SawWorkers(ctx context.Context, seen []Worker) error {
	if len(seen) == 0 {
		return nil
	}
	err := b.file.Update(ctx, func(tx *sql.Tx) error {
		for _, w := range seen {
			if _, err := tx.ExecContext(ctx, `UPDATE workers SET seen = ?, figures = ? WHERE name = ?`, store.Millis(*w.Seen), w.Figures, w.Name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write catalog %s: %w", b.file.Path, err)
	}
	return nil
}

// Workers gives all workers that were ever enrolled, by name. It is asked for no permission: the fleet itself reads it to know whom to admit.
func (b *Book) Workers(ctx context.Context) ([]Worker, error) {
	out := []Worker{}
	for rows, err := range store.Rows(ctx, b.file.Read, `SELECT name, enclave, login, seal, enrolled, caller, revoked, seen, figures FROM workers ORDER BY name`) {
		var w Worker
		var enrolled int64
		var revoked, seen *int64
		if err == nil {
			err = rows.Scan(&w.Name, &w.Enclave, &w.Login, &w.Seal, &enrolled, &w.By, &revoked, &seen, &w.Figures)
		}
		if err != nil {
			return nil, b.reading(err)
		}
		w.Enrolled, w.Revoked, w.Seen = store.Instant(enrolled), instant(revoked), instant(seen)
		out = append(out, w)
	}
	return out, nil
}
