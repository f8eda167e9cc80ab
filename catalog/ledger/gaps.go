package ledger

import (
	"database/sql"
	"errors"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// gapKey tells gaps of one item apart.
type gapKey struct {
	folder         int64
	name           string
	reason, detail int64
	bytes          int64
}

func (w *writing) gapKey(v *visit, g *estate.Gap) (k gapKey, err error) {
	dir, name := store.Split(g.Path)
	k.name, k.bytes = name, g.Bytes
	if k.folder, err = w.folder(v.id, dir); err != nil {
		return k, err
	}
	if k.reason, err = w.word(string(g.Reason)); err != nil {
		return k, err
	}
	k.detail, err = w.word(g.Detail)
	return k, err
}

// addGap opens a gap: of a top item, or, without one, of all that stands under it.
func (w *writing) addGap(k gapKey, top sql.NullInt64) error {
	return w.exec(`INSERT INTO gaps (folder, name, top, under, reason, detail, bytes, run, from_at, seen_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)`, k.folder, k.name, top, !top.Valid, k.reason, k.detail, k.bytes, w.id, w.now)
}

// moveGap says that an open gap was seen again, with a version of its item or without an item.
func (w *writing) moveGap(id int64, top sql.NullInt64) error {
	return w.exec(`UPDATE gaps SET top = ?, run = ?, seen_at = ? WHERE id = ?`, top, w.id, w.now, id)
}

// reconcile makes the gaps of an item those given. One that was there before, with the old version, stays, with the time
// since when it has been there. The others of the old version are closed if closing is asked for.
func (w *writing) reconcile(v *visit, gaps []*estate.Gap, old, id int64, closing bool) error {
	open, err := w.openGaps(old)
	if err != nil {
		return err
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
		top := sql.NullInt64{Int64: id, Valid: true}
		if was, ok := open[key]; ok {
			err = w.moveGap(was, top)
		} else {
			err = w.addGap(key, top)
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
		// The row of a version that came in the same run is about to go.
		if err := w.exec(`UPDATE gaps SET to_at = ?1, top = (SELECT id FROM items WHERE id = gaps.top AND run <> ?2) WHERE id = ?3`,
			w.now, w.id, gap); err != nil {
			return err
		}
	}
	return nil
}

// manyInners is from when on an old version may have more open gaps than memory should hold.
const manyInners = 10_000

// reconcileMany does what reconcile does, by asking for each gap in turn. The gaps of one item may come in several calls; the last
// one closes.
func (w *writing) reconcileMany(v *visit, gaps []*estate.Gap, old, id int64, closing bool) error {
	for _, g := range gaps {
		key, err := w.gapKey(v, g)
		if err != nil {
			return err
		}
		var was int64
		err = w.conn.QueryRowContext(w.ctx, `SELECT id FROM gaps WHERE folder = ? AND name = ? AND to_at IS NULL AND +top IN (?, ?)
			AND reason = ? AND detail = ? AND bytes = ?`, key.folder, key.name, old, id, key.reason, key.detail, key.bytes).Scan(&was)
		top := sql.NullInt64{Int64: id, Valid: true}
		switch {
		case errors.Is(err, sql.ErrNoRows):
			err = w.addGap(key, top)
		case err == nil:
			err = w.moveGap(was, top)
		}
		if err != nil {
			return err
		}
	}
	if !closing || old == 0 {
		return nil
	}
	return w.exec(`UPDATE gaps SET to_at = ?1, top = (SELECT id FROM items WHERE id = gaps.top AND run <> ?2)
		WHERE top = ?3 AND to_at IS NULL`, w.now, w.id, old)
}

// openGaps gives the open gaps of a version; version 0 has none.
func (w *writing) openGaps(version int64) (map[gapKey]int64, error) {
	open := map[gapKey]int64{}
	if version == 0 {
		return open, nil
	}
	for rows, err := range store.Rows(w.ctx, w.conn, `SELECT id, folder, name, reason, detail, bytes FROM gaps
		WHERE top = ? AND to_at IS NULL`, version) {
		var id int64
		var k gapKey
		if err == nil {
			err = rows.Scan(&id, &k.folder, &k.name, &k.reason, &k.detail, &k.bytes)
		}
		if err != nil {
			return nil, err
		}
		open[k] = id
	}
	return open, nil
}

// under takes a gap beneath which nothing could be listed.
func (w *writing) under(v *visit, g *estate.Gap) error {
	key, err := w.gapKey(v, g)
	if err != nil {
		return err
	}
	v.under = append(append([]string(nil), v.under...), g.Path) // a copy, as the old slice may be needed to undo
	var id int64
	err = w.conn.QueryRowContext(w.ctx, `SELECT id FROM gaps WHERE folder = ? AND name = ? AND to_at IS NULL AND top IS NULL
		AND reason = ? AND detail = ?`, key.folder, key.name, key.reason, key.detail).Scan(&id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return w.addGap(key, sql.NullInt64{})
	case err != nil:
		return err
	}
	return w.moveGap(id, sql.NullInt64{})
}
