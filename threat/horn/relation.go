package horn

import "math/bits"

// relation keeps the atoms of one predicate, with indexes that grow with it.
type relation struct {
	name    string
	arity   int
	derived bool
	args    []uint32
	atom    []uint32 // its number in the program
	joined  []bool   // rows are grounded with it; else it is only asked for, or was told not to hold
	by      []*index // by the set of bound places, as bits
	seen    []int    // how many distinct names stand in each place; 0 = not counted
}

// index finds the rows that have certain names in certain places. Rows of one bucket are chained.
type index struct {
	head []uint32 // row + 1
	next []uint32
	mask uint32
}

func newRelation(name string, arity int, derived bool) *relation {
	return &relation{name: name, arity: arity, derived: derived, by: make([]*index, 1<<arity), seen: make([]int, arity)}
}

func (r *relation) len() int { return len(r.atom) }

func (r *relation) row(i uint32) []uint32 { return r.args[int(i)*r.arity : int(i+1)*r.arity] }

// all is every place bound.
func (r *relation) all() uint32 { return 1<<r.arity - 1 }

// hash is of the names in the places that are bound.
func hash(args []uint32, places uint32) uint32 {
	h := uint64(places) * 0x9e3779b97f4a7c15
	for ; places != 0; places &= places - 1 {
		h = (h ^ uint64(args[bits.TrailingZeros32(places)])) * 0xff51afd7ed558ccd
		h ^= h >> 32
	}
	return uint32(h ^ h>>29)
}

func same(a, b []uint32, places uint32) bool {
	for ; places != 0; places &= places - 1 {
		i := bits.TrailingZeros32(places)
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// index gives the index over some places, and brings it up to date.
func (r *relation) index(places uint32) *index {
	x := r.by[places]
	if x == nil {
		x = &index{}
		r.by[places] = x
	}
	if len(x.next) == r.len() {
		return x
	}
	if r.len() > len(x.head) {
		size := 16
		for size < 2*r.len() {
			size *= 2
		}
		x.head, x.next, x.mask = make([]uint32, size), make([]uint32, 0, size), uint32(size-1) // whoever walks the old chains goes on with them
	}
	for i := uint32(len(x.next)); i < uint32(r.len()); i++ {
		b := hash(r.row(i), places) & x.mask
		x.next = append(x.next, x.head[b])
		x.head[b] = i + 1
	}
	return x
}

// each goes through the rows that have certain names in some places. The relation may grow by what is done.
func (r *relation) each(args []uint32, places uint32, do func(row uint32)) {
	if places == 0 {
		for row := range uint32(r.len()) {
			do(row)
		}
		return
	}
	x := r.index(places)
	if len(x.head) == 0 {
		return
	}
	next := x.next // of now
	for i := x.head[hash(args, places)&x.mask]; i != 0; i = next[i-1] {
		if same(r.row(i-1), args, places) {
			do(i - 1)
		}
	}
}

// find gives the row of an atom; -1 = none.
func (r *relation) find(args []uint32) int {
	x := r.index(r.all())
	if len(x.head) == 0 {
		return -1
	}
	for i := x.head[hash(args, r.all())&x.mask]; i != 0; i = x.next[i-1] {
		if same(r.row(i-1), args, r.all()) {
			return int(i - 1)
		}
	}
	return -1
}

// fanout guesses how many rows there are for names in some places.
func (r *relation) fanout(places uint32) float64 {
	out := float64(r.len())
	for p := places; p != 0; p &= p - 1 {
		i := bits.TrailingZeros32(p)
		out = min(out, float64(r.len())/float64(max(1, r.distinct(i))))
	}
	return out
}

// distinct counts the names in a place, once.
func (r *relation) distinct(place int) int {
	if r.seen[place] == 0 && r.len() > 0 {
		set := map[uint32]struct{}{}
		for i := place; i < len(r.args); i += r.arity {
			set[r.args[i]] = struct{}{}
		}
		r.seen[place] = len(set)
	}
	return r.seen[place]
}
