package compressed

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// lzmaRatio is more than LZMA can make of a byte: some 7,000 of the same.
const lzmaRatio = 8 << 10

// The library makes the whole dictionary before it reads a byte, and clears it. A thousand small streams that each ask for 64 MiB
// would cost seconds, so that a dictionary is made no larger than what the stream can come to: nothing farther back is ever asked
// for.

// dictFor bounds the dictionary of a stream by the bytes that are left of its source, where they are few enough to be seen.
func dictFor(r *bufio.Reader, dict int64) int64 {
	rest, err := r.Peek(r.Size())
	if err == nil {
		return dict
	}
	return max(min(dict, int64(len(rest))*lzmaRatio), lzma.MinDictCap)
}

// newLZMA reads LZMA's old form: 1 byte of properties, 4 of the dictionary's size, 8 of the length.
func newLZMA(r *bufio.Reader, window int64) (io.Reader, error) {
	head, err := r.Peek(lzma.HeaderLen)
	if err != nil {
		return nil, err
	}
	mine := bytes.Clone(head)
	dict := int64(binary.LittleEndian.Uint32(head[1:]))
	binary.LittleEndian.PutUint32(mine[1:], uint32(dictFor(r, dict)))
	if _, err := r.Discard(lzma.HeaderLen); err != nil {
		return nil, err
	}
	return lzma.ReaderConfig{DictCap: int(window)}.NewReader(&behindHead{head: mine, r: r})
}

// behindHead is a head, and a source behind it.
type behindHead struct {
	head []byte
	r    *bufio.Reader
}

// Read reads.
func (b *behindHead) Read(p []byte) (int, error) {
	if len(b.head) == 0 {
		return b.r.Read(p)
	}
	n := copy(p, b.head)
	b.head = b.head[n:]
	return n, nil
}

// ReadByte reads a byte.
func (b *behindHead) ReadByte() (byte, error) {
	if len(b.head) == 0 {
		return b.r.ReadByte()
	}
	c := b.head[0]
	b.head = b.head[1:]
	return c, nil
}

func newLZMA2(r *bufio.Reader, dict int64) (io.Reader, error) {
	return lzma.Reader2Config{DictCap: int(dictFor(r, max(dict, lzma.MinDictCap)))}.NewReader2(r)
}

// errChunk says that what stands there is no chunk.
var errChunk = errors.New("no chunk")

// blockDict bounds the dictionary of a block of LZMA2 by the block's own length, where it is short enough to be seen: the chunks
// tell theirs (The .xz file format, 5.3.1; LZMA SDK, Lzma2Dec.c).
func blockDict(r *bufio.Reader, dict int64) int64 {
	seen, _ := r.Peek(r.Size())
	total := int64(0)
	for {
		unpacked, packed, err := chunk(seen)
		switch {
		case err != nil || packed > len(seen):
			return dict
		case unpacked == 0:
			return max(min(dict, total), lzma.MinDictCap)
		}
		total += int64(unpacked)
		seen = seen[packed:]
	}
}

// chunk gives the length of a chunk's content, 0 for the last one, and that of the chunk.
func chunk(b []byte) (unpacked, packed int, err error) {
	switch {
	case len(b) == 0:
		return 0, 0, errChunk
	case b[0] == 0:
		return 0, 1, nil
	case b[0] <= 2 && len(b) >= 3:
		n := int(binary.BigEndian.Uint16(b[1:])) + 1
		return n, 3 + n, nil
	case b[0] >= 0x80 && len(b) >= 6:
		unpacked = int(b[0]&0x1f)<<16 + int(binary.BigEndian.Uint16(b[1:])) + 1
		packed = 5 + int(binary.BigEndian.Uint16(b[3:])) + 1
		if b[0] >= 0xc0 { // new properties
			packed++
		}
		return unpacked, packed, nil
	}
	return 0, 0, errChunk
}
