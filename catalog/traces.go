package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// Traces is a part of the traces of the persons in one version of an item.
type Traces struct {
	Repository string
	Custodian  string
	Item       string
	Version    int64     // numbers the item's version: parts of one have the same
	From       time.Time // the first survey that saw this version
	To         time.Time // when a survey saw that it was no more; zero = it still stands
	Set        estate.Segment
}

// EachTraces calls yield with the traces of every version of every item, old ones too: which version a sample was taken from tells when
// it was taken. It ends with yield's error. Set is good until the next call.
func (c *Catalog) EachTraces(ctx context.Context, who audit.Caller, f Filter, yield func(Traces) error) error {
	return c.view(ctx, request{who, audit.ReadItems, f.Repository, f}, func(r *reader) error {
		for rows, err := range store.Rows(ctx, r.tx, `SELECT r.name, r.custodian, f.path || x.name, x.id, x.from_at, x.to_at, t.bytes
			FROM traces t CROSS JOIN items x ON x.id = t.item CROSS JOIN folders f ON f.id = x.folder CROSS JOIN repositories r ON r.id = f.repository
			WHERE (?1 = '' OR r.name = ?1) AND (?2 = '' OR r.custodian = ?2) ORDER BY t.id`, f.Repository, f.Custodian) {
			var t Traces
			var from int64
			var to sql.NullInt64
			var set sql.RawBytes
			if err == nil {
				err = rows.Scan(&t.Repository, &t.Custodian, &t.Item, &t.Version, &from, &to, &set)
			}
			if err == nil {
				t.From, t.Set = store.Instant(from), estate.Segment(set)
				if to.Valid {
					t.To = store.Instant(to.Int64)
				}
				if e := t.Set.Check(); e != nil {
					err = fmt.Errorf("%w: %s in %s: %w", ErrDamaged, t.Item, t.Repository, e)
				}
			}
			if err == nil {
				err = yield(t)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Untraced is an item whose persons left no traces: one that was read by an older Chartroom, or only in part.
type Untraced struct {
	Repository string
	Item       string
}

// EachUntraced calls yield with the items that persons are in, and of which no traces were kept, and ends with yield's error.
func (c *Catalog) EachUntraced(ctx context.Context, who audit.Caller, f Filter, yield func(Untraced) error) error {
	return c.view(ctx, request{who, audit.ReadItems, f.Repository, f}, func(r *reader) error {
		held, args := r.filtered()
		for rows, err := range store.Rows(ctx, r.tx, `SELECT r.name, f.path || x.name FROM repositories r CROSS JOIN folders f ON f.repository = r.id
			CROSS JOIN items x ON x.folder = f.id WHERE `+held+` AND x.tally IS NOT NULL AND NOT EXISTS (SELECT 1 FROM traces t WHERE t.item = x.id)
			ORDER BY r.name, f.path, x.name`, args...) {
			var u Untraced
			if err == nil {
				err = rows.Scan(&u.Repository, &u.Item)
			}
			if err == nil {
				err = yield(u)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
