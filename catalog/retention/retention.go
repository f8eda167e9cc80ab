// Package retention removes from a catalog what has passed and what nobody keeps any longer: versions of items that were replaced or vanished,
// gaps that closed, grants and traits that ended, with their names. Everything that the kept time is answered from stays as it is.
package retention

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/ledger"
	"github.com/chartroom/chartroom/catalog/store"
)

// AuditYears is how long lines of the audit trail are kept at least: 45 CFR 164.316(b)(2)(i) asks for six years from the day on which
// documentation was made or was last in effect. The logs of cases are never removed.
const AuditYears = 6

// ErrTooShort says that lines of the audit trail should go before their time.
var ErrTooShort = errors.New("lines of the audit trail are kept for six years at least (45 CFR 164.316(b)(2)(i))")

// Job is a removal that is about to begin.
type Job struct {
	File        *store.File
	Who         audit.Caller
	Before      time.Time // what had passed by then goes
	AuditBefore time.Time // lines of the audit trail from before then go, too; zero = none does
	Dry         bool      // nothing is removed, only counted
	Sparing     bool      // a file is written anew only when a quarter of it is free: others work with it, and wait meanwhile
	Step        func(what, table string, n int64)
}

// Report is what was removed.
type Report struct {
	Before  time.Time        `json:"before"`
	Dry     bool             `json:"dry_run,omitempty"`
	Removed map[string]int64 `json:"removed"` // rows by table; of words and folders the names, of seen the blocks
	Held    []string         `json:"held"`    // repositories of which all is kept, as the log of a case names them
	Bytes   int64            `json:"bytes_freed"`
	Waiting bool             `json:"waiting,omitempty"` // removed bytes stand in the file's journal until those who read now have done
}

// Total is how many rows went.
func (r *Report) Total() (n int64) {
	for _, rows := range r.Removed {
		n += rows
	}
	return n
}

// sweep is a job at work.
type sweep struct {
	*Job
	before int64
	now    int64
	held   map[int64]bool
	report *Report
}

// Run removes. It refuses while a run writes (ledger.ErrBusy). That history is gone is written down before the first row goes, so that no
// answer is given of a time that is only half there; a removal that was broken off is finished by the next.
func (j *Job) Run(ctx context.Context) (*Report, error) {
	now := j.File.Now()
	if !j.AuditBefore.IsZero() && j.AuditBefore.After(now.AddDate(-AuditYears, 0, 0)) {
		return nil, ErrTooShort
	}
	if err := catalog.Over(j.File).Admit(ctx, j.Who, audit.Keep, "remove history before "+j.Before.UTC().Format(time.RFC3339)); err != nil {
		return nil, err
	}
	lock, err := j.File.Lock()
	if err != nil {
		return nil, fmt.Errorf("lock catalog %s: %w", j.File.Path, err)
	}
	if lock == nil {
		return nil, fmt.Errorf("%w %s; history is removed when it has ended", ledger.ErrBusy, j.File.Path)
	}
	defer lock.Close()
	s := &sweep{Job: j, before: store.Millis(j.Before), now: store.Millis(now), report: &Report{Before: j.Before.UTC(), Dry: j.Dry, Removed: map[string]int64{}, Held: []string{}}}
	if err := s.run(ctx); err != nil {
		return nil, fmt.Errorf("remove history of catalog %s: %w", j.File.Path, err)
	}
	return s.report, nil
}

func (s *sweep) run(ctx context.Context) (err error) {
	if s.held, s.report.Held, err = held(ctx, s.File.Read); err != nil {
		return err
	}
	if !store.OnServer(s.File.Path) { // what is deleted is overwritten at once, too
		if _, err := s.File.Write.ExecContext(ctx, `PRAGMA secure_delete = ON`); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context) error{s.passed, s.sightings, s.superseded, s.trail, s.names, s.vacuum} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// passed removes what ended before the border: gaps first, as they refer to items, and what stands within an item before the item.
func (s *sweep) passed(ctx context.Context) error {
	const item = `NOT EXISTS (SELECT 1 FROM items i WHERE i.top = x.id AND (i.to_at IS NULL OR i.to_at > ?2))
		AND NOT EXISTS (SELECT 1 FROM gaps g WHERE g.top = x.id AND (g.to_at IS NULL OR g.to_at > ?2))`
	for _, of := range []struct {
		table, query string
		with         []string // what goes with each, by its column item
	}{
		{"gaps", `SELECT x.id, f.repository FROM gaps x CROSS JOIN folders f ON f.id = x.folder WHERE x.id < ?1 AND x.to_at <= ?2`, nil},
		{"items", `SELECT x.id, f.repository FROM items x CROSS JOIN folders f ON f.id = x.folder WHERE x.id < ?1 AND x.to_at <= ?2 AND ` + item, []string{"contents", "traces"}},
		{"grants", `SELECT x.id, x.repository FROM grants x WHERE x.id < ?1 AND x.to_at <= ?2`, nil},
	} {
		err := s.batches(ctx, of.table, of.query+` ORDER BY x.id DESC LIMIT ?3`, func(tx *sql.Tx, ids []any) error {
			for _, with := range of.with {
				if err := s.remove(ctx, tx, with, `item`, ids); err != nil {
					return err
				}
			}
			return s.remove(ctx, tx, of.table, `id`, ids)
		})
		if err != nil {
			return err
		}
	}
	return s.repositories(ctx, "traits", `to_at <= ?3`)
}

// batch is how many rows go in one transaction.
const batch = 2000

// batches goes through the rows of a query from the highest number down, and removes those of repositories that are not held.
func (s *sweep) batches(ctx context.Context, table, query string, remove func(tx *sql.Tx, ids []any) error) error {
	last := int64(math.MaxInt64)
	for {
		var ids []any
		n := 0
		for rows, err := range store.Rows(ctx, s.File.Read, query, last, s.before, batch) {
			var repository int64
			if err == nil {
				err = rows.Scan(&last, &repository)
			}
			if err != nil {
				return err
			}
			if n++; !s.held[repository] {
				ids = append(ids, last)
			}
		}
		if len(ids) > 0 {
			if s.Dry {
				s.report.Removed[table] += int64(len(ids))
			} else if err := s.update(ctx, func(tx *sql.Tx) error { return remove(tx, ids) }); err != nil {
				return err
			}
			s.step(table)
		}
		if n < batch {
			return nil
		}
	}
}

// remove deletes rows by a column, and counts them.
func (s *sweep) remove(ctx context.Context, tx *sql.Tx, table, column string, ids []any) error {
	return s.exec(ctx, tx, table, `DELETE FROM `+table+` WHERE `+column+` IN (?`+strings.Repeat(", ?", len(ids)-1)+`)`, ids...)
}

func (s *sweep) exec(ctx context.Context, tx *sql.Tx, table, query string, args ...any) error {
	done, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	n, err := done.RowsAffected()
	s.report.Removed[table] += n
	return err
}

// update writes, and with the first rows that go it writes down that they do.
func (s *sweep) update(ctx context.Context, f func(*sql.Tx) error) error {
	return s.File.Update(ctx, func(tx *sql.Tx) error {
		var noted bool
		err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM compactions WHERE before_at >= ?)`, s.before).Scan(&noted)
		if err == nil && !noted && s.before > 0 {
			_, err = tx.ExecContext(ctx, `INSERT INTO compactions (before_at, at) VALUES (?, ?)`, s.before, s.now)
		}
		if err != nil {
			return err
		}
		return f(tx)
	})
}

func (s *sweep) step(table string) {
	if s.Step != nil {
		s.Step("remove", table, s.report.Removed[table])
	}
}

// someRepositories is how many repositories are gone through in one transaction.
const someRepositories = 500

// repositories removes rows of a table that a condition is true of, a number of repositories at a time: those from ?1 to ?2; the border is ?3.
func (s *sweep) repositories(ctx context.Context, table, condition string) error {
	var most sql.NullInt64
	if err := s.File.Read.QueryRowContext(ctx, `SELECT max(id) FROM repositories`).Scan(&most); err != nil {
		return err
	}
	not := ""
	for id := range s.held {
		not += fmt.Sprintf(" AND repository <> %d", id)
	}
	where := ` FROM ` + table + ` WHERE repository >= ?1 AND repository < ?2 AND ` + condition + not
	for first := int64(0); first <= most.Int64; first += someRepositories {
		args := []any{first, first + someRepositories, s.before}
		var n int64
		if err := s.File.Read.QueryRowContext(ctx, `SELECT count(*)`+where, args...).Scan(&n); err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
		switch {
		case n == 0:
		case s.Dry:
			s.report.Removed[table] += n
		default:
			if err := s.update(ctx, func(tx *sql.Tx) error { return s.exec(ctx, tx, table, `DELETE`+where, args...) }); err != nil {
				return err
			}
			s.step(table)
		}
	}
	return nil
}

// superseded removes visits and what repositories came to then. The last visit stays, and those that sightings still belong to; so does what
// was last summed up before the border, for the time at the border is answered from it.
func (s *sweep) superseded(ctx context.Context) error {
	for _, of := range []struct{ table, condition string }{
		{"visits", `finished <= ?3 AND run NOT IN (SELECT run FROM seen) AND run < (SELECT max(m.run) FROM visits m WHERE m.repository = visits.repository)`},
		{"summaries", `at < (SELECT max(m.at) FROM summaries m WHERE m.repository = summaries.repository AND m.at <= ?3)`},
		{"readers", `at < (SELECT max(m.at) FROM readers m WHERE m.repository = readers.repository AND m.at <= ?3)`},
	} {
		if err := s.repositories(ctx, of.table, of.condition); err != nil {
			return err
		}
	}
	if s.Dry || s.report.Total() == 0 {
		return nil
	}
	// A graph that is older than the last facts is not used any more, and may name whoever had a grant then.
	return s.update(ctx, func(tx *sql.Tx) error {
		return s.exec(ctx, tx, "graph", `DELETE FROM graph WHERE at < (SELECT max(coalesce(finished, changed)) FROM visits)`)
	})
}

// trail removes messages that went out, and, where somebody asked for it, lines of the audit trail.
func (s *sweep) trail(ctx context.Context) error {
	if err := s.whole(ctx, "outbox", `next IS NULL AND made <= ?`, s.before); err != nil || s.AuditBefore.IsZero() {
		return err
	}
	return s.whole(ctx, "audit", `at < ?`, store.Millis(s.AuditBefore))
}

// whole removes the rows of a table that a condition is true of, all at once: there are few, or they are small.
func (s *sweep) whole(ctx context.Context, table, condition string, before int64) error {
	var n int64
	if err := s.File.Read.QueryRowContext(ctx, `SELECT count(*) FROM `+table+` WHERE `+condition, before).Scan(&n); err != nil || n == 0 {
		return err
	}
	if s.Dry {
		s.report.Removed[table] += n
		return nil
	}
	defer s.step(table)
	return s.update(ctx, func(tx *sql.Tx) error {
		return s.exec(ctx, tx, table, `DELETE FROM `+table+` WHERE `+condition, before)
	})
}
