// Package detect is the engine that looks at the records of an item and says what stands where: which identifiers, whose,
// which codes, which class of sensitivity, and what the item is as a whole.
//
// Where the position is the label, the position decides and the value only counts. In a column, name and values decide
// together (detect/column). In running text, shapes, checksums and context decide (detect/text). What a record says of its
// person is handed out record by record, and forgotten.
package detect

import (
	"hash/maphash"
	"sync"

	"github.com/chartroom/chartroom/detect/column"
	"github.com/chartroom/chartroom/detect/text"
	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/record"
)

// RulesVersion changes whenever a rule of detection changes, or how persons are marked (package fingerprint), so that what was read under older
// rules is read again.
const RulesVersion = "4"

// Engine holds what all items share. It is safe for concurrent use.
type Engine struct {
	words   *words.Tables
	custom  []Custom
	columns []column.Custom

	desks sync.Pool
}

// New makes an engine with the organisation's own identifiers.
func New(custom []Custom) *Engine {
	return &Engine{words: words.Load(), custom: custom, columns: columns(custom)}
}

// desk is what an item is looked at with: a scanner of text, and the last answers of the table of codes. It is worth more than
// a small item, so it goes from one to the next. It keeps no value.
type desk struct {
	scanner *text.Scanner
	seed    maphash.Seed
	grades  [1024]graded
}

// desk gives one that is free.
func (e *Engine) desk() *desk {
	if d, ok := e.desks.Get().(*desk); ok {
		return d
	}
	return &desk{scanner: text.New(e.words), seed: maphash.MakeSeed()}
}

// Meet takes the person of one record and gives a number that stands for him in counts, 0 for nobody.
type Meet func(*record.Identity) uint64
