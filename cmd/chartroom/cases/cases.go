// Package cases is the case room on the command line: each command reads a case's log, adds a line to it, or answers from it.
package cases

import (
	"context"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/spf13/cobra"
)

// Desk is what the commands need of the program around them.
type Desk struct {
	Open    func(cmd *cobra.Command) (*Room, error)                                      // the catalog, for a question or a line
	Print   func(cmd *cobra.Command, a *show.Answer) error                               // an answer, in the form that -o asks for
	Usage   func(format string, args ...any) error                                       // what was typed wrongly
	Hint    func(err error, format string, args ...any) error                            // an error, with what to do next
	Demo    func(ctx context.Context, cmd *cobra.Command, dir string) error              // surveys the demo estate into a catalog in dir, which cmd uses from then on
	Sample  func(cmd *cobra.Command, path string, leaks []string) (*show.Claimed, error) // holds a sample against the inventory
	Persons func(ctx context.Context, words string) (int, error)                         // how many records of persons stand in words
	Now     func() time.Time
	Version string

	log ledger // of a drill; nil = the catalog's
}

// Room is an open catalog, and who asks.
type Room struct {
	*catalog.Catalog
	Who audit.Caller
	Key string // file of the key: the witness of the cases' heads stands beside it
}

// Command is the command case with all that belong to it.
func Command(d *Desk) *cobra.Command {
	cmd := &cobra.Command{
		Use: "case", Short: "the case room: what is known, what is due, what was decided and said",
		Long: `Case keeps the log of an extortion from the first minute: who knew, decided and said what, and when. No line is ever changed.
It computes and records; people decide. Nothing of it is legal advice.

  chartroom case open --title Archive --text claim.txt --size 8.8TB --custodian "Harbor Archive"
  chartroom case clock                 what runs, and what has gone of it
  chartroom case board                 the notice to the board, without forensic certainty
  chartroom case approve B1            release it, exactly as it is worded`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return d.Usage("there is no command case %s", args[0])
			}
			return cmd.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	cmd.PersistentFlags().String("case", "", "name of the case; not needed where one is open")
	cmd.PersistentFlags().String("protocol", "", "the organisation's own protocol, instead of the one that comes with the program")
	cmd.AddCommand(d.room()...)
	return cmd
}

// room lists the commands, as they are used in turn.
func (d *Desk) room() []*cobra.Command {
	return []*cobra.Command{d.openCommand(), d.showCommand(), d.clockCommand(), d.factCommand(), d.levelCommand(), d.decideCommand(), d.noteCommand(),
		d.evidenceCommand(), d.obligationsCommand(), d.textsCommand(), d.boardCommand(), d.approveCommand(), d.sendCommand(), d.logCommand(), d.listCommand(),
		d.factorsCommand(), d.packCommand(), d.verifyCommand(), d.protocolCommand(), d.drillCommand(), d.closeCommand()}
}
