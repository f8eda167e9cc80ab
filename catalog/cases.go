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

// CaseLine is a line of an incident's log, as it was written. What it says is not the catalog's to know.
type CaseLine struct {
	Bytes []byte
	Hash  string
}

// CaseName is a case that the catalog keeps.
type CaseName struct {
	Name   string    `json:"case"`
	Opened time.Time `json:"opened"`
	Lines  int       `json:"lines"`
	Head   string    `json:"head"` // hash of the last line
}

// ErrTaken says that somebody else added a line meanwhile: read the case again, and decide again.
var ErrTaken = errors.New("somebody else added a line to the case meanwhile")

// ErrNoCase says that there is no such case.
var ErrNoCase = errors.New("there is no such case")

// AddCaseLine adds line number (from 1 on) to a case; the first one makes the case. Where that line is there already it returns an error
// that wraps ErrTaken, and nothing is written. What it returned nil for is on the disk.
func (c *Catalog) AddCaseLine(ctx context.Context, who audit.Caller, name string, number int, line CaseLine) error {
	if err := c.admit(ctx, who, audit.WriteCase, name); err != nil {
		return err
	}
	err := c.file.Durably(ctx, func(tx *sql.Tx) error { return c.addLine(ctx, tx, name, number, line) })
	if err != nil {
		return fmt.Errorf("write case %s to catalog %s: %w", name, c.Path(), err)
	}
	return nil
}

func (c *Catalog) addLine(ctx context.Context, tx *sql.Tx, name string, number int, line CaseLine) error {
	if number == 1 {
		if _, err := tx.ExecContext(ctx, `INSERT INTO cases (name, opened) VALUES (?, ?) ON CONFLICT DO NOTHING`, name, store.Millis(c.file.Now())); err != nil {
			return err
		}
	}
	var id int64
	var last sql.NullInt64
	err := tx.QueryRowContext(ctx, `SELECT id, (SELECT max(number) FROM case_lines WHERE cased = cases.id) FROM cases WHERE name = ?`, name).Scan(&id, &last)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNoCase
	case err != nil:
		return err
	case int(last.Int64) != number-1:
		return ErrTaken
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO case_lines (cased, number, hash, bytes) VALUES (?, ?, ?, ?)`, id, number, line.Hash, line.Bytes)
	if store.Unique(err) {
		return ErrTaken
	}
	return err
}

// CaseLines gives the log of a case; its chain is for the caller to check.
func (c *Catalog) CaseLines(ctx context.Context, who audit.Caller, name string) ([]CaseLine, error) {
	var out []CaseLine
	err := c.view(ctx, request{who: who, action: audit.ReadCase, target: name}, func(r *reader) error {
		for rows, err := range store.Rows(ctx, r.tx, `SELECT l.bytes, l.hash FROM case_lines l JOIN cases k ON k.id = l.cased WHERE k.name = ? ORDER BY l.number`, name) {
			var l CaseLine
			if err == nil {
				err = rows.Scan(&l.Bytes, &l.Hash)
			}
			if err != nil {
				return err
			}
			out = append(out, l)
		}
		if out == nil {
			return fmt.Errorf("case %s: %w", name, ErrNoCase)
		}
		return nil
	})
	return out, err
}

// Cases lists the cases, the latest first.
func (c *Catalog) Cases(ctx context.Context, who audit.Caller) ([]CaseName, error) {
	out := []CaseName{}
	err := c.view(ctx, request{who: who, action: audit.ReadCase}, func(r *reader) error {
		for rows, err := range store.Rows(ctx, r.tx, `SELECT k.name, k.opened, l.number, l.hash FROM cases k JOIN case_lines l ON l.cased = k.id
			AND l.number = (SELECT max(number) FROM case_lines WHERE cased = k.id) ORDER BY k.id DESC`) {
			var n CaseName
			var opened int64
			if err == nil {
				err = rows.Scan(&n.Name, &opened, &n.Lines, &n.Head)
			}
			if err != nil {
				return err
			}
			n.Opened = store.Instant(opened)
			out = append(out, n)
		}
		return nil
	})
	return out, err
}
