// Package claims puts a claim to the catalog: what an attacker shows, and what he says that he has.
package claims

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/claim"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/files"
)

// Trial is what a claim is tested with.
type Trial struct {
	Catalog *catalog.Catalog
	Who     audit.Caller
	Options scan.Options // how the sample is read
	Stdin   io.Reader    // where "-" reads
}

// Sample holds a sample against the catalog. Leaks are files of what was public before.
func (t *Trial) Sample(ctx context.Context, path string, leaks []string) (*show.Claimed, error) {
	out := &show.Claimed{ByState: map[string]int64{}, ByClass: map[string]int64{}}
	sample := &claim.Sample{}
	if err := t.read(ctx, path, sample, out); err != nil {
		return nil, err
	}
	var leak *claim.Sample
	for _, path := range leaks {
		if leak == nil {
			leak = &claim.Sample{}
		}
		if err := t.read(ctx, path, leak, &show.Claimed{}); err != nil {
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

// read adds a file, or what is pasted, to a sample.
func (t *Trial) read(ctx context.Context, path string, sample *claim.Sample, out *show.Claimed) error {
	src, err := t.source(path)
	if err != nil {
		return err
	}
	gaps, err := scan.Sample(ctx, src, t.Options, func(s scan.Sampled) error {
		if errors.Is(sample.Add(s.Name, s.Traces), claim.ErrFull) {
			out.Coverage.Truncated = true
			return scan.ErrEnough
		}
		return nil
	})
	for _, g := range gaps {
		out.Coverage.SampleGaps = append(out.Coverage.SampleGaps, fmt.Sprintf("%s: %s, %s", g.Path, g.Reason, g.Detail))
	}
	return err
}

// mostPasted is how much text from a terminal or a pipe is read: 64 MiB.
const mostPasted = 64 << 20

func (t *Trial) source(path string) (source.Source, error) {
	if path != "-" {
		return files.Open(path, "")
	}
	text, err := io.ReadAll(io.LimitReader(t.Stdin, mostPasted+1))
	if err != nil {
		return nil, fmt.Errorf("read the sample from standard input: %w", err)
	}
	if len(text) > mostPasted {
		return nil, fmt.Errorf("more than %s were pasted; put the sample in a file, on a machine that is kept for such things", show.Size(mostPasted))
	}
	return source.Pasted("pasted text", text), nil
}

// cover says what the sample was held against, and who is in the repositories that it comes from.
func (t *Trial) cover(ctx context.Context, out *show.Claimed) error {
	total, err := t.Catalog.Tally(ctx, t.Who, catalog.Filter{})
	if err != nil {
		return err
	}
	out.Coverage.Repositories, out.Coverage.Gaps, out.Coverage.Stale = out.Repositories, total.Gaps, total.Stale
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

// Fits holds a claimed size against each repository, and against what each foothold reads.
func (t *Trial) Fits(ctx context.Context, size claim.Size, footholds []access.Foothold) (*show.Fits, error) {
	rows, err := t.Catalog.Where(ctx, t.Who, catalog.Filter{})
	if err != nil {
		return nil, err
	}
	out := &show.Fits{Size: size}
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
