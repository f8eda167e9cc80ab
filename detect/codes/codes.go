// Package codes knows which clinical and billing codes put a record into a class of HL7 v3 ActCode
// InformationSensitivityPolicy: by itself (defines), or as evidence beside other things (suggests).
//
// The table is a data file; each row names its source and how sure it is. Whether a code counts at all (it is refuted, it is of a
// relative, it stands in a price list) is for the caller to know.
package codes

import (
	"math/bits"
	"sync"

	"github.com/chartroom/chartroom/phi"
)

// Grade is what a code says. A class is in Defines or in Suggests, never in both.
type Grade struct {
	Defines     phi.Classes
	Suggests    phi.Classes
	Part2       bool  // names a substance use programme, facility or setting (42 CFR Part 2 follows the programme, not the code)
	CMS         bool  // on the list by which CMS withholds claims under 42 CFR Part 2
	Test        bool  // only asks: a test, screening or questionnaire, and nothing more
	OtherPerson bool  // speaks of a relative, mother or contact, and of nobody else
	Abortion    bool  // means induced termination
	Row         int32 // the strongest row
}

// Strength gives the strongest of what the grade says.
func (g Grade) Strength() phi.Strength {
	switch {
	case g.Defines != 0:
		return phi.Defines
	case g.Suggests != 0:
		return phi.Suggests
	}
	return phi.NoStrength
}

// Row is one row of the table.
type Row struct {
	System     phi.System
	Match      string // exact, prefix or range
	Code       string // as published
	CodeTo     string // last code of a range
	Display    string // own words; empty for CPT
	Class      phi.Class
	Strength   phi.Strength
	Source     string
	Confidence string // high, medium, low: how sure the row itself is
	Flags      string // joined with blanks
}

// Table is the table of sensitivity codes. It does not change once it is loaded and is safe for concurrent use.
type Table struct {
	rows     []Row
	grades   []Grade // of each row
	index    index
	ranges   [phi.NumSystems][]span
	prefixes [phi.NumSystems]uint32 // lengths that prefixes of the system have, bit by length
}

// Load gives the table, unpacking it at the first call (about 20 ms, 5 MB).
func Load() *Table { return load() }

var load = sync.OnceValue(unpack)

// Row gives row i as Grade.Row names it.
func (t *Table) Row(i int32) Row { return t.rows[i] }

// Len is the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// Grade looks a code up. The code is taken as written: case, blanks, dots, hyphens of an NDC, modifiers of a procedure and CIEL's
// padding do not matter; leading zeros do. It allocates nothing.
func (t *Table) Grade(sys phi.System, code []byte) (Grade, bool) {
	var n normal
	if sys == phi.NoSystem || sys >= phi.NumSystems || !n.read(sys, code) {
		return Grade{}, false
	}
	var g Grade
	found := false
	switch sys {
	case phi.LOINCSystem:
		if len(code) == cielWidth { // some exports call CIEL's padded numbers LOINC
			sys = phi.CIEL
		}
		found = t.match(sys, &n, &g)
	case phi.HCPCS, phi.CPT: // a field named HCPCS holds both levels, which begin differently
		if sys = phi.HCPCS; n.buf[0]-'0' <= 9 {
			sys = phi.CPT
		}
		found = t.match(sys, &n, &g)
	case phi.NDCSystem:
		found = t.matchNDC(&n, &g)
	default:
		found = t.match(sys, &n, &g)
	}
	g.Suggests &^= g.Defines
	return g, found
}

// matchNDC looks up the labeller and product. Ten digits without hyphens can be read in three ways; a match then only suggests.
func (t *Table) matchNDC(n *normal, g *Grade) bool {
	if n.len != 10 {
		return t.match(phi.NDCSystem, n, g)
	}
	found := false
	for form := range 3 {
		var eleven [11]byte
		padNDC(&eleven, n.code(), form)
		nine := normal{len: 9}
		copy(nine.buf[:], eleven[:9])
		w := nine.words()
		found = t.take(w.hash(phi.NDCSystem), g, found) || found
	}
	g.Suggests |= g.Defines
	g.Defines = 0
	return found
}

// match joins all rows that a normalised code meets.
func (t *Table) match(sys phi.System, n *normal, g *Grade) bool {
	w := n.words()
	found := t.take(w.hash(sys), g, false)
	for lengths := t.prefixes[sys]; lengths != 0; lengths &= lengths - 1 {
		k := bits.TrailingZeros32(lengths)
		if k > n.len {
			break
		}
		found = t.take(prefixHash(sys, w[0], k), g, found) || found
	}
	for i := range t.ranges[sys] {
		if s := &t.ranges[sys][i]; w[0] >= s.from && w[0] <= s.to {
			join(g, &s.grade, found)
			found = true
		}
	}
	return found
}

// take joins the grade that is filed under the hash.
func (t *Table) take(h uint64, g *Grade, more bool) bool {
	i, ok := t.index.find(h)
	if ok {
		join(g, &t.grades[i], more)
	}
	return ok
}

// join adds what another row says; more: g holds something already.
func join(g, by *Grade, more bool) {
	if !more {
		*g = *by
		return
	}
	if g.Defines == 0 && by.Defines != 0 {
		g.Row = by.Row
	}
	g.Defines |= by.Defines
	g.Suggests |= by.Suggests
	g.Part2 = g.Part2 || by.Part2
	g.CMS = g.CMS || by.CMS
	g.Abortion = g.Abortion || by.Abortion
	g.Test = g.Test && by.Test
	g.OtherPerson = g.OtherPerson && by.OtherPerson
}
