package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/claim"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/files"
	"github.com/spf13/cobra"
)

// claimFlags are what is claimed.
type claimFlags struct {
	sample string
	leaks  []string
	size   string
	people int64
}

func claimCommand(a *app) *cobra.Command {
	var f claimFlags
	cmd := &cobra.Command{
		Use: "claim", Short: "hold what an attacker shows against the inventory: is it ours, from where, from when", Args: cobra.NoArgs,
		Long: `Claim reads a sample that somebody shows as proof, and holds it against the traces that the surveys kept. The sample may be in any format
that a survey reads, whole or in part, with other column names, other forms of dates and names, in upper case; "-" reads text pasted into
the terminal. It is read in memory, within the limits of a survey; nothing of it is run, unpacked to disk, kept or shown.

It answers whose records they are: the repository, the item, between which surveys they were taken, how many of the sample's people
are in it, and how likely strangers would look the same. That nothing was met proves nothing: what was not covered is said beside it.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.claim(cmd, f) },
	}
	cmd.Flags().StringVar(&f.sample, "sample", "", "file or folder that the attacker shows; - is text from the terminal or a pipe")
	cmd.Flags().StringVar(&f.size, "size", "", "how much is claimed: 8.8TB")
	cmd.Flags().Int64Var(&f.people, "people", 0, "how many people are claimed")
	cmd.Flags().StringSliceVar(&f.leaks, "known-leak", nil, "files of leaks that were public before")
	return cmd
}

func (a *app) claim(cmd *cobra.Command, f claimFlags) error {
	if f.sample == "" && f.size == "" && f.people == 0 {
		return usage("claim what? --sample FILE is what the attacker shows; --size 8.8TB and --people N are what he says")
	}
	size := claim.Size{People: f.people}
	if f.size != "" {
		var err error
		if size.Bytes, err = claim.ParseSize(f.size); err != nil {
			return usage("--size: %v", err)
		}
	}
	ctx := cmd.Context()
	o, err := a.open(ctx, cmd)
	if err != nil {
		return err
	}
	defer o.Close()
	if f.sample == "" {
		fits, err := a.fits(ctx, o, size)
		if err != nil {
			return err
		}
		return a.print(cmd, fits.Answer())
	}
	key, err := fingerprint.LoadKey(o.settings.Key)
	if err != nil {
		return hint(err, "--key FILE names the key that the catalog's traces were made with")
	}
	t := &trial{app: a, cmd: cmd, o: o, options: scan.Options{Engine: detect.New(nil), Key: key, Limits: limits(o.settings), Workers: 1}}
	out, err := t.run(ctx, f)
	if err != nil {
		return err
	}
	if size != (claim.Size{}) {
		if out.Fits, err = a.fits(ctx, o, size); err != nil {
			return err
		}
	}
	return a.print(cmd, out.Answer())
}

// fits holds a claimed size against each repository, and against what each foothold reads.
func (a *app) fits(ctx context.Context, o *opened, size claim.Size) (*show.Fits, error) {
	rows, err := o.Where(ctx, o.who, catalog.Filter{})
	if err != nil {
		return nil, err
	}
	out := &show.Fits{Size: size}
	var stores []claim.Store
	for i := range rows {
		stores = append(stores, claim.Store{Name: rows[i].Repository, Kind: "repository", Bytes: rows[i].Bytes, People: rows[i].People.High})
	}
	out.Repositories = claim.Fit(size, stores)
	e, err := a.accessOf(ctx, o)
	if err != nil {
		return nil, err
	}
	footholds, err := e.Footholds(mostFootholds)
	if err != nil {
		return nil, err
	}
	stores = nil
	for i := range footholds {
		stores = append(stores, claim.Store{Name: footholds[i].Name, Kind: footholds[i].Kind, Bytes: footholds[i].Bytes, People: footholds[i].Most.High})
	}
	out.Footholds = claim.Fit(size, stores)
	return out, nil
}

// mostFootholds is how many footholds a claim is held against: those that read the most people.
const mostFootholds = 2000

// trial is a claim under test.
type trial struct {
	app     *app
	cmd     *cobra.Command
	o       *opened
	options scan.Options
}

func (t *trial) run(ctx context.Context, f claimFlags) (*show.Claimed, error) {
	out := &show.Claimed{ByState: map[string]int64{}, ByClass: map[string]int64{}}
	sample, err := t.read(ctx, f.sample, out)
	if err != nil {
		return nil, err
	}
	var leak *claim.Sample
	for _, path := range f.leaks {
		if leak, err = t.read(ctx, path, &show.Claimed{}); err != nil {
			return nil, err
		}
	}
	test := claim.NewTest(sample)
	err = t.o.EachTraces(ctx, t.o.who, catalog.Filter{}, func(tr catalog.Traces) error {
		test.Segment(claim.Version{Repository: tr.Repository, Custodian: tr.Custodian, Item: tr.Item, Number: tr.Version, From: tr.From, To: tr.To}, tr.Set)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Result = test.Result(leak)
	return out, t.cover(ctx, out)
}

// read reads a sample.
func (t *trial) read(ctx context.Context, path string, out *show.Claimed) (*claim.Sample, error) {
	src, err := t.source(path)
	if err != nil {
		return nil, err
	}
	sample := &claim.Sample{}
	gaps, err := scan.Sample(ctx, src, t.options, func(s scan.Sampled) error {
		if errors.Is(sample.Add(s.Name, s.Traces), claim.ErrFull) {
			out.Coverage.Truncated = true
			return scan.ErrEnough
		}
		return nil
	})
	for _, g := range gaps {
		out.Coverage.SampleGaps = append(out.Coverage.SampleGaps, fmt.Sprintf("%s: %s, %s", g.Path, g.Reason, g.Detail))
	}
	return sample, err
}

// mostPasted is how much text from a terminal or a pipe is read: 64 MiB.
const mostPasted = 64 << 20

func (t *trial) source(path string) (source.Source, error) {
	if path != "-" {
		src, err := files.Open(path, "")
		if err != nil {
			return nil, told(err)
		}
		return src, nil
	}
	text, err := io.ReadAll(io.LimitReader(os.Stdin, mostPasted+1))
	if err != nil {
		return nil, fmt.Errorf("read the sample from standard input: %w", err)
	}
	if len(text) > mostPasted {
		return nil, usage("more than %s were pasted; put the sample in a file, on a machine that is kept for such things", show.Size(mostPasted))
	}
	return source.Pasted("pasted text", text), nil
}

// cover says what the sample was held against, and who is in the repositories that it comes from.
func (t *trial) cover(ctx context.Context, out *show.Claimed) error {
	total, err := t.o.Tally(ctx, t.o.who, catalog.Filter{})
	if err != nil {
		return err
	}
	out.Coverage.Repositories, out.Coverage.Gaps, out.Coverage.Stale = out.Repositories, total.Gaps, total.Stale
	if err := t.o.EachUntraced(ctx, t.o.who, catalog.Filter{}, func(catalog.Untraced) error {
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
	of, err := t.o.Tally(ctx, t.o.who, catalog.Filter{Among: among})
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
