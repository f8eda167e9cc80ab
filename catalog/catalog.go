// Package catalog keeps the facts of an estate in one SQLite file, with their history, and answers from them WHERE the
// PHI lives. It is cold: no value of a person can reach it. Each read and each write takes an audit.Caller, checks his
// permission and leaves a line in the audit trail.
//
// One process at a time writes a run; any number may read meanwhile. A run that is killed loses nothing that was
// committed, and an item is in the catalog wholly or not at all.
package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/chartroom/chartroom/audit"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Limits of memory: page caches of a run, of each reader, and of what writes the audit trail, in KiB.
const (
	runCache    = 16 << 10
	readerCache = 4 << 10
	trailCache  = 1 << 10
	readers     = 4
)

// Catalog is an open catalog. It is safe for concurrent use.
type Catalog struct {
	path  string
	write *sql.DB // one connection
	read  *sql.DB
	now   func() time.Time

	mu   sync.Mutex // guards open
	open *Run
}

// Open opens the catalog at path and makes it where there is none, with mode 0600 and its folder with 0700. An older
// catalog is brought to today's schema. It returns an error that wraps ErrNewer or ErrForeign where the file is not for
// this Chartroom.
func Open(ctx context.Context, path string) (*Catalog, error) {
	c, err := open(ctx, path, migrations())
	if err != nil {
		return nil, fmt.Errorf("open catalog %s: %w", path, err)
	}
	return c, nil
}

func open(ctx context.Context, path string, steps []string) (*Catalog, error) {
	if err := private(path); err != nil {
		return nil, err
	}
	if err := prepare(ctx, path, steps); err != nil {
		return nil, err
	}
	c := &Catalog{path: path, now: time.Now}
	var err error
	if c.write, err = sql.Open("sqlite", dsn(path, trailCache, "_txlock=immediate", "_pragma=synchronous(NORMAL)")); err != nil {
		return nil, err
	}
	c.write.SetMaxOpenConns(1)
	if c.read, err = sql.Open("sqlite", dsn(path, readerCache, "_pragma=query_only(1)")); err != nil {
		return nil, errors.Join(err, c.write.Close())
	}
	c.read.SetMaxOpenConns(readers)
	return c, nil
}

// private makes the file if there is none and keeps everybody but its owner from it: it is pseudonymous, not anonymous.
func private(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return f.Chmod(0o600)
	}
	return nil
}

// prepare migrates over a connection of its own, so that a file that is refused stays as it was.
func prepare(ctx context.Context, path string, steps []string) error {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_txlock=immediate&_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	defer db.Close()
	if err := migrate(ctx, db, steps); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode = WAL")
	return err
}

func dsn(path string, cacheKiB int, more ...string) string {
	s := fmt.Sprintf("file:%s?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=cache_size(-%d)",
		(&url.URL{Path: path}).EscapedPath(), cacheKiB)
	for _, m := range more {
		s += "&" + m
	}
	return s
}

// Path is the catalog's file.
func (c *Catalog) Path() string { return c.path }

// Close closes the catalog. A run that is still open is left interrupted.
func (c *Catalog) Close() error {
	c.mu.Lock()
	run := c.open
	c.mu.Unlock()
	var err error
	if run != nil {
		err = run.Abandon(context.Background())
	}
	return errors.Join(err, c.read.Close(), c.write.Close())
}

// admit checks whether the caller may act and writes the line of the audit trail. Where the trail cannot be written,
// nothing is done.
func (c *Catalog) admit(ctx context.Context, who audit.Caller, action audit.Action, target string) error {
	refusal := who.Permit(action)
	outcome := audit.Allowed
	if refusal != nil {
		outcome = audit.Denied
	}
	_, err := c.write.ExecContext(ctx, `INSERT INTO audit (at, caller, role, action, target, outcome) VALUES (?, ?, ?, ?, ?, ?)`,
		millis(c.now()), who.Name, who.Role.String(), string(action), target, string(outcome))
	if err != nil {
		err = fmt.Errorf("write audit trail of %s: %w", c.path, err)
	}
	return errors.Join(refusal, err)
}

// view runs a read within one snapshot, after the caller was admitted.
func (c *Catalog) view(ctx context.Context, ask request, f func(*reader) error) error {
	if err := c.admit(ctx, ask.who, ask.action, ask.target); err != nil {
		return err
	}
	tx, err := c.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read catalog %s: %w", c.path, err)
	}
	defer tx.Rollback()
	if err := f(newReader(tx, c.now(), ask.filter)); err != nil {
		return fmt.Errorf("read catalog %s: %w", c.path, err)
	}
	return nil
}

// request is who wants what.
type request struct {
	who    audit.Caller
	action audit.Action
	target string
	filter Filter
}

// millis is a time as it is stored.
func millis(t time.Time) int64 { return t.UnixMilli() }

// instant is the inverse of millis, in UTC.
func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Audit gives the audit trail since a time, the latest lines last; limit 0 is no limit.
func (c *Catalog) Audit(ctx context.Context, who audit.Caller, since time.Time, limit int) ([]audit.Record, error) {
	out := []audit.Record{}
	err := c.view(ctx, request{who: who, action: audit.ReadAudit}, func(r *reader) error {
		if limit <= 0 {
			limit = -1
		}
		rows, err := r.tx.QueryContext(ctx, `SELECT at, caller, role, action, target, outcome FROM
			(SELECT * FROM audit WHERE at >= ? ORDER BY id DESC LIMIT ?) ORDER BY id`, millis(since), limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a audit.Record
			var at int64
			if err := rows.Scan(&at, &a.Caller, &a.Role, &a.Action, &a.Target, &a.Outcome); err != nil {
				return err
			}
			a.Time = instant(at)
			out = append(out, a)
		}
		return rows.Err()
	})
	return out, err
}
