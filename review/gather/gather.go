// Package gather reads what a review is worked out from out of a catalog, as it was at one time.
package gather

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/review"
)

// Review gathers what the catalog knew at the time of the question. The catalog must stay open as long as the review is asked.
func Review(ctx context.Context, c *catalog.Catalog, q keep.Question) (*review.Review, error) {
	return Aged(ctx, c, q, catalog.StaleAfter)
}

// Aged is Review where evidence is stale from an age of the organisation's own.
func Aged(ctx context.Context, c *catalog.Catalog, q keep.Question, stale time.Duration) (*review.Review, error) {
	filter := catalog.Filter{AsOf: q.AsOf, StaleAfter: stale}
	in := review.Input{Now: q.Now, Stale: stale}
	if !q.AsOf.IsZero() {
		in.Now = q.AsOf
	}
	var err error
	if in.Access, err = keep.Estate(ctx, c, q); err != nil {
		return nil, err
	}
	if in.Rows, err = c.Where(ctx, q.Who, filter); err != nil {
		return nil, err
	}
	err = c.EachGrant(ctx, q.Who, filter, func(number int64, g estate.Grant) error {
		in.Facts = append(in.Facts, access.Fact{ID: int(number), Grant: g})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if in.Runs, err = runs(ctx, c, q); err != nil {
		return nil, err
	}
	if in.Cases, err = cases(ctx, c, q); err != nil {
		return nil, err
	}
	in.Items = func(repository string, yield func(catalog.Holding) error) error {
		of := filter
		of.Repository = repository
		return c.EachHolding(ctx, q.Who, of, true, yield)
	}
	in.People = func(repositories []string) (estate.Count, error) {
		of := filter
		of.Among = repositories
		t, err := c.Tally(ctx, q.Who, of)
		return t.People, err
	}
	return review.New(in), nil
}

// runs gives the surveys that had begun by then.
func runs(ctx context.Context, c *catalog.Catalog, q keep.Question) (out []catalog.RunInfo, err error) {
	all, err := c.Runs(ctx, q.Who, 0)
	for i := range all {
		if q.AsOf.IsZero() || !all[i].Began.After(q.AsOf) {
			out = append(out, all[i])
		}
	}
	return out, err
}

// cases gives the incidents that had been opened by then, and whether their logs are whole.
func cases(ctx context.Context, c *catalog.Catalog, q keep.Question) (out []review.Case, err error) {
	names, err := c.Cases(ctx, q.Who)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		if !q.AsOf.IsZero() && n.Opened.After(q.AsOf) {
			continue
		}
		lines, err := c.CaseLines(ctx, q.Who, n.Name)
		if err != nil {
			return nil, err
		}
		one := review.Case{Name: n.Name, Opened: n.Opened, Lines: n.Lines, Head: n.Head, Kinds: map[string]int{}, Whole: true}
		previous := ""
		for _, l := range lines {
			var e struct{ Kind, Previous string }
			sum := sha256.Sum256(l.Bytes)
			if json.Unmarshal(l.Bytes, &e) != nil || e.Previous != previous || hex.EncodeToString(sum[:]) != l.Hash {
				one.Whole = false
			}
			one.Kinds[e.Kind]++
			previous = l.Hash
		}
		out = append(out, one)
	}
	return out, nil
}
