package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
)

// RemovedError says that something was asked of a time of which the history was removed.
type RemovedError struct {
	Before  time.Time // what is kept begins here
	Removed time.Time // when what was before went
}

// Error says so in words.
func (e *RemovedError) Error() string {
	return fmt.Sprintf("the history before %s was removed on %s", day(e.Before), day(e.Removed))
}

// there tells whether the history of the answer's time is there.
func (r *reader) there(ctx context.Context) error {
	if r.at == nil {
		return nil
	}
	before, at, err := store.Border(ctx, r.tx)
	if err != nil || *r.at >= before {
		return err
	}
	return &RemovedError{store.Instant(before), store.Instant(at)}
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

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
