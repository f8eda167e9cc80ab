package threats

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/threat"
	"github.com/spf13/cobra"
)

// print renders the answer in the form that -o asks for.
func (w *walk) print(cmd *cobra.Command) error {
	if exporter := w.exporter(); exporter != nil {
		return exporter(cmd.OutOrStdout())
	}
	if *w.Form != "table" {
		return w.Print(cmd, w.steps())
	}
	var b bytes.Buffer
	if w.board {
		w.page(&b)
	} else {
		w.text(&b)
	}
	_, err := b.WriteTo(cmd.OutOrStdout())
	return err
}

// steps is the answer as rows: one for each step.
func (w *walk) steps() *show.Answer {
	ans := &show.Answer{Structs: w.answer}
	for _, name := range []string{"PATH", "CERTAIN", "PEOPLE", "STORES", "STEP", "ROW", "TECHNIQUE", "PHASE", "WORDS", "LOG", "LOG_KEPT", "RESTS_ON", "MITIGATION", "SOURCE"} {
		ans.Columns = append(ans.Columns, show.Column{Name: name})
	}
	for i := range w.answer.Paths {
		p := &w.answer.Paths[i]
		for n := range p.Steps {
			s := &p.Steps[n]
			var rests []string
			for _, u := range s.Uses {
				rests = append(rests, u.Fact+" ("+u.State+")")
			}
			ans.Rows = append(ans.Rows, []string{p.ID, fmt.Sprint(p.Certain), fmt.Sprint(p.Loss.People.Estimate), strings.Join(p.Stores, "; "), fmt.Sprint(n + 1), s.Row, s.Technique, s.Phase, s.Words, s.Evidence,
				s.LogKept, strings.Join(rests, "; "), s.Mitigation, s.Source})
		}
	}
	return ans
}

// text is the whole answer for a terminal.
func (w *walk) text(b *bytes.Buffer) {
	a := w.answer
	b.WriteString(w.first() + "\n")
	w.tried(b)
	for i := range a.Paths {
		w.path(b, i+1, &a.Paths[i])
	}
	if hidden := w.certain + w.possible - len(a.Paths); hidden > 0 && !w.watch {
		fmt.Fprintf(b, "\n%s not shown: --paths 0 shows all.\n", show.Plural(int64(hidden), "more path is", "more paths are"))
	}
	if w.detours > 0 {
		fmt.Fprintf(b, "\n%s left out that take one of these and more.\n", show.Plural(int64(w.detours), "detour is", "detours are"))
	}
	w.controls(b)
	w.delta(b)
	w.questions(b)
	w.doubts(b)
	b.WriteString("\n" + w.last() + "\n")
}

// first is the sentence that answers.
func (w *walk) first() string {
	a := w.answer
	certain, possible := w.certain, w.possible
	who := "An outsider"
	if len(w.footholds) > 0 {
		who = "Whoever has the login of " + strings.Join(w.footholds, " and ")
	}
	switch {
	case certain+possible == 0:
		return who + " reaches nobody's records by the playbook, with what is known and with what is not."
	case certain == 0:
		return fmt.Sprintf("%s reaches nobody's records for sure; %s if what is not known holds, by %s.", who, people(&a.Possible), show.Plural(int64(possible), "possible path", "possible paths"))
	}
	text := fmt.Sprintf("%s reaches %s for sure, by %s", who, people(&a.Certain), show.Plural(int64(certain), "certain path", "certain paths"))
	if possible > 0 {
		text += fmt.Sprintf("; %s if what is not known holds, by %s", people(&a.Possible), show.Plural(int64(possible), "possible path", "possible paths"))
	}
	return text + "."
}

// people says whom a loss is of.
func people(l *threat.Loss) string {
	text := show.Count(l.People) + " people"
	if l.People == (estate.Count{Estimate: 1, Low: 1, High: 1}) {
		text = "1 person"
	}
	if len(l.Sensitivity) > 0 {
		text += " (" + strings.Join(l.Sensitivity, " ") + ")"
	}
	return text
}

func sure(certain bool) string {
	if certain {
		return "certain"
	}
	return "possible"
}

// path shows one path with its steps.
func (w *walk) path(b *bytes.Buffer, n int, p *threat.Path) {
	fmt.Fprintf(b, "\n%d  %s, %s: %s\n", n, sure(p.Certain), people(&p.Loss), p.Title)
	var notes []string
	if p.Alike > 1 {
		notes = append(notes, fmt.Sprintf("%s could stand in the places of those named", show.Plural(int64(p.Alike), "account", "accounts")))
	}
	if p.Joined {
		notes = append(notes, "it is there only as the estates of "+strings.Join(p.Custodians, " and ")+" were joined")
	}
	if p.Out != "" && p.Out != "no" {
		notes = append(notes, map[string]string{"yes": "what is read gets out", "possible": "what is read may get out"}[p.Out])
	}
	if len(notes) > 0 {
		fmt.Fprintf(b, "   %s; path %s\n", strings.Join(notes, "; "), p.ID)
	} else {
		fmt.Fprintf(b, "   path %s\n", p.ID)
	}
	ans := &show.Answer{Columns: []show.Column{{Name: "#", Right: true}, {Name: "WHAT HAPPENS", Most: 84}, {Name: "TECHNIQUE"}, {Name: "WOULD SHOW", Most: 56}, {Name: "KEPT"}, {Name: "ROW"}}}
	for i := range p.Steps {
		s := &p.Steps[i]
		ans.Rows = append(ans.Rows, []string{fmt.Sprint(i + 1), s.Words, s.Technique, s.Evidence, kept(s.LogKept), s.Row})
	}
	_ = ans.Print(b, "table") // a buffer takes everything
	if w.why {
		w.rests(b, p)
	}
	w.unseen(b, p)
	if then := then(p); then != "" {
		b.WriteString("  then: " + then + "\n")
	}
	if len(p.Cuts) > 0 {
		var words []string
		for _, c := range p.Cuts[:min(len(p.Cuts), 3)] {
			words = append(words, c.ID+" "+c.Words)
		}
		b.WriteString("  broken by: " + strings.Join(words, "; or ") + "\n")
	}
}

// kept says whether the estate keeps a log.
func kept(word string) string {
	if word == "none" {
		return "no log"
	}
	return word
}

// rests shows the facts that the steps rest on.
func (w *walk) rests(b *bytes.Buffer, p *threat.Path) {
	for i := range p.Steps {
		for _, u := range p.Steps[i].Uses {
			from := []string{u.How}
			for _, v := range []struct{ word, value string }{{"by ", u.By}, {"as of ", u.AsOf}, {"until ", u.Until}, {"", u.Evidence}} {
				if v.value != "" {
					from = append(from, v.word+v.value)
				}
			}
			fmt.Fprintf(b, "     %d  %s: %s  [%s]\n", i+1, u.State, u.Words, strings.Join(from, ", "))
		}
	}
}

// unseen says which steps nobody would see.
func (w *walk) unseen(b *bytes.Buffer, p *threat.Path) {
	var no []string
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.LogKept == "no" {
			no = append(no, fmt.Sprint(i+1))
		}
	}
	if len(no) > 0 {
		fmt.Fprintf(b, "  you would not see %s: the log that would show it is not kept\n", plural(no, "step "+no[0], "steps "+strings.Join(no, ", ")))
	}
}

func plural(list []string, one, many string) string {
	if len(list) == 1 {
		return one
	}
	return many
}

// then names the rows that follow, without those that only end a path.
func then(p *threat.Path) string {
	var rows []string
	for i := range p.Then {
		text := p.Then[i].Row + " " + p.Then[i].Technique
		if !slices.Contains(rows, text) {
			rows = append(rows, text)
		}
	}
	return strings.Join(rows[:min(len(rows), 6)], ", ")
}
