package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/detect"
	"github.com/spf13/cobra"
)

// app is what all commands share.
type app struct {
	in       io.Reader
	out, err io.Writer
	form     string // -o
	asOf     string // --as-of
}

// buildVersion is set by the linker; a plain go build leaves it to the build information.
var buildVersion = ""

func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

func root(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "chartroom",
		Short: "where the patient data lives, who can reach it, and what to do when somebody claims to have it",
		Long: `Chartroom surveys what an organisation runs, finds the repositories that hold protected health information,
grades them by sensitivity, counts the people in them, and says what it did not see.

  chartroom demo           try it on an estate of invented people
  chartroom scan PATH...   survey files and directory trees
  chartroom where          the repositories, most sensitive first`,
		SilenceErrors: true, SilenceUsage: true, Version: version(),
		PersistentPreRunE: func(*cobra.Command, []string) error {
			switch a.form {
			case "table", "json", "csv":
				return nil
			}
			return usage("-o is table, json or csv, not %q", a.form)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command %q", args[0])
			}
			return cmd.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	f := cmd.PersistentFlags()
	f.StringVarP(&a.form, "output", "o", "table", "form of the answer: table, json or csv")
	f.String("catalog", "", "catalog: a file, or postgres://user@host/database (environment CHARTROOM_CATALOG)")
	f.String("key", "", "key file of the marks (environment CHARTROOM_KEY)")
	f.StringP("config", "c", "", "configuration, or the description of an estate (environment CHARTROOM_CONFIG)")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%v", err) })
	cmd.AddCommand(scanCommand(a), whereCommand(a), fieldsCommand(a), gapsCommand(a), diffCommand(a), drillCommand(a), claimCommand(a), caseCommand(a), whoCommand(a), reachCommand(a), footholdsCommand(a), findingsCommand(a), cutCommand(a), compareCommand(a), reviewCommand(a), threatCommand(a), inspectCommand(a), configCommand(a), demoCommand(a), serveCommand(a), workerCommand(a), fleetCommand(a), carrierCommand(a), explainCommand(a), catalogCommand(a), versionCommand(a))
	return cmd
}

func versionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := struct {
				Version string `json:"version"`
				Rules   string `json:"rules"`
				Go      string `json:"go"`
				System  string `json:"system"`
			}{version(), detect.RulesVersion, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			return a.print(cmd, &show.Answer{First: fmt.Sprintf("chartroom %s, rules %s, %s, %s", v.Version, v.Rules, v.Go, v.System),
				Columns: []show.Column{{Name: "VERSION"}, {Name: "RULES"}, {Name: "GO"}, {Name: "SYSTEM"}}, Structs: v})
		},
	}
}

// print renders an answer on standard output.
func (a *app) print(cmd *cobra.Command, ans *show.Answer) error {
	if err := ans.Print(cmd.OutOrStdout(), a.form); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// opened is a catalog that is open for questions.
type opened struct {
	*catalog.Catalog
	settings *settings
	who      audit.Caller
	asOf     time.Time
	now      time.Time
}

// open opens the catalog for a question; it does not make one.
func (a *app) open(ctx context.Context, cmd *cobra.Command) (*opened, error) {
	s, err := loadConfig(cmd)
	if err != nil {
		return nil, err
	}
	if there, err := catalog.There(ctx, s.Catalog); err == nil && !there {
		return nil, hint(fmt.Errorf("there is no catalog at %s", s.Catalog), "chartroom scan PATH makes one; --catalog FILE names another")
	}
	o := &opened{settings: s, who: audit.Local(), now: time.Now()}
	if a.asOf != "" {
		if o.asOf, err = parseTime(a.asOf, o.now); err != nil {
			return nil, err
		}
	}
	o.Catalog, err = openCatalog(ctx, s.Catalog)
	return o, err
}

// openCatalog opens the catalog file and says what to do where it cannot.
func openCatalog(ctx context.Context, path string) (*catalog.Catalog, error) {
	c, err := catalog.Open(ctx, path)
	switch {
	case errors.Is(err, catalog.ErrNewer):
		return nil, hint(err, "install a chartroom at least as new as the one that wrote it")
	case errors.Is(err, catalog.ErrForeign):
		return nil, hint(err, "--catalog FILE names another file; a new one is made by chartroom scan")
	case err != nil && catalog.OnServer(path):
		return nil, hint(err, "is the server there, may the role connect, and is its password in PGPASSWORD, in ~/.pgpass or named by ?password_env=NAME? docs/catalog.md")
	case err != nil:
		return nil, hint(fmt.Errorf("open catalog %s: %w", path, err), "check that the directory exists and that you may write to it")
	}
	return c, nil
}

// parseTime reads a point in time: RFC 3339, a date, or how long ago ("24h", "7d").
func parseTime(s string, now time.Time) (time.Time, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		s24 := days + "h"
		if d, err := time.ParseDuration(s24); err == nil {
			return now.Add(-24 * d), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage("%q is no time: write 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 24h, 7d", s)
}
