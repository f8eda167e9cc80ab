package people

import "github.com/chartroom/chartroom/phi"

// Spare bits of a person's states, and of an entry's classes; and of a person, so many marks are told apart: those behind are one.
const (
	MinorBit   = 63
	Part2Bit   = 31
	ShownMarks = 32
)

// Room for the flags beside states and classes: neither may become negative.
const (
	_ = uint(MinorBit - phi.NumStates)
	_ = uint(Part2Bit - phi.NumClasses)
)

// Lists hold for each resource which persons it shows. Persons are numbered by their smallest mark, so the persons of any smaller
// sample come first, in every list.
type Lists struct {
	Nodes []uint32 // resources, ascending
	Limit []uint8  // by list: the grade down to which it is complete
	Off   []uint32 // by list: where its entries begin, and one more
	Who   []uint32 // by entry: the person, ascending in each list
	What  []uint32 // by entry: index in Shows
	Shows []uint64 // the marks that are shown, bit by number, above the classes and Part2Bit

	States  []uint64 // by person, MinorBit among them
	GradOff []uint32 // by person, and one more
	Grad    []uint8  // grades of the person's marks, highest first
}
