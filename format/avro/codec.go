package avro

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz/lzma"

	"github.com/chartroom/chartroom/format"
)

// Limits of decompression, in bytes.
const (
	maxSnappy = 32 << 20 // of a block, packed or not: Snappy is unpacked in memory
	maxBack   = 32 << 20 // how far back a block of zstd or xz may refer
)

// known tells whether a codec is read. A file without one is not compressed.
func known(codec string) bool {
	switch codec {
	case "", "null", "deflate", "snappy", "zstandard", "bzip2", "xz":
		return true
	}
	return false
}

// decompressor keeps what decompressing needs from block to block.
type decompressor struct {
	flate  io.ReadCloser
	zstd   *zstd.Decoder
	packed []byte
	plain  []byte
}

// open decompresses a block while it is read.
func (d *decompressor) open(codec string, r *piece, size int64) (_ io.Reader, err error) {
	defer fence(&err)
	switch codec {
	case "deflate":
		if d.flate == nil {
			d.flate = flate.NewReader(r)
		} else if err := d.flate.(flate.Resetter).Reset(r, nil); err != nil {
			return nil, errDamage
		}
		return &fenced{d.flate}, nil
	case "snappy":
		return d.snappy(r, size)
	case "zstandard":
		if d.zstd == nil {
			d.zstd, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxBack))
		} else {
			err = d.zstd.Reset(r)
		}
		if err != nil {
			return nil, errDamage
		}
		return &fenced{d.zstd}, nil
	case "bzip2":
		return &fenced{bzip2.NewReader(r)}, nil
	case "xz":
		return openXZ(r)
	}
	return r, nil
}

// snappy decompresses a block and compares its checksum, which stands behind it, the most significant byte first.
func (d *decompressor) snappy(r *piece, size int64) (io.Reader, error) {
	if size > maxSnappy {
		return nil, fmt.Errorf("block over %d MiB: %w", maxSnappy>>20, format.ErrLimit)
	}
	if size < 5 {
		return nil, errDamage
	}
	if err := d.hold(r, size); err != nil {
		return nil, err
	}
	packed := d.packed[:size-4]
	n, err := snappy.DecodedLen(packed)
	if err != nil {
		return nil, errDamage
	}
	if n > maxSnappy {
		return nil, fmt.Errorf("block over %d MiB: %w", maxSnappy>>20, format.ErrLimit)
	}
	if n/25 > len(packed) { // three bytes make at most 64
		return nil, errDamage
	}
	d.plain, err = snappy.Decode(d.plain[:cap(d.plain)], packed)
	if err != nil || crc32.ChecksumIEEE(d.plain) != binary.BigEndian.Uint32(d.packed[size-4:]) {
		return nil, errDamage
	}
	return bytes.NewReader(d.plain), nil
}

// hold reads a whole block. Memory grows with what is there, not with what the file says.
func (d *decompressor) hold(r *piece, size int64) error {
	d.packed = d.packed[:0]
	for int64(len(d.packed)) < size {
		if !r.w.have(1) {
			return r.w.fault()
		}
		k := min(int64(len(r.w.buf)-r.w.at), size-int64(len(d.packed)))
		d.packed = append(d.packed, r.w.buf[r.w.at:r.w.at+int(k)]...)
		r.w.at += int(k)
		r.n -= k
	}
	return nil
}

// openXZ reads the head of an xz stream and of its first block (The .xz File Format 1.2, 2.1.1 and 3.1), whose dictionary must
// not be larger than is given, and gives the block's content. Writers of Avro make one block; of more the others would be missing,
// and the objects with them, so the block counts as damaged.
func openXZ(r io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(r, 4<<10)
	var head [12]byte
	if _, err := io.ReadFull(in, head[:]); err != nil || string(head[:6]) != "\xfd7zXZ\x00" {
		return nil, medium(err)
	}
	first, err := in.ReadByte()
	if err != nil || first == 0 {
		return nil, medium(err)
	}
	block := make([]byte, 4*int(first)+4)
	block[0] = first
	if _, err := io.ReadFull(in, block[1:]); err != nil {
		return nil, medium(err)
	}
	flags, rest := block[1], block[2:len(block)-4]
	for _, size := range []byte{0x40, 0x80} { // the sizes, which may be there
		if flags&size != 0 {
			_, n := binary.Uvarint(rest)
			if n <= 0 {
				return nil, errDamage
			}
			rest = rest[n:]
		}
	}
	if flags&3 != 0 || len(rest) < 3 || rest[0] != 0x21 || rest[1] != 1 { // one filter: LZMA2
		return nil, errDamage
	}
	bits := rest[2]
	if bits > 40 {
		return nil, errDamage
	}
	dictionary := uint64(2|bits&1) << (bits/2 + 11)
	if dictionary > maxBack {
		return nil, fmt.Errorf("block of a dictionary over %d MiB: %w", maxBack>>20, format.ErrLimit)
	}
	z, err := lzma.Reader2Config{DictCap: int(max(dictionary, lzma.MinDictCap))}.NewReader2(in)
	if err != nil {
		return nil, medium(err)
	}
	return &fenced{z}, nil
}

// medium keeps an error of the input, and makes damage of all others.
func medium(err error) error {
	var f errFatal
	if errors.As(err, &f) {
		return f
	}
	return errDamage
}

// fence turns a panic of somebody else's decompressor into damage.
func fence(err *error) {
	if recover() != nil {
		*err = fmt.Errorf("decompressor's fault: %w", errDamage)
	}
}

// fenced is a decompressor of somebody else.
type fenced struct{ r io.Reader }

// Read reads, and gives no error but damage, the end and those of the input.
func (f *fenced) Read(p []byte) (n int, err error) {
	defer fence(&err)
	n, err = f.r.Read(p)
	if err != nil && err != io.EOF {
		err = medium(err)
	}
	return n, err
}
