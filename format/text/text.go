// Package text reads plain text and logs: the reader of last resort for whatever is text and no format of its own.
//
// The text is handed out in chunks as it stands, one cell each, decoded to UTF-8 where it is not. Chunks end at a line
// end or a blank where there is one, and each carries some context before and after, so that what stands across a
// border is seen whole once: Batch.From and Batch.To say which part of the cell counts. The parts
// that count follow each other without overlap or loss.
//
// Limits: a line of more than a chunk is cut at a blank, or where it is. Text that turns binary is reported as a
// gap, and read on where it turns to text again; the border is known to a block of 4 KiB.
package text

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

const (
	contextSize = 1 << 10 // bytes of context before and after a chunk; at least half of it is given
	bufferSize  = format.ChunkSize + 2*contextSize
	searchSize  = 4 << 10 // how far back from a chunk's end a line end or blank is looked for
	blockSize   = 4 << 10 // unit in which text and binary are told apart
)

// Reader reads text.
type Reader struct{}

// Name implements format.Reader.
func (Reader) Name() string { return "text/1" }

// Claims implements format.Reader. RTF is markup for another reader, whoever that is.
func (Reader) Claims(_ string, head []byte) format.Claim {
	if bytes.HasPrefix(head, []byte("{\\rtf")) || !charset.IsText(head) {
		return format.No
	}
	return format.Fallback
}

// Read implements format.Reader.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	size := bufferSize
	if in.Size >= 0 && in.Size < bufferSize/4 {
		size = int(in.Size)*3 + 256 // as UTF-8 a text may be three times as long; a little more, to meet the end
	}
	r := &reading{out: out, batch: record.NewBatch(out.Places), buf: make([]byte, size)}
	r.src, _ = charset.Reader(in.Head, in.Body)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.fill(); err != nil {
			return err
		}
		if r.from == r.n && r.eof {
			break
		}
		if err := r.step(); err != nil {
			return err
		}
	}
	if r.binary > 0 {
		out.Gap(estate.GapUnknown, fmt.Sprintf("binary in %d places, %d bytes, the first at byte %d", r.stretches, r.binary, r.firstBinary))
	}
	return nil
}

// reading is one reading of one input.
type reading struct {
	out   format.Output
	src   io.Reader
	batch *record.Batch
	place uint32
	known bool

	buf  []byte
	n    int   // bytes read
	from int   // where the part begins that was not handed out; before it stands context
	base int64 // offset of the buffer in the text
	eof  bool

	binary      int64 // bytes that are no text
	stretches   int64 // runs of them
	firstBinary int64
	after       int64 // offset behind the last run
}

// errStalled ends the reading of an input that does not go on.
var errStalled = errors.New("a source that gives neither bytes nor an error")

// fill reads until the buffer is full, or all was read.
func (r *reading) fill() error {
	for tries := 0; !r.eof; tries++ {
		if r.n == len(r.buf) {
			if len(r.buf) >= bufferSize {
				return nil
			}
			r.buf = append(make([]byte, 0, bufferSize), r.buf...)[:bufferSize] // the input is longer than it was said to be
		}
		got, err := r.src.Read(r.buf[r.n:])
		r.n += got
		switch {
		case errors.Is(err, io.EOF):
			r.eof = true
		case err != nil:
			return fmt.Errorf("read text at byte %d: %w", r.base+int64(r.n), err)
		case got > 0:
			tries = 0
		case tries == 100:
			return errStalled
		}
	}
	return nil
}

// step hands out the next part of the buffer, or drops it where it is binary.
func (r *reading) step() error {
	end := r.n
	if bytes.IndexByte(r.buf[r.from:r.n], 0) >= 0 {
		length, binary := stretch(r.buf[r.from:r.n])
		if binary {
			r.skip(length)
			return nil
		}
		end = r.from + length
	}
	to := end
	if end == r.n && !r.eof {
		to = r.cut(end)
	}
	if !r.known {
		r.place = r.out.Places.Add(record.Place{Field: "text", Mode: record.Text, Kind: phi.FreeText, Rule: "running text"})
		r.known = true
	}
	r.batch.Reset()
	r.batch.Use(r.buf[:end:end])
	r.batch.Point(r.place, 0, end)
	r.batch.From, r.batch.To = uint32(r.from), uint32(to)
	r.batch.EndRecord()
	if err := r.out.Batch(r.batch); err != nil {
		return err
	}
	r.keep(to)
	return nil
}

// cut finds where the part that counts ends: context is left behind it, and it does not end within a word.
func (r *reading) cut(end int) int {
	to := max(end-contextSize, r.from+(end-r.from)/2)
	near := r.buf[max(r.from, to-searchSize):to]
	for _, c := range [2]byte{'\n', ' '} {
		if at := bytes.LastIndexByte(near, c); at >= 0 {
			return to - len(near) + at + 1
		}
	}
	return r.rune(to)
}

// rune goes back to where a rune begins.
func (r *reading) rune(at int) int {
	for back := 0; back < utf8.UTFMax-1 && at > r.from+1 && at < r.n && !utf8.RuneStart(r.buf[at]); back++ {
		at--
	}
	return at
}

// keep drops what was handed out, but for the context before what follows.
func (r *reading) keep(to int) {
	start := max(0, to-contextSize)
	for start < to && !utf8.RuneStart(r.buf[start]) {
		start++
	}
	r.n = copy(r.buf, r.buf[start:r.n])
	r.from = to - start
	r.base += int64(start)
}

// skip drops bytes that are no text; there is no context across them.
func (r *reading) skip(length int) {
	at := r.base + int64(r.from)
	if r.binary == 0 {
		r.firstBinary = at
	}
	if at != r.after || r.stretches == 0 {
		r.stretches++
	}
	r.binary += int64(length)
	r.after = at + int64(length)
	drop := r.from + length
	r.n = copy(r.buf, r.buf[drop:r.n])
	r.from = 0
	r.base += int64(drop)
}

// stretch gives the length of the text, or of the binary, that a part begins with.
func stretch(part []byte) (length int, binary bool) {
	for length < len(part) {
		block := part[length:min(len(part), length+blockSize)]
		if length == 0 {
			binary = isBinary(block)
		} else if isBinary(block) != binary {
			break
		}
		length += len(block)
	}
	return length, binary
}

// isBinary tells whether a block has more control characters than a text. A zero byte here and there, as some logs
// have for padding, is none.
func isBinary(block []byte) bool {
	controls := 0
	for _, c := range block {
		if c < ' ' && (c < '\a' || c > '\r') && c != 0x1b || c == 0x7f {
			controls++
		}
	}
	return controls > 2+len(block)/25
}
