package catalog

import (
	"context"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// Gap is one line of GAPS: something that was listed and not read, or not read whole.
type Gap struct {
	Repository string           `json:"repository"`
	Item       string           `json:"item"`  // empty: the repository itself
	Under      bool             `json:"under"` // everything beneath it is not known, either
	Reason     estate.GapReason `json:"reason"`
	Detail     string           `json:"detail"`
	Bytes      int64            `json:"bytes"` // -1 = not known
	Since      time.Time        `json:"since"`
	ObservedAt time.Time        `json:"observed_at"`
	Stale      bool             `json:"stale"`
}

// EachGap calls yield with one gap after the other, by repository and path, and ends with yield's error. What is not
// known has neither people nor classes, so a filter's sensitivity and states do not narrow it.
func (c *Catalog) EachGap(ctx context.Context, who audit.Caller, f Filter, yield func(Gap) error) error {
	return c.view(ctx, request{who, audit.ReadGaps, f.Repository, f}, func(r *reader) error { return r.gaps(ctx, yield) })
}

const gapColumns = `SELECT r.id, r.name, f.path, x.name, x.id, x.under, x.reason, x.detail, x.bytes, x.from_at, x.seen_at, coalesce(x.top, 0), coalesce(i.run, 0)`

// latestGapsQuery reads the gaps of all repositories for which a condition holds, the latest first.
func latestGapsQuery(held string) string {
	return gapColumns + ` FROM gaps x CROSS JOIN folders f ON f.id = x.folder CROSS JOIN repositories r ON r.id = f.repository
		LEFT JOIN items i ON i.id = x.top WHERE ` + held + ` ORDER BY x.id DESC LIMIT ?`
}

// gapsQuery reads the gaps for which a condition holds. Its last argument is the limit.
func gapsQuery(held string) string {
	return gapColumns + ` FROM repositories r CROSS JOIN folders f ON f.repository = r.id CROSS JOIN gaps x ON x.folder = f.id
		LEFT JOIN items i ON i.id = x.top WHERE ` + held + ` ORDER BY r.name, f.path, x.name, x.id LIMIT ?`
}

func (r *reader) gaps(ctx context.Context, yield func(Gap) error) error {
	held, args := r.filtered()
	return r.gapsOfQuery(ctx, gapsQuery(held), args, func(_ gapPlace, g Gap) error { return yield(g) })
}

// gapsOfQuery calls yield with the gaps of a query, and where each stands in their order.
func (r *reader) gapsOfQuery(ctx context.Context, query string, args []any, yield func(gapPlace, Gap) error) error {
	for rows, err := range store.Rows(ctx, r.tx, query, append(args, atMost(r.filter.Limit))...) {
		var g Gap
		var at gapPlace
		var repository, reason, detail, since, seen, top, run int64
		if err == nil {
			err = rows.Scan(&repository, &g.Repository, &at.Folder, &at.Name, &at.ID, &g.Under, &reason, &detail, &g.Bytes, &since, &seen, &top, &run)
		}
		if err != nil {
			return err
		}
		g.Item, at.Repository = at.Folder+at.Name, g.Repository
		if seen > r.now {
			seen = since
		}
		if top != 0 { // it was seen again with the unchanged item that it belongs to
			if seen, err = r.lastSeen(ctx, repository, top, run, seen); err != nil {
				return err
			}
		}
		text, err := r.word(ctx, reason)
		if err != nil {
			return err
		}
		if g.Detail, err = r.word(ctx, detail); err != nil {
			return err
		}
		g.Reason, g.Since, g.ObservedAt, g.Stale = estate.GapReason(text), store.Instant(since), store.Instant(seen), r.stale(seen)
		if err := yield(at, g); err != nil {
			return err
		}
	}
	return nil
}
