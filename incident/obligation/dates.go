package obligation

import (
	"time"

	"github.com/chartroom/chartroom/incident"
)

// dates sets the last days under both clocks, and says in words when the rule is due.
func (b *Book) dates(r *Rule, s *scale, d *Duty) string {
	words := d.Deadline
	switch {
	case r.Starts == "statement":
		d.Conservative, d.Determined = Maybe(s.delayed), Maybe(s.delayed)
		return "no notice before " + s.delayed
	case r.Starts != "" && !r.onClock():
		d.Act = Maybe(acts[r.Starts])
		if r.Deadline == 0 && r.Starts != "individual_notice" && r.Starts != "no_harm_determination" {
			words += " after " + acts[r.Starts]
		}
		return words + ": it hangs on " + acts[r.Starts] + " and has no date before"
	case r.Deadline == 0:
		return words + ": the law names no number of days"
	}
	last, known := b.last(r, s, s.Discovered)
	d.Conservative = last
	if s.Facts.Determined != nil {
		d.Determined, _ = b.last(r, s, *s.Facts.Determined)
	}
	if !known {
		words += "; the holidays of that year are not known, so there is no date"
	}
	if r.Unit == "business_days" && known {
		words += ", without weekends and federal holidays; holidays of the State may differ"
	}
	if r.Delayed && s.delayed != "" {
		words += ", and not before " + s.delayed + ", as law enforcement asked"
	}
	if s.Facts.Determined == nil {
		words += "; there is no recorded decision yet, so only the conservative clock runs"
	}
	return words
}

// last gives the last day from a day that is day 0, no weekend or holiday moving it; false where the calendar ends before. Hours are
// counted from that day's midnight, as facts have no finer times.
func (b *Book) last(r *Rule, s *scale, from string) (Maybe, bool) {
	day, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return "", false
	}
	known := true
	switch r.Unit {
	case "calendar_days":
		day = day.AddDate(0, 0, r.Deadline)
	case "hours":
		day = day.AddDate(0, 0, r.Deadline/24)
	case "years":
		day = day.AddDate(r.Deadline, 0, 0)
	case "calendar_days_after_year_end":
		day = time.Date(day.Year(), time.December, 31+r.Deadline, 0, 0, 0, 0, time.UTC)
	case "business_days":
		day, known = b.days.after(day, r.Deadline)
	}
	if !known {
		return "", false
	}
	last := day.Format(time.DateOnly)
	if r.Delayed && last < s.delayed {
		last = s.delayed
	}
	return Maybe(last), true
}

// days of a statement that was made orally, or that names no day (45 CFR 164.412(b)).
const oralDays = 30

// delayedUntil gives the day until which law enforcement holds notices up, "" where it does not.
func delayedUntil(d *incident.Delay) string {
	if d == nil {
		return ""
	}
	if d.Written && d.Until != "" {
		return d.Until
	}
	made, err := time.Parse(time.DateOnly, d.Stated)
	if err != nil {
		return ""
	}
	return made.AddDate(0, 0, oralDays).Format(time.DateOnly)
}
