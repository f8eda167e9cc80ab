package catalog

import (
	"context"
	"database/sql"
	"fmt"
)

// statements are a run's own connection and what it says over it, prepared once.
type statements struct {
	conn *sql.Conn

	findWord, addWord     *sql.Stmt
	findPlace, addPlace   *sql.Stmt
	findFolder, addFolder *sql.Stmt

	current, page                  *sql.Stmt
	addItem, addFinding, addPeople *sql.Stmt
	closeItem, closeInner, closeAt *sql.Stmt
	dropFindings, dropPeople       *sql.Stmt
	dropInner, dropItem            *sql.Stmt
	setFlags                       *sql.Stmt

	gapsOf, addGap, moveGap, closeGap, closeGapsOf *sql.Stmt
	findUnder                                      *sql.Stmt
	putGrant                                       *sql.Stmt
	putSeen, beat, putVisit                        *sql.Stmt
}

// prepare prepares all statements on the connection.
func prepareAll(ctx context.Context, conn *sql.Conn) (*statements, error) {
	s := &statements{conn: conn}
	for _, p := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&s.findWord, `SELECT id FROM words WHERE text = ?`},
		{&s.addWord, `INSERT INTO words (text) VALUES (?) RETURNING id`},
		{&s.findPlace, `SELECT id FROM places WHERE field = ? AND kind = ? AND subject = ? AND classes = ?`},
		{&s.addPlace, `INSERT INTO places (field, kind, subject, classes) VALUES (?, ?, ?, ?) RETURNING id`},
		{&s.findFolder, `SELECT id FROM folders WHERE repository = ? AND path = ?`},
		{&s.addFolder, `INSERT INTO folders (repository, path) VALUES (?, ?) RETURNING id`},
		{&s.current, `SELECT id, run, from_at, mark, rules, coverage, seen_at, flags, inners, tally IS NOT NULL FROM items
			WHERE folder = ? AND name = ? AND to_at IS NULL`},
		{&s.page, `SELECT name, id, run, mark, rules, flags, inners FROM items
			WHERE folder = ? AND name >= ? AND to_at IS NULL AND top IS NULL ORDER BY name LIMIT ?`},
		{&s.addItem, `INSERT INTO items (id, folder, name, top, inners, run, from_at, mark, bytes, modified, format, reader, rules,
			coverage, sample, seen_at, read_at, records, read, verdict, classes, suspected, kinds, flags, rank, tally)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.addFinding, `INSERT INTO findings (item, n, place, hits, wellformed, people, likelihood, why) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.addPeople, `INSERT INTO sketches (item, people) VALUES (?, ?)`},
		{&s.closeItem, `UPDATE items SET to_at = ? WHERE id = ?`},
		{&s.closeInner, `UPDATE items SET to_at = ? WHERE top = ?`},
		{&s.closeAt, `UPDATE items SET to_at = ? WHERE folder = ? AND name = ? AND to_at IS NULL`},
		{&s.dropFindings, `DELETE FROM findings WHERE item = ?1 OR item IN (SELECT id FROM items WHERE top = ?1)`},
		{&s.dropPeople, `DELETE FROM sketches WHERE item = ?1 OR item IN (SELECT id FROM items WHERE top = ?1)`},
		{&s.dropInner, `DELETE FROM items WHERE top = ?`},
		{&s.dropItem, `DELETE FROM items WHERE id = ?`},
		{&s.setFlags, `UPDATE items SET flags = ?, rules = ? WHERE id = ?`},
		{&s.gapsOf, `SELECT id, folder, name, reason, detail, bytes FROM gaps WHERE top = ? AND to_at IS NULL`},
		{&s.addGap, `INSERT INTO gaps (folder, name, top, under, reason, detail, bytes, run, from_at, seen_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.moveGap, `UPDATE gaps SET top = ?, run = ?, seen_at = ? WHERE id = ?`},
		{&s.closeGap, `UPDATE gaps SET to_at = ? WHERE id = ?`},
		{&s.closeGapsOf, `UPDATE gaps SET to_at = ? WHERE top = ? AND to_at IS NULL`},
		{&s.findUnder, `SELECT id FROM gaps WHERE folder = ? AND name = ? AND to_at IS NULL AND top IS NULL
			AND reason = ? AND detail = ?`},
		{&s.putGrant, `INSERT INTO grants (repository, principal, action, target, why, origin, run, from_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (repository, principal, action, target, why, origin) WHERE to_at IS NULL DO UPDATE SET run = excluded.run`},
		{&s.putSeen, `INSERT INTO seen (run, kept, block, at, bits) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET bits = excluded.bits`},
		{&s.beat, `UPDATE runs SET beat = ? WHERE id = ?`},
		{&s.putVisit, `UPDATE visits SET changed = ?, books = ? WHERE repository = ? AND run = ?`},
	} {
		var err error
		if *p.to, err = conn.PrepareContext(ctx, p.text); err != nil {
			return nil, fmt.Errorf("prepare %s: %w", p.text, err)
		}
	}
	return s, nil
}

// transact runs f in a transaction that writes, and undoes it when f fails.
func (s *statements) transact(ctx context.Context, f func() error) error {
	if _, err := s.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := f()
	if err == nil {
		_, err = s.conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		// After some errors (a full disk) SQLite has rolled back already, and says so; there is nothing more to undo.
		_, _ = s.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}
