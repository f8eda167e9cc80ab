package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
)

// ErrRemoved says that something was asked of a time of which the history was removed.
var ErrRemoved = errors.New("the history of that time was removed")

// there tells whether the history of the answer's time is there.
func (r *reader) there(ctx context.Context) error {
	if r.at == nil {
		return nil
	}
	before, at, err := store.Border(ctx, r.tx)
	if err != nil || *r.at >= before {
		return err
	}
	return fmt.Errorf("%w: the history before %s was removed on %s", ErrRemoved, day(before), day(at))
}

func day(ms int64) string { return store.Instant(ms).Format("2006-01-02 15:04 MST") }

// Kept tells from when on the history is there, and when what was before it was removed; both are zero where nothing was.
func (c *Catalog) Kept(ctx context.Context, who audit.Caller) (from, removed time.Time, err error) {
	err = c.view(ctx, request{who: who, action: audit.ReadMap}, func(r *reader) error {
		before, at, err := store.Border(ctx, r.tx)
		if err == nil && before > 0 {
			from, removed = store.Instant(before), store.Instant(at)
		}
		return err
	})
	return from, removed, err
}
