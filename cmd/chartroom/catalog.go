package main

import (
	"github.com/chartroom/chartroom/cmd/chartroom/catalogs"
	"github.com/spf13/cobra"
)

// catalogCommand treats the catalog as a whole.
func catalogCommand(a *app) *cobra.Command {
	return catalogs.Command(&catalogs.Program{Print: a.print, Usage: usage, Hint: hint, Err: a.err, Version: version(), Places: func(cmd *cobra.Command) (catalogs.Places, error) {
		s, err := loadConfig(cmd)
		if err != nil {
			return catalogs.Places{}, err
		}
		return catalogs.Places{Catalog: s.Catalog, Key: s.Key}, nil
	}})
}
