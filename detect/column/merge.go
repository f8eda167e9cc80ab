package column

import (
	"math"

	"github.com/chartroom/chartroom/phi"
)

// Merge adds what another table saw of records behind those of this one. at gives for each place of the other the place of
// this one. The other table must not be used any more. The columns are judged anew at the next Decide.
func (t *Table) Merge(o *Table, at []uint32) {
	t.grow()
	o.grow()
	for i := range o.columns {
		if c := &o.columns[i]; c.use != ignored && c.use != fresh {
			t.columns[at[i]].merge(c)
		}
	}
	t.records += o.records
}

// merge adds what another column saw.
func (c *column) merge(o *column) {
	if c.use == fresh {
		decision := c.decision
		*c = *o
		c.decision, c.judged = decision, o.sealed
		return
	}
	defer c.watch()
	c.join(o)
	if c.evidence == nil {
		c.evidence = o.evidence
	} else if o.evidence != nil {
		c.evidence.merge(o.evidence)
	}
	c.values += o.values
	c.shape |= o.shape
	c.odd, c.oddLen = c.odd|o.odd, max(c.oddLen, o.oddLen)
	c.surprise += o.surprise
	for i := range c.rare {
		c.rare[i] += o.rare[i]
		c.early[i] += o.early[i]
	}
	if c.use > learning { // else the evidence has it all, and settle will take it from there
		c.minLen, c.maxLen = min(c.minLen, o.minLen), max(c.maxLen, o.maxLen)
	}
}

// join makes of two ways of looking at values one, and adds up what was counted of their syntax.
func (c *column) join(o *column) {
	switch {
	case c.use == learning && o.use == learning:
		return
	case c.use == learning: // it goes on as the other, which comes with more
		c.asIf(o)
		c.use, c.check = o.use, o.check
	case o.use == learning:
		o.asIf(c)
	case c.settled != o.settled || c.use != o.use: // then the share of the sampled values tells
		if c.use == checking {
			c.use = passing
		}
		c.settled = phi.None
	}
	c.learnt += o.learnt
	c.settledAt += o.settledAt
	c.checked += o.checked
	c.well += o.well
	c.strays += o.strays
	c.strayWell += o.strayWell
}

// asIf takes a column that was not settled for one that settled, as another did, behind its last value.
func (c *column) asIf(o *column) {
	e := c.evidence
	c.settled, c.settledAt = o.settled, c.values
	c.learnt = e.syntax(o.settled, c.values)
	c.shape, c.minLen, c.maxLen = e.mask, o.minLen, max(o.maxLen, uint32(e.maxLen))
	for i := range rareKinds {
		c.early[i] = int32(e.hits[rareKinds[i].probe])
	}
}

// merge adds the evidence of further values. Where that is more than counters hold, both lose half of their weight.
func (e *evidence) merge(o *evidence) {
	for e.seen+o.seen > math.MaxUint16 {
		e.halve()
		o.halve()
	}
	if e.seen == 0 || o.seen > 0 && o.minLen < e.minLen {
		e.minLen = o.minLen
	}
	e.maxLen = max(e.maxLen, o.maxLen)
	e.seen += o.seen
	e.mask |= o.mask
	e.sumWords += o.sumWords
	e.given += o.given
	e.surname += o.surname
	for i := range e.hits {
		e.hits[i] += o.hits[i]
		e.valid[i] += o.valid[i]
	}
	switch { // the first values are enough
	case e.hashed >= distinctOf:
	case o.hashed >= distinctOf:
		e.different, e.hashed = o.different, o.hashed
	default:
		e.different.Unite(&o.different)
		e.hashed += o.hashed
	}
	if e.custom == nil {
		e.custom = o.custom
		return
	}
	for i := range o.custom {
		e.custom[i] += o.custom[i]
	}
}

// halve takes half of the weight; what was met once stays met.
func (e *evidence) halve() {
	e.seen = (e.seen + 1) / 2
	e.sumWords, e.given, e.surname = e.sumWords/2, e.given/2, e.surname/2
	for _, counts := range [][]uint16{e.hits[:], e.valid[:], e.custom} {
		for i, n := range counts {
			counts[i] = n/2 + n&1
		}
	}
}
