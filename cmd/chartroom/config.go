package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/catalogs"
	"github.com/chartroom/chartroom/cmd/chartroom/fleets"
	"github.com/chartroom/chartroom/cmd/chartroom/serve"
	"github.com/chartroom/chartroom/cmd/chartroom/strict"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/format/converter"
	"github.com/chartroom/chartroom/source"
	"github.com/spf13/cobra"
)

// config is the configuration file, which may describe an estate, too. Its zero value is sane; settings holds what is in force.
type config struct {
	Catalog     string                `yaml:"catalog"`
	Key         string                `yaml:"key"`
	Workers     int                   `yaml:"workers"`
	StaleAfter  declared.Duration     `yaml:"stale_after"`
	Depth       int                   `yaml:"max_depth"`
	ItemTime    declared.Duration     `yaml:"max_item_time"`
	InnerMiB    int64                 `yaml:"max_inner_mib"`
	InnerRatio  int64                 `yaml:"max_inner_ratio"`
	Members     int64                 `yaml:"max_members"`
	Identifiers []detect.Identifier   `yaml:"identifiers"`
	Converters  []converter.Converter `yaml:"converters"`
	AtOnce      int                   `yaml:"targets_at_once"`
	Serve       serve.Config          `yaml:"serve"`
	Retention   catalogs.Retention    `yaml:"retention"`
	Fleet       fleets.Config         `yaml:"fleet"`

	declared.Estate `yaml:",inline"`
}

// setting is one effective value and where it came from.
type setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
}

// settings are the effective values.
type settings struct {
	config
	path    string // of the file; "" = there is none
	doc     *strict.Document
	origins []setting

	ownWorkers bool // somebody has said how many
}

// loadConfig reads the file and lays environment and flags over it.
func loadConfig(cmd *cobra.Command) (*settings, error) {
	path, named, err := configPath(cmd)
	if err != nil {
		return nil, err
	}
	s := &settings{path: path, doc: &strict.Document{}}
	raw, err := os.ReadFile(path)
	switch {
	case err == nil:
		if s.doc = parseConfig(raw, &s.config); len(s.doc.Mistakes()) > 0 {
			return nil, &exitError{code: exitUsage, err: mistaken(path, s.doc.Mistakes()), hint: "chartroom config check -c " + path + " explains the whole file; docs/estate.md has an example"}
		}
	case named || !errors.Is(err, fs.ErrNotExist):
		return nil, &exitError{code: exitUsage, err: fmt.Errorf("read config: %w", err)}
	default:
		s.path = ""
	}
	if err := s.lay(cmd); err != nil {
		return nil, err
	}
	return s, nil
}

// parseConfig is strict: every word that it does not know and every value that does not fit is a mistake.
func parseConfig(raw []byte, c *config) *strict.Document {
	doc := strict.Read(raw, c)
	for i := range c.Identifiers {
		if _, err := detect.Compile(c.Identifiers[i : i+1]); err != nil {
			doc.Wrong(fmt.Sprintf("identifiers[%d]", i), "%v", err)
		}
	}
	for i := range c.Converters {
		if err := c.Converters[i].Check(); err != nil {
			doc.Wrong(fmt.Sprintf("converters[%d]", i), "%v", err)
		}
	}
	c.Estate.Check(doc.Wrong)
	for i := range c.Targets {
		if r := c.Targets[i].Limits.Rate; r != "" {
			if _, err := source.ParseRate(r); err != nil {
				doc.Wrong(fmt.Sprintf("targets[%d].limits.rate", i), "%v; write 20MB for 20 million bytes a second", err)
			}
		}
	}
	if err := c.Retention.Check(); err != nil {
		doc.Wrong("retention.audit", "%v", err)
	}
	if c.AtOnce < 0 || c.AtOnce > 64 {
		doc.Wrong("targets_at_once", "a number from 1 to 64 belongs here")
	}
	if err := c.Fleet.Check(); err != nil {
		doc.Wrong("fleet", "%v", err)
	}
	return doc
}

func configPath(cmd *cobra.Command) (path string, named bool, err error) {
	if f := cmd.Flag("config"); f != nil && f.Changed {
		return f.Value.String(), true, nil
	}
	if v := os.Getenv("CHARTROOM_CONFIG"); v != "" {
		return v, true, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", false, nil // no home directory, no file
	}
	return filepath.Join(dir, "chartroom", "config.yaml"), false, nil
}

// lay settles each value: flag over environment over file over default.
func (s *settings) lay(cmd *cobra.Command) error {
	data, conf := dataDir(), configDir()
	text := func(name, key, env string, to *string, def string) {
		origin := "default"
		switch f := cmd.Flag(name); {
		case f != nil && f.Changed:
			*to, origin = f.Value.String(), "flag --"+name
		case env != "" && os.Getenv(env) != "":
			*to, origin = os.Getenv(env), "environment "+env
		case *to != "":
			origin = s.origin(key)
		default:
			*to = def
		}
		s.origins = append(s.origins, setting{key, *to, origin})
	}
	text("catalog", "catalog", "CHARTROOM_CATALOG", &s.Catalog, filepath.Join(data, "catalog.db"))
	text("key", "key", "CHARTROOM_KEY", &s.Key, filepath.Join(conf, "key"))
	workers := ""
	if s.Workers > 0 {
		workers = strconv.Itoa(s.Workers)
	}
	text("workers", "workers", "CHARTROOM_WORKERS", &workers, strconv.Itoa(runtime.GOMAXPROCS(0)))
	n, err := strconv.Atoi(workers)
	if err != nil || n < 1 || n > 1024 {
		return usage("workers must be a number from 1 to 1024, not %q", workers)
	}
	s.Workers, s.ownWorkers = n, s.origins[len(s.origins)-1].Origin != "default"
	s.settle("stale_after", s.StaleAfter != 0, func() string {
		if s.StaleAfter == 0 {
			s.StaleAfter = declared.Duration(24 * time.Hour)
		}
		return time.Duration(s.StaleAfter).String()
	})
	s.settle("max_depth", s.Depth != 0, func() string {
		if s.Depth == 0 {
			s.Depth = 16
		}
		return strconv.Itoa(s.Depth)
	})
	s.settle("max_item_time", s.ItemTime != 0, func() string {
		if s.ItemTime == 0 {
			s.ItemTime = declared.Duration(24 * time.Hour)
		}
		return time.Duration(s.ItemTime).String()
	})
	for _, n := range []struct {
		name string
		to   *int64
		def  int64
	}{{"max_inner_mib", &s.InnerMiB, 64}, {"max_inner_ratio", &s.InnerRatio, 200}, {"max_members", &s.Members, 1_000_000}} {
		if *n.to < 0 || *n.to > 1<<40 {
			return usage("%s must be a number from 1 to %d, not %d", n.name, int64(1)<<40, *n.to)
		}
		s.settle(n.name, *n.to != 0, func() string {
			*n.to = cmp.Or(*n.to, n.def)
			return strconv.FormatInt(*n.to, 10)
		})
	}
	s.settle("retention.keep", s.Retention.Keep != catalogs.Span{}, s.Retention.Keep.String)
	s.settle("retention.audit", s.Retention.Audit != catalogs.Span{}, s.Retention.Audit.String)
	s.settle("targets_at_once", s.AtOnce != 0, func() string {
		s.AtOnce = cmp.Or(s.AtOnce, 4)
		return strconv.Itoa(s.AtOnce)
	})
	for i, c := range s.Converters {
		s.origins = append(s.origins, setting{"converters", c.Name + ": " + strings.Join(c.Command, " "), s.origin(fmt.Sprintf("converters[%d]", i))})
	}
	for i, id := range s.Identifiers {
		s.origins = append(s.origins, setting{"identifiers", id.Name + " (" + id.Kind.String() + ")", s.origin(fmt.Sprintf("identifiers[%d]", i))})
	}
	for i := range s.Targets {
		t := &s.Targets[i]
		s.origins = append(s.origins, setting{"targets", t.Label(), s.origin(fmt.Sprintf("targets[%d]", i))})
	}
	return nil
}

// settle notes a value that only the file can set.
func (s *settings) settle(key string, set bool, value func() string) {
	origin := "default"
	if set {
		origin = s.origin(key)
	}
	s.origins = append(s.origins, setting{key, value(), origin})
}

// origin names the line of the file that has a setting.
func (s *settings) origin(key string) string {
	if n := s.doc.Line(key); n > 0 {
		return fmt.Sprintf("%s:%d", s.path, n)
	}
	return s.path
}

// dataDir is where the catalog stands by default: $XDG_DATA_HOME, or what the system has for it.
func dataDir() string {
	if d := os.Getenv("XDG_DATA_HOME"); d != "" {
		return filepath.Join(d, "chartroom")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "chartroom-data"
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "chartroom")
	}
	return filepath.Join(home, ".local", "share", "chartroom")
}

func configDir() string {
	d, err := os.UserConfigDir()
	if err != nil {
		return "chartroom-config"
	}
	return filepath.Join(d, "chartroom")
}
