package reviews

import (
	"fmt"
	"strings"
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/review"
	"github.com/spf13/cobra"
)

// heads are the heads of the ledger's columns.
var heads = map[review.Aspect]string{review.Registered: "REGISTER", review.Labelled: "LABEL", review.Identity: "IDENTITY", review.Privileged: "PRIVILEGED", review.Logged: "LOG", review.Keys: "KEYS",
	review.Retained: "RETENTION", review.Owned: "OWNER", review.ThirdParty: "THIRD PARTY"}

// mark writes a state in a table.
func mark(s review.State) string {
	if s == review.Unknown {
		return "?"
	}
	return string(s)
}

// percent writes a share.
func percent(s review.Share) string { return fmt.Sprintf("%.0f %%", s.Percent) }

// migration puts the ledger in words.
func migration(l *review.LedgerAnswer) *show.Answer {
	ans := &show.Answer{Structs: l, Columns: []show.Column{{Name: "C"}, {Name: "PEOPLE", Right: true}, {Name: "REPOSITORY", Most: 60}, {Name: "CUSTODIAN"}, {Name: "MIGRATED"}}}
	for _, a := range review.Aspects() {
		ans.Columns = append(ans.Columns, show.Column{Name: heads[a]})
	}
	for i := range l.Rows {
		row := &l.Rows[i]
		cells := []string{row.Confidentiality, show.Count(row.People), row.Repository, row.Custodian, mark(row.Migrated)}
		for _, c := range row.Cells {
			cells = append(cells, mark(c.State))
		}
		ans.Rows = append(ans.Rows, cells)
	}
	gaps, questions := l.Open()
	p := &l.Progress
	switch {
	case len(l.Rows) == 0:
		ans.First = "No such repository with patient data is known: there is nothing to migrate, as far as it was surveyed."
	case gaps+questions == 0 && len(l.Rows) == 1:
		ans.First = fmt.Sprintf("Its 1 repository with patient data is inside the governance of %s.", strings.Join(l.Acquirers, ", "))
	case gaps+questions == 0:
		ans.First = fmt.Sprintf("All %d repositories with patient data are inside the governance of %s.", len(l.Rows), strings.Join(l.Acquirers, ", "))
	default:
		ans.First = fmt.Sprintf("%d of %s with patient data inside the governance of %s (%s of the people, %s of the bytes). Open: %s, %s.", p.Repositories.Done,
			show.Plural(p.Repositories.Of, "repository", "repositories"), strings.Join(l.Acquirers, ", "), percent(p.People), percent(p.Bytes), show.Plural(int64(gaps), "gap", "gaps"),
			show.Plural(int64(questions), "question", "questions"))
	}
	var last strings.Builder
	for i := range l.Gaps {
		if i == mostListed {
			fmt.Fprintf(&last, "And %d more; --tickets has all.\n", len(l.Gaps)-i)
			break
		}
		g := &l.Gaps[i]
		fmt.Fprintf(&last, "%d. %s: %s. %s people, %s.\n", i+1, title(g), g.Says, show.Count(g.People), owner(g))
	}
	if len(l.Unregistered) > 0 {
		fmt.Fprintf(&last, "Nobody registered: %s.\n", some(l.Unregistered))
	}
	for i, d := range l.Doubts {
		if i == mostListed {
			fmt.Fprintf(&last, "And %d more things could change this; -o json has all.\n", len(l.Doubts)-i)
			break
		}
		fmt.Fprintf(&last, "Could change this: %s.\n", d)
	}
	ans.Last = last.String() + "What to do, ready for tickets: chartroom review --tickets.   What a fact rests on: -o json, then chartroom review --evidence ID."
	return ans
}

// mostListed is how many gaps, and how many doubts, stand beneath the ledger.
const mostListed = 20

// title names what a gap is about.
func title(g *review.Gap) string {
	switch g.Kind {
	case review.GapUnmigrated:
		return "unmigrated " + g.Subject
	case review.GapLabel:
		return "wrong label on " + g.Subject
	case review.GapAccount:
		return "orphaned account " + g.Subject
	case review.GapProvider:
		return "foreign identity provider " + g.Subject
	case review.GapThirdParty:
		return "third party " + g.Subject
	}
	return string(g.Aspect) + " of " + g.Subject
}

// some names the first few.
func some(names []string) string {
	if len(names) > mostListed {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostListed], ", "), len(names)-mostListed)
	}
	return strings.Join(names, ", ")
}

func owner(g *review.Gap) string {
	if g.Owner == "" {
		return "nobody was named to act"
	}
	return g.Owner + " to act"
}

// tickets puts the gaps in rows.
func tickets(l *review.LedgerAnswer) *show.Answer {
	ans := &show.Answer{Structs: l.Gaps, Columns: []show.Column{{Name: "ID"}, {Name: "STATE"}, {Name: "KIND"}, {Name: "SUBJECT", Most: 60}, {Name: "PEOPLE", Right: true}, {Name: "SENSITIVITY", Most: 40}, {Name: "OWNER"},
		{Name: "WHAT", Most: 90}, {Name: "FIX", Most: 90}, {Name: "EVIDENCE", Most: 24}}}
	for i := range l.Gaps {
		g := &l.Gaps[i]
		var ids []string
		for _, e := range g.Evidence {
			ids = append(ids, e.ID)
		}
		ans.Rows = append(ans.Rows, []string{g.ID, string(g.State), g.Kind, g.Subject, show.Count(g.People), strings.Join(g.Sensitivity, " "), g.Owner, g.Says, g.Fix, strings.Join(ids, " ")})
	}
	gaps, questions := l.Open()
	ans.First = fmt.Sprintf("%s and %s are open.", show.Plural(int64(gaps), "gap", "gaps"), show.Plural(int64(questions), "question", "questions"))
	ans.Last = "For a tracker: -o csv or -o json; as OSCAL plan of action and milestones: -o oscal."
	return ans
}

// posture puts privileges and third parties in words.
func posture(a *review.PostureAnswer) *show.Answer {
	ans := &show.Answer{Structs: a, Columns: []show.Column{{Name: "PRINCIPAL", Most: 50}, {Name: "SYSTEM"}, {Name: "STANDS OUT"}, {Name: "PEOPLE NOW", Right: true}, {Name: "AT MOST", Right: true}, {Name: "LAST USED"},
		{Name: "MFA"}, {Name: "OWNER"}, {Name: "WHY", Most: 100}}}
	for i := range a.Accounts {
		x := &a.Accounts[i]
		ans.Rows = append(ans.Rows, []string{x.Name, x.System, strings.ReplaceAll(strings.Join(x.Kinds, " "), "_", " "), show.Count(x.Now), show.Count(x.Most), x.LastUsed, x.MFA, x.Owner, x.Says})
	}
	for i := range a.Clients {
		x := &a.Clients[i]
		end := "no end"
		if x.Expires != "" {
			end = "ends " + x.Expires
		}
		ans.Rows = append(ans.Rows, []string{x.Name, x.System, "app of " + orElse(x.Vendor, "?"), show.Count(x.Now), show.Count(x.Most), x.LastUsed, "", x.Owner,
			fmt.Sprintf("scopes: %s; %s; %s", orElse(strings.Join(x.Scopes, " "), "not said"), end, x.Says)})
	}
	ans.First = fmt.Sprintf("%s stand out among those that reach patient data (%d orphaned, %d dormant, %d shared, %d with standing privileges), and %s of others.",
		show.Plural(int64(len(a.Accounts)), "account", "accounts"), a.Counts[review.Orphaned], a.Counts[review.Dormant], a.Counts[review.Shared], a.Counts[review.Standing],
		show.Plural(int64(len(a.Clients)), "app or token", "apps and tokens"))
	if len(a.Unknown) > 0 {
		ans.Last = "Not known: " + strings.Join(a.Unknown, "; ") + ".\n"
	}
	ans.Last += "By what path: chartroom reach PRINCIPAL --why."
	return ans
}

func orElse(s, or string) string {
	if s == "" {
		return or
	}
	return s
}

// burn puts the ledger over time in rows.
func burn(points []review.Point) *show.Answer {
	ans := &show.Answer{Structs: points, Columns: []show.Column{{Name: "AT"}, {Name: "GAPS", Right: true}, {Name: "QUESTIONS", Right: true}, {Name: "REPOSITORIES", Right: true}, {Name: "PEOPLE", Right: true}, {Name: "BYTES", Right: true},
		{Name: "CELLS", Right: true}, {Name: "CLOSED", Right: true}, {Name: "OPENED", Right: true}}}
	for _, p := range points {
		ans.Rows = append(ans.Rows, []string{p.At.Format(time.RFC3339), fmt.Sprint(p.Gaps), fmt.Sprint(p.Questions), fmt.Sprintf("%d of %d", p.Progress.Repositories.Done, p.Progress.Repositories.Of), percent(p.Progress.People),
			percent(p.Progress.Bytes), fmt.Sprintf("%d of %d", p.Progress.Cells.Done, p.Progress.Cells.Of), fmt.Sprint(len(p.Closed)), fmt.Sprint(len(p.Opened))})
	}
	ans.First = "There was no survey in that time."
	if n := len(points); n > 0 {
		ans.First = fmt.Sprintf("%s after %s: %s and %s are open, from %d and %d at the first.", percent(points[n-1].Progress.Repositories), show.Plural(int64(n), "survey", "surveys"), show.Plural(int64(points[n-1].Gaps), "gap", "gaps"),
			show.Plural(int64(points[n-1].Questions), "question", "questions"), points[0].Gaps, points[0].Questions)
	}
	return ans
}

// open prints what stands behind an ID.
func (p *Program) open(cmd *cobra.Command, r *review.Review, id string) error {
	o, ok, err := r.Open(id)
	if err != nil {
		return err
	}
	if !ok {
		return p.Usage("nothing stands behind %q at that time; IDs are as -o json of review gives them", id)
	}
	ans := &show.Answer{Structs: o, Columns: []show.Column{{Name: "WHAT"}, {Name: "VALUE"}}, First: id + ":"}
	add := func(name string, value any) {
		if v := fmt.Sprint(value); v != "" {
			ans.Rows = append(ans.Rows, []string{name, v})
		}
	}
	switch {
	case o.Fact != nil:
		add("kind", o.Fact.Kind)
		add("who", o.Fact.Principal)
		add("does", o.Fact.Action)
		add("what", o.Fact.Target)
		add("system", o.Fact.System)
		add("scope", o.Fact.Scope)
		add("from", o.Fact.From)
		add("why", o.Fact.Why)
		add("detail", o.Fact.Detail)
	case o.Repository != nil:
		add("repository", o.Repository.Repository)
		add("verdict", o.Repository.Verdict)
		add("confidentiality", o.Repository.Confidentiality)
		add("sensitivity", strings.Join(o.Repository.Sensitivity, " "))
		add("people", show.Count(o.Repository.People))
		add("owner", o.Repository.Owner)
	case o.Item != nil:
		add("item", o.Item.Path)
		add("verdict", o.Item.Verdict)
		add("sensitivity", strings.Join(o.Item.Classes.Names(), " "))
	case o.Trait != nil:
		add(o.Trait.Name, o.Trait.Value)
		add("known", o.Trait.Known)
	case o.Principal != nil:
		for _, x := range o.Principal.Principals {
			add("principal", x.ID)
		}
		add("reads now", show.Count(o.Principal.Now.People)+" people")
		for i := range o.Principal.Repositories {
			add("repository", o.Principal.Repositories[i].Repository)
		}
	case o.Readers != nil:
		add("repository", o.Readers.Repository)
		add("readers now", o.Readers.Certain)
		add("outside", o.Readers.Outside)
	case o.Run != nil:
		add("began", o.Run.Began.Format(time.RFC3339))
		add("outcome", o.Run.Outcome)
		add("targets", strings.Join(o.Run.Targets, ", "))
	case o.Case != nil:
		add("opened", o.Case.Opened.Format(time.RFC3339))
		add("lines", o.Case.Lines)
		add("whole", o.Case.Whole)
		add("head", o.Case.Head)
	}
	ans.Last = "All of it: -o json."
	return p.Print(cmd, ans)
}
