// Package tables puts the review and the comparison into tables for people.
package tables

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/chartroom/chartroom/review"
	"github.com/chartroom/chartroom/review/compare"
	"github.com/chartroom/chartroom/web/page"
)

// moods are how the states of a review look.
var moods = map[review.State]string{review.Yes: "good", review.No: "bad", review.Unknown: "unknown"}

// cell is one without a link.
func cell(text string) page.Cell { return page.Cell{Text: text} }

func repositoryLink(name string) string { return "/repository?name=" + url.QueryEscape(name) }

// Ledger puts the migration ledger into tables.
func Ledger(l *review.LedgerAnswer) page.Tables {
	p := &l.Progress
	gaps, questions := l.Open()
	out := page.Tables{First: fmt.Sprintf("%d of %d repositories with patient data are inside the governance of %s (%.0f %% of the people, %.0f %% of the bytes). Open: %d gaps, %d questions.",
		p.Repositories.Done, p.Repositories.Of, strings.Join(l.Acquirers, ", "), p.People.Percent, p.Bytes.Percent, gaps, questions)}
	ledger := page.Table{Title: "The migration ledger", Columns: []string{"C", "People", "Repository", "Custodian", "Migrated"}, Numbers: []bool{false, true}}
	for _, a := range review.Aspects() {
		ledger.Columns = append(ledger.Columns, strings.ReplaceAll(string(a), "_", " "))
	}
	for i := range l.Rows {
		row := &l.Rows[i]
		cells := []page.Cell{cell(row.Confidentiality), cell(fmt.Sprint(row.People.Estimate)), {Text: row.Repository, Link: repositoryLink(row.Repository)}, cell(row.Custodian), {Text: stateWord(row.Migrated), Mood: moods[row.Migrated]}}
		for _, c := range row.Cells {
			cells = append(cells, page.Cell{Text: stateWord(c.State) + ": " + c.Says, Mood: moods[c.State]})
		}
		ledger.Rows = append(ledger.Rows, cells)
	}
	todo := page.Table{Title: "What is to be done", Columns: []string{"State", "What", "People", "Who acts", "How"}, Numbers: []bool{false, false, true}}
	for i := range l.Gaps {
		g := &l.Gaps[i]
		owner := g.Owner
		if owner == "" {
			owner = "nobody was named"
		}
		todo.Rows = append(todo.Rows, []page.Cell{{Text: stateWord(g.State), Mood: moods[g.State]}, cell(g.Subject + ": " + g.Says), cell(fmt.Sprint(g.People.Estimate)), cell(owner), cell(g.Fix)})
	}
	out.Tables = []page.Table{ledger, todo}
	if len(l.Unregistered) > 0 {
		out.Last = "Nobody registered: " + strings.Join(l.Unregistered, ", ") + ". "
	}
	if len(l.Doubts) > 0 {
		out.Last += "Could change this: " + strings.Join(l.Doubts, "; ") + "."
	}
	return out
}

// stateWord is a state in words.
func stateWord(s review.State) string {
	if s == review.Unknown {
		return "not known"
	}
	return string(s)
}

// Comparison puts a comparison into a table.
func Comparison(c *compare.Comparison) page.Tables {
	out := page.Tables{First: c.Decision}
	t := page.Table{Title: "Measure by measure", Columns: []string{"Measure", sideName(&c.Judged), sideName(&c.Against), "Verdict", "That is"}}
	mood := map[compare.Verdict]string{compare.Better: "good", compare.Worse: "bad", compare.NotKnown: "unknown"}
	for i := range c.Rows {
		r := &c.Rows[i]
		t.Rows = append(t.Rows, []page.Cell{cell(r.Title), cell(r.Judged), cell(r.Against), {Text: strings.ReplaceAll(string(r.Verdict), "_", " "), Mood: mood[r.Verdict]}, cell(r.Sentence)})
	}
	out.Tables = []page.Table{t}
	if len(c.Settle) > 0 {
		out.Last = "What would settle it: " + strings.Join(c.Settle, "; ") + "."
	}
	return out
}

func sideName(s *compare.Side) string {
	if s.At.IsZero() {
		return s.Custodian
	}
	return s.Custodian + ", " + s.At.UTC().Format("2006-01-02")
}
