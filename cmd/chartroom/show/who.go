package show

import (
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/access"
)

// Shown is how much of an answer about access is shown.
type Shown struct {
	Why    bool // with proofs
	Limit  int  // rows of a table, 0 = all
	All    bool // of who: a row also for each that reads by what everybody has
	Places bool // of reach: a row for each part of a repository
}

// Who puts the readers of a repository in words.
func Who(w *access.WhoAnswer, shown Shown) *Answer {
	ans := &Answer{Structs: w, Columns: []Column{{Name: "READER", Most: 60}, {Name: "KIND"}, {Name: "READS"}, {Name: "PEOPLE", Right: true}, {Name: "BY", Most: 80}, {Name: "NOTE", Most: 100}}}
	if !w.Known {
		ans.First = fmt.Sprintf("%s: nobody collected or declared who can read it. It holds %s people.", w.Repository, Count(w.People))
		ans.Last = doubts(w.Doubts) + "Say it in the file of the estate (docs/estate.md), or survey it with a login that may read its rights (docs/access.md)."
		return ans
	}
	ans.First = fmt.Sprintf("%s: %s can read it now", w.Repository, Plural(int64(w.Certain), "principal", "principals"))
	if w.Outside > 0 {
		ans.First += fmt.Sprintf(", %d of them outside your identity provider", w.Outside)
	}
	ans.First += fmt.Sprintf("; %d more perhaps, %d more by an act. It holds %s people.", w.Possible, w.Escalating, Count(w.People))
	if w.Wider != "" {
		ans.First += " No fact divides it down to that: this is about all of " + w.Wider + "."
	}
	var proofs strings.Builder
	for i := range w.Readers {
		r := &w.Readers[i]
		if r.Anyone && !shown.All || shown.Limit > 0 && len(ans.Rows) == shown.Limit {
			break // those by what everybody has come last
		}
		ans.Rows = append(ans.Rows, []string{r.Name, r.Kind, access.Sureness(r.Layer, r.Certain), Count(r.People), by(r.Path), readerNote(r)})
		if shown.Why {
			fmt.Fprintf(&proofs, "\n  %s\n%s", r.Name, proof(r.Path))
		}
	}
	total := w.Certain + w.Possible + w.Escalating
	if !shown.All {
		total -= w.Anyone
	}
	if len(ans.Rows) < total {
		ans.Last = fmt.Sprintf("These are the first %s of %s; --limit 0 shows all.\n", Thousands(int64(len(ans.Rows))), Thousands(int64(total)))
	}
	if w.Anyone > 0 && !shown.All {
		ans.Last += Plural(int64(w.Anyone), "more reads it", "more read it") + " only by what everybody has; --all lists them.\n"
	}
	ans.Last += proofs.String()
	if n := w.MayWrite; n > 0 {
		ans.Last += fmt.Sprintf("%s may change or delete what is in it.\n", Plural(int64(n), "principal", "principals"))
	}
	ans.Last += doubts(w.Doubts)
	ans.Last += "What a foothold reads: chartroom reach PRINCIPAL.   What to cut: chartroom cut."
	return ans
}

// by names what stands between a principal and what it reads.
func by(path []access.Step) string {
	if len(path) == 0 {
		return ""
	}
	var names []string
	for _, s := range path[:len(path)-1] {
		names = append(names, s.To)
	}
	if len(names) == 0 {
		return path[0].Verb
	}
	if len(names) > 3 {
		names = append(names[:2], fmt.Sprintf("%d more", len(names)-2))
	}
	return strings.Join(names, " > ")
}

// readerNote is what else a reader of the table should know.
func readerNote(r *access.Reader) string {
	note := principalNote(&r.Principal)
	if !r.Whole && len(r.Places) > 0 {
		note = strings.TrimPrefix(note+", only "+shortList(r.Places, 2), ", ")
	}
	return note
}

// principalNote is what stands out about a principal.
func principalNote(p *access.Principal) string {
	var notes []string
	if p.Outside {
		notes = append(notes, "outside the identity provider")
	}
	if p.Traits["mfa"] == "none" {
		notes = append(notes, "no MFA")
	}
	for _, t := range []struct{ trait, text string }{{"superuser", "superuser"}, {"shared", "shared account"}, {"break_glass", "break-glass"}} {
		if p.Traits[t.trait] == "yes" {
			notes = append(notes, t.text)
		}
	}
	if last := p.Traits["last_used"]; last != "" {
		notes = append(notes, "last used "+last)
	}
	return strings.Join(notes, ", ")
}

// shortList names the first few of many.
func shortList(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// proof writes a path, a step a line, with the numbers of the grants that it rests on.
func proof(steps []access.Step) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "    %s", s)
		if len(s.Grants) > 0 {
			fmt.Fprintf(&b, "  [%s]", strings.Trim(strings.ReplaceAll(fmt.Sprint(s.Grants), " ", ", "), "[]"))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// doubts says what could change an answer.
func doubts(list []string) string {
	switch n := len(list); {
	case n == 0:
		return ""
	case n <= 3:
		return "What is not known and could change this: " + strings.Join(list, "; ") + ".\n"
	default:
		return fmt.Sprintf("%d things are not known and could change this (-o json has all): %s; ...\n", n, strings.Join(list[:2], "; "))
	}
}
