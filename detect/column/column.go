// Package column judges the columns of a table that has at most names: a CSV file, the keys of a JSON record, a table of
// a database. A column's name and the values under it are evidence, and so are the columns beside it. What names say is
// told by package header; here values are looked at, and all is weighed.
//
// A column is decided on its shapes before its values: the first values of each column are looked at in every way, then the
// column is judged, and from then on a value costs a few nanoseconds, unless it falls out of the shape of those before it.
// No value is kept: a column is held as counters.
package column

import (
	"github.com/chartroom/chartroom/detect/header"
	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// Options are the tables that columns are judged by. The zero Options load the built-in tables.
type Options struct {
	Words  *words.Tables
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
	looks   int // how often the columns were judged
	context context
}

// column is one column's state. What each value touches stands first, in one line of the processor's cache.
type column struct {
	lookout
	values int64 // not blank

	use       use
	judged    bool
	shape     mask // classes that were seen
	minLen    uint32
	maxLen    uint32
	settledAt int64 // values before the column was settled; the counters below begin there
	checked   int64 // values of the column's shape that were checked for their syntax
	well      int64 // of them, those that passed
	strays    int64 // values out of shape, all of which are checked
	strayWell int64
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
	plainly  bool  // the guess was made that of plain text
	claims   []int // the user's identifiers that the name is one's of
	sealed   bool  // guess and claims came without the name
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
	// sampled bounds those that are asked everything later.
	sampled = 30_000
)

// NewTable makes a table over an item's places, none of whose records was seen.
func NewTable(places *record.Places, o Options) *Table {
	if o.Words == nil {
		o.Words = words.Load()
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
		c.watch()
		t.columns = append(t.columns, c)
	}
}

// Looks tells how often the columns were judged, so that whoever rests on decisions knows when to ask for them again.
func (t *Table) Looks() int { return t.looks }

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

// check is the syntax of an identifier.
type check func([]byte) bool
