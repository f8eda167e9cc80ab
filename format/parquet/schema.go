package parquet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/parquet/packed"
	"github.com/chartroom/chartroom/record"
)

// physical is how a column's values are stored (parquet.thrift, Type).
type physical int8

const (
	boolean physical = iota
	int32s
	int64s
	int96
	float
	double
	byteArray
	fixed
	noType physical = -1
)

// Logical types (parquet.thrift, LogicalType) and converted types (ConvertedType) that are told apart here.
const (
	logicalString    = 1
	logicalMap       = 2
	logicalList      = 3
	logicalEnum      = 4
	logicalDecimal   = 5
	logicalDate      = 6
	logicalTime      = 7
	logicalTimestamp = 8
	logicalInteger   = 10
	logicalJSON      = 12
	logicalUUID      = 14
	logicalFloat16   = 15

	convertedUTF8     = 0
	convertedMap      = 1
	convertedKeyValue = 2
	convertedList     = 3
	convertedEnum     = 4
	convertedDecimal  = 5
	convertedDate     = 6
	convertedTimeMS   = 7
	convertedTimeUS   = 8
	convertedStampMS  = 9
	convertedStampUS  = 10
	convertedUint8    = 11
	convertedUint64   = 14
	convertedJSON     = 19
)

// Limits of a schema.
const (
	maxDepth  = 100
	maxLeaves = record.MaxPlaces
	maxName   = 128 // bytes of one name that are kept
	maxPath   = 400 // bytes of a path that are kept
)

// leaf is a column of values: a leaf of the schema.
type leaf struct {
	path     string // as answers print it
	name     string // what it is judged by
	physical physical
	length   int // of a fixed value, in bytes
	maxRep   int
	maxDef   int
	show     meaning
	scale    int
	column   int // of format.Rows

	lost [lossKinds]loss
}

// walker turns the list of schema elements, a tree in the order of depth first, into leaves.
type walker struct {
	elements []element
	at       int
	leaves   []*leaf
}

// branch is where the walk stands.
type branch struct {
	path     []string
	name     string // of the nearest element whose name somebody chose
	rep, def int
	in       int16 // logicalList or logicalMap when the parent is one, and its repeated child else
	depth    int
}

// leavesOf gives the columns of a schema in their order.
func leavesOf(elements []element) ([]*leaf, error) {
	if len(elements) == 0 {
		return nil, format.Damaged("schema: empty")
	}
	w := &walker{elements: elements, at: 1}
	for range elements[0].children {
		if err := w.walk(branch{}); err != nil {
			return nil, err
		}
	}
	if w.at != len(elements) {
		return nil, format.Damaged("schema: not one tree")
	}
	return w.leaves, nil
}

// walk takes the next element and all beneath it.
func (w *walker) walk(b branch) error {
	if w.at >= len(w.elements) || b.depth > maxDepth {
		return format.Damaged("schema: no tree, or deeper than %d", maxDepth)
	}
	e := &w.elements[w.at]
	w.at++
	if e.children < 0 || e.repetition < 0 || e.repetition > 2 {
		return format.Damaged("schema: element %d", w.at)
	}
	b.depth++
	switch e.repetition {
	case 2:
		b.rep++
		b.def++
	case 1:
		b.def++
	}
	in := b.in
	b.in = nested(e)
	switch name := format.Shown(string(e.name)); {
	case in != 0 && e.repetition == 2 && e.children > 0 && (in == logicalMap || e.children == 1 && !legacy(e.name)):
		b.in = -in // the repeated group has a name of no meaning, and so has what stands in it
	case in != 0:
		b.path = append(slices.Clip(b.path), name)
	default:
		b.path, b.name = append(slices.Clip(b.path), name), name
	}
	if e.children == 0 {
		return w.leaf(e, b)
	}
	for range e.children {
		if err := w.walk(b); err != nil {
			return err
		}
	}
	return nil
}

// nested tells whether an element is annotated as a list or a map (LogicalTypes.md, "Nested Types").
func nested(e *element) int16 {
	switch {
	case e.children == 0:
		return 0
	case e.logical.kind == logicalList || e.converted == convertedList:
		return logicalList
	case e.logical.kind == logicalMap || e.converted == convertedMap || e.converted == convertedKeyValue:
		return logicalMap
	}
	return 0
}

// legacy tells whether the repeated group of a list is the list's element itself (LogicalTypes.md, "Backward-compatibility rules").
func legacy(name []byte) bool {
	return string(name) == "array" || strings.HasSuffix(string(name), "_tuple")
}

func (w *walker) leaf(e *element, b branch) error {
	if len(w.leaves) >= maxLeaves {
		return fmt.Errorf("over %d columns: %w", maxLeaves, format.ErrLimit)
	}
	if e.physical < boolean || e.physical > fixed || e.physical == fixed && (e.length < 0 || e.length > packed.MaxValue) {
		return format.Damaged("schema: element %d has no type", w.at)
	}
	l := &leaf{name: b.name, physical: e.physical, length: int(e.length), maxRep: b.rep, maxDef: b.def, show: meaningOf(e)}
	l.path = strings.Join(b.path, ".")
	if len(l.path) > maxPath {
		l.path = "..." + strings.ToValidUTF8(l.path[len(l.path)-maxPath:], "")
	}
	l.scale = int(e.scale)
	if e.logical.kind == logicalDecimal {
		l.scale = int(e.logical.scale)
	}
	w.leaves = append(w.leaves, l)
	return nil
}
