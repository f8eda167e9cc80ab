package main

import (
	"os"

	"github.com/chartroom/chartroom/claim"
	"github.com/chartroom/chartroom/cmd/chartroom/claims"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/incident/trial"
	"github.com/chartroom/chartroom/scan"
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
	t := &trial.Trial{Catalog: o.Catalog, Who: o.who}
	var fits *show.Fits
	if size != (claim.Size{}) {
		e, err := a.accessOf(ctx, o)
		if err != nil {
			return err
		}
		footholds, err := e.Footholds(mostFootholds)
		if err != nil {
			return err
		}
		is, err := t.Size(ctx, size, footholds)
		if err != nil {
			return err
		}
		fits = &show.Fits{Fits: is}
	}
	if f.sample == "" {
		return a.print(cmd, fits.Answer())
	}
	if t, err = o.trial(); err != nil {
		return err
	}
	src, err := claims.Source(f.sample, os.Stdin)
	if err != nil {
		return told(err)
	}
	leaks, err := claims.Leaks(f.leaks)
	if err != nil {
		return told(err)
	}
	out, err := t.Sample(ctx, src, leaks)
	if err != nil {
		return told(err)
	}
	return a.print(cmd, (&show.Claimed{Tested: out, Fits: fits}).Answer())
}

// trial is what a sample is held against the catalog with.
func (o *opened) trial() (*trial.Trial, error) {
	key, err := fingerprint.LoadKey(o.settings.Key)
	if err != nil {
		return nil, hint(err, "--key FILE names the key that the catalog's traces were made with")
	}
	return &trial.Trial{Catalog: o.Catalog, Who: o.who, Options: scan.Options{Engine: detect.New(nil), Key: key, Limits: limits(o.settings), Workers: 1}}, nil
}

// mostFootholds is how many footholds a claim is held against: those that read the most people.
const mostFootholds = 2000
