package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
)

// How much is asked of both sides: the whole list of repositories, page by page; everything else of so many repositories; so many gaps, runs
// and lines of the audit trail.
const (
	pageRows   = 1000
	sampleSize = 25
	mostGaps   = 100_000
	mostRuns   = 200
	mostLines  = 1000
)

// ageless is an age that no evidence has: what is stale depends on when one asks.
const ageless = 200 * 365 * 24 * time.Hour

// question is something that is asked of both sides; its answer is written into a hash.
type question struct {
	name string
	ask  func(ctx context.Context, c *catalog.Catalog, into *json.Encoder) error
}

// answers asks both sides the same, and gives the questions that they answered alike. The moment is that of the last act before the copying.
func (c *Copy) answers(ctx context.Context, moment time.Time) ([]string, error) {
	from, to := catalog.Over(c.From), catalog.Over(c.To)
	sample, err := c.sample(ctx, from)
	if err != nil {
		return nil, c.failed(err)
	}
	var names []string
	for _, q := range c.questions(sample, moment) {
		c.step("ask", q.name, 0)
		var sums [2]string
		for i, side := range []*catalog.Catalog{from, to} {
			h := sha256.New()
			if err := q.ask(ctx, side, encoder(h)); err != nil {
				return nil, c.failed(fmt.Errorf("ask for %s: %w", q.name, err))
			}
			sums[i] = hex.EncodeToString(h.Sum(nil))
		}
		if sums[0] != sums[1] {
			return nil, c.failed(fmt.Errorf("%w: %s is answered differently", ErrDiffers, q.name))
		}
		names = append(names, q.name)
	}
	return names, nil
}

func encoder(h hash.Hash) *json.Encoder { return json.NewEncoder(h) }

// sample gives the repositories that everything is asked of: the most sensitive.
func (c *Copy) sample(ctx context.Context, from *catalog.Catalog) ([]string, error) {
	var names []string
	list, err := from.List(ctx, c.Who, catalog.ListQuery{Filter: catalog.Filter{Limit: sampleSize}})
	for _, r := range list.Rows {
		names = append(names, r.Repository)
	}
	return names, err
}

func (c *Copy) questions(sample []string, moment time.Time) []question {
	who := c.Who
	each := func(f func(ctx context.Context, k *catalog.Catalog, of catalog.Filter, put func(any) error) error) func(context.Context, *catalog.Catalog, *json.Encoder) error {
		return func(ctx context.Context, k *catalog.Catalog, into *json.Encoder) error {
			for _, name := range sample {
				if err := f(ctx, k, catalog.Filter{Repository: name, StaleAfter: ageless}, into.Encode); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return []question{
		{"list", func(ctx context.Context, k *catalog.Catalog, into *json.Encoder) error {
			return wholeList(ctx, who, k, into)
		}},
		{"where", each(func(ctx context.Context, k *catalog.Catalog, of catalog.Filter, put func(any) error) error {
			rows, err := k.Where(ctx, who, of)
			return errors.Join(err, put(rows))
		})},
		{"items", each(func(ctx context.Context, k *catalog.Catalog, of catalog.Filter, put func(any) error) error {
			of.Limit = pageRows
			return k.EachItem(ctx, who, of, func(r catalog.Row) error { return put(r) })
		})},
		{"fields", each(func(ctx context.Context, k *catalog.Catalog, of catalog.Filter, put func(any) error) error {
			of.Limit, of.Explain = pageRows, true
			return k.EachField(ctx, who, of, func(f catalog.Field) error { return put(f) })
		})},
		{"gaps", func(ctx context.Context, k *catalog.Catalog, into *json.Encoder) error {
			return k.EachGap(ctx, who, catalog.Filter{StaleAfter: ageless, Limit: mostGaps}, func(g catalog.Gap) error { return into.Encode(g) })
		}},
		{"runs", func(ctx context.Context, k *catalog.Catalog, into *json.Encoder) error {
			runs, err := k.RunList(ctx, who, mostRuns)
			return errors.Join(err, into.Encode(runs))
		}},
		{"audit", func(ctx context.Context, k *catalog.Catalog, into *json.Encoder) error {
			return trail(ctx, who, k, moment, into)
		}},
		{"cases", func(ctx context.Context, k *catalog.Catalog, into *json.Encoder) error {
			return cases(ctx, who, k, into)
		}},
	}
}

// wholeList is the list of all repositories, page by page.
func wholeList(ctx context.Context, who audit.Caller, k *catalog.Catalog, into *json.Encoder) error {
	q := catalog.ListQuery{Filter: catalog.Filter{Limit: pageRows, StaleAfter: ageless}}
	for {
		page, err := k.List(ctx, who, q)
		if err == nil {
			err = into.Encode(page.Rows)
		}
		if q.After = page.Next; err != nil || page.Next == "" {
			return err
		}
	}
}

// trail is the end of the audit trail before a moment: from then on each side has lines of its own, of this very copying.
func trail(ctx context.Context, who audit.Caller, k *catalog.Catalog, moment time.Time, into *json.Encoder) error {
	lines, err := k.Audit(ctx, who, moment.Add(-24*time.Hour), 0)
	if err != nil {
		return err
	}
	for len(lines) > 0 && !lines[len(lines)-1].Time.Before(moment) {
		lines = lines[:len(lines)-1]
	}
	return into.Encode(lines[max(0, len(lines)-mostLines):])
}

// cases are the logs of all cases: the hash of each line, and that of its bytes.
func cases(ctx context.Context, who audit.Caller, k *catalog.Catalog, into *json.Encoder) error {
	all, err := k.Cases(ctx, who)
	if err != nil {
		return err
	}
	for _, name := range all {
		lines, err := k.CaseLines(ctx, who, name.Name)
		if err != nil {
			return err
		}
		if err := into.Encode(name); err != nil {
			return err
		}
		for _, l := range lines {
			if err := into.Encode([]string{l.Hash, fmt.Sprintf("%x", sha256.Sum256(l.Bytes))}); err != nil {
				return err
			}
		}
	}
	return nil
}
