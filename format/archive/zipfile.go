package archive

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/compressed"
)

// errOverlap says that a file of a ZIP shares its bytes with one that was read.
var errOverlap = errors.New("files overlap")

// errOtherVolume says that a file stands in another part of an archive in several parts.
var errOtherVolume = fmt.Errorf("it stands in another volume of the archive: %w", errors.ErrUnsupported)

// file reads one file of the directory. It gives errOverlap for one whose bytes were read already.
func (z *zipReader) file(f *zipFile) error {
	if f.folder && f.size == 0 || f.link {
		return nil
	}
	h, err := z.at(f.offset, zipLocalSize)
	if err != nil {
		return err
	}
	if !begins(h, zipLocal) && f.disk != z.disk {
		return unreadable(z.ctx, z.out, f.name, errOtherVolume)
	}
	if !begins(h, zipLocal) {
		return unreadable(z.ctx, z.out, f.name, format.Damaged("no file stands at byte %d of the archive", f.offset))
	}
	data := f.offset + zipLocalSize + int64(binary.LittleEndian.Uint16(h[26:])) + int64(binary.LittleEndian.Uint16(h[28:]))
	if f.packed > uint64(max(0, z.whole.Size()-data)) {
		return unreadable(z.ctx, z.out, f.name, fmt.Errorf("its content is longer than the archive: %w: %w", io.ErrUnexpectedEOF, format.ErrDamaged))
	}
	if !z.taken.take(f.offset, data+int64(f.packed)) {
		return errOverlap
	}
	return z.read(f, z.whole.Section(data, int64(f.packed)))
}

// read hands a file's content on.
func (z *zipReader) read(f *zipFile, packed *io.SectionReader) error {
	if f.flags&(zipEncrypted|zipStrong|zipMasked) != 0 || f.method == 99 {
		return unreadable(z.ctx, z.out, f.name, encrypted())
	}
	if f.method == 0 {
		sum := &checked{r: packed, hash: crc32.NewIEEE(), crc: f.crc, size: f.size}
		return handOn(z.ctx, z.out, f.name, &stored{sum, packed})
	}
	z.data.Reset(packed)
	content, err := unpack(f.method, z.data, f.size, compressed.Window(z.depth))
	if err != nil {
		return unreadable(z.ctx, z.out, f.name, err)
	}
	defer content.Close()
	return handOn(z.ctx, z.out, f.name, &checked{r: content, hash: crc32.NewIEEE(), crc: f.crc, size: f.size})
}

// unpack gives the content of a file that was compressed (4.4.5).
func unpack(method uint16, r *bufio.Reader, size uint64, window int64) (io.ReadCloser, error) {
	switch method {
	case 8:
		return compressed.Open(compressed.Deflate, r, window)
	case 9:
		return compressed.Open(compressed.Deflate64, r, window)
	case 12:
		return compressed.Open(compressed.Bzip2, r, window)
	case 14: // 5.8.8: version, length of the properties, properties
		var h [9]byte
		if _, err := io.ReadFull(r, h[:]); err != nil || h[2] != 5 || h[3] != 0 {
			return nil, format.Damaged("LZMA: the header of a file does not follow its format")
		}
		head := binary.LittleEndian.AppendUint64(h[4:9:9], size)
		return compressed.Open(compressed.LZMA, io.MultiReader(bytes.NewReader(head), r), window)
	case 93, 20:
		return compressed.Open(compressed.Zstd, r, window)
	case 95:
		return compressed.Open(compressed.XZ, r, window)
	}
	return nil, noMethod("ZIP", int(method))
}

// stored is a file that was not compressed.
type stored struct {
	*checked
	at *io.SectionReader
}

// ReadAt reads at a place.
func (s *stored) ReadAt(p []byte, off int64) (int, error) { return s.at.ReadAt(p, off) }

// Size is the file's length in bytes.
func (s *stored) Size() int64 { return s.at.Size() }

// checked compares length and checksum at the end of a file.
type checked struct {
	r     io.Reader
	hash  hash.Hash32
	crc   uint32
	size  uint64
	n     uint64
	noCRC bool // there is none to compare with
}

// Read reads and adds up.
func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.hash.Write(p[:n])
	c.n += uint64(n)
	if err == io.EOF && (c.n != c.size || !c.noCRC && c.hash.Sum32() != c.crc) {
		err = format.Damaged("its length or checksum is not the one that the archive tells")
	}
	return n, err
}

// walk reads the files of a ZIP without a directory, by their local headers.
func (z *zipReader) walk() error {
	for off := int64(0); ; {
		if err := z.ctx.Err(); err != nil {
			return err
		}
		at, err := z.search(off)
		if err != nil || at < 0 {
			return err
		}
		if off, err = z.local(at); err != nil {
			return err
		}
	}
}

// search looks for the next local header: -1 where there is none.
func (z *zipReader) search(off int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for {
		n, err := z.whole.ReadAt(buf, off)
		if i := bytes.Index(buf[:n], []byte(zipLocal)); i >= 0 {
			return off + int64(i), nil
		}
		if err == io.EOF || n < len(zipLocal) {
			return -1, nil
		}
		if err != nil {
			return -1, err
		}
		if err := z.ctx.Err(); err != nil {
			return -1, err
		}
		off += int64(n - len(zipLocal) + 1)
	}
}

// local reads the file whose header stands at an offset, and tells where to look on. Where its length is written behind it
// (4.4.4, bit 3), only what a decoder reads to its end tells where that is.
func (z *zipReader) local(at int64) (next int64, err error) {
	le := binary.LittleEndian
	h, err := z.at(at, zipLocalSize)
	if err != nil || h == nil {
		return z.whole.Size(), err
	}
	f := &zipFile{flags: le.Uint16(h[6:]), method: le.Uint16(h[8:]), crc: le.Uint32(h[14:]), packed: uint64(le.Uint32(h[18:])),
		size: uint64(le.Uint32(h[22:])), offset: at}
	name, extra := int64(le.Uint16(h[26:])), int64(le.Uint16(h[28:]))
	rest, err := z.at(at+zipLocalSize, name+extra)
	if err != nil || rest == nil {
		return z.whole.Size(), err
	}
	f.named(rest[:name])
	if err := f.extra64(rest[name:]); err != nil {
		return at + zipLocalSize, nil
	}
	data := at + zipLocalSize + name + extra
	left := z.whole.Size() - data
	known := f.flags&zipDescriptor == 0 || f.packed > 0
	switch {
	case f.folder && f.size == 0:
		return data, nil
	case known && f.packed <= uint64(left):
		return data + int64(f.packed), z.read(f, z.whole.Section(data, int64(f.packed)))
	case f.flags&zipEncrypted != 0 || f.method != 8 && f.method != 0:
		return data, unreadable(z.ctx, z.out, f.name, format.Damaged("nothing says where it ends"))
	case f.method == 0:
		end, err := z.search(data)
		if err != nil {
			return 0, err
		}
		if end < 0 {
			end = z.whole.Size()
		}
		return end, handOn(z.ctx, z.out, f.name, &cut{r: z.whole.Section(data, end-data)})
	}
	return z.deflated(f, data)
}

// deflated reads a file whose length is not known, to its own end.
func (z *zipReader) deflated(f *zipFile, data int64) (next int64, err error) {
	section := z.whole.Section(data, z.whole.Size()-data)
	z.data.Reset(section)
	content, err := compressed.Open(compressed.Deflate, z.data, compressed.Window(z.depth))
	if err != nil {
		return data, unreadable(z.ctx, z.out, f.name, err)
	}
	defer content.Close()
	if err := handOn(z.ctx, z.out, f.name, content); err != nil {
		return 0, err
	}
	skip := allow(0)
	if err := skip.pass(z.ctx, content, skip.left); z.ctx.Err() != nil {
		return 0, err
	}
	read, _ := section.Seek(0, io.SeekCurrent) // a section's place is always known
	return data + read - int64(z.data.Buffered()), nil
}

// cut is a content of which nobody can tell whether it is whole.
type cut struct{ r io.Reader }

// Read reads.
func (c *cut) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err == io.EOF {
		err = fmt.Errorf("it may be cut off: %w: %w", io.ErrUnexpectedEOF, format.ErrDamaged)
	}
	return n, err
}
