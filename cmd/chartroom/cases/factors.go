package cases

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/assessment"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/spf13/cobra"
)

func (p *Program) factorsCommand() *cobra.Command {
	var closing, by, reason string
	cmd := &cobra.Command{Use: "factors [REPOSITORY]", Short: "the four factors of each repository, filled in from evidence; a named human closes one, with a reason", Args: cobra.MaximumNArgs(1),
		Long: `Factors shows for each repository the risk assessment of 45 CFR 164.402(2), as far as evidence fills it in, and whether the data was
secured (unsecured PHI, 164.402). Nothing closes it but a person: --close low or not_low, --by NAME, --reason WHY. Until then a breach is presumed.`}
	p.writer(cmd, func(ctx context.Context, k *docket, args []string, how desk.How) (*desk.Written, error) {
		if len(args) == 0 || by == "" || reason == "" {
			return nil, p.Usage("case factors REPOSITORY --close low|not_low --by NAME --reason WHY: a named human judges, with a reason")
		}
		return k.Judge(ctx, args[0], incident.Decision{Decision: closing, Reason: reason, By: by}, how)
	})
	judge := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if closing != "" {
			return judge(cmd, args)
		}
		return p.docket(cmd, func(ctx context.Context, k *docket) error {
			all, err := k.Sheets(ctx)
			if err != nil {
				return err
			}
			return p.Print(cmd, sheets(all, args))
		})
	}
	c := cmd.Flags()
	c.StringVar(&closing, "close", "", "low or not_low: the judgement")
	c.StringVar(&by, "by", "", "who judges, by name")
	c.StringVar(&reason, "reason", "", "why")
	return cmd
}

// sheets shows all sheets in a line each, or one of them whole.
func sheets(all []assessment.Sheet, args []string) *show.Answer {
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
				a.Last += "   - " + e + "\n"
			}
			for _, o := range f.Open {
				a.Last += "   ? " + o + "\n"
			}
		}
		a.Last += "Secured (164.402; 74 FR 19006): " + all[0].Harbour.Word + ", " + all[0].Harbour.Because + "\n"
		for _, proof := range all[0].Harbour.Proof {
			a.Last += "   - " + proof + "\n"
		}
		a.Last = strings.TrimSuffix(a.Last, "\n")
	}
	return a
}
