package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
	"github.com/chartroom/chartroom/source"
)

// survey is how the settings say that targets are surveyed.
func (s *settings) survey() *survey.Settings {
	return &survey.Settings{Workers: s.Workers, OwnWorkers: s.ownWorkers, AtOnce: s.AtOnce, Limits: limits(s), Identifiers: s.Identifiers, Converters: s.Converters,
		Estate: &s.Estate, Path: s.path, Version: version()}
}

// limits are those of the settings.
func limits(s *settings) scan.Limits {
	return scan.Limits{Depth: s.Depth, ItemTime: time.Duration(s.ItemTime), Base: s.InnerMiB << 20, Ratio: s.InnerRatio, Members: s.Members}
}

// sampleOf lays the share that the user typed over those of the targets.
func sampleOf(targets []*survey.Target, typed string) error {
	if typed == "" {
		return nil
	}
	var share declared.Share
	if err := share.UnmarshalText([]byte(typed)); err != nil {
		return usage("--sample: %v", err)
	}
	for _, t := range targets {
		t.Sample = share
	}
	return nil
}

// typed makes the targets that the user typed. One that is the name of a target of the file is that.
func typed(s *settings, args []string, custodian string) []*survey.Target {
	described := s.survey().Targets()
	if len(args) == 0 {
		return described
	}
	byName := map[string]*survey.Target{}
	for i, t := range described {
		if s.Targets[i].Name != "" {
			byName[t.Label] = t
		}
	}
	var out []*survey.Target
	for _, arg := range args {
		t := byName[arg]
		if t == nil {
			t = survey.NewTarget(arg)
		}
		if custodian != "" {
			t.Custodian = custodian
		}
		out = append(out, t)
	}
	return out
}

// openTargets makes the sources of the targets, and warns of logins that may do more than they need. A target that cannot be opened is
// told, and the others go on: unless none is left, or it was typed wrongly.
func (a *app) openTargets(ctx context.Context, s *settings, targets []*survey.Target, wasTyped bool) error {
	warnings, err := survey.Open(ctx, targets, s.AtOnce)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		a.warn(w)
	}
	return a.tellFailures(targets, wasTyped)
}

// tellFailures tells which targets could not be opened.
func (a *app) tellFailures(targets []*survey.Target, wasTyped bool) error {
	failed := 0
	for _, t := range targets {
		var te *source.TargetError
		errors.As(t.Failure, &te)
		switch {
		case t.Failure == nil:
			continue
		case te != nil && te.Usage && wasTyped:
			return &exitError{code: exitUsage, err: t.Failure, hint: te.Hint}
		case len(targets) == 1:
			return told(t.Failure)
		}
		failed++
		exitCode(told(fmt.Errorf("%s: %w", t.Label, t.Failure)), a.err)
	}
	if failed == len(targets) {
		return &exitError{code: exitNot, err: fmt.Errorf("none of the %d targets could be opened", failed)}
	}
	return nil
}

func (a *app) warn(words string) { fmt.Fprintf(a.err, "warning: %s\n", words) }

// told is an error of opening with what can be done about it.
func told(err error) error {
	var te *source.TargetError
	if errors.As(err, &te) {
		return hint(err, "%s", te.Hint)
	}
	return err
}

// total adds up what the targets have read.
func total(targets []*survey.Target) (bytes, done int64) {
	for _, t := range targets {
		bytes += t.Progress.ReadBytes.Load()
		done += t.Progress.Done.Load()
	}
	return bytes, done
}
