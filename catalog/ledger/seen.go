package ledger

import (
	"context"

	"github.com/chartroom/chartroom/catalog/store"
)

// bitmap is a set of items, by number: a million of them take 128 KiB.
type bitmap struct {
	blocks map[int64]*store.Block
	dirty  map[int64]bool // blocks that changed since they were written
}

func newBitmap() *bitmap { return &bitmap{map[int64]*store.Block{}, map[int64]bool{}} }

func (m *bitmap) has(item int64) bool { return m.blocks[item/store.BlockItems].Has(item) }

// set adds an item and tells whether it is new.
func (m *bitmap) set(item, at int64) bool {
	if m.has(item) {
		return false
	}
	if n := item / store.BlockItems; m.blocks[n] == nil {
		m.blocks[n] = &store.Block{At: at}
	}
	m.flip(item)
	return true
}

// clear takes an item out and tells whether it was in.
func (m *bitmap) clear(item int64) bool {
	had := m.has(item)
	if had {
		m.flip(item)
	}
	return had
}

func (m *bitmap) flip(item int64) {
	n := item / store.BlockItems
	m.blocks[n].Bits[item%store.BlockItems/8] ^= 1 << (item % 8)
	m.dirty[n] = true
}

// at is when an item that is in the set was seen.
func (m *bitmap) at(item int64) int64 { return m.blocks[item/store.BlockItems].At }

// flush writes the blocks that changed. They count as written once dirty was cleared, after the commit.
func (m *bitmap) flush(ctx context.Context, c *connection, run int64, kept int) error {
	for n := range m.dirty {
		if _, err := c.ExecContext(ctx, `INSERT INTO seen (run, kept, block, at, bits) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (run, kept, block) DO UPDATE SET bits = excluded.bits`, run, kept, n, m.blocks[n].At, m.blocks[n].Bits[:]); err != nil {
			return err
		}
	}
	return nil
}
