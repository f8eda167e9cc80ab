package column

import (
	"fmt"

	"github.com/chartroom/chartroom/detect/header"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// Decide judges all columns by what was seen so far. It may be called at any time and again.
func (t *Table) Decide() {
	if t.places.Len() > len(t.columns) {
		t.grow()
	}
	t.looks++
	t.survey()
	for i := range t.columns {
		c := &t.columns[i]
		if c.use == ignored {
			continue
		}
		t.judge(c)
	}
	t.versions()
	for i := range t.columns {
		t.settle(&t.columns[i])
	}
}

// opinion is one view of what a column holds.
type opinion struct {
	kind       phi.Kind
	part       phi.Part
	likelihood float64
	rule       string
	detail     string
	count      int64
}

// judge decides on one column.
func (t *Table) judge(c *column) {
	v := valuesOf(c)
	d := c.decision
	*d = Decision{SystemFrom: -1, Values: c.values}
	if t.custom(c, &v, d) {
		return
	}
	named := t.byName(c, &v)
	seen := t.byValues(c, &v)
	best := named
	if finer(named.kind, seen.kind) && named.likelihood >= 0.3 { // the values agree
		named.likelihood = max(named.likelihood, seen.likelihood)
		best = named
	} else if seen.likelihood > named.likelihood || seen.likelihood >= 0.7 && named.likelihood < 0.5 {
		best = seen
	}
	if best.kind == named.kind && best.part == phi.PartNone {
		best.part = named.part
	}
	d.Kind, d.Part, d.Likelihood = best.kind, best.part, best.likelihood
	t.explain(c, &v, named, seen)
	t.subject(c, d)
	t.coded(c, &v, d)
	t.text(c, &v, d)
	if d.Likelihood < 0.1 && d.Kind != phi.None {
		d.Kind, d.Likelihood = phi.None, 0
	}
	if d.Kind == phi.None && d.Part == phi.PartNone {
		d.Part = c.guess.Part
	}
	g, sure := &c.guess, d.Likelihood >= 0.5
	spoken := g.Health && (g.Strength == header.Strong || t.context.health || t.context.codes) // results alone are anybody's
	d.Health = d.Health || spoken && (g.Kind == phi.None || g.Kind == d.Kind && sure) || sure && (d.Kind == phi.MRN || d.Kind == phi.HealthPlanID)
	t.local(&v, d)
	c.wellFormed(d)
	c.extras(&v, d)
}

// finer tells whether a kind that the name gives says more than one that the values give.
func finer(name, values phi.Kind) bool {
	return name == phi.Fax && values == phi.Phone || name == phi.DateOfBirth && values == phi.Date
}

// byName is what the name says, weighed by the values and the table.
func (t *Table) byName(c *column, v *values) opinion {
	g, x := &c.guess, &t.context
	o := opinion{kind: g.Kind, part: g.Part, rule: "header", detail: g.Rule}
	if g.Kind == phi.None {
		return t.rowKey(c, v)
	}
	if c.name != "" && header.Key(c.name) == "subject" && !x.health { // of a message
		c.plain()
		o.kind, o.part = phi.FreeText, phi.PartNone
	}
	if g.Kind == phi.Date && v.n > 0 && v.share(pYear) > 0.5 || g.Kind == phi.DateOfBirth && v.n > 0 && v.share(pYear) > 0.5 {
		return opinion{part: phi.PartYear, rule: "values", detail: "a year alone is no identifier"}
	}
	if g.Kind == phi.ZIP && v.n > 0 && v.e.maxLen <= 3 {
		return opinion{kind: phi.ZIP, part: phi.PartZIP, likelihood: 0.4, rule: "values", detail: "the first three digits alone may stay for most areas (45 CFR 164.514(b)(2)(i)(B))"}
	}
	f := v.fits(g)
	o.likelihood = [2][3]float64{{0.05, 0.45, 0.8}, {0.15, 0.85, 0.97}}[g.Strength-header.Weak][f+1]
	if v.n == 0 && g.Strength == header.Strong {
		o.likelihood = 0.75
	}
	if v.n == 0 && g.Strength == header.Weak && x.personal() && x.main != header.Nobody && g.Lexical != header.Nobody {
		o.likelihood = 0.55
	}
	if f != against {
		o.likelihood = x.weigh(g, v, f, o.likelihood)
	}
	return o
}

// weigh moves a likelihood by what the table is about.
func (x *context) weigh(g *header.Guess, v *values, f fit, p float64) float64 {
	personal := x.personal()
	switch g.Kind {
	case phi.Name:
		if g.Part == phi.PartFull && g.Strength == header.Weak {
			return x.weighName(v, f)
		}
		if g.Strength == header.Weak && f == neutral && personal && x.party {
			return 0.6
		}
		return p
	case phi.Date:
		switch {
		case x.health, x.main == header.Patient, personal && x.party && !x.rows.Thing:
			return max(p, 0.55)
		case x.rows.Thing && !x.people, !x.party:
			return min(p, 0.3)
		case personal:
			return max(p, 0.5)
		case x.main == header.Organisation || x.main == header.Facility:
			return min(p, 0.45)
		case g.Strength == header.Weak || g.Lexical == header.Nobody:
			return min(p, 0.3)
		}
		return p
	case phi.Address, phi.ZIP, phi.URL, phi.IP, phi.Photo:
		if !x.party && !personal {
			return min(p, 0.35)
		}
		if g.Strength == header.Weak && f == neutral {
			return 0.55
		}
		return p
	case phi.FreeText:
		return p
	}
	if g.Strength == header.Weak && f == neutral && personal && v.n > 0 {
		return 0.55
	}
	if g.Strength == header.Weak && f == agrees && !personal {
		return min(p, 0.45)
	}
	return p
}

// weighName weighs a column that is called only "name".
func (x *context) weighName(v *values, f fit) float64 {
	people := v.share(pFull) > 0.6 || v.names > 0.7
	switch {
	case x.main == header.Organisation || x.main == header.Facility || x.rows.Thing:
		if people && v.share(pFull) > 0.75 && !x.rows.Thing && v.distinct > 0.3 {
			return 0.6
		}
		return 0.2
	case people && x.personal():
		return 0.9
	case x.personal() && (f == agrees || v.opaque > 0.5 || v.n == 0):
		return 0.6
	case v.share(pFull) > 0.75 && v.distinct > 0.3:
		return 0.7
	}
	return 0.25
}

// rowKey judges a column called "id": it is the key of whatever a row is.
func (t *Table) rowKey(c *column, v *values) opinion {
	g, x := &c.guess, &t.context
	if g.Class != header.RowID {
		return opinion{kind: phi.None, part: g.Part, rule: "header", detail: g.Rule}
	}
	key := x.rows.Key
	if key == phi.None && x.rows.Who == header.Nobody && x.people && x.main == header.Patient && !x.rows.Thing {
		key = phi.MRN
	}
	o := opinion{kind: key, rule: "neighbour", detail: "key of the rows of this table"}
	if v.n > 0 && v.e.maxLen <= 2 && key != phi.MRN || v.share(pDate) > 0.5 {
		return opinion{rule: "values", detail: "row numbers"}
	}
	switch key {
	case phi.MRN:
		o.part, o.likelihood = phi.PartLocal, 0.8
	case phi.Account:
		o.likelihood = 0.6
	}
	return o
}

// subject decides whom the column is about.
func (t *Table) subject(c *column, d *Decision) {
	g, x := &c.guess, &t.context
	w := g.Who
	if g.Lexical != header.Nobody {
		w = g.Lexical
		if w == header.Customer && x.main == header.Patient && x.codes { // the clients of a clinic
			w = header.Patient
			if d.Kind == phi.Account {
				d.Kind = phi.MRN
			}
		}
	} else if x.main == header.Workforce || x.main == header.Customer {
		w = x.main
	} else if w == header.Nobody || w == header.Patient && x.main != header.Nobody && d.Kind != phi.MRN && d.Kind != phi.HealthPlanID {
		w = x.main
	}
	if w == header.Somebody || (w == header.Relative || w == header.Subscriber) && x.main != header.Nobody && x.main != header.Patient && !x.health {
		w = x.main
	}
	if g.Lexical == header.Organisation && d.Kind == phi.Name && d.Likelihood >= 0.5 {
		w = x.main
	}
	switch d.Kind {
	case phi.NPI:
		w = header.Provider
	case phi.MRN, phi.HealthPlanID:
		if w == header.Nobody || w == header.Organisation {
			w = header.Patient
		}
	}
	d.Subject = w.Subject()
	if d.Kind == phi.None {
		return
	}
	d.Other = w == header.Relative || w == header.Subscriber && x.own && x.rows.Who != header.Subscriber
}

// local tells numbers that count only inside the table from those that do not.
func (t *Table) local(v *values, d *Decision) {
	if d.Part == phi.PartLocal && (v.n == 0 || v.e.mask != mDigit || v.e.maxLen > 8) {
		d.Part = phi.PartNone
	}
}

// wellFormed counts the values that pass the kind's syntax: by the check where the kind has not changed since the column was
// settled, else by the share of those that were asked.
func (c *column) wellFormed(d *Decision) {
	e := c.evidence
	if e == nil || d.Kind == phi.None {
		return
	}
	if c.use == checking && c.settled == d.Kind {
		d.WellFormed = c.learnt + c.passed()
		return
	}
	d.WellFormed = e.syntax(d.Kind, d.Values)
}

// syntax tells how many of so many values pass the syntax of a kind, by the share of those that were asked. All do where the kind
// has none.
func (e *evidence) syntax(k phi.Kind, values int64) int64 {
	probes, ok := syntaxOf[k]
	if !ok {
		return values
	}
	n := 0
	for _, p := range probes {
		if graded[p] {
			n += int(e.valid[p])
		} else {
			n += int(e.hits[p])
		}
	}
	return min(values, int64(float64(n)*float64(values)/float64(max(e.seen, 1))+0.5))
}

// syntaxOf names the probes that prove the syntax of a kind.
var syntaxOf = map[phi.Kind][]probe{
	phi.SSN: {pSSN, pSSN9}, phi.NPI: {pNPI}, phi.Phone: {pPhone, pPhone10}, phi.Fax: {pPhone, pPhone10}, phi.Email: {pEmail}, phi.Date: {pDate}, phi.DateOfBirth: {pDate},
	phi.ZIP: {pZIP, pZIP9}, phi.IP: {pIP}, phi.URL: {pURL, pDomain}, phi.Vehicle: {pVIN},
}

// graded are the probes that tell valid values from plausible ones.
var graded = map[probe]bool{pSSN: true, pPhone: true, pIP: true}

// explain says why.
func (t *Table) explain(c *column, v *values, named, seen opinion) {
	d := c.decision
	if c.guess.Rule != "" {
		d.Why = append(d.Why, estate.Reason{Rule: named.rule, Detail: named.detail})
	}
	if seen.likelihood > 0 && (seen.kind == d.Kind || seen.likelihood >= 0.5) {
		d.Why = append(d.Why, estate.Reason{Rule: seen.rule, Detail: seen.detail, Count: seen.count})
	}
	if v.n > 0 && d.Kind != phi.None {
		d.Why = append(d.Why, estate.Reason{Rule: "uniqueness", Detail: fmt.Sprintf("%.0f %% of the values seen differ", 100*v.distinct), Count: int64(v.n)})
	}
	if t.context.main != header.Nobody && d.Kind != phi.None {
		d.Why = append(d.Why, estate.Reason{Rule: "neighbour", Detail: "the columns beside it are about a " + t.context.main.String()})
	}
}
