package cases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
			if err := k.add(ctx, a); err != nil {
				return k.clearer(err)
			}
			if err := k.fire(ctx, cmd); err != nil {
				return err
			}
			return d.Print(cmd, k.wrote(len(k.lines)))
		})
	}
	return cmd
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
	cmd := &cobra.Command{Use: "level C0|C1|C2|C3|C4|D1|D2", Short: "set what is known of the claim, and why", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&l.Why, "why", "", "what it rests on")
	return d.writer(cmd, func(_ context.Context, k *docket, args []string) (act, error) {
		if l.Why == "" {
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
	var about string
	var restored bool
	cmd := &cobra.Command{Use: "note TEXT", Short: "note what happened: a call, a mail, a question", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&about, "about", "", "press, patients_contacted, payment_considered, law_enforcement: thresholds of the protocol ask for it")
	cmd.Flags().BoolVar(&restored, "restored", false, "an older catalog stands in the place of this one, knowingly; the text says why")
	return d.writer(cmd, func(_ context.Context, k *docket, args []string) (act, error) {
		n := incident.Note{Text: args[0], About: incident.Topic(about)}
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
	var x incident.Exhibit
	cmd := &cobra.Command{Use: "evidence FILE", Short: "note a file as evidence: its name, size and hash, and who had it", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&x.Custody, "custody", "", "who had it, from whom, since when")
	return d.writer(cmd, func(_ context.Context, k *docket, args []string) (act, error) {
		f, err := os.Open(args[0])
		if err != nil {
			return act{}, err
		}
		defer f.Close()
		sum := sha256.New()
		if x.Bytes, err = io.Copy(sum, f); err != nil {
			return act{}, fmt.Errorf("read %s: %w", args[0], err)
		}
		x.Name, x.SHA256 = filepath.Base(args[0]), hex.EncodeToString(sum.Sum(nil))
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
