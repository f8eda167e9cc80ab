package office

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/format/office/grid"
	"github.com/chartroom/chartroom/format/office/markup"
	"github.com/chartroom/chartroom/format/office/number"
	"github.com/chartroom/chartroom/format/office/pool"
	"github.com/chartroom/chartroom/record"
)

const (
	maxDirectory = 8 << 20  // bytes of a ZIP's directory that are read
	freeSize     = 32 << 20 // bytes that may come out of a part, however little goes in
	freePackage  = 4 * freeSize
	maxRatio     = 200      // bytes that may come out for each that goes in, beyond
	maxGaps      = 20       // damaged parts that are told one by one
	peekSize     = 1 << 10  // of a part, to know what it is
	packedSize   = 32 << 10 // compressed bytes that are read at a time
)

// document is one reading of one document.
type document struct {
	ctx   context.Context
	out   format.Output
	stop  error // what an output answered, or the document's limit: the reading ends
	src   source
	taken int64 // compressed bytes that were read of all parts
	spent int64 // bytes that came out of them

	parts  []part
	byName map[string]int // by name in small letters

	xml     *markup.Scanner
	grid    *grid.Grid
	texts   map[string]*flow
	flows   []*flow // in the order in which they began
	lone    *record.Batch
	waiting *record.Batch // texts, properties and authors, until the rows of tables are handed out
	fixed   []uint32      // places of properties and authors

	shared  *pool.Table
	formats []number.Format // by style of a cell
	date    number.System
	counts  map[string]int // tables of each kind that have no name of their own

	pictures, macros, outside, faults int
	seen                              map[string]bool // names of authors that were told
}

// part is one entry of the package.
type part struct {
	file *zip.File
	name string // cleaned, without a leading slash
	done bool
}

// source is the input, and remembers when it could not be read: that is no damage of the document.
type source struct {
	io.ReaderAt
	err  error
	left int64 // bytes that may still be read of the directory; -1 = no bound
}

// ReadAt reads at a place.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if s.left >= 0 {
		if s.left -= int64(len(p)); s.left < 0 {
			return 0, format.ErrLimit
		}
	}
	n, err := s.ReaderAt.ReadAt(p, off)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func newDocument(ctx context.Context, out format.Output) *document {
	d := &document{ctx: ctx, texts: map[string]*flow{}, counts: map[string]int{}, byName: map[string]int{}, lone: record.NewBatch(out.Places), waiting: record.NewBatch(out.Places)}
	d.out = out
	d.out.Batch = func(b *record.Batch) error { return d.ended(out.Batch(b)) }
	d.out.Inner = func(name, hint string, body io.Reader) error { return d.ended(out.Inner(name, hint, body)) }
	d.grid = grid.New(d.out, letters)
	return d
}

// ended remembers the error of an output.
func (d *document) ended(err error) error {
	if err != nil && d.stop == nil {
		d.stop = err
	}
	return err
}

func (d *document) close() {
	if d.shared != nil {
		d.shared.Close()
	}
}

// open reads the package's directory. An entry takes at least 46 bytes of it (APPNOTE 4.3.12), so that the bound on its bytes
// bounds the number of parts, whatever number is written down.
func (d *document) open(whole *format.Whole) error {
	d.src = source{ReaderAt: whole, left: maxDirectory}
	z, err := zip.NewReader(&d.src, whole.Size())
	switch {
	case d.ctx.Err() != nil:
		return d.ctx.Err()
	case d.src.left < 0:
		return fmt.Errorf("a directory of over %d MiB: %w", maxDirectory>>20, format.ErrLimit)
	case d.src.err != nil:
		return d.src.err
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return format.Damaged("the package's directory")
	}
	d.src.left = -1
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser {
		return flate.NewReader(bufio.NewReaderSize(&taking{d, r}, packedSize))
	})
	for _, f := range z.File {
		name := strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(f.Name, `\`, "/")), "/")
		if name == "" || strings.HasSuffix(f.Name, "/") && f.UncompressedSize64 == 0 {
			continue
		}
		if _, ok := d.byName[strings.ToLower(name)]; !ok {
			d.byName[strings.ToLower(name)] = len(d.parts)
		}
		d.parts = append(d.parts, part{file: f, name: name})
	}
	if len(d.parts) == 0 {
		return format.Damaged("a package without parts")
	}
	return nil
}

// taking counts what is read of compressed bytes.
type taking struct {
	d *document
	r io.Reader
}

// Read reads.
func (t *taking) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.d.taken += int64(n)
	return n, err
}

// body is a part while it is read. It ends the reading of what grows too much.
type body struct {
	d      *document
	r      io.Reader
	stored bool  // it is not compressed
	from   int64 // what was taken before
	size   int64
}

// Read reads the part's content.
func (b *body) Read(p []byte) (int, error) {
	if err := b.d.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p)
	b.size += int64(n)
	b.d.spent += int64(n)
	if b.stored {
		b.d.taken += int64(n)
	}
	switch {
	case b.size > freeSize && b.size/maxRatio > b.d.taken-b.from:
		return 0, fmt.Errorf("a part that grows over %d-fold: %w", maxRatio, format.ErrLimit)
	case b.d.spent > freePackage && b.d.spent/maxRatio > b.d.taken:
		return 0, b.d.ended(fmt.Errorf("a package that grows over %d-fold: %w", maxRatio, format.ErrLimit))
	case err == nil || err == io.EOF || b.d.src.err != nil:
		return n, err
	}
	return n, format.Damaged("the part's compressed bytes")
}

// entry opens part i. The beginning, of at most peekSize bytes, can be looked at before it is read.
func (d *document) entry(i int) (*bufio.Reader, io.Closer, error) {
	f := d.parts[i].file
	if f.Flags&1 != 0 { // APPNOTE 4.4.4, bit 0
		return nil, nil, format.ErrEncrypted
	}
	rc, err := f.Open()
	switch {
	case errors.Is(err, zip.ErrFormat), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = format.Damaged("a part's own header")
	case errors.Is(err, zip.ErrAlgorithm):
		err = fmt.Errorf("a part: %w: %w", err, format.ErrDamaged)
	}
	if err != nil {
		return nil, nil, err
	}
	b := &body{d: d, r: rc, stored: f.Method == zip.Store, from: d.taken}
	return bufio.NewReaderSize(b, peekSize), rc, nil
}

// xmlOf opens part i as XML. The scanner is the document's own, one part at a time.
func (d *document) xmlOf(i int) (*markup.Scanner, io.Closer, error) {
	r, c, err := d.entry(i)
	if err != nil {
		return nil, nil, err
	}
	return d.scan(r), c, nil
}

// scan sets the document's scanner on a text of whatever character set.
func (d *document) scan(r *bufio.Reader) *markup.Scanner {
	head, _ := r.Peek(peekSize)
	text, _ := charset.Reader(head, r)
	if d.xml == nil {
		d.xml = markup.New(text)
	} else {
		d.xml.Reset(text)
	}
	return d.xml
}

// fault turns the error of one part into a gap, so that the others are read, unless the reading must end. what says which part,
// in our own words.
func (d *document) fault(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case d.stop != nil:
		return d.stop
	case d.ctx.Err() != nil:
		return d.ctx.Err()
	case d.src.err != nil:
		return d.src.err
	}
	if d.faults++; d.faults > maxGaps {
		return nil
	}
	switch {
	case errors.Is(err, format.ErrLimit):
		d.out.Gap(estate.GapLimit, what+", "+strings.TrimSuffix(err.Error(), ": "+format.ErrLimit.Error()))
	case errors.Is(err, format.ErrEncrypted):
		d.out.Gap(estate.GapEncrypted, what)
	case errors.Is(err, zip.ErrAlgorithm):
		d.out.Gap(estate.GapNoReader, what+": a way of compression that is not known")
	default:
		d.out.Gap(estate.GapDamaged, what)
	}
	return nil
}

// plural gives a number of a thing with the thing, for a gap.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
