package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/chartroom/chartroom/source"
)

// draw is what is read of a table of which a sample is taken.
type draw struct {
	share float64 // the chance of each row; 0 = all are read
	rows  int64   // of the table
	seed  uint32
}

// sample settles what is drawn of a table. The server counts the rows first: a bound without the whole would be a guess.
func (s *session) sample(ctx context.Context, t *table, d source.Draw) error {
	if !d.Wanted() {
		return nil
	}
	rs, err := s.ask(ctx, "SELECT count(*) FROM "+t.from())
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(rs[0].text(0), 10, 64)
	if err != nil {
		return errProtocol
	}
	if share := d.Of(n); share < 1 {
		t.draw = draw{share, n, d.Random(t.oid).Uint32()}
	}
	return nil
}

// clause draws rows, each by itself: the server goes through the table and sends what was drawn. Several statements draw the same. To draw
// whole pages, as TABLESAMPLE SYSTEM does, would spare the server most of the table, but rows that were written together lie together,
// and a bound by rows would not hold.
func (d *draw) clause() string {
	return fmt.Sprintf(" TABLESAMPLE BERNOULLI (%g) REPEATABLE (%d)", 100*d.share, d.seed)
}

// sampled is a table of which a sample is read.
type sampled struct {
	*reading
	share float64
	of    int64
}

// Share implements source.Sampled.
func (s *sampled) Share() float64 { return s.share }

// Drawn implements source.Sampled.
func (s *sampled) Drawn() (n, of int64) {
	if !s.Whole() {
		return 0, s.of // somebody may be counting
	}
	return s.copy.rows, s.of
}
