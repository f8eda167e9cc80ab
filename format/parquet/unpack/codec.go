// Package unpack decompresses the pages of Parquet (Compression.md of parquet-format), whole or, where they are too large to be
// held, while they are read.
package unpack

import (
	"bytes"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/chartroom/chartroom/format"
)

// Codec is how pages are compressed, by its number in the format (parquet.thrift, CompressionCodec).
type Codec int32

// The codecs. LZO was dropped by nearly all writers, and is not read.
const (
	Uncompressed Codec = iota
	Snappy
	Gzip
	lzo
	Brotli
	LZ4Hadoop
	Zstd
	LZ4
)

// MaxWindow is how far back a page may refer that is decompressed while it is read, in bytes.
const MaxWindow = 32 << 20

// Known tells whether the codec is read.
func (c Codec) Known() bool { return c >= Uncompressed && c <= LZ4 && c != lzo }

// ErrDamaged says that a page is not what its header says.
var ErrDamaged = format.Damaged("page: does not decompress to what its header says")

// Decompressor keeps what decompressing pages needs from page to page.
type Decompressor struct {
	zstd   *zstd.Decoder
	gzip   gzip.Reader
	brotli *brotli.Reader
}

// Close gives back what it holds.
func (d *Decompressor) Close() {
	if d.zstd != nil {
		d.zstd.Close()
	}
}

// Page decompresses a whole page into dst, whose length is the page's.
func (d *Decompressor) Page(c Codec, dst, src []byte) (err error) {
	defer fence(&err)
	switch c {
	case Snappy:
		n, err := snappy.DecodedLen(src)
		if err != nil || n != len(dst) {
			return ErrDamaged
		}
		return exactly(snappy.Decode(dst, src))(len(dst))
	case LZ4:
		n, err := lz4.UncompressBlock(src, dst)
		if err != nil || n != len(dst) {
			return ErrDamaged
		}
		return nil
	case Zstd:
		if d.zstd == nil {
			if d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecodeAllCapLimit(true)); err != nil {
				return err
			}
		}
		return exactly(d.zstd.DecodeAll(src, dst[:0:len(dst)]))(len(dst))
	}
	r, err := d.reader(c, bytes.NewReader(src))
	if err == nil {
		_, err = io.ReadFull(r, dst)
	}
	if err != nil {
		return ErrDamaged
	}
	return nil
}

// exactly checks the length of what was decompressed.
func exactly(b []byte, err error) func(n int) error {
	return func(n int) error {
		if err != nil || len(b) != n {
			return ErrDamaged
		}
		return nil
	}
}

// reader decompresses a page that is read before the next is opened.
func (d *Decompressor) reader(c Codec, r io.Reader) (io.Reader, error) {
	switch c {
	case Gzip:
		return &d.gzip, d.gzip.Reset(r)
	case Brotli:
		if d.brotli == nil {
			d.brotli = brotli.NewReader(r)
			return d.brotli, nil
		}
		return d.brotli, d.brotli.Reset(r)
	}
	return Reader(c, r, Room{})
}

// Reader decompresses a page while it is read, with the room that Need told.
func Reader(c Codec, r io.Reader, room Room) (_ io.Reader, err error) {
	defer fence(&err)
	switch c {
	case Uncompressed:
		return r, nil
	case Snappy:
		return newSnappy(r, room.back)
	case LZ4:
		return newLZ4(r), nil
	case LZ4Hadoop:
		return newHadoop(r)
	case Gzip:
		if z, err := gzip.NewReader(r); err == nil {
			return &fenced{z}, nil
		}
	case Brotli:
		return &fenced{brotli.NewReader(r)}, nil
	case Zstd:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(MaxWindow))
		if err == nil {
			return &fenced{z.IOReadCloser()}, nil
		}
	}
	return nil, ErrDamaged
}

// Room is what it takes to decompress a page while it is read.
type Room struct {
	Memory int64 // bytes
	back   int   // how far back a page of Snappy refers
}

// Need tells what it takes to decompress a page of so many bytes while it is read. Of Snappy the whole page is looked through. It
// gives ErrLimit where the page refers further back than MaxWindow.
func Need(c Codec, page io.Reader, plain int64) (room Room, err error) {
	const beside = 512 << 10
	window := int64(0)
	switch c {
	case Snappy:
		room.back, err = reach(page)
		window = 2 * int64(room.back)
	case Zstd:
		var head zstd.Header
		b := make([]byte, zstd.HeaderMaxSize)
		n, _ := io.ReadFull(page, b)
		if head.Decode(b[:n]) != nil {
			return room, ErrDamaged
		}
		if window = int64(min(head.WindowSize, 1<<40)); head.SingleSegment {
			window = int64(min(head.FrameContentSize, 1<<40))
		}
	case Brotli:
		var b [1]byte
		_, err = io.ReadFull(page, b[:])
		window = 1 << brotliBits(b[0])
	}
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return room, ErrDamaged
	case err != nil:
		return room, err
	case window > 2*MaxWindow || c == Zstd && window > MaxWindow:
		return room, fmt.Errorf("page refers back over %d MiB: %w", MaxWindow>>20, format.ErrLimit)
	}
	room.Memory = min(window, 2*plain) + window/4 + beside
	return room, nil
}

// brotliBits is the width of the window (RFC 7932 section 9.1).
func brotliBits(b byte) int {
	switch n, m := int(b>>1&7), int(b>>4&7); {
	case b&1 == 0:
		return 16
	case n != 0:
		return 17 + n
	case m != 0:
		return 8 + m
	}
	return 17
}

// fence turns a panic of somebody else's Decompressor into damage.
func fence(err *error) {
	if recover() != nil {
		*err = fmt.Errorf("decompressor's fault: %w", ErrDamaged)
	}
}

// fenced is a Decompressor of somebody else.
type fenced struct{ r io.Reader }

// Read reads, and gives no error but damage and the end.
func (f *fenced) Read(p []byte) (n int, err error) {
	defer fence(&err)
	n, err = f.r.Read(p)
	if err != nil && err != io.EOF {
		err = ErrDamaged
	}
	return n, err
}
