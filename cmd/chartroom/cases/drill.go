package cases

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/cmd/chartroom/exercise"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/chartroom/chartroom/incident/protocol"
	"github.com/spf13/cobra"
)

func (p *Program) drillCommand() *cobra.Command {
	var own, typed bool
	var file string
	var speed float64
	cmd := &cobra.Command{Use: "drill", Short: "play an extortion with a clock that runs faster, and see which clocks were met", Args: cobra.NoArgs,
		Long: `Drill plays a claim, and what follows from it, on the demo's estate or your own catalog (--own). It needs no network, no mail and no single
sign-on, and writes nothing to the catalog. With --type you play: each line is a case command without "chartroom case", or "wait 2h". Without, it
plays itself, and shows how fast it can be done. At the end it says which clocks were met, by its own log.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if p.log != nil {
				return p.Usage("a drill within a drill")
			}
			x, err := exercise.Read(file)
			if err != nil {
				return err
			}
			dir, err := os.MkdirTemp("", "drill-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(dir)
			if !own {
				if err := p.Demo(cmd.Context(), cmd, dir); err != nil {
					return err
				}
			}
			claim := filepath.Join(dir, "claim.txt")
			if err := os.WriteFile(claim, []byte(x.Claim), 0o600); err != nil {
				return err
			}
			y := &play{Exercise: x, cmd: cmd, claim: claim, log: &exercise.Memory{}, tape: &exercise.Tape{Start: p.Now(), Speed: speed}}
			y.program = &Program{Open: func(*cobra.Command) (*Room, error) { return p.Open(cmd) }, Print: p.Print, Usage: p.Usage, Hint: p.Hint, Now: y.tape.Now, log: y.log}
			moves := io.Reader(strings.NewReader(strings.Join(x.Moves, "\n")))
			if typed {
				moves = cmd.InOrStdin()
			}
			if err := y.run(cmd.Context(), moves); err != nil {
				return err
			}
			return y.grade(cmd.Context())
		}}
	c := cmd.Flags()
	c.BoolVar(&own, "own", false, "on your own catalog; nothing is written to it")
	c.BoolVar(&typed, "type", false, "you play: moves are read from the terminal")
	c.StringVar(&file, "exercise", "", "an exercise of your own")
	c.Float64Var(&speed, "speed", 1, "how much faster than time the clock runs")
	return cmd
}

// play is a drill under way.
type play struct {
	*exercise.Exercise
	cmd     *cobra.Command
	program *Program
	log     *exercise.Memory
	tape    *exercise.Tape
	claim   string
	next    int // inject
}

// run plays the moves, one a line, and then lets the clock run to the end.
func (y *play) run(ctx context.Context, moves io.Reader) error {
	lines := bufio.NewScanner(moves)
	for lines.Scan() {
		words, err := exercise.Split(lines.Text())
		if err != nil {
			return y.program.Usage("%q: %v", lines.Text(), err)
		}
		if len(words) == 0 {
			continue
		}
		fmt.Fprintf(y.cmd.ErrOrStderr(), "T+%s> %s\n", span(y.tape.Now().Sub(y.tape.Start)), lines.Text())
		if words[0] == "wait" && len(words) == 2 {
			d, err := time.ParseDuration(words[1])
			if err != nil || d < 0 {
				return y.program.Usage("wait how long? wait 2h")
			}
			if err := y.wind(ctx, d); err != nil {
				return err
			}
			continue
		}
		if err := y.move(ctx, words); err != nil { // as at the prompt: the next line is another try
			fmt.Fprintf(y.cmd.ErrOrStderr(), "chartroom: %v\n", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the moves: %w", err)
	}
	return y.wind(ctx, y.tape.Start.Add(y.Ends).Sub(y.tape.Now()))
}

// move runs a case command.
func (y *play) move(ctx context.Context, words []string) error {
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "$CLAIM", y.claim)
	}
	cmd := Command(y.program)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(words)
	cmd.SetIn(y.cmd.InOrStdin())
	cmd.SetOut(y.cmd.OutOrStdout())
	cmd.SetErr(y.cmd.ErrOrStderr())
	return cmd.ExecuteContext(ctx)
}

// wind winds the clock on, and lets happen what happens meanwhile.
func (y *play) wind(ctx context.Context, d time.Duration) error {
	until := y.tape.Now().Add(d)
	for y.next < len(y.Injects) {
		in := &y.Injects[y.next]
		at := y.tape.Start.Add(in.After)
		if at.After(until) {
			break
		}
		y.next++
		y.tape.Wound += max(0, at.Sub(y.tape.Now()))
		fmt.Fprintf(y.cmd.ErrOrStderr(), "T+%s! %s\n", span(in.After), in.Text)
		if len(y.log.Names) == 0 {
			continue // nobody has opened a case to note it in
		}
		about := in.About
		if about == "" {
			about = incident.Inject
		}
		if err := y.move(ctx, []string{"note", in.Text, "--about", string(about)}); err != nil {
			return err
		}
	}
	y.tape.Wound += max(0, until.Sub(y.tape.Now()))
	return nil
}

// grades is the answer of a drill.
type grades struct {
	Title   string         `json:"exercise"`
	Board   *float64       `json:"minutes_to_board_notice"` // from the opening of the case to an approved notice; null = there was none
	ByHand  int            `json:"data_facts_by_hand"`
	Met     int            `json:"met"`
	Late    int            `json:"late"`
	Missed  int            `json:"missed"`
	Actions []protocol.Due `json:"actions"`
	Chain   string         `json:"head"`
	Lines   int            `json:"lines"`
}

// grade says which clocks were met, by the drill's own log.
func (y *play) grade(ctx context.Context) error {
	if len(y.log.Names) == 0 {
		return y.program.Print(y.cmd, &show.Answer{First: "Nobody opened a case: no clock was met.", Structs: grades{Title: y.Title, Actions: []protocol.Due{}}})
	}
	k, err := (&desk.Desk{Log: y.log, Who: audit.Local(), Now: y.tape.Now}).Case(ctx, y.log.Names[0])
	if err != nil {
		return err
	}
	clocks, err := k.Clocks()
	if err != nil {
		return err
	}
	g := grades{Title: y.Title, Chain: k.Head, Lines: len(k.Lines), Actions: []protocol.Due{}}
	a := &show.Answer{Columns: []show.Column{{Name: "GRADE"}, {Name: "BY"}, {Name: "DONE"}, {Name: "WHO"}, {Name: "WHAT"}}}
	for _, f := range clocks.Thresholds {
		for _, u := range f.Do {
			g.Actions = append(g.Actions, u)
			word, done := "missed", ""
			switch {
			case u.Done && !u.Late:
				g.Met, word, done = g.Met+1, "met", k.When(u.At)
			case u.Done:
				g.Late, word, done = g.Late+1, "late", k.When(u.At)
			case !u.Late:
				word = "still runs"
			default:
				g.Missed++
			}
			a.Rows = append(a.Rows, []string{word, k.When(u.By), done, u.Role, u.What})
		}
	}
	y.measure(k, &g)
	a.Structs = g
	a.First = fmt.Sprintf("Drill %s: %d clocks met, %d late, %d missed.", y.Title, g.Met, g.Late, g.Missed)
	if g.Board != nil {
		a.First += fmt.Sprintf(" From the opening of the case to an approved notice to the board: %.1f min.", *g.Board)
	}
	a.Last = fmt.Sprintf("Facts of the data that somebody typed by hand: %d. The drill's log has %d lines and ends with %s; it is not kept.", g.ByHand, g.Lines, g.Chain[:16])
	return y.program.Print(y.cmd, a)
}

// measure counts what was typed by hand, and how long the board waited.
func (y *play) measure(k *desk.Case, g *grades) {
	for i := range k.Entries {
		e := &k.Entries[i]
		if e.Kind == incident.Learned && !ofTheInventory(e) {
			g.ByHand++
		}
		for _, a := range k.Approvals {
			if a.Line == e.Number && a.Text == "B1" && g.Board == nil {
				m := e.At.Sub(k.OpenedAt).Minutes()
				g.Board = &m
			}
		}
	}
}

// ofTheInventory tells whether a fact comes from the inventory.
func ofTheInventory(e *incident.Entry) bool {
	var f incident.FactBody
	return json.Unmarshal(e.Body, &f) == nil && incident.OfTheInventory(f.Source)
}
