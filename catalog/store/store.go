// Package store is the catalog's file: a SQLite database, or a schema of a PostgreSQL server, with its tables, the forms of what stands in it,
// and the sums that are taken over it. Package ledger writes it, package catalog answers from it. One text of SQL serves both databases.
package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chartroom/chartroom/catalog/store/postgres"
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
	Path  string           // or the server's address, without anything secret
	Now   func() time.Time // the clock
	Write *sql.DB          // for what is written outside of runs; one connection to a file
	Read  *sql.DB
	// Turn is held by who writes, within this process. SQLite itself lets those who wait try again and again, so that a run, which writes much,
	// would starve the others; here each has its turn. On a server nobody waits.
	Turn sync.Locker

	trail  trail
	server *postgres.Server // nil = a file
	locks  [numLocks]int64  // their keys on the server
}

// Open opens the file at path and makes it where there is none, with mode 0600 and its folder with 0700. An address postgres://... opens
// a schema of a server instead (postgres.Parse says how it is written), and makes it where it may. An older catalog is brought to today's
// schema. It returns an error that wraps ErrNewer or ErrForeign where the catalog is not for this Chartroom, and leaves it as it was.
func Open(ctx context.Context, path string) (*File, error) {
	return open(ctx, path, migrations())
}

// OnServer tells whether a catalog's address is that of a server, and no path.
func OnServer(address string) bool { return postgres.Is(address) }

func open(ctx context.Context, path string, steps []string) (*File, error) {
	if OnServer(path) {
		return openServer(ctx, path, steps)
	}
	if err := prepare(ctx, path, steps); err != nil {
		return nil, err
	}
	f := &File{Path: path, Now: time.Now, Turn: &sync.Mutex{}}
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

// Writer is the connection that a run writes over. While it is open, no other run can begin: it holds the lock, and on a server it is the session
// that does, so that who has lost the lock cannot write, either.
type Writer struct {
	*sql.Conn
	with closers
}

// Close closes the connection and gives the lock back.
func (w *Writer) Close() error { return w.with.Close() }

// Writer takes the lock of runs and opens the connection; nil where another has the lock.
func (f *File) Writer(ctx context.Context) (*Writer, error) {
	if f.server != nil {
		conn, lock, err := f.lockServer(ctx)
		if conn == nil {
			return nil, err
		}
		return &Writer{conn, closers{lock}}, nil
	}
	lock, err := f.Lock()
	if lock == nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(f.Path, runCache))
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close(), lock.Close())
	}
	return &Writer{conn, closers{conn, db, lock}}, nil
}

// Lock takes the lock that a run holds while it writes; nil where another has it. Closing it gives it back, and so does the
// end of the process, however it ends.
func (f *File) Lock() (io.Closer, error) {
	if f.server != nil {
		_, lock, err := f.lockServer(context.Background())
		return lock, err
	}
	l, err := os.OpenFile(f.Path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if held, err := lockFile(l); err != nil || !held {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Locked tells whether somebody writes a run, here or in another process. When in doubt somebody does.
func (f *File) Locked() bool {
	if f.server != nil {
		return f.lockedServer()
	}
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

// Split cuts a path behind its last slash; folder and name together are the path, as long as each has its place in an index, and is a text.
func Split(path string) (folder, name string) {
	path = postgres.Plain(path)
	i := strings.LastIndexByte(path, '/') + 1
	if i > maxName {
		return Clip(path[:i-1]) + "/", Clip(path[i:])
	}
	return path[:i], Clip(path[i:])
}

// maxName is how many bytes of a name or of a path are kept. An entry of an index of PostgreSQL has at most about 2,700.
const maxName = 2000

// Clip shortens a name that is too long for an index: to its beginning and a fingerprint of all of it. No file system knows such
// names; archives and directories that somebody made deep on purpose do.
func Clip(name string) string {
	if len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("%s…%x", strings.ToValidUTF8(name[:maxName-64], ""), sum[:16])
}

// Flags of a stored item.
const (
	Part2   = 1 << iota // a 42 CFR Part 2 record is possible
	Minors              // records of persons under 18
	Retry               // a gap that may be gone the next time: the version mark does not spare another reading
	HasGaps             // gaps stand beside the item or within it
)
