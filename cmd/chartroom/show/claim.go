package show

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/claim"
	"github.com/chartroom/chartroom/incident/trial"
)

// Claimed is the answer of claim.
type Claimed struct {
	*trial.Tested
	Fits *Fits `json:"size,omitempty"` // what is claimed beside the sample
}

// Answer puts the test's result in words.
func (c *Claimed) Answer() *Answer {
	ans := &Answer{Structs: c, First: verdictWords[c.Verdict] + ": " + c.Why + ".",
		Columns: []Column{{Name: "MATCHED", Right: true}, {Name: "CHANCE"}, {Name: "REPOSITORY"}, {Name: "ITEM"}, {Name: "TAKEN"}, {Name: "CUSTODIAN"}}}
	for i := range c.Matches {
		m := &c.Matches[i]
		if i == maxShownMatches {
			break
		}
		ans.Rows = append(ans.Rows, []string{fmt.Sprintf("%d of %d", m.Matched, m.Sample), chance(m.Bound), m.Repository, m.Item, taken(m), m.Custodian})
	}
	var b strings.Builder
	if c.People.Estimate > 0 {
		fmt.Fprintf(&b, "In what it comes from are %s people in %s; of them %s.\n", Count(c.People), Plural(int64(len(c.ByState)), "State", "States"), classWords(c.ByClass))
	}
	fmt.Fprintf(&b, "Held against the traces of %s.", Plural(int64(c.Coverage.Repositories), "repository", "repositories"))
	if c.Coverage.Untraced > 0 {
		fmt.Fprintf(&b, " %s keep none: scan again.", Plural(c.Coverage.Untraced, "item with people", "items with people"))
	}
	if c.Coverage.Kept != nil {
		fmt.Fprintf(&b, " Versions of items that had ended by %s are not kept, and may be what was taken.", c.Coverage.Kept.Format(time.DateOnly))
	}
	if c.Coverage.Gaps > 0 {
		fmt.Fprintf(&b, " %s not read, and may be what was taken: chartroom gaps.", Plural(c.Coverage.Gaps, "thing was", "things were"))
	}
	if c.Coverage.Truncated {
		fmt.Fprintf(&b, " Only the first %s records of the sample were looked at.", Thousands(int64(c.Sample)))
	}
	if n := len(c.Coverage.SampleGaps); n > 0 {
		fmt.Fprintf(&b, " Of the sample, %s could not be read.", Plural(int64(n), "part", "parts"))
	}
	if c.Fits != nil {
		b.WriteString("\n" + c.Fits.sentence())
	}
	ans.Last = b.String()
	return ans
}

// maxShownMatches is how many repositories a table shows.
const maxShownMatches = 20

var verdictWords = map[string]string{claim.Ours: "Ours", claim.Mixed: "Mixed", claim.NotFound: "Not found", claim.Undecided: "Undecided"}

func chance(p float64) string {
	switch {
	case p < 1e-9:
		return "< 1e-9"
	case p < 0.001:
		return fmt.Sprintf("%.0e", p)
	}
	return fmt.Sprintf("%.3f", p)
}

// taken says between which times the sample was taken.
func taken(m *claim.Match) string {
	from := "at any time"
	if m.From != nil {
		from = "from " + m.From.Local().Format("2006-01-02 15:04")
	}
	if m.To == nil {
		return from
	}
	return from + " until " + m.To.Local().Format("2006-01-02 15:04")
}

// classWords lists how many people there are of each class.
func classWords(by map[string]int64) string {
	var parts []string
	for _, c := range slices.Sorted(maps.Keys(by)) {
		if by[c] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", Thousands(by[c]), c))
		}
	}
	if len(parts) == 0 {
		return "none in a sensitive class"
	}
	return strings.Join(parts, ", ")
}
