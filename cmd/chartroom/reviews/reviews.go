// Package reviews is the command review: is the acquired estate inside the acquirer's governance?
package reviews

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/review"
	"github.com/chartroom/chartroom/review/gather"
	"github.com/chartroom/chartroom/review/oscal"
	"github.com/spf13/cobra"
)

// Program is what the command needs of the program around it.
type Program struct {
	Open   func(cmd *cobra.Command) (*Room, error)
	Print  func(cmd *cobra.Command, a *show.Answer) error
	Usage  func(format string, args ...any) error
	Hint   func(err error, format string, args ...any) error
	Moment func(s string, now time.Time) (time.Time, error) // reads a point in time
	Form   *string                                          // what -o asks for
	AsOf   *string                                          // what --as-of asks for
}

// Room is an open catalog, and what is asked of it.
type Room struct {
	*catalog.Catalog
	Question   keep.Question
	StaleAfter time.Duration // age from which evidence is stale
}

// asked are the flags.
type asked struct {
	custodian, framework, over, evidence string
	out                                  string
	ledger, controls, posture, tickets   bool
	checks                               bool
}

// Command is the command review.
func Command(p *Program) *cobra.Command {
	var f asked
	cmd := &cobra.Command{
		Use: "review", Short: "is the acquired estate inside the acquirer's governance? Ledger, controls, posture, tickets", Args: cobra.NoArgs,
		Long: `Review holds what was acquired, and what vendors hold, against the acquirer's governance. Each answer is yes, no or not known, and rests on
facts that can be opened.

  chartroom review                          the migration ledger: what is registered, labelled, logged, whose keys, whose readers
  chartroom review --tickets -o csv         what is to be done: who, for how many people, how
  chartroom review --over 90d               the burn-down: the ledger after each survey
  chartroom review --framework hipaa        the HIPAA Security Rule row by row: evidenced, attested or missing; csf, sp800-66, or a FILE
  chartroom review --posture                privileged accounts, and what apps and vendors reach
  chartroom review --framework csf -o oscal OSCAL assessment results; with --tickets a plan of action and milestones
  chartroom review --evidence fact:231      what stands behind an ID
  chartroom review --out DIR                the documents: a page for the board, the whole as HTML and PDF, tables as CSV

See docs/review.md.`,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			switch *p.Form {
			case "table", "json", "csv", "oscal":
				return nil
			}
			return p.Usage("-o is table, json, csv or oscal, not %q", *p.Form)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return p.review(cmd, f) },
	}
	c := cmd.Flags()
	c.StringVar(&f.custodian, "custodian", "", "whose repositories; all but the acquirer's own where it is not said")
	c.StringVar(&f.framework, "framework", "", "csf, hipaa, sp800-66, or a file: an OSCAL catalog in JSON, or CSV; see docs/review.md")
	c.BoolVar(&f.ledger, "ledger", false, "the migration ledger (the default)")
	c.BoolVar(&f.controls, "controls", false, "the rows of a framework; of the CSF where none is named")
	c.BoolVar(&f.posture, "posture", false, "privileged accounts, and what apps and vendors reach")
	c.BoolVar(&f.tickets, "tickets", false, "what is to be done, one row a gap")
	c.BoolVar(&f.checks, "checks", false, "the checks that a framework can name")
	c.StringVar(&f.over, "over", "", "the ledger after each survey since then: 90d, or 2026-03-01")
	c.StringVar(&f.out, "out", "", "a folder for the documents: a page for a board and the whole as HTML and PDF, all tables as CSV, JSON")
	c.StringVar(&f.evidence, "evidence", "", "what stands behind the ID of a piece of evidence")
	c.StringVar(p.AsOf, "as-of", "", "what was known at a time: 2026-03-01, 2026-03-01T10:00:00Z, or how long ago: 7d")
	return cmd
}

func (p *Program) review(cmd *cobra.Command, f asked) error {
	if *p.Form == "oscal" && (f.posture || f.over != "" || f.evidence != "" || f.checks) {
		return p.Usage("OSCAL has words for the ledger and for a framework; of anything else, -o json")
	}
	if n := count(f.ledger, f.controls || f.framework != "", f.posture, f.over != "", f.evidence != ""); n > 1 {
		return p.Usage("one answer at a time: --ledger, --controls, --posture, --over or --evidence")
	}
	if f.checks {
		return p.Print(cmd, checkList())
	}
	room, err := p.Open(cmd)
	if err != nil {
		return err
	}
	defer room.Close()
	ctx := cmd.Context()
	if f.out != "" {
		return p.papers(cmd, room, f)
	}
	if f.over != "" {
		return p.over(cmd, room, f)
	}
	r, err := gather.Aged(ctx, room.Catalog, room.Question, room.StaleAfter)
	if err != nil {
		return err
	}
	if all := r.Custodians(); f.custodian != "" && !slices.Contains(all, f.custodian) {
		return p.Usage("no custodian is called %q; there are %s", f.custodian, strings.Join(all, ", "))
	}
	switch {
	case f.evidence != "":
		return p.open(cmd, r, f.evidence)
	case f.posture:
		answer, err := r.Posture(f.custodian)
		if err != nil {
			return err
		}
		return p.Print(cmd, posture(answer))
	case f.controls || f.framework != "":
		return p.framework(cmd, r, f)
	}
	ledger, err := r.Ledger(f.custodian)
	if err != nil {
		return p.nobody(err)
	}
	switch {
	case *p.Form == "oscal":
		return p.document(oscal.POAM(cmd.OutOrStdout(), ledger))
	case f.tickets:
		return p.Print(cmd, tickets(ledger))
	}
	return p.Print(cmd, migration(ledger))
}

// count counts what is set.
func count(of ...bool) (n int) {
	for _, is := range of {
		if is {
			n++
		}
	}
	return n
}

// nobody says what to do where no acquirer is declared.
func (p *Program) nobody(err error) error {
	if errors.Is(err, review.ErrNobody) {
		return p.Hint(err, "name the custodians and which of them is the acquirer in the file of the estate, and scan with -c FILE; see docs/review.md")
	}
	return err
}

// mostPoints is how many surveys a burn-down shows.
const mostPoints = 60

// over prints the ledger after each survey since a time.
func (p *Program) over(cmd *cobra.Command, room *Room, f asked) error {
	since, err := p.Moment(f.over, room.Question.Now)
	if err != nil {
		return err
	}
	times, err := surveys(cmd.Context(), room, since)
	if err != nil {
		return err
	}
	var ledgers []*review.LedgerAnswer
	for _, at := range times {
		q := room.Question
		q.AsOf = at
		r, err := gather.Aged(cmd.Context(), room.Catalog, q, room.StaleAfter)
		if err != nil {
			return err
		}
		l, err := r.Ledger(f.custodian)
		if errors.Is(err, review.ErrNobody) {
			continue // nobody had declared the estate then
		}
		if err != nil {
			return err
		}
		ledgers = append(ledgers, l)
	}
	return p.Print(cmd, burn(review.Burn(ledgers)))
}

// surveys gives the ends of the last surveys since a time, the earliest first.
func surveys(ctx context.Context, room *Room, since time.Time) ([]time.Time, error) {
	runs, err := room.Runs(ctx, room.Question.Who, 0)
	if err != nil {
		return nil, err
	}
	var out []time.Time
	for i := range runs {
		if end := runs[i].Ended; end != nil && !end.Before(since) && len(out) < mostPoints {
			out = append([]time.Time{*end}, out...)
		}
	}
	return out, nil
}
