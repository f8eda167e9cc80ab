// Package packed reads numbers and texts from bytes that nobody vouches for, such as a state that another machine sent. Whoever reads
// names a bound for each of them, asks once at the end whether all was as it should be, and needs no other look at the bytes.
package packed

import (
	"encoding/binary"
	"math"
)

// AppendBytes writes how many bytes there are, and them.
func AppendBytes[T ~string | ~[]byte](b []byte, v T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

// AppendBools writes up to eight of them, in one byte.
func AppendBools(b []byte, flags ...bool) []byte {
	set := byte(0)
	for i, f := range flags {
		if f {
			set |= 1 << i
		}
	}
	return append(b, set)
}

// AppendCounts writes the counts that are not 0, each behind the distance from the one before.
func AppendCounts(b []byte, counts []uint16) []byte {
	set := 0
	for _, n := range counts {
		if n != 0 {
			set++
		}
	}
	b = binary.AppendUvarint(b, uint64(set))
	last := 0
	for i, n := range counts {
		if n != 0 {
			b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(i-last)), uint64(n))
			last = i
		}
	}
	return b
}

// AppendIndices writes numbers that are not below 0.
func AppendIndices(b []byte, list []int) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, i := range list {
		b = binary.AppendUvarint(b, uint64(i))
	}
	return b
}

// Reader reads what was written with encoding/binary and this package. After the first thing that is not as it should be, all that it
// gives is zero.
type Reader struct {
	rest []byte
	bad  bool
}

// NewReader reads b, which must stay as it is.
func NewReader(b []byte) *Reader { return &Reader{rest: b} }

// OK tells whether all that was read so far was as it should be.
func (r *Reader) OK() bool { return !r.bad }

// Done tells whether all was as it should be, and nothing is left.
func (r *Reader) Done() bool { return !r.bad && len(r.rest) == 0 }

// Fail says that what was read makes no sense.
func (r *Reader) Fail() {
	r.rest, r.bad = nil, true
}

// Uint reads a number (binary.AppendUvarint) of at most so much.
func (r *Reader) Uint(most uint64) uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > most {
		r.Fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// Int64 reads a number from 0 to most, which is 0 or more.
func (r *Reader) Int64(most int64) int64 { return int64(r.Uint(uint64(most))) }

// Signed reads a number (binary.AppendVarint).
func (r *Reader) Signed() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.Fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// Uint64 reads eight bytes (binary.LittleEndian).
func (r *Reader) Uint64() uint64 {
	if b := r.Take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Uint32 reads four bytes (binary.LittleEndian).
func (r *Reader) Uint32() uint32 {
	if b := r.Take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// Byte reads a byte of at most so much.
func (r *Reader) Byte(most byte) byte {
	if b := r.Take(1); b != nil && b[0] <= most {
		return b[0]
	}
	r.Fail()
	return 0
}

// Bools reads what AppendBools wrote.
func (r *Reader) Bools(flags ...*bool) {
	set := r.Byte(1<<len(flags) - 1)
	for i, f := range flags {
		*f = set&(1<<i) != 0
	}
}

// Take reads n bytes, and gives them as they stand; nil where there are fewer.
func (r *Reader) Take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.Fail()
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// Bytes reads what AppendBytes wrote, at most so many. They are the ones that the reader was made of.
func (r *Reader) Bytes(most int) []byte { return r.Take(int(r.Uint(uint64(min(most, len(r.rest)))))) }

// Text reads a text of at most so many bytes.
func (r *Reader) Text(most int) string { return string(r.Bytes(most)) }

// Count reads how many things follow, at most so many, each of which takes so many bytes at least: there cannot be more of them than
// bytes, so that room can be made for them.
func (r *Reader) Count(most, least int) int {
	return int(r.Uint(uint64(min(most, len(r.rest)/max(least, 1)))))
}

// Counts reads what AppendCounts wrote into at least as many that are 0.
func (r *Reader) Counts(counts []uint16) {
	at := 0
	for range r.Count(len(counts), 2) {
		if at += int(r.Uint(uint64(len(counts)))); at >= len(counts) {
			r.Fail()
			return
		}
		counts[at] = uint16(r.Uint(math.MaxUint16))
	}
}

// Indices reads at most so many numbers, each below that, as AppendIndices wrote them.
func (r *Reader) Indices(below int) (list []int) {
	for range r.Count(below, 1) {
		list = append(list, int(r.Uint(uint64(below-1))))
	}
	return list
}
