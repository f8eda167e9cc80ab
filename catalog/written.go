package catalog

import (
	"context"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
)

// Written tells of each repository when any of its items was last written, as far as its source knows that. A repository of which that is not
// known is not among them.
func (c *Catalog) Written(ctx context.Context, who audit.Caller, f Filter) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	err := c.view(ctx, request{who, audit.ReadMap, f.Repository, f}, func(r *reader) error {
		held, args := r.filtered()
		for rows, err := range store.Rows(ctx, r.tx, `SELECT r.name, max(x.modified) FROM repositories r CROSS JOIN folders f ON f.repository = r.id
			CROSS JOIN items x ON x.folder = f.id WHERE `+held+` AND x.modified IS NOT NULL GROUP BY r.id`, args...) {
			var name string
			var at int64
			if err == nil {
				err = rows.Scan(&name, &at)
			}
			if err != nil {
				return err
			}
			out[name] = store.Instant(at)
		}
		return nil
	})
	return out, err
}
