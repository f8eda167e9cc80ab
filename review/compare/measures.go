package compare

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/estate"
)

// mostEvidence is how many pieces of evidence a measure shows.
const mostEvidence = 5

// measuring is a subject on its way to its measures.
type measuring struct {
	*Subject
	phi    []Repository
	people estate.Count // of all that hold patient data
	unread []string
}

// Measures measures a subject. Its errors are those of counting.
func Measures(s *Subject) (Side, error) {
	m := &measuring{Subject: s, phi: s.phi(), unread: s.unread()}
	var err error
	if m.people, err = s.Count(names(m.phi)); err != nil {
		return Side{}, fmt.Errorf("count the people of %s: %w", s.Custodian, err)
	}
	side := Side{Custodian: s.Custodian, At: s.At, People: m.people, Repositories: len(m.phi)}
	largest, err := m.largest()
	if err != nil {
		return Side{}, fmt.Errorf("count the people of %s: %w", s.Custodian, err)
	}
	side.Measures = []Measure{largest, m.median()}
	for _, e := range []exposure{
		{"unregistered", "Patient data that nobody registered", func(r *Repository) State { return r.Registered.not() }, "not in the register"},
		{"encryption", "Patient data not encrypted, or with its keys in reach", func(r *Repository) State { return r.OutOfReach.not() }, "readable in clear"},
		{"public", "Patient data open to anyone", func(r *Repository) State { return r.Open }, "open to anyone"},
	} {
		x, err := m.exposed(&e)
		if err != nil {
			return Side{}, fmt.Errorf("count the people of %s: %w", s.Custodian, err)
		}
		side.Measures = append(side.Measures, x)
	}
	side.Measures = append(side.Measures, m.age(), m.mfa(), m.answer(), m.gaps())
	for i := range side.Measures {
		x := &side.Measures[i]
		x.Evidence, x.Missing = x.Evidence[:min(len(x.Evidence), mostEvidence)], slices.Compact(x.Missing)
	}
	return side, nil
}

func names(repositories []Repository) []string {
	out := make([]string, len(repositories))
	for i := range repositories {
		out[i] = repositories[i].Name
	}
	return out
}

func (s State) not() State {
	switch s.Answer {
	case Yes:
		s.Answer = No
	case No:
		s.Answer = Yes
	}
	return s
}

// measure begins one; it is not known until something is.
func (m *measuring) measure(name, title string, u Unit) Measure {
	out := Measure{Name: name, Title: title, Unit: u, Evidence: []Evidence{}, Missing: []string{}}
	if len(m.unread) > 0 {
		out.Missing = append(out.Missing, "what stands in "+several(m.unread)+": survey it")
	} else if len(m.phi) == 0 {
		out.Missing = append(out.Missing, "where patient data of "+m.Custodian+" is: survey its targets")
	}
	return out
}

// blind tells whether nothing can be said of shares of the people: nobody knows them all.
func (m *measuring) blind() bool { return len(m.unread) > 0 || m.people.High == 0 }

// ofPeople sets a measure that is a share of the people, from how many it concerns.
func (m *measuring) ofPeople(x *Measure, part Range) {
	x.Absolute = &part
	if x.Value = share(part, m.people); m.blind() {
		x.Value, x.Absolute = bounded(0, 1), &Range{Low: part.Low}
	}
}

// dark gives the repositories of which nobody collected who can read them, or not to the end, and says what would settle it.
func (m *measuring) dark() (names, settle []string) {
	var open []string
	for i := range m.phi {
		switch r := &m.phi[i]; {
		case !r.Readers:
			names, open = append(names, r.Name), append(open, r.Name)
		case len(r.Doubts) > 0:
			names, settle = append(names, r.Name), append(settle, "who else can read "+r.Name+": "+r.Doubts[0])
		}
	}
	if len(open) > 0 {
		settle = append(settle, "who can read "+several(open)+": collect or declare its access")
	}
	return names, settle
}

// largest is the people whom the largest single foothold reads.
func (m *measuring) largest() (Measure, error) {
	x := m.measure("largest_foothold", "People at the largest single foothold", ShareOfPeople)
	var low, high float64
	top := slices.SortedStableFunc(slices.Values(m.Footholds), func(a, b Foothold) int { return cmp.Compare(b.People.Estimate, a.People.Estimate) })
	for i := range top {
		f := &top[i]
		low, high = math.Max(low, float64(f.People.Low)), math.Max(high, float64(f.Most.High))
		x.Evidence = append(x.Evidence, Evidence{Of: f.ID, Says: "reads " + counted(f.People).people()})
		x.open = x.open || f.People != f.Most
	}
	dark, settle := m.dark()
	more, err := m.count(dark)
	if err != nil {
		return x, err
	}
	if len(dark) > 0 {
		high, x.open = math.Min(float64(m.people.High), high+float64(more.High)), true
	} else if x.open {
		settle = append(settle, "whether the conditions hold under which some footholds read more: chartroom reach shows them")
	}
	x.Missing = append(append(x.Missing, settle...), m.Doubts...)
	m.ofPeople(&x, bounded(low, high))
	return x, nil
}

// median is the people whom the foothold in the middle reads, of those that read anybody.
func (m *measuring) median() Measure {
	x := m.measure("median_foothold", "People at the median foothold", ShareOfPeople)
	var low, high []float64
	for i := range m.Footholds {
		f := &m.Footholds[i]
		x.open = x.open || f.People != f.Most
		most := f.Most.High
		if f.perhaps() { // without it, the one in the middle may be a larger one
			most = m.people.High
		}
		low, high = append(low, float64(f.People.Low)), append(high, float64(most))
	}
	part := bounded(middle(low), middle(high))
	dark, settle := m.dark()
	if len(dark) > 0 {
		x.open = true
		part = bounded(0, float64(m.people.High)) // whoever reads those can be any number of footholds
		x.Missing = append(x.Missing, settle...)
	}
	x.Count = fmt.Sprintf("%s footholds read somebody", Thousands(int64(len(m.Footholds))))
	x.Missing = append(x.Missing, m.Doubts...)
	m.ofPeople(&x, part)
	return x
}

// middle is the median, the lower of two in the middle; 0 of nothing.
func middle(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[(len(v)-1)/2]
}

// exposure is a measure of how many people stand in repositories with a fault.
type exposure struct {
	name, title string
	fault       func(*Repository) State
	word        string
}

// exposed counts the people in repositories that have the fault for sure, and in those that may have it.
func (m *measuring) exposed(e *exposure) (Measure, error) {
	x := m.measure(e.name, e.title, ShareOfPeople)
	var sure, perhaps, open []string
	for i := range m.phi {
		r := &m.phi[i]
		switch s := e.fault(r); s.Answer {
		case Yes:
			sure = append(sure, r.Name)
			x.Evidence = append(x.Evidence, Evidence{r.Name, s.Because, r.Seen})
		case Unknown:
			open = append(open, cmp.Or(s.Because, "what "+r.Name+" is in this respect"))
		default:
			continue
		}
		perhaps = append(perhaps, r.Name)
	}
	slices.Sort(open)
	x.open = len(open) > 0
	x.Missing = append(x.Missing, slices.Compact(open)...)
	low, err := m.count(sure)
	if err != nil {
		return x, err
	}
	high, err := m.count(perhaps)
	if err != nil {
		return x, err
	}
	x.Count = fmt.Sprintf("%d of %d repositories are %s", len(sure), len(m.phi), e.word)
	if n := len(perhaps) - len(sure); n > 0 {
		x.Count += fmt.Sprintf(", and of %d it is not known", n)
	}
	m.ofPeople(&x, bounded(float64(low.Low), float64(high.High)))
	switch { // what is the same set of people is the same share, however roughly it was counted
	case m.blind():
	case len(perhaps) == 0:
		x.Value = number(0)
	case len(sure) == len(m.phi):
		x.Value = number(1)
	}
	return x, nil
}

func (m *measuring) count(repositories []string) (estate.Count, error) {
	if len(repositories) == 0 {
		return estate.Count{}, nil
	}
	return m.Count(repositories)
}

// oldest finds the repository with the oldest evidence, and how old that is.
func (m *measuring) oldest() (name string, seen *time.Time, age time.Duration) {
	for i := range m.phi {
		if r := &m.phi[i]; r.Seen != nil && (seen == nil || r.Seen.Before(*seen)) {
			name, seen = r.Name, r.Seen
		}
	}
	if seen != nil {
		age = max(0, m.At.Sub(*seen))
	}
	return name, seen, age
}

// age is that of the oldest evidence that an answer about patient data rests on.
func (m *measuring) age() Measure {
	x := m.measure("evidence_age", "Age of the oldest evidence", Hours)
	name, seen, age := m.oldest()
	if x.Value = (Range{Low: age.Hours()}); seen != nil {
		x.Evidence = append(x.Evidence, Evidence{name, "seen last", seen})
	}
	if seen != nil && len(m.unread) == 0 {
		x.Value = number(age.Hours())
	}
	return x
}

// mfa is how many of the accounts of persons that read patient data a stolen password opens: none, or a second factor by telephone.
func (m *measuring) mfa() Measure {
	x := m.measure("mfa", "Accounts without a second factor, or with one by telephone", ShareOfAccounts)
	kinds := map[string]int{}
	var sure, perhaps poll // of accounts that read somebody for sure, and of those that may
	others := 0
	for i := range m.Footholds {
		f := &m.Footholds[i]
		if !f.Person {
			others++
			continue
		}
		kinds[cmp.Or(f.MFA, "not known")]++
		of := &sure
		if f.perhaps() {
			of = &perhaps
		}
		switch f.MFA {
		case "none", "sms":
			of.weak++
			x.Evidence = append(x.Evidence, Evidence{Of: f.ID, Says: "second factor: " + f.MFA})
		case "", "enrolled":
			of.open++
		default:
			of.strong++
		}
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		parts = append(parts, fmt.Sprintf("%d %s", kinds[k], strings.ReplaceAll(k, "_", " ")))
	}
	if others > 0 {
		parts = append(parts, fmt.Sprintf("%d services, tokens and others beside them", others))
	}
	x.Count = strings.Join(parts, ", ")
	open, all := sure.open+perhaps.open, sure.all()+perhaps.all()
	x.Value, x.open = bounded(0, 1), open+perhaps.all() > 0
	dark, settle := m.dark()
	x.Missing = append(x.Missing, settle...)
	if open > 0 {
		x.Missing = append(x.Missing, fmt.Sprintf("the second factors of %d of %d accounts: declare the users of the identity provider", open, all))
	}
	if n := perhaps.all(); n > 0 {
		x.Missing = append(x.Missing, fmt.Sprintf("whether the conditions hold under which %d accounts read somebody: chartroom reach shows them", n))
	}
	if len(dark) == 0 && len(m.unread) == 0 && sure.all() > 0 {
		least, most := sure.all()+perhaps.open+perhaps.strong, sure.all()+perhaps.weak+perhaps.open
		x.Value = bounded(float64(sure.weak)/float64(least), float64(sure.weak+sure.open+perhaps.weak+perhaps.open)/float64(most))
	}
	return x
}

// poll counts accounts by their second factors.
type poll struct{ weak, open, strong int }

func (p *poll) all() int { return p.weak + p.open + p.strong }

// answer is how long it takes to answer what a regulator asks in the first 24 hours: what was there, whose, and who could read it. It is
// the age of the evidence and the time to ask; what nobody collected would first have to be found out.
func (m *measuring) answer() Measure {
	x := m.measure("time_to_answer", "Time to answer the 24-hour question", Hours)
	name, seen, age := m.oldest()
	lacking, settle := m.dark()
	whole := age + m.Took
	x.Count = fmt.Sprintf("%d of %d repositories can be answered whole", len(m.phi)-len(lacking), len(m.phi))
	x.Value = Range{Low: whole.Hours()}
	if seen != nil {
		x.Evidence = append(x.Evidence, Evidence{name, fmt.Sprintf("seen last; asked in %s", m.Took.Round(time.Millisecond)), seen})
	}
	x.Missing = append(x.Missing, settle...)
	if len(lacking) == 0 && len(m.unread) == 0 && seen != nil {
		x.Value = number(whole.Hours())
	}
	return x
}

// gaps is what was listed and could not be read.
func (m *measuring) gaps() Measure {
	x := m.measure("gaps", "What could not be read", GapsPerItems)
	var gaps, items int64
	var under []string
	for i := range m.Repositories {
		r := &m.Repositories[i]
		gaps, items = gaps+r.Gaps, items+r.Items
		if r.Gaps > 0 {
			x.Evidence = append(x.Evidence, Evidence{r.Name, fmt.Sprintf("%d not read", r.Gaps), r.Seen})
		}
		for _, u := range r.Unlisted {
			under = append(under, strings.TrimSpace(r.Name+" "+u))
		}
	}
	slices.SortStableFunc(x.Evidence, func(a, b Evidence) int { return cmp.Compare(a.Of, b.Of) })
	per := 100 * float64(gaps) / float64(max(1, items, gaps))
	x.Count = fmt.Sprintf("%s gaps in %s items", Thousands(gaps), Thousands(items))
	if x.Value = number(per); len(under) > 0 || len(m.unread) > 0 || items == 0 {
		x.Value = Range{Low: per}
	}
	if len(under) > 0 {
		x.Missing = append(x.Missing, "what stands beneath "+several(under)+": let the survey list it")
	}
	return x
}
