package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/cost"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/scan/survey"
	"github.com/spf13/cobra"
)

// scanFlags are the flags of scan.
type scanFlags struct {
	custodian string
	sample    string
	strict    bool
	failOn    []string
	fleet     bool
	here      int
}

func scanCommand(a *app) *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use: "scan [TARGET...]", Short: "survey targets: files, directory trees, databases and buckets",
		Long: `A target is a path, or the address of a database: postgres://user@host/database, mysql://user@host/database or
sqlserver://user@host/database; without a database, all of the server's; or a bucket: s3://bucket/prefix. Passwords come from the
environment or a password file, never from the address; see docs/sources.md. With -c FILE and no target, all targets that the file describes are surveyed, several at once; a
target's name there can be given as TARGET. See docs/estate.md.

Scan lists every item of its targets, reads what changed since the last scan, and keeps what it found in the catalog:
kinds of identifiers, classes of sensitivity, counts of people; never a value. It may be stopped at any time and run again:
it goes on where it was. A first scan makes the catalog and the key of the marks, and says where.

Exit codes: 0 done; 1 something was found that --fail-on names; 2 wrong usage; 3 done with gaps, and --strict was given; 4 could not run.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.scan(cmd, args, f)
		},
	}
	cmd.Flags().StringVar(&f.custodian, "custodian", "", "organisation responsible for the targets")
	cmd.Flags().BoolVar(&f.strict, "strict", false, "exit with 3 when anything was not read")
	cmd.Flags().StringSliceVar(&f.failOn, "fail-on", nil, "exit with 1 when this was found: phi, pii, or a class such as SUD")
	cmd.Flags().StringVar(&f.sample, "sample", "", "read a random sample, as 1%, of each large table and file instead of all; see docs/sources.md")
	cmd.Flags().BoolVar(&f.fleet, "fleet", false, "survey by workers, as the configuration's section fleet says; see docs/fleet.md")
	cmd.Flags().IntVar(&f.here, "workers-here", 0, "with --fleet: let so many work in this process, and need no others")
	cmd.Flags().Int("workers", 0, "items read at once; by default one a core, and of object stores more")
	return cmd
}

func (a *app) scan(cmd *cobra.Command, targets []string, f scanFlags) error {
	s, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	if err := checkFailOn(f.failOn); err != nil {
		return err
	}
	chosen := typed(s, targets, f.custodian)
	if err := sampleOf(chosen, f.sample); err != nil {
		return err
	}
	if len(chosen) == 0 {
		return usage("scan what? Name a file, a directory, a database or a bucket, or give a file that describes the estate with -c")
	}
	var sum *summary
	if s.Fleet.WorkersHere = max(s.Fleet.WorkersHere, f.here); f.fleet || f.here > 0 {
		if sum, err = a.survey(cmd, s, chosen, a.byFleet); err == nil {
			err = a.tellFailures(chosen, len(targets) > 0)
		}
	} else if err = a.openTargets(cmd.Context(), s, chosen, len(targets) > 0); err == nil {
		sum, err = a.survey(cmd, s, chosen, byThisProcess)
	}
	if err != nil {
		return err
	}
	if err := a.print(cmd, sum.answer(s)); err != nil {
		return err
	}
	switch {
	case sum.matches(f.failOn):
		return &exitError{code: exitFound}
	case f.strict && (sum.books.Gaps > 0 || sum.failed() > 0):
		return &exitError{code: exitGaps}
	}
	return nil
}

// openKey opens the key of the marks, and tells when it made it.
func (a *app) openKey(path string) (fingerprint.Key, error) {
	key, made, err := fingerprint.OpenKey(path)
	if err != nil {
		return key, hint(err, "--key FILE names another key file; a lost key cannot be made again, a catalog made with it must be scanned anew")
	}
	if made {
		fmt.Fprintf(a.err, "made the key of the marks at %s; keep it apart from the catalog, and safe: with both, the people could be found out\n", path)
	}
	return key, nil
}

// survey scans the targets into the catalog.
func (a *app) survey(cmd *cobra.Command, s *settings, targets []*survey.Target, by maker) (*summary, error) {
	ctx := cmd.Context()
	if _, err := detect.Compile(s.Identifiers); err != nil {
		return nil, usage("config: %v", err)
	}
	key, err := a.openKey(s.Key)
	if err != nil {
		return nil, err
	}
	cat, made, err := makeCatalog(ctx, s.Catalog)
	if err != nil {
		return nil, err
	}
	defer cat.Close()
	if made {
		fmt.Fprintf(a.err, "made the catalog at %s\n", s.Catalog)
	}
	o := &opened{Catalog: cat, settings: s, who: audit.Local(), now: time.Now()}
	sum := &summary{began: o.now, targets: targets, meter: cost.Start()}
	stop := follow(a.err, targets)
	sum.books, err = by(ctx, s, &survey.Job{Catalog: cat, Who: o.who, Key: key, Settings: s.survey(), Targets: targets, Warn: a.warn})
	stop()
	var done int64
	if sum.readBytes, done = total(targets); err != nil {
		return nil, stopped(ctx, err, done)
	}
	if err := keepAccess(ctx, o); err != nil {
		return nil, err
	}
	return sum, sum.ask(ctx, cat)
}

// stopped is why a survey did not come to its end, and what to do next.
func stopped(ctx context.Context, err error, done int64) error {
	var on *survey.StoppedError
	switch {
	case errors.Is(err, catalog.ErrBusy):
		return hint(err, "wait for the other scan, or give another file with --catalog")
	case errors.Is(err, catalog.ErrOtherKey):
		return hint(err, "name the key that it was made with by --key FILE, or scan into a new file with --catalog")
	case !errors.As(err, &on):
		return err
	case ctx.Err() != nil:
		err = fmt.Errorf("interrupted after %s items; what was read is kept", show.Thousands(done))
	default:
		err = on.Err
	}
	return hint(err, "run the same command again: it goes on where it stopped")
}
