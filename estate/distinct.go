package estate

import "slices"

// Distinct counts distinct hashes: exactly up to its capacity, beyond that by the K smallest (KMV), with a standard
// error of about 1/sqrt(K). The zero Distinct is not ready; use NewDistinct.
type Distinct struct {
	k     int
	limit uint64 // hashes from here on are not held; 0 = all are
	held  map[uint64]struct{}
}

// NewDistinct makes a counter that holds k hashes.
func NewDistinct(k int) *Distinct { return &Distinct{k: k, held: make(map[uint64]struct{})} }

// Add counts a hash.
func (d *Distinct) Add(h uint64) {
	if d.limit != 0 && h >= d.limit {
		return
	}
	d.held[h] = struct{}{}
	if len(d.held) > 2*d.k {
		d.shrink()
	}
}

func (d *Distinct) shrink() {
	hs := make([]uint64, 0, len(d.held))
	for h := range d.held {
		hs = append(hs, h)
	}
	slices.Sort(hs)
	d.limit = hs[d.k]
	for _, h := range hs[d.k:] {
		delete(d.held, h)
	}
}

// Count estimates how many different hashes were added.
func (d *Distinct) Count() int64 {
	if d == nil {
		return 0
	}
	if d.limit == 0 {
		return int64(len(d.held))
	}
	return round(float64(len(d.held)) / (float64(d.limit) / (1 << 63) / 2))
}
