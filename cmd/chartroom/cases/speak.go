package cases

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/obligation"
	"github.com/chartroom/chartroom/incident/protocol"
	"github.com/chartroom/chartroom/incident/texts"
	"github.com/spf13/cobra"
)

// input is what the texts are filled from: the log, the protocol, and what is given with --fill. It does not depend on when one asks, so
// that a text that was read is the text that is approved.
func (k *docket) input(p *protocol.Protocol, fill []string) (*texts.Input, error) {
	o := &p.Organisation
	given := map[string]string{"phone": o.Phone, "email": o.Email, "web": o.Web, "address": o.Address, "press": o.Press, "speaker": o.Speaker}
	for _, f := range fill {
		name, value, ok := strings.Cut(f, "=")
		if !ok || !slices.Contains(texts.Names(), name) {
			return nil, k.desk.Usage("--fill is written name=value, and the names are %s", strings.Join(texts.Names(), ", "))
		}
		given[name] = value
	}
	in := &texts.Input{Case: k.Case, Holdings: incident.HoldingsOf(k.entries), Given: given, Zone: k.zone()}
	lastBoard := 0
	for i := range k.entries {
		e := &k.entries[i]
		if e.Kind != incident.Approved && e.Kind != incident.Sent {
			in.AsOf = e.At
		}
	}
	for _, a := range k.Approvals {
		if a.Text == "B1" || a.Text == "B2" {
			lastBoard = a.Line
		}
	}
	for i := lastBoard; i < len(k.entries); i++ {
		if e := &k.entries[i]; e.Kind != incident.Approved && e.Kind != incident.Sent {
			in.Since = append(in.Since, k.when(e.At)+": "+k.says(e))
		}
	}
	return in, k.clocksAndQuestions(p, in)
}

// clocksAndQuestions words what runs, and what is to be decided now.
func (k *docket) clocksAndQuestions(p *protocol.Protocol, in *texts.Input) error {
	in.Clocks = []string{"Conservative clock: since " + k.when(k.KnownAt) + ", when it was first known (45 CFR 164.404(a)(2))."}
	if k.Determined == nil {
		in.Clocks = append(in.Clocks, "Determined clock: it does not run, as nobody has decided that it is a breach.")
		in.Asked = append(in.Asked, "Is it a breach? Until somebody finds a low probability of harm, with reasons, it is presumed (45 CFR 164.402(2)).")
	} else {
		in.Clocks = append(in.Clocks, "Determined clock: since "+k.when(*k.Determined)+".")
	}
	last := func(name string, from time.Time) string {
		return fmt.Sprintf("%s %s", name, from.In(k.zone()).AddDate(0, 0, outer).Format(time.DateOnly))
	}
	line := "HIPAA, each individual (45 CFR 164.404(b)), at the latest: " + last("conservative", k.KnownAt)
	if k.Determined != nil {
		line += ", " + last("determined", *k.Determined)
	}
	in.Clocks = append(in.Clocks, line+".")
	book, err := obligation.Shipped()
	if err != nil {
		return err
	}
	due, open := 0, 0
	for _, u := range book.Duties(&k.Facts) {
		switch u.Status {
		case obligation.Due:
			due++
		case obligation.Contingent:
			open++
		}
	}
	in.Clocks = append(in.Clocks, fmt.Sprintf("By the table of rules %d notices are due on what is known, and %d more hang on facts that are not known: chartroom case obligations.", due, open))
	s := protocol.SituationOf(k.Case, k.entries, incident.Exactly(0))
	for _, f := range p.Evaluate(k.Case, k.entries, s, in.AsOf) {
		for _, u := range f.Do {
			if !u.Done && f.Since != nil {
				in.Clocks = append(in.Clocks, fmt.Sprintf("%s (%s): %s, by %s.", u.Role, u.ID, u.What, k.when(u.By)))
			}
		}
	}
	if k.Facts.Delay == nil {
		in.Asked = append(in.Asked, "Who leads for the board, and may release what between its meetings?")
	}
	in.Asked = append(in.Asked, "Nobody pays, replies or denies without a decision of the board. Is that so?")
	return nil
}

// textFlags are shared by the commands that fill texts in.
func textFlags(cmd *cobra.Command, fill *[]string) {
	cmd.Flags().StringArrayVar(fill, "fill", nil, "what no inventory knows, as name=value (repeat it for each): "+strings.Join(texts.Names(), ", "))
}

func (d *Desk) textsCommand() *cobra.Command {
	var fill []string
	var all bool
	cmd := &cobra.Command{Use: "texts [ID]", Short: "what may be said, filled in from the case: all texts in a list, or one of them, word for word", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return d.word(cmd, args[0], fill)
			}
			return d.listTexts(cmd, fill, all)
		}}
	textFlags(cmd, &fill)
	cmd.Flags().BoolVar(&all, "all", false, "word for word, one after the other")
	return cmd
}

func (d *Desk) boardCommand() *cobra.Command {
	var fill []string
	cmd := &cobra.Command{Use: "board", Short: "the notice to the board, without forensic certainty", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return d.word(cmd, "B1", fill) }}
	textFlags(cmd, &fill)
	return cmd
}

// fillIn fills a text in for a case.
func (k *docket) fillIn(cmd *cobra.Command, id string, fill []string) (*texts.Text, error) {
	p, _, err := k.desk.protocol(cmd)
	if err != nil {
		return nil, err
	}
	t, err := texts.Find(id)
	if err != nil {
		return nil, k.desk.Usage("%v", err)
	}
	in, err := k.input(p, fill)
	if err != nil {
		return nil, err
	}
	return t.Fill(in)
}

// word prints one text.
func (d *Desk) word(cmd *cobra.Command, id string, fill []string) error {
	return d.docket(cmd, func(_ context.Context, k *docket) error {
		t, err := k.fillIn(cmd, id, fill)
		if err != nil {
			return err
		}
		a := &show.Answer{First: strings.TrimRight(t.Body, "\n"), Structs: t, Columns: []show.Column{{Name: "TEXT"}, {Name: "SHA-256"}}}
		a.Last = fmt.Sprintf("Reading level %.1f.", t.Reads)
		if len(t.Missing) == 0 {
			a.Last += fmt.Sprintf(" To release it: chartroom case approve %s --hash %s", t.ID, t.Hash[:12])
		} else {
			a.Last += " It is a draft; --fill name=value gives what is missing."
		}
		return d.Print(cmd, a)
	})
}

func (d *Desk) listTexts(cmd *cobra.Command, fill []string, whole bool) error {
	return d.docket(cmd, func(_ context.Context, k *docket) error {
		all, err := texts.All()
		if err != nil {
			return err
		}
		p, _, err := d.protocol(cmd)
		if err != nil {
			return err
		}
		a := &show.Answer{Columns: []show.Column{{Name: "TEXT"}, {Name: "FOR"}, {Name: "TITLE"}, {Name: "LEVEL OF READING", Right: true}, {Name: "STATE"}}}
		var filled []*texts.Text
		drafts := int64(0)
		for _, t := range all {
			f, err := k.fillIn(cmd, t.ID, fill)
			if err != nil {
				return err
			}
			filled = append(filled, f)
			state := "ready"
			if len(f.Missing) > 0 {
				drafts++
				state = "draft, without " + strings.Join(f.Missing, "; ")
			}
			if slices.ContainsFunc(k.Approvals, func(a incident.Approval) bool { return a.Text == t.ID }) {
				state = "approved; now " + state
			}
			if by := p.MayGo(t.ID, string(k.Level), k.now()); by != "" {
				state += "; approved beforehand at this level by " + by
			}
			a.Rows = append(a.Rows, []string{t.ID, t.For, t.Title, strconv.FormatFloat(f.Reads, 'f', 1, 64), state})
		}
		a.Structs = filled
		a.First = fmt.Sprintf("%d texts, of which %d are drafts: a fact is missing.", len(all), drafts)
		if whole {
			var b strings.Builder
			for _, f := range filled {
				b.WriteString(f.Body + "\n----\n")
			}
			a.Last = b.String()
		}
		return d.Print(cmd, a)
	})
}

func (d *Desk) approveCommand() *cobra.Command {
	var fill []string
	var file, hash, by string
	cmd := &cobra.Command{Use: "approve ID", Short: "release a text, exactly as it is worded", Args: cobra.ExactArgs(1),
		Long: `Approve releases a text: the log keeps its words and their SHA-256. --hash makes sure that it is the text that was read; --file releases
words that counsel has changed. A draft is not released: it says what is missing.`}
	textFlags(cmd, &fill)
	lookedFlag(cmd)
	cmd.Flags().StringVar(&file, "file", "", "release the words of this file instead")
	cmd.Flags().StringVar(&hash, "hash", "", "the SHA-256 of the text that was read, or its beginning")
	cmd.Flags().StringVar(&by, "by", "", "who releases it, by name; you, where it is not said")
	return d.writer(cmd, func(_ context.Context, k *docket, args []string) (act, error) {
		t, err := k.fillIn(cmd, args[0], fill)
		if err != nil {
			return act{}, err
		}
		if file != "" {
			if t.Body, err = words(cmd, file, mostText); err != nil {
				return act{}, err
			}
			if err := d.nobody(cmd, t.Body, 2); err != nil {
				return act{}, err
			}
			t.Hash = texts.Hash(t.Body)
		}
		switch {
		case file == "" && len(t.Missing) > 0:
			return act{}, d.Hint(fmt.Errorf("text %s is a draft, without %s", t.ID, strings.Join(t.Missing, "; ")), "--fill name=value gives it, a protocol of your own holds it for good, --file FILE releases words of your own")
		case strings.Contains(t.Body, "\nDRAFT") || strings.HasPrefix(t.Body, "DRAFT"):
			return act{}, d.Usage("the words still say that they are a draft")
		case hash != "" && (len(hash) < 8 || !strings.HasPrefix(t.Hash, strings.ToLower(hash))):
			return act{}, d.Hint(fmt.Errorf("text %s is now another one than was read: its SHA-256 is %s", t.ID, t.Hash), "read it again: chartroom case texts %s", t.ID)
		}
		if t.Grade > 0 {
			if g := texts.Grade(t.Body); g > t.Grade {
				fmt.Fprintf(cmd.ErrOrStderr(), "warning: the reading level is %.1f, and %s should be at most %.0f\n", g, t.ID, t.Grade)
			}
		}
		return act{kind: incident.Approved, body: incident.Approval{Text: t.ID, Hash: t.Hash, By: k.by(by), Wording: t.Body}}, nil
	})
}

func (d *Desk) sendCommand() *cobra.Command {
	var s incident.Sending
	cmd := &cobra.Command{Use: "send ID", Short: "write down that a text that was approved went out: to whom, how, with what proof", Args: cobra.ExactArgs(1),
		Long: `Send writes down that the text that was approved last went out. It sends nothing itself.`}
	cmd.Flags().StringVar(&s.To, "to", "", "to whom")
	cmd.Flags().StringVar(&s.How, "how", "", "by what way: mail, portal, telephone, web page")
	cmd.Flags().StringVar(&s.Proof, "proof", "", "receipt, confirmation number, or a file, of which the SHA-256 is noted")
	return d.writer(cmd, func(_ context.Context, k *docket, args []string) (act, error) {
		if s.To == "" || s.How == "" {
			return act{}, d.Usage("--to says to whom it went, and --how by what way")
		}
		for _, a := range k.Approvals {
			if strings.EqualFold(a.Text, args[0]) {
				s.Text, s.Hash = a.Text, a.Hash
			}
		}
		if s.Text == "" {
			return act{}, d.Hint(fmt.Errorf("text %s was not approved", args[0]), "chartroom case approve %s releases it", args[0])
		}
		if b, err := os.ReadFile(s.Proof); err == nil {
			s.Proof = fmt.Sprintf("%s, SHA-256 %s", s.Proof, texts.Hash(string(b)))
		}
		return act{kind: incident.Sent, body: s}, nil
	})
}
