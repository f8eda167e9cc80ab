// Package control holds the rows of a framework against an estate: a row is evidenced by what collectors measured, attested by what
// somebody said, or missing. A check is a small function of facts; which checks evidence a row stands in the framework.
package control

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/review"
)

// Check is something that facts can show.
type Check struct {
	Name  string
	Shows string // what it shows, and when it is satisfied
	run   func(*subject) review.Result
}

// subject is an estate as the checks see it.
type subject struct {
	*review.Review
	rows    []*catalog.Row // that hold patient data
	all     []*catalog.Row
	readers []reader
	unknown []*catalog.Row // repositories of which nobody collected who can read them
	found   *access.FindingsAnswer
}

// reader is somebody who reads patient data by what it holds now, for sure.
type reader struct {
	access.Principal
	of []string // the repositories
}

// Assess holds a framework against the repositories of a custodian; "" is all.
func Assess(r *review.Review, f *review.Framework, custodian string) (*review.ControlsAnswer, error) {
	s := &subject{Review: r, rows: r.Patients(custodian), all: r.Repositories(custodian)}
	if err := s.gather(); err != nil {
		return nil, err
	}
	out := &review.ControlsAnswer{AsOf: r.Now(), Framework: f.ID, Title: f.Title, Source: f.Source, Draft: f.Draft, Href: f.Href, Rows: []review.ControlRow{}, Counts: map[review.Status]int{},
		Outcomes: map[string]int{}, Topics: []review.TopicShare{}, Doubts: []string{}}
	results := map[string]review.Result{}
	for _, c := range f.Controls {
		row := review.ControlRow{Control: c, Results: []review.Result{}, Attested: []review.Attestation{}}
		for _, name := range c.Checks {
			if _, done := results[name]; !done {
				results[name] = s.check(name)
			}
			row.Results = append(row.Results, results[name])
		}
		s.judge(&row)
		s.attest(&row, f.ID)
		out.Rows = append(out.Rows, row)
		out.Counts[row.Status]++
		if row.Status == review.Evidenced {
			out.Outcomes[string(row.Outcome)]++
		}
	}
	for name := range results {
		if !Known(name) {
			out.Doubts = append(out.Doubts, "there is no check "+name+"; chartroom review --checks lists them")
		}
	}
	slices.Sort(out.Doubts)
	share(out)
	return out, nil
}

// gather finds who reads what.
func (s *subject) gather() (err error) {
	at := map[string]int{}
	for _, row := range s.rows {
		all, known, err := s.Readers(row.Repository)
		if err != nil {
			return err
		}
		if !known {
			s.unknown = append(s.unknown, row)
		}
		for _, x := range all {
			if !x.Certain {
				continue
			}
			n, ok := at[x.ID]
			if !ok {
				n = len(s.readers)
				at[x.ID] = n
				s.readers = append(s.readers, reader{Principal: *x.Principal})
			}
			s.readers[n].of = append(s.readers[n].of, row.Repository)
		}
	}
	for i := range s.readers {
		slices.Sort(s.readers[i].of)
	}
	slices.SortFunc(s.readers, func(a, b reader) int { return cmp.Compare(a.ID, b.ID) })
	s.found, err = s.Access().Findings(s.Now().Format(time.DateOnly), 0)
	return err
}

// judge puts the results of a row together.
func (s *subject) judge(row *review.ControlRow) {
	row.Status, row.Outcome = review.Missing, review.Undecided
	var says []string
	good, bad := 0, 0
	for _, r := range row.Results {
		says = append(says, r.Says)
		switch r.Outcome {
		case review.Satisfied:
			good++
		case review.NotSatisfied:
			bad++
		case review.Partly:
			good, bad = good+1, bad+1
		default:
			if len(row.Results) > 1 {
				bad++ // of several, one that shows nothing keeps the row from being whole
			}
			continue
		}
		for _, e := range r.Evidence {
			if e.Basis == review.Declared {
				if row.Status == review.Missing {
					row.Status = review.Attested
				}
				continue
			}
			row.Status = review.Evidenced
			row.Stale = row.Stale || e.Stale
			if e.Seen != nil && (row.Age == nil || e.Seen.Before(*row.Age)) {
				row.Age = e.Seen
			}
		}
	}
	row.Says = strings.Join(says, "; ")
	switch {
	case row.Status == review.Missing:
	case good > 0 && bad > 0:
		row.Outcome = review.Partly
	case good > 0:
		row.Outcome = review.Satisfied
	default:
		row.Outcome = review.NotSatisfied
	}
	if len(row.Results) == 0 {
		row.Says = "no collector can show this"
	}
}

// attest adds what somebody says of a row: facts of type attestation whose is names the framework and the row, or all of it.
func (s *subject) attest(row *review.ControlRow, framework string) {
	day := s.Now().Format(time.DateOnly)
	for _, f := range s.Facts(declared.KindAttested) {
		if !names(f.Is, framework, row.ID) {
			continue
		}
		a := review.Attestation{Says: f.Principal, By: cmp.Or(f.By, "nobody was named"), AsOf: f.AsOf, Until: f.Until, AgeDays: -1, Outdated: f.Until != "" && f.Until < day,
			Evidence: s.OfFact(f.Fact, f.Principal), Measured: row.Outcome}
		if at, err := time.Parse(time.DateOnly, f.AsOf); err == nil {
			a.AgeDays = int(s.Now().Sub(at).Hours() / 24)
		}
		row.Attested = append(row.Attested, a)
		if row.Status == review.Missing && !a.Outdated {
			row.Status, row.Says = review.Attested, f.Principal+", says "+a.By
			if a.AsOf != "" {
				row.Says += " on " + a.AsOf
			}
		}
	}
}

// names tells whether a declaration is about a row.
func names(is map[string]string, framework, id string) bool {
	for key, value := range is {
		if !strings.EqualFold(key, framework) {
			continue
		}
		for _, one := range strings.FieldsFunc(value, func(r rune) bool { return r == ';' || r == ',' }) {
			if one = strings.TrimSpace(one); strings.EqualFold(one, "all") || strings.EqualFold(one, id) {
				return true
			}
		}
	}
	return false
}

// share counts the evidenced rows of each topic.
func share(out *review.ControlsAnswer) {
	at := map[string]int{}
	for i := range out.Rows {
		row := &out.Rows[i]
		if row.Topic == "" {
			continue
		}
		n, ok := at[row.Topic]
		if !ok {
			n = len(out.Topics)
			at[row.Topic] = n
			out.Topics = append(out.Topics, review.TopicShare{Topic: row.Topic})
		}
		for _, s := range []*review.Share{&out.Topics[n].Share, &out.Counted} {
			s.Of++
			if row.Status == review.Evidenced {
				s.Done++
			}
		}
	}
	for i := range out.Topics {
		percent(&out.Topics[i].Share)
	}
	percent(&out.Counted)
}

func percent(s *review.Share) {
	s.Percent = 100
	if s.Of > 0 {
		s.Percent = 100 * float64(s.Done) / float64(s.Of)
	}
}

// check runs a check; one that there is not shows nothing.
func (s *subject) check(name string) review.Result {
	for i := range checks {
		if checks[i].Name == name {
			r := checks[i].run(s)
			r.Check = name
			if len(r.Evidence) > mostEvidence {
				r.Says += fmt.Sprintf(" (the first %d of %d pieces of evidence)", mostEvidence, len(r.Evidence))
				r.Evidence = r.Evidence[:mostEvidence]
			}
			if r.Evidence == nil {
				r.Evidence = []review.Evidence{}
			}
			if len(r.Evidence) == 0 {
				r.Outcome = review.Undecided
			}
			return r
		}
	}
	return review.Result{Check: name, Outcome: review.Undecided, Says: "there is no such check", Evidence: []review.Evidence{}}
}

// mostEvidence is how many pieces of evidence a result names.
const mostEvidence = 50

// Checks are all checks, by their names.
func Checks() []Check { return slices.Clone(checks) }

// Known tells whether there is a check of a name.
func Known(name string) bool {
	return slices.ContainsFunc(checks, func(c Check) bool { return c.Name == name })
}

// result makes a result: satisfied where nothing is wrong, not where nothing is right, partly between.
func result(right, wrong int, says string, evidence []review.Evidence) review.Result {
	r := review.Result{Says: says, Evidence: evidence, Outcome: review.Undecided}
	switch {
	case right > 0 && wrong > 0:
		r.Outcome = review.Partly
	case wrong > 0:
		r.Outcome = review.NotSatisfied
	case right > 0:
		r.Outcome = review.Satisfied
	}
	return r
}

// open is a result that nothing is known of.
func open(says string) review.Result { return review.Result{Outcome: review.Undecided, Says: says} }

// count writes a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
