package desk

import (
	"context"
	"time"

	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/obligation"
	"github.com/chartroom/chartroom/incident/protocol"
)

// Clocks is what runs in a case, and what is to be done by when.
type Clocks struct {
	Case       string           `json:"case"`
	Level      incident.Level   `json:"level"`
	Now        time.Time        `json:"now"`
	Known      time.Time        `json:"known"`      // the conservative clock
	Determined *time.Time       `json:"determined"` // the determined clock; null = it does not run
	First      *Limit           `json:"first_due"`
	Possible   *Limit           `json:"first_possible"` // one that ends before, and hangs on a fact; null = none does
	Thresholds []protocol.Fired `json:"thresholds"`
	Protocol   string           `json:"protocol_warning,omitempty"`
}

// Limit is one that runs, under the conservative clock.
type Limit struct {
	Rule      string            `json:"rule"`
	Recipient string            `json:"recipient"`
	Citation  string            `json:"citation"`
	Status    obligation.Status `json:"status"`
	Deciding  string            `json:"deciding_fact,omitempty"` // what a contingent one hangs on
	Day       string            `json:"day"`                     // the last one
	End       time.Time         `json:"end"`                     // the end of that day
	Half      time.Time         `json:"half"`
	Gone      int64             `json:"gone_percent"`
}

// outer is the limit that stands for all where none other is due for sure: 60 days (45 CFR 164.404(b)).
const outer = 60

// limits gives the limit that ends first of those that are due on what is known, and of those that hang on a fact the one that would end
// before. Where nothing is due, as in the first hours, the first are the 60 days of HIPAA, which hang on there being a breach only, and that
// is presumed.
func (k *Case) limits(now time.Time) (first, possible *Limit, err error) {
	book, err := obligation.Shipped()
	if err != nil {
		return nil, nil, err
	}
	from := k.KnownAt.In(k.Zone())
	first = &Limit{Rule: "HIPAA", Recipient: "each individual", Citation: "45 CFR 164.404(b)", Status: obligation.Contingent,
		End: time.Date(from.Year(), from.Month(), from.Day()+outer+1, 0, 0, 0, 0, k.Zone())}
	for _, u := range book.Duties(&k.Facts) {
		day, err := time.ParseInLocation(time.DateOnly, string(u.Conservative), k.Zone())
		if err != nil || u.Status == obligation.NotDue {
			continue // it has no day of its own
		}
		l := &Limit{Rule: u.Rule, Recipient: u.Recipient, Citation: u.Citation, Status: u.Status, Deciding: string(u.Deciding), End: day.AddDate(0, 0, 1)}
		switch {
		case u.Status == obligation.Due && l.End.Before(first.End):
			first = l
		case u.Status == obligation.Contingent && (possible == nil || l.End.Before(possible.End)):
			possible = l
		}
	}
	first.run(from, now)
	if possible != nil && !possible.End.Before(first.End) {
		possible = nil
	}
	if possible != nil {
		possible.run(from, now)
	}
	return first, possible, nil
}

// run says how much of a limit has gone.
func (l *Limit) run(from, now time.Time) {
	whole := l.End.Sub(from)
	l.Half, l.Day = from.Add(whole/2), l.End.AddDate(0, 0, -1).Format(time.DateOnly)
	if whole > 0 {
		l.Gone = max(0, int64(100*now.Sub(from)/whole))
	}
}

// situation puts together what the protocol's conditions ask. Of the first limit at least so much has gone as of the one that is due, and
// as much as of the one that may be, if it is.
func (k *Case) situation(first, possible *Limit) *protocol.Situation {
	gone := incident.Exactly(first.Gone)
	if possible != nil {
		gone.High = max(gone.High, possible.Gone)
	}
	return protocol.SituationOf(k.Case, k.Entries, gone)
}

// Clocks tells what runs now.
func (k *Case) Clocks() (*Clocks, error) {
	p, err := k.desk.InForce()
	if err != nil {
		return nil, err
	}
	now := k.Now()
	c := &Clocks{Case: k.Name, Level: k.Level, Now: now, Known: k.KnownAt, Determined: k.Determined, Protocol: p.Old(now)}
	if c.First, c.Possible, err = k.limits(now); err != nil {
		return nil, err
	}
	c.Thresholds = p.Evaluate(k.Case, k.Entries, k.situation(c.First, c.Possible), now)
	return c, nil
}

// fire writes down each threshold that was crossed for the first time, and gives them.
func (k *Case) fire(ctx context.Context) ([]protocol.Fired, error) {
	if k.ClosedAt != nil {
		return nil, nil
	}
	c, err := k.Clocks()
	if err != nil {
		return nil, err
	}
	var out []protocol.Fired
	for _, f := range c.Thresholds {
		if f.Since != nil || f.Holds != incident.Yes.String() {
			continue
		}
		if err := k.add(ctx, act{kind: incident.Fired, body: incident.Firing{ID: f.ID, Text: f.Text}, machine: true}); err != nil {
			return out, err
		}
		out = append(out, f)
	}
	return out, nil
}

// Duties weighs every rule of a book against the facts of the case; nil is the book that comes with the program.
func (k *Case) Duties(book *obligation.Book) ([]obligation.Duty, error) {
	if book == nil {
		var err error
		if book, err = obligation.Shipped(); err != nil {
			return nil, err
		}
	}
	if err := k.Facts.Check(); err != nil {
		return nil, err
	}
	return book.Duties(&k.Facts), nil
}
