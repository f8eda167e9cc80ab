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
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/format/all"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
	"github.com/spf13/cobra"
)

// scanFlags are the flags of scan.
type scanFlags struct {
	custodian string
	sample    string
	strict    bool
	failOn    []string
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
	if err := a.openTargets(cmd.Context(), s, chosen, len(targets) > 0); err != nil {
		return err
	}
	sum, err := a.survey(cmd, s, chosen)
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
func (a *app) survey(cmd *cobra.Command, s *settings, targets []*target) (*summary, error) {
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
	run, err := begin(ctx, cat, s, targets, key)
	if err != nil {
		return nil, err
	}
	g := &surveying{run: run, settings: s, taken: map[string]string{}, options: scan.Options{Engine: detect.New(custom), Key: key, Ledger: run, Workers: s.Workers,
		Turns: scan.NewTurns(s.Workers), Converters: s.Converters}, remote: scan.NewTurns(source.RemoteWorkers())}
	sum := &summary{began: time.Now(), targets: targets}
	for _, src := range s.collectors() {
		g.collect(ctx, src)
	}
	stop := follow(a.err, targets)
	atOnce(s.AtOnce, len(targets), func(i int) { g.target(ctx, targets[i], func(w string) { fmt.Fprintf(a.err, "warning: %s\n", w) }) })
	stop()
	var done int64
	if sum.readBytes, done = total(targets); g.fault != nil {
		return nil, a.stopped(ctx, run, done, g.fault)
	}
	if sum.books, err = run.Finish(ctx, g.listings); err != nil {
		return nil, err
	}
	o := &opened{Catalog: cat, settings: s, who: audit.Local(), now: time.Now()}
	if err := keepAccess(ctx, o); err != nil {
		return nil, err
	}
	return sum, sum.ask(ctx, cat)
}

// begin begins the run.
func begin(ctx context.Context, cat *catalog.Catalog, s *settings, targets []*target, key fingerprint.Key) (*catalog.Run, error) {
	spec := catalog.RunSpec{Rules: rules(s), Version: version(), Key: key.ID()}
	for _, t := range targets {
		spec.Targets = append(spec.Targets, t.label)
	}
	run, err := cat.Begin(ctx, audit.Local(), spec)
	switch {
	case errors.Is(err, catalog.ErrBusy):
		return nil, hint(err, "wait for the other scan, or give another file with --catalog")
	case errors.Is(err, catalog.ErrOtherKey):
		return nil, hint(err, "name the key that it was made with by --key FILE, or scan into a new file with --catalog")
	}
	return run, err
}

// limits are those of the settings.
func limits(s *settings) scan.Limits {
	return scan.Limits{Depth: s.Depth, ItemTime: time.Duration(s.ItemTime), Base: s.InnerMiB << 20, Ratio: s.InnerRatio, Members: s.Members}
}

// stopped ends a run that was interrupted or failed. What it did is kept.
func (a *app) stopped(ctx context.Context, run *catalog.Run, done int64, err error) error {
	if e := run.Abandon(context.WithoutCancel(ctx)); e != nil {
		err = errors.Join(err, e)
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("interrupted after %s items; what was read is kept", show.Thousands(done))
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
