package cases

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/assessment"
	"github.com/spf13/cobra"
)

func (d *Desk) factorsCommand() *cobra.Command {
	var closing, by, reason string
	cmd := &cobra.Command{Use: "factors [REPOSITORY]", Short: "the four factors of each repository, filled in from evidence; a named human closes one, with a reason", Args: cobra.MaximumNArgs(1),
		Long: `Factors shows for each repository the risk assessment of 45 CFR 164.402(2), as far as evidence fills it in, and whether the data was
secured (unsecured PHI, 164.402). Nothing closes it but a person: --close low or not_low, --by NAME, --reason WHY. Until then a breach is presumed.`}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case closing == "":
			return d.docket(cmd, func(_ context.Context, k *docket) error { return d.Print(cmd, k.factors(args)) })
		case len(args) == 0 || by == "" || reason == "":
			return d.Usage("case factors REPOSITORY --close low|not_low --by NAME --reason WHY: a named human judges, with a reason")
		case closing != "low" && closing != "not_low":
			return d.Usage("the probability is low or not_low, not %q", closing)
		}
		return d.docket(cmd, func(ctx context.Context, k *docket) error {
			sheet, err := k.sheet(args[0])
			if err != nil {
				return err
			}
			body := incident.Decision{Question: assessment.Question(sheet.Repository), Decision: closing, Reason: reason, By: by}
			return k.commit(ctx, cmd, act{kind: incident.Decided, body: body})
		})
	}
	c := cmd.Flags()
	c.StringVar(&closing, "close", "", "low or not_low: the judgement")
	c.StringVar(&by, "by", "", "who judges, by name")
	c.StringVar(&reason, "reason", "", "why")
	return cmd
}

func (k *docket) sheets() []assessment.Sheet {
	return assessment.Sheets(k.Case, incident.HoldingsOf(k.entries), nil)
}

// sheet finds the sheet of a repository, by its name or a part of it that only one has.
func (k *docket) sheet(name string) (*assessment.Sheet, error) {
	all := k.sheets()
	var found []*assessment.Sheet
	for i := range all {
		if all[i].Repository == name {
			return &all[i], nil
		}
		if strings.Contains(all[i].Repository, name) {
			found = append(found, &all[i])
		}
	}
	if len(found) != 1 {
		return nil, k.desk.Usage("%d repositories of this case are called %s; chartroom case factors lists them", len(found), name)
	}
	return found[0], nil
}

// factors shows all sheets in a line each, or one of them whole.
func (k *docket) factors(args []string) *show.Answer {
	all := k.sheets()
	if len(args) == 1 {
		all = slices.DeleteFunc(all, func(s assessment.Sheet) bool { return !strings.Contains(s.Repository, args[0]) })
	}
	open := 0
	a := &show.Answer{Structs: all, Columns: []show.Column{{Name: "REPOSITORY"}, {Name: "SECURED"}, {Name: "JUDGED"}, {Name: "BY"}, {Name: "OPEN"}}}
	for i := range all {
		s := &all[i]
		judged, by := "no: a breach is presumed", ""
		if s.Closed != nil {
			judged, by = s.Closed.Decision, s.Closed.By
		} else {
			open++
		}
		missing := 0
		for _, f := range s.Factors {
			missing += len(f.Open)
		}
		a.Rows = append(a.Rows, []string{s.Repository, s.Harbour.Word + ": " + s.Harbour.Because, judged, by, fmt.Sprint(missing)})
	}
	a.First = fmt.Sprintf("%s, of which %d nobody has judged.", show.Plural(int64(len(all)), "sheet", "sheets"), open)
	if len(args) == 1 && len(all) == 1 {
		for i, f := range all[0].Factors {
			a.Last += fmt.Sprintf("%d. %s\n", i+1, f.Asks)
			for _, e := range f.Evidence {
				a.Last += "   - " + oneLine(e) + "\n"
			}
			for _, o := range f.Open {
				a.Last += "   ? " + oneLine(o) + "\n"
			}
		}
		a.Last = strings.TrimSuffix(a.Last, "\n")
	}
	return a
}
