package store

// The ledger of a fleet. A shard is a part of a run's work, of a kind that package fleet numbers; spec says what is to be done, and done has a
// bit for each of its items that is in the catalog. A cut is a large item that is read in pieces, and shard_states has what was found
// in those that were; it outlives its run, so that the next one need not read them again. And workers are those that may take part,
// with the public keys by which they are known and who enrolled them.
const version11 = `
CREATE TABLE shards (
	id         INTEGER PRIMARY KEY,
	run        INTEGER NOT NULL REFERENCES runs (id),
	kind       INTEGER NOT NULL,
	target     INTEGER NOT NULL,
	repository INTEGER REFERENCES repositories (id),
	state      INTEGER NOT NULL,
	attempts   INTEGER NOT NULL,
	worker     TEXT NOT NULL,
	bytes      INTEGER NOT NULL,
	spec       BLOB,
	done       BLOB
) STRICT;
CREATE INDEX shards_open ON shards (target, kind, id) WHERE state = 0;

CREATE TABLE cuts (
	id         INTEGER PRIMARY KEY,
	repository INTEGER NOT NULL REFERENCES repositories (id),
	path       TEXT NOT NULL,
	mark       TEXT NOT NULL,
	rules      TEXT NOT NULL,
	plan       BLOB NOT NULL,
	pieces     INTEGER NOT NULL,
	UNIQUE (repository, path)
) STRICT;

CREATE TABLE shard_states (
	id     INTEGER PRIMARY KEY,
	cut    INTEGER NOT NULL REFERENCES cuts (id),
	number INTEGER NOT NULL,
	state  BLOB NOT NULL,
	UNIQUE (cut, number)
) STRICT;

CREATE TABLE workers (
	id       INTEGER PRIMARY KEY,
	name     TEXT NOT NULL UNIQUE,
	enclave  TEXT NOT NULL,
	login    TEXT NOT NULL,
	seal     TEXT NOT NULL,
	enrolled INTEGER NOT NULL,
	caller   TEXT NOT NULL,
	revoked  INTEGER,
	seen     INTEGER,
	figures  TEXT NOT NULL DEFAULT ''
) STRICT;
`
