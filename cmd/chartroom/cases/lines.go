package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/incident"
	"github.com/spf13/cobra"
)

// writer makes a command that adds a line, and then tells what thresholds were crossed by it.
func (d *Desk) writer(cmd *cobra.Command, line func(ctx context.Context, k *docket, args []string) (act, error)) *cobra.Command {
	happened := cmd.Flags().String("happened", "", "when it happened, if that was before now: the line says both")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return d.docket(cmd, func(ctx context.Context, k *docket) error {
			a, err := line(ctx, k, args)
			if err != nil {
				return err
			}
			if a.happened, err = d.moment(*happened, k.Claim.Zone); err != nil {
				return err
			}
			return k.commit(ctx, cmd, a)
		})
	}
	return cmd
}

// commit adds a line, tells what thresholds were crossed by it, and shows it.
func (k *docket) commit(ctx context.Context, cmd *cobra.Command, a act) error {
	if err := k.add(ctx, a); err != nil {
		return k.clearer(err)
	}
	if err := k.fire(ctx, cmd); err != nil {
		return err
	}
	return k.desk.Print(cmd, k.wrote(len(k.lines)))
}

// clearer says what to do about a line that was refused.
func (k *docket) clearer(err error) error {
	switch {
	case errors.Is(err, incident.ErrContradicted):
		return k.desk.Hint(err, "if it is right, --corrects says so; the log keeps both")
	case errors.Is(err, incident.ErrClockRuns):
		return k.desk.Hint(err, "a clock starts once; if that decision was wrong, decide so without --breach, and the log keeps both")
	case errors.Is(err, incident.ErrClosed):
		return k.desk.Hint(err, "chartroom case note adds what became known since; what begins anew is a case of its own")
	}
	return err
}

// by names the human who decided or approved: --by, or whoever types.
func (k *docket) by(name string) string {
	if name == "" {
		return k.room.Who.Name
	}
	return name
}

func (d *Desk) factCommand() *cobra.Command {
	var f incident.FactBody
	var inventory bool
	cmd := &cobra.Command{Use: "fact [NAME VALUE]", Short: "write down what is known of the data, and who says so", Args: cobra.MaximumNArgs(2),
		Long: `Fact writes down a fact and its source. Numbers may be intervals: [480, 700], or [480, null] where there is no upper bound.
The facts are ` + strings.Join(incident.FactNames(), ", ") + `.
--inventory asks the inventory again, after another survey, and types nothing by hand.`}
	cmd.Flags().StringVar(&f.Source, "source", "", "who says so: forensic firm, counsel, ...")
	cmd.Flags().StringVar(&f.Why, "why", "", "on what grounds")
	cmd.Flags().BoolVar(&f.Corrects, "corrects", false, "it contradicts what was said before, knowingly")
	cmd.Flags().BoolVar(&inventory, "inventory", false, "ask the inventory anew")
	return d.writer(cmd, func(ctx context.Context, k *docket, args []string) (act, error) {
		switch {
		case inventory && len(args) == 0:
			return k.ask(ctx)
		case len(args) != 2 || inventory:
			return act{}, d.Usage("case fact NAME VALUE --source WHO, or case fact --inventory")
		case f.Source == "":
			return act{}, d.Usage("--source says who knows it")
		}
		f.Name, f.Value = args[0], json.RawMessage(args[1])
		if !json.Valid(f.Value) { // a word need not be quoted
			f.Value, _ = json.Marshal(args[1])
		}
		return act{kind: incident.Learned, body: f}, nil
	})
}

// ask writes what the inventory says now, but for the last line of it, which it gives back.
func (k *docket) ask(ctx context.Context) (act, error) {
	snap, text, err := k.room.snap(ctx, &k.Claim, k.now())
	if err != nil {
		return act{}, err
	}
	h := snap.holdings(text)
	for _, f := range snap.facts(h) {
		f.Corrects = true // another survey may find what the last one did not
		if f.Name == "encrypted" && k.Facts.Encrypted != "unknown" {
			continue // somebody has looked at the path, which an inventory cannot
		}
		if err := k.add(ctx, act{kind: incident.Learned, body: f}); err != nil {
			return act{}, err
		}
	}
	return act{kind: incident.Noted, body: snap.note(&k.Claim, h)}, nil
}

func (d *Desk) levelCommand() *cobra.Command {
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
	return d.writer(cmd, func(ctx context.Context, k *docket, args []string) (act, error) {
		switch {
		case sample != "" && len(args) == 0 && l.Why == "":
			return k.test(ctx, cmd, sample, leaks)
		case sample != "" || len(args) == 0:
			return act{}, d.Usage("case level C2 --why WHAT, or case level --sample FILE, from which both follow")
		case l.Why == "":
			return act{}, d.Usage("--why says what level %s rests on", args[0])
		}
		l.Level = incident.Level(strings.ToUpper(args[0]))
		return act{kind: incident.Levelled, body: l}, nil
	})
}

func (d *Desk) decideCommand() *cobra.Command {
	var b incident.Decision
	cmd := &cobra.Command{Use: "decide", Short: "write down what was decided, by whom and why; --breach starts the determined clock", Args: cobra.NoArgs}
	c := cmd.Flags()
	c.StringVar(&b.Question, "question", "", "what was asked")
	c.StringVar(&b.Decision, "decision", "", "what was decided")
	c.StringVar(&b.Reason, "reason", "", "why")
	c.StringVar(&b.Dissent, "dissent", "", "who thought otherwise, and why")
	c.StringVar(&b.By, "by", "", "who decided, by name; you, where it is not said")
	c.BoolVar(&b.Breach, "breach", false, "it is a breach: the determined clock runs from now")
	return d.writer(cmd, func(_ context.Context, k *docket, _ []string) (act, error) {
		for flag, v := range map[string]string{"question": b.Question, "decision": b.Decision, "reason": b.Reason} {
			if v == "" {
				return act{}, d.Usage("a decision needs --question, --decision and --reason; --%s is missing", flag)
			}
		}
		b.By = k.by(b.By)
		return act{kind: incident.Decided, body: b}, nil
	})
}

func (d *Desk) noteCommand() *cobra.Command {
	var about, done string
	var restored bool
	cmd := &cobra.Command{Use: "note TEXT", Short: "note what happened: a call, a mail, a question", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&about, "about", "", "press, patients_contacted, payment_considered, law_enforcement: thresholds of the protocol ask for it")
	lookedFlag(cmd)
	cmd.Flags().StringVar(&done, "done", "", "what a threshold asked for and is done by this: T2.2, as case clock names it")
	cmd.Flags().BoolVar(&restored, "restored", false, "an older catalog stands in the place of this one, knowingly; the text says why")
	return d.writer(cmd, func(_ context.Context, k *docket, args []string) (act, error) {
		// A name with a day in a note is mostly somebody who called; several of them are a list.
		if err := d.nobody(cmd, args[0], 2); err != nil {
			return act{}, err
		}
		n := incident.Note{Text: args[0], About: incident.Topic(about), Done: strings.ToUpper(done)}
		if restored {
			if k.lost == nil {
				return act{}, d.Usage("nothing of this log is missing, as far as was witnessed")
			}
			n.About, n.Text = incident.Restored, fmt.Sprintf("%s (%v; the last line witnessed has the hash %s)", n.Text, k.lostError(), k.lost.Hash)
		}
		return act{kind: incident.Noted, body: n, knowing: restored}, nil
	})
}

func (d *Desk) evidenceCommand() *cobra.Command {
	var custody string
	cmd := &cobra.Command{Use: "evidence FILE", Short: "note a file as evidence: its name, size and hash, and who had it", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&custody, "custody", "", "who had it, from whom, since when")
	return d.writer(cmd, func(_ context.Context, k *docket, args []string) (act, error) {
		x, err := exhibit(args[0])
		if err != nil {
			return act{}, err
		}
		x.Custody = custody
		return act{kind: incident.Evidence, body: x}, nil
	})
}

func (d *Desk) closeCommand() *cobra.Command {
	var why string
	cmd := &cobra.Command{Use: "close", Short: "close the case; notes and evidence are still added to it", Args: cobra.NoArgs}
	cmd.Flags().StringVar(&why, "why", "", "why it is over")
	return d.writer(cmd, func(_ context.Context, k *docket, _ []string) (act, error) {
		if why == "" {
			return act{}, d.Usage("--why says why the case is over")
		}
		return act{kind: incident.Closed, body: map[string]string{"why": why}}, nil
	})
}
