package column

import (
	"encoding/binary"
	"math"

	"github.com/chartroom/chartroom/detect/glance"
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/record"
)

// Observe takes in the records of a batch. A value that is a filler for nothing is no value: its cell in the batch loses its
// length, so that nobody need ask again.
func (t *Table) Observe(b *record.Batch) {
	if t.places.Len() > len(t.columns) {
		t.grow()
	}
	from := t.records
	for i := 0; i < b.Len(); {
		i = t.stretch(b, i, min(b.Len(), i+t.untilDecision()))
		if t.records == firstLook || t.records == secondLook {
			t.Decide()
		}
	}
	if from>>14 != t.records>>14 {
		t.widen()
	}
}

// stretch takes in the records from i on to the one before upto, and gives upto. Between two that are sampled the cells are taken
// in without a look at where records end.
func (t *Table) stretch(b *record.Batch, i, upto int) int {
	memory := b.Memory()
	for i < upto {
		if inSample(t.records) {
			t.sample(b, i)
		}
		j := i + 1
		for t.records++; j < upto && !inSample(t.records); j++ {
			t.records++
		}
		t.take(b.Records(i, j), memory)
		i = j
	}
	return upto
}

// firstLook and secondLook are the numbers of records after which the columns are judged without being asked to.
const (
	firstLook  = 128
	secondLook = 2048
)

// untilDecision is how many records may be taken in before the columns are judged.
func (t *Table) untilDecision() int {
	switch {
	case t.records < firstLook:
		return int(firstLook - t.records)
	case t.records < secondLook:
		return int(secondLook - t.records)
	}
	return 1 << 30
}

// inSample tells whether everything is asked of a record: one in 64, and one in 256 of those behind many. The numbers are
// scattered, so that what recurs in a table is met in turn.
func inSample(record int64) bool {
	at := uint32(record) * 0x9e3779b1 >> 24
	return at == 0 || at < 4 && record < 1<<16
}

// sample asks everything of the values of a record, for columns that are settled already: what a column holds further down
// may be other than what it held at the top.
func (t *Table) sample(b *record.Batch, i int) {
	for _, cell := range b.Record(i) {
		c := &t.columns[cell.Place]
		if c.use <= learning || c.use == ignored || cell.Len == 0 || c.evidence.seen >= sampled {
			continue
		}
		if v := b.Bytes(cell); !ident.Blank(v) {
			t.look.add(c.evidence, v)
		}
	}
}

// take takes in values. Most are told by their length, their first byte and a few operations on words of eight bytes to be of
// the shape of those before them, and are counted; this is one of the hottest loops of the product.
func (t *Table) take(cells []record.Cell, memory []byte) {
	columns := t.columns
	for i := range cells {
		cell := &cells[i]
		n, off := cell.Len, cell.Off
		if n == 0 {
			continue
		}
		c := &columns[cell.Place]
		if c.left != 0 && n-c.least <= c.span {
			if v := memory[off : off+n]; !glance.MayBeBlank(v) {
				var odd uint64
				if from := int(off); c.ranges.None() {
				} else if n <= 16 && from+16 <= len(memory) {
					w := memory[from : from+16 : from+16]
					odd = c.ranges.Odd8(binary.LittleEndian.Uint64(w))&glance.First(n) | c.ranges.Odd8(binary.LittleEndian.Uint64(w[8:]))&glance.Beyond8(n)
				} else {
					odd = c.ranges.Odd(v)
				}
				if odd == 0 {
					c.left--
					c.values++
					continue
				}
			}
		}
		if t.value(c, memory[off:off+n]) {
			cell.Len = 0
		}
	}
}

// value takes in one value at which a look is needed, and tells whether it is a filler for nothing.
func (t *Table) value(c *column, v []byte) (blank bool) {
	if c.use == ignored {
		c.left = math.MaxUint32
		return false
	}
	if glance.MayBeBlank(v) && ident.Blank(v) {
		return true
	}
	c.values++
	n := uint32(len(v))
	fits := n <= c.maxLen && n >= c.minLen
	switch c.use {
	case counting:
		c.left = math.MaxUint32
	case checking:
		t.checks(c, v, fits)
	case passing:
		c.left = math.MaxUint32
		if !fits || classes(v)&^c.shape != 0 {
			t.surprise(c, v)
		}
	default:
		if c.evidence == nil {
			c.evidence = &evidence{}
			c.use = learning
		}
		if c.evidence.seen < atMost {
			t.look.add(c.evidence, v)
		}
	}
	return false
}

// Of the values of a column's shape all are checked for their syntax up to checkedAll, of the next one in 8, of those behind
// checkedMost one in 64, and the share is taken for all. One out of shape is always looked at.
const (
	checkedAll  = 1 << 12
	checkedMost = 1 << 15
)

// checks checks a value of an identifier with a syntax.
func (t *Table) checks(c *column, v []byte, fits bool) {
	switch {
	case !fits:
		c.strays++
		if c.check(v) {
			c.strayWell++
		} else {
			t.surprise(c, v)
		}
		return
	case c.left != 0:
		c.left--
		return
	case c.values >= checkedMost:
		c.left = 63
	case c.values >= checkedAll:
		c.left = 7
	}
	c.checked++
	if c.check(v) {
		c.well++
	}
}

// passed is how many values pass the check since the column was settled.
func (c *column) passed() int64 {
	unchecked := c.values - c.settledAt - c.checked - c.strays
	if unchecked <= 0 || c.checked == 0 {
		return c.well + c.strayWell
	}
	return c.well + c.strayWell + int64(float64(unchecked)*float64(c.well)/float64(c.checked))
}

// lookout is what tells at a glance that a value may pass with no more than a count.
type lookout struct {
	left   uint32 // so many values may pass; 0 = the next one is looked at
	least  uint32 // length
	span   uint32 // and how much longer it may be
	ranges glance.Ranges
}

// watch sets what the column's values are told by, after anything that bears on it changed.
func (c *column) watch() {
	c.lookout = lookout{least: 1, span: math.MaxUint32}
	switch c.use {
	case ignored, counting:
		c.left = math.MaxUint32
		return
	case passing:
		c.left = math.MaxUint32
	case checking: // the next value is looked at; of those behind it their length and a share of checks tell enough
		c.least, c.span = c.minLen, c.maxLen-c.minLen
		return
	default:
		return
	}
	c.least, c.span = c.minLen, c.maxLen-c.minLen
	has := func(m mask) bool { return c.shape&m != 0 }
	c.ranges = glance.Beside(glance.Usual{Digits: has(mDigit), Small: has(mLower | mHigh), Large: has(mUpper | mUnder | mParen), At: has(mAt), Hyphen: has(mHyphen),
		Signs: has(mSpace | mQuote | mParen | mPlus | mComma | mOther)})
}
