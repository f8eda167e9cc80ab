package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// What was removed of the history, and when: of what was known before before_at nothing can be said any more. And a row in copying says that
// what was to be copied into this catalog has not all come.
const version9 = `
CREATE TABLE compactions (
	id        INTEGER PRIMARY KEY,
	before_at INTEGER NOT NULL,
	at        INTEGER NOT NULL
) STRICT;

CREATE TABLE copying (
	id     INTEGER PRIMARY KEY,
	origin TEXT NOT NULL,
	began  INTEGER NOT NULL
) STRICT;
`

// What changed in a span of time is asked of the repositories alone of which facts came in it, or that came themselves: each has an index by time.
// A visit that closed gaps and nothing else was not noted as one that changed something; now it is.
const version12 = `
CREATE INDEX visits_changed ON visits (finished, changed, repository) WHERE changed IS NOT NULL;
CREATE INDEX repositories_from ON repositories (from_at);
UPDATE visits SET changed = finished WHERE changed IS NULL AND finished IS NOT NULL
	AND (repository, finished) IN (SELECT f.repository, g.to_at FROM gaps g JOIN folders f ON f.id = g.folder WHERE g.to_at IS NOT NULL);
`

// ErrUnfinished says that a catalog was to become the copy of another, and that not all of it came.
var ErrUnfinished = errors.New("the catalog is an unfinished copy, and answers nothing")

// Whole tells whether all is there: nil, or an error that wraps ErrUnfinished and says what of.
func (f *File) Whole(ctx context.Context) error {
	var origin string
	var began int64
	err := f.Read.QueryRowContext(ctx, `SELECT origin, began FROM copying ORDER BY id LIMIT 1`).Scan(&origin, &began)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: the copying of %s, begun %s, did not come to its end; remove it, and copy again", ErrUnfinished, origin,
		Instant(began).Format(time.RFC3339))
}

// Border is up to when the history was removed, and when that was; zero where all of it is there.
func Border(ctx context.Context, q Querier) (before, at int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT before_at, at FROM compactions ORDER BY before_at DESC, id DESC LIMIT 1`).Scan(&before, &at)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return before, at, err
}
