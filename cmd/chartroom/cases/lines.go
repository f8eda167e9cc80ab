package cases

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/spf13/cobra"
)

// line is what a command that writes does.
type line func(ctx context.Context, k *docket, args []string, how desk.How) (*desk.Written, error)

// writer makes a command that adds a line, and then tells what thresholds were crossed by it.
func (p *Program) writer(cmd *cobra.Command, write line) *cobra.Command {
	happened := cmd.Flags().String("happened", "", "when it happened, if that was before now: the line says both")
	looked := cmd.Flags().Bool("looked", false, "a person has looked: the words name no patient, whatever it seems")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.docket(cmd, func(ctx context.Context, k *docket) error {
			at, err := p.moment(*happened, k.Claim.Zone)
			if err != nil {
				return err
			}
			w, err := write(ctx, k, args, desk.How{Happened: at, Looked: *looked})
			if err != nil {
				return err
			}
			p.announce(cmd, k.Case, w)
			return p.Print(cmd, &show.Answer{First: fmt.Sprintf("Case %s, line %d: %s", k.Name, w.Entry.Number, k.Says(&w.Entry)), Structs: w.Entry,
				Columns: []show.Column{{Name: "LINE"}, {Name: "AT"}, {Name: "KIND"}, {Name: "AUTHOR"}, {Name: "SAYS"}}})
		})
	}
	return cmd
}

// announce tells what was crossed by a line, and what the desk warns of.
func (p *Program) announce(cmd *cobra.Command, k *desk.Case, w *desk.Written) {
	for _, f := range w.Fired {
		for _, a := range f.Do {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s (%s): %s, by %s\n", a.ID, a.Role, a.What, k.When(a.By))
		}
	}
	for _, text := range w.Warnings {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s\n", text)
	}
}

func (p *Program) factCommand() *cobra.Command {
	var f incident.FactBody
	var inventory bool
	cmd := &cobra.Command{Use: "fact [NAME VALUE]", Short: "write down what is known of the data, and who says so", Args: cobra.MaximumNArgs(2),
		Long: `Fact writes down a fact and its source. Numbers may be intervals: [480, 700], or [480, null] where there is no upper bound. What several
say of a number is put together, so that it only narrows; what contradicts is refused, with who said what.
The facts are ` + strings.Join(incident.FactNames(), ", ") + `,
and footholds: ["alice"], the principals by which they came in, as chartroom who names them.
--replace says that a fact takes the place of all that was said before, and --why on what grounds. --inventory asks the inventory again,
after another survey, and types nothing by hand; it takes the place of what the inventory said before, and of nothing else.`}
	cmd.Flags().StringVar(&f.Source, "source", "", "who says so: forensic firm, counsel, ...")
	cmd.Flags().StringVar(&f.Why, "why", "", "on what grounds")
	cmd.Flags().BoolVar(&f.Corrects, "replace", false, "it takes the place of what was said before; --why says on what grounds")
	cmd.Flags().BoolVar(&inventory, "inventory", false, "ask the inventory anew")
	return p.writer(cmd, func(ctx context.Context, k *docket, args []string, how desk.How) (*desk.Written, error) {
		switch {
		case inventory && len(args) == 0:
			return k.Ask(ctx)
		case len(args) != 2 || inventory:
			return nil, p.Usage("case fact NAME VALUE --source WHO, or case fact --inventory")
		}
		f.Name, f.Value = args[0], json.RawMessage(args[1])
		return k.AddFact(ctx, f, how)
	})
}

func (p *Program) levelCommand() *cobra.Command {
	var l incident.LevelBody
	var sample string
	var leaks []string
	cmd := &cobra.Command{Use: "level [C0|C1|C2|C3|C4|D1|D2]", Short: "set what is known of the claim, and why", Args: cobra.MaximumNArgs(1),
		Long: `Level sets what is known of the claim: C0 a claim was seen, C1 it is plausible, C2 a sample was matched, C3 forensic evidence, C4 the scope is
settled; D1 a sample matches nothing covered, D2 it is of an older leak. With --sample the sample is held against the inventory, as chartroom claim
does, and the level, its reason, and how many people are concerned at least follow from that; of the sample only its hash is kept.`}
	cmd.Flags().StringVar(&l.Why, "why", "", "what it rests on")
	cmd.Flags().StringVar(&sample, "sample", "", "file that the attacker shows: the level follows from it")
	cmd.Flags().StringSliceVar(&leaks, "known-leak", nil, "files of leaks that were public before")
	return p.writer(cmd, func(ctx context.Context, k *docket, args []string, how desk.How) (*desk.Written, error) {
		switch {
		case sample != "" && len(args) == 0 && l.Why == "":
			return k.test(ctx, sample, leaks, how)
		case sample != "" || len(args) == 0:
			return nil, p.Usage("case level C2 --why WHAT, or case level --sample FILE, from which both follow")
		case l.Why == "":
			return nil, p.Usage("--why says what level %s rests on", args[0])
		}
		l.Level = incident.Level(args[0])
		return k.SetLevel(ctx, l, how)
	})
}

func (p *Program) decideCommand() *cobra.Command {
	var b incident.Decision
	cmd := &cobra.Command{Use: "decide", Short: "write down what was decided, by whom and why; --breach starts the determined clock", Args: cobra.NoArgs}
	c := cmd.Flags()
	c.StringVar(&b.Question, "question", "", "what was asked")
	c.StringVar(&b.Decision, "decision", "", "what was decided")
	c.StringVar(&b.Reason, "reason", "", "why")
	c.StringVar(&b.Dissent, "dissent", "", "who thought otherwise, and why")
	c.StringVar(&b.By, "by", "", "who decided, by name; you, where it is not said")
	c.BoolVar(&b.Breach, "breach", false, "it is a breach: the determined clock runs from now")
	return p.writer(cmd, func(ctx context.Context, k *docket, _ []string, how desk.How) (*desk.Written, error) {
		for flag, v := range map[string]string{"question": b.Question, "decision": b.Decision, "reason": b.Reason} {
			if v == "" {
				return nil, p.Usage("a decision needs --question, --decision and --reason; --%s is missing", flag)
			}
		}
		return k.Decide(ctx, b, how)
	})
}

func (p *Program) noteCommand() *cobra.Command {
	var n incident.Note
	var about string
	var restored bool
	cmd := &cobra.Command{Use: "note TEXT", Short: "note what happened: a call, a mail, a question", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&about, "about", "", "press, patients_contacted, payment_considered, law_enforcement: thresholds of the protocol ask for it")
	cmd.Flags().StringVar(&n.Done, "done", "", "what a threshold asked for and is done by this: T2.2, as case clock names it")
	cmd.Flags().BoolVar(&restored, "restored", false, "an older catalog stands in the place of this one, knowingly; the text says why")
	return p.writer(cmd, func(ctx context.Context, k *docket, args []string, how desk.How) (*desk.Written, error) {
		n.Text, n.About = args[0], incident.Topic(about)
		return k.Note(ctx, n, restored, how)
	})
}

func (p *Program) evidenceCommand() *cobra.Command {
	var custody string
	cmd := &cobra.Command{Use: "evidence FILE", Short: "note a file as evidence: its name, size and hash, and who had it", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&custody, "custody", "", "who had it, from whom, since when")
	return p.writer(cmd, func(ctx context.Context, k *docket, args []string, how desk.How) (*desk.Written, error) {
		x, err := exhibit(args[0])
		if err != nil {
			return nil, err
		}
		x.Custody = custody
		return k.AddEvidence(ctx, *x, how)
	})
}

func (p *Program) closeCommand() *cobra.Command {
	var why string
	cmd := &cobra.Command{Use: "close", Short: "close the case; notes and evidence are still added to it", Args: cobra.NoArgs}
	cmd.Flags().StringVar(&why, "why", "", "why it is over")
	return p.writer(cmd, func(ctx context.Context, k *docket, _ []string, how desk.How) (*desk.Written, error) {
		return k.Case.Close(ctx, why, how)
	})
}
