package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/cases"
	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/files"
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
		Print: a.print, Usage: usage, Hint: hint, Demo: a.surveyDemo, Now: time.Now, Version: version(),
	})
}

// surveyDemo makes the demo's estate in a folder, and surveys it into a catalog there.
func (a *app) surveyDemo(_ context.Context, cmd *cobra.Command, dir string) error {
	est, err := demo.Write(dir, demo.Options{})
	if err != nil {
		return fmt.Errorf("write the demo's estate: %w", err)
	}
	for name, file := range map[string]string{"catalog": "catalog.db", "key": "key"} {
		if err := cmd.Flags().Set(name, filepath.Join(dir, file)); err != nil {
			return err
		}
	}
	s, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	var targets []*target
	for _, c := range custodians {
		t, err := files.Open(filepath.Join(est.Dir, c.folder), c.name)
		if err != nil {
			return err
		}
		targets = append(targets, &target{label: c.name, sources: []source.Source{t}, progress: &scan.Progress{}})
	}
	_, err = a.survey(cmd, s, targets)
	return err
}
