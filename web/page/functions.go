package page

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
)

// functions are what templates may call beside the methods of their data.
func functions() template.FuncMap {
	return template.FuncMap{
		"count": count, "number": number, "size": size, "ago": ago, "when": when, "span": span, "join": join, "percent": percent,
		"link": link, "static": staticName, "sure": access.Sureness, "last": last, "can": can, "plural": plural, "less": less,
		"treemap": treemap, "paths": paths, "proof": proof, "burn": burn, "bar": bar, "attack": attack, "tab": newTab, "choice": newChoice, "words": words, "by": by,
		"sureclass": sureClass, "statusclass": statusClass, "ranked": ranked, "inc": inc, "commas": commas, "spaced": spaced, "numeric": numeric, "smaller": smaller,
	}
}

// count writes a number of people, with its bound where it is an estimate.
func count(c estate.Count) string {
	if c.Exact() || c.Estimate == 0 {
		return number(c.Estimate)
	}
	off := max(c.High-c.Estimate, c.Estimate-c.Low)
	return fmt.Sprintf("%s ± %.0f %%", number(c.Estimate), max(1, 100*float64(off)/float64(c.Estimate)))
}

// number writes a number with commas between thousands. It takes any sort of whole number.
func number(n any) string {
	if p, ok := n.(*int64); ok {
		if p == nil {
			return "not known"
		}
		n = *p
	}
	s := fmt.Sprint(n)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// size writes a number of bytes in the unit that fits; below 0 it is not known.
func size(n int64) string {
	if n < 0 {
		return "not known"
	}
	const units = "kMGTPE"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	f, i := float64(n), -1
	for f >= 999.5 && i < len(units)-1 {
		f, i = f/1000, i+1
	}
	return fmt.Sprintf("%.3g %cB", f, units[i])
}

// ago says how long ago a time was.
func ago(t any, now time.Time) string {
	at, ok := moment(t)
	if !ok {
		return "never"
	}
	d := now.Sub(at)
	switch {
	case d < -time.Minute:
		return "in " + span(-d)
	case d < time.Minute:
		return "just now"
	}
	return span(d) + " ago"
}

// span writes a duration in its largest unit.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d d", d/(24*time.Hour))
}

// when writes a time for people and for screen readers, in UTC.
func when(t any) string {
	at, ok := moment(t)
	if !ok {
		return ""
	}
	return at.UTC().Format("2006-01-02 15:04 UTC")
}

func moment(t any) (time.Time, bool) {
	switch t := t.(type) {
	case time.Time:
		return t, !t.IsZero()
	case *time.Time:
		if t != nil {
			return *t, !t.IsZero()
		}
	}
	return time.Time{}, false
}

func join(words []string) string { return strings.Join(words, " ") }

func percent(part, whole int64) string {
	if whole <= 0 {
		return "0 %"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(whole))
}

// link makes an address of a path and pairs of names and values, leaving out what is empty.
func link(path string, pairs ...any) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if v := fmt.Sprint(pairs[i+1]); v != "" && v != "false" {
			q.Add(fmt.Sprint(pairs[i]), v)
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// last gives the end of a name that says most, for narrow places.
func last(name string) string {
	trimmed := strings.TrimRight(name, "/")
	if i := strings.LastIndexAny(trimmed, "/#"); i >= 0 && i+1 < len(trimmed) {
		return trimmed[i+1:]
	}
	return trimmed
}

func can(u *User, action string) bool { return u != nil && u.Can[action] }

func plural(n any, one, many string) string {
	if digits := number(n); digits != "1" {
		return digits + " " + many
	}
	return "1 " + one
}

// less is by how much something shrinks, in percent.
func less(before, after int64) string {
	if before <= 0 {
		return "0 %"
	}
	return fmt.Sprintf("-%.0f %%", 100*float64(before-after)/float64(before))
}

// tab is an entry of the menu.
type tab struct {
	Address, Words string
	Here           bool
}

// newTab makes one, which is where one is on any of some pages.
func newTab(v shown, address, words, pages string) tab {
	here := false
	for _, p := range strings.Fields(pages) {
		here = here || p == v.Name
	}
	return tab{address, words, here}
}

// choice is one field of a filter.
type choice struct {
	Label, Name, Value string
	Options            []string
}

func newChoice(label, name, value string, options []string) choice {
	return choice{label, name, value, options}
}

func words(w ...string) []string { return w }

// by puts a proof into a few words: through whom it leads.
func by(path []access.Step) string {
	switch len(path) {
	case 0:
		return "not known"
	case 1:
		return path[0].Verb
	}
	var through []string
	for _, s := range path[:len(path)-1] {
		through = append(through, last(s.To))
	}
	return "through " + strings.Join(through, " > ")
}

func sureClass(layer string, certain bool) string {
	return "sure-" + strings.ReplaceAll(strings.ReplaceAll(access.Sureness(layer, certain), ",", ""), " ", "-")
}

func statusClass(status any) string {
	switch fmt.Sprint(status) {
	case "DUE":
		return "mood-bad"
	case "CONTINGENT":
		return "mood-unknown"
	}
	return ""
}

// share is a name with how many it stands for.
type share struct {
	Name string
	N    int64
}

// ranked lists a map, the largest first.
func ranked(m map[string]int64) []share {
	out := make([]share, 0, len(m))
	for name, n := range m {
		out = append(out, share{name, n})
	}
	slices.SortFunc(out, func(a, b share) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name)) })
	return out
}

func inc(i int) int { return i + 1 }

func smaller(a, b int) int { return min(a, b) }

func commas(n []int) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(n), " ", ","), "[]") }

func spaced(word string) string { return strings.ReplaceAll(word, "_", " ") }

func numeric(t Table, column int) bool { return column < len(t.Numbers) && t.Numbers[column] }
