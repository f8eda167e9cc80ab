package ledger

import (
	"context"
	"crypto/sha256"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// grant takes a raw access fact. One that is known already is noted as seen.
func (w *writing) grant(v *visit, g *estate.Grant) error {
	args := []any{v.id, markOf(g)}
	for _, text := range []string{g.System, g.Scope, g.Kind, g.Principal, g.Action, g.Target} {
		word, err := w.word(text)
		if err != nil {
			return err
		}
		args = append(args, word)
	}
	args = append(args, g.Detail)
	for _, text := range []string{g.Why, g.From} {
		word, err := w.word(text)
		if err != nil {
			return err
		}
		args = append(args, word)
	}
	return w.exec(`INSERT INTO grants (repository, mark, system, scope, kind, principal, action, target, detail, why, origin, run, from_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (repository, mark) WHERE to_at IS NULL DO UPDATE SET run = excluded.run`, append(args, w.id, w.now)...)
}

// markOf is a fingerprint of all that a grant says. Only equality is asked of it, so half of a SHA-256 does.
func markOf(g *estate.Grant) []byte {
	h := sha256.New()
	for _, text := range []string{g.System, g.Scope, g.Kind, g.Principal, g.Action, g.Target, g.Detail, g.Why, g.From} {
		h.Write([]byte(text))
		h.Write([]byte{0})
	}
	return h.Sum(nil)[:16]
}

// traits takes what the server of a repository says of it now.
func (r *Run) traits(ctx context.Context, repository int64, traits []estate.Trait) error {
	now := store.Millis(r.f.Now())
	for _, t := range traits {
		if _, err := r.conn.ExecContext(ctx, `UPDATE traits SET to_at = ?1 WHERE repository = ?2 AND name = ?3 AND to_at IS NULL
			AND (value <> ?4 OR known <> ?5)`, now, repository, t.Name, t.Value, t.Known); err != nil {
			return err
		}
		if _, err := r.conn.ExecContext(ctx, `INSERT INTO traits (repository, name, value, known, run, from_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (repository, name) WHERE to_at IS NULL DO UPDATE SET run = excluded.run`, repository, t.Name, t.Value, t.Known, r.id, now); err != nil {
			return err
		}
	}
	// What is not told any more is not known any more.
	_, err := r.conn.ExecContext(ctx, `UPDATE traits SET to_at = ? WHERE repository = ? AND to_at IS NULL AND run <> ?`, now, repository, r.id)
	return err
}
