package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/format/converter"
	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

// config is the configuration file. Its zero value is sane; settings holds what is in force.
type config struct {
	Catalog     string                `yaml:"catalog"`
	Key         string                `yaml:"key"`
	Workers     int                   `yaml:"workers"`
	StaleAfter  duration              `yaml:"stale_after"`
	Depth       int                   `yaml:"max_depth"`
	ItemTime    duration              `yaml:"max_item_time"`
	InnerMiB    int64                 `yaml:"max_inner_mib"`
	InnerRatio  int64                 `yaml:"max_inner_ratio"`
	Members     int64                 `yaml:"max_members"`
	Identifiers []detect.Identifier   `yaml:"identifiers"`
	Converters  []converter.Converter `yaml:"converters"`
}

// duration reads "24h" from YAML.
type duration time.Duration

// UnmarshalYAML reads the duration.
func (d *duration) UnmarshalYAML(b []byte) error {
	v, err := time.ParseDuration(strings.Trim(strings.TrimSpace(string(b)), `"'`))
	if err != nil {
		return fmt.Errorf("%s is no duration such as 24h or 90m", strings.TrimSpace(string(b)))
	}
	*d = duration(v)
	return nil
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
	origins []setting
}

// loadConfig reads the file and lays environment and flags over it.
func loadConfig(cmd *cobra.Command) (*settings, error) {
	path, named, err := configPath(cmd)
	if err != nil {
		return nil, err
	}
	s := &settings{}
	raw, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := parseConfig(raw, &s.config); err != nil {
			return nil, &exitError{code: exitUsage, err: fmt.Errorf("config %s: %w", path, err), hint: "chartroom config shows every setting and where it came from"}
		}
	case named || !errors.Is(err, fs.ErrNotExist):
		return nil, &exitError{code: exitUsage, err: fmt.Errorf("read config: %w", err)}
	default:
		path = ""
	}
	if err := s.lay(cmd, path, raw); err != nil {
		return nil, err
	}
	return s, nil
}

// parseConfig is strict: a word that it does not know is an error with its line.
func parseConfig(raw []byte, c *config) error {
	err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(c)
	if err != nil && !errors.Is(err, io.EOF) {
		return errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if _, err := detect.Compile(c.Identifiers); err != nil {
		return err
	}
	for i := range c.Converters {
		if err := c.Converters[i].Check(); err != nil {
			return err
		}
	}
	return nil
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
func (s *settings) lay(cmd *cobra.Command, path string, raw []byte) error {
	data, conf := dataDir(), configDir()
	text := func(name, key, env string, to *string, def string) {
		origin := "default"
		switch f := cmd.Flag(name); {
		case f != nil && f.Changed:
			*to, origin = f.Value.String(), "flag --"+name
		case env != "" && os.Getenv(env) != "":
			*to, origin = os.Getenv(env), "environment "+env
		case *to != "":
			origin = lineOf(path, raw, key)
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
	s.Workers = n
	s.settle("stale_after", path, raw, s.StaleAfter != 0, func() string {
		if s.StaleAfter == 0 {
			s.StaleAfter = duration(24 * time.Hour)
		}
		return time.Duration(s.StaleAfter).String()
	})
	s.settle("max_depth", path, raw, s.Depth != 0, func() string {
		if s.Depth == 0 {
			s.Depth = 16
		}
		return strconv.Itoa(s.Depth)
	})
	s.settle("max_item_time", path, raw, s.ItemTime != 0, func() string {
		if s.ItemTime == 0 {
			s.ItemTime = duration(24 * time.Hour)
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
		s.settle(n.name, path, raw, *n.to != 0, func() string {
			*n.to = cmp.Or(*n.to, n.def)
			return strconv.FormatInt(*n.to, 10)
		})
	}
	for _, c := range s.Converters {
		s.origins = append(s.origins, setting{"converters", c.Name + ": " + strings.Join(c.Command, " "), lineOf(path, raw, "name: "+c.Name)})
	}
	for _, id := range s.Identifiers {
		s.origins = append(s.origins, setting{"identifiers", id.Name + " (" + id.Kind.String() + ")", lineOf(path, raw, "name: "+id.Name)})
	}
	return nil
}

// settle notes a value that only the file can set.
func (s *settings) settle(key, path string, raw []byte, set bool, value func() string) {
	origin := "default"
	if set {
		origin = lineOf(path, raw, key)
	}
	s.origins = append(s.origins, setting{key, value(), origin})
}

// lineOf finds the line of the file that sets a key.
func lineOf(path string, raw []byte, key string) string {
	for i, line := range strings.Split(string(raw), "\n") {
		if strings.HasPrefix(strings.TrimLeft(line, " -"), key) {
			return fmt.Sprintf("%s:%d", path, i+1)
		}
	}
	return path
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

func configCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: "print the settings in force, and where each came from", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			ans := &answer{columns: []column{{name: "SETTING"}, {name: "VALUE"}, {name: "FROM"}}, structs: s.origins}
			for _, o := range s.origins {
				ans.rows = append(ans.rows, []string{o.Name, o.Value, o.Origin})
			}
			return a.print(cmd, ans)
		},
	}
}
