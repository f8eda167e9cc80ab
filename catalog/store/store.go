// Package store is the catalog's file: a SQLite database with its schema, the forms of what stands in it, and the sums that
// are taken over it. Package ledger writes it, package catalog answers from it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Limits of memory: page caches of a run, of each reader, and of what writes the audit trail, in KiB.
const (
	runCache    = 16 << 10
	readerCache = 4 << 10
	trailCache  = 1 << 10
	readers     = 4
)

// File is an open file. It is safe for concurrent use.
type File struct {
	Path  string
	Now   func() time.Time // the clock
	Write *sql.DB          // one connection, for what is written outside of runs
	Read  *sql.DB
	// Turn is held by who writes, within this process. SQLite itself lets those who wait try again and again, so that a run, which writes much,
	// would starve the others; here each has its turn.
	Turn sync.Mutex

	trail trail
}

// Open opens the file at path and makes it where there is none, with mode 0600 and its folder with 0700. An older file is
// brought to today's schema. It returns an error that wraps ErrNewer or ErrForeign where the file is not for this
// Chartroom, and leaves it as it was.
func Open(ctx context.Context, path string) (*File, error) {
	return open(ctx, path, migrations())
}

func open(ctx context.Context, path string, steps []string) (*File, error) {
	if err := prepare(ctx, path, steps); err != nil {
		return nil, err
	}
	f := &File{Path: path, Now: time.Now}
	var err error
	if f.Write, err = sql.Open("sqlite", dsn(path, trailCache)+"&_txlock=immediate"); err != nil {
		return nil, err
	}
	f.Write.SetMaxOpenConns(1)
	if f.Read, err = sql.Open("sqlite", dsn(path, readerCache)+"&_pragma=query_only(1)"); err != nil {
		return nil, errors.Join(err, f.Write.Close())
	}
	f.Read.SetMaxOpenConns(readers)
	return f, nil
}

// prepare makes and migrates the file over a connection of its own, so that one that is refused stays as it was. What is
// accepted becomes its owner's alone: it is pseudonymous, not anonymous.
func prepare(ctx context.Context, path string, steps []string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	made, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := made.Close(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", address(path)+"?_txlock=immediate&_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	defer db.Close()
	if err := migrate(ctx, db, steps); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(path, 0o600); err != nil {
			return err
		}
	}
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode = WAL")
	return err
}

func address(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

// dsn waits for another writer for up to two minutes: an item with a million others in it is entered in one transaction.
func dsn(path string, cacheKiB int) string {
	return fmt.Sprintf("%s?_pragma=busy_timeout(120000)&_pragma=foreign_keys(1)&_pragma=synchronous(NORMAL)&_pragma=cache_size(-%d)",
		address(path), cacheKiB)
}

// Close closes the file.
func (f *File) Close() error { return errors.Join(f.Read.Close(), f.Write.Close()) }

// Writer opens the connection that a run writes over.
func (f *File) Writer() (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(f.Path, runCache))
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// Lock takes the lock that a run holds while it writes; nil where another has it. Closing it gives it back, and so does the
// end of the process, however it ends.
func (f *File) Lock() (*os.File, error) {
	l, err := os.OpenFile(f.Path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if held, err := lockFile(l); err != nil || !held {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Locked tells whether somebody writes, here or in another process. When in doubt somebody does.
func (f *File) Locked() bool {
	if _, err := os.Stat(f.Path + ".lock"); errors.Is(err, os.ErrNotExist) {
		return false
	}
	l, err := f.Lock()
	return err != nil || l == nil || l.Close() != nil
}

// Querier reads, within a transaction or over a connection.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Rows asks and goes through the answer: each row is there for Scan until the next. An error comes last, and without a row.
func Rows(ctx context.Context, q Querier, query string, args ...any) iter.Seq2[*sql.Rows, error] {
	return func(yield func(*sql.Rows, error) bool) {
		rows, err := q.QueryContext(ctx, query, args...)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			if !yield(rows, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// HeldAt is the condition that a row holds at a time, nil for now, and its arguments: once with the present, which the
// indexes are made for, and once with the past. The table is x.
func HeldAt(at *int64) (condition string, args []any) {
	if at == nil {
		return "x.to_at IS NULL", nil
	}
	return "x.from_at <= ? AND (x.to_at IS NULL OR x.to_at > ?)", []any{*at, *at}
}

// Millis is a time as it is stored.
func Millis(t time.Time) int64 { return t.UnixMilli() }

// Instant is the inverse of Millis, in UTC.
func Instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// InnerMark stands between the path of a container and the path within it.
const InnerMark = "!/"

// Split cuts a path behind its last slash; folder and name together are the path.
func Split(path string) (folder, name string) {
	i := strings.LastIndexByte(path, '/') + 1
	return path[:i], path[i:]
}

// Flags of a stored item.
const (
	Part2   = 1 << iota // a 42 CFR Part 2 record is possible
	Minors              // records of persons under 18
	Retry               // a gap that may be gone the next time: the version mark does not spare another reading
	HasGaps             // gaps stand beside the item or within it
)
