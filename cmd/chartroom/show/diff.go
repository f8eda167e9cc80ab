package show

import (
	"fmt"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
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

// DiffAccess renders how readers changed between two times: a line a repository, and beneath it who came and who went, at most so many.
func DiffAccess(got []access.RepositoryReaders, from, to time.Time, limit int) *Answer {
	ans := &Answer{Structs: got, Columns: []Column{{Name: "CHANGE"}, {Name: "WHAT", Most: 90}, {Name: "PEOPLE", Right: true}, {Name: "WAS"}, {Name: "IS"}, {Name: "NOTE", Most: 100}}}
	ans.First = fmt.Sprintf("The readers of %s changed between %s and %s.", Plural(int64(len(got)), "repository", "repositories"), from.Local().Format("2006-01-02 15:04"),
		to.Local().Format("2006-01-02 15:04"))
	for i := range got {
		r := &got[i]
		ans.Rows = append(ans.Rows, []string{r.Change, r.Repository, Count(r.People), readership(r.Before), readership(r.After), ""})
		for k := range r.Readers {
			c := &r.Readers[k]
			if limit > 0 && k == limit {
				ans.Rows = append(ans.Rows, []string{"", fmt.Sprintf("  and %d more", len(r.Readers)-limit), "", "", "", ""})
				break
			}
			change := "  changed"
			switch "" {
			case c.Before:
				change = "  came"
			case c.After:
				change = "  went"
			}
			ans.Rows = append(ans.Rows, []string{change, c.Name, "", c.Before, c.After, principalNote(&c.Principal)})
		}
	}
	return ans
}

func readership(r access.Readership) string {
	text := Thousands(int64(r.Certain)) + " now"
	if r.Possible+r.Escalating > 0 {
		text += fmt.Sprintf(", %d more perhaps or by an act", r.Possible+r.Escalating)
	}
	return text
}
