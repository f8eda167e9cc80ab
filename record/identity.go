package record

import "github.com/chartroom/chartroom/phi"

// Identity is what one record says of its person: hot, built anew for each record, and forgotten when its marks are made.
type Identity struct {
	IDs     []ID   // numbers of the person: record number, social security number, plan number
	Family  []byte // or the whole name in Full
	Given   []byte
	Full    []byte
	Birth   []byte // as written; the fingerprint normalises it
	Email   []byte
	Phone   []byte
	States  uint64 // set of phi.State
	Classes phi.Classes
	Minor   bool
	Part2   bool
}

// ID is one number of a person.
type ID struct {
	Kind  phi.Kind
	Local bool // counts only inside its repository
	Value []byte
}

// Reset empties the identity and keeps its memory.
func (id *Identity) Reset() { *id = Identity{IDs: id.IDs[:0]} }

// Empty tells whether nothing in the record tells its person from others.
func (id *Identity) Empty() bool {
	named := len(id.Full) > 0 || len(id.Family) > 0 && len(id.Given) > 0
	return len(id.IDs) == 0 && !named && len(id.Email) == 0
}
