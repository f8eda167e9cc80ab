package main

import (
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/drills"
	planting "github.com/chartroom/chartroom/demo/plant"
	"github.com/chartroom/chartroom/scan/survey"
	"github.com/spf13/cobra"
)

// drillCommand puts the inventory under pressure.
func drillCommand(a *app) *cobra.Command {
	return drills.Command(&drills.Desk{Print: a.print, Usage: usage, Hint: hint, Now: time.Now, Err: a.err, Targets: grounds, Survey: a.surveyGrounds, Folder: func(cmd *cobra.Command) (string, error) {
		s, err := loadConfig(cmd)
		if err != nil {
			return "", err
		}
		if catalog.OnServer(s.Catalog) {
			return filepath.Join(dataDir(), "drills"), nil
		}
		return filepath.Join(filepath.Dir(s.Catalog), "drills"), nil
	}})
}

// grounds finds the targets that were named, or those in which the file of the estate allows to plant.
func grounds(cmd *cobra.Command, named []string) ([]planting.Target, error) {
	s, err := loadConfig(cmd)
	if err != nil {
		return nil, err
	}
	var allowed []*survey.Target
	for i, t := range typed(s, named, "") {
		if len(named) > 0 || s.Targets[i].Drill == "allowed" {
			allowed = append(allowed, t)
		}
	}
	var out []planting.Target
	for _, t := range allowed {
		g := planting.Target{Label: t.Label, Kind: planting.Files, Address: t.Address}
		switch scheme, _, isURL := strings.Cut(t.Address, "://"); {
		case !isURL:
			if g.Address, err = filepath.Abs(t.Address); err != nil {
				return nil, err
			}
		case scheme == "postgres" || scheme == "postgresql":
			g.Kind = planting.Postgres
		case scheme == "s3":
			g.Kind = planting.S3
		default:
			return nil, usage("nothing can be planted in %s: only in folders, PostgreSQL databases and S3 buckets", t.Label)
		}
		out = append(out, g)
	}
	return out, nil
}

// surveyGrounds surveys targets by their labels, as at any time, but into a catalog of its own, and without a word.
func (a *app) surveyGrounds(cmd *cobra.Command, targets []planting.Target, catalog, key string) error {
	s, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	s.Catalog, s.Key, s.Facts = catalog, key, nil
	var labels []string
	for _, t := range targets {
		labels = append(labels, t.Label)
	}
	chosen := typed(s, labels, "")
	if err := a.openTargets(cmd.Context(), s, chosen, true); err != nil {
		return err
	}
	quiet := *a
	quiet.err = io.Discard
	_, err = quiet.survey(cmd, s, chosen, byThisProcess)
	return err
}
