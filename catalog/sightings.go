package catalog

import (
	"context"
	"database/sql"
	"errors"
	"math"
)

// maxSightings bounds the blocks that a look-up of sightings keeps in memory, half a KiB each.
const maxSightings = 4096

// sightings tells when an item of a repository was last seen: which run had its bit, and when.
type sightings struct {
	q          querier
	repository int64
	before     int64  // only runs with a smaller number; 0 = all
	at         *int64 // only what was known at that time; nil = now

	loaded bool
	runs   []int64 // the repository's visits, the latest first
	blocks map[sightingKey]*block
}

type sightingKey struct{ run, number int64 }

// last gives the time of the last sighting after the run that read the item; known is when that run saw it. The number is
// that of the top item.
func (s *sightings) last(ctx context.Context, item, run, known int64) (int64, error) {
	if err := s.load(ctx); err != nil {
		return 0, err
	}
	for _, later := range s.runs {
		if later <= run {
			break
		}
		b, err := s.block(ctx, sightingKey{later, item / blockItems})
		if err != nil {
			return 0, err
		}
		if b != nil && b.has(item) && (s.at == nil || b.at <= *s.at) {
			return max(known, b.at), nil
		}
	}
	return known, nil
}

func (s *sightings) load(ctx context.Context) error {
	if s.loaded {
		return nil
	}
	s.loaded, s.blocks = true, map[sightingKey]*block{}
	before := s.before
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := s.q.QueryContext(ctx, `SELECT run FROM visits WHERE repository = ? AND run < ? ORDER BY run DESC`, s.repository, before)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var run int64
		if err := rows.Scan(&run); err != nil {
			return err
		}
		s.runs = append(s.runs, run)
	}
	return rows.Err()
}

func (s *sightings) block(ctx context.Context, key sightingKey) (*block, error) {
	if b, ok := s.blocks[key]; ok {
		return b, nil
	}
	if len(s.blocks) >= maxSightings {
		clear(s.blocks)
	}
	b := &block{}
	var raw []byte
	err := s.q.QueryRowContext(ctx, `SELECT at, bits FROM seen WHERE run = ? AND kept = 0 AND block = ?`, key.run, key.number).Scan(&b.at, &raw)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		b = nil
	case err != nil:
		return nil, err
	default:
		copy(b.bits[:], raw)
	}
	s.blocks[key] = b
	return b, nil
}
