package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/cmd/chartroom/strict"
	"github.com/chartroom/chartroom/scan/survey"
	"github.com/chartroom/chartroom/source"
	sourceall "github.com/chartroom/chartroom/source/all"
	sourcedeclared "github.com/chartroom/chartroom/source/declared"
	"github.com/spf13/cobra"
)

func configCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "config", Short: "print the settings in force, and where each came from", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			ans := &show.Answer{Columns: []show.Column{{Name: "SETTING"}, {Name: "VALUE"}, {Name: "FROM"}}, Structs: s.origins}
			for _, o := range s.origins {
				ans.Rows = append(ans.Rows, []string{o.Name, o.Value, o.Origin})
			}
			return a.print(cmd, ans)
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use: "check", Short: "explain every mistake of the configuration or estate file", Args: cobra.NoArgs,
		Long: `Check reads the file that -c names (or the one that would be in force) and tells every mistake with its line and column: what
is written wrongly, what does not go together, and what it names that is not there on this machine: files, variables, folders. It
reaches for no server.

Exit codes: 0 there is no mistake; 2 there are some; 4 there is no such file.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.checkConfig(cmd) },
	})
	return cmd
}

func (a *app) checkConfig(cmd *cobra.Command) error {
	path, _, err := configPath(cmd)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return hint(fmt.Errorf("read config: %w", err), "name the file by -c FILE; docs/estate.md has an example")
	}
	var c config
	doc := parseConfig(raw, &c)
	c.present(filepath.Dir(path), doc)
	found := doc.Mistakes()
	ans := &show.Answer{Structs: append(strict.Mistakes{}, found...), Columns: []show.Column{{Name: "LINE", Right: true}, {Name: "COLUMN", Right: true}, {Name: "SETTING"}, {Name: "MISTAKE"}}}
	for _, m := range found {
		ans.Rows = append(ans.Rows, []string{fmt.Sprint(m.Line), fmt.Sprint(m.Column), m.Path, m.Message})
	}
	if len(found) == 0 {
		ans.First = fmt.Sprintf("%s has no mistakes: %d custodians, %d targets, %d in the register, %d declared facts, %d own identifiers.", path,
			len(c.Custodians), len(c.Targets), len(c.Register), len(c.Facts), len(c.Identifiers))
	}
	if a.form == "table" && len(found) > 0 {
		return &exitError{code: exitUsage, err: mistaken(path, found)}
	}
	if err := a.print(cmd, ans); err != nil {
		return err
	}
	if len(found) > 0 {
		return &exitError{code: exitUsage}
	}
	return nil
}

// mistaken makes one error of all mistakes of a file, each with its place as compilers write it.
func mistaken(path string, found strict.Mistakes) error {
	lines := []string{fmt.Sprintf("%s has %d mistakes", path, len(found))}
	if len(found) == 1 {
		lines[0] = path + " has a mistake"
	}
	for _, m := range found {
		sep := ":"
		if m.Line == 0 {
			sep = ": "
		}
		lines = append(lines, path+sep+m.String())
	}
	return errors.New(strings.Join(lines, "\n"))
}

// present checks that what the file names is there.
func (c *config) present(dir string, doc *strict.Document) {
	for i := range c.Targets {
		t, at := &c.Targets[i], fmt.Sprintf("targets[%d]", i)
		if scheme, _, ok := strings.Cut(t.URL, "://"); ok && !sourceall.Known(scheme) {
			doc.Wrong(at+".url", "%s:// targets cannot be scanned; %s can", scheme, strings.Join(sourceall.Schemes(), ", "))
		}
		if _, err := os.Stat(survey.Under(dir, t.Path)); t.Path != "" && err != nil {
			doc.Wrong(at+".path", "%s", cause(err))
		}
		if _, there := os.LookupEnv(t.Password.Env); t.Password.Env != "" && !there {
			doc.Wrong(at+".password.env", "the environment has no variable of this name")
		}
		if t.Password.File != "" {
			if _, err := source.SecretFile(survey.Under(dir, t.Password.File)); err != nil {
				doc.Wrong(at+".password.file", "%v", err)
			}
		}
		if t.Password.Keyring != "" {
			if _, err := source.SecretKeyring(t.Password.Keyring); err != nil {
				doc.Wrong(at+".password.keyring", "%v", err)
			}
		}
	}
	sourcedeclared.New(&c.Estate, filepath.Join(dir, "estate.yaml")).Check(doc.Wrong)
}

// cause is the system's own word for what is wrong with a file.
func cause(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Path + ": " + pe.Err.Error()
	}
	return err.Error()
}
