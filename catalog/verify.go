package catalog

import (
	"context"
	"fmt"

	"github.com/chartroom/chartroom/audit"
)

// Verify checks the structure of the database, the references in it, and that what must go together does. It reads everything.
func (c *Catalog) Verify(ctx context.Context, who audit.Caller) error {
	return c.view(ctx, request{who: who, action: audit.Check}, func(r *reader) error {
		damage, err := c.file.Damage(ctx, r.tx)
		if err != nil {
			return err
		}
		if damage != "" {
			return fmt.Errorf("%w: %s", ErrDamaged, damage)
		}
		for _, check := range []struct{ what, query string }{
			{"traces of no item", `SELECT count(*) FROM traces t WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.id = t.item)
				AND NOT EXISTS (SELECT 1 FROM staged s WHERE s.item = t.item)`},
			{"items that outlive the item they stand in", `SELECT count(*) FROM items i JOIN items t ON t.id = i.top
				WHERE i.to_at IS NULL AND t.to_at IS NOT NULL`},
			{"items in an item that stands in another itself", `SELECT count(*) FROM items i JOIN items t ON t.id = i.top
				WHERE t.top IS NOT NULL`},
			{"items that ended before they began", `SELECT count(*) FROM items WHERE to_at < from_at`},
			{"open gaps of closed items", `SELECT count(*) FROM gaps g JOIN items i ON i.id = g.top
				WHERE g.to_at IS NULL AND i.to_at IS NOT NULL`},
			{"people counted without a sketch", `SELECT count(*) FROM items i WHERE (i.tally IS NOT NULL) <>
				EXISTS (SELECT 1 FROM contents c WHERE c.item = i.id AND c.people IS NOT NULL)`},
		} {
			var n int64
			if err := r.tx.QueryRowContext(ctx, check.query).Scan(&n); err != nil {
				return fmt.Errorf("check for %s: %w", check.what, err)
			}
			if n > 0 {
				return fmt.Errorf("%w: %d %s", ErrDamaged, n, check.what)
			}
		}
		return nil
	})
}
