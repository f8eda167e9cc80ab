package threats

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/threat"
)

// tried says what --try comes to.
func (w *walk) tried(b *bytes.Buffer) {
	if w.before == nil {
		return
	}
	fmt.Fprintf(b, "That is with %s. Without: %s for sure, %s possibly.\n", strings.Join(w.try, " and "), people(&w.before.Certain), people(&w.before.Possible))
}

// controls shows the smallest sets of controls.
func (w *walk) controls(b *bytes.Buffer) {
	if len(w.answer.Controls) == 0 {
		return
	}
	b.WriteString("\nThe smallest sets of controls:\n")
	ans := &show.Answer{Columns: []show.Column{{Name: "SET", Right: true}, {Name: "CONTROL"}, {Name: "WHAT IT IS", Most: 96}, {Name: "EFFORT"}, {Name: "LEAVES", Right: true}, {Name: "PROOF"}}}
	for n := range w.answer.Controls {
		set := &w.answer.Controls[n]
		for i, c := range set.Controls {
			row := []string{"", c.ID, c.Words, effort(c.Effort), "", ""}
			if i == 0 {
				row[0], row[4], row[5] = fmt.Sprint(n+1), show.Count(set.After.People), proof(set)
			}
			ans.Rows = append(ans.Rows, row)
		}
	}
	_ = ans.Print(b, "table")
}

func effort(n int) string {
	return map[int]string{1: "a setting", 2: "a project", 3: "a programme"}[n]
}

// proof says whether another set could do better.
func proof(set *threat.ControlSet) string {
	if set.Exact {
		return "no other set of so many does better"
	}
	return fmt.Sprintf("not proved best; none leaves fewer than %s", show.Thousands(set.Floor))
}

// delta shows what joining the estates did.
func (w *walk) delta(b *bytes.Buffer) {
	d := w.answer.Delta
	if d == nil || len(d.Paths) == 0 && !w.whose {
		return
	}
	fmt.Fprintf(b, "\n%s\n", joined(d))
	if !w.whose {
		return
	}
	ans := &show.Answer{Columns: []show.Column{{Name: "WHOSE RECORDS"}, {Name: "PEOPLE", Right: true}, {Name: "SENSITIVITY"}}}
	for _, c := range sortedKeys(d.Each) {
		l := d.Each[c]
		ans.Rows = append(ans.Rows, []string{c, show.Count(l.People), strings.Join(l.Sensitivity, " ")})
	}
	_ = ans.Print(b, "table")
}

// joined says what joining the estates did.
func joined(d *threat.Delta) string {
	only := show.Plural(int64(len(d.Paths)), "path is", "paths are") + " there only by that."
	if d.Joined.People == d.Apart.People {
		return "Joining the estates put nobody more at risk: apart it would be " + show.Count(d.Apart.People) + " people as well. " + only
	}
	return "As the estates were joined it is " + people(&d.Joined) + "; apart it would be " + people(&d.Apart) + ". " + only
}

// mostQuestions is how many are shown.
const mostQuestions = 10

// questions shows what would settle the possible paths.
func (w *walk) questions(b *bytes.Buffer) {
	if len(w.answer.Questions) == 0 {
		return
	}
	b.WriteString("\nWhat to ask, by the people at stake:\n")
	ans := &show.Answer{Columns: []show.Column{{Name: "PEOPLE", Right: true}, {Name: "PATHS", Right: true}, {Name: "QUESTION", Most: 110}, {Name: "FACT", Most: 60}}}
	alike := map[string]int{}
	for _, q := range w.answer.Questions {
		alike[predicate(q.Fact)]++
	}
	seen := map[string]bool{}
	for _, q := range w.answer.Questions {
		p := predicate(q.Fact)
		if seen[p] || len(ans.Rows) == mostQuestions {
			continue
		}
		seen[p] = true
		words := q.Words
		if n := alike[p] - 1; n > 0 {
			words += " And " + show.Plural(int64(n), "other", "others") + "?"
		}
		ans.Rows = append(ans.Rows, []string{show.Count(q.People), show.Thousands(int64(q.Paths)), words, q.Fact})
	}
	_ = ans.Print(b, "table")
}

// predicate is what a fact says, without of whom.
func predicate(fact string) string {
	p, _, _ := strings.Cut(fact, "(")
	return p
}

func (w *walk) doubts(b *bytes.Buffer) {
	if len(w.answer.Doubts) == 0 {
		return
	}
	b.WriteString("\nWhat could change this:\n")
	for _, d := range w.answer.Doubts {
		b.WriteString("  " + d + "\n")
	}
}

func (w *walk) last() string {
	return fmt.Sprintf("Techniques are those of ATT&CK v%s. What if: chartroom threat --try CONTROL.   One login: chartroom threat --foothold PRINCIPAL.   Every fact: --why.", w.answer.Pinned)
}

// page is the brief for a board: one page.
func (w *walk) page(b *bytes.Buffer) {
	a := w.answer
	fmt.Fprintf(b, "HOW PATIENTS' RECORDS COULD BE TAKEN, as of %s\n\n%s\n", a.AsOf, w.first())
	b.WriteString("\nThe worst ways in:\n")
	for i := range a.Paths[:min(len(a.Paths), 3)] {
		p := &a.Paths[i]
		fmt.Fprintf(b, "  %d. %s, %s: %s\n", i+1, people(&p.Loss), sure(p.Certain), p.Title)
	}
	if d := a.Delta; d != nil && len(d.Paths) > 0 {
		fmt.Fprintf(b, "\n%s\n", joined(d))
	}
	if len(a.Controls) > 0 {
		b.WriteString("\nWhat to decide:\n")
		for i := range a.Controls[:min(len(a.Controls), 3)] {
			set := &a.Controls[i]
			var words []string
			for _, c := range set.Controls {
				words = append(words, c.Words+" ("+effort(c.Effort)+")")
			}
			fmt.Fprintf(b, "  %d. %s: leaves %s of %s\n", i+1, strings.Join(words, "; and "), people(&set.After), people(&set.Before))
		}
	}
	if len(a.Questions) > 0 {
		b.WriteString("\nWhat nobody knows yet:\n")
		for _, q := range a.Questions[:min(len(a.Questions), 3)] {
			fmt.Fprintf(b, "  %s  (%s people at stake)\n", q.Words, show.Count(q.People))
		}
	}
	fmt.Fprintf(b, "\n%s; %s.\n", show.Plural(int64(len(a.Doubts)), "doubt", "doubts"), "this says what the playbooks of known crews would do, and nothing of what nobody has done yet")
}
