package main

import (
	"fmt"
	"os"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/scan/inspect"
	"github.com/spf13/cobra"
)

func inspectCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "inspect FILE", Short: "print where identifiers stand in one text, without their values",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("inspect takes one file")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			custom, err := detect.Compile(s.Identifiers)
			if err != nil {
				return usage("config: %v", err)
			}
			f, err := os.Open(args[0])
			if err != nil {
				return fmt.Errorf("inspect: %w", err)
			}
			defer f.Close()
			got, err := inspect.Text(f, detect.New(custom))
			if err != nil {
				return hint(fmt.Errorf("inspect %s: %w", args[0], err), "chartroom scan reads other formats than text, too")
			}
			return a.print(cmd, inspected(got))
		},
	}
}

// inspected renders the spans.
func inspected(got *inspect.Found) *show.Answer {
	ans := &show.Answer{Structs: got, First: fmt.Sprintf("%s in %s characters.", show.Plural(int64(len(got.Spans)), "identifier", "identifiers"), show.Thousands(got.Characters)),
		Columns: []show.Column{{Name: "START", Right: true}, {Name: "END", Right: true}, {Name: "KIND"}, {Name: "SUBJECT"}, {Name: "LIKELIHOOD", Right: true}, {Name: "RULE"}}}
	for _, s := range got.Spans {
		ans.Rows = append(ans.Rows, []string{fmt.Sprint(s.Start), fmt.Sprint(s.End), s.Kind, s.Subject, fmt.Sprintf("%.2f", s.Likelihood), s.Rule})
	}
	return ans
}
