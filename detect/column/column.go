// Package column judges the columns of a table that has at most names: a CSV file, the keys of a JSON record, a table of
// a database. A column's name and the values under it are evidence, and so are the columns beside it. What names say is
// told by package header; here values are looked at, and all is weighed.
//
// A column is decided on its shapes before its values: the first values of each column are looked at in every way, then the
// column is judged, and from then on a value costs a few nanoseconds, unless it falls out of the shape of those before it.
// No value is kept: a column is held as counters.
package column

import (
	"github.com/chartroom/chartroom/detect/codes"
	"github.com/chartroom/chartroom/detect/header"
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// Options are the tables that columns are judged by. The zero Options load the built-in tables.
type Options struct {
	Words  *words.Tables
	Codes  *codes.Table
	Name   string // name of the table or file, which tells what a row is
	Custom []Custom
}

// Custom is an identifier of the user's own: a column holds it when its name says so, or when most of its values match.
type Custom struct {
	Name     string
	Kind     phi.Kind
	Columns  []string          // names of columns; case and signs do not matter
	Keywords []string          // pieces of names
	Match    func([]byte) bool // nil: names alone decide. It must not keep its argument
	Checksum string            // for the explanation: what Match proves beyond the shape
}

// Decision is what a column holds. A column whose Kind is None may be of interest by its Part (a State, an age, a sex), its
// System (codes that grade each record) or FreeText.
type Decision struct {
	Kind       phi.Kind
	Part       phi.Part
	Subject    phi.Subject
	Other      bool       // about a relative, guarantor or contact, beside a patient of the record
	System     phi.System // of the codes in it; OtherSystem: the values vary, or do not tell
	SystemFrom int32      // place whose value names the version or system of these codes: 9, 0, ICD10; -1 = none
	FreeText   bool       // running text, to be scanned
	Likelihood float64    // that the column holds the kind, 0 to 1; from 0.5 on it is reported
	Values     int64      // values that are not blank
	WellFormed int64      // of them, those that pass the kind's syntax and check digit
	Why        []estate.Reason
	Health     bool       // the column speaks of health, care or payment
	Extra      []Decision // further kinds among its values
}

// Table judges the columns of one item. It is used by one goroutine.
type Table struct {
	places  *record.Places
	options Options
	lexicon *header.Lexicon
	look    observer
	columns []column // by place
	records int64
	context context
}

// column is one column's state. What each value touches stands first, in one line of the processor's cache.
type column struct {
	use       use
	judged    bool
	shape     mask // classes that were seen
	minLen    uint32
	maxLen    uint32
	values    int64 // not blank
	well      int64 // well-formed ones since the column was settled, among those that were checked
	checked   int64
	unchecked int64
	check     check
	surprise  int64 // values out of shape since the column was settled

	name     string
	learnt   int64 // well-formed ones before the column was settled
	settled  phi.Kind
	odd      mask // classes of the surprises that were nothing
	oddLen   uint32
	rare     [numRare]int32 // found among values out of shape
	early    [numRare]int32 // found before the column was settled
	guess    header.Guess
	evidence *evidence
	decision *Decision
}

// use is how a column's values are looked at.
type use uint8

const (
	fresh    use = iota // no value was seen
	learning            // every value is asked everything
	counting            // an identifier without syntax, or text: only counted
	checking            // an identifier with a syntax
	passing             // of no interest, unless a value falls out of its shape
	ignored             // not a column
)

const (
	// enough values to judge a column by.
	enough = 96
	// atMost bounds the values that are asked everything before a decision, should nobody ask for one.
	atMost = 4096
	// sampled bounds those that are asked everything later, one record in 64.
	sampled = 30_000
)

// NewTable makes a table over an item's places, none of whose records was seen.
func NewTable(places *record.Places, o Options) *Table {
	if o.Words == nil {
		o.Words = words.Load()
	}
	if o.Codes == nil {
		o.Codes = codes.Load()
	}
	return &Table{places: places, options: o, lexicon: header.Load(), look: observer{words: o.Words, custom: o.Custom}}
}

// grow makes columns for places that were added.
func (t *Table) grow() {
	for i := len(t.columns); i < t.places.Len(); i++ {
		p := t.places.At(uint32(i))
		c := column{decision: &Decision{SystemFrom: -1}}
		if p.Mode != record.Column {
			c.use = ignored
		}
		t.columns = append(t.columns, c)
	}
}

// Decision gives the decision on a place as of the last Decide, a blank one before. The pointer stays good.
func (t *Table) Decision(place uint32) *Decision {
	if int(place) >= len(t.columns) {
		t.grow()
	}
	if int(place) >= len(t.columns) {
		return &Decision{SystemFrom: -1}
	}
	return t.columns[place].decision
}

// Observe takes in the records of a batch.
func (t *Table) Observe(b *record.Batch) {
	if t.places.Len() > len(t.columns) {
		t.grow()
	}
	from, memory := t.records, b.Memory()
	for i := 0; i < b.Len(); {
		n := min(b.Len()-i, t.untilDecision())
		for ; n > 0; n-- {
			if uint32(t.records)*0x9e3779b1>>26 == 0 {
				t.sample(b, i)
			}
			cells := b.Record(i)
			for k := range cells {
				if c := &cells[k]; c.Len != 0 {
					t.value(&t.columns[c.Place], memory[c.Off:c.Off+c.Len])
				}
			}
			i++
			t.records++
		}
		if t.records == firstLook || t.records == secondLook {
			t.Decide()
		}
	}
	if from>>14 != t.records>>14 {
		t.widen()
	}
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

// sample asks everything of the values of a record, for columns that are settled already: what a column holds further down
// may be other than what it held at the top.
func (t *Table) sample(b *record.Batch, i int) {
	for _, cell := range b.Record(i) {
		c := &t.columns[cell.Place]
		if c.use <= learning || c.use == ignored || cell.Len == 0 || c.evidence.seen >= sampled {
			continue
		}
		if v := b.Bytes(cell); !maybeBlank(v) || !ident.Blank(v) {
			t.look.add(c.evidence, v)
		}
	}
}

// value takes in one value.
func (t *Table) value(c *column, v []byte) {
	switch c.use {
	case ignored:
		return
	case passing:
		if classes(v)&^c.shape == 0 && uint32(len(v)) <= c.maxLen && uint32(len(v)) >= c.minLen {
			if !maybeBlank(v) || !ident.Blank(v) {
				c.values++
			}
			return
		}
	}
	if maybeBlank(v) && ident.Blank(v) {
		return
	}
	c.values++
	switch c.use {
	case counting:
	case checking:
		if c.values > checkedAll && c.values%checkedOf != 0 && uint32(len(v)) <= c.maxLen && uint32(len(v)) >= c.minLen {
			c.unchecked++
			return
		}
		c.checked++
		if c.check(v) {
			c.well++
		} else if uint32(len(v)) > c.maxLen || uint32(len(v)) < c.minLen {
			t.surprise(c, v)
		}
	case passing:
		t.surprise(c, v)
	default:
		if c.evidence == nil {
			c.evidence = &evidence{}
			c.use = learning
		}
		if c.evidence.seen < atMost {
			t.look.add(c.evidence, v)
		}
	}
}

// Where a column holds more values than checkedAll, one of checkedOf is checked for its syntax, and the share is taken for all; one of
// another length is always looked at.
const (
	checkedAll = 1 << 15
	checkedOf  = 8
)

// passed is how many values pass the check since the column was settled.
func (c *column) passed() int64 {
	if c.unchecked == 0 {
		return c.well
	}
	return c.well + int64(float64(c.unchecked)*float64(c.well)/float64(c.checked))
}

// maybeBlank tells cheaply that a value is no filler for nothing; most values are not.
func maybeBlank(v []byte) bool {
	switch blankLead[v[0]] {
	case 0:
		return false
	case 1: // a number, or a dash alone
		return len(v) == 1 || v[1]-'0' > 9
	case 2: // zeros alone, or the date of zeros
		return len(v) >= 8
	}
	return true
}

// blankLead says what the first byte tells of a filler for nothing: 0 = it is none.
var blankLead = func() (lead [256]uint8) {
	for c := range int(' ') + 1 {
		lead[c] = 3
	}
	for _, c := range []byte("nNuU\\?\"'#<(*_") {
		lead[c] = 3
	}
	lead['-'], lead['.'], lead['0'] = 1, 1, 2
	return lead
}()

// check is the syntax of an identifier.
type check func([]byte) bool
