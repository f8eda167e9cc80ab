package compare

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/estate"
)

// Unit is what a measure is counted in.
type Unit string

// The units.
const (
	ShareOfPeople   Unit = "share of the custodian's people"
	ShareOfAccounts Unit = "share of the accounts that read patient data"
	Hours           Unit = "hours"
	GapsPerItems    Unit = "gaps in 100 items"
)

// unit says how a unit is judged and written.
type unit struct {
	grain float64 // differences up to it are none
	width float64 // a range up to it is as good as a number
	why   string  // why it is judged so
	words func(float64) string
}

var units = map[Unit]unit{
	ShareOfPeople:   {width: 0.02, why: ", judged as a share of its own people, since size alone is no fault", words: percent},
	ShareOfAccounts: {width: 0.02, why: ", judged as a share of its own accounts", words: percent},
	Hours:           {grain: 1, words: hours},
	GapsPerItems:    {grain: 0.01, why: ", judged by the number of items", words: func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + " in 100 items" }},
}

// Text writes the measure as a table shows it.
func (m *Measure) Text() string {
	if m.Absolute == nil {
		return m.Value.text(m.Unit)
	}
	return m.Value.text(m.Unit) + " (" + m.Absolute.people() + ")"
}

func (r Range) text(u Unit) string {
	words := units[u].words
	whole := u == ShareOfPeople || u == ShareOfAccounts
	switch {
	case r.High == nil && r.Low == 0, whole && r.Low == 0 && *r.High == 1:
		return "not known"
	case r.High == nil:
		return "at least " + words(r.Low)
	case words(r.Low) == words(*r.High):
		return words(r.Low)
	}
	return words(r.Low) + " to " + words(*r.High)
}

func (r Range) people() string {
	low := Thousands(int64(math.Round(r.Low)))
	if r.High == nil {
		return "at least " + low + " people"
	}
	if high := Thousands(int64(math.Round(*r.High))); high != low {
		return low + " to " + high + " people"
	}
	return low + " people"
}

// counted makes a range of a count.
func counted(c estate.Count) Range { return bounded(float64(c.Low), float64(c.High)) }

func percent(v float64) string {
	switch v *= 100; {
	case v == 0 || v >= 10:
		return strconv.FormatFloat(v, 'f', 0, 64) + " %"
	case v < 0.01:
		return "under 0.01 %"
	}
	return strconv.FormatFloat(v, 'f', 2, 64) + " %"
}

func hours(v float64) string {
	switch {
	case v < 1:
		return fmt.Sprintf("%d min", int(math.Ceil(v*60)))
	case v < 48:
		return fmt.Sprintf("%d h", int(v))
	}
	return fmt.Sprintf("%d d", int(v/24))
}

// Thousands writes a number with commas.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// several joins names, the first few of them.
func several(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
