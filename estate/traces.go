package estate

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// Trace is a keyed fingerprint of one way in which a record could name its person: a number, a name with a date of birth, a telephone
// number. All 64 bits of it are well mixed; 0 is none. Unlike a Mark it counts nobody: it is kept so that a sample of somebody's can be held against it.
type Trace = uint64

// Traces gathers the traces of one item, and packs them into segments as they become many. The zero Traces is ready.
type Traces struct {
	pending []Trace
	spare   []Trace // room to sort in
	recent  []Trace // what came last, by its lowest bits: records of one person repeat
	sealed  []Segment
}

// Segments hold up to this many traces, so that whoever gathers them needs little more than half a MiB.
const segmentSize = 1 << 15

const recentTraces = 1 << 12

// Add adds a trace. The same one may come again.
func (t *Traces) Add(trace Trace) {
	if t.recent == nil {
		t.recent = make([]Trace, recentTraces)
	}
	slot := &t.recent[trace%recentTraces]
	if *slot == trace {
		return
	}
	*slot = trace
	if len(t.pending) == segmentSize {
		t.seal()
	}
	t.pending = append(t.pending, trace)
}

// Merge takes over what another has gathered, which must not be used again.
func (t *Traces) Merge(o *Traces) {
	t.sealed = append(t.sealed, o.sealed...)
	for _, trace := range o.pending {
		t.Add(trace)
	}
}

// Sealed gives the segments that are full, and forgets them.
func (t *Traces) Sealed() []Segment {
	out := t.sealed
	t.sealed = nil
	return out
}

// Close gives all that is left.
func (t *Traces) Close() []Segment {
	t.seal()
	t.recent, t.spare = nil, nil
	return t.Sealed()
}

func (t *Traces) seal() {
	if len(t.pending) == 0 {
		return
	}
	sorted := sortMixed(t.pending, t.spare)
	t.sealed = append(t.sealed, pack(slices.Compact(sorted)))
	t.pending, t.spare = sorted[:0], t.pending
}

// sortMixed sorts numbers that are spread evenly, into the memory of spare or new one: each goes near its place first, and what is left to
// do is little.
func sortMixed(a, spare []uint64) []uint64 {
	near := slices.Grow(spare[:0], len(a))[:len(a)]
	if len(a) < 64 {
		copy(near, a)
		slices.Sort(near)
		return near
	}
	shift := 64 - bits.Len(uint(len(a)/2))
	at := make([]uint32, 1<<(64-shift)+1)
	for _, v := range a {
		at[v>>shift+1]++
	}
	for i := 1; i < len(at); i++ {
		at[i] += at[i-1]
	}
	for _, v := range a {
		near[at[v>>shift]] = v
		at[v>>shift]++
	}
	for i := 1; i < len(near); i++ {
		v := near[i]
		j := i
		for ; j > 0 && near[j-1] > v; j-- {
			near[j] = near[j-1]
		}
		near[j] = v
	}
	return near
}

// Segment is a packed set of traces. They are mapped evenly onto 2^20 places each, so that a foreign trace is taken for one of them
// with a probability of 2^-20, and their distances are Rice-coded (Golomb 1966, Rice 1979): about 22 bits a trace, and 12 bytes more for each block
// of 64. It takes longer to ask than a fuse filter of 18 bits would, and is made ten times as fast, which a scan must.
//
// Little-endian: version (1 byte), number of traces (4), then for each block the place of its first trace (8) and the bit at which its
// distances begin (4), then the distances.
type Segment []byte

const (
	segmentVersion = 1
	segmentHeader  = 5
	blockSize      = 64
	blockEntry     = 12
	rice           = 20
)

// FalseHit is the probability that a segment takes a trace for its own that was never added.
const FalseHit = 1.0 / (1 << rice)

// ErrSegment says that a segment is damaged.
var ErrSegment = errors.New("the set of traces is damaged")

func pack(sorted []Trace) Segment {
	n := len(sorted)
	blocks := (n + blockSize - 1) / blockSize
	s := make(Segment, segmentHeader+blocks*blockEntry, segmentHeader+blocks*blockEntry+n*23/8+64)
	s[0] = segmentVersion
	binary.LittleEndian.PutUint32(s[1:], uint32(n))
	var w bitWriter
	w.out = s
	begin, last := len(s)*8, uint64(0)
	for i, trace := range sorted {
		v := place(trace, n)
		if i%blockSize == 0 {
			entry := w.out[segmentHeader+i/blockSize*blockEntry:]
			binary.LittleEndian.PutUint64(entry, v)
			binary.LittleEndian.PutUint32(entry[8:], uint32(w.at(begin)))
		} else {
			w.rice(v - last)
		}
		last = v
	}
	return w.end()
}

// place maps a trace onto 2^20 places for each of n traces, and keeps their order.
func place(trace Trace, n int) uint64 {
	hi, _ := bits.Mul64(trace, uint64(n)<<rice)
	return hi
}

// Len is the number of traces.
func (s Segment) Len() int {
	if len(s) < segmentHeader {
		return 0
	}
	return int(binary.LittleEndian.Uint32(s[1:]))
}

// Check tells whether the segment can be asked.
func (s Segment) Check() error {
	n := s.Len()
	if len(s) < segmentHeader || s[0] != segmentVersion || n == 0 || n > segmentSize || len(s) < segmentHeader+(n+blockSize-1)/blockSize*blockEntry {
		return ErrSegment
	}
	return nil
}

// Has tells whether a trace is in the segment, or falls onto one by chance (FalseHit). The segment must have been checked.
func (s Segment) Has(trace Trace) (has bool) {
	s.Match([]Trace{trace}, func(int) { has = true })
	return has
}

// Match calls yield with the index of each of many traces, sorted, that is in the segment, or falls onto one by chance. It goes through the
// segment once at most, so that to ask a small one for thousands of traces costs little.
func (s Segment) Match(sorted []Trace, yield func(i int)) {
	n := s.Len()
	blocks := (n + blockSize - 1) / blockSize
	index, data := s[segmentHeader:segmentHeader+blocks*blockEntry], s[segmentHeader+blocks*blockEntry:]
	block, left, v := -1, 0, uint64(0)
	var r bitReader
	for i, trace := range sorted {
		want := place(trace, n)
		if b := blockOf(index, want, max(block, 0)); b != block {
			entry := index[b*blockEntry:]
			block, left, v = b, min(blockSize, n-b*blockSize)-1, binary.LittleEndian.Uint64(entry)
			r = bitReader{data, uint64(binary.LittleEndian.Uint32(entry[8:]))}
		}
		for v < want && left > 0 {
			v += r.rice()
			left--
		}
		if v == want {
			yield(i)
		}
	}
}

// blockOf gives the last block, from one on, that does not begin behind a place.
func blockOf(index []byte, want uint64, from int) int {
	begins := func(block int) uint64 { return binary.LittleEndian.Uint64(index[block*blockEntry:]) }
	blocks, step := len(index)/blockEntry, 1
	for from+step < blocks && begins(from+step) <= want {
		from += step
		step *= 2
	}
	for to := min(from+step, blocks); to-from > 1; {
		if mid := (from + to) / 2; begins(mid) <= want {
			from = mid
		} else {
			to = mid
		}
	}
	return from
}

// bitWriter writes bits, the lowest first.
type bitWriter struct {
	out  []byte
	word uint64
	n    int
}

// at gives the number of bits written behind the first begin ones.
func (w *bitWriter) at(begin int) int { return len(w.out)*8 + w.n - begin }

func (w *bitWriter) rice(v uint64) {
	q := int(v >> rice)
	for ; q >= 24; q -= 24 {
		w.bits(1<<24-1, 24)
	}
	w.bits(1<<q-1|v&(1<<rice-1)<<(q+1), q+1+rice) // q ones, a zero, and the rest
}

// bits writes the lowest n bits of v, at most 56, and all above them 0.
func (w *bitWriter) bits(v uint64, n int) {
	w.word |= v << w.n
	w.n += n
	whole := w.n / 8
	w.out = binary.LittleEndian.AppendUint64(w.out, w.word)[:len(w.out)+whole]
	w.word >>= whole * 8
	w.n %= 8
}

func (w *bitWriter) end() []byte {
	if w.n > 0 {
		w.out = append(w.out, byte(w.word))
	}
	return w.out
}

// bitReader reads what a bitWriter wrote. Behind the end there are zeros.
type bitReader struct {
	data []byte
	at   uint64
}

func (r *bitReader) rice() uint64 {
	q := uint64(0)
	for {
		ones := bits.TrailingZeros64(^r.peek())
		if ones < 56 {
			q += uint64(ones)
			r.at += uint64(ones) + 1
			break
		}
		q += 56
		r.at += 56
		if r.at > uint64(len(r.data))*8 {
			break
		}
	}
	low := r.peek() & (1<<rice - 1)
	r.at += rice
	return q<<rice | low
}

// peek gives the next 57 bits at least.
func (r *bitReader) peek() uint64 {
	i := r.at / 8
	if i+8 <= uint64(len(r.data)) {
		return binary.LittleEndian.Uint64(r.data[i:]) >> (r.at % 8)
	}
	var last [8]byte
	if i < uint64(len(r.data)) {
		copy(last[:], r.data[i:])
	}
	return binary.LittleEndian.Uint64(last[:]) >> (r.at % 8)
}
