package show

import (
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/access"
)

// Findings puts what somebody should act on in words.
func Findings(f *access.FindingsAnswer, why bool) *Answer {
	ans := &Answer{Structs: f, Columns: []Column{{Name: "FINDING"}, {Name: "PRINCIPAL", Most: 60}, {Name: "PEOPLE", Right: true}, {Name: "READS"}, {Name: "FACT", Most: 100}, {Name: "WHAT TO DO"}}}
	total := 0
	for _, n := range f.Counts {
		total += n
	}
	ans.First = "Nothing about access to patient data stands out, as far as it is known."
	if total > 0 {
		ans.First = Plural(int64(total), "finding", "findings") + " about access to patient data, most people first."
	}
	var proofs strings.Builder
	for i := range f.Findings {
		x := &f.Findings[i]
		reads := "now"
		if !x.Certain {
			reads = "perhaps"
		}
		ans.Rows = append(ans.Rows, []string{strings.ReplaceAll(x.Kind, "_", " "), x.Principal.Name, Count(x.People), reads, x.Detail, x.Do})
		if why {
			fmt.Fprintf(&proofs, "\n  %s\n%s", x.Principal.Name, proof(x.Proof))
		}
	}
	if len(f.Findings) < total {
		ans.Last = fmt.Sprintf("These are the first %d of %d; --limit 0 shows all.\n", len(f.Findings), total)
	}
	ans.Last += proofs.String()
	if len(f.Unknown) > 0 {
		ans.Last += "Not known, and so not looked at: " + strings.Join(f.Unknown, "; ") + ".\n"
	}
	ans.Last += doubts(f.Doubts) + "What one reads: chartroom reach PRINCIPAL.   What to cut: chartroom cut."
	return ans
}
