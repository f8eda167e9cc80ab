package cases

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/cmd/chartroom/strict"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/obligation"
	"github.com/chartroom/chartroom/incident/protocol"
	"github.com/spf13/cobra"
)

// clocks is the answer of case clock.
type clocks struct {
	Case       string           `json:"case"`
	Level      incident.Level   `json:"level"`
	Now        time.Time        `json:"now"`
	Known      time.Time        `json:"known"`      // the conservative clock
	Determined *time.Time       `json:"determined"` // the determined clock; null = it does not run
	Shortest   *limit           `json:"shortest"`
	Thresholds []protocol.Fired `json:"thresholds"`
	Protocol   string           `json:"protocol_warning,omitempty"`
}

// limit is the first one that runs out.
type limit struct {
	Rule      string    `json:"rule"`
	Recipient string    `json:"recipient"`
	Citation  string    `json:"citation"`
	Status    string    `json:"status"`
	End       time.Time `json:"end"`
	Half      time.Time `json:"half"`
	Gone      int64     `json:"gone_percent"`
}

// outer is the rule that stands for all where none other is due for sure: 60 days (45 CFR 164.404(b)).
const outer = 60

// shortest gives the limit that runs out first under the conservative clock, of those that are due on what is known. Where nothing is, as
// in the first hours, it is the 60 days of HIPAA, which is contingent only on there being a breach, and that is presumed.
func (k *docket) shortest(now time.Time) (*limit, error) {
	book, err := obligation.Shipped()
	if err != nil {
		return nil, err
	}
	from := k.KnownAt.In(k.zone())
	best := &limit{Rule: "HIPAA", Recipient: "each individual", Citation: "45 CFR 164.404(b)", Status: string(obligation.Contingent),
		End: time.Date(from.Year(), from.Month(), from.Day()+outer+1, 0, 0, 0, 0, k.zone())}
	for _, u := range book.Duties(&k.Facts) {
		day, err := time.ParseInLocation(time.DateOnly, string(u.Conservative), k.zone())
		if err != nil || u.Status != obligation.Due {
			continue // it has no day of its own, or hangs on something
		}
		if end := day.AddDate(0, 0, 1); end.Before(best.End) {
			best = &limit{Rule: u.Rule, Recipient: u.Recipient, Citation: u.Citation, Status: string(u.Status), End: end}
		}
	}
	whole := best.End.Sub(from)
	best.Half = from.Add(whole / 2)
	if whole > 0 {
		best.Gone = int64(100 * now.Sub(from) / whole)
	}
	return best, nil
}

// protocol gives the protocol in force: the organisation's own, or the one that comes with the program.
func (d *Desk) protocol(cmd *cobra.Command) (*protocol.Protocol, []byte, error) {
	path, _ := cmd.Flags().GetString("protocol")
	if path == "" {
		p, err := protocol.Default()
		return p, protocol.Shipped(), err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	var p protocol.Protocol
	doc := strict.Read(raw, &p)
	p.Check(doc.Wrong)
	if m := doc.Mistakes(); len(m) > 0 {
		return nil, nil, d.Hint(fmt.Errorf("the protocol %s has mistakes:\n%w", path, m), "chartroom case protocol prints one to begin with")
	}
	return &p, raw, nil
}

// situation puts together what the protocol's conditions ask.
func (k *docket) situation(now time.Time) (*protocol.Situation, error) {
	l, err := k.shortest(now)
	if err != nil {
		return nil, err
	}
	return protocol.SituationOf(k.Case, k.entries, incident.Exactly(max(l.Gone, 0))), nil
}

// fire writes down each threshold that was crossed for the first time.
func (k *docket) fire(ctx context.Context, cmd *cobra.Command) error {
	if k.ClosedAt != nil {
		return nil
	}
	p, _, err := k.desk.protocol(cmd)
	if err != nil {
		return err
	}
	now := k.now()
	s, err := k.situation(now)
	if err != nil {
		return err
	}
	for _, f := range p.Evaluate(k.Case, k.entries, s, now) {
		if f.Since != nil || f.Holds != incident.Yes.String() {
			continue
		}
		if err := k.add(ctx, act{kind: incident.Fired, body: incident.Firing{ID: f.ID, Text: f.Text}}); err != nil {
			return err
		}
		for _, a := range f.Do {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s (%s): %s, by %s\n", a.ID, a.Role, a.What, k.when(a.By))
		}
	}
	return nil
}

func (d *Desk) clockCommand() *cobra.Command {
	return &cobra.Command{Use: "clock", Short: "both clocks: what runs, what has gone of it, and what is to be done by when", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return d.docket(cmd, func(_ context.Context, k *docket) error {
				p, _, err := d.protocol(cmd)
				if err != nil {
					return err
				}
				now := k.now()
				c := &clocks{Case: k.name, Level: k.Level, Now: now, Known: k.KnownAt, Determined: k.Determined, Protocol: p.Old(now)}
				if c.Shortest, err = k.shortest(now); err != nil {
					return err
				}
				c.Thresholds = p.Evaluate(k.Case, k.entries, protocol.SituationOf(k.Case, k.entries, incident.Exactly(max(c.Shortest.Gone, 0))), now)
				return d.Print(cmd, k.clockAnswer(c))
			})
		}}
}

func (k *docket) clockAnswer(c *clocks) *show.Answer {
	a := &show.Answer{Structs: c, Columns: []show.Column{{Name: "BY"}, {Name: "STATE"}, {Name: "WHO"}, {Name: "WHAT"}, {Name: "TEXT"}, {Name: "THRESHOLD"}}}
	a.First = fmt.Sprintf("Case %s, level %s. Conservative clock: since %s, %s gone. Determined clock: %s.", k.name, c.Level, k.when(c.Known), span(c.Now.Sub(c.Known)), k.determined(c.Now))
	for _, f := range c.Thresholds {
		if f.Holds != incident.Yes.String() {
			a.Rows = append(a.Rows, []string{"", "may be", "", "crossed if what is open turns out so: " + f.Text, "", f.ID})
		}
		for _, u := range f.Do {
			a.Rows = append(a.Rows, []string{k.when(u.By), dueState(&u, c.Now), u.Role, u.What, u.Text, u.ID})
		}
	}
	l := c.Shortest
	a.Last = fmt.Sprintf("The shortest limit that runs: %s, %s (%s), by the end of %s; half of it is %s, %d %% are gone.",
		l.Rule, l.Recipient, l.Citation, l.End.AddDate(0, 0, -1).Format(time.DateOnly), k.when(l.Half), l.Gone)
	if c.Protocol != "" {
		a.Last += "\nNote: " + c.Protocol + "."
	}
	a.Last += "\nWhat the log does not show itself is noted when it is done: chartroom case note TEXT --done T2.2. All duties: chartroom case obligations. Not legal advice."
	return a
}

func dueState(u *protocol.Due, now time.Time) string {
	switch {
	case u.Done && u.Late:
		return "done late"
	case u.Done:
		return "done"
	case u.Late:
		return "OVERDUE by " + span(now.Sub(u.By))
	}
	return "in " + span(u.By.Sub(now))
}

func (k *docket) determined(now time.Time) string {
	if k.Determined == nil {
		return "does not run, as nobody has decided that it is a breach"
	}
	return fmt.Sprintf("since %s, %s gone", k.when(*k.Determined), span(now.Sub(*k.Determined)))
}

// when writes a moment in the zone of the case.
func (k *docket) when(t time.Time) string { return t.In(k.zone()).Format("2006-01-02 15:04 MST") }

// span writes a duration in two units.
func span(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
}
