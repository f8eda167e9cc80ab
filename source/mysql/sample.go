package mysql

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/chartroom/chartroom/source"
)

// draw is what is read of a table of which a sample is taken.
type draw struct {
	share float64 // the chance of each row; 0 = all are read
	of    int64   // rows of the table
	taken int64   // rows, so far
	seed  uint32
	rng   *rand.Rand // for long values, each of which is drawn by itself
}

// sample settles what is drawn of a table. The server counts the rows first: a bound without the whole would be a guess.
func (r *reading) sample(d source.Draw) error {
	if !d.Wanted() {
		return nil
	}
	rs, err := r.s.ask(r.ctx, "SELECT COUNT(*) FROM "+r.from())
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(rs[0][0], 10, 64)
	if err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	if share := d.Of(n); share < 1 {
		rng := d.Random(r.t.name)
		r.draw = draw{share: share, of: n, seed: rng.Uint32(), rng: rng}
	}
	return nil
}

// drawn is the condition of the rows that are drawn, each by itself: the server goes through the table and sends those. A jump by
// ranges of the primary key would spare it most of the table, and draw rows behind gaps of the key more often than others.
func (d *draw) drawn() string {
	if d.share == 0 {
		return ""
	}
	return fmt.Sprintf(" WHERE RAND(%d) < %g", d.seed, d.share)
}

// sampled is a table of which a sample is read.
type sampled struct{ *reading }

// Share implements source.Sampled.
func (s *sampled) Share() float64 { return s.share }

// Drawn implements source.Sampled.
func (s *sampled) Drawn() (n, of int64) {
	if !s.Whole() {
		return 0, s.of // somebody may be counting
	}
	return s.taken, s.of
}
