package drills

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/demo/plant"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// report is the answer of a drill.
type report struct {
	Targets  []tally       `json:"targets"`
	All      tally         `json:"all"`
	Seconds  seconds       `json:"seconds"`
	Wrong    []wrong       `json:"wrong"` // plants that were not found, not graded right or not answered
	Cleared  plant.Cleared `json:"cleared"`
	plants   map[string]*seen
	expected []*seen
}

// tally counts plants.
type tally struct {
	Target      string `json:"target"`
	Planted     int    `json:"planted"`
	Found       int    `json:"found"`       // something in it is called phi or pii
	Verdict     int    `json:"verdict"`     // it is called phi
	Sensitivity int    `json:"sensitivity"` // its classes are those of the codes that were planted, no more and no less
	People      int    `json:"people"`      // the bounds of its people hold the number that was planted
	Graded      int    `json:"graded"`      // all three are right
	Answered    int    `json:"answered"`    // where --items names it as phi
}

// seconds is how long it took.
type seconds struct {
	Plant  float64 `json:"plant"`
	Survey float64 `json:"survey"`
	Answer float64 `json:"answer"` // to ask where, of all repositories and items
	Clear  float64 `json:"clear"`
}

// wrong is a plant with what is wrong of it.
type wrong struct {
	Target string `json:"target"`
	Plant  string `json:"plant"`
	Form   string `json:"form"`
	Says   string `json:"says"`
}

// seen is a plant, and what the survey saw of it.
type seen struct {
	plant.Plant
	verdict  phi.Verdict
	classes  phi.Classes
	people   *estate.People
	answered bool
	gap      string
}

func newReport(targets []plant.Target) *report {
	r := &report{plants: map[string]*seen{}, Wrong: []wrong{}, Cleared: plant.Cleared{Left: []plant.Left{}}}
	for _, t := range targets {
		r.Targets = append(r.Targets, tally{Target: t.Label})
	}
	r.All.Target = "all"
	return r
}

func (r *report) planted(p plant.Plant) {
	s := &seen{Plant: p, people: estate.NewPeople(0)}
	r.plants[p.Name] = s
	r.expected = append(r.expected, s)
}

// plantOf finds the plant that a path lies in.
func (r *report) plantOf(path string) *seen {
	for part := range strings.FieldsFuncSeq(path, func(c rune) bool { return c == '/' || c == '.' }) {
		if s := r.plants[part]; s != nil {
			return s
		}
	}
	return nil
}

// ask asks where, as somebody would who has to answer.
func (r *report) ask(ctx context.Context, c *catalog.Catalog, who audit.Caller) error {
	rows, err := c.Where(ctx, who, catalog.Filter{})
	if err != nil {
		return err
	}
	held := map[string]bool{}
	for i := range rows {
		held[rows[i].Repository] = rows[i].Verdict == phi.VerdictPHI.String()
	}
	return c.EachItem(ctx, who, catalog.Filter{}, func(row catalog.Row) error {
		if s := r.plantOf(row.Item); s != nil && row.Verdict == phi.VerdictPHI.String() && held[row.Repository] {
			s.answered = true
		}
		return nil
	})
}

// grade holds what was seen against what was planted.
func (r *report) grade(ctx context.Context, c *catalog.Catalog, who audit.Caller) error {
	err := c.EachHolding(ctx, who, catalog.Filter{}, true, func(h catalog.Holding) error {
		s := r.plantOf(h.Path)
		if s == nil {
			return nil
		}
		s.verdict, s.classes = max(s.verdict, h.Verdict), s.classes|h.Classes
		if h.People != nil {
			s.people.Merge(h.People)
		}
		return nil
	})
	if err == nil {
		err = c.EachGap(ctx, who, catalog.Filter{}, func(g catalog.Gap) error {
			if s := r.plantOf(g.Item); s != nil {
				s.gap = string(g.Reason)
			}
			return nil
		})
	}
	for _, s := range r.expected {
		r.count(s)
	}
	return err
}

// count counts a plant.
func (r *report) count(s *seen) {
	truth := s.Truth()
	people := s.people.Tally().Total
	found := s.verdict == phi.VerdictPHI || s.verdict == phi.VerdictPII
	verdict := s.verdict == phi.VerdictPHI
	sensitivity := found && slices.Equal(s.classes.Names(), truth.Classes)
	right := found && people.Low <= int64(truth.People) && int64(truth.People) <= people.High
	for _, t := range []*tally{&r.Targets[s.Target], &r.All} {
		t.Planted++
		for _, x := range []struct {
			is bool
			to *int
		}{{found, &t.Found}, {verdict, &t.Verdict}, {sensitivity, &t.Sensitivity}, {right, &t.People}, {verdict && sensitivity && right, &t.Graded}, {s.answered, &t.Answered}} {
			if x.is {
				*x.to++
			}
		}
	}
	var says []string
	switch {
	case !found:
		says = append(says, "not found: "+cmp.Or(s.gap, "it was read, and nothing was recognised, or it was not listed"))
	case !verdict:
		says = append(says, "called "+s.verdict.String()+" and not phi")
	}
	if found && !sensitivity {
		says = append(says, fmt.Sprintf("sensitivity %s, planted %s", words(s.classes.Names()), words(truth.Classes)))
	}
	if found && !right {
		says = append(says, fmt.Sprintf("%d to %d people, planted %d", people.Low, people.High, truth.People))
	}
	if found && !s.answered {
		says = append(says, "where does not name it")
	}
	if len(says) > 0 {
		r.Wrong = append(r.Wrong, wrong{r.Targets[s.Target].Target, s.Name, s.Form, strings.Join(says, "; ")})
	}
}

func words(names []string) string { return cmp.Or(strings.Join(names, " "), "none") }

// answer renders the report.
func (r *report) answer(f asked) *show.Answer {
	a := &show.Answer{Structs: r, Columns: []show.Column{{Name: "TARGET"}, {Name: "PLANTED", Right: true}, {Name: "FOUND", Right: true}, {Name: "GRADED RIGHT", Right: true},
		{Name: "VERDICT", Right: true}, {Name: "SENSITIVITY", Right: true}, {Name: "PEOPLE", Right: true}, {Name: "ANSWERED", Right: true}}}
	for _, t := range append(slices.Clone(r.Targets), r.All) {
		row := []string{t.Target, fmt.Sprint(t.Planted)}
		for _, n := range []int{t.Found, t.Graded, t.Verdict, t.Sensitivity, t.People, t.Answered} {
			row = append(row, fmt.Sprint(n))
		}
		a.Rows = append(a.Rows, row)
	}
	all := &r.All
	a.First = fmt.Sprintf("Of %s planted, %d were found, %d graded right and %d answered by where. Planting took %.1f s, the survey %.1f s, the answer %.2f s.",
		show.Plural(int64(all.Planted), "repository", "repositories"), all.Found, all.Graded, all.Answered, r.Seconds.Plant, r.Seconds.Survey, r.Seconds.Answer)
	var last []string
	for i, w := range r.Wrong {
		if i == 20 {
			last = append(last, fmt.Sprintf("and %d more: -o json has all.", len(r.Wrong)-i))
			break
		}
		last = append(last, fmt.Sprintf("%s (%s in %s): %s.", w.Plant, w.Form, w.Target, w.Says))
	}
	if f.keep {
		last = append(last, fmt.Sprintf("The plants stand for %s; chartroom drill inventory --clean removes them before.", f.expires))
	} else {
		last = append(last, fmt.Sprintf("Removed: %d of %d, in %.1f s.", r.Cleared.Removed, all.Planted, r.Seconds.Clear))
	}
	for _, l := range r.Cleared.Left {
		last = append(last, fmt.Sprintf("Left: %s: %s.", l.Where, l.Why))
	}
	a.Last = strings.Join(last, "\n")
	return a
}
