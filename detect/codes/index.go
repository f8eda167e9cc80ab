package codes

import "github.com/chartroom/chartroom/phi"

// index is an open-addressing table from the hash of a system and a normalised code to a grade. The hashes are those of
// the rows; the loader refuses a table in which two differ in their codes and share a hash.
type index struct {
	hashes []uint64
	values []int32
	mask   uint64
}

// newIndex makes an index for n entries, at most half full.
func newIndex(n int) index {
	size := 1
	for size < 2*n {
		size *= 2
	}
	return index{make([]uint64, size), make([]int32, size), uint64(size - 1)}
}

// find gives the value of a hash.
func (x *index) find(h uint64) (int32, bool) {
	for i := h >> 40 & x.mask; x.hashes[i] != 0; i = (i + 1) & x.mask {
		if x.hashes[i] == h {
			return x.values[i], true
		}
	}
	return 0, false
}

// put files a value under a hash that is not in the index.
func (x *index) put(h uint64, v int32) {
	i := h >> 40 & x.mask
	for x.hashes[i] != 0 {
		i = (i + 1) & x.mask
	}
	x.hashes[i], x.values[i] = h, v
}

// words are the 24 bytes of a normalised code, zero at the end, so that they order as the text does.
type words [3]uint64

// hash is the hash of a whole code in its system.
func (w words) hash(sys phi.System) uint64 {
	h := (w[0] ^ uint64(sys)<<1) * 0x9e3779b97f4a7c15
	h ^= h >> 32
	h += w[1]*0xc2b2ae3d27d4eb4f + w[2]*0x165667b19e3779f9
	return h * 0x9fb21c651e98df25
}

// prefixHash is the hash of the first k bytes of a code, k at most 8. It differs from that of a whole code of these bytes.
func prefixHash(sys phi.System, first uint64, k int) uint64 {
	first &= ^uint64(0) << (64 - 8*k)
	return words{first, 0, prefixMark}.hash(sys)
}

// prefixMark sets prefixes apart: no code has this byte at its end.
const prefixMark = 0xff

// span is a range of codes, packed so that they compare as text.
type span struct {
	from, to uint64
	grade    Grade
}

// packEnd gives the end of a range whose last code is of n bytes; open: codes that begin with it are in the range, too.
func packEnd(last uint64, n int, open bool) uint64 {
	if open && n < 8 {
		last |= 1<<(8*(8-n)) - 1
	}
	return last
}
