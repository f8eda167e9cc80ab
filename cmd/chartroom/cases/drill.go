package cases

import (
	"bufio"
	"context"
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
	"github.com/chartroom/chartroom/incident/protocol"
	"github.com/spf13/cobra"
)

func (d *Desk) drillCommand() *cobra.Command {
	var own, typed bool
	var file string
	var speed float64
	cmd := &cobra.Command{Use: "drill", Short: "play an extortion with a clock that runs faster, and see which clocks were met", Args: cobra.NoArgs,
		Long: `Drill plays a claim, and what follows from it, on the demo's estate or your own catalog (--own). It needs no network, no mail and no single
sign-on, and writes nothing to the catalog. With --type you play: each line is a case command without "chartroom case", or "wait 2h". Without, it
plays itself, and shows how fast it can be done. At the end it says which clocks were met, by its own log.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if d.log != nil {
				return d.Usage("a drill within a drill")
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
				if err := d.Demo(cmd.Context(), cmd, dir); err != nil {
					return err
				}
			}
			claim := filepath.Join(dir, "claim.txt")
			if err := os.WriteFile(claim, []byte(x.Claim), 0o600); err != nil {
				return err
			}
			p := &play{Exercise: x, cmd: cmd, claim: claim, log: &exercise.Memory{}, tape: &exercise.Tape{Start: d.Now(), Speed: speed}}
			p.desk = &Desk{Open: func(*cobra.Command) (*Room, error) { return d.Open(cmd) }, Print: d.Print, Usage: d.Usage, Persons: d.Persons, Sample: func(_ *cobra.Command, path string, leaks []string) (*show.Claimed, error) {
				return d.Sample(cmd, path, leaks)
			}, Hint: d.Hint, Now: p.tape.Now, Version: d.Version, log: p.log}
			moves := io.Reader(strings.NewReader(strings.Join(x.Moves, "\n")))
			if typed {
				moves = cmd.InOrStdin()
			}
			if err := p.run(cmd.Context(), moves); err != nil {
				return err
			}
			return p.grade(cmd.Context())
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
	cmd   *cobra.Command
	desk  *Desk
	log   *exercise.Memory
	tape  *exercise.Tape
	claim string
	next  int // inject
}

// run plays the moves, one a line, and then lets the clock run to the end.
func (p *play) run(ctx context.Context, moves io.Reader) error {
	lines := bufio.NewScanner(moves)
	for lines.Scan() {
		words, err := exercise.Split(lines.Text())
		if err != nil {
			return p.desk.Usage("%q: %v", lines.Text(), err)
		}
		if len(words) == 0 {
			continue
		}
		fmt.Fprintf(p.cmd.ErrOrStderr(), "T+%s> %s\n", span(p.tape.Now().Sub(p.tape.Start)), lines.Text())
		if words[0] == "wait" && len(words) == 2 {
			d, err := time.ParseDuration(words[1])
			if err != nil || d < 0 {
				return p.desk.Usage("wait how long? wait 2h")
			}
			if err := p.wind(ctx, d); err != nil {
				return err
			}
			continue
		}
		if err := p.move(ctx, words); err != nil { // as at the prompt: the next line is another try
			fmt.Fprintf(p.cmd.ErrOrStderr(), "chartroom: %v\n", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the moves: %w", err)
	}
	return p.wind(ctx, p.tape.Start.Add(p.Ends).Sub(p.tape.Now()))
}

// move runs a case command.
func (p *play) move(ctx context.Context, words []string) error {
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "$CLAIM", p.claim)
	}
	cmd := Command(p.desk)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(words)
	cmd.SetIn(p.cmd.InOrStdin())
	cmd.SetOut(p.cmd.OutOrStdout())
	cmd.SetErr(p.cmd.ErrOrStderr())
	return cmd.ExecuteContext(ctx)
}

// wind winds the clock on, and lets happen what happens meanwhile.
func (p *play) wind(ctx context.Context, d time.Duration) error {
	until := p.tape.Now().Add(d)
	for p.next < len(p.Injects) {
		in := &p.Injects[p.next]
		at := p.tape.Start.Add(in.After)
		if at.After(until) {
			break
		}
		p.next++
		p.tape.Wound += max(0, at.Sub(p.tape.Now()))
		fmt.Fprintf(p.cmd.ErrOrStderr(), "T+%s! %s\n", span(in.After), in.Text)
		if len(p.log.Names) == 0 {
			continue // nobody has opened a case to note it in
		}
		about := in.About
		if about == "" {
			about = incident.Inject
		}
		if err := p.move(ctx, []string{"note", in.Text, "--about", string(about)}); err != nil {
			return err
		}
	}
	p.tape.Wound += max(0, until.Sub(p.tape.Now()))
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
func (p *play) grade(ctx context.Context) error {
	if len(p.log.Names) == 0 {
		return p.desk.Print(p.cmd, &show.Answer{First: "Nobody opened a case: no clock was met.", Structs: grades{Title: p.Title, Actions: []protocol.Due{}}})
	}
	k := &docket{desk: p.desk, log: p.log, room: &Room{Who: audit.Local()}, name: p.log.Names[0]}
	if err := k.read(ctx); err != nil {
		return err
	}
	proto, err := protocol.Default()
	if err != nil {
		return err
	}
	now := k.now()
	s, err := k.situation(now)
	if err != nil {
		return err
	}
	g := grades{Title: p.Title, Chain: k.Head, Lines: len(k.lines), Actions: []protocol.Due{}}
	a := &show.Answer{Columns: []show.Column{{Name: "GRADE"}, {Name: "BY"}, {Name: "DONE"}, {Name: "WHO"}, {Name: "WHAT"}}}
	for _, f := range proto.Evaluate(k.Case, k.entries, s, now) {
		for _, u := range f.Do {
			g.Actions = append(g.Actions, u)
			word, done := "missed", ""
			switch {
			case u.Done && !u.Late:
				g.Met, word, done = g.Met+1, "met", k.when(u.At)
			case u.Done:
				g.Late, word, done = g.Late+1, "late", k.when(u.At)
			case !u.Late:
				word = "still runs"
			default:
				g.Missed++
			}
			a.Rows = append(a.Rows, []string{word, k.when(u.By), done, u.Role, u.What})
		}
	}
	p.measure(k, &g)
	a.Structs = g
	a.First = fmt.Sprintf("Drill %s: %d clocks met, %d late, %d missed.", p.Title, g.Met, g.Late, g.Missed)
	if g.Board != nil {
		a.First += fmt.Sprintf(" From the opening of the case to an approved notice to the board: %.1f min.", *g.Board)
	}
	a.Last = fmt.Sprintf("Facts of the data that somebody typed by hand: %d. The drill's log has %d lines and ends with %s; it is not kept.", g.ByHand, g.Lines, g.Chain[:16])
	return p.desk.Print(p.cmd, a)
}

// measure counts what was typed by hand, and how long the board waited.
func (p *play) measure(k *docket, g *grades) {
	for i := range k.entries {
		e := &k.entries[i]
		if e.Kind == incident.Learned && !strings.Contains(string(e.Body), `"source":"inventory as of `) {
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
