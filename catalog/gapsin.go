package catalog

import (
	"database/sql"

	"github.com/chartroom/chartroom/estate"
)

// gapKey tells gaps of one item apart.
type gapKey struct {
	folder         int64
	name           string
	reason, detail int64
	bytes          int64
}

// gaps puts the gaps of a bundle in the place of those of the old version.
func (w *writing) gaps(v *visit, b *bundle, old *version, id int64) error {
	if old == nil || old.flags&flagGaps == 0 {
		return w.reconcile(v, b.gaps, 0, id, true)
	}
	return w.reconcile(v, b.gaps, old.id, id, true)
}

// reconcile makes the gaps of an item those given. One that was there before stays, with the time since when it has been
// there. The others of the old version are closed if closing is asked for.
func (w *writing) reconcile(v *visit, gaps []*estate.Gap, old, id int64, closing bool) error {
	open := map[gapKey]int64{}
	if old != 0 {
		var err error
		if open, err = w.openGaps(old); err != nil {
			return err
		}
	}
	done := map[gapKey]bool{}
	for _, g := range gaps {
		key, err := w.gapKey(v, g)
		if err != nil {
			return err
		}
		if done[key] {
			continue
		}
		done[key] = true
		if was, ok := open[key]; ok {
			_, err = w.s.moveGap.ExecContext(w.ctx, id, w.id, w.now, was)
		} else {
			_, err = w.s.addGap.ExecContext(w.ctx, key.folder, key.name, id, 0, key.reason, key.detail, key.bytes, w.id, w.now, w.now)
		}
		if err != nil {
			return err
		}
		delete(open, key)
	}
	if !closing {
		return nil
	}
	for _, gap := range open {
		if _, err := w.s.closeGap.ExecContext(w.ctx, w.now, gap); err != nil {
			return err
		}
		if _, err := w.s.conn.ExecContext(w.ctx, `UPDATE gaps SET top = NULL WHERE id = ? AND top IN
			(SELECT id FROM items WHERE id = ? AND run = ?)`, gap, old, w.id); err != nil {
			return err
		}
	}
	return nil
}

func (w *writing) openGaps(item int64) (map[gapKey]int64, error) {
	rows, err := w.s.gapsOf.QueryContext(w.ctx, item)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	open := map[gapKey]int64{}
	for rows.Next() {
		var id int64
		var k gapKey
		if err := rows.Scan(&id, &k.folder, &k.name, &k.reason, &k.detail, &k.bytes); err != nil {
			return nil, err
		}
		open[k] = id
	}
	return open, rows.Err()
}

func (w *writing) gapKey(v *visit, g *estate.Gap) (k gapKey, err error) {
	dir, name := split(g.Path)
	k.name, k.bytes = name, g.Bytes
	if k.folder, err = w.lex.folder(w.ctx, w.s, v.id, dir); err != nil {
		return k, err
	}
	if k.reason, err = w.lex.word(w.ctx, w.s, string(g.Reason)); err != nil {
		return k, err
	}
	k.detail, err = w.lex.word(w.ctx, w.s, g.Detail)
	return k, err
}

// under takes a gap beneath which nothing could be listed.
func (w *writing) under(v *visit, g *estate.Gap) error {
	key, err := w.gapKey(v, g)
	if err != nil {
		return err
	}
	prefixes := append([]string(nil), v.under...) // the old slice may be needed to undo
	v.under = append(prefixes, g.Path)
	var id int64
	switch err := w.s.findUnder.QueryRowContext(w.ctx, key.folder, key.name, key.reason, key.detail).Scan(&id); err {
	case nil:
		_, err = w.s.moveGap.ExecContext(w.ctx, nil, w.id, w.now, id)
		return err
	case sql.ErrNoRows:
		_, err = w.s.addGap.ExecContext(w.ctx, key.folder, key.name, nil, 1, key.reason, key.detail, key.bytes, w.id, w.now, w.now)
		return err
	default:
		return err
	}
}

// grant takes a raw access fact.
func (w *writing) grant(v *visit, g *estate.Grant) error {
	args := []any{v.id}
	for _, text := range []string{g.Principal, g.Action, g.Target, g.Why, g.From} {
		word, err := w.lex.word(w.ctx, w.s, text)
		if err != nil {
			return err
		}
		args = append(args, word)
	}
	_, err := w.s.putGrant.ExecContext(w.ctx, append(args, w.id, w.now)...)
	return err
}
