package oscal

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/review"
)

type (
	plan struct {
		POAM planOfAction `json:"plan-of-action-and-milestones"`
	}
	planOfAction struct {
		UUID         string        `json:"uuid"`
		Metadata     metadata      `json:"metadata"`
		System       system        `json:"system-id"`
		Observations []observation `json:"observations,omitempty"`
		Risks        []risk        `json:"risks,omitempty"`
		Items        []item        `json:"poam-items"`
	}
	system struct {
		Type string `json:"identifier-type"`
		ID   string `json:"id"`
	}
	risk struct {
		UUID         string        `json:"uuid"`
		Title        string        `json:"title"`
		Description  string        `json:"description"`
		Statement    string        `json:"statement"`
		Props        []prop        `json:"props,omitempty"`
		Status       string        `json:"status"`
		Remediations []remediation `json:"remediations,omitempty"`
		Observations []related     `json:"related-observations,omitempty"`
	}
	remediation struct {
		UUID        string `json:"uuid"`
		Lifecycle   string `json:"lifecycle"`
		Title       string `json:"title"`
		Description string `json:"description"`
	}
	item struct {
		UUID         string    `json:"uuid"`
		Title        string    `json:"title"`
		Description  string    `json:"description"`
		Props        []prop    `json:"props,omitempty"`
		Observations []related `json:"related-observations,omitempty"`
		Risks        []related `json:"related-risks,omitempty"`
	}
)

// POAM writes the gaps of a ledger as a plan of action and milestones: one item, observation and risk a gap, with who has to act, the
// people at stake and the fix. OSCAL wants at least one item: where there is no gap, the item says so.
func POAM(w io.Writer, l *review.LedgerAnswer) error {
	n := newNamer("plan-of-action-and-milestones", strings.Join(l.Acquirers, "\x00"))
	p := planOfAction{UUID: n.id("document", moment(l.AsOf)), Metadata: head("Migration into the governance of "+strings.Join(l.Acquirers, ", "), l.AsOf, ""),
		System: system{Namespace, line(strings.Join(l.Custodians, ", "))}}
	for i := range l.Gaps {
		add(&p, n, &l.Gaps[i], l.AsOf)
	}
	if p.Items == nil {
		p.Items = []item{{UUID: n.id("no gap"), Title: "No gap is open", Description: "All repositories with patient data that were surveyed are inside the governance."}}
	}
	return write(w, plan{p})
}

func add(p *planOfAction, n namer, g *review.Gap, now time.Time) {
	title := strings.ReplaceAll(g.Kind, "_", " ") + ": " + g.Subject
	props := []prop{property("gap", g.ID), property("state", string(g.State)), property("owner", cmp.Or(g.Owner, "nobody was named")), property("custodian", cmp.Or(g.Custodian, "not known")),
		property("people", strconv.FormatInt(g.People.Estimate, 10)), property("people-high", strconv.FormatInt(g.People.High, 10)), property("sensitivity", strings.Join(g.Sensitivity, " "))}
	seen := observation{UUID: n.id("observation", g.ID, g.Says), Title: title, Description: g.Says, Methods: methods(g.Evidence), Evidence: proofs(g.Evidence), Collected: moment(oldest(g.Evidence, now))}
	risky := risk{UUID: n.id("risk", g.ID), Title: title, Description: g.Says, Statement: fmt.Sprintf("The records of %d people (%d to %d) are outside the governance in this respect.", g.People.Estimate, g.People.Low, g.People.High),
		Props: props, Status: "open", Observations: []related{{Observation: seen.UUID}},
		Remediations: []remediation{{n.id("remediation", g.ID, g.Fix), "recommendation", "What closes it", cmp.Or(g.Fix, "to be found out")}}}
	p.Observations, p.Risks = append(p.Observations, seen), append(p.Risks, risky)
	p.Items = append(p.Items, item{UUID: n.id("item", g.ID), Title: title, Description: g.Says + ". To do: " + cmp.Or(g.Fix, "find out"), Props: props, Observations: []related{{Observation: seen.UUID}},
		Risks: []related{{Risk: risky.UUID}}})
}

func count(n int) string { return strconv.Itoa(n) }
