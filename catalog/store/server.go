package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/chartroom/chartroom/catalog/store/postgres"
)

// Connections of one process to a server: for those who read, and for what is written outside of runs.
const (
	serverReaders = 8
	serverWriters = 4
)

// What sessions of a server are set to. A commit of a survey need not be on the disk at once, as that of a file need not (Durably); and who
// leaves a transaction open does not keep others waiting for ever.
const (
	writerSettings = `SET synchronous_commit = off; SET idle_in_transaction_session_timeout = '10min'`
	runSettings    = `SET synchronous_commit = off`
)

// noTurn is the turn where the server lets many write at once.
type noTurn struct{}

func (noTurn) Lock()   {}
func (noTurn) Unlock() {}

// openServer opens the catalog in a database of a server.
func openServer(ctx context.Context, address string, steps []string) (*File, error) {
	s, err := postgres.Parse(address)
	if err != nil {
		return nil, err
	}
	f := &File{Path: s.Address, Now: time.Now, Turn: noTurn{}, server: s}
	f.Write = s.DB(serverWriters, writerSettings)
	if err := f.prepareServer(ctx, steps); err != nil {
		return nil, errors.Join(err, f.Write.Close())
	}
	f.Read = s.DB(serverReaders, "")
	return f, nil
}

// The locks of a catalog on a server: of runs, of its schema, of decisions, of what is written outside of runs, and of the audit trail. Those
// of one kind are taken by one transaction or session at a time.
const (
	runLock = iota + 1
	schemaLock
	decisionLock
	updateLock
	trailLock
)

// numLocks is how many kinds of locks there are, and one.
const numLocks = trailLock + 1

// lockOf makes the key of a lock from the number of its schema, as one database may hold several catalogs; that of schema 0 is of the database.
func lockOf(schema int64, lock int) int64 { return applicationID<<32 ^ schema<<3 ^ int64(lock) }

// inTurn makes a transaction that writes outside of runs wait for those of its kind, in other processes, too: what is written to a
// server has the order that it would have in a file. In a file the turn has come already.
func (f *File) inTurn(ctx context.Context, tx *sql.Tx, lock int) error {
	if f.server == nil {
		return nil
	}
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(?)`, f.locks[lock])
	return err
}

// prepareServer makes and migrates the schema. It refuses what is newer and what is no catalog before it changes anything.
func (f *File) prepareServer(ctx context.Context, steps []string) error {
	tx, err := f.Write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	// Two that begin at once would both make the schema.
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(?)`, lockOf(0, schemaLock)); err != nil {
		return err
	}
	version, err := f.serverVersion(ctx, tx)
	switch {
	case err != nil:
		return err
	case version > len(steps):
		return newer(version, len(steps))
	case version < len(steps):
		if err := f.migrateServer(ctx, tx, steps, version); err != nil {
			return err
		}
	}
	var schema int64
	if err := tx.QueryRowContext(ctx, `SELECT CAST(oid AS BIGINT) FROM pg_namespace WHERE nspname = ?`, f.server.Schema).Scan(&schema); err != nil {
		return err
	}
	for lock := range f.locks {
		f.locks[lock] = lockOf(schema, lock)
	}
	return tx.Commit()
}

// There tells whether there is a catalog at an address, or a file that is in its place. It makes none.
func There(ctx context.Context, address string) (bool, error) {
	if !OnServer(address) {
		_, err := os.Stat(address)
		if errors.Is(err, os.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	}
	s, err := postgres.Parse(address)
	if err != nil {
		return false, err
	}
	f := &File{server: s, Write: s.DB(1, "")}
	defer f.Write.Close()
	tx, err := f.Write.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	version, err := f.serverVersion(ctx, tx)
	return version > 0, err
}

// serverVersion gives the version of the schema, 0 where there is none yet, or nothing in it.
func (f *File) serverVersion(ctx context.Context, tx *sql.Tx) (version int, err error) {
	var tables int
	var ours bool
	err = tx.QueryRowContext(ctx, `SELECT count(*), coalesce(max(CASE c.relname WHEN 'schema_version' THEN 1 ELSE 0 END), 0) FROM pg_class c
		JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`, f.server.Schema).Scan(&tables, &ours)
	switch {
	case err != nil || tables == 0:
		return 0, err
	case !ours:
		return 0, fmt.Errorf("%w: the schema %s of the database has other tables; give a schema of its own in the address: ?schema=NAME", ErrForeign, f.server.Schema)
	}
	var app int64
	err = tx.QueryRowContext(ctx, `SELECT application, version FROM schema_version`).Scan(&app, &version)
	if err == nil && app != applicationID {
		err = ErrForeign
	}
	return version, err
}

func (f *File) migrateServer(ctx context.Context, tx *sql.Tx, steps []string, version int) error {
	if version == 0 {
		var there bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = ?)`, f.server.Schema).Scan(&there); err != nil {
			return err
		}
		first := `CREATE TABLE schema_version (application BIGINT NOT NULL, version BIGINT NOT NULL); INSERT INTO schema_version VALUES (0, 0)`
		if !there {
			first = `CREATE SCHEMA ` + f.server.Schema + `; ` + first
		}
		if _, err := tx.ExecContext(ctx, first); err != nil {
			return fmt.Errorf("make the schema %s (docs/catalog.md says what the role needs): %w", f.server.Schema, err)
		}
	}
	for i, step := range steps[version:] {
		if _, err := tx.ExecContext(ctx, postgres.Schema(step)); err != nil {
			return fmt.Errorf("migrate to version %d: %w", version+i+1, err)
		}
	}
	if err := refill(ctx, tx, version, len(steps)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE schema_version SET application = ?, version = ?`, applicationID, len(steps))
	return err
}

// Together gives a context in which statements within a transaction are sent to a server together with those behind them: the outcome of
// one is told at the latest by the end of the transaction, which fails with it. A file is written to at once.
func Together(ctx context.Context) context.Context { return postgres.Together(ctx) }

// closers are closed one after the other.
type closers []io.Closer

// Close implements io.Closer.
func (c closers) Close() (err error) {
	for _, one := range c {
		err = errors.Join(err, one.Close())
	}
	return err
}

// lockServer takes the lock of runs for a session of its own; nil where another has it. The server gives the lock back when the session
// ends, however that happens.
func (f *File) lockServer(ctx context.Context) (*sql.Conn, io.Closer, error) {
	db := f.server.DB(1, runSettings)
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	held := false
	if err = conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock(?)`, f.locks[runLock]).Scan(&held); err != nil || !held {
		return nil, nil, errors.Join(err, conn.Close(), db.Close())
	}
	return conn, closers{unlock{conn}, conn, db}, nil
}

// unlock gives all locks of a session back, which the server would do a moment after the session ended.
type unlock struct{ *sql.Conn }

// Close implements io.Closer. A session that is lost has no lock any more.
func (u unlock) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, _ = u.ExecContext(ctx, `SELECT pg_advisory_unlock_all()`)
	return nil
}

// lockedServer tells whether some session has the lock of runs. When in doubt one does.
func (f *File) lockedServer() bool {
	held := true
	err := f.Write.QueryRow(`SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
		AND CAST(classid AS BIGINT) << 32 | CAST(objid AS BIGINT) = ? AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
		f.locks[runLock]).Scan(&held)
	return err != nil || held
}
