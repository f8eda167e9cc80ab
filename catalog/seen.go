package catalog

import (
	"context"
	"math/bits"
)

// blockItems is how many items one row of seen speaks of, a bit for each.
const blockItems = 4096

// block is the bits of the items from number*blockItems on.
type block struct {
	bits  [blockItems / 8]byte
	at    int64 // when the first of them was seen: never fresher than the truth
	dirty bool
}

func (b *block) has(item int64) bool {
	i := item % blockItems
	return b.bits[i/8]&(1<<(i%8)) != 0
}

// bitmap is a set of items, by number: a million of them take 128 KiB.
type bitmap struct {
	blocks map[int64]*block
	dirty  int
}

func newBitmap() *bitmap { return &bitmap{blocks: make(map[int64]*block)} }

func (m *bitmap) has(item int64) bool {
	b := m.blocks[item/blockItems]
	return b != nil && b.has(item)
}

// set adds an item and tells whether it is new.
func (m *bitmap) set(item, at int64) bool {
	b := m.blocks[item/blockItems]
	if b == nil {
		b = &block{at: at}
		m.blocks[item/blockItems] = b
	}
	if b.has(item) {
		return false
	}
	m.touch(b)
	i := item % blockItems
	b.bits[i/8] |= 1 << (i % 8)
	return true
}

// clear takes an item out and tells whether it was in.
func (m *bitmap) clear(item int64) bool {
	b := m.blocks[item/blockItems]
	if b == nil || !b.has(item) {
		return false
	}
	m.touch(b)
	i := item % blockItems
	b.bits[i/8] &^= 1 << (i % 8)
	return true
}

func (m *bitmap) touch(b *block) {
	if !b.dirty {
		b.dirty = true
		m.dirty++
	}
}

func (m *bitmap) len() int64 {
	n := 0
	for _, b := range m.blocks {
		for _, x := range b.bits {
			n += bits.OnesCount8(x)
		}
	}
	return int64(n)
}

// flush writes the blocks that changed. They count as written once clean was called, after the commit.
func (m *bitmap) flush(ctx context.Context, s *statements, run int64, kept int) error {
	if m.dirty == 0 {
		return nil
	}
	for n, b := range m.blocks {
		if !b.dirty {
			continue
		}
		if _, err := s.putSeen.ExecContext(ctx, run, kept, n, b.at, b.bits[:]); err != nil {
			return err
		}
	}
	return nil
}

func (m *bitmap) clean() {
	if m.dirty == 0 {
		return
	}
	for _, b := range m.blocks {
		b.dirty = false
	}
	m.dirty = 0
}
