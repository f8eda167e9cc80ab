package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/format/all"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
	sourceall "github.com/chartroom/chartroom/source/all"
	"github.com/spf13/cobra"
)

// scanFlags are the flags of scan.
type scanFlags struct {
	custodian string
	strict    bool
	failOn    []string
}

func scanCommand(a *app) *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use: "scan TARGET...", Short: "survey targets: files, directory trees and databases",
		Long: `A target is a path, or the address of a database: postgres://user@host/database or mysql://user@host/database; without a database,
all of the server's. Passwords come from the environment or a password file, never from the address; see docs/sources.md.

Scan lists every item of its targets, reads what changed since the last scan, and keeps what it found in the catalog:
kinds of identifiers, classes of sensitivity, counts of people; never a value. It may be stopped at any time and run again:
it goes on where it was. A first scan makes the catalog and the key of the marks, and says where.

Exit codes: 0 done; 1 something was found that --fail-on names; 2 wrong usage; 3 done with gaps, and --strict was given; 4 could not run.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("scan what? Name a file, a directory or a database")
			}
			return a.scan(cmd, args, f)
		},
	}
	cmd.Flags().StringVar(&f.custodian, "custodian", "", "organisation responsible for the targets")
	cmd.Flags().BoolVar(&f.strict, "strict", false, "exit with 3 when anything was not read")
	cmd.Flags().StringSliceVar(&f.failOn, "fail-on", nil, "exit with 1 when this was found: phi, pii, or a class such as SUD")
	cmd.Flags().Int("workers", 0, "items read at once; one a core by default")
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
	sources, err := a.openTargets(cmd.Context(), targets, f.custodian)
	if err != nil {
		return err
	}
	sum, err := a.survey(cmd, s, sources, targets)
	if err != nil {
		return err
	}
	if err := a.print(cmd, sum.answer(s)); err != nil {
		return err
	}
	switch {
	case sum.matches(f.failOn):
		return &exitError{code: exitFound}
	case f.strict && sum.books.Gaps > 0:
		return &exitError{code: exitGaps}
	}
	return nil
}

// openTargets makes the sources of the targets, and warns of logins that may do more than they need.
func (a *app) openTargets(ctx context.Context, targets []string, custodian string) ([]source.Source, error) {
	var sources []source.Source
	for _, t := range targets {
		opened, err := sourceall.Open(ctx, t, custodian)
		var te *source.TargetError
		switch {
		case errors.As(err, &te) && te.Usage:
			return nil, &exitError{code: exitUsage, err: err, hint: te.Hint}
		case errors.As(err, &te):
			return nil, hint(err, "%s", te.Hint)
		case err != nil:
			return nil, err
		}
		for _, src := range opened {
			for _, w := range sourceall.Warnings(src) {
				fmt.Fprintf(a.err, "warning: %s\n", w)
			}
		}
		sources = append(sources, opened...)
	}
	return sources, nil
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

// survey scans the sources into the catalog.
func (a *app) survey(cmd *cobra.Command, s *settings, sources []source.Source, targets []string) (*summary, error) {
	ctx := cmd.Context()
	custom, err := detect.Compile(s.Identifiers)
	if err != nil {
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
	run, err := cat.Begin(ctx, audit.Local(), catalog.RunSpec{Targets: targets, Rules: rules(s), Version: version(), Key: key.ID()})
	switch {
	case errors.Is(err, catalog.ErrBusy):
		return nil, hint(err, "wait for the other scan, or give another file with --catalog")
	case errors.Is(err, catalog.ErrOtherKey):
		return nil, hint(err, "name the key that it was made with by --key FILE, or scan into a new file with --catalog")
	case err != nil:
		return nil, err
	}
	sum := &summary{began: time.Now()}
	progress := &scan.Progress{}
	stop := follow(a.err, progress)
	listings, err := surveyAll(ctx, run, sources, scan.Options{Engine: detect.New(custom), Rules: rules(s), Key: key, Ledger: run, Workers: s.Workers,
		Limits: limits(s), Converters: s.Converters, Progress: progress})
	stop()
	if err != nil {
		return nil, a.stopped(ctx, run, progress, err)
	}
	if sum.books, err = run.Finish(ctx, listings); err != nil {
		return nil, err
	}
	sum.readBytes = progress.ReadBytes.Load()
	return sum, sum.ask(ctx, cat, sources)
}

// limits are those of the settings.
func limits(s *settings) scan.Limits {
	return scan.Limits{Depth: s.Depth, ItemTime: time.Duration(s.ItemTime), Base: s.InnerMiB << 20, Ratio: s.InnerRatio, Members: s.Members}
}

// surveyAll scans one source after the other.
func surveyAll(ctx context.Context, run *catalog.Run, sources []source.Source, o scan.Options) ([]catalog.Listing, error) {
	var out []catalog.Listing
	for _, src := range sources {
		repo := src.Repository()
		if err := run.Repository(ctx, repo); err != nil {
			return nil, err
		}
		n, err := scan.Source(ctx, src, o)
		if err != nil {
			return nil, err
		}
		out = append(out, catalog.Listing{Repository: repo.Name, Complete: true, Items: n})
	}
	return out, nil
}

// stopped ends a run that was interrupted or failed. What it did is kept.
func (a *app) stopped(ctx context.Context, run *catalog.Run, p *scan.Progress, err error) error {
	if e := run.Abandon(context.WithoutCancel(ctx)); e != nil {
		err = errors.Join(err, e)
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("interrupted after %s items; what was read is kept", thousands(p.Done.Load()))
	}
	return hint(err, "run the same command again: it goes on where it stopped")
}

// rules names all that decides what a scan finds: when any of it changes, items are read again.
func rules(s *settings) string {
	h := sha256.New()
	for _, r := range all.Readers() {
		fmt.Fprintln(h, r.Name())
	}
	for _, id := range s.Identifiers {
		fmt.Fprintf(h, "%q %d %q %q %q %q\n", id.Name, id.Kind, id.Columns, id.Pattern, id.Keywords, id.Checksum)
	}
	for _, c := range s.Converters {
		fmt.Fprintf(h, "%+v\n", c)
	}
	fmt.Fprintln(h, s.Depth, s.InnerMiB, s.InnerRatio, s.Members)
	return detect.RulesVersion + "-" + hex.EncodeToString(h.Sum(nil)[:6])
}
