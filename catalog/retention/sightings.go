package retention

import (
	"context"
	"database/sql"

	"github.com/chartroom/chartroom/catalog/store"
)

// sightings removes those that others have replaced: of each item that stands, the last one before the border stays, for its evidence is as old
// as that. A bit for each item is held in memory, 128 KiB for a million.
func (s *sweep) sightings(ctx context.Context) error {
	settled := map[int64]*store.Block{} // items that are gone, or were seen later
	var changes []change
	for rows, err := range store.Rows(ctx, s.File.Read, `SELECT run, block, bits FROM seen WHERE kept = 0 AND at <= ? ORDER BY run DESC, block DESC`, s.before) {
		var c change
		var raw sql.RawBytes
		if err == nil {
			err = rows.Scan(&c.run, &c.block, &raw)
		}
		if err == nil && settled[c.block] == nil {
			settled[c.block], err = s.gone(ctx, c.block)
		}
		if err != nil {
			return err
		}
		old, left := settled[c.block], false
		c.bits = make([]byte, len(old.Bits))
		altered := false
		for i := range min(len(raw), len(old.Bits)) {
			c.bits[i] = raw[i] &^ old.Bits[i]
			old.Bits[i] |= raw[i]
			left, altered = left || c.bits[i] != 0, altered || c.bits[i] != raw[i]
		}
		if !left {
			c.bits = nil
		}
		if altered {
			changes = append(changes, c)
		}
		if len(changes) == batch {
			if err := s.alter(ctx, changes); err != nil {
				return err
			}
			changes = changes[:0]
		}
	}
	if err := s.alter(ctx, changes); err != nil {
		return err
	}
	return s.unread(ctx)
}

// change is what becomes of a block of sightings; without bits it goes.
type change struct {
	run, block int64
	bits       []byte
}

// gone gives the items of a block that are not there any more.
func (s *sweep) gone(ctx context.Context, block int64) (*store.Block, error) {
	b := &store.Block{}
	for i := range b.Bits {
		b.Bits[i] = 0xff
	}
	first := block * store.BlockItems
	for rows, err := range store.Rows(ctx, s.File.Read, `SELECT id FROM items WHERE id >= ? AND id < ? AND top IS NULL`, first, first+store.BlockItems) {
		var id int64
		if err == nil {
			err = rows.Scan(&id)
		}
		if err != nil {
			return nil, err
		}
		b.Bits[id%store.BlockItems/8] &^= 1 << (id % 8)
	}
	return b, nil
}

func (s *sweep) alter(ctx context.Context, changes []change) error {
	for _, c := range changes {
		if c.bits == nil && s.Dry {
			s.report.Removed["seen"]++
		}
	}
	if s.Dry || len(changes) == 0 {
		return nil
	}
	defer s.step("seen")
	return s.update(ctx, func(tx *sql.Tx) error {
		for _, c := range changes {
			if c.bits == nil {
				if err := s.exec(ctx, tx, "seen", `DELETE FROM seen WHERE run = ? AND kept = 0 AND block = ?`, c.run, c.block); err != nil {
					return err
				}
				continue
			}
			if _, err := tx.ExecContext(ctx, `UPDATE seen SET bits = ? WHERE run = ? AND kept = 0 AND block = ?`, c.bits, c.run, c.block); err != nil {
				return err
			}
		}
		return nil
	})
}

// unread removes what runs noted of items that they could not read again: only the run itself asks for it.
func (s *sweep) unread(ctx context.Context) error {
	return s.whole(ctx, "seen", `kept = 1 AND at <= ?`, s.before)
}
