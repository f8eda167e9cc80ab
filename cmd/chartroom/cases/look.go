package cases

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/spf13/cobra"
)

// reading makes a command that only answers.
func (d *Desk) reading(use, short string, answer func(ctx context.Context, k *docket) (*show.Answer, error)) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return d.docket(cmd, func(ctx context.Context, k *docket) error {
			a, err := answer(ctx, k)
			if err != nil {
				return err
			}
			return d.Print(cmd, a)
		})
	}}
}

func (d *Desk) showCommand() *cobra.Command {
	return d.reading("show", "what the case comes to: claim, level, facts, decisions", func(_ context.Context, k *docket) (*show.Answer, error) {
		return k.shown("Case %s: %s. Level %s: %s.", k.name, k.Claim.Title, k.Level, k.LevelWhy), nil
	})
}

// shown is the state of the case, under a sentence.
func (k *docket) shown(format string, args ...any) *show.Answer {
	a := &show.Answer{First: fmt.Sprintf(format, args...), Columns: []show.Column{{Name: "FACT"}, {Name: "VALUE"}, {Name: "SAYS"}, {Name: "LINE", Right: true}}}
	values := map[string]json.RawMessage{}
	if b, err := json.Marshal(k.Facts); err == nil {
		_ = json.Unmarshal(b, &values) // it was written just now
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		said, ok := k.Said[name]
		if !ok {
			continue
		}
		a.Rows = append(a.Rows, []string{name, string(values[name]), said.Source + ", written by " + said.Author, strconv.Itoa(said.Line)})
	}
	h := incident.HoldingsOf(k.entries)
	if h != nil {
		a.Last = fmt.Sprintf("The inventory has %s of it with about %s people; %s not read.\n", show.Plural(int64(h.Count), "repository", "repositories"),
			show.Thousands(h.Estimate), show.Plural(h.Gaps, "thing was", "things were"))
	}
	a.Last += fmt.Sprintf("%s, %s, %s, %s. The log has %d lines and ends with %s.", show.Plural(int64(len(k.Decisions)), "decision", "decisions"),
		show.Plural(int64(len(k.Approvals)), "text approved", "texts approved"), show.Plural(int64(len(k.Sent)), "sent", "sent"),
		show.Plural(int64(len(k.Evidence)), "piece of evidence", "pieces of evidence"), len(k.lines), k.Head[:min(16, len(k.Head))])
	a.Structs = struct {
		Name      string             `json:"case"`
		Case      *incident.Case     `json:"state"`
		Inventory *incident.Holdings `json:"inventory"`
	}{k.name, k.Case, h}
	return a
}

// wrote tells of the lines that were written since the one before a number.
func (k *docket) wrote(number int) *show.Answer {
	e := &k.entries[number-1]
	for e.Kind == incident.Fired && number > 1 { // those follow from the line before
		number--
		e = &k.entries[number-1]
	}
	return &show.Answer{First: fmt.Sprintf("Case %s, line %d: %s", k.name, number, k.says(e)), Structs: e,
		Columns: []show.Column{{Name: "LINE"}, {Name: "AT"}, {Name: "KIND"}, {Name: "AUTHOR"}, {Name: "SAYS"}}}
}

func (d *Desk) logCommand() *cobra.Command {
	return d.reading("log", "the log, line by line; its chain is checked as it is read", func(_ context.Context, k *docket) (*show.Answer, error) {
		a := &show.Answer{Structs: k.entries, First: fmt.Sprintf("The log of case %s has %d lines; each one follows the one before.", k.name, len(k.lines)),
			Columns: []show.Column{{Name: "LINE", Right: true}, {Name: "WRITTEN"}, {Name: "HAPPENED"}, {Name: "KIND"}, {Name: "AUTHOR"}, {Name: "SAYS"}, {Name: "HASH"}}}
		for i := range k.entries {
			e := &k.entries[i]
			happened := ""
			if e.Happened != nil {
				happened = k.when(*e.Happened)
			}
			a.Rows = append(a.Rows, []string{strconv.Itoa(e.Number), k.when(e.At), happened, string(e.Kind), e.Author, k.says(e), k.lines[i].Hash[:12]})
		}
		return a, nil
	})
}

// says puts a line in words.
func (k *docket) says(e *incident.Entry) string {
	switch e.Kind {
	case incident.Opened:
		return fmt.Sprintf("opened: %s, known since %s", k.Claim.Title, k.when(k.KnownAt))
	case incident.Learned:
		return bodied(e, func(f *incident.FactBody) string {
			return fmt.Sprintf("%s is %s (%s)%s", f.Name, short(string(f.Value)), f.Source, map[bool]string{true: "; it corrects what was said before"}[f.Corrects])
		})
	case incident.Levelled:
		return bodied(e, func(l *incident.LevelBody) string { return fmt.Sprintf("level %s: %s", l.Level, l.Why) })
	case incident.Decided:
		return bodied(e, func(b *incident.Decision) string {
			text := fmt.Sprintf("%s decided on %q: %s, because %s", b.By, b.Question, b.Decision, b.Reason)
			if b.Dissent != "" {
				text += "; dissent: " + b.Dissent
			}
			return text
		})
	case incident.Approved:
		return bodied(e, func(a *incident.Approval) string {
			return fmt.Sprintf("%s approved %s, SHA-256 %s", a.By, a.Text, a.Hash[:min(12, len(a.Hash))])
		})
	case incident.Sent:
		return bodied(e, func(s *incident.Sending) string { return fmt.Sprintf("%s went to %s by %s", s.Text, s.To, s.How) })
	case incident.Evidence:
		return bodied(e, func(x *incident.Exhibit) string {
			return fmt.Sprintf("evidence %s, %s, SHA-256 %s; %s", x.Name, show.Size(x.Bytes), x.SHA256[:min(12, len(x.SHA256))], x.Custody)
		})
	case incident.Noted:
		return bodied(e, func(n *incident.Note) string { return short(n.Text) })
	case incident.Fired:
		return bodied(e, func(f *incident.Firing) string { return "threshold " + f.ID + ": " + f.Text })
	}
	return string(e.Kind)
}

// bodied words a body; one that cannot be read was refused when it was written.
func bodied[T any](e *incident.Entry, words func(*T) string) string {
	var v T
	if json.Unmarshal(e.Body, &v) != nil {
		return string(e.Kind)
	}
	return oneLine(words(&v))
}

// oneLine keeps words on one line, without what steers a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// short cuts a long text, as a table shows it.
func short(s string) string {
	const most = 160
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

func (d *Desk) listCommand() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "the cases of this catalog", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		room, log, err := d.enter(cmd)
		if err != nil {
			return err
		}
		defer room.Close()
		ctx := cmd.Context()
		all, err := log.Cases(ctx, room.Who)
		if err != nil {
			return err
		}
		a := &show.Answer{Structs: all, First: show.Plural(int64(len(all)), "case", "cases") + ".",
			Columns: []show.Column{{Name: "CASE"}, {Name: "TITLE"}, {Name: "LEVEL"}, {Name: "OPENED"}, {Name: "STATE"}, {Name: "LINES", Right: true}}}
		known := map[string]bool{}
		for _, c := range all {
			k := &docket{desk: d, room: room, log: log, name: c.Name}
			if err := k.read(ctx); err != nil {
				a.Rows = append(a.Rows, []string{c.Name, "", "", c.Opened.UTC().Format(time.RFC3339), "DAMAGED: " + err.Error(), strconv.Itoa(c.Lines)})
				continue
			}
			known[k.lines[0].Hash] = true
			state := "open"
			if k.ClosedAt != nil {
				state = "closed " + k.when(*k.ClosedAt)
			}
			if k.lost != nil {
				state += "; OLDER than what was witnessed"
			}
			a.Rows = append(a.Rows, []string{c.Name, k.Claim.Title, string(k.Level), k.when(k.OpenedAt), state, strconv.Itoa(len(k.lines))})
		}
		a.Last, err = d.missing(room, known)
		if err != nil {
			return err
		}
		return d.Print(cmd, a)
	}}
}

// missing tells of cases that were witnessed and are not in this catalog.
func (d *Desk) missing(room *Room, known map[string]bool) (string, error) {
	all, err := heads((&docket{room: room}).witnesses())
	if err != nil || d.log != nil {
		return "", err
	}
	var out []string
	for first, h := range all {
		if !known[first] {
			out = append(out, fmt.Sprintf("%s (%d lines, the last on %s)", h.Case, h.Number, h.At.Format(time.RFC3339)))
		}
	}
	if len(out) == 0 {
		return "", nil
	}
	slices.Sort(out)
	return "Witnessed beside this key and not in this catalog: " + strings.Join(out, "; ") + ". They are in another catalog, or this one is older than they are.", nil
}
