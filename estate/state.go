package estate

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"

	"github.com/chartroom/chartroom/estate/packed"
)

// ErrState says that a state, of something that is put together of parts read by others, is damaged, or none.
var ErrState = errors.New("the state of a part is damaged")

// mostZeros is the highest that a register can be.
const mostZeros = 64 - registerBits + 1

// AppendState writes all that Merge needs: hashes up to 16, and registers beyond that, the blank ones left out where they are most.
func (d *Distinct) AppendState(b []byte) []byte {
	if d.register == nil {
		b = binary.AppendUvarint(b, uint64(len(d.few)))
		for _, h := range d.few {
			b = binary.LittleEndian.AppendUint64(b, h)
		}
		return b
	}
	set := 0
	for _, r := range d.register {
		if r != 0 {
			set++
		}
	}
	if set > registers/2 {
		return append(binary.AppendUvarint(b, denseRegisters), d.register[:]...)
	}
	b = binary.AppendUvarint(binary.AppendUvarint(b, sparseRegisters), uint64(set))
	last := 0
	for i, r := range d.register {
		if r != 0 {
			b = append(binary.AppendUvarint(b, uint64(i-last)), r)
			last = i
		}
	}
	return b
}

// What stands in the place of the number of hashes.
const (
	denseRegisters  = exactHashes + 1
	sparseRegisters = exactHashes + 2
)

// ReadState reads what AppendState wrote.
func (d *Distinct) ReadState(r *packed.Reader) {
	*d = Distinct{}
	form := r.Uint(sparseRegisters)
	if form <= exactHashes {
		for range form {
			d.Add(r.Uint64())
		}
		return
	}
	d.register = new([registers]uint8)
	if form == denseRegisters {
		copy(d.register[:], r.Take(registers))
	} else {
		at := 0
		for range r.Count(registers, 2) {
			at += int(r.Uint(registers))
			if at >= registers {
				r.Fail()
				return
			}
			d.register[at] = r.Byte(mostZeros)
		}
	}
	for _, zeros := range d.register {
		if zeros > mostZeros {
			r.Fail()
			return
		}
	}
	d.raise()
}

// AppendState writes all that was gathered and not given yet: the segments that are full, and the traces of the one that is not, as the
// distances between them.
func (t *Traces) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(t.sealed)))
	for _, s := range t.sealed {
		b = packed.AppendBytes(b, s)
	}
	b = binary.AppendUvarint(b, uint64(t.count))
	last := Trace(0)
	for _, trace := range t.table {
		if trace != 0 {
			b = binary.AppendUvarint(b, trace-last)
			last = trace
		}
	}
	return b
}

// MergeState takes over what another has gathered, as AppendState wrote it.
func (t *Traces) MergeState(r *packed.Reader) {
	for range r.Count(math.MaxInt32, segmentHeader) {
		s := ReadSegment(r)
		if !r.OK() {
			return
		}
		t.sealed = append(t.sealed, s)
	}
	last, n := Trace(0), r.Count(segmentSize, 1)
	if t.table == nil && n > 0 { // it need not grow
		places := min(max(leastPlaces, 1<<bits.Len(uint(2*n))), 2*segmentSize)
		t.table, t.shift = make([]Trace, places+room), 65-bits.Len(uint(places))
	}
	for range n {
		next := last + r.Uint(math.MaxUint64)
		if next <= last {
			r.Fail()
			return
		}
		t.Add(next)
		last = next
	}
}

// ReadSegment reads a segment (packed.AppendBytes), which is a copy.
func ReadSegment(r *packed.Reader) Segment {
	s := Segment(append([]byte(nil), r.Bytes(mostSegment)...))
	if s.Check() != nil {
		r.Fail()
		return nil
	}
	return s
}

// mostSegment is how many bytes a segment takes at most: all its distances together are at most 2^20 for each trace.
const mostSegment = segmentHeader + segmentSize/blockSize*blockEntry + segmentSize*(rice+2)/8 + 16
