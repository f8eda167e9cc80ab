package packed

import (
	"encoding/binary"
	"math/bits"

	"github.com/chartroom/chartroom/format"
)

// Runs reads small numbers in runs of one value and runs of packed bits (Encodings.md, "Run Length Encoding / Bit-Packing
// Hybrid"): levels, indices into a dictionary, truth values. The older packing of levels, most significant bit first, is one run
// that is packed to the end.
type Runs struct {
	s     Stream
	width int
	msb   bool

	run   uint64 // values left in a run of one value
	value uint32
	lit   uint64 // values left to unpack
	buf   [64]uint32
	at, n int // of buf
}

// NewRuns reads numbers of so many bits.
func NewRuns(s Stream, width int) Runs { return Runs{s: s, width: width} }

// NewPacked reads n numbers that are packed with the most significant bit first (Encodings.md, "Bit-packed (Deprecated)").
func NewPacked(s Stream, width int, n uint64) Runs {
	return Runs{s: s, width: width, msb: true, lit: (n + 7) / 8 * 8}
}

// NewBits reads n truth values that are packed with the least significant bit first (Encodings.md, "Plain").
func NewBits(s Stream, n uint64) Runs { return Runs{s: s, width: 1, lit: (n + 7) / 8 * 8} }

// WidthOf is how many bits numbers up to max have.
func WidthOf(max int) int { return bits.Len(uint(max)) }

// Next gives the next number.
func (h *Runs) Next() (uint32, error) {
	if h.at < h.n {
		h.at++
		return h.buf[h.at-1], nil
	}
	v, _, err := h.Some(1)
	return v, err
}

// Some gives a number and how often it follows, at most max times.
func (h *Runs) Some(max int) (v uint32, n int, err error) {
	for h.at == h.n && h.run == 0 {
		if err := h.fill(); err != nil {
			return 0, 0, err
		}
	}
	if h.at == h.n {
		n = int(min(uint64(max), h.run))
		h.run -= uint64(n)
		return h.value, n, nil
	}
	v = h.buf[h.at]
	for h.at++; h.at < h.n && n+1 < max && h.buf[h.at] == v; h.at++ {
		n++
	}
	return v, n + 1, nil
}

// fill reads the head of the next run, or unpacks more of this one.
func (h *Runs) fill() error {
	if h.width == 0 { // all are zero, and nothing is written
		h.run, h.value = 1<<62, 0
		return nil
	}
	if h.lit == 0 {
		if h.msb {
			return ErrShort
		}
		head, err := h.s.uvarint()
		if err != nil {
			return err
		}
		if head&1 == 0 {
			return h.repeated(head >> 1)
		}
		if h.lit = head >> 1 << 3; h.lit>>3 != head>>1 {
			return format.Damaged("page: a run of %d groups", head>>1)
		}
	}
	return h.unpack()
}

func (h *Runs) repeated(n uint64) error {
	b, err := h.s.Take((h.width + 7) / 8)
	if err != nil {
		return err
	}
	h.run, h.value = n, 0
	for i, c := range b {
		h.value |= uint32(c) << (8 * i)
	}
	return nil
}

// unpack unpacks up to 64 numbers. A last group that is cut off counts as far as it goes.
func (h *Runs) unpack() error {
	n := int(min(h.lit, uint64(len(h.buf))))
	size := n / 8 * h.width
	if !h.s.have(size) {
		size = len(h.s.buf) - h.s.at
		if n = size * 8 / h.width; n == 0 {
			return h.s.fault()
		}
		h.lit = uint64(n)
	}
	b, err := h.s.padded(size)
	if err != nil {
		return err
	}
	if h.msb {
		unpackMSB(h.buf[:n], b, h.width)
	} else {
		unpackLSB(h.buf[:n], b, h.width)
	}
	h.lit -= uint64(n)
	h.at, h.n = 0, n
	return nil
}

// unpackLSB unpacks numbers of up to 32 bits, least significant bit first. There must be eight bytes behind the last.
func unpackLSB(dst []uint32, b []byte, width int) {
	mask := uint32(1<<width - 1)
	for i, bit := 0, 0; i < len(dst); i, bit = i+1, bit+width {
		dst[i] = uint32(binary.LittleEndian.Uint64(b[bit>>3:])>>(bit&7)) & mask
	}
}

// unpackMSB unpacks numbers of up to 32 bits, most significant bit first.
func unpackMSB(dst []uint32, b []byte, width int) {
	for i, bit := 0, 0; i < len(dst); i, bit = i+1, bit+width {
		dst[i] = uint32(binary.BigEndian.Uint64(b[bit>>3:]) << (bit & 7) >> (64 - width))
	}
}
