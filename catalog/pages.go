package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/list"
	"github.com/chartroom/chartroom/catalog/store"
)

// errEnough ends a read that has a page.
var errEnough = errors.New("enough")

// fieldPlace is how many rows of an item a page of fields has given.
type fieldPlace struct {
	Repository, Folder, Name string
	Given                    int
}

// Fields gives a page of what EachField goes through: f.Limit rows behind the place after, "" = from the first on.
func (c *Catalog) Fields(ctx context.Context, who audit.Caller, f Filter, after string) (out []Field, next string, err error) {
	var from fieldPlace
	if after != "" {
		if err := parseCursor(after, &from); err != nil {
			return nil, "", err
		}
	}
	out = []Field{}
	limit := f.Limit
	f.Limit = 0
	err = c.view(ctx, request{who, audit.ReadFields, f.Repository, f}, func(r *reader) error {
		held, args := r.filtered()
		if after != "" {
			held += ` AND (r.name > ? OR f.path > ? OR f.path = ? AND x.name >= ?)`
			args = append(args, from.Repository, from.Folder, from.Folder, from.Name)
		}
		var at fieldPlace
		err := r.fieldsOf(ctx, from.Repository, held, args, func(it *found, row Field) error {
			if here := (fieldPlace{it.repositoryName, it.folder, it.name, 0}); at.Repository != here.Repository || at.Folder != here.Folder || at.Name != here.Name {
				at = here
			}
			if at.Given++; at.Given <= from.Given && at.Repository == from.Repository && at.Folder == from.Folder && at.Name == from.Name {
				return nil
			}
			if limit > 0 && len(out) == limit {
				at.Given--
				next = cursor(at)
				return errEnough
			}
			out = append(out, row)
			return nil
		})
		if errors.Is(err, errEnough) {
			err = nil
		}
		return err
	})
	return out, next, err
}

// gapPlace is where a page of gaps ended.
type gapPlace struct {
	Repository, Folder, Name string
	ID                       int64
}

// searched is through how many gaps a page searches: where there are millions, the next page goes on.
const searched = 10_000

// Gaps gives a page of the gaps: f.Limit rows behind the place after in whose names the search is. Those of one repository come by their paths,
// those of all as they were found, the latest first. Where next is not empty there may be more, even behind a page without a row.
func (c *Catalog) Gaps(ctx context.Context, who audit.Caller, f Filter, search, after string) (out []Gap, next string, err error) {
	from, at := gapPlace{ID: math.MaxInt64}, gapPlace{}
	if f.Repository != "" {
		from.ID = 0
	}
	if after != "" {
		if err := parseCursor(after, &from); err != nil {
			return nil, "", err
		}
	}
	out = []Gap{}
	limit := f.Limit
	f.Limit = 0
	err = c.view(ctx, request{who, audit.ReadGaps, f.Repository, f}, func(r *reader) error {
		held, args := r.filtered()
		if search != "" {
			held, args = held+` AND lower(f.path || x.name || r.name)`+list.Like, append(args, list.Pattern(search))
		}
		query, least := latestGapsQuery(held+` AND x.id < ? AND x.id >= ?`), int64(0)
		if f.Repository == "" {
			lot := r.tx.QueryRowContext(ctx, `SELECT id FROM gaps WHERE id < ? ORDER BY id DESC LIMIT 1 OFFSET ?`, from.ID, searched-1)
			if err := lot.Scan(&least); err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			args = append(args, from.ID, least)
		} else {
			query = gapsQuery(held + ` AND (f.path, x.name, x.id) > (?, ?, ?)`)
			args = append(args, from.Folder, from.Name, from.ID)
		}
		err := r.gapsOfQuery(ctx, query, args, func(p gapPlace, g Gap) error {
			if limit > 0 && len(out) == limit {
				next = cursor(at)
				return errEnough
			}
			at = p
			out = append(out, g)
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		if least > 0 {
			next = cursor(gapPlace{ID: least})
		}
		return err
	})
	return out, next, err
}

// Trail gives a page of the audit trail, the latest line first: limit lines behind the place after whose caller, action or target has the
// search in it.
func (c *Catalog) Trail(ctx context.Context, who audit.Caller, search, after string, limit int) (out []audit.Record, next string, err error) {
	from, last := int64(1)<<62, int64(0)
	if after != "" {
		if err := parseCursor(after, &from); err != nil {
			return nil, "", err
		}
	}
	out = []audit.Record{}
	err = c.view(ctx, request{who: who, action: audit.ReadAudit}, func(r *reader) error {
		found, args := ``, []any{from}
		if search != "" {
			found, args = ` AND lower(caller || ' ' || action || ' ' || target || ' ' || outcome)`+list.Like, append(args, list.Pattern(search))
		}
		for rows, err := range store.Rows(ctx, r.tx, `SELECT id, at, caller, role, action, target, outcome FROM audit WHERE id < ?`+found+` ORDER BY id DESC LIMIT ?`,
			append(args, atMost(limit))...) {
			var a audit.Record
			var at int64
			if err == nil {
				err = rows.Scan(&last, &at, &a.Caller, &a.Role, &a.Action, &a.Target, &a.Outcome)
			}
			if err != nil {
				return err
			}
			a.Time = store.Instant(at)
			out = append(out, a)
		}
		return nil
	})
	if limit > 0 && len(out) == limit {
		next = cursor(last)
	}
	return out, next, err
}

// Was is what a repository came to at one time.
type Was struct {
	At      time.Time
	People  int64
	Items   int64
	Gaps    int64
	Readers *int64 // null = nobody collected who can read it
}

// History gives what a repository came to each time that it was summed up, the latest first; at most so many.
func (c *Catalog) History(ctx context.Context, who audit.Caller, repository string, most int) ([]Was, error) {
	out := []Was{}
	err := c.view(ctx, request{who: who, action: audit.ReadMap, target: repository}, func(r *reader) error {
		for rows, err := range store.Rows(ctx, r.tx, `SELECT s.at, s.items, s.gaps, s.tally, (SELECT certain FROM readers a WHERE a.repository = s.repository
			AND a.at >= s.at ORDER BY a.at LIMIT 1) FROM summaries s JOIN repositories r ON r.id = s.repository WHERE r.name = ? ORDER BY s.at DESC LIMIT ?`, repository, atMost(most)) {
			var w Was
			var at int64
			var packed []byte
			if err == nil {
				err = rows.Scan(&at, &w.Items, &w.Gaps, &packed, &w.Readers)
			}
			if err != nil {
				return err
			}
			tally, err := store.UnpackTally(packed)
			if err != nil {
				return fmt.Errorf("history of %s: %w", repository, err)
			}
			w.At, w.People = store.Instant(at), tally.Total.Estimate
			out = append(out, w)
		}
		return nil
	})
	return out, err
}
