// Package trial puts a claim to the catalog: what an attacker shows is read and held against the traces of every survey, and what he says
// that he has against what could have been taken.
package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/claim"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
)

// Trial is what a claim is tested with.
type Trial struct {
	Catalog *catalog.Catalog
	Who     audit.Caller
	Options scan.Options // how a sample is read: with the key that the catalog's traces were made with
}

// Tested is what a test of a sample came to.
type Tested struct {
	claim.Result
	Coverage Coverage         `json:"coverage"`
	ByState  map[string]int64 `json:"people_by_state"`       // of the repositories that the sample comes from
	ByClass  map[string]int64 `json:"people_by_sensitivity"` //
	People   estate.Count     `json:"people"`                //
}

// Coverage is what the sample could be held against, and what not.
type Coverage struct {
	Repositories int        `json:"repositories"`          // that keep traces
	Untraced     int64      `json:"items_without_traces"`  // items with people that keep none
	Gaps         int64      `json:"gaps"`                  // things that were not read, and may be what the sample is of
	Stale        int        `json:"repositories_stale"`    // whose evidence is old
	Kept         *time.Time `json:"traces_kept_from"`      // what had been replaced or had vanished by then has none any more; null = all is kept
	Truncated    bool       `json:"sample_truncated"`      // only the first records of the sample were looked at
	SampleGaps   []string   `json:"sample_gaps,omitempty"` // what of the sample could not be read
}

// Fits tells what could have yielded a claimed size.
type Fits struct {
	claim.Size
	Repositories []claim.Store `json:"repositories"`
	Footholds    []claim.Store `json:"footholds"`
}

// Sample holds a sample against the catalog. Leaks are what was public before.
func (t *Trial) Sample(ctx context.Context, src source.Source, leaks []source.Source) (*Tested, error) {
	out := &Tested{ByState: map[string]int64{}, ByClass: map[string]int64{}}
	sample := &claim.Sample{}
	if err := t.read(ctx, src, sample, &out.Coverage); err != nil {
		return nil, err
	}
	var leak *claim.Sample
	for _, src := range leaks {
		if leak == nil {
			leak = &claim.Sample{}
		}
		if err := t.read(ctx, src, leak, &Coverage{}); err != nil {
			return nil, err
		}
	}
	test := claim.NewTest(sample)
	err := t.Catalog.EachTraces(ctx, t.Who, catalog.Filter{}, func(tr catalog.Traces) error {
		test.Segment(claim.Version{Repository: tr.Repository, Custodian: tr.Custodian, Item: tr.Item, Number: tr.Version, From: tr.From, To: tr.To}, tr.Set)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Result = test.Result(leak)
	return out, t.cover(ctx, out)
}

// read adds what a source has to a sample.
func (t *Trial) read(ctx context.Context, src source.Source, sample *claim.Sample, c *Coverage) error {
	gaps, err := scan.Sample(ctx, src, t.Options, func(s scan.Sampled) error {
		if errors.Is(sample.Add(s.Name, s.Traces), claim.ErrFull) {
			c.Truncated = true
			return scan.ErrEnough
		}
		return nil
	})
	for _, g := range gaps {
		c.SampleGaps = append(c.SampleGaps, fmt.Sprintf("%s: %s, %s", g.Path, g.Reason, g.Detail))
	}
	return err
}

// cover says what the sample was held against, and who is in the repositories that it comes from.
func (t *Trial) cover(ctx context.Context, out *Tested) error {
	total, err := t.Catalog.Tally(ctx, t.Who, catalog.Filter{})
	if err != nil {
		return err
	}
	out.Coverage.Repositories, out.Coverage.Gaps, out.Coverage.Stale = out.Repositories, total.Gaps, total.Stale
	if from, _, err := t.Catalog.Kept(ctx, t.Who); err != nil {
		return err
	} else if !from.IsZero() {
		out.Coverage.Kept = &from
	}
	if err := t.Catalog.EachUntraced(ctx, t.Who, catalog.Filter{}, func(catalog.Untraced) error {
		out.Coverage.Untraced++
		return nil
	}); err != nil {
		return err
	}
	var among []string
	for _, m := range out.Matches {
		if m.Source {
			among = append(among, m.Repository)
		}
	}
	if len(among) == 0 {
		return nil
	}
	of, err := t.Catalog.Tally(ctx, t.Who, catalog.Filter{Among: among})
	if err != nil {
		return err
	}
	out.People = of.People
	for s, n := range of.States {
		out.ByState[s] = n.Estimate
	}
	for c, n := range of.Classes {
		out.ByClass[c] = n.Estimate
	}
	return nil
}

// Size holds a claimed size against each repository, and against what each foothold reads.
func (t *Trial) Size(ctx context.Context, size claim.Size, footholds []access.Foothold) (*Fits, error) {
	rows, err := t.Catalog.Where(ctx, t.Who, catalog.Filter{})
	if err != nil {
		return nil, err
	}
	out := &Fits{Size: size}
	var stores []claim.Store
	for i := range rows {
		stores = append(stores, claim.Store{Name: rows[i].Repository, Kind: "repository", Bytes: rows[i].Bytes, People: rows[i].People.High})
	}
	out.Repositories = claim.Fit(size, stores)
	stores = nil
	for i := range footholds {
		stores = append(stores, claim.Store{Name: footholds[i].Name, Kind: footholds[i].Kind, Bytes: footholds[i].Bytes, People: footholds[i].Most.High})
	}
	out.Footholds = claim.Fit(size, stores)
	return out, nil
}
