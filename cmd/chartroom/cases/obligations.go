package cases

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/obligation"
	"github.com/spf13/cobra"
)

// dutyFlags are what obligations are computed from.
type dutyFlags struct {
	facts string
	rules []string
	all   bool
}

func (p *Program) obligationsCommand() *cobra.Command {
	var f dutyFlags
	cmd := &cobra.Command{
		Use: "obligations", Short: "who must be told, by when and by which law: due, contingent on a fact that is named, or not due", Args: cobra.NoArgs,
		Long: `Obligations weighs every rule of breach notification against what is known: the facts of the case, or those of a file, and then without any
case. Numbers may be intervals, and what is not known stays open: a rule is due, not due, or contingent on a fact that is named. Dates
stand under two clocks: from the day on which anybody knew, and from the day of a recorded decision.

  {"entity":"covered_entity","part2":false,"discovered":"2026-03-02","determined":null,"states":{"CA":[480,700]},"total":[480,700],
   "kinds":["name","mrn"],"health":true,"encrypted":"unknown","public_company":false,"licensed_facility_states":["CA"],
   "risk_of_harm":"unknown","law_enforcement_delay":null}

Not legal advice: the rules are dated, and a lawyer reads the law of the day before a deadline is relied on.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.obligations(cmd, &f) },
	}
	c := cmd.Flags()
	c.StringVar(&f.facts, "facts", "", "file of facts, JSON, in place of a case; - is standard input")
	c.StringArrayVar(&f.rules, "rules", nil, "file of rules of your own, with the columns of the shipped ones (repeat it for each)")
	c.BoolVar(&f.all, "all", false, "in a table, show those that are not due, too")
	return cmd
}

func (p *Program) obligations(cmd *cobra.Command, f *dutyFlags) error {
	book, err := p.book(f.rules)
	if err != nil {
		return err
	}
	form, _ := cmd.Flags().GetString("output")
	if f.facts == "" {
		return p.docket(cmd, func(_ context.Context, k *docket) error {
			duties, err := k.Duties(book)
			if err != nil {
				return p.Hint(err, "a fact of the case that is wrong is put right with chartroom case fact --replace")
			}
			return p.Print(cmd, dutyAnswer(duties, form, f.all))
		})
	}
	facts, err := readFacts(cmd.InOrStdin(), f.facts)
	if err != nil {
		return p.Hint(err, "chartroom case obligations --help shows the form of the facts")
	}
	return p.Print(cmd, dutyAnswer(book.Duties(&facts), form, f.all))
}

// book opens the shipped rules and those of the organisation.
func (p *Program) book(files []string) (*obligation.Book, error) {
	book, err := obligation.Shipped()
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		in, err := os.Open(name)
		if err == nil {
			err = errors.Join(book.Add(in, name), in.Close())
		}
		if err != nil {
			return nil, p.Hint(err, "a file of rules is CSV with these columns: %s", strings.Join(obligation.Columns(), ","))
		}
	}
	return book, nil
}

func readFacts(stdin io.Reader, name string) (incident.Facts, error) {
	if name == "-" {
		return incident.ReadFacts(stdin)
	}
	in, err := os.Open(name)
	if err != nil {
		return incident.Facts{}, err
	}
	defer in.Close()
	f, err := incident.ReadFacts(in)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return f, err
}

// dutyAnswer shows what is due first, by date, then what is contingent, then what is not. A table has what a person needs first, CSV all.
func dutyAnswer(duties []obligation.Duty, form string, all bool) *show.Answer {
	rank := map[obligation.Status]int{obligation.Due: 0, obligation.Contingent: 1, obligation.NotDue: 2}
	shown := slices.Clone(duties)
	slices.SortStableFunc(shown, func(a, b obligation.Duty) int {
		return cmp.Or(cmp.Compare(rank[a.Status], rank[b.Status]), cmp.Compare(lastDay(&a), lastDay(&b)))
	})
	a := &show.Answer{Structs: duties}
	cells := dutyCells
	if form == "csv" {
		cells, all = dutyColumns, true
	}
	for _, c := range cells {
		a.Columns = append(a.Columns, show.Column{Name: c.name})
	}
	count := map[obligation.Status]int64{}
	for i := range shown {
		u := &shown[i]
		count[u.Status]++
		if !all && u.Status == obligation.NotDue {
			continue
		}
		row := make([]string, len(cells))
		for j, c := range cells {
			row[j] = c.of(u)
		}
		a.Rows = append(a.Rows, row)
	}
	a.First = fmt.Sprintf("Due: %s, and %s on facts that are not known.", show.Plural(count[obligation.Due], "notice", "notices"),
		show.Plural(count[obligation.Contingent], "more hangs", "more hang"))
	if u := first(shown, obligation.Due); u != nil {
		a.First += fmt.Sprintf(" The first day that runs out is %s: %s, %s.", u.Conservative, u.Jurisdiction, u.Recipient)
	}
	if u := first(shown, obligation.Contingent); u != nil {
		a.First += fmt.Sprintf(" The first that could be due is %s: %s, %s, which hangs on %s.", u.Conservative, u.Jurisdiction, u.Recipient, u.Deciding)
	}
	a.Last = fmt.Sprintf("Not due: %s", show.Plural(count[obligation.NotDue], "rule", "rules"))
	if !all {
		a.Last += " (--all shows them, with the reasons)"
	}
	a.Last += ". Not legal advice: a lawyer reads the law of the day first, above all where the confidence is medium."
	return a
}

// first gives the first duty of a status that has a day; nil where none has.
func first(shown []obligation.Duty, status obligation.Status) *obligation.Duty {
	for i := range shown {
		if shown[i].Status == status && shown[i].Conservative != "" {
			return &shown[i]
		}
	}
	return nil
}

// dutyCell is one column of duties.
type dutyCell struct {
	name string
	of   func(*obligation.Duty) string
}

// dutyCells are the columns of the table.
var dutyCells = []dutyCell{
	{"STATUS", func(u *obligation.Duty) string { return string(u.Status) }},
	{"BY", func(u *obligation.Duty) string { return string(u.Conservative) }},
	{"DETERMINED", func(u *obligation.Duty) string { return string(u.Determined) }},
	{"WHERE", func(u *obligation.Duty) string { return u.Jurisdiction }},
	{"RECIPIENT", func(u *obligation.Duty) string { return u.Recipient }},
	{"WHY", func(u *obligation.Duty) string {
		switch u.Status {
		case obligation.Contingent:
			return "decides: " + string(u.Deciding)
		case obligation.NotDue:
			return u.Because
		}
		return u.Deadline
	}},
	{"CITATION", func(u *obligation.Duty) string { return u.Citation }},
	{"CONFIDENCE", func(u *obligation.Duty) string { return u.Confidence }},
}

// dutyColumns are the columns of CSV, by the keys of JSON.
var dutyColumns = []dutyCell{
	{"rule", func(u *obligation.Duty) string { return u.Rule }},
	{"jurisdiction", func(u *obligation.Duty) string { return u.Jurisdiction }},
	{"regime", func(u *obligation.Duty) string { return u.Regime }},
	{"recipient", func(u *obligation.Duty) string { return u.Recipient }},
	{"status", func(u *obligation.Duty) string { return string(u.Status) }},
	{"due_conservative", func(u *obligation.Duty) string { return string(u.Conservative) }},
	{"due_determined", func(u *obligation.Duty) string { return string(u.Determined) }},
	{"deciding_fact", func(u *obligation.Duty) string { return string(u.Deciding) }},
	{"because", func(u *obligation.Duty) string { return u.Because }},
	{"act", func(u *obligation.Duty) string { return string(u.Act) }},
	{"deadline", func(u *obligation.Duty) string { return u.Deadline }},
	{"citation", func(u *obligation.Duty) string { return u.Citation }},
	{"note", func(u *obligation.Duty) string { return u.Note }},
	{"confidence", func(u *obligation.Duty) string { return u.Confidence }},
	{"as_of", func(u *obligation.Duty) string { return u.AsOf }},
}

// lastDay sorts duties without a date behind those with one.
func lastDay(u *obligation.Duty) string { return cmp.Or(string(u.Conservative), "9999") }
