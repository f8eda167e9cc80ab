// Package survey surveys the targets of an estate, several at once, into a catalog: what the command scan and the web room start.
package survey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/format/all"
	"github.com/chartroom/chartroom/format/converter"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
)

// Settings say how targets are surveyed.
type Settings struct {
	Workers     int  // items read at once, over all targets
	OwnWorkers  bool // somebody has said how many: then sources behind a network keep to it, too
	AtOnce      int  // targets surveyed at once
	Limits      scan.Limits
	Identifiers []detect.Identifier
	Converters  []converter.Converter
	Estate      *declared.Estate
	Path        string // of the file of the estate: what is relative in it begins beside it
	Version     string // of the program
}

// Rules names all that decides what a survey within limits finds: when any of it changes, items are read again.
func (s *Settings) Rules(l scan.Limits) string {
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
	fmt.Fprintln(h, l.Depth, l.Base>>20, l.Ratio, l.Members)
	return detect.RulesVersion + "-" + hex.EncodeToString(h.Sum(nil)[:6])
}

// Job is a survey to be made.
type Job struct {
	Catalog  *catalog.Catalog
	Who      audit.Caller
	Key      fingerprint.Key
	Settings *Settings
	Targets  []*Target    // that were opened
	Warn     func(string) // takes what is no error; may be called by several at once
}

// StoppedError says that a survey was interrupted, or failed on its way. What it read is kept, and the next one goes on from there.
type StoppedError struct{ Err error }

// Error gives the cause.
func (e *StoppedError) Error() string { return "the survey stopped: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *StoppedError) Unwrap() error { return e.Err }

// Run surveys the targets, and gives the books of all of them. It returns catalog.ErrBusy or catalog.ErrOtherKey where it may not begin, and a
// StoppedError where it had begun.
func (j *Job) Run(ctx context.Context) (catalog.Books, error) {
	custom, err := detect.Compile(j.Settings.Identifiers)
	if err != nil {
		return catalog.Books{}, fmt.Errorf("identifiers: %w", err)
	}
	spec := catalog.RunSpec{Rules: j.Settings.Rules(j.Settings.Limits), Version: j.Settings.Version, Key: j.Key.ID()}
	for _, t := range j.Targets {
		spec.Targets = append(spec.Targets, t.Label)
	}
	run, err := j.Catalog.Begin(ctx, j.Who, spec)
	if err != nil {
		return catalog.Books{}, err
	}
	s := j.Settings
	g := &going{job: j, run: run, taken: map[string]string{}, options: scan.Options{Engine: detect.New(custom), Key: j.Key, Ledger: run, Workers: s.Workers,
		Turns: scan.NewTurns(s.Workers), Converters: s.Converters}, remote: scan.NewTurns(source.RemoteWorkers())}
	for _, src := range s.Collectors() {
		g.collect(ctx, src)
	}
	atOnce(s.AtOnce, len(j.Targets), func(i int) { g.target(ctx, j.Targets[i]) })
	if g.fault != nil {
		return catalog.Books{}, &StoppedError{errors.Join(g.fault, run.Abandon(context.WithoutCancel(ctx)))}
	}
	return run.Finish(ctx, g.listings)
}

// going is a survey as it goes on.
type going struct {
	job     *Job
	run     *catalog.Run
	options scan.Options
	remote  scan.Turns // of sources behind a network, where nobody has said how many may work at once

	mu       sync.Mutex
	listings []catalog.Listing
	taken    map[string]string // by which target a repository is surveyed
	fault    error             // of the ledger, or the end of the context
}

// failed keeps the first fault.
func (g *going) failed(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fault == nil {
		g.fault = err
	}
}

// target surveys the repositories of one target, one after the other. The workers of all targets stay together within the turns of the options.
func (g *going) target(ctx context.Context, t *Target) {
	defer t.Finish()
	for _, src := range t.Sources {
		repo := src.Repository()
		if t.Owner != "" {
			repo.Owner = t.Owner
		}
		if by, twice := g.take(repo.Name, t.Label); twice {
			g.job.Warn(fmt.Sprintf("%s is surveyed once, for the target %s, and not again for %s", repo.Name, by, t.Label))
			continue
		}
		if err := g.repository(ctx, t, src, repo); err != nil {
			g.failed(err)
			return
		}
	}
}

// take takes a repository for a target, and tells by which it is taken already.
func (g *going) take(repository, label string) (by string, twice bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	by, twice = g.taken[repository]
	if !twice {
		g.taken[repository] = label
	}
	return by, twice
}

// collect keeps the grants of a collector.
func (g *going) collect(ctx context.Context, src source.Source) {
	l, err := Collect(ctx, g.run, src)
	if err != nil {
		g.failed(err)
	}
	g.listed(l)
}

// Collect keeps the grants of a collector, one of Settings.Collectors, and gives how it ended. Its error is that of the catalog or the context.
func Collect(ctx context.Context, run *catalog.Run, src source.Source) (catalog.Listing, error) {
	repo := src.Repository()
	l := catalog.Listing{Repository: repo.Name, Complete: true}
	err := run.Repository(ctx, repo)
	if err == nil {
		l.Granted, err = scan.Grants(ctx, src, run)
	}
	return l, err
}

func (g *going) listed(l catalog.Listing) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.listings = append(g.listings, l)
}

// repository surveys one repository. Where it could not be listed, that is a gap; what an earlier survey saw in it still stands.
func (g *going) repository(ctx context.Context, t *Target, src source.Source, repo estate.Repository) error {
	if err := g.run.Repository(ctx, repo); err != nil {
		return err
	}
	o := t.Options(g.options, g.job.Settings)
	if _, remote := src.(source.Remote); remote && !g.job.Settings.OwnWorkers && t.Limits.Workers == 0 {
		o.Workers, o.Turns = cap(g.remote), g.remote
	}
	n, err := scan.Source(ctx, src, o)
	var broke *scan.ListError
	if errors.As(err, &broke) && ctx.Err() == nil {
		gap := &estate.Gap{Repository: repo.Name, Under: true, Reason: estate.GapUnreadable, Detail: strings.TrimPrefix(broke.Error(), "list "+repo.Name+": "), Bytes: -1}
		if err := g.run.Append(ctx, []estate.Fact{{Gap: gap}}); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	granted := true
	if !t.Copied {
		if granted, err = scan.Grants(ctx, src, g.run); err != nil {
			return err
		}
	}
	g.listed(catalog.Listing{Repository: repo.Name, Complete: broke == nil, Items: n, Granted: granted})
	return nil
}

// atOnce calls f for each of n things, and no more than most at a time.
func atOnce(most, n int, f func(i int)) {
	turns := make(chan struct{}, max(1, most))
	var all sync.WaitGroup
	for i := range n {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			f(i)
		})
	}
	all.Wait()
}

// Every gives how often a target is to be surveyed by itself; 0 = never.
func (t *Target) Every() time.Duration { return t.every }
