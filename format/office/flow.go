package office

import (
	"bytes"
	"unicode/utf8"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// flowContext is how many bytes of what stands before a piece of text are handed out with it again.
const flowContext = 1 << 10

// flow is running text of one kind. It is handed out at the end of each part, and in pieces where a part is long.
type flow struct {
	d     *document
	place uint32
	buf   []byte
	from  int // what stands before was handed out, and is context
}

// text finds or makes the flow of a field.
func (d *document) text(field string) *flow {
	f := d.texts[field]
	if f == nil {
		f = &flow{d: d, place: d.out.Places.Add(record.Place{Field: field, Mode: record.Text, Kind: phi.FreeText, Rule: "running text", Document: true})}
		d.texts[field] = f
		d.flows = append(d.flows, f)
	}
	return f
}

// add appends text.
func (f *flow) add(p []byte) error {
	for len(p) > 0 {
		n := min(len(p), max(0, format.ChunkSize+flowContext-len(f.buf)))
		for n > 0 && n < len(p) && n > utf8.UTFMax && !utf8.RuneStart(p[n]) {
			n--
		}
		f.buf = append(f.buf, p[:n]...)
		if p = p[n:]; len(p) > 0 {
			if err := f.flush(false); err != nil {
				return err
			}
		}
	}
	return nil
}

// line appends a paragraph, unless it is blank.
func (f *flow) line(p []byte) error {
	if len(bytes.TrimSpace(p)) == 0 {
		return nil
	}
	if err := f.add(p); err != nil {
		return err
	}
	return f.add([]byte{'\n'})
}

// flush hands out what was not yet; but for the end of a part, it leaves what may go on, and context.
func (f *flow) flush(end bool) error {
	to := len(f.buf)
	if !end {
		to = max(f.from+1, to-flowContext)
		if at := bytes.LastIndexAny(f.buf[f.from:to], "\n "); at > 0 {
			to = f.from + at + 1
		}
		for to < len(f.buf) && !utf8.RuneStart(f.buf[to]) {
			to++
		}
	}
	if len(bytes.TrimSpace(f.buf[f.from:to])) > 0 {
		b := f.d.lone
		b.Reset()
		b.Use(f.buf[:len(f.buf):len(f.buf)])
		b.Point(f.place, 0, len(f.buf))
		if f.from > 0 || to < len(f.buf) {
			b.From, b.To = uint32(f.from), uint32(to)
		}
		b.EndRecord()
		err := f.d.out.Batch(b)
		b.Use(nil)
		if err != nil {
			return err
		}
	}
	if end {
		f.buf, f.from = f.buf[:0], 0
		return nil
	}
	keep := max(0, to-flowContext)
	for keep < to && !utf8.RuneStart(f.buf[keep]) {
		keep++
	}
	f.buf = f.buf[:copy(f.buf, f.buf[keep:])]
	f.from = to - keep
	return nil
}

// settle hands out all texts of a part that was read.
func (d *document) settle() error {
	for _, f := range d.flows {
		if err := f.flush(true); err != nil {
			return err
		}
	}
	return nil
}
