package main

import (
	"context"
	"slices"
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/cases"
	"github.com/chartroom/chartroom/cmd/chartroom/claims"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
	"github.com/spf13/cobra"
)

// caseCommand is the case room.
func caseCommand(a *app) *cobra.Command {
	return cases.Command(&cases.Desk{
		Open: func(cmd *cobra.Command) (*cases.Room, error) {
			o, err := a.open(cmd.Context(), cmd)
			if err != nil {
				return nil, err
			}
			return &cases.Room{Catalog: o.Catalog, Who: o.who, Key: o.settings.Key}, nil
		},
		Print: a.print, Persons: persons, Sample: a.testSample, Usage: usage, Hint: hint, Demo: func(_ context.Context, cmd *cobra.Command, dir string) error {
			_, err := a.surveyDemo(cmd, dir, 0)
			return err
		}, Now: time.Now, Version: version(),
	})
}

// testSample holds a sample against the inventory, as chartroom claim does.
func (a *app) testSample(cmd *cobra.Command, path string, leaks []string) (*show.Claimed, error) {
	o, err := a.open(cmd.Context(), cmd)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	key, err := fingerprint.LoadKey(o.settings.Key)
	if err != nil {
		return nil, hint(err, "--key FILE names the key that the catalog's traces were made with")
	}
	t := &claims.Trial{Catalog: o.Catalog, Who: o.who, Stdin: a.in, Options: scan.Options{Engine: detect.New(nil), Key: key, Limits: limits(o.settings), Workers: 1}}
	out, err := t.Sample(cmd.Context(), path, leaks)
	return out, told(err)
}

// persons counts the records of persons in words that somebody is about to write into a log that nobody can change. A name with a date of
// birth is one; a name, a telephone number or an e-mail address is anybody's who works on the case.
func persons(ctx context.Context, words string) (n int, err error) {
	_, err = scan.Sample(ctx, source.Pasted("words", []byte(words)), scan.Options{Engine: detect.New(nil), Key: fingerprint.NewKey(), Workers: 1},
		func(s scan.Sampled) error {
			if slices.ContainsFunc(s.Traces, func(t fingerprint.Traced) bool { return t.Kind == fingerprint.TraceNameBirth }) {
				n++
			}
			return nil
		})
	return n, err
}
