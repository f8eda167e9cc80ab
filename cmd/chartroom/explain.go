package main

import (
	"errors"
	"fmt"

	"github.com/chartroom/chartroom/cmd/chartroom/policy"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/spf13/cobra"
)

func explainCommand(a *app) *cobra.Command {
	var q policy.Question
	cmd := &cobra.Command{
		Use: "explain [PRINCIPAL ACTION RESOURCE]", Short: "say whether AWS policies allow a request, and by which statements",
		Long: `Explain answers AWS policy questions from the policies alone: no account is asked.

Without arguments it reads requests from standard input, one JSON object a line, and prints one answer a line:
  {"principal","action","resource","resource_account","context":{},"identity":[...],"resource_policy":{},"scps":[[...]],"rcps":[[...]],
   "boundary":[...],"session":{},"endpoint":[...],"kms_key_policy":{}}
What is absent is none. A context that is given is complete; without one, what hangs on it is told as conditional.

With a principal, an action and a resource it answers that question from files:
  chartroom explain --policy alice.json --resource-policy bucket.json arn:aws:iam::111122223333:user/alice s3:GetObject arn:aws:s3:::charts/1.pdf`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return a.explainLines(cmd)
			case 3:
				return a.explainOne(cmd, &q, args)
			}
			return usage("explain takes a principal, an action and a resource, or requests on standard input")
		},
	}
	q.Flags(cmd)
	return cmd
}

func (a *app) explainLines(cmd *cobra.Command) error {
	form := a.form
	if !cmd.Flags().Changed("output") {
		form = "json" // programs ask in lines
	}
	err := policy.Lines(cmd.InOrStdin(), cmd.OutOrStdout(), form)
	if errors.Is(err, policy.ErrNothing) {
		return hint(err, "chartroom explain --help shows the form of a request")
	}
	return err
}

func (a *app) explainOne(cmd *cobra.Command, q *policy.Question, args []string) error {
	got, err := q.Answer(args[0], args[1], args[2])
	var m *policy.Mistake
	switch {
	case errors.As(err, &m):
		return usage("%v", err)
	case err != nil:
		return hint(err, "each file must hold one policy document as AWS takes it")
	}
	ans := &show.Answer{Structs: got, Columns: []show.Column{{Name: "BECAUSE"}},
		First: fmt.Sprintf("%s, %s on %s: %s.", args[0], args[1], args[2], policy.Words(got))}
	for _, b := range got.Because {
		ans.Rows = append(ans.Rows, []string{b})
	}
	if got.Conditional {
		ans.Last = "What is known of the request is told with --context KEY=VALUE."
	}
	return a.print(cmd, ans)
}
