// Package schedule says which targets are due to be surveyed. It is pure: what was surveyed when and what time it is are arguments, so that
// whoever asks late, after a night without power, hears of everything that was missed, and of each once.
package schedule

import (
	"fmt"
	"slices"
	"time"
)

// Target is something that is surveyed again and again.
type Target struct {
	Name  string
	Every time.Duration // 0 = never by itself
	Last  time.Time     // when the last survey that came to its end began; zero = there was none
	Tried time.Time     // when one was last begun, whatever became of it; zero = never
}

// pause is how long a target that could not be surveyed is left alone at most.
const pause = 30 * time.Minute

// due is when it is to be surveyed again: so long after the last survey, and not at once where one has just failed.
func (t *Target) due() time.Time {
	at := t.Last
	if !t.Last.IsZero() {
		at = t.Last.Add(t.Every)
	}
	if t.Tried.After(t.Last) {
		if again := t.Tried.Add(min(t.Every, pause)); again.After(at) {
			at = again
		}
	}
	return at
}

// Quiet are hours of each day in which no survey begins: from one minute of the day to another, the latter not included; it may be past
// midnight. The zero Quiet is none.
type Quiet struct{ From, To int }

// ParseQuiet reads 07:00-19:00.
func ParseQuiet(text string) (q Quiet, err error) {
	if text == "" {
		return q, nil
	}
	var h1, m1, h2, m2 int
	var rest string
	n, _ := fmt.Sscanf(text+" .", "%2d:%2d-%2d:%2d %s", &h1, &m1, &h2, &m2, &rest)
	if n != 5 || rest != "." || h1 < 0 || h1 > 23 || h2 < 0 || h2 > 24 || m1 < 0 || m1 > 59 || m2 < 0 || m2 > 59 || h2 == 24 && m2 > 0 {
		return q, fmt.Errorf("%q are no hours such as 07:00-19:00", text)
	}
	q = Quiet{h1*60 + m1, h2*60 + m2}
	if q.From == q.To || q.From == 0 && q.To == 24*60 {
		return Quiet{}, fmt.Errorf("%q leaves no time for surveys", text)
	}
	return q, nil
}

// Is tells whether a time is in the quiet hours of its own zone.
func (q Quiet) Is(t time.Time) bool {
	minute := t.Hour()*60 + t.Minute()
	if q.From <= q.To {
		return minute >= q.From && minute < q.To
	}
	return minute >= q.From || minute < q.To
}

// longestQuiet is longer than any quiet hours, on the day too on which clocks are set back.
const longestQuiet = 26 * 60

// end is when the quiet hours that a time is in are over: by the clock on the wall, whatever it is set to in between.
func (q Quiet) end(t time.Time) time.Time {
	for range longestQuiet {
		if !q.Is(t) {
			return t
		}
		t = t.Truncate(time.Minute).Add(time.Minute)
	}
	return t
}

// Due gives the targets that are due at a time, those first that have waited longest, and when to ask again; a zero next is never. In the
// quiet hours none is, and what becomes due in them is after them.
func Due(now time.Time, targets []Target, quiet Quiet) (due []string, next time.Time) {
	var ripe []Target
	for _, t := range targets {
		if t.Every <= 0 {
			continue
		}
		at := t.due()
		if !at.After(now) {
			ripe = append(ripe, t)
			continue
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	if quiet.Is(now) {
		if len(ripe) > 0 {
			next = quiet.end(now)
		}
		return nil, next
	}
	slices.SortStableFunc(ripe, func(a, b Target) int { return a.due().Compare(b.due()) })
	for _, t := range ripe {
		due = append(due, t.Name)
	}
	return due, next
}
