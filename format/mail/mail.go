// Package mail reads electronic mail: single messages (RFC 5322, .eml), web archives (MHTML), and mailboxes (mbox, RFC 4155), with
// their MIME parts (RFC 2045 to 2049) however deep they stand in each other.
//
// A message is a record: its header lines that people read, and its plain text. Every other part (HTML, attachments, messages within)
// is an inner item, read by whoever understands it. Encrypted parts are gaps.
//
// Limits: a header over 1 MiB is damage; parts stand at most 50 deep. Trace fields (Received, signatures, X- fields) are routing data
// and are passed over.
package mail

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // the character sets that mail is written in

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

const (
	maxDepth = 50        // of parts within parts
	maxName  = 100       // of an attachment's name, as it is shown
	maxParts = 1_000_000 // of one message
)

// Reader reads mail.
type Reader struct{}

// Name implements format.Reader.
func (Reader) Name() string { return "mail/1" }

// Claims implements format.Reader: by the first header lines, whatever the name.
func (Reader) Claims(name string, head []byte) format.Claim {
	text := bytes.TrimLeft(charset.Head(head), "\r\n")
	if box(text) {
		return format.Certain
	}
	known, all := fields(text)
	named := false
	switch strings.ToLower(path.Ext(name)) {
	case ".eml", ".mht", ".mhtml", ".emlx", ".mbox", ".mbx":
		named = true
	}
	switch {
	case !all || known == 0:
		return format.No
	case known >= 4 || named:
		return format.Certain
	case known >= 2:
		return format.Likely
	}
	return format.No
}

// box tells whether a text begins as a mailbox does: a line that says From and when, and header lines behind it.
func box(text []byte) bool {
	if !bytes.HasPrefix(text, []byte("From ")) {
		return false
	}
	end := bytes.IndexByte(text, '\n')
	if end < 0 || end > 300 {
		return false
	}
	known, all := fields(text[end+1:])
	return all && known > 0
}

// fields counts the header lines that mail is known by, and tells whether all lines up to the first blank one are header lines. Of a
// header that is longer than 100 lines the rest is not looked at.
func fields(text []byte) (known int, all bool) {
	for n := 0; n < 100; n++ {
		line, rest, more := bytes.Cut(text, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		switch {
		case len(line) == 0:
			return known, n > 0
		case line[0] == ' ' || line[0] == '\t':
			if n == 0 {
				return 0, false
			}
		default:
			i := bytes.IndexByte(line, ':')
			if i <= 0 || bytes.IndexByte(line[:i], ' ') >= 0 {
				return known, false
			}
			if familiar[strings.ToLower(string(line[:min(i, 40)]))] {
				known++
			}
		}
		if !more {
			return known, true
		}
		text = rest
	}
	return known, true
}

// familiar are the fields by which mail is known (RFC 5322 section 3.6, RFC 2045).
var familiar = map[string]bool{
	"from": true, "to": true, "cc": true, "bcc": true, "subject": true, "date": true, "message-id": true, "received": true, "return-path": true,
	"reply-to": true, "sender": true, "mime-version": true, "content-type": true, "content-transfer-encoding": true, "delivered-to": true,
	"in-reply-to": true, "references": true, "x-mailer": true, "x-original-to": true, "dkim-signature": true, "list-id": true,
}

// shown are the fields that people read and write.
var shown = []string{"From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Date", "Subject", "Comments", "Keywords", "Organization"}

// Read implements format.Reader.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	r := &reading{ctx: ctx, out: out, batch: record.NewBatch(out.Places)}
	r.place = out.Places.Add(record.Place{Field: "message", Mode: record.Text, Kind: phi.FreeText, Rule: "header fields and text of a message"})
	src := bufio.NewReaderSize(in.Body, format.ChunkSize)
	for head, _ := src.Peek(1); len(head) > 0 && (head[0] == '\r' || head[0] == '\n'); head, _ = src.Peek(1) {
		_, _ = src.ReadByte()
	}
	head, err := src.Peek(64 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !box(head) {
		if err := r.message(src, ""); err != nil {
			return err
		}
		return r.behind(src)
	}
	b := &mailbox{src: src}
	for n := 1; b.next(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.message(b, fmt.Sprintf("message %d", n)); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, b); err != nil {
			return err
		}
	}
	return b.err
}

// behind reports what stands behind the end of the last part. A few KiB of it are lost in buffers.
func (r *reading) behind(src *bufio.Reader) error {
	var n int64
	buf := make([]byte, 32<<10)
	for {
		k, err := src.Read(buf)
		n += int64(len(bytes.TrimSpace(buf[:k])))
		if err == nil {
			err = r.ctx.Err()
		}
		if err == nil {
			continue
		}
		if n > 0 {
			r.out.Gap(estate.GapDamaged, fmt.Sprintf("%d bytes behind the end of the message", n))
		}
		if err == io.EOF {
			err = nil
		}
		return err
	}
}

// reading is one reading of one message or mailbox.
type reading struct {
	ctx   context.Context
	out   format.Output
	batch *record.Batch
	place uint32
	where string // of the message in its mailbox; "" for a lone one
	parts int
}

// message reads one message. Damage in it does not end the mailbox.
func (r *reading) message(src io.Reader, where string) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	r.where, r.parts = where, 0
	guard := &faulty{r: src}
	e, err := message.ReadWithOptions(guard, &message.ReadOptions{MaxHeaderBytes: 1 << 20})
	if guard.err != nil {
		return guard.err
	}
	if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return r.bad("its header", err)
	}
	r.header(e)
	err = r.part(e, 0)
	if guard.err != nil {
		return guard.err
	}
	if e := r.flush(); err == nil {
		err = e
	}
	return err
}

// faulty remembers what kept the source from being read, to tell it from damage in what was read.
type faulty struct {
	r   io.Reader
	err error
}

// Read implements io.Reader.
func (f *faulty) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

// bad reports damage; any other error ends the reading. What a library says may quote the mail, and is not told.
func (r *reading) bad(what string, err error) error {
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	reason := estate.GapDamaged
	if errors.Is(err, io.ErrUnexpectedEOF) {
		reason = estate.GapTruncated
	}
	if r.where != "" {
		what = r.where + ": " + what
	}
	r.out.Gap(reason, what)
	return nil
}

// header takes the fields that people read, decoded.
func (r *reading) header(e *message.Entity) {
	var b strings.Builder
	for _, name := range shown {
		for fs := e.Header.FieldsByKey(name); fs.Next(); {
			text, err := fs.Text()
			if err != nil {
				text = fs.Value()
			}
			fmt.Fprintf(&b, "%s: %s\n", name, strings.ToValidUTF8(text, "�"))
		}
	}
	if b.Len() > 0 {
		r.batch.Put(r.place, []byte(b.String()))
	}
}

// flush closes the message's record.
func (r *reading) flush() error {
	r.batch.EndRecord()
	var err error
	if r.batch.Len() > 0 {
		err = r.out.Batch(r.batch)
	}
	r.batch.Reset()
	return err
}
