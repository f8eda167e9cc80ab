package store

import (
	"context"
	"database/sql"
	"errors"
)

// BlockItems is how many items one row of seen speaks of, a bit for each.
const BlockItems = 4096

// Block is the bits of the items whose number divided by BlockItems is the block's.
type Block struct {
	Bits [BlockItems / 8]byte
	At   int64 // when the first of them was seen: never fresher than the truth
}

// Has tells whether an item was seen; in nil there is none.
func (b *Block) Has(item int64) bool {
	return b != nil && b.Bits[item%BlockItems/8]&(1<<(item%8)) != 0
}

// maxSightings bounds the blocks that a look-up of sightings keeps in memory, half a KiB each.
const maxSightings = 4096

// Sightings tell when an item of a repository was last seen: which run had its bit, and when.
type Sightings struct {
	q      Querier
	at     *int64
	runs   []int64 // the repository's visits, the latest first
	blocks map[sightingKey]*Block
}

type sightingKey struct{ run, number int64 }

// SightingsOf gives the sightings of a repository that were known at a time, nil for now.
func SightingsOf(ctx context.Context, q Querier, repository int64, at *int64) (*Sightings, error) {
	s := &Sightings{q: q, at: at, blocks: map[sightingKey]*Block{}}
	for rows, err := range Rows(ctx, q, `SELECT run FROM visits WHERE repository = ? ORDER BY run DESC`, repository) {
		var run int64
		if err == nil {
			err = rows.Scan(&run)
		}
		if err != nil {
			return nil, err
		}
		s.runs = append(s.runs, run)
	}
	return s, nil
}

// Last gives the time of the last sighting of an item after the run that read it; known is when that run saw it. The
// number is that of the top item.
func (s *Sightings) Last(ctx context.Context, top, run, known int64) (int64, error) {
	for _, later := range s.runs {
		if later <= run {
			break
		}
		b, err := s.block(ctx, sightingKey{later, top / BlockItems})
		if err != nil {
			return 0, err
		}
		if b.Has(top) && (s.at == nil || b.At <= *s.at) {
			return max(known, b.At), nil
		}
	}
	return known, nil
}

func (s *Sightings) block(ctx context.Context, key sightingKey) (*Block, error) {
	if b, ok := s.blocks[key]; ok {
		return b, nil
	}
	if len(s.blocks) >= maxSightings {
		clear(s.blocks)
	}
	b := &Block{}
	var raw []byte
	err := s.q.QueryRowContext(ctx, `SELECT at, bits FROM seen WHERE run = ? AND kept = 0 AND block = ?`, key.run, key.number).Scan(&b.At, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		b, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	if b != nil {
		copy(b.Bits[:], raw)
	}
	s.blocks[key] = b
	return b, nil
}
