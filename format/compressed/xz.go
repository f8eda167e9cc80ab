package compressed

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/chartroom/chartroom/format"
	"github.com/ulikunitz/xz/lzma"
)

// xzStreams reads an .xz file (The .xz file format 1.1): streams of blocks of LZMA2. The container is read here and not by a
// library, so that a dictionary is looked at before it is made.
type xzStreams struct {
	source *counted
	window int64
	flags  [2]byte // of the stream
	block  io.Reader
	check  hash.Hash // nil where the block's check is none, or one that we do not compute
	size   int       // of the check
	body   int64     // where the block's data begin, for the padding
	dict   int64     // that of the LZMA2 reader
}

// counted counts what is taken from the source.
type counted struct {
	r *bufio.Reader
	n int64
}

// Read reads and counts.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// ReadByte reads and counts.
func (c *counted) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

func newXZ(r *bufio.Reader, window int64) (io.Reader, error) {
	x := &xzStreams{source: &counted{r: r}, window: window}
	return x, x.header()
}

// take reads n bytes, all of them.
func (x *xzStreams) take(p []byte) error {
	_, err := io.ReadFull(x.source, p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// header reads a stream's header (2.1.1): signature, flags and their checksum.
func (x *xzStreams) header() error {
	var h [12]byte
	if err := x.take(h[:]); err != nil {
		return err
	}
	if string(h[:6]) != "\xfd7zXZ\x00" || crc32.ChecksumIEEE(h[6:8]) != binary.LittleEndian.Uint32(h[8:]) || h[6] != 0 || h[7] > 15 {
		return format.Damaged("xz: no header of a stream at byte %d", x.source.n-12)
	}
	copy(x.flags[:], h[6:8])
	x.size = [...]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}[h[7]] // 2.1.1.2
	return nil
}

// Read reads on, from block to block and from stream to stream.
func (x *xzStreams) Read(p []byte) (int, error) {
	for {
		if x.block == nil {
			if err := x.next(); err != nil {
				return 0, err
			}
			continue
		}
		n, err := x.block.Read(p)
		if x.check != nil {
			x.check.Write(p[:n])
		}
		if err == io.EOF {
			err = x.endBlock()
			x.block = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next goes to the next block, or past the end of the stream to the next stream.
func (x *xzStreams) next() error {
	first, err := x.source.ReadByte()
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	if first != 0 {
		return x.blockHeader(first)
	}
	if err := x.index(); err != nil {
		return err
	}
	return x.padding()
}

// blockHeader reads a block's header (3.1): sizes, filters, checksum. LZMA2 alone is read; with another filter before it the
// content is a program.
func (x *xzStreams) blockHeader(first byte) error {
	raw := make([]byte, (int(first)+1)*4)
	raw[0] = first
	if err := x.take(raw[1:]); err != nil {
		return err
	}
	end := len(raw) - 4
	if crc32.ChecksumIEEE(raw[:end]) != binary.LittleEndian.Uint32(raw[end:]) {
		return format.Damaged("xz: the header of a block at byte %d has a wrong checksum", x.source.n-int64(len(raw)))
	}
	h := bytes.NewReader(raw[1:end])
	flags, _ := h.ReadByte()
	for _, bit := range []byte{0x40, 0x80} {
		if flags&bit != 0 {
			if _, err := binary.ReadUvarint(h); err != nil {
				return format.Damaged("xz: the header of a block does not follow its format")
			}
		}
	}
	id, err1 := binary.ReadUvarint(h)
	n, err2 := binary.ReadUvarint(h)
	size, err3 := h.ReadByte()
	if errors.Join(err1, err2, err3) != nil {
		return format.Damaged("xz: the header of a block does not follow its format")
	}
	if flags&3 != 0 || id != 0x21 || n != 1 { // 5.3.1
		return fmt.Errorf("xz: a filter other than LZMA2: %w", errors.ErrUnsupported)
	}
	return x.open(size)
}

// open begins the data of a block with an encoded dictionary size.
func (x *xzStreams) open(size byte) error {
	dict, err := lzma.DecodeDictCap(size)
	if err != nil {
		return format.Damaged("xz: a dictionary of no size")
	}
	if dict > x.window {
		return fmt.Errorf("xz: it needs a window over %d MiB: %w", x.window>>20, format.ErrLimit)
	}
	x.body = x.source.n
	x.check = nil
	switch x.flags[1] {
	case 1:
		x.check = crc32.NewIEEE()
	case 4:
		x.check = crc64.New(crc64.MakeTable(crc64.ECMA))
	}
	dict = blockDict(x.source.r, max(dict, lzma.MinDictCap))
	x.block, err = lzma.Reader2Config{DictCap: int(dict)}.NewReader2(x.source)
	return err
}

// endBlock reads the padding and the check behind a block (3.3 and 3.4).
func (x *xzStreams) endBlock() error {
	var pad [4]byte
	if n := (x.source.n - x.body) % 4; n > 0 { // headers are multiples of four
		if err := x.take(pad[:4-n]); err != nil {
			return err
		}
	}
	stored := make([]byte, x.size)
	if err := x.take(stored); err != nil {
		return err
	}
	if x.check == nil {
		return nil
	}
	sum := x.check.Sum(nil)
	for i := range sum { // stored with the lowest byte first
		if sum[len(sum)-1-i] != stored[i] {
			return format.Damaged("xz: a block has a wrong checksum")
		}
	}
	return nil
}

// index passes by the index (4) and the footer (2.1.2): they say again what was read.
func (x *xzStreams) index() error {
	at := x.source.n - 1
	count, err := binary.ReadUvarint(x.source)
	for ; err == nil && count > 0; count-- {
		if _, err = binary.ReadUvarint(x.source); err == nil {
			_, err = binary.ReadUvarint(x.source)
		}
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	rest := make([]byte, (4-(x.source.n-at)%4)%4+4+12)
	if err := x.take(rest); err != nil {
		return err
	}
	if string(rest[len(rest)-2:]) != "YZ" {
		return format.Damaged("xz: the stream's end at byte %d is none", x.source.n)
	}
	return nil
}

// padding passes by the zeros between streams (2.2), and begins the next stream: io.EOF when there is none.
func (x *xzStreams) padding() error {
	for {
		first, err := x.source.r.Peek(1)
		if err != nil {
			return err
		}
		if first[0] != 0 {
			return x.header()
		}
		if _, err := x.source.ReadByte(); err != nil {
			return err
		}
	}
}
