package cases

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/spf13/cobra"
)

// reading makes a command that only answers.
func (p *Program) reading(use, short string, answer func(ctx context.Context, k *docket) (*show.Answer, error)) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return p.docket(cmd, func(ctx context.Context, k *docket) error {
			a, err := answer(ctx, k)
			if err != nil {
				return err
			}
			return p.Print(cmd, a)
		})
	}}
}

func (p *Program) showCommand() *cobra.Command {
	return p.reading("show", "what the case comes to: claim, level, facts, decisions", func(_ context.Context, k *docket) (*show.Answer, error) {
		return k.shown("Case %s: %s. Level %s: %s.", k.Name, k.Claim.Title, k.Level, k.LevelWhy), nil
	})
}

// shown is the state of the case, under a sentence.
func (k *docket) shown(format string, args ...any) *show.Answer {
	a := &show.Answer{First: fmt.Sprintf(format, args...), Columns: []show.Column{{Name: "FACT"}, {Name: "VALUE"}, {Name: "SAYS"}, {Name: "LINE", Right: true}}}
	values := map[string]json.RawMessage{}
	if b, err := json.Marshal(k.Facts); err == nil {
		_ = json.Unmarshal(b, &values) // it was written just now
	}
	if b, err := json.Marshal(k.Footholds); err == nil {
		values[incident.Footholds] = b
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		said, ok := k.Said[name]
		if !ok {
			continue
		}
		a.Rows = append(a.Rows, []string{name, string(values[name]), said.Source + ", written by " + said.Author, strconv.Itoa(said.Line)})
	}
	h := incident.HoldingsOf(k.Entries)
	if h != nil {
		a.Last = fmt.Sprintf("The inventory has %s of it with about %s people; %s not read.\n", show.Plural(int64(h.Count), "repository", "repositories"),
			show.Thousands(h.Estimate), show.Plural(h.Gaps, "thing was", "things were"))
	}
	a.Last += fmt.Sprintf("%s, %s, %s, %s. The log has %d lines and ends with %s.", show.Plural(int64(len(k.Decisions)), "decision", "decisions"),
		show.Plural(int64(len(k.Approvals)), "text approved", "texts approved"), show.Plural(int64(len(k.Sent)), "sent", "sent"),
		show.Plural(int64(len(k.Evidence)), "piece of evidence", "pieces of evidence"), len(k.Lines), k.Head[:min(16, len(k.Head))])
	a.Structs = struct {
		Name      string             `json:"case"`
		Case      *incident.Case     `json:"state"`
		Inventory *incident.Holdings `json:"inventory"`
	}{k.Name, k.Case.Case, h}
	return a
}

func (p *Program) logCommand() *cobra.Command {
	return p.reading("log", "the log, line by line; its chain is checked as it is read", func(_ context.Context, k *docket) (*show.Answer, error) {
		a := &show.Answer{Structs: k.Entries, First: fmt.Sprintf("The log of case %s has %d lines; each one follows the one before.", k.Name, len(k.Lines)),
			Columns: []show.Column{{Name: "LINE", Right: true}, {Name: "WRITTEN"}, {Name: "HAPPENED"}, {Name: "KIND"}, {Name: "AUTHOR"}, {Name: "SAYS"}, {Name: "HASH"}}}
		for i := range k.Entries {
			e := &k.Entries[i]
			happened := ""
			if e.Happened != nil {
				happened = k.When(*e.Happened)
			}
			a.Rows = append(a.Rows, []string{strconv.Itoa(e.Number), k.When(e.At), happened, string(e.Kind), e.Author, k.Says(e), k.Lines[i].Hash[:12]})
		}
		return a, nil
	})
}

func (p *Program) listCommand() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "the cases of this catalog", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		room, err := p.enter(cmd)
		if err != nil {
			return err
		}
		defer room.Close()
		all, missing, err := room.Cases(cmd.Context())
		if err != nil {
			return err
		}
		a := &show.Answer{Structs: all, First: show.Plural(int64(len(all)), "case", "cases") + ".",
			Columns: []show.Column{{Name: "CASE"}, {Name: "TITLE"}, {Name: "LEVEL"}, {Name: "OPENED"}, {Name: "STATE"}, {Name: "LINES", Right: true}}}
		for i := range all {
			a.Rows = append(a.Rows, standing(&all[i]))
		}
		if missing != "" {
			a.Last = "Witnessed beside this key and not in this catalog: " + missing + ". They are in another catalog, or this one is older than they are."
		}
		return p.Print(cmd, a)
	}}
}

// standing is a case in a line.
func standing(s *desk.Standing) []string {
	if s.Fault != nil {
		return []string{s.Name, "", "", s.Opened.UTC().Format(time.RFC3339), "DAMAGED: " + s.Fault.Error(), strconv.Itoa(s.Lines)}
	}
	k := s.Case
	state := "open"
	if k.ClosedAt != nil {
		state = "closed " + k.When(*k.ClosedAt)
	}
	if k.Lost() != nil {
		state += "; OLDER than what was witnessed"
	}
	return []string{k.Name, k.Claim.Title, string(k.Level), k.When(k.OpenedAt), state, strconv.Itoa(len(k.Lines))}
}
