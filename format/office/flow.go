package office

import (
	"bytes"
	"unicode/utf8"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

const (
	flowContext = 1 << 10   // bytes of what stands before a piece of text that are handed out with it again
	maxWaiting  = 256 << 10 // bytes of texts that wait for the rows of tables
)

// flow is running text of one kind. It ends with each part, and comes in pieces where a part is long. Texts wait for the
// rows of tables: columns are judged by the first batch that comes, in which their values have to be.
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
		if err := f.hand(to); err != nil {
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

// hand hands out what stands before to, and lets a whole text wait.
func (f *flow) hand(to int) error {
	if f.from == 0 && to == len(f.buf) {
		return f.d.later(f.place, f.buf)
	}
	if err := f.d.grid.Hand(); err != nil {
		return err
	}
	b := f.d.lone
	b.Reset()
	b.Use(f.buf[:len(f.buf):len(f.buf)])
	b.Point(f.place, 0, len(f.buf))
	b.From, b.To = uint32(f.from), uint32(to)
	b.EndRecord()
	defer b.Use(nil)
	return f.d.out.Batch(b)
}

// settle ends all texts of a part that was read.
func (d *document) settle() error {
	for _, f := range d.flows {
		if err := f.flush(true); err != nil {
			return err
		}
	}
	return nil
}

// later lets a value that stands in no table wait for those that do.
func (d *document) later(place uint32, v []byte) error {
	d.waiting.Put(place, v)
	d.waiting.EndRecord()
	if d.waiting.Size() < maxWaiting {
		return nil
	}
	return d.handWaiting()
}

// handWaiting hands out what waits, and before it the rows that there are.
func (d *document) handWaiting() error {
	if err := d.grid.Hand(); err != nil || d.waiting.Len() == 0 {
		return err
	}
	defer d.waiting.Reset()
	return d.out.Batch(d.waiting)
}
