package record

// MaxPlaces bounds how many places one item may have. Beyond it a reader folds places into their parent, so that a
// document that invents a key for each value cannot fill the memory.
const MaxPlaces = 1 << 16

// Places is the table of an item's places. A place's number is its index, and places are only ever added.
type Places struct{ list []Place }

// Add appends a place and gives its number. Readers keep their own look-up from position to number.
func (p *Places) Add(place Place) uint32 {
	p.list = append(p.list, place)
	return uint32(len(p.list) - 1)
}

// Full tells whether no more places should be added.
func (p *Places) Full() bool { return len(p.list) >= MaxPlaces }

// At gives place i. The pointer is good until the next Add.
func (p *Places) At(i uint32) *Place { return &p.list[i] }

// Len is the number of places.
func (p *Places) Len() int { return len(p.list) }
