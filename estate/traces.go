package estate

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// Trace is a keyed fingerprint of one way in which a record could name its person: a number, a name with a date of birth, a telephone
// number. All 64 bits of it are well mixed; 0 is none. Unlike a Mark it counts nobody: it is kept so that a sample of somebody's can be held against it.
type Trace = uint64

// Traces gathers the traces of one item, and packs them into segments as they become many. The zero Traces is ready.
type Traces struct {
	// table holds the traces in their order, each at the place that its highest bits say or behind it; 0 = nothing stands there. So they are
	// sorted as they come, and one that comes again is met (Gonnet and Munro 1984, linear probing sort).
	table  []Trace
	shift  int // of a trace, to find its place
	count  int
	sealed []Segment
}

// Segments hold up to this many traces, so that whoever gathers them needs little more than half a MiB.
const segmentSize = 1 << 15

// A table has from leastPlaces to 2*segmentSize places, at most half of them taken, and room behind them for those whose places are.
const (
	leastPlaces = 1 << 6
	room        = 64
)

// Add adds a trace. The same one may come again.
func (t *Traces) Add(trace Trace) {
	if t.count >= (len(t.table)-room)/2 {
		t.grow()
	}
	table := t.table
	for at := int(trace >> t.shift); at < len(table); at++ {
		held := table[at]
		switch {
		case held == 0:
			table[at] = trace
			t.count++
			return
		case held == trace:
			return
		case held > trace: // which moves on
			table[at], trace = trace, held
		}
	}
	t.grow()
	t.Add(trace)
}

// grow makes places: a larger table, or a segment of the largest.
func (t *Traces) grow() {
	old, places := t.table, leastPlaces
	if old != nil {
		places = 2 * (len(old) - room)
	}
	if places > 2*segmentSize {
		t.seal()
		return
	}
	*t = Traces{make([]Trace, places+room), 65 - bits.Len(uint(places)), 0, t.sealed}
	for _, trace := range old {
		if trace != 0 {
			t.Add(trace)
		}
	}
}

// Merge takes over what another has gathered, which must not be used again.
func (t *Traces) Merge(o *Traces) {
	t.sealed = append(t.sealed, o.sealed...)
	if t.count == 0 {
		t.table, t.shift, t.count = o.table, o.shift, o.count
		return
	}
	for _, trace := range o.table {
		if trace != 0 {
			t.Add(trace)
		}
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
	t.table = nil
	return t.Sealed()
}

func (t *Traces) seal() {
	if t.count == 0 {
		return
	}
	n := 0
	for _, trace := range t.table { // without a branch, as nobody can tell which places are taken
		t.table[n] = trace
		n += int((trace | -trace) >> 63)
	}
	t.sealed = append(t.sealed, pack(t.table[:n]))
	clear(t.table)
	t.count = 0
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
	begin := segmentHeader + blocks*blockEntry
	s := make(Segment, begin+n*(rice+2)/8+16) // all distances together are at most n<<rice
	s[0] = segmentVersion
	binary.LittleEndian.PutUint32(s[1:], uint32(n))
	w, last := bitWriter{out: s[begin:]}, uint64(0)
	for i, trace := range sorted {
		v := place(trace, n)
		if i%blockSize == 0 {
			entry := s[segmentHeader+i/blockSize*blockEntry:]
			binary.LittleEndian.PutUint64(entry, v)
			binary.LittleEndian.PutUint32(entry[8:], uint32(w.at))
		} else {
			w.rice(v - last)
		}
		last = v
	}
	return s[:begin+(w.at+7)/8]
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

// bitWriter writes bits, the lowest first, into memory that is zero and has eight bytes more than they take.
type bitWriter struct {
	out []byte
	at  int // bits that were written
}

func (w *bitWriter) rice(v uint64) {
	q := int(v >> rice)
	for ; q >= 24; q -= 24 {
		w.bits(1<<24-1, 24)
	}
	w.bits(1<<q-1|v&(1<<rice-1)<<(q+1), q+1+rice) // q ones, a zero, and the rest
}

// bits writes the lowest n bits of v, at most 56, and all above them 0.
func (w *bitWriter) bits(v uint64, n int) {
	to := w.out[w.at/8:]
	binary.LittleEndian.PutUint64(to, uint64(to[0])|v<<(w.at%8))
	w.at += n
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
