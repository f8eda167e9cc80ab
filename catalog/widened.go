package catalog

import (
	"context"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
)

// Widened is a repository that more can read, for sure, than before.
type Widened struct {
	Repository string
	At         time.Time // when that was worked out
	Before     int64
	After      int64
}

// Widened gives the repositories that more can read now than at a time, the most widened first.
func (c *Catalog) Widened(ctx context.Context, who audit.Caller, since time.Time) ([]Widened, error) {
	var out []Widened
	err := c.view(ctx, request{who: who, action: audit.ReadDiff}, func(r *reader) error {
		for rows, err := range store.Rows(ctx, r.tx, `SELECT r.name, a.at, b.certain, a.certain FROM repositories r
			JOIN readers a ON a.repository = r.id AND a.at = (SELECT max(at) FROM readers WHERE repository = r.id)
			JOIN readers b ON b.repository = r.id AND b.at = (SELECT max(at) FROM readers WHERE repository = r.id AND at <= ?)
			WHERE a.certain > b.certain ORDER BY a.certain - b.certain DESC, r.name`, store.Millis(since)) {
			var w Widened
			var at int64
			if err == nil {
				err = rows.Scan(&w.Repository, &at, &w.Before, &w.After)
			}
			if err != nil {
				return err
			}
			w.At = store.Instant(at)
			out = append(out, w)
		}
		return nil
	})
	return out, err
}
