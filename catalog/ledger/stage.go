package ledger

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// dropStaged forgets parts whose item never came: that of a run that was killed, or of an item that was not read to its end.
func (r *Run) dropStaged(ctx context.Context) error {
	_, err := r.conn.ExecContext(ctx, `DELETE FROM traces WHERE item IN (SELECT item FROM staged)`)
	if err == nil {
		_, err = r.conn.ExecContext(ctx, `DELETE FROM staged`)
	}
	return err
}

// Stage takes a part of what stands within a top item that holds more than memory should: items within it with their findings, and
// gaps. The facts of one item stand in one part, but gaps may come before. Nobody sees a part until Append brings the top item,
// whose Parts says how many parts it has: then they are its own, and what an earlier version held has gone. A part that comes
// a second time changes nothing; parts may come in any order, but before their item. What no item calls for is forgotten when
// the run ends, or the next one begins. The traces of the top item itself, which are most of what a large one has, are written here,
// under the number that it will have.
func (r *Run) Stage(ctx context.Context, part estate.Part, facts []estate.Fact) error {
	return r.stage(ctx, part, facts, func() error { return nil })
}

// stage writes a part, and what also does, in one transaction.
func (r *Run) stage(ctx context.Context, part estate.Part, facts []estate.Fact, also func() error) error {
	var packed bytes.Buffer
	others, own := ownTraces(part.Path, facts)
	if err := gob.NewEncoder(&packed).Encode(others); err != nil {
		return fmt.Errorf("item %s in %s: %w", part.Path, part.Repository, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.visits[part.Repository]
	if v == nil {
		return fmt.Errorf("repository %s was not named before its facts came", part.Repository)
	}
	top := v.staged[part.Path]
	err := r.commitHeld(ctx, func() error {
		if err := also(); err != nil {
			return err
		}
		if top == 0 {
			top = r.next
			r.next++
		}
		_, err := r.conn.ExecContext(ctx, `INSERT INTO staged (repository, path, number, item, facts) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (repository, path, number) DO UPDATE SET facts = excluded.facts`, v.id, store.Clip(part.Path), part.Number, top, packed.Bytes())
		if err != nil {
			return err
		}
		return r.stageTraces(ctx, top, part.Number, own)
	})
	if err == nil {
		v.staged[part.Path] = top
	}
	return err
}

// staged sees to the parts of a top item before it is written. Those of one that calls for none are forgotten: it could not be
// read to its end. An item whose parts are not there may be one that came already, and then there is nothing to write.
func (w *writing) staged(v *visit, top *row, old *version) (write bool, err error) {
	path := top.item.Path
	id := v.staged[path]
	there := id != 0
	if there {
		if err := w.trimTraces(id, top.item.Parts); err != nil {
			return false, err
		}
	}
	switch {
	case top.item.Parts == 0 && there:
		w.arrival(v).staged = append(w.arrival(v).staged, path)
		return true, w.exec(`DELETE FROM staged WHERE repository = ? AND path = ?`, v.id, store.Clip(path))
	case top.item.Parts == 0 || there:
		return true, nil
	case old != nil && old.run == w.id && !w.newer(top, old):
		return false, nil
	}
	return false, fmt.Errorf("it came without the %d parts of what stands in it", top.item.Parts)
}

// newer tells whether facts say something that what is there does not.
func (w *writing) newer(news *row, old *version) bool {
	return !w.older(news, old) && (store.Millis(news.item.Evidence.Seen) != old.seen || news.item.Version != old.mark)
}

// parts writes what was staged of a top item that has just been written. In the slot stand the item's number and time, and, as id, the
// version whose gaps may still be open.
func (w *writing) parts(v *visit, b *bundle, at slot) error {
	inner := int64(0)
	at.nth = int64(len(b.rows)) - 1
	for n := range b.rows[0].item.Parts {
		part, err := w.part(v, b, n)
		if err != nil {
			return err
		}
		for _, row := range part.rows {
			inner++
			if err := w.row(v, b, row, slot{id: w.next, top: at.top, from: at.from, nth: at.nth + inner}); err != nil {
				return err
			}
			w.next++
			delete(b.gapped, row.item.Path) // what is in an item comes before it, so that nobody asks again
		}
		if err := w.reconcileMany(v, part.gaps, at.id, at.top, false); err != nil {
			return err
		}
	}
	v.books.Inner += inner
	top := b.rows[0]
	w.arrival(v).staged = append(w.arrival(v).staged, top.item.Path)
	if err := w.exec(`UPDATE items SET inners = inners + ?, flags = ? WHERE id = ?`, inner, b.flags(top), at.top); err != nil {
		return err
	}
	return w.exec(`DELETE FROM staged WHERE repository = ? AND path = ?`, v.id, store.Clip(top.item.Path))
}

// part reads a part. Its gaps are noted at the whole bundle, which the items above them may come in.
func (w *writing) part(v *visit, b *bundle, number int) (*bundle, error) {
	var packed []byte
	err := w.conn.QueryRowContext(w.ctx, `SELECT facts FROM staged WHERE repository = ? AND path = ? AND number = ?`, v.id, store.Clip(b.rows[0].item.Path), number).
		Scan(&packed)
	if err != nil {
		return nil, fmt.Errorf("part %d of %d: %w", number+1, b.rows[0].item.Parts, err)
	}
	var facts []estate.Fact
	if err := gob.NewDecoder(bytes.NewReader(packed)).Decode(&facts); err != nil {
		return nil, fmt.Errorf("part %d: %w: %w", number+1, store.ErrDamaged, err)
	}
	part := &bundle{byPath: make(map[string]*row)}
	before := b.gaps
	for i := range facts {
		switch f := &facts[i]; {
		case f.Item != nil:
			part.add(f.Item)
		case f.Gap != nil:
			b.gap(f.Gap)
		}
	}
	part.gaps, b.gaps = b.gaps[len(before):], before
	b.partGaps = b.partGaps || len(part.gaps) > 0
	for i := range facts {
		if f := facts[i].Finding; f != nil {
			r := part.byPath[f.Path]
			if r == nil {
				return nil, fmt.Errorf("finding in field %s of %s came without its item", f.Field, f.Path)
			}
			r.finding(f)
		}
		if t := facts[i].Traces; t != nil {
			if err := part.stagedTraces(t); err != nil {
				return nil, err
			}
		}
	}
	return part, part.encode()
}
