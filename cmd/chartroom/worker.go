package main

import (
	"github.com/chartroom/chartroom/cmd/chartroom/workers"
	"github.com/chartroom/chartroom/format/converter"
	"github.com/spf13/cobra"
)

func workerCommand(a *app) *cobra.Command {
	return workers.Command(&workers.Program{Version: version(), Usage: usage, Hint: hint, Err: a.err,
		Converters: func(cmd *cobra.Command) ([]converter.Converter, error) {
			s, err := loadConfig(cmd)
			if err != nil {
				return nil, err
			}
			return s.Converters, nil
		}})
}
