package show

import (
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/catalog"
)

// Diff renders the changes: a line a repository, and beneath it the items that changed.
func Diff(got *catalog.Changes) *Answer {
	ans := &Answer{Structs: got, Columns: []Column{{Name: "CHANGE"}, {Name: "WHAT"}, {Name: "PEOPLE", Right: true}, {Name: "SENSITIVITY"}, {Name: "ITEMS"}, {Name: "GAPS"}}}
	ans.First = fmt.Sprintf("%s changed between %s and %s.", Plural(int64(len(got.Repositories)), "repository", "repositories"),
		got.Since.Local().Format("2006-01-02 15:04"), got.Until.Local().Format("2006-01-02 15:04"))
	for i := range got.Repositories {
		r := &got.Repositories[i]
		ans.Rows = append(ans.Rows, []string{r.Change, r.Repository, signed(r.People), gainedLost(r), fmt.Sprintf("+%d -%d ~%d", r.Items.Appeared, r.Items.Vanished, r.Items.Changed),
			fmt.Sprintf("+%d -%d", r.GapsOpened, r.GapsClosed)})
		for _, it := range r.Most {
			ans.Rows = append(ans.Rows, []string{"  " + it.Change, it.Item, signed(peopleOf(it.After) - peopleOf(it.Before)), side(it), "", ""})
		}
	}
	return ans
}

func gainedLost(r *catalog.RepositoryChange) string {
	var parts []string
	for _, c := range r.Gained {
		parts = append(parts, "+"+c)
	}
	for _, c := range r.Lost {
		parts = append(parts, "-"+c)
	}
	return strings.Join(parts, " ")
}

func peopleOf(s *catalog.ItemSide) int64 {
	if s == nil {
		return 0
	}
	return s.People
}

func side(it catalog.ItemChange) string {
	s := it.After
	if s == nil {
		s = it.Before
	}
	if s == nil {
		return ""
	}
	return strings.TrimSpace(s.Verdict + " " + strings.Join(s.Sensitivity, " "))
}

func signed(n int64) string {
	if n > 0 {
		return "+" + Thousands(n)
	}
	return Thousands(n)
}
