package threats

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/threat/facts"
)

// doorsAnswer shows the elements of the front door.
func doorsAnswer(doors []facts.Door) *show.Answer {
	ans := &show.Answer{Structs: doors, Columns: []show.Column{{Name: "ELEMENT"}, {Name: "TYPE"}, {Name: "KNOWN", Most: 90}, {Name: "NOT KNOWN", Most: 70}, {Name: "API"}, {Name: "BOUNDARIES", Most: 90}}}
	if doors == nil {
		ans.Structs = []facts.Door{}
	}
	if len(doors) == 0 {
		ans.First = "No element of the front door is declared."
		ans.Last = "The types are " + strings.Join(facts.Elements(), ", ") + ". Declare them as facts of the type front_door: docs/threat.md."
		return ans
	}
	open, api := 0, map[string]bool{}
	for _, d := range doors {
		var known []string
		for _, k := range d.Known {
			known = append(known, k.Fact+": "+k.Value)
		}
		open += len(d.Unknown)
		for _, a := range d.API {
			api[a] = true
		}
		ans.Rows = append(ans.Rows, []string{d.Name, d.Element, strings.Join(known, ", "), strings.Join(d.Unknown, " "), strings.Join(d.API, " "), strings.Join(d.Boundaries, "; ")})
	}
	ans.First = fmt.Sprintf("%s of the front door; of %s nothing is known.", show.Plural(int64(len(doors)), "element", "elements"), show.Plural(int64(open), "fact", "facts"))
	titles := facts.OWASP()
	var lines []string
	for _, a := range slices.SortedFunc(maps.Keys(api), func(x, y string) int { return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)) }) {
		lines = append(lines, a+" "+titles[a])
	}
	ans.Last = "OWASP API Security Top 10 2023: " + strings.Join(lines, ", ") + ".\nWhat follows from it: chartroom threat."
	return ans
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
