package estate

import (
	"fmt"
	"math"
	"sort"
	"strconv"

	"github.com/chartroom/chartroom/phi"
)

// Confidence is that of every bound of a sample.
const Confidence = 0.95

// Units of a sample: what was drawn, each with the same chance.
const (
	UnitRecord = "record"
	UnitBlock  = "block" // a stretch of a file, with the records that begin in it
)

// Bound is what a random sample says of the whole: what was not found in the sample stands in at most so many units of it, at
// the Confidence.
type Bound struct {
	Units int64   `json:"units"` // 0 when it is not known how many there are
	Share float64 `json:"share"` // of all units, 0 to 1
	Text  string  `json:"text"`  // the same in words
}

// Bound gives the bound of a sampled item, nil for any other.
func (e *Evidence) Bound() *Bound {
	if e.Coverage != Sampled.String() {
		return nil
	}
	if e.Of <= 0 {
		b := &Bound{Share: infiniteBound(e.Sample)}
		b.Text = fmt.Sprintf("a random sample, of it %d %ss in this item; what was not found in them stands in at most %s of them, at 95 %% confidence",
			e.Sample, e.Unit, Percent(b.Share))
		return b
	}
	b := &Bound{Units: SampleBound(e.Sample, e.Of)}
	b.Share = float64(b.Units) / float64(e.Of)
	b.Text = fmt.Sprintf("a random sample of %d of %d %ss; what was not found in it stands in at most %d of them (%s), at 95 %% confidence",
		e.Sample, e.Of, e.Unit, b.Units, Percent(b.Share))
	return b
}

// SampleBound is the largest number k of n units that may hold a thing when none of the units of a random sample without replacement
// does: the largest for which the chance to miss all of them, C(n-k, sample) / C(n, sample) by the hypergeometric distribution, is
// at least 5 %. It is exact up to a thousand million units. Beyond, it takes the chance with replacement, (1 - k/n)^sample, which
// is larger, so that the bound errs to the safe side. With a sample of s it is about 3/s of all, the "rule of three" (Hanley and
// Lippman-Hand, JAMA 249, 1983, p. 1743).
func SampleBound(sample, n int64) int64 {
	switch {
	case sample <= 0:
		return max(n, 0)
	case sample >= n:
		return 0
	case n > 1e9:
		return min(n-sample, int64(float64(n)*infiniteBound(sample)))
	}
	// The chance falls with k; that of more than n-sample is nought.
	return int64(sort.Search(int(n-sample), func(k int) bool { return missed(sample, n, int64(k)+1) < 1-Confidence }))
}

// missed is the chance that a sample of n units misses k.
func missed(sample, n, k int64) float64 {
	if few := min(sample, k); few <= 1000 { // exact to the last digits: sample and k may change places
		p, many := 1.0, max(sample, k)
		for i := range few {
			p *= float64(n-many-i) / float64(n-i)
		}
		return p
	}
	return math.Exp(logFactorial(n-k) - logFactorial(n-k-sample) - logFactorial(n) + logFactorial(n-sample))
}

func logFactorial(n int64) float64 {
	l, _ := math.Lgamma(float64(n) + 1)
	return l
}

// infiniteBound is the share of an endless whole.
func infiniteBound(sample int64) float64 {
	if sample <= 0 {
		return 1
	}
	return -math.Expm1(math.Log(1-Confidence) / float64(sample))
}

// Percent writes a share, rounded up to two digits that count.
func Percent(share float64) string {
	if share <= 0 {
		return "0 %"
	}
	digits := 1 - int(math.Floor(math.Log10(share*100))) // behind the point
	unit := math.Pow(10, float64(digits))
	return strconv.FormatFloat(math.Ceil(share*100*unit-1e-9)/unit, 'f', -1, 64) + " %"
}

// Unread is how many records of a sampled item were not looked at; where blocks were drawn, as many as the others make likely.
func (it *Item) Unread() int64 {
	e := &it.Evidence
	switch {
	case e.Coverage != Sampled.String() || e.Of <= e.Sample || it.People.Empty():
		return 0 // where nobody was met, the bound speaks
	case e.Unit == UnitRecord:
		return e.Of - e.Sample
	case e.Sample == 0:
		return 0
	}
	return int64(float64(it.Records) * float64(e.Of-e.Sample) / float64(e.Sample))
}

// Scaled is what a tally of a sample says of the whole: no fewer persons than were met, and at most one more for each record that was
// not looked at. How many there are between cannot be told: a sample of visits does not say how often each patient came.
func (t Tally) Scaled(unread int64) Tally {
	if unread <= 0 {
		return t
	}
	more := func(c Count) Count { return Count{c.Estimate, c.Low, c.High + unread} }
	out := Tally{Total: more(t.Total), States: map[phi.State]Count{}, Classes: map[phi.Class]Count{}, Minors: more(t.Minors), Part2: more(t.Part2)}
	for s, c := range t.States {
		out.States[s] = more(c)
	}
	for k, c := range t.Classes {
		out.Classes[k] = more(c)
	}
	return out
}
