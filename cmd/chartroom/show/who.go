package show

import (
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/access"
)

// Who puts the readers of a repository in words.
func Who(w *access.WhoAnswer, why bool, limit int) *Answer {
	ans := &Answer{Structs: w, Columns: []Column{{Name: "READER"}, {Name: "KIND"}, {Name: "READS"}, {Name: "PEOPLE", Right: true}, {Name: "BY"}, {Name: "NOTE"}}}
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
	var proofs strings.Builder
	for i := range w.Readers {
		r := &w.Readers[i]
		if limit > 0 && i == limit {
			ans.Last = fmt.Sprintf("These are the first %d of %d; --limit 0 shows all.\n", limit, len(w.Readers))
			break
		}
		ans.Rows = append(ans.Rows, []string{r.Name, r.Kind, sureness(r.Layer, r.Certain), Count(r.People), by(r.Path), readerNote(r)})
		if why {
			fmt.Fprintf(&proofs, "\n  %s\n%s", r.Name, proof(r.Path))
		}
	}
	ans.Last += proofs.String()
	if n := len(w.Writers); n > 0 {
		ans.Last += fmt.Sprintf("%s may change or delete what is in it.\n", Plural(int64(n), "principal", "principals"))
	}
	ans.Last += doubts(w.Doubts)
	ans.Last += "What a foothold reads: chartroom reach PRINCIPAL.   What to cut: chartroom cut."
	return ans
}

// sureness is how sure a reading is.
func sureness(layer string, certain bool) string {
	switch {
	case layer == access.Entitled.String() && certain:
		return "now"
	case layer == access.Entitled.String():
		return "perhaps"
	case certain:
		return "by an act"
	}
	return "perhaps, by an act"
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
