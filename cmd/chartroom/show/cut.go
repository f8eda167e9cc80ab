package show

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
)

// Footholds puts a ranking in words; principals is how many there are in all.
func Footholds(list []access.Foothold, principals int) *Answer {
	ans := &Answer{Structs: list, Columns: []Column{{Name: "FOOTHOLD", Most: 60}, {Name: "KIND"}, {Name: "PEOPLE NOW", Right: true}, {Name: "AT MOST", Right: true}, {Name: "REPOSITORIES", Right: true},
		{Name: "SENSITIVITY"}, {Name: "NOTE"}}}
	if len(list) == 0 {
		ans.First = "Nobody is known who reads anybody's records: no grants were collected, or none give access to what was found."
		return ans
	}
	ans.First = fmt.Sprintf("The worst login to lose is %s: %s people.", list[0].Name, Count(list[0].People))
	for i := range list {
		f := &list[i]
		ans.Rows = append(ans.Rows, []string{f.Name, f.Kind, Count(f.People), Count(f.Most), Thousands(int64(f.Repositories)), strings.Join(f.Sensitivity, " "), principalNote(&f.Principal)})
	}
	ans.Last = fmt.Sprintf("%s known. What one reads: chartroom reach PRINCIPAL.   What to cut: chartroom cut.", Plural(int64(principals), "principal is", "principals are"))
	return ans
}

// Cut puts a set of changes in words, to be pasted into a ticket.
func Cut(c *access.CutAnswer, facts map[int]estate.Grant) *Answer {
	ans := &Answer{Structs: c, Columns: []Column{{Name: "#", Right: true}, {Name: "TAKE AWAY", Most: 110}, {Name: "STEPS", Right: true}, {Name: "FACT"}}}
	what := fmt.Sprintf("the reach of %s, summed", Plural(int64(c.Footholds), "foothold", "footholds"))
	if c.Largest {
		what = "the largest foothold's reach"
	}
	switch {
	case c.Before == 0:
		ans.First = "Nobody reads anybody's records for sure: there is nothing to cut."
		return ans
	case len(c.Changes) == 0:
		ans.First = fmt.Sprintf("No change shrinks %s of %s people.", what, Thousands(c.Before))
	default:
		ans.First = fmt.Sprintf("%s %s %s from %s to %s people (-%.0f %%).", Plural(int64(len(c.Changes)), "change", "changes"), verb(len(c.Changes)), what, Thousands(c.Before), Thousands(c.After),
			100*float64(c.Before-c.After)/float64(c.Before))
	}
	for i, ch := range c.Changes {
		var from []string
		for _, n := range ch.Grants {
			if g, known := facts[n]; known {
				from = append(from, factWords(&g))
			}
		}
		ans.Rows = append(ans.Rows, []string{fmt.Sprint(i + 1), ch.Words, Thousands(int64(ch.Edges)), fmt.Sprintf("%s  %s", numbers(ch.Grants), strings.Join(from, "; "))})
	}
	var b strings.Builder
	for i, f := range c.Worst {
		if i == 5 {
			fmt.Fprintf(&b, "  and %d more\n", len(c.Worst)-5)
			break
		}
		fmt.Fprintf(&b, "  %s: %s -> %s people\n", f.Name, Count(f.Before), Count(f.After))
	}
	switch {
	case c.Exact && len(c.Changes) > 0 && c.Candidates > 1:
		fmt.Fprintf(&b, "No other set of so many does better, of the %s weighed%s.", Plural(int64(c.Candidates), "grant", "grants"), weighed(c.All))
	case !c.Exact:
		fmt.Fprintf(&b, "A better set was not ruled out: none gets below %s people. %s were weighed.", Thousands(c.Floor), Plural(int64(c.Candidates), "grant", "grants"))
	}
	ans.Last = strings.TrimRight(b.String(), "\n")
	return ans
}

// weighed says which grants were.
func weighed(all bool) string {
	if all {
		return ""
	}
	return ", which are those that do not look like daily work (--all weighs every one)"
}

func verb(n int) string {
	if n == 1 {
		return "shrinks"
	}
	return "shrink"
}

func numbers(grants []int) string {
	texts := make([]string, len(grants))
	for i, n := range grants {
		texts[i] = fmt.Sprint(n)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// factWords is a raw fact in short.
func factWords(g *estate.Grant) string {
	words := slices.DeleteFunc([]string{g.Principal, g.Action, g.Target}, func(s string) bool { return s == "" })
	text := g.Kind + ": " + strings.Join(words, " ")
	if g.From != "" {
		text += " (" + g.From + ")"
	}
	return text
}
