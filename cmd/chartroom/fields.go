package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/estate"
	"github.com/spf13/cobra"
)

func fieldsCommand(a *app) *cobra.Command {
	var f whereFlags
	cmd := a.question("fields", "one row a field and kind: what it holds, and how sure that is", &f, a.fields)
	cmd.Flags().BoolVar(&f.explain, "explain", false, "say which rules found it: position, header, share of values, checksum, code, context")
	return cmd
}

func (a *app) fields(ctx context.Context, cmd *cobra.Command, o *opened, f catalog.Filter) error {
	given := f.Limit
	f.Limit = a.limit(given)
	cols := []show.Column{{Name: "KIND"}, {Name: "SUBJECT"}, {Name: "VALUES", Right: true}, {Name: "PEOPLE", Right: true}, {Name: "LIKELIHOOD", Right: true},
		{Name: "SENSITIVITY"}, {Name: "FIELD"}, {Name: "ITEM"}}
	if f.Explain {
		cols = append(cols, show.Column{Name: "WHY"})
	}
	s := show.NewStream(cmd.OutOrStdout(), a.form, given, cols)
	err := o.EachField(ctx, o.who, f, func(r catalog.Field) error {
		return s.Row(r, func() []string {
			row := []string{r.Kind, r.Subject, show.Thousands(r.Values), show.Thousands(r.People), fmt.Sprintf("%.2f", r.Likelihood), strings.Join(r.Sensitivity, " "), r.Field, r.Item}
			if f.Explain {
				row = append(row, because(r.Why))
			}
			return row
		})
	})
	return s.End(err)
}

// because writes an explanation on one line.
func because(why []estate.Reason) string {
	var parts []string
	for _, w := range why {
		p := w.Rule + ": " + w.Detail
		if w.Count > 0 {
			p += fmt.Sprintf(" (%s)", show.Thousands(w.Count))
		}
		parts = append(parts, p)
	}
	return strings.Join(parts, "; ")
}
