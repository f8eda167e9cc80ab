package unpack

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/pierrec/lz4/v4"
)

// lzWindow is how far back a block of LZ4 may refer, in bytes: its offsets have 16 bits. Snappy's may have more. Most of its
// compressors work in blocks of 64 KiB, but not all.
const lzWindow = 64 << 10

// lz decompresses a block of literals and copies as a stream: the libraries do so only in memory.
type lz struct {
	in     *bufio.Reader
	next   func(*lz) error // reads the next literal's or copy's head
	window int             // how far back copies may refer
	blind  bool            // only look how far they do
	most   int

	out  []byte // what was decompressed last; what is before from was read
	from int
	lit  uint64 // bytes of a literal to come
	back int    // how far back a copy is from
	run  uint64 // bytes of the copy to come
	err  error
}

// newSnappy reads the head of a Snappy block (format_description.txt of Snappy).
func newSnappy(r io.Reader, window int) (*lz, error) {
	in := bufio.NewReaderSize(r, 16<<10)
	if _, err := binary.ReadUvarint(in); err != nil {
		return nil, ErrDamaged
	}
	return &lz{in: in, next: (*lz).snappy, window: max(window, lzWindow)}, nil
}

// reach looks through a Snappy block for how far back it refers.
func reach(r io.Reader) (int, error) {
	z, err := newSnappy(r, 0)
	if err != nil {
		return 0, err
	}
	for z.blind = true; err == nil; err = z.step() {
	}
	if err != io.EOF {
		return 0, err
	}
	return z.most, nil
}

// newLZ4 reads an LZ4 block (lz4_Block_format.md).
func newLZ4(r io.Reader) io.Reader {
	return &lz{in: bufio.NewReaderSize(r, 16<<10), next: (*lz).lz4, window: lzWindow}
}

// Read reads decompressed bytes.
func (z *lz) Read(p []byte) (int, error) {
	if z.out == nil {
		z.out = make([]byte, 0, 2*z.window+2*lzWindow)
	}
	for z.from == len(z.out) && z.err == nil {
		if len(z.out) >= 2*z.window+lzWindow {
			z.out = z.out[:copy(z.out, z.out[len(z.out)-z.window:])]
			z.from = len(z.out)
		}
		for len(z.out)-z.from < lzWindow/2 && z.err == nil {
			z.err = z.step()
		}
	}
	n := copy(p, z.out[z.from:])
	z.from += n
	if n == 0 {
		return 0, z.err
	}
	return n, nil
}

// step decompresses some more.
func (z *lz) step() error {
	switch {
	case z.blind && (z.lit > 0 || z.run > 0):
		n, err := z.in.Discard(int(min(z.lit, lzWindow)))
		z.lit -= uint64(n)
		if z.run > 0 {
			z.most, z.run = max(z.most, z.back), 0
		}
		if err != nil {
			return ErrDamaged
		}
	case z.lit > 0:
		n := int(min(z.lit, lzWindow/2))
		at := len(z.out)
		z.out = append(z.out, make([]byte, n)...)
		if k, err := io.ReadFull(z.in, z.out[at:]); err != nil {
			z.out = z.out[:at+k]
			return ErrDamaged
		}
		z.lit -= uint64(n)
	case z.run > 0:
		if z.back <= 0 || z.back > len(z.out) {
			return ErrDamaged
		}
		n := int(min(z.run, lzWindow/2))
		z.run -= uint64(n)
		for n > 0 {
			at := len(z.out) - z.back
			k := min(n, z.back)
			z.out = append(z.out, z.out[at:at+k]...)
			n -= k
		}
	default:
		return z.next(z)
	}
	return nil
}

// number reads n bytes, the least significant first.
func (z *lz) number(n int) (uint64, error) {
	v := uint64(0)
	for i := range n {
		b, err := z.in.ReadByte()
		if err != nil {
			return 0, ErrDamaged
		}
		v |= uint64(b) << (8 * i)
	}
	return v, nil
}

func (z *lz) snappy() error {
	tag, err := z.in.ReadByte()
	if err != nil {
		return err
	}
	n, v := uint64(tag>>2), uint64(0)
	switch tag & 3 {
	case 0:
		if n >= 60 {
			n, err = z.number(int(n) - 59)
		}
		z.lit = n + 1
		return err
	case 1:
		v, err = z.number(1)
		n, v = n&7+3, v|uint64(tag>>5)<<8
	case 2:
		v, err = z.number(2)
	case 3:
		v, err = z.number(4)
	}
	z.back, z.run = int(v), n+1
	return err
}

// lz4 reads a token's two halves in turn: a literal's length, and behind the literal the copy's.
func (z *lz) lz4() error {
	if z.back >= 0 {
		token, err := z.in.ReadByte()
		if err != nil {
			return err
		}
		z.back = -1 - int(token&15) // the copy's length, until its turn comes
		z.lit, err = z.longer(uint64(token >> 4))
		return err
	}
	off, err := z.number(2)
	if err != nil {
		if _, end := z.in.Peek(1); end == io.EOF { // the last sequence ends with its literal
			return io.EOF
		}
		return err
	}
	n := uint64(-1 - z.back)
	z.back = int(off)
	z.run, err = z.longer(n)
	z.run += 4
	return err
}

// longer reads the bytes that lengthen a length of 15.
func (z *lz) longer(n uint64) (uint64, error) {
	for more := n == 15; more; {
		b, err := z.in.ReadByte()
		if err != nil {
			return 0, ErrDamaged
		}
		n += uint64(b)
		more = b == 255
	}
	return n, nil
}

// hadoop reads LZ4 blocks as Hadoop frames them: the length of a run of blocks, and before each block its compressed length,
// both in four bytes, the most significant first.
type hadoop struct {
	in    *bufio.Reader
	left  uint32 // bytes of the run to come
	block []byte
	rest  []byte
	src   []byte
}

// maxHadoopBlock is how long a block may be; Hadoop's compressors have 256 KiB.
const maxHadoopBlock = 4 << 20

// newHadoop tells Hadoop's frames from the bare block that some writers put under the same Codec.
func newHadoop(r io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(r, 16<<10)
	head, err := in.Peek(8)
	if err == nil && binary.BigEndian.Uint32(head) < 1<<30 {
		plain, packed := uint64(binary.BigEndian.Uint32(head)), uint64(binary.BigEndian.Uint32(head[4:]))
		if packed > 0 && packed <= maxHadoopBlock && plain*2+16 >= packed/2 {
			return &hadoop{in: in}, nil
		}
	}
	return &lz{in: in, next: (*lz).lz4, window: lzWindow}, nil
}

// Read reads decompressed bytes.
func (h *hadoop) Read(p []byte) (int, error) {
	for len(h.rest) == 0 {
		if err := h.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, h.rest)
	h.rest = h.rest[n:]
	return n, nil
}

func (h *hadoop) next() error {
	var head [4]byte
	for h.left == 0 {
		if _, err := io.ReadFull(h.in, head[:]); err != nil {
			return err
		}
		h.left = binary.BigEndian.Uint32(head[:])
	}
	if _, err := io.ReadFull(h.in, head[:]); err != nil {
		return ErrDamaged
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxHadoopBlock {
		return ErrDamaged
	}
	h.src = sized(h.src, int(n))
	if _, err := io.ReadFull(h.in, h.src); err != nil {
		return ErrDamaged
	}
	h.block = sized(h.block, int(min(h.left, maxHadoopBlock)))
	k, err := lz4.UncompressBlock(h.src, h.block)
	if err != nil || k == 0 {
		return ErrDamaged
	}
	h.left -= uint32(k)
	h.rest = h.block[:k]
	return nil
}

// sized gives a slice of n bytes, the same memory where it is large enough.
func sized(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}
