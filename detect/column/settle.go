package column

import (
	"fmt"
	"slices"

	"github.com/chartroom/chartroom/detect/header"
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// settle chooses how the coming values of a judged column are looked at.
func (t *Table) settle(c *column) {
	d := c.decision
	switch {
	case c.evidence == nil || c.evidence.seen < enough, c.use == ignored:
		return
	case c.use != learning && c.settled == d.Kind && (c.use == counting) == d.FreeText:
		return
	}
	e := c.evidence
	defer c.watch()
	c.learnt, c.settledAt, c.settled = d.WellFormed, c.values, d.Kind
	c.well, c.checked, c.strays, c.strayWell = 0, 0, 0, 0
	c.shape, c.minLen, c.maxLen = c.shape|e.mask, uint32(e.minLen), max(c.maxLen, uint32(e.maxLen))
	c.surprise = 0
	for i := range rareKinds {
		c.early[i] = max(c.early[i], int32(e.hits[rareKinds[i].probe]))
	}
	switch {
	case d.FreeText:
		c.use = counting
	case d.Kind != phi.None && d.Likelihood >= 0.3:
		if c.check = ident.Syntax(d.Kind, t.options.Words); c.check != nil {
			c.use = checking
			break
		}
		fallthrough
	default:
		c.use = passing
		c.roomy()
	}
}

// roomy widens the shape of a column to what is of no interest anyway, so that numbers may grow.
func (c *column) roomy() {
	if c.shape&^(mDigit|mDot|mHyphen) == 0 && c.maxLen < 9 {
		c.minLen = 1
		c.maxLen = max(c.maxLen, 8)
	}
	if c.shape&(mUpper|mLower) != 0 && c.shape&(mDigit|mAt) == 0 {
		c.minLen, c.maxLen = 1, max(2*c.maxLen, 32)
	}
}

// extras adds the identifiers that only some of the values are.
func (c *column) extras(v *values, d *Decision) {
	if d.FreeText { // its text is scanned
		return
	}
	for i := range rareKinds {
		r := &rareKinds[i]
		n := int64(c.early[i]) + int64(c.rare[i])
		if v.n > 0 {
			n = max(n, int64(v.e.hits[r.probe]))
		}
		if n == 0 || r.kind == d.Kind && d.Likelihood >= 0.5 || d.Kind == phi.Date || r.kind == phi.Phone && (d.Kind == phi.Fax || d.Kind == phi.SSN) {
			continue
		}
		if d.Kind == phi.None && c.guess.Class == header.Version || r.kind == phi.IP && n < 3 {
			continue
		}
		p := r.one + (r.many-r.one)*min(1, float64(n-1)/4)
		if (r.kind == phi.Account || r.kind == phi.Phone) && d.Kind != phi.None && d.Likelihood >= 0.5 {
			p /= 2 // of many long numbers some are like cards
		}
		d.Extra = append(d.Extra, Decision{Kind: r.kind, Subject: d.Subject, SystemFrom: -1, Likelihood: p, Values: n, WellFormed: n,
			Why: []estate.Reason{{Rule: "values", Detail: fmt.Sprintf("%s among other values", r.name), Count: n}}})
	}
}

// custom judges a column by the user's own identifiers, the first that fits.
func (t *Table) custom(c *column, v *values, d *Decision) bool {
	for i := range t.options.Custom {
		o := &t.options.Custom[i]
		byName := slices.Contains(c.claims, i)
		share := 0.0
		if v.n > 0 && v.e.custom != nil {
			share = float64(v.e.custom[i]) / float64(v.n)
		}
		if !byName && share < 0.5 || byName && o.Match != nil && v.n > 0 && share < 0.1 {
			continue
		}
		d.Kind, d.Likelihood = o.Kind, 0.9
		if byName && share >= 0.5 {
			d.Likelihood = 0.98
		}
		t.subject(c, d)
		d.WellFormed = d.Values
		if o.Match != nil {
			d.WellFormed = int64(share * float64(d.Values))
		}
		detail := fmt.Sprintf("%s: %.0f %% of the values match", o.Name, 100*share)
		if byName {
			detail = o.Name + " by the column's name"
		}
		if o.Checksum != "" {
			detail += ", " + o.Checksum
		}
		d.Why = append(d.Why, estate.Reason{Rule: "user", Detail: detail, Count: int64(v.n)})
		return true
	}
	return false
}
