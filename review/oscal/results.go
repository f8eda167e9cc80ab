package oscal

import (
	"cmp"
	"io"
	"time"

	"github.com/chartroom/chartroom/review"
)

type (
	assessment struct {
		Results assessmentResults `json:"assessment-results"`
	}
	assessmentResults struct {
		UUID     string     `json:"uuid"`
		Metadata metadata   `json:"metadata"`
		Plan     imported   `json:"import-ap"`
		Results  []result   `json:"results"`
		Back     backMatter `json:"back-matter"`
	}
	result struct {
		UUID         string        `json:"uuid"`
		Title        string        `json:"title"`
		Description  string        `json:"description"`
		Start        string        `json:"start"`
		End          string        `json:"end"`
		Props        []prop        `json:"props,omitempty"`
		Reviewed     reviewed      `json:"reviewed-controls"`
		Observations []observation `json:"observations,omitempty"`
		Findings     []finding     `json:"findings,omitempty"`
	}
	reviewed struct {
		Selections []selection `json:"control-selections"`
	}
	selection struct {
		Include []included `json:"include-controls,omitempty"`
		All     *struct{}  `json:"include-all,omitempty"`
	}
	included struct {
		ID string `json:"control-id"`
	}
	finding struct {
		UUID         string    `json:"uuid"`
		Title        string    `json:"title"`
		Description  string    `json:"description"`
		Props        []prop    `json:"props,omitempty"`
		Target       target    `json:"target"`
		Observations []related `json:"related-observations,omitempty"`
	}
	target struct {
		Type   string `json:"type"`
		ID     string `json:"target-id"`
		Status status `json:"status"`
	}
	status struct {
		State   string `json:"state"`
		Reason  string `json:"reason,omitempty"`
		Remarks string `json:"remarks,omitempty"`
	}
)

// Results writes assessment results. A row that is evidenced is a finding with its observations; one that is attested or missing is an
// observation alone, as OSCAL knows no finding but satisfied and not satisfied, and silence is neither.
func Results(w io.Writer, a *review.ControlsAnswer) error {
	n, ids := newNamer("assessment-results", a.Framework), tokens{}
	from := a.AsOf
	plan := resource{UUID: n.id("plan"), Title: "Assessment plan", Description: "Each row of " + a.Title + " is held against what collectors measured, and what was declared, by the checks that its row names. There is no other plan."}
	catalog := resource{UUID: n.id("catalog"), Title: a.Title, Description: a.Source}
	if a.Href != "" {
		catalog.RLinks = []link{{a.Href}}
	}
	one := result{Title: "Review against " + a.Title, Description: "Rows that are evidenced are findings; rows that are attested or missing are observations only.", End: moment(a.AsOf),
		Props: []prop{property("evidenced", count(a.Counts[review.Evidenced])), property("attested", count(a.Counts[review.Attested])), property("missing", count(a.Counts[review.Missing]))}}
	var chosen selection
	for i := range a.Rows {
		row := &a.Rows[i]
		id := ids.of(row.ID)
		chosen.Include = append(chosen.Include, included{id})
		seen, observed := observations(n, row, a.AsOf)
		one.Observations = append(one.Observations, seen...)
		if row.Age != nil && row.Age.Before(from) {
			from = *row.Age
		}
		if row.Status == review.Evidenced {
			f := finding{UUID: n.id("finding", row.ID, string(row.Outcome)), Title: cmp.Or(row.Title, row.ID), Description: cmp.Or(row.Says, "see the observations"), Observations: observed,
				Props: []prop{property("control", row.ID), property("outcome", string(row.Outcome))}, Target: target{Type: "objective-id", ID: id, Status: status{State: "not-satisfied", Reason: "fail"}}}
			switch row.Outcome {
			case review.Satisfied:
				f.Target.Status = status{State: "satisfied", Reason: "pass"}
			case review.Partly:
				f.Target.Status = status{State: "not-satisfied", Reason: "other", Remarks: "It is partly satisfied; the observations say what is missing."}
			}
			one.Findings = append(one.Findings, f)
		}
	}
	if chosen.Include == nil {
		chosen.All = &struct{}{}
	}
	one.Start, one.Reviewed.Selections = moment(from), []selection{chosen}
	one.UUID = n.id("result", one.Start, one.End)
	return write(w, assessment{assessmentResults{UUID: n.id("document", moment(a.AsOf)), Metadata: head("Review against "+a.Title, a.AsOf, a.Draft), Plan: imported{"#" + plan.UUID}, Results: []result{one},
		Back: backMatter{[]resource{plan, catalog}}}})
}

// observations writes what was seen of a row: one for each check and attestation, and one of what nobody looked at where there is neither.
func observations(n namer, row *review.ControlRow, now time.Time) (out []observation, refer []related) {
	add := func(o observation) {
		o.Props = append(o.Props, property("control", row.ID), property("status", string(row.Status)))
		out, refer = append(out, o), append(refer, related{Observation: o.UUID})
	}
	for _, r := range row.Results {
		if len(r.Evidence) == 0 {
			continue
		}
		add(observation{UUID: n.id("check", row.ID, r.Check, string(r.Outcome), r.Says), Title: row.ID + ", check " + r.Check, Description: cmp.Or(r.Says, r.Check), Methods: methods(r.Evidence),
			Evidence: proofs(r.Evidence), Collected: moment(oldest(r.Evidence, now)), Props: []prop{property("check", r.Check), property("outcome", string(r.Outcome))}})
	}
	for _, t := range row.Attested {
		o := observation{UUID: n.id("attested", row.ID, t.Evidence.ID, t.Says), Title: row.ID + ", attested", Description: t.Says + ", says " + t.By, Methods: []string{"INTERVIEW"},
			Evidence: proofs([]review.Evidence{t.Evidence}), Collected: moment(oldest([]review.Evidence{t.Evidence}, now)), Props: []prop{property("attested-by", t.By)}}
		if until, err := time.Parse(time.DateOnly, t.Until); err == nil {
			o.Expires = moment(until)
		}
		add(o)
	}
	if out == nil {
		add(observation{UUID: n.id("missing", row.ID), Title: row.ID + ", nothing is known", Description: "No collector saw anything of this, and nobody attested it: " + cmp.Or(row.Says, "nothing was said") + ". That is no finding.",
			Methods: []string{"UNKNOWN"}, Collected: moment(now)})
	}
	return out, refer
}
