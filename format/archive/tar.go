package archive

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"golang.org/x/text/encoding/charmap"
)

// tarBlock is the size of tar's blocks (POSIX.1-2024, pax interchange format).
const tarBlock = 512

// tarChecksum tells whether a block is the header of a file: its bytes add up to the number in it. Some old programs added them
// up as signed ones.
func tarChecksum(block []byte) bool {
	field := bytes.Trim(block[148:156], " \x00")
	if len(field) == 0 || blank(block[:148]) {
		return false
	}
	want := 0
	for _, c := range field {
		if c < '0' || c > '7' {
			return false
		}
		want = want<<3 | int(c-'0')
	}
	unsigned, signed := 0, 0
	for i, c := range block[:tarBlock] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		unsigned += int(c)
		signed += int(int8(c))
	}
	return want == unsigned || want == signed
}

// tape reads a tar archive, and counts.
type tape struct {
	r   *bufio.Reader
	n   int64
	err error // of the source
}

// Read reads and counts.
func (t *tape) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.n += int64(n)
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}

// readTar reads tar in all its forms, and archives that were put one behind the other. What stands behind a damaged header is
// looked for a next one.
func readTar(ctx context.Context, in format.Input, out format.Output) error {
	t := &tape{r: bufio.NewReaderSize(in.Body, 64<<10)}
	for {
		err := t.archive(ctx, out)
		if err == nil {
			err = t.next(ctx, out, false)
		} else if errors.Is(err, tar.ErrHeader) {
			out.Gap(estate.GapDamaged, "the header of a file is damaged; what stands between it and the next one was not read")
			err = t.next(ctx, out, true)
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil && t.err != nil:
			return t.err
		case errors.Is(err, io.ErrUnexpectedEOF):
			out.Gap(estate.GapTruncated, "it ends in the middle of a file")
			return nil
		case err != nil:
			return err
		}
	}
}

// archive reads up to the end mark of one archive. It gives tar.ErrHeader where a header is damaged.
func (t *tape) archive(ctx context.Context, out format.Output) error {
	r := tar.NewReader(t)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := next(r)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch h.Typeflag {
		case tar.TypeDir, tar.TypeLink, tar.TypeSymlink, tar.TypeChar, tar.TypeBlock, tar.TypeFifo, tar.TypeXGlobalHeader, 'D', 'V':
			continue // any other type is to be taken for a file (pax interchange format, ustar header, typeflag)
		}
		if err := handOn(ctx, out, nameOf([]byte(h.Name), charmap.Windows1252), r); err != nil {
			return err
		}
	}
}

// next goes to the next file. Should the library fail on a header, the header is damaged.
func next(r *tar.Reader) (h *tar.Header, err error) {
	defer func() {
		if recover() != nil {
			err = tar.ErrHeader
		}
	}()
	return r.Next()
}

// next looks for the header of another archive behind the end mark, or, in a search, for any header: io.EOF when there is none.
func (t *tape) next(ctx context.Context, out format.Output, search bool) error {
	told := search
	for {
		block, err := t.r.Peek(tarBlock)
		switch {
		case len(block) == tarBlock && tarChecksum(block):
			return nil
		case err != nil && err != io.EOF:
			t.err = err
			return err
		case !told && !blank(block):
			told = true
			out.Gap(estate.GapDamaged, "what stands behind the end of the archive is no archive, and was not read")
		}
		if err != nil {
			return err
		}
		n, _ := t.r.Discard(tarBlock) // they are there
		t.n += int64(n)
		if t.n%(1<<20) == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
}
