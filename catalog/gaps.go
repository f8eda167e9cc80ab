package catalog

import (
	"context"
	"time"

	"github.com/chartroom/chartroom/audit"
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

// Gaps gives the gaps by repository and path. It holds all rows in memory: EachGap does not.
func (c *Catalog) Gaps(ctx context.Context, who audit.Caller, f Filter) ([]Gap, error) {
	out := []Gap{}
	err := c.EachGap(ctx, who, f, func(g Gap) error {
		out = append(out, g)
		return nil
	})
	return out, err
}

// EachGap calls yield with one gap after the other, by repository and path, and ends with yield's error. What is not
// known has neither people nor classes, so a filter's sensitivity and states do not narrow it.
func (c *Catalog) EachGap(ctx context.Context, who audit.Caller, f Filter, yield func(Gap) error) error {
	return c.view(ctx, request{who, audit.ReadGaps, f.Repository, f}, func(r *reader) error { return r.gaps(ctx, yield) })
}

// gapsQuery reads the gaps for which a condition holds. Its last arguments are the filter's.
func gapsQuery(held string) string {
	return `SELECT r.id, r.name, f.path, x.name, x.under, x.reason, x.detail, x.bytes, x.from_at, x.seen_at, coalesce(x.top, 0),
		coalesce(i.run, 0) FROM repositories r CROSS JOIN folders f ON f.repository = r.id CROSS JOIN gaps x ON x.folder = f.id
		LEFT JOIN items i ON i.id = x.top
		WHERE ` + held + ` AND ifnull(r.name = nullif(?, ''), 1) AND ifnull(r.custodian = nullif(?, ''), 1) ORDER BY r.name, f.path, x.name, x.id`
}

func (r *reader) gaps(ctx context.Context, yield func(Gap) error) error {
	held, args := heldAt(r.at)
	f := r.filter
	rows, err := r.tx.QueryContext(ctx, gapsQuery(held), append(args, f.Repository, f.Custodian)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	left := f.Limit
	for rows.Next() {
		var g Gap
		var repository, reason, detail, since, seen, top, run int64
		var folder, name string
		if err := rows.Scan(&repository, &g.Repository, &folder, &name, &g.Under, &reason, &detail, &g.Bytes, &since, &seen, &top, &run); err != nil {
			return err
		}
		if seen > r.now {
			seen = since
		}
		if seen, err = r.gapSeen(ctx, repository, top, run, seen); err != nil {
			return err
		}
		text, err := r.word(ctx, reason)
		if err != nil {
			return err
		}
		if g.Detail, err = r.word(ctx, detail); err != nil {
			return err
		}
		g.Item, g.Reason, g.Since, g.ObservedAt, g.Stale = folder+name, estate.GapReason(text), instant(since), instant(seen), r.stale(seen)
		if err := yield(g); err != nil {
			return err
		}
		if left--; left == 0 {
			break
		}
	}
	return rows.Err()
}

// gapSeen is when a gap was last seen: itself, or with the unchanged item that it belongs to.
func (r *reader) gapSeen(ctx context.Context, repository, top, run, seen int64) (int64, error) {
	if top == 0 {
		return seen, nil
	}
	return r.sightings(repository).last(ctx, top, run, seen)
}

// sightings of a repository, made once.
func (r *reader) sightings(repository int64) *sightings {
	s := r.seen[repository]
	if s == nil {
		s = &sightings{q: r.tx, repository: repository, at: r.at}
		r.seen[repository] = s
	}
	return s
}

// EachGrant calls yield with one raw access fact after the other, and ends with yield's error.
func (c *Catalog) EachGrant(ctx context.Context, who audit.Caller, f Filter, yield func(estate.Grant) error) error {
	return c.view(ctx, request{who, audit.ReadGrants, f.Repository, f}, func(r *reader) error {
		held, args := heldAt(r.at)
		rows, err := r.tx.QueryContext(ctx, `SELECT r.name, p.text, a.text, t.text, w.text, o.text FROM repositories r
			JOIN grants x ON x.repository = r.id JOIN words p ON p.id = x.principal JOIN words a ON a.id = x.action
			JOIN words t ON t.id = x.target JOIN words w ON w.id = x.why JOIN words o ON o.id = x.origin
			WHERE `+held+` AND ifnull(r.name = nullif(?, ''), 1) AND ifnull(r.custodian = nullif(?, ''), 1) ORDER BY r.name, x.id`,
			append(args, f.Repository, f.Custodian)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var g estate.Grant
			if err := rows.Scan(&g.Repository, &g.Principal, &g.Action, &g.Target, &g.Why, &g.From); err != nil {
				return err
			}
			if err := yield(g); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}
