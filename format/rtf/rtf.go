// Package rtf reads Rich Text Format (versions 1.0 to 1.9): the text, headers, footers, notes, annotations and the document's
// information, as running text. Clinical systems keep their notes in it.
//
// Limits: pictures are a gap, and so are embedded objects; groups nest at most 10,000 deep; what writes fonts, styles and the like is
// passed over.
package rtf

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/encoding/charmap"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// maxDepth is how deep groups may stand in each other.
const maxDepth = 10_000

// Reader reads RTF.
type Reader struct{}

// Name implements format.Reader.
func (Reader) Name() string { return "rtf/1" }

// Claims implements format.Reader.
func (Reader) Claims(_ string, head []byte) format.Claim {
	if bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n\xef\xbb\xbf"), []byte(`{\rtf`)) {
		return format.Certain
	}
	return format.No
}

// Read implements format.Reader.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	t := &plain{ctx: ctx, src: bufio.NewReaderSize(in.Body, 64<<10), page: charmap.Windows1252, groups: []group{{bytes: 1}}}
	batch := record.NewBatch(out.Places)
	place := out.Places.Add(record.Place{Field: "text", Mode: record.Text, Kind: phi.FreeText, Rule: "text of a document"})
	err := format.Pieces(t, func(p format.Piece) error {
		batch.Reset()
		batch.Put(place, p.Text)
		batch.From, batch.To = uint32(p.From), uint32(p.To)
		batch.EndRecord()
		return out.Batch(batch)
	})
	if err != nil {
		return err
	}
	if t.pictures > 0 {
		out.Gap(estate.GapNoReader, fmt.Sprintf("%d pictures not read", t.pictures))
	}
	if t.objects > 0 {
		out.Gap(estate.GapNoReader, fmt.Sprintf("%d embedded objects", t.objects))
	}
	if t.cut {
		out.Gap(estate.GapTruncated, "groups without their end")
	}
	return nil
}

// group is what a group hands down to those within it.
type group struct {
	skip  bool // its content is no text of the document
	bytes int  // how many characters stand for a Unicode one (\uc)
}

// plain is the text of a document as a stream.
type plain struct {
	ctx    context.Context
	src    *bufio.Reader
	page   *charmap.Charmap
	groups []group
	out    []byte
	sent   int
	err    error

	skipped  int  // characters that stand for one that was written as a number
	star     bool // the next destination may be passed over by whoever does not know it
	fresh    bool // nothing but its opening stood in the group
	high     rune // the first half of a character beyond 16 bits
	pictures int
	objects  int
	cut      bool
}

// Read implements io.Reader.
func (t *plain) Read(p []byte) (int, error) {
	for t.sent == len(t.out) {
		if t.err != nil {
			return 0, t.err
		}
		t.out, t.sent = t.out[:0], 0
		if t.err = t.ctx.Err(); t.err == nil {
			t.fill()
		}
	}
	n := copy(p, t.out[t.sent:])
	t.sent += n
	return n, nil
}

// fill reads until some text is there, or a good deal was passed over.
func (t *plain) fill() {
	for n := 0; n < 64<<10 && len(t.out) < 32<<10 && t.err == nil; n++ {
		c, err := t.src.ReadByte()
		if err != nil {
			t.err = err
			if errors.Is(err, io.EOF) {
				t.cut = len(t.groups) > 1
			}
			return
		}
		t.take(c)
	}
}

// take takes one byte.
func (t *plain) take(c byte) {
	switch c {
	case '{':
		if len(t.groups) > maxDepth {
			t.err = fmt.Errorf("groups over %d deep: %w", maxDepth, format.ErrLimit)
			return
		}
		t.groups = append(t.groups, t.groups[len(t.groups)-1])
		t.fresh, t.skipped = true, 0
	case '}':
		if n := len(t.groups); n > 1 {
			t.groups = t.groups[:n-1]
		}
		t.skipped = 0
	case '\\':
		t.control()
	case '\r', '\n', 0:
	default:
		t.fresh = false
		t.put(t.page.DecodeByte(c))
	}
}

// top is the group that is open.
func (t *plain) top() *group { return &t.groups[len(t.groups)-1] }

// put writes a character, unless it stands for one that was written already, or in a group of no text.
func (t *plain) put(r rune) {
	if t.skipped > 0 {
		t.skipped--
		return
	}
	if !t.top().skip {
		t.out = append(t.out, string(r)...)
	}
}

// control reads what stands behind a backslash: a word with or without a number, or a sign.
func (t *plain) control() {
	c, err := t.src.ReadByte()
	if err != nil {
		t.err = err
		return
	}
	if c|0x20 < 'a' || c|0x20 > 'z' {
		t.sign(c)
		return
	}
	var word [32]byte
	w := word[:0]
	for ; err == nil && (c|0x20 >= 'a' && c|0x20 <= 'z'); c, err = t.src.ReadByte() {
		if len(w) < cap(w) {
			w = append(w, c)
		}
	}
	number, some, minus := 0, false, err == nil && c == '-'
	if minus {
		c, err = t.src.ReadByte()
	}
	for ; err == nil && c >= '0' && c <= '9'; c, err = t.src.ReadByte() {
		if some = true; number < 1<<28 {
			number = number*10 + int(c-'0')
		}
	}
	if err == nil && c != ' ' {
		_ = t.src.UnreadByte()
	}
	if minus {
		number = -number
	}
	t.word(string(w), number, some)
	t.fresh, t.star = false, false
}

// sign takes a backslash with one byte behind it.
func (t *plain) sign(c byte) {
	switch c {
	case '\'':
		var hex [2]byte
		if _, err := io.ReadFull(t.src, hex[:]); err != nil {
			t.err = err
			return
		}
		hi, lo := digit(hex[0]), digit(hex[1])
		if hi >= 0 && lo >= 0 {
			t.put(t.page.DecodeByte(byte(hi<<4 | lo)))
		}
	case '*':
		t.star = true
		return
	case '~':
		t.put(' ')
	case '_', '-':
		if c == '_' {
			t.put('-')
		}
	case '\r', '\n':
		t.put('\n')
	case '\\', '{', '}':
		t.put(rune(c))
	}
	t.fresh = false
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
