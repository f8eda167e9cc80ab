package cases

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/chartroom/chartroom/incident/texts"
	"github.com/spf13/cobra"
)

// textFlags are shared by the commands that fill texts in.
func textFlags(cmd *cobra.Command, fill *[]string) {
	cmd.Flags().StringArrayVar(fill, "fill", nil, "what no inventory knows, as name=value (repeat it for each): "+strings.Join(texts.Names(), ", "))
}

func (p *Program) textsCommand() *cobra.Command {
	var fill []string
	var all bool
	cmd := &cobra.Command{Use: "texts [ID]", Short: "what may be said, filled in from the case: all texts in a list, or one of them, word for word", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return p.word(cmd, args[0], fill)
			}
			return p.listTexts(cmd, fill, all)
		}}
	textFlags(cmd, &fill)
	cmd.Flags().BoolVar(&all, "all", false, "word for word, one after the other")
	return cmd
}

func (p *Program) boardCommand() *cobra.Command {
	var fill []string
	cmd := &cobra.Command{Use: "board", Short: "the notice to the board, without forensic certainty", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.word(cmd, "B1", fill) }}
	textFlags(cmd, &fill)
	return cmd
}

// given reads what --fill says.
func (p *Program) given(fill []string) (desk.Given, error) {
	out := desk.Given{}
	for _, f := range fill {
		name, value, ok := strings.Cut(f, "=")
		if !ok || !slices.Contains(texts.Names(), name) {
			return nil, p.Usage("--fill is written name=value, and the names are %s", strings.Join(texts.Names(), ", "))
		}
		out[name] = value
	}
	return out, nil
}

// word prints one text.
func (p *Program) word(cmd *cobra.Command, id string, fill []string) error {
	given, err := p.given(fill)
	if err != nil {
		return err
	}
	return p.docket(cmd, func(_ context.Context, k *docket) error {
		t, err := k.Text(id, given)
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
		return p.Print(cmd, a)
	})
}

func (p *Program) listTexts(cmd *cobra.Command, fill []string, whole bool) error {
	given, err := p.given(fill)
	if err != nil {
		return err
	}
	return p.docket(cmd, func(_ context.Context, k *docket) error {
		all, err := k.Texts(given)
		if err != nil {
			return err
		}
		a := &show.Answer{Columns: []show.Column{{Name: "TEXT"}, {Name: "FOR"}, {Name: "TITLE"}, {Name: "LEVEL OF READING", Right: true}, {Name: "STATE"}}}
		var filled []*texts.Text
		var words strings.Builder
		drafts := 0
		for _, f := range all {
			if len(f.Missing) > 0 {
				drafts++
			}
			filled = append(filled, f.Text)
			a.Rows = append(a.Rows, []string{f.ID, f.For, f.Title, strconv.FormatFloat(f.Reads, 'f', 1, 64), stateOf(&f)})
			words.WriteString(f.Body + "\n----\n")
		}
		a.Structs = filled
		a.First = fmt.Sprintf("%d texts, of which %d are drafts: a fact is missing.", len(all), drafts)
		if whole {
			a.Last = words.String()
		}
		return p.Print(cmd, a)
	})
}

// stateOf says how a text stands.
func stateOf(f *desk.Wording) string {
	state := "ready"
	if len(f.Missing) > 0 {
		state = "draft, without " + strings.Join(f.Missing, "; ")
	}
	if f.Approved {
		state = "approved; now " + state
	}
	if f.Beforehand != "" {
		state += "; approved beforehand at this level by " + f.Beforehand
	}
	return state
}

func (p *Program) approveCommand() *cobra.Command {
	var fill []string
	var file string
	var r desk.Release
	cmd := &cobra.Command{Use: "approve ID", Short: "release a text, exactly as it is worded", Args: cobra.ExactArgs(1),
		Long: `Approve releases a text: the log keeps its words and their SHA-256. --hash makes sure that it is the text that was read; --file releases
words that counsel has changed. A draft is not released: it says what is missing.`}
	textFlags(cmd, &fill)
	cmd.Flags().StringVar(&file, "file", "", "release the words of this file instead")
	cmd.Flags().StringVar(&r.Hash, "hash", "", "the SHA-256 of the text that was read, or its beginning")
	cmd.Flags().StringVar(&r.By, "by", "", "who releases it, by name; you, where it is not said")
	return p.writer(cmd, func(ctx context.Context, k *docket, args []string, how desk.How) (_ *desk.Written, err error) {
		r.ID = args[0]
		if r.Given, err = p.given(fill); err != nil {
			return nil, err
		}
		if file != "" {
			if r.Own, err = words(cmd, file, mostText); err != nil {
				return nil, err
			}
			if strings.TrimSpace(r.Own) == "" {
				return nil, p.Usage("%s holds no words", file)
			}
		}
		return k.Approve(ctx, r, how)
	})
}

func (p *Program) sendCommand() *cobra.Command {
	var s incident.Sending
	cmd := &cobra.Command{Use: "send ID", Short: "write down that a text that was approved went out: to whom, how, with what proof", Args: cobra.ExactArgs(1),
		Long: `Send writes down that the text that was approved last went out. It sends nothing itself.`}
	cmd.Flags().StringVar(&s.To, "to", "", "to whom")
	cmd.Flags().StringVar(&s.How, "how", "", "by what way: mail, portal, telephone, web page")
	cmd.Flags().StringVar(&s.Proof, "proof", "", "receipt, confirmation number, or a file, of which the SHA-256 is noted")
	return p.writer(cmd, func(ctx context.Context, k *docket, args []string, how desk.How) (*desk.Written, error) {
		if s.To == "" || s.How == "" {
			return nil, p.Usage("--to says to whom it went, and --how by what way")
		}
		s.Text = args[0]
		if x, err := exhibit(s.Proof); err == nil {
			s.Proof = fmt.Sprintf("%s, SHA-256 %s", s.Proof, x.SHA256)
		}
		return k.Send(ctx, s, how)
	})
}
