package cases

import (
	"fmt"
	"io"
	"strings"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/spf13/cobra"
)

func (p *Program) protocolCommand() *cobra.Command {
	var cacao bool
	cmd := &cobra.Command{Use: "protocol", Short: "the protocol in force: a file to copy and change, or a CACAO 2.0 playbook", Args: cobra.NoArgs,
		Long: `Protocol prints the protocol as the file that it is; copy it, change it, have it approved, and name it with --protocol from then on. A
mistake in it is told with its line and column. --cacao writes it as a playbook that other tools read.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			own, err := p.protocol(cmd)
			if err != nil {
				return err
			}
			is, err := (&desk.Desk{Protocol: own}).InForce()
			if err != nil {
				return err
			}
			raw := is.Text
			if why := is.Old(p.Now()); why != "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "note: %s\n", why)
			}
			if cacao {
				if raw, err = is.CACAO(); err != nil {
					return err
				}
			} else if form, _ := cmd.Flags().GetString("output"); form == "json" {
				return p.Print(cmd, &show.Answer{Structs: is.Protocol})
			}
			_, err = io.WriteString(cmd.OutOrStdout(), strings.TrimRight(string(raw), "\n")+"\n")
			return err
		}}
	cmd.Flags().BoolVar(&cacao, "cacao", false, "as a CACAO 2.0 playbook")
	return cmd
}
