package main

import (
	"github.com/chartroom/chartroom/cmd/chartroom/threats"
	"github.com/spf13/cobra"
)

// threatCommand walks the playbooks of extortion crews over the estate.
func threatCommand(a *app) *cobra.Command { return threats.Command(a.threats()) }

func (a *app) threats() *threats.Program {
	return &threats.Program{Print: a.print, Usage: usage, Hint: hint, Found: &exitError{code: exitFound}, Form: &a.form, AsOf: &a.asOf,
		Open: func(cmd *cobra.Command) (*threats.Room, error) {
			o, err := a.open(cmd.Context(), cmd)
			if err != nil {
				return nil, err
			}
			return &threats.Room{Catalog: o.Catalog, Question: o.question(o.asOf)}, nil
		}}
}
