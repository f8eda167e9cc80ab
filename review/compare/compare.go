// Package compare puts two custodians, or one at two times, beside each other on the same measures, and says of each which of them is
// better, or that it is not known. Every measure is one of which less is better. Gather asks the catalog and the access graph; all else is
// pure: a Subject comes in, and a Comparison goes out.
//
// A measure is a range, not a number: its low end is what is sure, its high end what is possible by all that is not known. One is better
// only where the ranges lie apart, so that a fact that nobody collected can make an answer "not known" and never a wrong one. What counts
// people is judged as a share of the custodian's own people, for a custodian is not worse because it is big: the share is what one
// patient's risk depends on. The absolute number stands beside it.
package compare

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/chartroom/chartroom/estate"
)

// Verdict is what a measure says of the one that is judged.
type Verdict string

// The verdicts.
const (
	Better   Verdict = "better"
	Worse    Verdict = "worse"
	Equal    Verdict = "equal"
	NotKnown Verdict = "not known"
)

// Range bounds a number. High is nil where nothing bounds it.
type Range struct {
	Low  float64  `json:"low"`
	High *float64 `json:"high"`
}

// Evidence is something that a measure rests on.
type Evidence struct {
	Of   string     `json:"of"` // a repository, or a principal's ID
	Says string     `json:"says"`
	Seen *time.Time `json:"seen,omitempty"`
}

// Measure is one measure of one side. Less is better.
type Measure struct {
	Name     string     `json:"measure"`
	Title    string     `json:"title"`
	Unit     Unit       `json:"unit"`
	Value    Range      `json:"value"`              // what is judged
	Absolute *Range     `json:"absolute,omitempty"` // people, where Value is a share of them
	Count    string     `json:"count,omitempty"`    // further figures in words: 2 of 7 repositories
	Evidence []Evidence `json:"evidence"`
	Missing  []string   `json:"missing"` // what is not known, each with what would settle it

	open bool // the range is as wide as it is because of facts that are not known, and not only because people were estimated
}

// Side is one of the two, measured.
type Side struct {
	Custodian    string       `json:"custodian"`
	At           time.Time    `json:"at"`
	People       estate.Count `json:"people"`
	Repositories int          `json:"repositories"` // that hold patient data
	Measures     []Measure    `json:"measures"`
}

// Row is one measure of both sides, and what it says.
type Row struct {
	Name     string  `json:"measure"`
	Title    string  `json:"title"`
	Judged   string  `json:"judged"`
	Against  string  `json:"against"`
	Verdict  Verdict `json:"verdict"`
	Sentence string  `json:"sentence"`
}

// Comparison is the answer.
type Comparison struct {
	Judged   Side     `json:"judged"`
	Against  Side     `json:"against"`
	Rows     []Row    `json:"rows"`
	Decided  bool     `json:"decided"`
	Decision string   `json:"decision"`
	Settle   []string `json:"would_settle"` // what would settle what is not known
}

// Compare judges one side against the other. Both must have been measured by Measures.
func Compare(judged, against Side) Comparison {
	c := Comparison{Judged: judged, Against: against, Rows: []Row{}, Settle: []string{}}
	for i := range judged.Measures {
		a := &judged.Measures[i]
		b := &against.Measures[slices.IndexFunc(against.Measures, func(m Measure) bool { return m.Name == a.Name })]
		r := Row{Name: a.Name, Title: a.Title, Judged: a.Text(), Against: b.Text(), Verdict: verdict(a, b, c.sameCustodian())}
		r.Sentence = c.sentence(a, b, &r)
		if r.Verdict == NotKnown {
			c.settle(a, b)
		}
		c.Rows = append(c.Rows, r)
	}
	c.decide()
	return c
}

func (c *Comparison) sameCustodian() bool { return c.Judged.Custodian == c.Against.Custodian }

// names are what the sides are called in sentences.
func (c *Comparison) names() (judged, against string) {
	if c.sameCustodian() {
		return c.Judged.Custodian + " on " + c.Judged.At.Format(time.DateOnly), "on " + c.Against.At.Format(time.DateOnly)
	}
	return c.Judged.Custodian, c.Against.Custodian
}

// settle collects what would settle a measure, each thing once.
func (c *Comparison) settle(both ...*Measure) {
	for _, m := range both {
		for _, what := range m.Missing {
			if !slices.Contains(c.Settle, what) {
				c.Settle = append(c.Settle, what)
			}
		}
	}
}

// verdict compares two measures of which less is better. Ranges that overlap say nothing, unless both are so narrow that they say the same;
// or unless it is one custodian, of which the same is known, and the same is not.
func verdict(a, b *Measure, same bool) Verdict {
	unit := units[a.Unit]
	switch {
	case a.Value.High != nil && *a.Value.High+unit.grain < b.Value.Low:
		return Better
	case b.Value.High != nil && *b.Value.High+unit.grain < a.Value.Low:
		return Worse
	case a.narrow(unit) && b.narrow(unit):
		return Equal
	case same && a.Value.is(b.Value):
		return Equal
	}
	return NotKnown
}

// narrow tells whether a range is as good as a number: no wider than the grain of its unit, or than what a sketch of distinct people
// leaves open.
func (m *Measure) narrow(u unit) bool {
	r, most := m.Value, u.grain
	if !m.open {
		most = max(u.grain, u.width, 0.05*r.Low)
	}
	return r.High != nil && *r.High-r.Low <= most
}

func (r Range) is(o Range) bool {
	return r.Low == o.Low && (r.High == nil) == (o.High == nil) && (r.High == nil || *r.High == *o.High)
}

// sentence says in words what a row says.
func (c *Comparison) sentence(a, b *Measure, r *Row) string {
	judged, against := c.names()
	text := r.Title + ": "
	switch r.Verdict {
	case Better, Worse:
		text += fmt.Sprintf("%s is %s than %s, %s against %s%s.", judged, r.Verdict, against, r.Judged, r.Against, units[a.Unit].why)
		if a.Absolute != nil && b.Absolute != nil && otherWay(a, b) {
			text += " In numbers of people it is the other way round, as one of them has more."
		}
	case Equal:
		text += fmt.Sprintf("%s and %s are equal, %s and %s.", judged, against, r.Judged, r.Against)
	default:
		text += "not known. " + left(judged, a) + " " + left(against, b)
	}
	if a.Count != "" {
		text += fmt.Sprintf(" (%s: %s. %s: %s.)", judged, a.Count, against, b.Count)
	}
	return text
}

// left says what one side leaves open.
func left(who string, m *Measure) string {
	text := who + ": " + m.Text()
	if len(m.Missing) > 0 {
		text += "; not known is " + m.Missing[0]
	}
	return text + "."
}

// otherWay tells whether the absolute numbers point the other way than the shares.
func otherWay(a, b *Measure) bool {
	x, y := *a.Absolute, *b.Absolute
	if *a.Value.High < b.Value.Low {
		return y.High != nil && x.Low > *y.High
	}
	return x.High != nil && y.Low > *x.High
}

// bounded makes a range.
func bounded(low, high float64) Range { return Range{low, &high} }

// number makes a range of one number.
func number(n float64) Range { return bounded(n, n) }

// share divides two counts of people, of which the one is a part of the other.
func share(part Range, whole estate.Count) Range {
	if whole.High == 0 || part.High == nil {
		return bounded(0, 1)
	}
	return bounded(math.Min(1, part.Low/float64(whole.High)), math.Min(1, *part.High/float64(max(1, whole.Low))))
}
