package show

import (
	"fmt"
	"strings"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// WhereColumns are the heads of where.
func WhereColumns() []Column {
	return []Column{{Name: "C"}, {Name: "SENSITIVITY"}, {Name: "PEOPLE", Right: true}, {Name: "REPOSITORY"}, {Name: "CUSTODIAN"}, {Name: "READERS", Right: true}, {Name: "SEEN"}}
}

// WhereRow are the cells of a row of where.
func WhereRow(r *catalog.Row, now time.Time) []string {
	people := r.People
	if r.Matching != nil {
		people = *r.Matching
	}
	readers := "not known"
	if r.ReadersCount != nil {
		readers = Thousands(*r.ReadersCount)
	}
	name := r.Repository
	if r.Item != "" {
		name = r.Item
	}
	return []string{grade(r), sensitivity(r), Count(people), name, r.Custodian, readers, seen(r.ObservedAt, r.Stale, now) + SampleMark(r)}
}

// SampleMark is how a row shows that it rests on a sample: with the bound where nothing was found.
func SampleMark(r *catalog.Row) string {
	switch {
	case r.Evidence != nil && r.Evidence.Bound != nil && r.Verdict == phi.VerdictUnknown.String():
		return ", sample: at most " + estate.Percent(r.Evidence.Bound.Share)
	case r.Evidence != nil && r.Evidence.Bound != nil, r.Sampling != nil:
		return ", sample"
	}
	return ""
}

// grade is the confidentiality of PHI, else the verdict.
func grade(r *catalog.Row) string {
	if r.Confidentiality != "" {
		return r.Confidentiality
	}
	return r.Verdict
}

func sensitivity(r *catalog.Row) string {
	s := append([]string(nil), r.Sensitivity...)
	if r.Part2 {
		s = append(s, "Part2?")
	}
	if r.Minors {
		s = append(s, "minors")
	}
	return strings.Join(s, " ")
}

// Count writes a number of people, with its bounds.
func Count(c estate.Count) string {
	switch {
	case c.Estimate == 0:
		return "-"
	case c.Exact():
		return Thousands(c.Estimate)
	case c.High-c.Estimate > 2*(c.Estimate-c.Low)+1: // of a sample: how many more there are cannot be told
		return Thousands(c.Low) + " to " + Thousands(c.High)
	}
	return fmt.Sprintf("%s ± %.1f %%", Thousands(c.Estimate), 100*float64(c.High-c.Low)/2/float64(c.Estimate))
}

func seen(at *time.Time, stale bool, now time.Time) string {
	if at == nil {
		return "never"
	}
	s := Age(*at, now)
	if stale {
		s += "  stale"
	}
	return s
}

// MostSensitive is the sentence that answers, of the first row.
func MostSensitive(r *catalog.Row) string {
	if r.Verdict != phi.VerdictPHI.String() {
		return "No repository holds patient data, as far as it was read."
	}
	text := "Most sensitive: " + r.Repository
	if r.Custodian != "" {
		text += " (" + r.Custodian + ")"
	}
	text += ", " + Plural(r.People.Estimate, "person", "people")
	if len(r.Sensitivity) > 0 {
		text += ", " + strings.Join(r.Sensitivity, " ")
	}
	if r.ReadersCount == nil {
		return text + "; who can read it is not known yet."
	}
	text = fmt.Sprintf("%s, readable by %s", text, Plural(*r.ReadersCount, "principal", "principals"))
	if r.Outside > 0 {
		text += fmt.Sprintf(", %d of them outside your identity provider", r.Outside)
	}
	return text + "."
}

// WhereLast says what the answer rests on, and what could change it.
func WhereLast(t catalog.Total) string {
	people := t.People
	if t.Matching != nil {
		people = *t.Matching
	}
	states := 0
	for s, n := range t.States {
		if s != "unknown" && n.Estimate > 0 {
			states++
		}
	}
	text := fmt.Sprintf("%s, %s people in %s.", Plural(int64(t.Repositories), "repository", "repositories"), Count(people), Plural(int64(states), "State", "States"))
	switch {
	case t.Gaps > 0:
		text += fmt.Sprintf(" %s could change this: chartroom gaps.", Plural(t.Gaps, "gap", "gaps"))
	default:
		text += " No gaps."
	}
	if t.Sampling != nil {
		text += " " + strings.ToUpper(t.Sampling.Text[:1]) + t.Sampling.Text[1:] + "."
	}
	if t.Stale > 0 {
		text += fmt.Sprintf(" The evidence of %d is stale: scan again.", t.Stale)
	}
	return text + "   What stands where: chartroom fields.   Who can read it: chartroom who REPOSITORY."
}

// SampleWords explain the marks of items that rest on samples.
const SampleWords = "Sample: a random part of the item was read. Where nothing was found, at 95 % confidence at most such a share of its records, or blocks\n" +
	"of a file, holds anything; of people, those met, and one more for each record that was not read. -o json has the numbers."
