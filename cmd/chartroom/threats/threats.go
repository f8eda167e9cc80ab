// Package threats is the command threat: which steps of extortion crews lead to patients' records here, what they cost, and what breaks them.
package threats

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/threat"
	"github.com/chartroom/chartroom/threat/facts"
	"github.com/chartroom/chartroom/threat/playbook"
	"github.com/spf13/cobra"
)

// Program is what the command needs of the program around it.
type Program struct {
	Open  func(cmd *cobra.Command) (*Room, error)
	Print func(cmd *cobra.Command, a *show.Answer) error
	Usage func(format string, args ...any) error
	Hint  func(err error, format string, args ...any) error
	Found error   // ends the program with the exit code that says that something was found
	Form  *string // what -o asks for
	AsOf  *string // what --as-of asks for
}

// Room is an open catalog, and what is asked of it.
type Room struct {
	*catalog.Catalog
	Question keep.Question
}

// asked are the flags.
type asked struct {
	crews, footholds, try, playbooks []string
	why, board, doors, watch, whose  bool
	failOn, state                    string
	every                            time.Duration
	most, mostCuts                   int
}

// forms are what -o can ask for.
var forms = []string{"table", "json", "csv", "navigator", "attack-flow", "otm", "sarif"}

// Command is the command threat.
func Command(p *Program) *cobra.Command {
	var f asked
	cmd := &cobra.Command{
		Use: "threat", Short: "the steps of extortion crews that lead to patients' records here, what they cost, and what breaks them", Args: cobra.NoArgs,
		Long: `Threat walks the playbooks of extortion crews over the estate: from outside, or from a stolen login, to patients' records. A path is certain
where all that it rests on is known, and possible where something of it is not; the question that would settle it is asked.

  chartroom threat                          paths, most people first; the smallest sets of controls; what to ask
  chartroom threat --why                    with every fact that a step rests on
  chartroom threat --foothold alice         what follows from one stolen login
  chartroom threat --custodian              what joining the estates did
  chartroom threat --try CONTROL            what if: by the IDs that the table of controls shows
  chartroom threat --front-door             each element, what is known of it and what is not
  chartroom threat --board                  one page
  chartroom threat --watch --fail-on new-path   after each survey: which paths are new; --every 5m stays and looks
  chartroom threat -o attack-flow           navigator, attack-flow, otm, sarif, csv, json

See docs/threat.md.`,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if !slices.Contains(forms, *p.Form) {
				return p.Usage("-o is %s, not %q", strings.Join(forms, ", "), *p.Form)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return p.run(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.crews, "crew", nil, "only the rows of these crews, by a part of their label")
	flags.StringSliceVar(&f.footholds, "foothold", nil, "whose login is stolen: only what follows from that")
	flags.BoolVar(&f.whose, "custodian", false, "the paths that are there only because estates were joined")
	flags.IntVar(&f.most, "paths", 10, "at most so many paths; 0 is all")
	flags.IntVar(&f.mostCuts, "cuts", 3, "at most so many controls in a set")
	flags.BoolVar(&f.why, "why", false, "with the facts that each step rests on")
	flags.StringSliceVar(&f.try, "try", nil, "what if: IDs of controls, or facts such as fido2_only(everyone)")
	flags.BoolVar(&f.board, "board", false, "one page for a board")
	flags.BoolVar(&f.doors, "front-door", false, "the elements of the front door, and what is known of them")
	flags.StringSliceVar(&f.playbooks, "playbook", nil, "a file with rows of your own (docs/threat.md)")
	flags.BoolVar(&f.watch, "watch", false, "which paths are new since --watch last looked")
	flags.DurationVar(&f.every, "every", 0, "with --watch: stay, and look so often whether a survey has ended; until it is interrupted")
	flags.StringVar(&f.state, "state", "", "where --watch remembers the paths; beside the catalog without it")
	flags.StringVar(&f.failOn, "fail-on", "", "exit with 1 on: path, certain-path, or new-path with --watch")
	flags.StringVar(p.AsOf, "as-of", "", "what was known at a time: 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 7d")
	return cmd
}

// book is the playbook, with the user's own rows, of the crews that are asked for.
func (p *Program) book(f asked) (*threat.Book, error) {
	b, err := playbook.Shipped()
	if err != nil {
		return nil, err
	}
	for _, path := range f.playbooks {
		file, err := os.Open(path)
		if err != nil {
			return nil, p.Usage("read the playbook: %v", err)
		}
		err = playbook.Extend(b, path, file)
		file.Close()
		if err != nil {
			return nil, p.Usage("%v", err)
		}
	}
	if len(f.crews) > 0 {
		of := func(r threat.Row) bool {
			return anybodys(r.Crew) || slices.ContainsFunc(f.crews, func(c string) bool { return strings.Contains(strings.ToLower(r.Crew), strings.ToLower(c)) })
		}
		if !slices.ContainsFunc(b.Rows, func(r threat.Row) bool { return !anybodys(r.Crew) && of(r) }) {
			return nil, p.Usage("no row of the playbook is of %s", strings.Join(f.crews, ", "))
		}
		b.Rows = slices.DeleteFunc(b.Rows, func(r threat.Row) bool { return !of(r) })
	}
	return b, nil
}

// anybodys tells whether a row's crew is no crew in particular.
func anybodys(crew string) bool { return crew == "" || crew == "all" || crew == "generic" }

// check refuses flags that do not go together.
func (p *Program) check(f asked) error {
	switch {
	case f.failOn != "" && !slices.Contains([]string{"path", "certain-path", "new-path"}, f.failOn):
		return p.Usage("--fail-on is path, certain-path or new-path, not %q", f.failOn)
	case f.failOn == "new-path" && !f.watch:
		return p.Usage("--fail-on new-path goes with --watch")
	case f.watch && (len(f.footholds) > 0 || len(f.try) > 0):
		return p.Usage("--watch looks at the estate as it is, without --foothold and --try")
	case f.every != 0 && (!f.watch || f.every < time.Second):
		return p.Usage("--every goes with --watch, and is a second or more: --every 5m")
	case f.most < 0 || f.mostCuts < 0:
		return p.Usage("--paths and --cuts are numbers from 0 on")
	case f.doors && !slices.Contains([]string{"table", "json", "csv"}, *p.Form):
		return p.Usage("--front-door is printed as table, json or csv")
	}
	return nil
}

func (p *Program) run(cmd *cobra.Command, f asked) error {
	if err := p.check(f); err != nil {
		return err
	}
	book, err := p.book(f)
	if err != nil {
		return err
	}
	if f.every > 0 {
		return p.stand(cmd, book, f)
	}
	room, err := p.Open(cmd)
	if err != nil {
		return err
	}
	defer room.Close()
	return p.once(cmd, room, book, f)
}

// once walks the playbook over the estate as it is, and prints.
func (p *Program) once(cmd *cobra.Command, room *Room, book *threat.Book, f asked) error {
	told, err := room.facts(cmd.Context(), book)
	if err != nil {
		return err
	}
	if f.doors {
		return p.Print(cmd, doorsAnswer(told.Doors))
	}
	w := &walk{Program: p, asked: f, room: room, book: book, told: told}
	if err := w.walk(); err != nil {
		return err
	}
	if f.watch {
		return w.look(cmd)
	}
	if err := w.print(cmd); err != nil {
		return err
	}
	if f.failOn == "path" && len(w.answer.Paths) > 0 || f.failOn == "certain-path" && w.certain > 0 {
		return p.Found
	}
	return nil
}

// walk is one walk of the playbook over the estate.
type walk struct {
	*Program
	asked
	room              *Room
	book              *threat.Book
	told              *facts.Told
	answer            *threat.Answer
	before            *threat.Answer // without what --try changes
	certain, possible int            // paths, before as many as are shown were chosen
	detours           int            // and those that hold another one, or that were not looked for
}

func (w *walk) walk() error {
	q, err := w.question()
	if err != nil {
		return err
	}
	if w.answer, err = threat.Walk(q); err != nil {
		return fmt.Errorf("walk the playbook: %w", err)
	}
	w.answer.Doubts = append(w.answer.Doubts, w.told.Doubts...)
	if len(w.try) == 0 {
		w.choose()
		return nil
	}
	w.before = w.answer
	if err := w.change(&q); err != nil {
		return err
	}
	if w.answer, err = threat.Walk(q); err != nil {
		return fmt.Errorf("walk the playbook: %w", err)
	}
	w.answer.Doubts = append(w.answer.Doubts, w.told.Doubts...)
	w.choose()
	return nil
}
