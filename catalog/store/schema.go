package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// applicationID marks a SQLite file as a catalog ("Chrt").
const applicationID = 0x43687274

// ErrNewer says that a newer Chartroom wrote the catalog.
var ErrNewer = errors.New("the catalog was written by a newer chartroom")

// ErrForeign says that the file is a database, and no catalog.
var ErrForeign = errors.New("the file is no chartroom catalog")

// migrations lead from each version of the schema to the next; the schema's version is their number. A step that was
// released never changes.
//
// An item is stored once for each version of it: a row holds from from_at until to_at (milliseconds since 1970; NULL =
// still). Its contents, findings and people, belong to such a row and need no time of their own; they are apart from it, as
// most answers pass them by. What a run saw again unchanged costs no row at all but one bit in seen. Words that repeat
// (fields, readers, reasons) stand once in words. Numbers of kinds, classes, verdicts, subjects and states are those of
// package phi; a test holds them fast.
func migrations() []string {
	return []string{version1, version2, version3, version4, version5, version6, version7, version8, version9, version10, version11, version12}
}

const version1 = `
CREATE TABLE words (
	id   INTEGER PRIMARY KEY,
	text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE repositories (
	id        INTEGER PRIMARY KEY,
	name      TEXT NOT NULL UNIQUE,
	kind      TEXT NOT NULL,
	custodian TEXT NOT NULL,
	from_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
	id      INTEGER PRIMARY KEY,
	began   INTEGER NOT NULL,
	beat    INTEGER NOT NULL,
	ended   INTEGER,
	outcome TEXT NOT NULL CHECK (outcome IN ('running', 'interrupted', 'finished')),
	caller  TEXT NOT NULL,
	host    TEXT NOT NULL,
	pid     INTEGER NOT NULL,
	targets TEXT NOT NULL,
	rules   TEXT NOT NULL,
	version TEXT NOT NULL,
	key     TEXT NOT NULL
) STRICT;

CREATE TABLE visits (
	repository INTEGER NOT NULL REFERENCES repositories (id),
	run        INTEGER NOT NULL REFERENCES runs (id),
	began      INTEGER NOT NULL,
	changed    INTEGER,
	finished   INTEGER,
	complete   INTEGER NOT NULL DEFAULT 0,
	books      TEXT NOT NULL DEFAULT '{}',
	PRIMARY KEY (repository, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE folders (
	id         INTEGER PRIMARY KEY,
	repository INTEGER NOT NULL REFERENCES repositories (id),
	path       TEXT NOT NULL,
	UNIQUE (repository, path)
) STRICT;

CREATE TABLE items (
	id        INTEGER PRIMARY KEY,
	folder    INTEGER NOT NULL REFERENCES folders (id),
	name      TEXT NOT NULL,
	top       INTEGER REFERENCES items (id),
	inners    INTEGER NOT NULL,
	run       INTEGER NOT NULL REFERENCES runs (id),
	from_at   INTEGER NOT NULL,
	to_at     INTEGER,
	mark      TEXT NOT NULL,
	bytes     INTEGER NOT NULL,
	modified  INTEGER,
	format    INTEGER NOT NULL REFERENCES words (id),
	reader    INTEGER NOT NULL REFERENCES words (id),
	rules     INTEGER NOT NULL REFERENCES words (id),
	coverage  INTEGER NOT NULL,
	sample    INTEGER NOT NULL,
	seen_at   INTEGER NOT NULL,
	read_at   INTEGER,
	records   INTEGER NOT NULL,
	read      INTEGER NOT NULL,
	verdict   INTEGER NOT NULL,
	classes   INTEGER NOT NULL,
	suspected INTEGER NOT NULL,
	kinds     INTEGER NOT NULL,
	flags     INTEGER NOT NULL,
	rank      INTEGER NOT NULL,
	tally     BLOB
) STRICT;
CREATE UNIQUE INDEX items_current ON items (folder, name) WHERE to_at IS NULL;
CREATE INDEX items_closed ON items (folder) WHERE to_at IS NOT NULL;
CREATE INDEX items_top ON items (top) WHERE top IS NOT NULL;

CREATE TABLE contents (
	item     INTEGER PRIMARY KEY REFERENCES items (id),
	findings BLOB,
	people   BLOB
) STRICT;

CREATE TABLE gaps (
	id      INTEGER PRIMARY KEY,
	folder  INTEGER NOT NULL REFERENCES folders (id),
	name    TEXT NOT NULL,
	top     INTEGER REFERENCES items (id),
	under   INTEGER NOT NULL,
	reason  INTEGER NOT NULL REFERENCES words (id),
	detail  INTEGER NOT NULL REFERENCES words (id),
	bytes   INTEGER NOT NULL,
	run     INTEGER NOT NULL REFERENCES runs (id),
	from_at INTEGER NOT NULL,
	seen_at INTEGER NOT NULL,
	to_at   INTEGER
) STRICT;
CREATE INDEX gaps_current ON gaps (folder, name) WHERE to_at IS NULL;
CREATE INDEX gaps_closed ON gaps (folder) WHERE to_at IS NOT NULL;
CREATE INDEX gaps_top ON gaps (top) WHERE top IS NOT NULL;

CREATE TABLE seen (
	run   INTEGER NOT NULL REFERENCES runs (id),
	kept  INTEGER NOT NULL,
	block INTEGER NOT NULL,
	at    INTEGER NOT NULL,
	bits  BLOB NOT NULL,
	PRIMARY KEY (run, kept, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE summaries (
	repository INTEGER NOT NULL REFERENCES repositories (id),
	at         INTEGER NOT NULL,
	observed   INTEGER,
	items      INTEGER NOT NULL,
	bytes      INTEGER NOT NULL,
	gaps       INTEGER NOT NULL,
	verdict    INTEGER NOT NULL,
	grade      INTEGER NOT NULL,
	classes    INTEGER NOT NULL,
	suspected  INTEGER NOT NULL,
	kinds      INTEGER NOT NULL,
	flags      INTEGER NOT NULL,
	tally      BLOB,
	PRIMARY KEY (repository, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE populations (
	repository INTEGER PRIMARY KEY REFERENCES repositories (id),
	at         INTEGER NOT NULL,
	people     BLOB NOT NULL
) STRICT;

CREATE TABLE grants (
	id         INTEGER PRIMARY KEY,
	repository INTEGER NOT NULL REFERENCES repositories (id),
	principal  INTEGER NOT NULL REFERENCES words (id),
	action     INTEGER NOT NULL REFERENCES words (id),
	target     INTEGER NOT NULL REFERENCES words (id),
	why        INTEGER NOT NULL REFERENCES words (id),
	origin     INTEGER NOT NULL REFERENCES words (id),
	run        INTEGER NOT NULL REFERENCES runs (id),
	from_at    INTEGER NOT NULL,
	to_at      INTEGER
) STRICT;
CREATE UNIQUE INDEX grants_current ON grants (repository, principal, action, target, why, origin) WHERE to_at IS NULL;

CREATE TABLE audit (
	id      INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	caller  TEXT NOT NULL,
	role    TEXT NOT NULL,
	action  TEXT NOT NULL,
	target  TEXT NOT NULL,
	outcome TEXT NOT NULL
) STRICT;
`

// A part of what stands in an item that is not there yet, as package ledger packs it. It lasts as long as the run.
const version2 = `
CREATE TABLE staged (
	id         INTEGER PRIMARY KEY,
	repository INTEGER NOT NULL REFERENCES repositories (id),
	path       TEXT NOT NULL,
	number     INTEGER NOT NULL,
	facts      BLOB NOT NULL,
	UNIQUE (repository, path, number)
) STRICT;
`

// Who answers for a repository, what its server says of it, and who may do what with it. Nothing wrote grants before, so the table is
// made anew; mark is a fingerprint of all that a grant says. What the grants come to is worked out once (package access), and kept until
// the facts change: the graph in pieces, as one value of SQLite is limited to 1 GB, and for each repository how many can read it.
const version3 = `
ALTER TABLE repositories ADD COLUMN owner TEXT NOT NULL DEFAULT '';

CREATE TABLE traits (
	repository INTEGER NOT NULL REFERENCES repositories (id),
	name       TEXT NOT NULL,
	value      TEXT NOT NULL,
	known      INTEGER NOT NULL,
	run        INTEGER NOT NULL REFERENCES runs (id),
	from_at    INTEGER NOT NULL,
	to_at      INTEGER
) STRICT;
CREATE UNIQUE INDEX traits_current ON traits (repository, name) WHERE to_at IS NULL;

DROP TABLE grants;
CREATE TABLE grants (
	id         INTEGER PRIMARY KEY,
	repository INTEGER NOT NULL REFERENCES repositories (id),
	mark       BLOB NOT NULL,
	system     INTEGER NOT NULL REFERENCES words (id),
	scope      INTEGER NOT NULL REFERENCES words (id),
	kind       INTEGER NOT NULL REFERENCES words (id),
	principal  INTEGER NOT NULL REFERENCES words (id),
	action     INTEGER NOT NULL REFERENCES words (id),
	target     INTEGER NOT NULL REFERENCES words (id),
	detail     TEXT NOT NULL,
	why        INTEGER NOT NULL REFERENCES words (id),
	origin     INTEGER NOT NULL REFERENCES words (id),
	run        INTEGER NOT NULL REFERENCES runs (id),
	from_at    INTEGER NOT NULL,
	to_at      INTEGER
) STRICT;
CREATE UNIQUE INDEX grants_current ON grants (repository, mark) WHERE to_at IS NULL;
CREATE INDEX grants_closed ON grants (repository) WHERE to_at IS NOT NULL;

CREATE TABLE graph (
	number INTEGER PRIMARY KEY,
	at     INTEGER NOT NULL,
	bytes  BLOB NOT NULL
) STRICT;

CREATE TABLE readers (
	repository INTEGER NOT NULL REFERENCES repositories (id),
	at         INTEGER NOT NULL,
	certain    INTEGER NOT NULL,
	possible   INTEGER NOT NULL,
	outside    INTEGER NOT NULL,
	PRIMARY KEY (repository, at)
) STRICT, WITHOUT ROWID;
`

// Of a sampled item: how many units there are, what they are, and how many records were not looked at though persons were met. Of a
// repository: how many items were sampled, in how many of them nothing was found, the largest bound of those in parts of a thousand
// million, and its records that were not looked at.
const version4 = `
ALTER TABLE items ADD COLUMN population INTEGER NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN unit INTEGER NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN unread INTEGER NOT NULL DEFAULT 0;
ALTER TABLE summaries ADD COLUMN sampled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE summaries ADD COLUMN blank INTEGER NOT NULL DEFAULT 0;
ALTER TABLE summaries ADD COLUMN bound INTEGER NOT NULL DEFAULT 0;
ALTER TABLE summaries ADD COLUMN unread INTEGER NOT NULL DEFAULT 0;
`

// The traces of the persons of an item (estate.Segment): what a sample of somebody's is held against.
const version5 = `
CREATE TABLE traces (
	id     INTEGER PRIMARY KEY,
	item   INTEGER NOT NULL REFERENCES items (id),
	number INTEGER NOT NULL,
	bytes  BLOB NOT NULL,
	UNIQUE (item, number)
) STRICT;
`

// The logs of incidents (package incident): each line as its exact bytes, and their hash. Lines are only ever added.
const version6 = `
CREATE TABLE cases (
	id     INTEGER PRIMARY KEY,
	name   TEXT NOT NULL UNIQUE,
	opened INTEGER NOT NULL
) STRICT;

CREATE TABLE case_lines (
	id     INTEGER PRIMARY KEY,
	cased  INTEGER NOT NULL REFERENCES cases (id),
	number INTEGER NOT NULL,
	hash   TEXT NOT NULL,
	bytes  BLOB NOT NULL,
	UNIQUE (cased, number)
) STRICT;
CREATE TRIGGER case_lines_stay BEFORE UPDATE ON case_lines BEGIN SELECT raise(ABORT, 'lines of a case never change'); END;
CREATE TRIGGER case_lines_last BEFORE DELETE ON case_lines BEGIN SELECT raise(ABORT, 'lines of a case are never removed'); END;
`

// Who may enter the web room, and how: passwords only as argon2id hashes, and of what opens a door (sessions, tokens, invitations) only
// the SHA-256. What is to be sent waits in outbox until it went out, and watched
// says up to which run somebody was told what changed. And listed is what each repository was last summed up to, in the
// order of an answer, so that a page of the list needs none of the others; its indexes hold all that it can be narrowed by. Of a run that
// finished, books are those of all its visits.
const version7 = `
CREATE TABLE accounts (
	id       INTEGER PRIMARY KEY,
	name     TEXT NOT NULL UNIQUE COLLATE NOCASE,
	role     TEXT NOT NULL,
	password TEXT NOT NULL,
	subject  TEXT NOT NULL,
	handle   BLOB NOT NULL UNIQUE,
	disabled INTEGER NOT NULL DEFAULT 0,
	made     INTEGER NOT NULL,
	entered  INTEGER
) STRICT;
CREATE UNIQUE INDEX accounts_subject ON accounts (subject) WHERE subject <> '';

CREATE TABLE passkeys (
	id         BLOB PRIMARY KEY,
	account    INTEGER NOT NULL REFERENCES accounts (id),
	name       TEXT NOT NULL,
	credential BLOB NOT NULL,
	made       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
	hash    BLOB PRIMARY KEY,
	account INTEGER NOT NULL REFERENCES accounts (id),
	made    INTEGER NOT NULL,
	seen    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_account ON sessions (account);

CREATE TABLE tokens (
	id      INTEGER PRIMARY KEY,
	hash    BLOB NOT NULL UNIQUE,
	account INTEGER NOT NULL REFERENCES accounts (id),
	name    TEXT NOT NULL,
	role    TEXT NOT NULL,
	made    INTEGER NOT NULL,
	ends    INTEGER NOT NULL,
	used    INTEGER
) STRICT;

CREATE TABLE invitations (
	hash BLOB PRIMARY KEY,
	role TEXT NOT NULL,
	made INTEGER NOT NULL,
	ends INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
	id      INTEGER PRIMARY KEY,
	mark    TEXT NOT NULL,
	channel TEXT NOT NULL,
	body    BLOB NOT NULL,
	made    INTEGER NOT NULL,
	tries   INTEGER NOT NULL DEFAULT 0,
	next    INTEGER,
	fault   TEXT NOT NULL DEFAULT '',
	UNIQUE (mark, channel)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (next) WHERE next IS NOT NULL;

CREATE TABLE watched (
	run INTEGER PRIMARY KEY REFERENCES runs (id),
	at  INTEGER NOT NULL
) STRICT;

CREATE TABLE listed (
	repository INTEGER PRIMARY KEY REFERENCES repositories (id),
	name       TEXT NOT NULL,
	custodian  TEXT NOT NULL,
	kind       TEXT NOT NULL,
	rank       INTEGER NOT NULL,
	people     INTEGER NOT NULL,
	classes    INTEGER NOT NULL,
	states     INTEGER NOT NULL,
	observed   INTEGER NOT NULL
) STRICT;
CREATE INDEX listed_rank ON listed (rank DESC, people DESC, name, custodian, kind, classes, states, observed, repository);
CREATE INDEX listed_people ON listed (people DESC, name, rank, custodian, kind, classes, states, observed, repository);

ALTER TABLE runs ADD COLUMN books TEXT NOT NULL DEFAULT '';
`

// The traces of an item that comes in parts are written once, under the number that it will have: so a trace may be there before its item.
// A part says which number that is. Nobody reads traces without their item.
const version8 = `
CREATE TABLE segments (
	id     INTEGER PRIMARY KEY,
	item   INTEGER NOT NULL,
	number INTEGER NOT NULL,
	bytes  BLOB NOT NULL,
	UNIQUE (item, number)
) STRICT;
INSERT INTO segments SELECT id, item, number, bytes FROM traces;
DROP TABLE traces;
ALTER TABLE segments RENAME TO traces;

ALTER TABLE staged ADD COLUMN item INTEGER NOT NULL DEFAULT 0;
`

// refill does of a migration what no SQL can, after its steps.
func refill(ctx context.Context, tx *sql.Tx, from, to int) error {
	if from > 0 && from < 10 && to >= 10 {
		if err := relistAll(ctx, tx); err != nil {
			return fmt.Errorf("migrate to version 10: %w", err)
		}
	}
	return nil
}

func newer(version, known int) error {
	return fmt.Errorf("%w: its version is %d, this chartroom knows up to %d; use the newer chartroom, or give another file with --catalog", ErrNewer, version, known)
}

// migrate brings the schema to the version of the steps, in one transaction. It refuses what is newer and what is no
// catalog before it changes anything.
func migrate(ctx context.Context, db *sql.DB, steps []string) error {
	tx, err := db.BeginTx(ctx, nil)
	var se *sqlite.Error
	if errors.As(err, &se) && se.Code() == sqlite3.SQLITE_NOTADB {
		return ErrForeign
	}
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var version, app, tables int
	if err := tx.QueryRowContext(ctx, `SELECT v.user_version, a.application_id, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_user_version v, pragma_application_id a`).Scan(&version, &app, &tables); err != nil {
		return err
	}
	switch {
	case tables > 0 && app != applicationID:
		return ErrForeign
	case version > len(steps):
		return newer(version, len(steps))
	case version == len(steps):
		return nil
	}
	for i, step := range steps[version:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("migrate to version %d: %w", version+i+1, err)
		}
	}
	if err := refill(ctx, tx, version, len(steps)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(steps))); err != nil {
		return err
	}
	return tx.Commit()
}
