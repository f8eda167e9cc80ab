package archive

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/compressed"
	"github.com/nwaples/rardecode/v2"
)

// rarReader reads RAR by a library whose panics are damage.
type rarReader struct {
	r *rardecode.Reader
}

// guarded calls the library and words its errors.
func (r *rarReader) guarded(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = format.Damaged("RAR: the decoder could not go on")
		}
	}()
	err = f()
	switch {
	case err == nil || err == io.EOF:
		return err
	case errors.Is(err, rardecode.ErrArchiveEncrypted), errors.Is(err, rardecode.ErrArchivedFileEncrypted), errors.Is(err, rardecode.ErrBadPassword):
		return encrypted()
	case errors.Is(err, rardecode.ErrDictionaryTooLarge):
		return fmt.Errorf("RAR: its dictionary is too large: %w", format.ErrLimit)
	case errors.Is(err, rardecode.ErrMultiVolume):
		return errOtherVolume
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, rardecode.ErrUnexpectedArcEnd), errors.Is(err, rardecode.ErrDecoderOutOfData):
		return fmt.Errorf("RAR: %w: %w", io.ErrUnexpectedEOF, format.ErrDamaged)
	case errors.Is(err, rardecode.ErrUnknownDecoder), errors.Is(err, rardecode.ErrUnsupportedDecoder), errors.Is(err, rardecode.ErrUnknownVersion):
		return fmt.Errorf("RAR: a version that is not read: %w", errors.ErrUnsupported)
	}
	return format.Damaged("RAR: it does not follow its format")
}

// Read reads the current file.
func (r *rarReader) Read(p []byte) (n int, err error) {
	err = r.guarded(func() (err error) {
		n, err = r.r.Read(p)
		return err
	})
	return n, err
}

func readRAR(ctx context.Context, in format.Input, out format.Output) error {
	source := &watched{r: in.Body}
	r := &rarReader{}
	skip := allow(in.Size)
	err := r.guarded(func() (err error) {
		r.r, err = rardecode.NewReader(source, rardecode.MaxDictionarySize(compressed.Window(in.Depth)))
		return err
	})
	for err == nil {
		if err = ctx.Err(); err != nil {
			return err
		}
		var h *rardecode.FileHeader
		if err = r.guarded(func() (err error) { h, err = r.r.Next(); return err }); err != nil {
			break
		}
		if h.IsDir || h.LinkType != rardecode.LinkTypeNone || h.HostOS == rardecode.HostOSUnix && h.Attributes&0xf000 == 0xa000 {
			continue
		}
		if h.Encrypted {
			err = unreadable(ctx, out, h.Name, encrypted())
		} else {
			err = handOn(ctx, out, h.Name, r)
		}
		if err != nil {
			return err
		}
		if !h.Encrypted {
			err = skip.rest(ctx, r)
		}
	}
	switch {
	case err == io.EOF && source.err == nil:
		return behind(ctx, source, out)
	case source.err != nil:
		return source.err
	case errors.Is(err, format.ErrEncrypted):
		out.Gap(estate.GapEncrypted, "the names and contents of its files are encrypted")
	case errors.Is(err, format.ErrLimit):
		out.Gap(estate.GapLimit, err.Error())
	case errors.Is(err, errors.ErrUnsupported):
		out.Gap(estate.GapNoReader, err.Error())
	default:
		return err
	}
	return nil
}

// behind passes by what stands behind the end of an archive, and reports it.
func behind(ctx context.Context, source *watched, out format.Output) error {
	n, err := io.Copy(io.Discard, &member{ctx: ctx, r: source})
	if n > 0 && err == nil {
		out.Gap(estate.GapDamaged, "what stands behind the end of the archive was not read")
	}
	return err
}

// rest reads what is left of a file and forgets it: where files share a dictionary, the next one needs it.
func (a *allowance) rest(ctx context.Context, r io.Reader) error {
	n, err := io.CopyN(io.Discard, &member{ctx: ctx, r: r}, a.left)
	a.left -= n
	if err == nil {
		return errTooMuch
	}
	if cancelled := ctx.Err(); cancelled != nil {
		return cancelled
	}
	return nil // at its end, or told already
}

// watched remembers the error with which the source failed.
type watched struct {
	r   io.Reader
	err error
}

// Read reads.
func (t *watched) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}
