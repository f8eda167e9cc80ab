package board

import (
	"fmt"
	"strings"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/review"
	"github.com/chartroom/chartroom/review/compare"
)

// Content is what a document is made of. What is nil is left out.
type Content struct {
	Ledger   *review.LedgerAnswer     `json:"ledger"`
	Posture  *review.PostureAnswer    `json:"posture"`
	Controls []*review.ControlsAnswer `json:"controls"`
	Beside   []*compare.Comparison    `json:"comparisons"`
	Points   []review.Point           `json:"progress,omitempty"` // the ledger over time
	Made     time.Time                `json:"made"`
	Version  string                   `json:"version"`
}

// Compose makes the document of what is given.
func Compose(c Content) *Document {
	d := &Document{Title: "Integration review", Made: c.Made, AsOf: c.Made, Version: c.Version}
	if c.Ledger != nil {
		d.ledger(c.Ledger)
	}
	for _, x := range c.Beside {
		d.comparison(x)
	}
	if c.Posture != nil {
		d.posture(c.Posture)
	}
	for _, f := range c.Controls {
		d.controls(f)
	}
	if len(c.Points) > 0 {
		d.points(c.Points)
	}
	return d
}

// pageRows is how many gaps stand on the page of a board.
const pageRows = 5

func (d *Document) ledger(l *review.LedgerAnswer) {
	d.AsOf = l.AsOf
	d.About = fmt.Sprintf("%s against the governance of %s", join(l.Custodians), join(l.Acquirers))
	p, gaps, questions := &l.Progress, 0, 0
	gaps, questions = l.Open()
	d.Answer = append(d.Answer, fmt.Sprintf("%d of %d repositories with patient data are inside the governance of %s.", p.Repositories.Done, p.Repositories.Of, join(l.Acquirers)))
	d.Figures = append(d.Figures, share("Repositories migrated", p.Repositories), share("People in migrated repositories only", p.People), share("Bytes migrated", p.Bytes),
		number("Gaps", gaps, Bad), number("Open questions", questions, Open), number("Repositories that nobody registered", len(l.Unregistered), Bad))
	d.Doubts = append(d.Doubts, l.Doubts...)
	d.Sections = append(d.Sections, gapsOf(l), ledgerOf(l))
	if len(l.Labels) > 0 {
		d.Sections = append(d.Sections, labelsOf(l))
	}
}

func gapsOf(l *review.LedgerAnswer) Section {
	s := Section{Name: "gaps", Title: "What is to be done", Lead: "What is open, the most sensitive first. Each is a ticket: what, for how many people, by whom, and how.", Page: pageRows,
		Columns: []Column{{"What", false}, {"State", false}, {"People", true}, {"Sensitivity", false}, {"Who", false}, {"Fix", false}, {"ID", false}}}
	for i := range l.Gaps {
		g := &l.Gaps[i]
		s.Rows = append(s.Rows, []Cell{{Text: g.Subject + ": " + strings.TrimPrefix(g.Says, g.Subject+": ")}, state(g.State), {Text: People(g.People)}, {Text: strings.Join(g.Sensitivity, " ")}, {Text: orElse(g.Owner, "nobody was named")}, {Text: g.Fix}, {Text: g.ID}})
	}
	return s
}

func ledgerOf(l *review.LedgerAnswer) Section {
	s := Section{Name: "ledger", Title: "Migration ledger", Lead: "Each repository with patient data, and whether it is inside the acquirer's governance.",
		Columns: []Column{{"Repository", false}, {"Custodian", false}, {"Grade", false}, {"People", true}, {"Migrated", false}}}
	for _, a := range review.Aspects() {
		s.Columns = append(s.Columns, Column{Name: strings.ReplaceAll(string(a), "_", " ")})
	}
	for i := range l.Rows {
		r := &l.Rows[i]
		row := []Cell{{Text: r.Repository}, {Text: r.Custodian}, {Text: r.Confidentiality}, {Text: People(r.People)}, state(r.Migrated)}
		for _, c := range r.Cells {
			row = append(row, state(c.State))
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

func labelsOf(l *review.LedgerAnswer) Section {
	s := Section{Name: "labels", Title: "Labels", Lead: "Each label of the register beside what was measured under it.", Columns: []Column{{"Place", false}, {"Label", false}, {"Measured", false}, {"People", true}, {"Fits", false}, {"Why", false}}}
	for i := range l.Labels {
		x := &l.Labels[i]
		s.Rows = append(s.Rows, []Cell{{Text: x.Place}, {Text: x.Label}, {Text: orElse(x.Measured, "no patient data")}, {Text: People(x.People)}, state(x.State), {Text: x.Says}})
	}
	return s
}

func (d *Document) comparison(c *compare.Comparison) {
	d.Answer = append(d.Answer, c.Decision)
	s := Section{Name: "compare-" + slug(c.Against.Custodian), Title: c.Judged.Custodian + " beside " + c.Against.Custodian, Lead: c.Decision, Columns: []Column{{"Measure", false}, {heading(&c.Judged, c), false}, {heading(&c.Against, c), false}, {"Verdict", false}, {"In words", false}}}
	if c.Judged.Custodian == c.Against.Custodian {
		s.Title = c.Judged.Custodian + " before and after"
	}
	tones := map[compare.Verdict]Tone{compare.Better: Good, compare.Worse: Bad, compare.NotKnown: Open}
	for i := range c.Rows {
		r := &c.Rows[i]
		s.Rows = append(s.Rows, []Cell{{Text: r.Title}, {Text: r.Judged}, {Text: r.Against}, {string(r.Verdict), tones[r.Verdict]}, {Text: strings.TrimPrefix(r.Sentence, r.Title+": ")}})
	}
	d.Sections = append(d.Sections, s)
}

func heading(s *compare.Side, c *compare.Comparison) string {
	if c.Judged.Custodian == c.Against.Custodian {
		return s.At.Format("2006-01-02 15:04")
	}
	return s.Custodian
}

func (d *Document) posture(p *review.PostureAnswer) {
	d.Figures = append(d.Figures, number("Accounts that stand out", len(p.Accounts), Open), number("Apps and tokens that reach patient data", len(p.Clients), Open))
	s := Section{Name: "posture", Title: "Privileged accounts and third parties", Lead: "Accounts that reach patient data and stand out, and apps and tokens of vendors.",
		Columns: []Column{{"Who", false}, {"System", false}, {"Stands out", false}, {"People now", true}, {"At most", true}, {"Last used", false}, {"Why", false}}}
	for i := range p.Accounts {
		x := &p.Accounts[i]
		s.Rows = append(s.Rows, texts(x.Name, x.System, strings.ReplaceAll(strings.Join(x.Kinds, " "), "_", " "), People(x.Now), People(x.Most), orElse(x.LastUsed, "not known"), x.Says))
	}
	for i := range p.Clients {
		x := &p.Clients[i]
		s.Rows = append(s.Rows, texts(x.Name, x.System, "app of "+orElse(x.Vendor, "nobody who was named"), People(x.Now), People(x.Most), orElse(x.LastUsed, "not known"), x.Says))
	}
	for _, u := range p.Unknown {
		d.Doubts = append(d.Doubts, "not known is "+u)
	}
	d.Sections = append(d.Sections, s)
}

func (d *Document) controls(f *review.ControlsAnswer) {
	if f.Counted.Of > 0 {
		d.Figures = append(d.Figures, share(f.Title+": rows evidenced", f.Counted))
	}
	s := Section{Name: "controls-" + f.Framework, Title: f.Title, Lead: strings.TrimSpace(fmt.Sprintf("%s %d rows are evidenced by collectors, %d attested by somebody, %d missing.", f.Draft, f.Counts[review.Evidenced], f.Counts[review.Attested], f.Counts[review.Missing])),
		Columns: []Column{{"ID", false}, {"Title", false}, {"Rests on", false}, {"Outcome", false}, {"Oldest", false}, {"What it shows", false}}}
	tones := map[review.Outcome]Tone{review.Satisfied: Good, review.NotSatisfied: Bad, review.Partly: Open, review.Undecided: Open}
	for i := range f.Rows {
		r := &f.Rows[i]
		age := ""
		if r.Age != nil {
			age = r.Age.Format(time.DateOnly)
		}
		s.Rows = append(s.Rows, []Cell{{Text: r.ID}, {Text: r.Title}, {Text: string(r.Status)}, {string(r.Outcome), tones[r.Outcome]}, {Text: age}, {Text: r.Says}})
	}
	d.Sections = append(d.Sections, s)
}

func (d *Document) points(points []review.Point) {
	s := Section{Name: "progress", Title: "Progress", Lead: "The ledger after each survey.", Columns: []Column{{"At", false}, {"Gaps", true}, {"Questions", true}, {"Repositories", true}, {"People", true}, {"Closed", true}, {"Opened", true}}}
	for _, p := range points {
		s.Rows = append(s.Rows, texts(p.At.Format("2006-01-02 15:04"), fmt.Sprint(p.Gaps), fmt.Sprint(p.Questions), part(p.Progress.Repositories), part(p.Progress.People), fmt.Sprint(len(p.Closed)), fmt.Sprint(len(p.Opened))))
	}
	d.Sections = append(d.Sections, s)
}

func state(s review.State) Cell {
	return Cell{string(s), map[review.State]Tone{review.Yes: Good, review.No: Bad, review.Unknown: Open}[s]}
}

// share makes a figure of a share.
func share(name string, s review.Share) Figure {
	f := Figure{Name: name, Value: fmt.Sprintf("%.0f %%", s.Percent), Note: fmt.Sprintf("%s of %s", compare.Thousands(s.Done), compare.Thousands(s.Of)), Tone: Open}
	if s.Done == s.Of {
		f.Tone = Good
	}
	return f
}

// part writes a share with its percentage.
func part(s review.Share) string {
	return fmt.Sprintf("%s of %s", compare.Thousands(s.Done), compare.Thousands(s.Of))
}

// number makes a figure of which none is good.
func number(name string, n int, tone Tone) Figure {
	if n == 0 {
		tone = Good
	}
	return Figure{Name: name, Value: compare.Thousands(int64(n)), Tone: tone}
}

// People writes a count with its bounds.
func People(c estate.Count) string {
	if c.Low == c.High {
		return compare.Thousands(c.Estimate)
	}
	return fmt.Sprintf("%s (%s to %s)", compare.Thousands(c.Estimate), compare.Thousands(c.Low), compare.Thousands(c.High))
}

func orElse(s, or string) string {
	if s == "" {
		return or
	}
	return s
}

// slug makes a name of a file, and of a place in a page, of any words.
func slug(words string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(words), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), "-")
}

// join joins names as prose does.
func join(names []string) string {
	switch n := len(names); n {
	case 0:
		return "nobody"
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}
