// Package cases is the case room on the command line: each command reads what was typed, puts it to the desk, and prints the answer.
package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/chartroom/chartroom/incident/trial"
	"github.com/spf13/cobra"
)

// Program is what the commands need of the program around them.
type Program struct {
	Open  func(cmd *cobra.Command) (*Room, error)                         // the desk, for a question or a line
	Print func(cmd *cobra.Command, a *show.Answer) error                  // an answer, in the form that -o asks for
	Usage func(format string, args ...any) error                          // what was typed wrongly
	Hint  func(err error, format string, args ...any) error               // an error, with what to do next
	Demo  func(ctx context.Context, cmd *cobra.Command, dir string) error // surveys the demo estate into a catalog in dir, which cmd uses from then on
	Now   func() time.Time

	log desk.Ledger // of a drill; nil = the catalog's
}

// Room is an open desk.
type Room struct {
	*desk.Desk
	Trial func() (*trial.Trial, error) // what a sample is held against the inventory with
	Close func() error
}

// Command is the command case with all that belong to it.
func Command(p *Program) *cobra.Command {
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
				return p.Usage("there is no command case %s", args[0])
			}
			return cmd.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	cmd.PersistentFlags().String("case", "", "name of the case; not needed where one is open")
	cmd.PersistentFlags().String("protocol", "", "the organisation's own protocol, instead of the one that comes with the program")
	cmd.AddCommand(p.room()...)
	return cmd
}

// room lists the commands, as they are used in turn.
func (p *Program) room() []*cobra.Command {
	return []*cobra.Command{p.openCommand(), p.showCommand(), p.clockCommand(), p.factCommand(), p.levelCommand(), p.decideCommand(), p.noteCommand(),
		p.evidenceCommand(), p.obligationsCommand(), p.textsCommand(), p.boardCommand(), p.approveCommand(), p.sendCommand(), p.logCommand(), p.listCommand(),
		p.factorsCommand(), p.packCommand(), p.verifyCommand(), p.protocolCommand(), p.drillCommand(), p.closeCommand()}
}

// enter opens the desk; Close it.
func (p *Program) enter(cmd *cobra.Command) (*Room, error) {
	own, err := p.protocol(cmd)
	if err != nil {
		return nil, err
	}
	room, err := p.Open(cmd)
	if err != nil {
		return nil, err
	}
	room.Protocol, room.Log, room.Now = own, p.log, p.Now
	return room, nil
}

// docket is one case under a command.
type docket struct {
	*desk.Case
	room *Room
}

// docket opens the case that --case names, or the only one that is open, and does something with it.
func (p *Program) docket(cmd *cobra.Command, do func(ctx context.Context, k *docket) error) error {
	room, err := p.enter(cmd)
	if err != nil {
		return err
	}
	defer room.Close()
	name, _ := cmd.Flags().GetString("case")
	k, err := room.Case(cmd.Context(), name)
	if err != nil {
		return p.told(err)
	}
	if err := k.Lost(); err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: %v\n", err)
	}
	return p.told(do(cmd.Context(), &docket{k, room}))
}

// next is what to do about the errors of the desk.
var next = []struct {
	is   error
	hint string
}{
	{desk.ErrNone, "chartroom case open begins one"},
	{desk.ErrWhich, "--case NAME says which; chartroom case list names them"},
	{desk.ErrThere, "--case NAME gives this one another name"},
	{desk.ErrLog, "keep this catalog as evidence, and put the last backup beside it; chartroom case verify PACK tells what was packed"},
	{desk.ErrMoved, "chartroom case log shows it; decide again with it in view"},
	{desk.ErrOlder, "put the newer catalog back; if it is lost, chartroom case note --restored WHY says so in the log, and the case goes on from here"},
	{desk.ErrNothing, "chartroom where names repositories and custodians"},
	{desk.ErrPatients, "leave that out, and note the whole by its hash: chartroom case evidence FILE; --looked says that a person has looked and there is none"},
	{desk.ErrDraft, "--fill name=value gives it, a protocol of your own holds it for good, --file FILE releases words of your own"},
	{desk.ErrReworded, "read it again: chartroom case texts"},
	{desk.ErrUnsent, "chartroom case approve releases it"},
	{desk.ErrTest, "more of it, or another sample, may tell; the level stays"},
	{catalog.ErrNoCase, "chartroom case list names the cases"},
	{incident.ErrContradicted, "if it is right, --replace says so with --why; the log keeps both"},
	{incident.ErrClockRuns, "a clock starts once; if that decision was wrong, decide so without --breach, and the log keeps both"},
	{incident.ErrClosed, "chartroom case note adds what became known since; what begins anew is a case of its own"},
}

// told says what to do about an error of the desk.
func (p *Program) told(err error) error {
	if errors.Is(err, desk.ErrAsked) {
		return p.Usage("%w", err)
	}
	for _, n := range next {
		if errors.Is(err, n.is) {
			return p.Hint(err, "%s", n.hint)
		}
	}
	return err
}
