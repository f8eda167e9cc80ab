package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/chartroom/chartroom/cmd/chartroom/serve"
	"github.com/chartroom/chartroom/demo"
	"github.com/spf13/cobra"
)

func demoCommand(a *app) *cobra.Command {
	var dir string
	var people int
	var served bool
	var listen string
	cmd := &cobra.Command{
		Use: "demo", Short: "make a small estate of invented people, survey it, and print the answers", Args: cobra.NoArgs,
		Long: `Demo writes the files of three custodians: a hospital group, a clinic chain that it bought, and a vendor that still holds
the clinics' archive. Everybody in them is invented. It surveys them and answers where the most sensitive records are.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kept := dir != ""
			if !kept {
				tmp, err := os.MkdirTemp("", "demo-")
				if err != nil {
					return fmt.Errorf("make a directory for the demo: %w", err)
				}
				defer os.RemoveAll(tmp)
				dir = tmp
			}
			if served {
				return a.serveDemo(cmd, dir, people, listen)
			}
			return a.demo(cmd, dir, people, kept)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "keep the estate, its catalog and its key in this directory")
	cmd.Flags().IntVar(&people, "people", 0, "how many people the estate knows; 1,500 by default")
	cmd.Flags().BoolVar(&served, "serve", false, "open the web room with the estate, until it is interrupted")
	cmd.Flags().StringVar(&listen, "listen", "", "with --serve, address and port; 127.0.0.1:8787 by default")
	return cmd
}

func (a *app) demo(cmd *cobra.Command, dir string, people int, kept bool) error {
	sum, err := a.surveyDemo(cmd, dir, people)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s\n\n", sum.sentence())
	if err := a.where(cmd, whereFlags{}); err != nil {
		return err
	}
	if a.form == "table" {
		if err := a.threats().Brief(cmd); err != nil {
			return err
		}
	}
	if kept {
		fmt.Fprintf(a.err, "\nkept in %s; look on with: chartroom fields --catalog %[2]s; as pages: chartroom serve --catalog %[2]s --key %[3]s\n", dir, filepath.Join(dir, "catalog.db"), filepath.Join(dir, "key"))
	} else {
		fmt.Fprintf(a.err, "\nto look further: chartroom demo --dir DIR keeps the estate and its catalog; chartroom demo --serve shows it as pages\n")
	}
	return nil
}

// serveDemo opens the web room with the demo's estate, and with somebody who can log in.
func (a *app) serveDemo(cmd *cobra.Command, dir string, people int, listen string) error {
	if _, err := a.surveyDemo(cmd, dir, people); err != nil {
		return err
	}
	p := a.room()
	h, err := p.Open(cmd)
	if err != nil {
		return err
	}
	defer h.Catalog.Close()
	h.Demo = true
	return p.Serve(cmd.Context(), h, serve.Config{Listen: listen})
}

// surveyDemo makes the demo's estate in a folder, and surveys it into a catalog there.
func (a *app) surveyDemo(cmd *cobra.Command, dir string, people int) (*summary, error) {
	est, err := demo.Write(dir, demo.Options{People: people})
	if err != nil {
		return nil, fmt.Errorf("write the demo's estate: %w", err)
	}
	for name, value := range map[string]string{"catalog": filepath.Join(dir, "catalog.db"), "key": filepath.Join(dir, "key"), "config": filepath.Join(est.Dir, demo.EstateFile)} {
		if err := cmd.Flags().Set(name, value); err != nil {
			return nil, err
		}
	}
	s, err := loadConfig(cmd)
	if err != nil {
		return nil, err
	}
	targets := s.survey().Targets()
	if err := a.openTargets(cmd.Context(), s, targets, false); err != nil {
		return nil, err
	}
	return a.survey(cmd, s, targets, byThisProcess)
}
