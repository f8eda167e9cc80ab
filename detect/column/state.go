package column

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/chartroom/chartroom/detect/header"
	"github.com/chartroom/chartroom/detect/linear"
	"github.com/chartroom/chartroom/estate/packed"
	"github.com/chartroom/chartroom/record"
)

// A state of a table is what Merge and Decide need of one that looked at a part of an item, so that another process can go on with it:
// counters, and no value or part of one. What values a column has seen is told by 1,024 bits, of which each stands for some of all
// possible values: they are put in another order (Veil) that only those know who have read parts of the same item.

// mostValues bounds how many values a part of an item can have.
const mostValues = 1 << 40

// AppendState writes the state of a table's columns. told says of a place that its name goes with it; what the others' names say goes
// in their place.
func (t *Table) AppendState(b []byte, veil *linear.Veil, told func(place uint32) bool) []byte {
	t.grow()
	b = binary.AppendUvarint(b, uint64(t.records))
	for i := range t.columns {
		c := &t.columns[i]
		if c.use == ignored {
			continue
		}
		if !c.judged {
			t.name(uint32(i))
		}
		named := told(uint32(i))
		b = packed.AppendBools(append(b, byte(c.use)), named, named && c.plainly)
		if !named {
			b = packed.AppendIndices(c.guess.AppendState(b), c.claims)
		}
		if c.use != fresh {
			b = c.appendState(b, veil)
		}
	}
	return b
}

// ReadState makes a table of a state, over the places that it stands on. It is for Merge and Decide.
func ReadState(r *packed.Reader, places *record.Places, o Options) *Table {
	t := NewTable(places, o)
	t.grow()
	t.records = r.Int64(mostValues)
	for i := range t.columns {
		c := &t.columns[i]
		if c.use == ignored || !r.OK() {
			continue
		}
		c.use = use(r.Byte(byte(passing)))
		named, plainly := false, false
		r.Bools(&named, &plainly)
		if c.sealed = !named; c.sealed {
			c.guess, c.judged = header.ReadGuess(r), true
			c.claims = r.Indices(len(o.Custom))
		} else if plainly {
			t.name(uint32(i))
			c.plain()
		}
		if c.use != fresh {
			c.readState(r, len(o.Custom))
		}
	}
	return t
}

// appendState writes what was seen of the values.
func (c *column) appendState(b []byte, veil *linear.Veil) []byte {
	for _, n := range []int64{c.values, c.settledAt, c.checked, c.well, c.strays, c.strayWell, c.learnt} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	b = append(b, byte(c.settled))
	for _, n := range slices.Concat(c.rare[:], c.early[:]) {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return c.evidence.appendState(b, veil)
}

func (c *column) readState(r *packed.Reader, custom int) {
	for _, n := range []*int64{&c.values, &c.settledAt, &c.checked, &c.well, &c.strays, &c.strayWell, &c.learnt} {
		*n = r.Int64(mostValues)
	}
	c.settled = header.ReadKind(r)
	for _, counts := range [][]int32{c.rare[:], c.early[:]} {
		for i := range counts {
			counts[i] = int32(r.Uint(math.MaxInt32))
		}
	}
	c.evidence = &evidence{}
	c.evidence.readState(r, custom)
}

// appendState writes the evidence, but for the number that was read last.
func (e *evidence) appendState(b []byte, veil *linear.Veil) []byte {
	for _, n := range []uint64{uint64(e.seen), uint64(e.minLen), uint64(e.maxLen), uint64(e.mask), uint64(e.hashed)} {
		b = binary.AppendUvarint(b, n)
	}
	for _, n := range []int32{e.sumWords, e.given, e.surname} {
		b = binary.AppendVarint(b, int64(n))
	}
	return e.different.AppendState(packed.AppendCounts(b, slices.Concat(e.hits[:], e.valid[:], e.custom)), veil)
}

func (e *evidence) readState(r *packed.Reader, custom int) {
	e.seen = int32(r.Uint(math.MaxUint16))
	e.minLen, e.maxLen = uint16(r.Uint(math.MaxUint16)), uint16(r.Uint(math.MaxUint16))
	e.mask, e.hashed = mask(r.Uint(math.MaxUint16)), int32(r.Uint(2*distinctOf))
	e.sumWords, e.given, e.surname = int32(r.Signed()), int32(r.Signed()), int32(r.Signed())
	counts := make([]uint16, 2*int(numProbes)+custom)
	r.Counts(counts)
	e.custom = counts[copy(e.hits[:], counts)+copy(e.valid[:], counts[numProbes:]):]
	e.different.ReadState(r)
}
