package protocol

import (
	"fmt"
	"time"

	"github.com/chartroom/chartroom/incident"
)

// Fired is a threshold that was crossed, or may have been.
type Fired struct {
	ID    string     `json:"id"`
	Text  string     `json:"text"`
	Holds string     `json:"holds"` // yes, or not known
	Since *time.Time `json:"since"` // when the log says so first; null = it does not yet
	Do    []Due      `json:"do"`
}

// Due is what a threshold asks for, by when.
type Due struct {
	ID   string    `json:"id"` // T2.1
	What string    `json:"what"`
	Role string    `json:"role"` // its name
	Text string    `json:"text,omitempty"`
	By   time.Time `json:"by"`
	Done bool      `json:"done"`
	At   time.Time `json:"done_at,omitzero"`
	Late bool      `json:"late"` // it was done after that, or has not been done by now
}

// Evaluate gives the thresholds that hold now, and those that may, in the order of the protocol. One that has fired stays: what it asked
// for is due even if the situation has changed since.
func (p *Protocol) Evaluate(c *incident.Case, entries []incident.Entry, s *Situation, now time.Time) []Fired {
	since := map[string]time.Time{}
	for _, f := range c.Fired {
		if _, ok := since[f.ID]; !ok {
			since[f.ID] = f.At
		}
	}
	out := []Fired{}
	for i := range p.Thresholds {
		t := &p.Thresholds[i]
		at, fired := since[t.ID]
		holds := t.When.Holds(s)
		if fired {
			holds = incident.Yes
		}
		if holds == incident.No {
			continue
		}
		f := Fired{ID: t.ID, Text: t.Text, Holds: holds.String(), Do: []Due{}}
		if fired {
			f.Since = &at
		} else {
			at = now
		}
		if holds == incident.Yes {
			for j := range t.Do {
				f.Do = append(f.Do, p.due(&t.Do[j], fmt.Sprintf("%s.%d", t.ID, j+1), log{c, entries, s.Known, at}, now))
			}
		}
		out = append(out, f)
	}
	return out
}

// log is what an action is held against: the case, its lines, when the claim was known, and when the threshold was crossed.
type log struct {
	*incident.Case
	entries      []incident.Entry
	known, fired time.Time
}

func (p *Protocol) due(a *Action, id string, l log, now time.Time) Due {
	from := l.known
	if a.From == "fired" {
		from = l.fired
	}
	d := Due{ID: id, What: a.What, Role: p.RoleName(a.Role), Text: a.Text, By: from.Add(a.Within)}
	d.At, d.Done = a.done(id, l)
	d.Late = d.Done && d.At.After(d.By) || !d.Done && now.After(d.By)
	return d
}

// done tells whether the log shows that an action was done, and when. What it cannot show itself (a call, a hold) is done when somebody
// notes that it is.
func (a *Action) done(id string, l log) (at time.Time, is bool) {
	if a.Done == "case" {
		return l.OpenedAt, true
	}
	incident.Notes(l.entries, func(when time.Time, n *incident.Note) {
		if n.Done == id && !is {
			at, is = when, true
		}
	})
	if is {
		return at, true
	}
	for i := range l.entries {
		e := &l.entries[i]
		switch {
		case a.Done == "decision" && e.Kind == incident.Decided && !e.At.Before(l.fired):
			return e.At, true
		case a.Text != "" && e.Kind == incident.Approved:
			for _, ap := range l.Approvals {
				if ap.Line == e.Number && ap.Text == a.Text {
					return e.At, true
				}
			}
		}
	}
	return time.Time{}, false
}

// SituationOf puts together what conditions ask, from a case, its log, and how much of the shortest limit has gone (per cent).
func SituationOf(c *incident.Case, entries []incident.Entry, gone incident.Interval) *Situation {
	s := &Situation{Level: c.Level, Public: known(c.Claim.Public), Claimed: incident.Unbounded, People: c.Facts.Total, Gone: gone, Known: c.KnownAt,
		Decided: known(c.Determined != nil || c.Facts.RiskOfHarm != "unknown")}
	if c.Claim.People > 0 {
		s.Claimed = incident.Exactly(c.Claim.People)
	}
	incident.Notes(entries, func(_ time.Time, n *incident.Note) {
		switch n.About {
		case incident.Press:
			s.Press = incident.Yes
		case incident.PatientsContacted:
			s.PatientsContacted = incident.Yes
		case incident.PaymentConsidered:
			s.PaymentConsidered = incident.Yes
		}
	})
	if h := incident.HoldingsOf(entries); h != nil {
		s.Sensitivity, s.Unread = h.Sensitivity, h.Gaps > 0
		if s.Minors = h.Minors.AtLeast(1); s.Minors == incident.No && s.Unread {
			s.Minors = incident.Open
		}
	} else {
		s.Unread = true
	}
	return s
}
