package main

import (
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/fleets"
	"github.com/spf13/cobra"
)

// fleetProgram is what the commands of a fleet need of the program.
func (a *app) fleetProgram() *fleets.Program {
	return &fleets.Program{Print: a.print, Usage: usage, Hint: hint, Err: a.err, Now: time.Now, Open: func(cmd *cobra.Command) (*fleets.House, error) {
		s, err := loadConfig(cmd)
		if err != nil {
			return nil, err
		}
		if _, err := a.openKey(s.Key); err != nil {
			return nil, err
		}
		c, _, err := makeCatalog(cmd.Context(), s.Catalog)
		if err != nil {
			return nil, err
		}
		return &fleets.House{Catalog: c, Key: s.Key, Config: &s.Fleet}, nil
	}}
}

func fleetCommand(a *app) *cobra.Command { return fleets.Command(a.fleetProgram()) }

func carrierCommand(a *app) *cobra.Command { return fleets.Node(a.fleetProgram()) }
