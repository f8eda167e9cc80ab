// Package vcard reads vCard (RFC 6350, and 2.1 and 3.0 before it) and iCalendar (RFC 5545): both are content lines, a name with
// parameters and a value, that may be folded. Each card, event, task and journal entry is a record.
//
// Limits: whose card it is, the format does not say, so that its subject is unknown. Attachments and pictures in base64 are inner
// items; those that are only named by a URL are not fetched.
package vcard

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/record"
)

const (
	// maxLine is the longest unfolded line that is held; the rest of a longer one is a gap.
	maxLine = 16 << 20
	// A record over this many cells is closed and continued in another.
	maxCells   = 10_000
	batchBytes = 64 << 10
)

// Reader reads vCard and iCalendar.
type Reader struct{}

// Name implements format.Reader.
func (Reader) Name() string { return "vcard/1" }

// Claims implements format.Reader.
func (Reader) Claims(name string, head []byte) format.Claim {
	text := bytes.TrimLeft(charset.Head(head), " \t\r\n")
	for _, begin := range []string{"BEGIN:VCARD", "BEGIN:VCALENDAR"} {
		if len(text) >= len(begin) && bytes.EqualFold(text[:len(begin)], []byte(begin)) {
			return format.Certain
		}
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".vcf", ".ics":
		if charset.IsText(head) && bytes.Contains(text, []byte("BEGIN:V")) {
			return format.Likely
		}
	}
	return format.No
}

// Read implements format.Reader.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	src, _ := charset.Reader(in.Head, in.Body)
	r := &reading{out: out, batch: record.NewBatch(out.Places), places: map[string]uint32{}, src: bufio.NewReaderSize(src, 64<<10)}
	for n := 0; ; n++ {
		if n&0xff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := r.unfold()
		if len(r.line) > 0 {
			if err := r.take(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if r.open {
		out.Gap(estate.GapTruncated, fmt.Sprintf("line %d: a card or entry without its end", r.number))
	}
	if r.odd > 0 {
		out.Gap(estate.GapDamaged, fmt.Sprintf("%d lines without a name", r.odd))
	}
	return r.flush()
}

// reading is one reading of one file.
type reading struct {
	out    format.Output
	src    *bufio.Reader
	batch  *record.Batch
	places map[string]uint32 // by property, and by part of it

	line   []byte // the unfolded line
	number int64  // lines so far
	open   bool   // within a card or entry
	odd    int64
	inners int
	text   []byte
}

// unfold reads a line and those that go on with it: they begin with a blank (RFC 6350 section 3.2), or behind a soft break of
// quoted-printable (vCard 2.1).
func (r *reading) unfold() error {
	r.line = r.line[:0]
	for {
		part, err := r.src.ReadSlice('\n')
		if len(r.line)+len(part) > maxLine {
			return fmt.Errorf("a line over %d MiB: %w", maxLine>>20, format.ErrLimit)
		}
		r.line = append(r.line, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		r.number++
		r.line = bytes.TrimRight(r.line, "\r\n")
		if err != nil {
			return err
		}
		next, _ := r.src.Peek(1)
		switch {
		case len(next) == 1 && (next[0] == ' ' || next[0] == '\t') && len(r.line) > 0:
			_, _ = r.src.Discard(1)
		case len(r.line) > 0 && r.line[len(r.line)-1] == '=' && bytes.Contains(bytes.ToUpper(r.line[:min(len(r.line), 200)]), []byte("QUOTED-PRINTABLE")):
			r.line = r.line[:len(r.line)-1]
		default:
			return nil
		}
	}
}

// take takes one content line.
func (r *reading) take() error {
	l, ok := parse(r.line)
	if !ok {
		r.odd++
		return nil
	}
	switch l.name {
	case "BEGIN":
		r.open = true
		return r.end()
	case "END":
		r.open = false
		return r.end()
	}
	value, binary := l.value, false
	switch l.encoding {
	case "B", "BASE64":
		binary = true
	case "QUOTED-PRINTABLE":
		r.text = unquoted(r.text[:0], value)
		value = r.text
	}
	if i := bytes.Index(value[:min(len(value), 80)], []byte(";base64,")); i > 0 && bytes.HasPrefix(value, []byte("data:")) {
		value, binary = value[i+len(";base64,"):], true
	}
	if binary && len(value) > 64 {
		return r.attachment(l, value)
	}
	return r.property(l, value)
}

// attachment hands a value in base64 out.
func (r *reading) attachment(l line, value []byte) error {
	if _, err := base64.StdEncoding.DecodeString(string(value[:min(len(value), 64)&^3])); err != nil {
		r.odd++
		return nil
	}
	r.inners++
	return r.out.Inner(fmt.Sprintf("%s[%d]", l.shown(), r.inners), l.media(), format.Base64(bytes.NewReader(value)))
}

// end closes a record.
func (r *reading) end() error {
	r.batch.EndRecord()
	if r.batch.Size() < batchBytes {
		return nil
	}
	return r.flush()
}

func (r *reading) flush() error {
	r.batch.EndRecord()
	var err error
	if r.batch.Len() > 0 {
		err = r.out.Batch(r.batch)
	}
	r.batch.Reset()
	return err
}
