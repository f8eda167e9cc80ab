package archive

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"golang.org/x/text/encoding/charmap"
)

// Sizes and marks of ZIP (APPNOTE 6.3.10, by clause).
const (
	zipLocal      = "PK\x03\x04" // 4.3.7
	zipEntry      = "PK\x01\x02" // 4.3.12
	zipEnd        = "PK\x05\x06" // 4.3.16
	zipEnd64      = "PK\x06\x06" // 4.3.14
	zipLocator    = "PK\x06\x07" // 4.3.15
	zipLocalSize  = 30
	zipEntrySize  = 46
	zipEndSize    = 22
	zipEnd64Size  = 56
	zipLocateSize = 20
	zipMaxComment = 1<<16 - 1
)

// Bits of a file's flags (4.4.4).
const (
	zipEncrypted  = 1 << 0
	zipDescriptor = 1 << 3
	zipStrong     = 1 << 6
	zipMasked     = 1 << 13
)

// zipReader reads one ZIP. Its directory is gone through as a stream: a directory that names a hundred million files takes no
// memory.
type zipReader struct {
	ctx   context.Context
	out   format.Output
	whole *format.Whole
	depth int
	disk  uint32 // the number of this volume
	taken extents
	data  *bufio.Reader // of the file that is read
}

// zipDirectory is where the directory stands.
type zipDirectory struct {
	start, end int64
	base       int64 // what stands before the archive: offsets count from behind it
	count      uint64
	disk       uint32
}

// zipFile is what the directory, or a local header, says of a file.
type zipFile struct {
	name         string
	flags        uint16
	method       uint16
	crc          uint32
	packed, size uint64
	offset       int64 // of the local header
	disk         uint32
	link, folder bool
}

// readZIP reads by the directory at the end, or, where there is none, by the headers before the files.
func readZIP(ctx context.Context, in format.Input, out format.Output) error {
	whole, err := in.Whole(ctx)
	if err != nil {
		return err
	}
	defer whole.Close()
	z := &zipReader{ctx: ctx, out: out, whole: whole, depth: in.Depth, data: bufio.NewReaderSize(nil, 64<<10)}
	d, err := z.find()
	switch {
	case err != nil:
		return err
	case d == nil:
		out.Gap(estate.GapTruncated, "no directory at its end; files were looked for by their own headers")
		return z.walk()
	}
	return z.list(d)
}

// at reads n bytes at an offset: nil, without an error, where the input has not so many.
func (z *zipReader) at(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || n > z.whole.Size()-off {
		return nil, nil
	}
	b := make([]byte, n)
	if k, err := z.whole.ReadAt(b, off); int64(k) < n {
		if err == io.EOF {
			return nil, nil
		}
		return nil, err
	}
	return b, nil
}

// find looks for the directory: nil where there is none.
func (z *zipReader) find() (*zipDirectory, error) {
	size := z.whole.Size()
	tail, err := z.at(size-min(size, zipEndSize+zipMaxComment), min(size, zipEndSize+zipMaxComment))
	if err != nil {
		return nil, err
	}
	for i := strings.LastIndex(string(tail), zipEnd); i >= 0; i = strings.LastIndex(string(tail[:i]), zipEnd) {
		if i+zipEndSize > len(tail) || i+zipEndSize+int(binary.LittleEndian.Uint16(tail[i+20:])) > len(tail) {
			continue
		}
		if d, err := z.directory(tail[i:i+zipEndSize], size-int64(len(tail)-i)); d != nil || err != nil {
			return d, err
		}
	}
	return nil, nil
}

// directory reads the end record that stands at an offset: nil where what it says cannot be.
func (z *zipReader) directory(end []byte, at int64) (*zipDirectory, error) {
	le := binary.LittleEndian
	d := &zipDirectory{disk: uint32(le.Uint16(end[4:])), count: uint64(le.Uint16(end[10:])), end: at}
	size, offset := uint64(le.Uint32(end[12:])), uint64(le.Uint32(end[16:]))
	if locator, err := z.at(at-zipLocateSize, zipLocateSize); err != nil {
		return nil, err
	} else if begins(locator, zipLocator) {
		// The record stands where the locator says, or, with something before the archive, right before the locator.
		for _, place := range []int64{int64(le.Uint64(locator[8:])), at - zipLocateSize - zipEnd64Size} {
			r, err := z.at(place, zipEnd64Size)
			if err != nil {
				return nil, err
			}
			if begins(r, zipEnd64) {
				d.end, d.disk = place, le.Uint32(r[16:])
				d.count, size, offset = le.Uint64(r[32:]), le.Uint64(r[40:]), le.Uint64(r[48:])
				break
			}
		}
	}
	if size > uint64(d.end) || offset > uint64(z.whole.Size()) {
		return nil, nil
	}
	for _, d.start = range []int64{d.end - int64(size), int64(offset)} {
		first, err := z.at(d.start, 4)
		if err != nil {
			return nil, err
		}
		if begins(first, zipEntry) || d.count == 0 && size == 0 {
			d.base = d.start - int64(offset)
			return d, nil
		}
	}
	return nil, nil
}

// list reads the files that the directory names.
func (z *zipReader) list(d *zipDirectory) error {
	r := bufio.NewReaderSize(z.whole.Section(d.start, d.end-d.start), 64<<10)
	z.disk = d.disk
	n, again := uint64(0), 0
	for ; ; n++ {
		if err := z.ctx.Err(); err != nil {
			return err
		}
		f, err := z.entry(r)
		if err == io.EOF {
			break
		}
		if errors.Is(err, format.ErrDamaged) {
			z.out.Gap(estate.GapDamaged, "the directory is damaged; files that it names from there on were not read")
			return nil
		}
		if err != nil {
			return err
		}
		f.offset += d.base
		err = z.file(f)
		if errors.Is(err, errOverlap) {
			again++
			continue
		}
		if err != nil {
			return err
		}
	}
	if again > 0 {
		z.out.Gap(estate.GapDamaged, fmt.Sprintf("%d of its files share their bytes with others, and were not read", again))
	}
	if n != d.count && n&0xffff != d.count { // an old program counts on from 0
		z.out.Gap(estate.GapDamaged, "the directory names another number of files than it says")
	}
	return nil
}

// entry reads an entry of the directory: io.EOF at its end.
func (z *zipReader) entry(r *bufio.Reader) (*zipFile, error) {
	h, err := r.Peek(zipEntrySize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if len(h) < zipEntrySize || !begins(h, zipEntry) {
		if len(h) == 0 || begins(h, "PK\x05\x05") { // a digital signature (4.3.13)
			return nil, io.EOF
		}
		return nil, format.ErrDamaged
	}
	le := binary.LittleEndian
	f := &zipFile{flags: le.Uint16(h[8:]), method: le.Uint16(h[10:]), crc: le.Uint32(h[16:]), packed: uint64(le.Uint32(h[20:])),
		size: uint64(le.Uint32(h[24:])), disk: uint32(le.Uint16(h[34:])), offset: int64(le.Uint32(h[42:]))}
	if h[5] == 3 || h[5] == 19 { // made on Unix or macOS: the mode stands in the upper half (4.4.2)
		f.link = le.Uint32(h[38:])>>28 == 0xa
	}
	name, extra, comment := int(le.Uint16(h[28:])), int(le.Uint16(h[30:])), int(le.Uint16(h[32:]))
	if _, err := r.Discard(zipEntrySize); err != nil {
		return nil, err
	}
	rest := make([]byte, name+extra+comment)
	if _, err := io.ReadFull(r, rest); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = format.ErrDamaged
		}
		return nil, err
	}
	f.named(rest[:name])
	return f, f.extra64(rest[name : name+extra])
}

func (f *zipFile) named(raw []byte) {
	f.name = nameOf(raw, charmap.CodePage437) // D.1
	f.folder = strings.HasSuffix(f.name, "/")
}

// extra64 reads the sizes that do not fit into an entry (4.5.3).
func (f *zipFile) extra64(extra []byte) error {
	le := binary.LittleEndian
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		if extra = extra[4:]; n > len(extra) {
			return nil // some programs pad here
		}
		v := extra[:n]
		extra = extra[n:]
		if id != 1 {
			continue
		}
		take := func(to *uint64) {
			if len(v) >= 8 {
				*to, v = le.Uint64(v), v[8:]
			}
		}
		if f.size == 1<<32-1 {
			take(&f.size)
		}
		if f.packed == 1<<32-1 {
			take(&f.packed)
		}
		if f.offset == 1<<32-1 {
			off := uint64(f.offset)
			take(&off)
			if off > 1<<62 {
				return format.ErrDamaged
			}
			f.offset = int64(off)
		}
		if f.disk == 1<<16-1 && len(v) >= 4 {
			f.disk = le.Uint32(v)
		}
	}
	return nil
}
