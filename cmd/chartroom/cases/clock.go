package cases

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/cmd/chartroom/strict"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/chartroom/chartroom/incident/protocol"
	"github.com/spf13/cobra"
)

// protocol gives the organisation's own protocol; the zero one where --protocol names none.
func (p *Program) protocol(cmd *cobra.Command) (own desk.Protocol, err error) {
	path, _ := cmd.Flags().GetString("protocol")
	if path == "" {
		return own, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return own, err
	}
	var is protocol.Protocol
	doc := strict.Read(raw, &is)
	is.Check(doc.Wrong)
	if m := doc.Mistakes(); len(m) > 0 {
		return own, p.Hint(fmt.Errorf("the protocol %s has mistakes:\n%w", path, m), "chartroom case protocol prints one to begin with")
	}
	return desk.Protocol{Protocol: &is, Text: raw}, nil
}

func (p *Program) clockCommand() *cobra.Command {
	return p.reading("clock", "both clocks: what runs, what has gone of it, and what is to be done by when", func(_ context.Context, k *docket) (*show.Answer, error) {
		c, err := k.Clocks()
		if err != nil {
			return nil, err
		}
		return k.clockAnswer(c), nil
	})
}

func (k *docket) clockAnswer(c *desk.Clocks) *show.Answer {
	a := &show.Answer{Structs: c, Columns: []show.Column{{Name: "BY"}, {Name: "STATE"}, {Name: "WHO"}, {Name: "WHAT"}, {Name: "TEXT"}, {Name: "THRESHOLD"}}}
	a.First = fmt.Sprintf("Case %s, level %s. Conservative clock: since %s, %s gone. Determined clock: %s.", k.Name, c.Level, k.When(c.Known), span(c.Now.Sub(c.Known)), k.determined(c.Now))
	for _, f := range c.Thresholds {
		if f.Holds != incident.Yes.String() {
			a.Rows = append(a.Rows, []string{"", "may be", "", "crossed if what is open turns out so: " + f.Text, "", f.ID})
		}
		for _, u := range f.Do {
			a.Rows = append(a.Rows, []string{k.When(u.By), dueState(&u, c.Now), u.Role, u.What, u.Text, u.ID})
		}
	}
	a.Last = "First due: " + k.limit(c.First)
	if c.Possible != nil {
		a.Last += "\nFirst that could be due: " + k.limit(c.Possible)
	}
	if c.Protocol != "" {
		a.Last += "\nNote: " + c.Protocol + "."
	}
	a.Last += "\nWhat the log does not show itself is noted when it is done: chartroom case note TEXT --done T2.2. All duties: chartroom case obligations. Not legal advice."
	return a
}

func (k *docket) limit(l *desk.Limit) string {
	if l.Gone >= 100 {
		return l.Words() + "; it has run out."
	}
	return fmt.Sprintf("%s; half of it is %s, %d %% are gone.", l.Words(), k.When(l.Half), l.Gone)
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
	return fmt.Sprintf("since %s, %s gone", k.When(*k.Determined), span(now.Sub(*k.Determined)))
}

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
