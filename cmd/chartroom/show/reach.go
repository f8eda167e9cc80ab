package show

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
)

// Reach puts what a foothold reads in words.
func Reach(r *access.ReachAnswer, shown Shown) *Answer {
	ans := &Answer{Structs: r, Columns: []Column{{Name: "SENSITIVITY"}, {Name: "PEOPLE", Right: true}, {Name: "BYTES", Right: true}, {Name: "REPOSITORY", Most: 90}, {Name: "PARTS", Right: true},
		{Name: "READS"}, {Name: "BY", Most: 80}}}
	var names []string
	for _, p := range r.Principals {
		names = append(names, p.Name)
	}
	ans.First = fmt.Sprintf("A foothold as %s reads %s people in %s now (%s%s)", shortList(names, 3), Count(r.Now.People), Plural(int64(r.Now.Repositories), "repository", "repositories"),
		Size(r.Now.Bytes), inClasses(r.Now.Classes))
	if more := r.Most.People.Estimate; more > r.Now.People.Estimate {
		ans.First += fmt.Sprintf("; at most %s people with what is not known (%s) and with acts (%s)", Count(r.Most.People), Count(r.Possible.People), Count(r.Escalated.People))
	}
	ans.First += "."
	rows, total := r.Repositories, r.Totals.Repositories
	if shown.Places {
		rows, total = places(r), r.Totals.Places
	}
	var proofs strings.Builder
	for i := range rows {
		p := &rows[i]
		ans.Rows = append(ans.Rows, []string{strings.Join(p.Sensitivity, " "), Count(p.People), Size(p.Bytes), p.Repository, Thousands(int64(p.Places)), access.Sureness(p.Layer, p.Certain), by(p.Proof)})
		if shown.Why {
			fmt.Fprintf(&proofs, "\n  %s\n%s", p.Repository, proof(p.Proof))
		}
	}
	if len(rows) < total {
		ans.Last = fmt.Sprintf("These are the first %s of %s; --limit 0 shows all.\n", Thousands(int64(len(rows))), Thousands(int64(total)))
	}
	ans.Last += proofs.String()
	if n := r.Totals.Identities; n > 0 {
		var acts []string
		for _, p := range r.Identities {
			acts = append(acts, p.Name)
		}
		named := min(5, len(acts))
		more := ""
		if n > named {
			more = fmt.Sprintf(" and %s more", Thousands(int64(n-named)))
		}
		ans.Last += fmt.Sprintf("It can act as %s: %s%s.\n", Plural(int64(n), "other principal", "other principals"), strings.Join(acts[:named], ", "), more)
	}
	ans.Last += doubts(r.Doubts)
	ans.Last += "What to cut: chartroom cut."
	return ans
}

// places gives the parts as rows of their own.
func places(r *access.ReachAnswer) []access.ReachedRepository {
	out := make([]access.ReachedRepository, len(r.Places))
	for i, p := range r.Places {
		out[i] = access.ReachedRepository{Repository: strings.TrimSpace(p.Repository + " " + p.Path), Sensitivity: p.Sensitivity, People: p.People, Bytes: p.Bytes, Places: 1,
			Layer: p.Layer, Certain: p.Certain, Proof: p.Proof}
	}
	return out
}

// inClasses says how many people there are of each class.
func inClasses(by map[string]estate.Count) string {
	var parts []string
	for _, c := range slices.Sorted(maps.Keys(by)) {
		if by[c].Estimate > 0 {
			parts = append(parts, Thousands(by[c].Estimate)+" "+c)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "; " + strings.Join(parts, ", ")
}
