package compressed

import (
	"bufio"
	"io"

	"github.com/chartroom/chartroom/format"
)

// Deflate64 is deflate (RFC 1951) with a window of 64 KiB and longer matches. Windows packs files over 2 GiB by it when a folder is
// sent to a ZIP. There is no library for it here. What differs from deflate is in the two tables.
const (
	window64  = 64 << 10
	maxBits64 = 15
)

// Lengths and distances by their codes: the least one, and how many bits follow that add to it (RFC 1951, 3.2.5; code 285 and distances 30
// and 31 are Deflate64's).
var (
	lengthBase64 = [...]uint32{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 3}
	lengthMore64 = [...]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 16}
	farBase64    = [...]uint32{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193,
		12289, 16385, 24577, 32769, 49153}
	farMore64 = [...]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14}
	order64   = [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
)

// code64 is a Huffman code: how many codes have each length, and their symbols in order.
type code64 struct {
	count  [maxBits64 + 1]uint16
	symbol [288]uint16
}

// make64 makes a code of the lengths of its symbols, and tells whether it is one: not more codes than there is room for.
func (c *code64) make64(lengths []uint8) bool {
	c.count = [maxBits64 + 1]uint16{}
	for _, n := range lengths {
		c.count[n]++
	}
	c.count[0] = 0
	left := 1
	var at [maxBits64 + 2]uint16
	for n := 1; n <= maxBits64; n++ {
		if left = left<<1 - int(c.count[n]); left < 0 {
			return false
		}
		at[n+1] = at[n] + c.count[n]
	}
	for s, n := range lengths {
		if n != 0 {
			c.symbol[at[n]] = uint16(s)
			at[n]++
		}
	}
	return true
}

// deflate64 is a stream of Deflate64.
type deflate64 struct {
	r        *bufio.Reader
	bits     uint32 // that were read and not used, the lowest first
	n        uint
	window   [window64]byte
	at, read int // what was decoded, and what of it was read; both only grow
	far, run int // a match that is not yet copied
	raw      int // bytes of a stored block that are left
	last     bool
	within   bool // a block that is compressed
	lit, dst code64
	err      error
}

// Read decodes.
func (d *deflate64) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if d.read < d.at {
			from := d.read % window64
			k := copy(p[n:], d.window[from:min(window64, from+d.at-d.read)])
			n, d.read = n+k, d.read+k
			continue
		}
		if d.err != nil {
			return n, d.err
		}
		d.err = d.fill()
	}
	return n, nil
}

// fill decodes up to half a window.
func (d *deflate64) fill() (err error) {
	for d.at-d.read < window64/2 {
		switch {
		case d.run > 0:
			d.window[d.at%window64] = d.window[(d.at-d.far)%window64]
			d.at++
			d.run--
		case d.raw > 0:
			c, err := d.r.ReadByte()
			if err != nil {
				return early(err)
			}
			d.window[d.at%window64] = c
			d.at++
			d.raw--
		case d.within:
			err = d.symbol()
		case d.last:
			return io.EOF
		default:
			err = d.block()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// early says of an end that it is one in the middle.
func early(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// take gives the next bits, at most 16.
func (d *deflate64) take(n uint8) (uint32, error) {
	for d.n < uint(n) {
		c, err := d.r.ReadByte()
		if err != nil {
			return 0, early(err)
		}
		d.bits |= uint32(c) << d.n
		d.n += 8
	}
	v := d.bits & (1<<n - 1)
	d.bits >>= n
	d.n -= uint(n)
	return v, nil
}

// decode gives the next symbol of a code.
func (d *deflate64) decode(c *code64) (int, error) {
	code, first, index := 0, 0, 0
	for n := 1; n <= maxBits64; n++ {
		bit, err := d.take(1)
		if err != nil {
			return 0, err
		}
		code |= int(bit)
		count := int(c.count[n])
		if code-count < first {
			return int(c.symbol[index+code-first]), nil
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0, format.Damaged("deflate64: a code that was not given")
}

// symbol decodes a byte, a match, or the block's end.
func (d *deflate64) symbol() error {
	s, err := d.decode(&d.lit)
	switch {
	case err != nil:
		return err
	case s < 256:
		d.window[d.at%window64] = byte(s)
		d.at++
		return nil
	case s == 256:
		d.within = false
		return nil
	case s-257 >= len(lengthBase64):
		return format.Damaged("deflate64: a length that is none")
	}
	more, err := d.take(lengthMore64[s-257])
	if err != nil {
		return err
	}
	d.run = int(lengthBase64[s-257] + more)
	if s, err = d.decode(&d.dst); err != nil {
		return err
	}
	if s >= len(farBase64) {
		return format.Damaged("deflate64: a distance that is none")
	}
	if more, err = d.take(farMore64[s]); err != nil {
		return err
	}
	if d.far = int(farBase64[s] + more); d.far > d.at || d.far > window64 {
		return format.Damaged("deflate64: a match before the beginning")
	}
	return nil
}

// block begins a block.
func (d *deflate64) block() error {
	head, err := d.take(3)
	if err != nil {
		return err
	}
	d.last = head&1 != 0
	switch head >> 1 {
	case 0:
		return d.stored()
	case 1:
		d.fixed()
	case 2:
		err = d.dynamic()
	default:
		err = format.Damaged("deflate64: a block of no kind")
	}
	d.within = err == nil
	return err
}

// stored begins a block that is not compressed.
func (d *deflate64) stored() error {
	if _, err := d.take(uint8(d.n % 8)); err != nil {
		return err
	}
	length, err := d.take(16)
	if err != nil {
		return err
	}
	check, err := d.take(16)
	if err != nil {
		return err
	}
	if length != check^0xffff {
		return format.Damaged("deflate64: a block whose length is none")
	}
	d.raw = int(length)
	return nil
}

// fixed takes the codes that need not be told (RFC 1951, 3.2.6).
func (d *deflate64) fixed() {
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	d.lit.make64(lengths[:])
	for i := range 32 {
		lengths[i] = 5
	}
	d.dst.make64(lengths[:32])
}

// dynamic reads the codes of a block (RFC 1951, 3.2.7).
func (d *deflate64) dynamic() error {
	head, err := d.take(14)
	if err != nil {
		return err
	}
	lits, dsts, codes := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	var lengths [288 + 32]uint8
	for i := range codes {
		n, err := d.take(3)
		if err != nil {
			return err
		}
		lengths[order64[i]] = uint8(n)
	}
	var code code64
	if lits > 286 || !code.make64(lengths[:19]) {
		return format.Damaged("deflate64: codes that are none")
	}
	clear(lengths[:19])
	for i := 0; i < lits+dsts; {
		s, err := d.decode(&code)
		if err != nil {
			return err
		}
		if s < 16 {
			lengths[i] = uint8(s)
			i++
			continue
		}
		again := [...]struct{ least, more uint8 }{{3, 2}, {3, 3}, {11, 7}}[s-16]
		n, err := d.take(again.more)
		if err != nil {
			return err
		}
		n += uint32(again.least)
		if i+int(n) > lits+dsts || s == 16 && i == 0 {
			return format.Damaged("deflate64: codes that are none")
		}
		for ; n > 0; n-- {
			if s == 16 {
				lengths[i] = lengths[i-1]
			}
			i++
		}
	}
	if !d.lit.make64(lengths[:lits]) || !d.dst.make64(lengths[lits:lits+dsts]) {
		return format.Damaged("deflate64: codes that are none")
	}
	return nil
}
