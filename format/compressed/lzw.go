package compressed

import (
	"bufio"
	"io"

	"github.com/chartroom/chartroom/format"
)

// Numbers of compress(1): codes grow from 9 bits to at most 16; code 256 clears the table in block mode.
const (
	lzwMaxBits = 16
	lzwClear   = 256
)

// lzwReader reads what compress(1) wrote. Codes come in groups of eight: where their width changes, the rest of a group is left
// unused.
type lzwReader struct {
	source  *bufio.Reader
	maxBits uint
	block   bool // code 256 clears
	width   uint
	free    int // the next code to be given
	last    int // the code before, -1 at the start
	first   byte
	prefix  [1 << lzwMaxBits]uint16
	suffix  [1 << lzwMaxBits]byte
	stack   []byte // what is decoded and not yet read, the last byte first
	group   [lzwMaxBits + 2]byte
	bit     uint // within the group
	bits    uint // in the group
	err     error
}

func newLZW(r *bufio.Reader) (io.Reader, error) {
	var h [3]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, err
	}
	z := &lzwReader{source: r, maxBits: uint(h[2] & 0x1f), block: h[2]&0x80 != 0, width: 9, last: -1}
	if h[0] != 0x1f || h[1] != 0x9d || z.maxBits < 9 || z.maxBits > lzwMaxBits {
		return nil, format.Damaged("compress: codes of %d bits", z.maxBits)
	}
	z.clear()
	return z, nil
}

func (z *lzwReader) clear() {
	z.free, z.width, z.last = lzwClear, 9, -1
	if z.block {
		z.free++
	}
}

// Read decodes.
func (z *lzwReader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if k := len(z.stack); k > 0 {
			p[n] = z.stack[k-1]
			z.stack = z.stack[:k-1]
			n++
			continue
		}
		if z.err != nil {
			return n, z.err
		}
		if z.err = z.step(); z.err != nil && n > 0 && len(z.stack) == 0 {
			return n, nil
		}
	}
	return n, nil
}

// code gives the next code.
func (z *lzwReader) code() (int, error) {
	if z.bit+z.width > z.bits {
		n, err := io.ReadFull(z.source, z.group[:z.width])
		if n == 0 || err != nil && err != io.ErrUnexpectedEOF {
			return 0, err
		}
		if z.bit, z.bits = 0, uint(n)*8; z.bits < z.width {
			return 0, io.EOF // the bits that fill the last byte
		}
	}
	at := z.bit / 8
	v := int(z.group[at]) | int(z.group[at+1])<<8 | int(z.group[at+2])<<16
	v = v >> (z.bit % 8) & (1<<z.width - 1)
	z.bit += z.width
	return v, nil
}

// step decodes one code onto the stack.
func (z *lzwReader) step() error {
	if z.free >= 1<<z.width && z.width < z.maxBits {
		z.width++
		z.bit = z.bits // a new group
	}
	c, err := z.code()
	if err != nil {
		return err
	}
	if c == lzwClear && z.block {
		z.clear()
		z.bit = z.bits
		return nil
	}
	at := c
	if at > z.free || z.last < 0 && at > 255 || at == z.free && z.free >= 1<<z.maxBits {
		return format.Damaged("compress: a code that was not given")
	}
	if at == z.free { // the string that is being made: the last one and its own first byte
		z.stack = append(z.stack, z.first)
		at = z.last
	}
	for ; at > 255; at = int(z.prefix[at]) {
		z.stack = append(z.stack, z.suffix[at])
	}
	z.first = byte(at)
	z.stack = append(z.stack, z.first)
	if z.last >= 0 && z.free < 1<<z.maxBits {
		z.prefix[z.free], z.suffix[z.free] = uint16(z.last), z.first
		z.free++
	}
	z.last = c
	return nil
}
