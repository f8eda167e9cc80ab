package column

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/chartroom/chartroom/detect/header"
	"github.com/chartroom/chartroom/estate/packed"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// A state of a table is what Merge and Decide need of one that looked at a part of an item, so that another process can go on with it:
// counters, and no value or part of one. What values a column has seen is told by 1,024 bits, of which each stands for some of all
// possible values: they are put in another order (Veil) that only those know who have read parts of the same item.

// Bounds of what a state may say of one column: a part of an item is some MiB.
const (
	mostValues = 1 << 40
	mostSeen   = math.MaxUint16
	mostHashed = 2 * distinctOf
	mostRule   = 512 // bytes of the rule that a name was judged by
)

// mostKind is the last kind of values.
var mostKind = byte(len(phi.Kinds()))

// Veil is an order of the bits that tell values apart.
type Veil [distinctBits]uint16

// AppendState writes the state of a table's columns. told says of a place that its name goes with it; what the others' names say goes
// in their place.
func (t *Table) AppendState(b []byte, veil *Veil, told func(place uint32) bool) []byte {
	if t.places.Len() > len(t.columns) {
		t.grow()
	}
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
			b = appendGuess(b, &c.guess)
			b = appendIndices(b, c.claims)
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
			c.guess, c.judged = readGuess(r), true
			c.claims = readIndices(r, len(o.Custom))
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
func (c *column) appendState(b []byte, veil *Veil) []byte {
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
	c.settled = phi.Kind(r.Byte(mostKind))
	for _, counts := range [][]int32{c.rare[:], c.early[:]} {
		for i := range counts {
			counts[i] = int32(r.Uint(math.MaxInt32))
		}
	}
	c.evidence = &evidence{}
	c.evidence.readState(r, custom)
}

// appendState writes the evidence, but for the number that was read last.
func (e *evidence) appendState(b []byte, veil *Veil) []byte {
	for _, n := range []uint64{uint64(e.seen), uint64(e.minLen), uint64(e.maxLen), uint64(e.mask), uint64(e.hashed)} {
		b = binary.AppendUvarint(b, n)
	}
	for _, n := range []int32{e.sumWords, e.given, e.surname} {
		b = binary.AppendVarint(b, int64(n))
	}
	b = appendCounts(appendCounts(appendCounts(b, e.hits[:]), e.valid[:]), e.custom)
	return e.different.appendState(b, veil)
}

func (e *evidence) readState(r *packed.Reader, custom int) {
	e.seen = int32(r.Uint(mostSeen))
	e.minLen, e.maxLen = uint16(r.Uint(math.MaxUint16)), uint16(r.Uint(math.MaxUint16))
	e.mask, e.hashed = mask(r.Uint(math.MaxUint16)), int32(r.Uint(mostHashed))
	e.sumWords, e.given, e.surname = r.Signed(), r.Signed(), r.Signed()
	readCounts(r, e.hits[:])
	readCounts(r, e.valid[:])
	own := make([]uint16, custom)
	if readCounts(r, own) {
		e.custom = own
	}
	e.different.readState(r)
}

// appendCounts writes the counts that are not 0, each behind the distance from the one before.
func appendCounts(b []byte, counts []uint16) []byte {
	set := 0
	for _, n := range counts {
		if n != 0 {
			set++
		}
	}
	b = binary.AppendUvarint(b, uint64(set))
	last := 0
	for i, n := range counts {
		if n != 0 {
			b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(i-last)), uint64(n))
			last = i
		}
	}
	return b
}

// readCounts tells whether there are any.
func readCounts(r *packed.Reader, counts []uint16) bool {
	n, at := r.Count(len(counts), 2), 0
	for range n {
		if at += int(r.Uint(uint64(len(counts)))); at >= len(counts) {
			r.Fail()
			return false
		}
		counts[at] = uint16(r.Uint(math.MaxUint16))
	}
	return n > 0
}

// appendState writes the bits in the order of a veil: which of them are set where they are few.
func (d *distinct) appendState(b []byte, veil *Veil) []byte {
	var veiled distinct
	set := 0
	for i, at := range veil {
		if d.bits[i>>6]>>(i&63)&1 != 0 {
			veiled.bits[at>>6] |= 1 << (at & 63)
			set++
		}
	}
	b = binary.AppendUvarint(b, uint64(set))
	if set > fewBits {
		for _, w := range veiled.bits {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		return b
	}
	for i := range uint64(distinctBits) {
		if veiled.bits[i>>6]>>(i&63)&1 != 0 {
			b = binary.LittleEndian.AppendUint16(b, uint16(i))
		}
	}
	return b
}

// fewBits are written one by one.
const fewBits = distinctBits / 16

func (d *distinct) readState(r *packed.Reader) {
	set := r.Uint(distinctBits)
	if set > fewBits {
		for i := range d.bits {
			d.bits[i] = r.Uint64()
		}
		return
	}
	for range set {
		if b := r.Take(2); b != nil {
			at := binary.LittleEndian.Uint16(b) % distinctBits
			d.bits[at>>6] |= 1 << (at & 63)
		}
	}
}

// appendGuess writes what a name says.
func appendGuess(b []byte, g *header.Guess) []byte {
	b = append(b, byte(g.Kind), byte(g.Part), byte(g.Who), byte(g.Lexical), byte(g.Strength), byte(g.Class), byte(g.System))
	b = packed.AppendBools(b, g.Negative, g.Geo, g.Health)
	return packed.AppendBytes(b, g.Rule[:min(len(g.Rule), mostRule)])
}

func readGuess(r *packed.Reader) (g header.Guess) {
	g.Kind, g.Part = phi.Kind(r.Byte(mostKind)), phi.Part(r.Byte(math.MaxUint8))
	g.Who, g.Lexical = header.Who(r.Byte(byte(header.NumWho)-1)), header.Who(r.Byte(byte(header.NumWho)-1))
	g.Strength, g.Class = header.Strength(r.Byte(byte(header.Strong))), header.Class(r.Byte(byte(header.OrgName)))
	g.System = phi.System(r.Byte(byte(phi.NumSystems) - 1))
	r.Bools(&g.Negative, &g.Geo, &g.Health)
	g.Rule = r.Text(mostRule)
	if g.Strength == header.Silent && g.Kind != phi.None {
		r.Fail() // a name that says nothing says of no kind
	}
	return g
}

// appendIndices writes ascending numbers.
func appendIndices(b []byte, list []int) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, i := range list {
		b = binary.AppendUvarint(b, uint64(i))
	}
	return b
}

func readIndices(r *packed.Reader, below int) (list []int) {
	for range r.Count(below, 1) {
		list = append(list, int(r.Uint(uint64(below-1))))
	}
	return list
}
