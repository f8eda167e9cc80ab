// Package format turns bytes into records. A Reader knows one format: it tells cheaply whether an input is its own, and
// reads it in one pass and bounded memory. A folder beneath this one holds one reader; the list is in format/all.
package format

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/record"
)

// HeadSize is how many bytes of an input's beginning a reader sees when asked whether it is its own.
const HeadSize = 64 << 10

// ChunkSize is how much a reader should hold of an input at a time.
const ChunkSize = 256 << 10

// Claim is how sure a reader is that an input is its own.
type Claim uint8

// The claims. The reader with the highest claim reads the input; of equals, the first in the list.
const (
	No       Claim = iota
	Fallback       // any text: the last resort
	Maybe          // the name says so, or the content might be
	Likely         // the content looks like it
	Certain        // a signature
)

// Reader reads one format. Implementations are stateless and safe for concurrent use.
type Reader interface {
	// Name is the format's name and the version of its reading rules, "csv/1". A new version makes a scan read again.
	Name() string
	// Claims looks at the name and at most HeadSize bytes of the beginning. It must be fast and must not keep the head.
	Claims(name string, head []byte) Claim
	// Read reads the input to its end. It hands full batches to out, inner items too, and reports what it could not
	// read by out.Gap; it returns an error only when the input cannot be read on at all (an I/O error, a cancelled
	// context, an error that out returned, or ErrDamaged, ErrEncrypted, ErrLimit with what was wrong). It must not panic on any input, must
	// not hold more than a few chunks of it, and must not keep any of its bytes after it returns.
	Read(ctx context.Context, in Input, out Output) error
}

// Input is what a reader reads.
type Input struct {
	Name string    // path, for its extension only
	Size int64     // -1 when not known
	Head []byte    // the same bytes that Body begins with, at most HeadSize
	Body io.Reader // the whole input
	// At reads the input at any place where its source allows it; nil where not, or where Size is not known. A reader that must
	// jump asks Whole, which serves both. Use either Body or At.
	At    io.ReaderAt
	Depth int // how many containers it stands in

	begin func(*Input) error // of a piece
}

// Output takes what a reader found. All of its functions are called from the reader's own goroutine.
type Output struct {
	// Places is the item's table of places, empty at the start.
	Places *record.Places
	// Batch takes a run of closed records. The reader may reuse the batch when it returns.
	Batch func(*record.Batch) error
	// Inner takes a thing within the item, to be read by whatever reader claims it. The name is the inner path; hint is a
	// media type, or empty. It returns when the inner item was read. What the inner item's reader leaves of the body is the
	// caller's to skip. A body that can be read at any place and knows its Size (an *io.SectionReader, a *bytes.Reader) is offered
	// as Input.At. An error ends the reading: the whole item has come to a limit, or was cancelled.
	Inner func(name, hint string, body io.Reader) error
	// Part opens a part of the item that is an item of its own, and that the same reader reads: a table of a database, a sheet of a
	// workbook. What its Output takes is the part's own, with places of its own; done closes it, and must be called. Several parts
	// may be open at once; each costs memory like an item of its own.
	Part func(name string) (part Output, done func())
	// Gap reports that a part of the item was not read.
	Gap func(reason estate.GapReason, detail string)
}

// ErrDamaged says that an input does not follow its format, so that the rest cannot be read. Wrap it with what was
// wrong and where, and without a value: fmt.Errorf("row 12: %w", format.ErrDamaged).
var ErrDamaged = errors.New("damaged")

// ErrLimit says that an input is larger, deeper or denser than is read. Wrap it with the limit.
var ErrLimit = errors.New("over a limit")

// ErrEncrypted says that an input cannot be read without a key.
var ErrEncrypted = errors.New("encrypted")

// Damaged makes an ErrDamaged with its circumstances.
func Damaged(text string, args ...any) error {
	return fmt.Errorf(text+": %w", append(args, ErrDamaged)...)
}
