// Package record is the hot word: the values of an item while they are read. Only packages that may see values
// import it. Nothing in it can print itself, and every value is gone with the next step of its reader.
//
// A reader fills a Batch: it points Cells at the batch's memory, each with the Place that it stands in, and closes a
// record (a row, a resource, a message, a document) after its last cell. The places are those of the whole item.
package record

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/chartroom/chartroom/phi"
)

// Mode says how much the position of a value tells.
type Mode uint8

// The modes.
const (
	// Labelled: the position is the label, as in HL7 v2 or FHIR. Place.Kind says what stands there; None means that no
	// identifier does, and the values are not looked at.
	Labelled Mode = iota
	// Column: the position has at most a name of its own choosing. Name and values decide together.
	Column
	// Text: running text, in which anything may stand.
	Text
)

// Place is a field of an item: where a value stands, and what its format says of it.
type Place struct {
	Field   string // the format's own name: "PID-5.1", "Patient.name.family", "ssn"; what answers print
	Name    string // for columns: the name by which the column is judged, the last element of a path; "" = no name
	Mode    Mode
	Kind    phi.Kind    // Labelled: what stands there. Text: FreeText
	Part    phi.Part    // which piece of the identifier
	Subject phi.Subject // whom it is about
	Other   bool        // it is about a relative, guarantor or contact: an identifier, but not of the record's own person
	System  phi.System  // of a coded field with one fixed system
	Rule    string      // for explain: "HL7 v2.9 chapter 3, PID-5 Patient Name"
	Classes phi.Classes // the place itself grades (a psychotherapy note's section, a sexual-orientation field)
	// Document: a text that says itself whom it is about (a letter, a slide), though other places stand in the item. A text that
	// is the item's only place is taken so in any case.
	Document bool
}

// Cell is one value: where it stands, and which bytes of the batch it is.
type Cell struct {
	Place  uint32
	Off    uint32
	Len    uint32
	System phi.System // code system of this value, where it varies from value to value
	Flags  CellFlags
}

// CellFlags qualify one value.
type CellFlags uint8

// The flags.
const (
	// Negated: the code is refuted, ruled out, entered in error, or only asked for. It grades nothing.
	Negated CellFlags = 1 << iota
	// OfOther: the code is about a relative or contact (family history).
	OfOther
)

// memory holds a batch's bytes behind two pointers: fmt follows one when a verb does not fit the type.
type memory struct{ bytes *[]byte }

// Batch is a run of records. Its memory and cells are reused: whatever was taken from it is gone after the next Reset.
type Batch struct {
	Places *Places
	Cells  []Cell
	// From and To bound what counts of a lone Text cell, which may carry context before and after; To 0 = all.
	From, To uint32

	ends []uint32
	mem  *memory
}

// NewBatch makes an empty batch over an item's places.
func NewBatch(places *Places) *Batch { return &Batch{Places: places, mem: &memory{new([]byte)}} }

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	b.Cells, b.ends, b.From, b.To = b.Cells[:0], b.ends[:0], 0, 0
	*b.mem.bytes = (*b.mem.bytes)[:0]
}

// Use makes the bytes the batch's memory. The reader goes on owning them and must not change them until the batch was handled.
func (b *Batch) Use(p []byte) { *b.mem.bytes = p }

// Room gives n bytes of memory, instead of what was there, for a reader to fill.
func (b *Batch) Room(n int) []byte {
	*b.mem.bytes = slices.Grow((*b.mem.bytes)[:0], n)[:n]
	return *b.mem.bytes
}

// Point adds a cell over n bytes of the memory from off.
func (b *Batch) Point(place uint32, off, n int) {
	b.Cells = append(b.Cells, Cell{Place: place, Off: uint32(off), Len: uint32(n)})
}

// Put copies a decoded value behind the memory and adds a cell over it.
func (b *Batch) Put(place uint32, v []byte) {
	off := len(*b.mem.bytes)
	*b.mem.bytes = append(*b.mem.bytes, v...)
	b.Point(place, off, len(v))
}

// Last gives the cell that was added last, for a reader to qualify.
func (b *Batch) Last() *Cell { return &b.Cells[len(b.Cells)-1] }

// EndRecord closes a record. A record without cells does not count.
func (b *Batch) EndRecord() {
	n := uint32(len(b.Cells))
	if len(b.ends) == 0 && n == 0 || len(b.ends) > 0 && b.ends[len(b.ends)-1] == n {
		return
	}
	b.ends = append(b.ends, n)
}

// Len is the number of closed records.
func (b *Batch) Len() int { return len(b.ends) }

// Record gives the cells of record i.
func (b *Batch) Record(i int) []Cell {
	from := uint32(0)
	if i > 0 {
		from = b.ends[i-1]
	}
	return b.Cells[from:b.ends[i]]
}

// Records gives the cells of the records from i on to the one before j, one after another.
func (b *Batch) Records(i, j int) []Cell {
	from, to := uint32(0), uint32(0)
	if i > 0 {
		from = b.ends[i-1]
	}
	if j > 0 {
		to = b.ends[j-1]
	}
	return b.Cells[from:max(from, to)]
}

// Open tells whether cells stand behind the last closed record.
func (b *Batch) Open() bool {
	return len(b.Cells) > 0 && (len(b.ends) == 0 || b.ends[len(b.ends)-1] < uint32(len(b.Cells)))
}

// Size is the number of bytes in the batch's memory.
func (b *Batch) Size() int { return len(*b.mem.bytes) }

// Memory gives all bytes of the batch, for a loop over many cells, which are slices of it. They are hot: they must not outlive
// the batch, nor be put where something could print them.
func (b *Batch) Memory() []byte { return *b.mem.bytes }

// Bytes gives the bytes of a cell. They are hot: they must not outlive the batch.
func (b *Batch) Bytes(c Cell) []byte { return (*b.mem.bytes)[c.Off : c.Off+c.Len : c.Off+c.Len] }

// Value gives a cell's value in a form that cannot be printed, for whoever must keep it beside others for a moment.
func (b *Batch) Value(c Cell) Value { return Value{b.mem, c.Off, c.Len} }

// Format, MarshalJSON and LogValue keep a batch from printing its values.
func (b *Batch) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[batch of %d records]", len(b.ends)) }

// MarshalJSON refuses.
func (b *Batch) MarshalJSON() ([]byte, error) { return nil, ErrHot }

// LogValue hides the values.
func (b *Batch) LogValue() slog.Value { return slog.StringValue("[batch]") }

// ErrHot is what any attempt to encode a value gets.
var ErrHot = errors.New("a value that was read may not be encoded, stored or sent")

// Value is one value of a record. It holds no bytes of its own, it cannot print, encode or store itself, and it is valid
// only until its reader's next step.
type Value struct {
	mem *memory
	off uint32
	n   uint32
}

// Bytes gives the value. The bytes are hot.
func (v Value) Bytes() []byte {
	if v.mem == nil {
		return nil
	}
	return (*v.mem.bytes)[v.off : v.off+v.n : v.off+v.n]
}

// Len is the length in bytes.
func (v Value) Len() int { return int(v.n) }

const redacted = "[value]"

// Format prints a placeholder whatever the verb.
func (v Value) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// String gives a placeholder.
func (v Value) String() string { return redacted }

// MarshalJSON refuses.
func (v Value) MarshalJSON() ([]byte, error) { return nil, ErrHot }

// MarshalText refuses.
func (v Value) MarshalText() ([]byte, error) { return nil, ErrHot }

// MarshalBinary refuses.
func (v Value) MarshalBinary() ([]byte, error) { return nil, ErrHot }

// GobEncode refuses.
func (v Value) GobEncode() ([]byte, error) { return nil, ErrHot }

// LogValue hides the value.
func (v Value) LogValue() slog.Value { return slog.StringValue(redacted) }
