package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
	sourceall "github.com/chartroom/chartroom/source/all"
	sourcedeclared "github.com/chartroom/chartroom/source/declared"
	"github.com/chartroom/chartroom/source/iam"
	"github.com/chartroom/chartroom/source/opengraph"
)

// target is a place on its way through a survey.
type target struct {
	label     string // what the user calls it
	address   string // with what a source must know, and without secrets
	custodian string
	owner     string
	sample    declared.Share
	limits    declared.Limits
	copied    bool // its own rights say nothing
	sources   []source.Source
	progress  *scan.Progress
	failure   error // it could not be opened
}

// options say what is surveyed how, the target's own limits over those of all.
func (t *target) options(o scan.Options, s *settings) scan.Options {
	own := *s
	if t.limits.Workers > 0 {
		o.Workers = min(o.Workers, t.limits.Workers)
	}
	for _, l := range []struct{ of, to *int64 }{{&t.limits.InnerMiB, &own.InnerMiB}, {&t.limits.InnerRatio, &own.InnerRatio}, {&t.limits.Members, &own.Members}} {
		if *l.of > 0 {
			*l.to = *l.of
		}
	}
	if t.limits.Depth > 0 {
		own.Depth = t.limits.Depth
	}
	if t.limits.ItemTime > 0 {
		own.ItemTime = t.limits.ItemTime
	}
	o.Limits, o.Rules, o.Progress, o.Sample.Share = limits(&own), rules(&own), t.progress, float64(t.sample)
	return o
}

// sampleOf lays the share that the user typed over those of the targets.
func sampleOf(targets []*target, typed string) error {
	if typed == "" {
		return nil
	}
	var share declared.Share
	if err := share.UnmarshalText([]byte(typed)); err != nil {
		return usage("--sample: %v", err)
	}
	for _, t := range targets {
		t.sample = share
	}
	return nil
}

// typed makes the targets that the user typed. One that is the name of a target of the file is that.
func typed(s *settings, args []string, custodian string) []*target {
	if len(args) == 0 {
		return s.described()
	}
	byName := map[string]*target{}
	for i, t := range s.described() {
		if s.Targets[i].Name != "" {
			byName[t.label] = t
		}
	}
	var out []*target
	for _, arg := range args {
		t := byName[arg]
		if t == nil {
			t = &target{label: arg, address: arg, progress: &scan.Progress{}}
		}
		if custodian != "" {
			t.custodian = custodian
		}
		out = append(out, t)
	}
	return out
}

// described makes the targets of the file.
func (s *settings) described() []*target {
	dir := filepath.Dir(s.path)
	var out []*target
	for i := range s.Targets {
		d := &s.Targets[i]
		t := &target{label: d.Label(), address: d.URL, custodian: d.Custodian, owner: d.Owner, copied: d.Access == "declared", sample: d.Sample, limits: d.Limits, progress: &scan.Progress{}}
		if d.URL == "" {
			t.address = under(dir, d.Path)
		} else {
			t.address = withOptions(d.URL, map[string]string{"password_env": d.Password.Env, "password_file": under(dir, d.Password.File), "password_keyring": d.Password.Keyring, "rate": d.Limits.Rate})
		}
		out = append(out, t)
	}
	return out
}

// openTargets makes the sources of the targets, several at once, and warns of logins that may do more than they need. A target that
// cannot be opened is told, and the others go on: unless none is left, or it was typed wrongly.
func (a *app) openTargets(ctx context.Context, s *settings, targets []*target, wasTyped bool) error {
	warnings := make([][]string, len(targets))
	atOnce(s.AtOnce, len(targets), func(i int) {
		t := targets[i]
		if t.sources, t.failure = sourceall.Open(ctx, t.address, t.custodian); t.failure != nil {
			return
		}
		for _, src := range t.sources {
			warnings[i] = append(warnings[i], sourceall.Warnings(src)...)
		}
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	failed := 0
	for i, t := range targets {
		for _, w := range warnings[i] {
			fmt.Fprintf(a.err, "warning: %s\n", w)
		}
		var te *source.TargetError
		errors.As(t.failure, &te)
		switch {
		case t.failure == nil:
			continue
		case te != nil && te.Usage && wasTyped:
			return &exitError{code: exitUsage, err: t.failure, hint: te.Hint}
		case len(targets) == 1:
			return told(t.failure)
		}
		failed++
		exitCode(told(fmt.Errorf("%s: %w", t.label, t.failure)), a.err)
		if te != nil && te.Repository.Name != "" { // its gap belongs into the catalog
			t.sources = []source.Source{source.Closed(te.Repository, t.failure.Error())}
		}
	}
	if failed == len(targets) {
		return &exitError{code: exitNot, err: fmt.Errorf("none of the %d targets could be opened", failed)}
	}
	return nil
}

// told is an error of opening with what can be done about it.
func told(err error) error {
	var te *source.TargetError
	if errors.As(err, &te) {
		return hint(err, "%s", te.Hint)
	}
	return err
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

// surveying is a survey of several targets, as it goes on.
type surveying struct {
	run      *catalog.Run
	settings *settings
	options  scan.Options
	remote   scan.Turns // of sources behind a network, where nobody has said how many may work at once

	mu       sync.Mutex
	listings []catalog.Listing
	taken    map[string]string // by which target a repository is surveyed
	fault    error             // of the ledger, or the end of the context
}

// target surveys the repositories of one target, one after the other. Several targets are surveyed at once, and their workers stay
// together within the turns of the options.
func (g *surveying) target(ctx context.Context, t *target, warn func(string)) {
	for _, src := range t.sources {
		repo := src.Repository()
		if t.owner != "" {
			repo.Owner = t.owner
		}
		if by, twice := g.take(repo.Name, t.label); twice {
			warn(fmt.Sprintf("%s is surveyed once, for the target %s, and not again for %s", repo.Name, by, t.label))
			continue
		}
		if err := g.repository(ctx, t, src, repo); err != nil {
			g.mu.Lock()
			if g.fault == nil {
				g.fault = err
			}
			g.mu.Unlock()
			return
		}
	}
}

// collectors are the sources of nothing but grants: what the file of the estate declares, and the graphs and accounts that it names.
func (s *settings) collectors() []source.Source {
	if len(s.Facts) == 0 {
		return nil
	}
	out := []source.Source{sourcedeclared.New(&s.Estate, s.path)}
	for i := range s.Facts {
		switch f := &s.Facts[i]; f.Type {
		case "graph":
			out = append(out, opengraph.New(under(filepath.Dir(s.path), f.File), f.Name))
		case "aws_account":
			out = append(out, iam.New(under(filepath.Dir(s.path), f.File), f.Name, f.Custodian))
		}
	}
	return out
}

// collect keeps the grants of a collector.
func (g *surveying) collect(ctx context.Context, src source.Source) {
	repo := src.Repository()
	err := g.run.Repository(ctx, repo)
	granted := false
	if err == nil {
		granted, err = scan.Grants(ctx, src, g.run)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil && g.fault == nil {
		g.fault = err
	}
	g.listings = append(g.listings, catalog.Listing{Repository: repo.Name, Complete: true, Granted: granted})
}

// take takes a repository for a target, and tells by which it is taken already.
func (g *surveying) take(repository, label string) (by string, twice bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	by, twice = g.taken[repository]
	if !twice {
		g.taken[repository] = label
	}
	return by, twice
}

// repository surveys one repository. Where it could not be listed, that is a gap; what an earlier survey saw in it still stands.
func (g *surveying) repository(ctx context.Context, t *target, src source.Source, repo estate.Repository) error {
	if err := g.run.Repository(ctx, repo); err != nil {
		return err
	}
	o := t.options(g.options, g.settings)
	if _, remote := src.(source.Remote); remote && !g.settings.ownWorkers && t.limits.Workers == 0 {
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
	if !t.copied {
		if granted, err = scan.Grants(ctx, src, g.run); err != nil {
			return err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.listings = append(g.listings, catalog.Listing{Repository: repo.Name, Complete: broke == nil, Items: n, Granted: granted})
	return nil
}

// total adds up what the targets have read.
func total(targets []*target) (bytes, done int64) {
	for _, t := range targets {
		bytes += t.progress.ReadBytes.Load()
		done += t.progress.Done.Load()
	}
	return bytes, done
}
