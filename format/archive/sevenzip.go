package archive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/compressed"
)

const (
	sevenZipMagic   = "7z\xbc\xaf\x27\x1c"
	sevenStart      = 32       // the signature header
	maxSevenHeader  = 32 << 20 // names of about half a million files
	maxSevenEncoded = 4        // how often a header may be encoded: 7-Zip does it once
)

// sevenZip reads one 7z archive. The library that there is for it believes the numbers in the header; here each is checked before
// anything is made of it.
type sevenZip struct {
	ctx   context.Context
	out   format.Output
	whole *format.Whole
	depth int
	skip  allowance
}

// allowance bounds what may be decoded only to be passed by: as much as a scan reads of what stands in the input.
type allowance struct{ left int64 }

func allow(size int64) allowance { return allowance{64<<20 + 200*max(0, size)} }

// errTooMuch says that too much would have to be decoded to come to the next file.
var errTooMuch = fmt.Errorf("too much stands before the next file: %w", format.ErrLimit)

// pass reads n bytes and forgets them.
func (a *allowance) pass(ctx context.Context, r io.Reader, n int64) error {
	if n > a.left {
		return errTooMuch
	}
	k, err := io.CopyN(io.Discard, &member{ctx: ctx, r: r}, n)
	a.left -= k
	return err
}

func readSevenZip(ctx context.Context, in format.Input, out format.Output) error {
	whole, err := in.Whole(ctx)
	if err != nil {
		return err
	}
	defer whole.Close()
	z := &sevenZip{ctx: ctx, out: out, whole: whole, depth: in.Depth, skip: allow(whole.Size())}
	header, err := z.header()
	switch {
	case errors.Is(err, format.ErrEncrypted):
		out.Gap(estate.GapEncrypted, "the names and contents of its files are encrypted")
		return nil
	case errors.Is(err, format.ErrLimit):
		out.Gap(estate.GapLimit, err.Error())
		return nil
	case errors.Is(err, errors.ErrUnsupported):
		out.Gap(estate.GapNoReader, err.Error())
		return nil
	case err != nil || header == nil:
		return err
	}
	folders, files, err := parseSeven(header)
	if err != nil {
		return err
	}
	return z.files(folders, files)
}

// header gives the header, decoded where it is encoded; nil where the archive is empty.
func (z *sevenZip) header() ([]byte, error) {
	var start [sevenStart]byte
	if n, err := z.whole.ReadAt(start[:], 0); n < sevenStart {
		if err != io.EOF {
			return nil, err
		}
		return nil, format.Damaged("7z: it ends in its first header")
	}
	le := binary.LittleEndian
	if crc32.ChecksumIEEE(start[12:]) != le.Uint32(start[8:]) {
		return nil, format.Damaged("7z: the first header has a wrong checksum")
	}
	off, size := le.Uint64(start[12:]), le.Uint64(start[20:])
	if size == 0 {
		return nil, nil
	}
	if off > uint64(z.whole.Size()) || size > uint64(z.whole.Size()) || sevenStart+off+size > uint64(z.whole.Size()) {
		return nil, fmt.Errorf("7z: it ends before its header: %w: %w", io.ErrUnexpectedEOF, format.ErrDamaged)
	}
	if size > maxSevenHeader {
		return nil, fmt.Errorf("7z: a header over %d MiB: %w", maxSevenHeader>>20, format.ErrLimit)
	}
	header := make([]byte, size)
	if n, err := z.whole.ReadAt(header, int64(sevenStart+off)); n < len(header) {
		return nil, err
	}
	if crc32.ChecksumIEEE(header) != le.Uint32(start[28:]) {
		return nil, format.Damaged("7z: the header has a wrong checksum")
	}
	for range maxSevenEncoded {
		if len(header) == 0 || header[0] != sevenEncoded {
			return header, nil
		}
		var err error
		if header, err = z.decode(header[1:]); err != nil {
			return nil, err
		}
	}
	return nil, format.Damaged("7z: the header is encoded again and again")
}

// decode gives what an encoded header holds.
func (z *sevenZip) decode(encoded []byte) ([]byte, error) {
	s := &sevenBytes{b: encoded}
	folders := s.streams()
	if s.bad || len(folders) != 1 || len(folders[0].files) != 1 {
		return nil, format.Damaged("7z: the header does not follow its format")
	}
	f := folders[0]
	if f.size() > maxSevenHeader {
		return nil, fmt.Errorf("7z: a header over %d MiB: %w", maxSevenHeader>>20, format.ErrLimit)
	}
	r, err := z.open(f)
	if err != nil {
		return nil, err
	}
	header, err := io.ReadAll(&checked{r: io.LimitReader(r, int64(f.size())), hash: crc32.NewIEEE(), crc: uint32(f.crc), size: f.size(), noCRC: f.crc < 0})
	return header, err
}

// files hands the files on, folder by folder. Files without a content stand among them.
func (z *sevenZip) files(folders []*sevenFolderInfo, files []sevenFile) error {
	for _, f := range folders {
		r, err := z.open(f)
		for _, part := range f.files {
			var end error
			if files, end = z.blanks(files); end != nil {
				return end
			}
			if len(files) == 0 {
				z.out.Gap(estate.GapDamaged, "there are more contents than names; those without one were not read")
				return nil
			}
			file := files[0]
			files = files[1:]
			if err != nil {
				if end := unreadable(z.ctx, z.out, file.name, err); end != nil {
					return end
				}
				continue
			}
			if err, end = z.file(file, part, r); end != nil {
				return end
			}
		}
	}
	_, err := z.blanks(files)
	return err
}

// blanks hands on the empty files that stand before the next one with a content.
func (z *sevenZip) blanks(files []sevenFile) ([]sevenFile, error) {
	for len(files) > 0 && !files[0].content {
		if files[0].empty {
			if err := handOn(z.ctx, z.out, files[0].name, strings.NewReader("")); err != nil {
				return nil, err
			}
		}
		files = files[1:]
	}
	return files, z.ctx.Err()
}

// file hands one file on, and passes by what was not read of it. Where the folder cannot be read on, it tells why.
func (z *sevenZip) file(file sevenFile, part sevenStream, folder io.Reader) (broken, end error) {
	limited := &io.LimitedReader{R: folder, N: int64(part.size & (1<<62 - 1))}
	if !file.other {
		body := &checked{r: limited, hash: crc32.NewIEEE(), crc: uint32(part.crc), size: part.size, noCRC: part.crc < 0}
		if err := handOn(z.ctx, z.out, file.name, body); err != nil {
			return nil, err
		}
	}
	if broken = z.skip.pass(z.ctx, folder, limited.N); broken == io.EOF {
		broken = fmt.Errorf("its folder ends early: %w: %w", io.ErrUnexpectedEOF, format.ErrDamaged)
	}
	return broken, z.ctx.Err()
}

// open gives what a folder holds: its packed stream through its coders, in their order. Folders of several streams (BCJ2, for
// programs) are not read.
func (z *sevenZip) open(f *sevenFolderInfo) (io.Reader, error) {
	for _, c := range f.coders {
		if c.method == "\x06\xf1\x07\x01" { // AES-256
			return nil, encrypted()
		}
	}
	if len(f.packed) != 1 || f.last() < 0 {
		return nil, fmt.Errorf("7z: several streams in one: %w", errors.ErrUnsupported)
	}
	if f.off > z.whole.Size()-sevenStart || f.length > uint64(z.whole.Size()) {
		return nil, fmt.Errorf("7z: it ends before its content: %w: %w", io.ErrUnexpectedEOF, format.ErrDamaged)
	}
	var r io.Reader = bufio.NewReaderSize(z.whole.Section(sevenStart+f.off, int64(f.length)), 64<<10)
	at := f.packed[0]
	for _, b := range f.binds {
		if b[0] == at { // the packed stream's input is bound: only the unbound one is from the archive
			at = -1
		}
	}
	if len(f.binds) > 0 && at <= 0 {
		at = f.unboundInput()
	}
	for range f.coders {
		if at < 0 || at >= len(f.coders) {
			break
		}
		var err error
		if r, err = decoder(f.coders[at], f.sizes[at], r, compressed.Window(z.depth)); err != nil {
			return nil, err
		}
		if at == f.last() {
			return r, nil
		}
		at = f.fedBy(at)
	}
	return nil, format.Damaged("7z: the coders of a folder lead nowhere")
}

// unboundInput is the input that no coder feeds, -1 where there is none.
func (f *sevenFolderInfo) unboundInput() int {
	for in := range f.coders {
		fed := false
		for _, b := range f.binds {
			fed = fed || b[0] == in
		}
		if !fed {
			return in
		}
	}
	return -1
}

// fedBy is the coder that a coder feeds, -1 where there is none.
func (f *sevenFolderInfo) fedBy(coder int) int {
	for _, b := range f.binds {
		if b[1] == coder {
			return b[0]
		}
	}
	return -1
}

// decoder is one step of decoding (Methods.txt of the LZMA SDK).
func decoder(c sevenCoder, size uint64, r io.Reader, window int64) (io.Reader, error) {
	if c.in != 1 || c.out != 1 {
		return nil, fmt.Errorf("7z: several streams in one: %w", errors.ErrUnsupported)
	}
	switch c.method {
	case "\x00":
		return r, nil
	case "\x03":
		if len(c.props) == 1 {
			return &delta{r: r, distance: int(c.props[0]) + 1}, nil
		}
	case "\x21":
		if len(c.props) == 1 && c.props[0] <= 40 {
			dict := (2 | int64(c.props[0]&1)) << (c.props[0]/2 + 11)
			if dict > window {
				return nil, fmt.Errorf("7z: it needs a window over %d MiB: %w", window>>20, format.ErrLimit)
			}
			return compressed.Open(compressed.LZMA2, r, dict)
		}
	case "\x03\x01\x01":
		if len(c.props) == 5 {
			head := binary.LittleEndian.AppendUint64(c.props, size)
			return compressed.Open(compressed.LZMA, io.MultiReader(bytes.NewReader(head), r), window)
		}
	case "\x04\x01\x08":
		return compressed.Open(compressed.Deflate, r, window)
	case "\x04\x01\x09":
		return compressed.Open(compressed.Deflate64, r, window)
	case "\x04\x02\x02":
		return compressed.Open(compressed.Bzip2, r, window)
	case "\x04\xf7\x11\x01":
		return compressed.Open(compressed.Zstd, r, window)
	case "\x04\xf7\x11\x02":
		return compressed.Open(compressed.Brotli, r, window)
	case "\x04\xf7\x11\x04":
		return compressed.Open(compressed.LZ4, r, window)
	default:
		return nil, fmt.Errorf("compressed by a method that is not read (7z %x): %w", c.method, errors.ErrUnsupported)
	}
	return nil, format.Damaged("7z: a coder has no properties, or wrong ones")
}

// delta undoes the filter that stores differences to the byte so many bytes before.
type delta struct {
	r        io.Reader
	distance int
	past     [256]byte
	at       byte
}

// Read reads.
func (d *delta) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	for i := range p[:n] {
		p[i] += d.past[d.at-byte(d.distance)]
		d.past[d.at] = p[i]
		d.at++
	}
	return n, err
}
