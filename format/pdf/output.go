package pdf

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/pdffile"
	"github.com/chartroom/chartroom/record"
)

// table is a table whose rows are being read. It may go on over pages.
type table struct {
	columns columns
	rows    *format.Rows
	done    func()
	filled  bool // a row is open
	last    float64
}

// layout hands out the lines of a page: tables as items of their own, all else as one text.
func (r *reading) layout(lines []textLine) error {
	r.text = r.text[:0]
	for i, l := range lines {
		if len(l.segments) == 0 {
			continue
		}
		taken, err := r.row(lines[i:])
		if err != nil {
			return err
		}
		if taken {
			continue
		}
		for j, s := range l.segments {
			if j > 0 {
				r.text = append(r.text, ' ')
				if s.x-l.segments[j-1].end >= wideGap*l.size {
					r.text = append(r.text, ' ')
				}
			}
			r.text = append(r.text, s.text...)
		}
		r.text = append(r.text, '\n')
	}
	return r.running(r.text)
}

// row takes the first of the lines if it belongs to a table.
func (r *reading) row(lines []textLine) (bool, error) {
	l := lines[0]
	if t := r.table; t != nil {
		switch {
		case t.columns.repeats(l):
			return true, nil
		case t.columns.fits(l):
			return true, t.row(l)
		case t.filled && t.continues(l):
			return true, t.cells(l)
		}
	}
	c, ok := heading(lines)
	if !ok {
		if r.table != nil && len(l.segments) == 1 {
			return false, nil // a title or page number between the rows
		}
		return false, r.closeTable()
	}
	if err := r.closeTable(); err != nil {
		return true, err
	}
	r.tables++
	out, done := r.out.Part(fmt.Sprintf("table %d", r.tables))
	r.table = &table{columns: clone(c), rows: format.NewRows(out), done: done}
	for _, s := range c {
		name := strings.ToValidUTF8(string(s.text), "")
		r.table.rows.Column(name, name)
	}
	return true, nil
}

func clone(c columns) columns {
	out := make(columns, len(c))
	for i, s := range c {
		out[i] = segment{s.x, s.end, bytes.Clone(s.text)}
	}
	return out
}

// row begins a row.
func (t *table) row(l textLine) error {
	if t.filled {
		if err := t.rows.End(); err != nil {
			return err
		}
	}
	t.filled = true
	return t.cells(l)
}

// continues tells whether a line goes on with cells of the row above it.
func (t *table) continues(l textLine) bool {
	return t.last-l.y <= 2*l.size && t.last >= l.y && !slices.ContainsFunc(l.segments, func(s segment) bool { return t.columns.place(s) < 0 })
}

func (t *table) cells(l textLine) error {
	t.last = l.y
	for i := 0; i < len(l.segments); {
		at := t.columns.place(l.segments[i])
		cell := l.segments[i].text
		for i++; i < len(l.segments) && t.columns.place(l.segments[i]) == at; i++ {
			cell = append(append(cell, ' '), l.segments[i].text...)
		}
		if err := t.rows.Put(max(at, 0), cell); err != nil {
			return err
		}
	}
	return nil
}

// closeTable ends the table that is open.
func (r *reading) closeTable() error {
	t := r.table
	if t == nil {
		return nil
	}
	r.table = nil
	defer t.done()
	return t.rows.Flush()
}

// running hands out text.
func (r *reading) running(text []byte) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	return format.Pieces(bytes.NewReader(text), func(p format.Piece) error {
		r.batch.Put(r.place, p.Text)
		r.batch.From, r.batch.To = uint32(p.From), uint32(p.To)
		return r.flush()
	})
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

// annotations reads what is written on a page afterwards: notes, and what was filled in (section 12.5).
func (r *reading) annotations(page pdffile.Dict) error {
	var b strings.Builder
	list := r.Array(page["Annots"])
	for _, v := range list[:min(len(list), 10_000)] {
		d := r.Dict(v)
		for _, key := range []pdffile.Name{"T", "Subj", "Contents", "RC"} {
			if d["FT"] != nil && key == "T" {
				continue // a field's name: the form has it
			}
			if s := strings.TrimSpace(textOf(r.Resolve(d[key]))); s != "" {
				b.WriteString(s + "\n")
			}
		}
		if err := r.attachment(d["FS"]); err != nil {
			return err
		}
		if uri := textOf(r.Resolve(r.Dict(d["A"])["URI"])); uri != "" {
			b.WriteString(uri + "\n")
		}
	}
	return r.running([]byte(b.String()))
}

// form reads the fields of a form as one record (section 12.7).
func (r *reading) form(root pdffile.Dict) error {
	fields := r.Array(r.Dict(root["AcroForm"])["Fields"])
	if len(fields) == 0 {
		return nil
	}
	out, done := r.out.Part("form")
	defer done()
	f := &formRows{r: r, rows: format.NewRows(out), columns: map[string]int{}, seen: map[pdffile.Ref]bool{}}
	if err := f.fields(fields, "", 0); err != nil {
		return err
	}
	return f.rows.Flush()
}

// formRows takes the values of a form's fields.
type formRows struct {
	r       *reading
	rows    *format.Rows
	columns map[string]int
	seen    map[pdffile.Ref]bool
}

func (f *formRows) fields(list pdffile.Array, parent string, depth int) error {
	for _, v := range list {
		if id, ok := v.(pdffile.Ref); ok {
			if f.seen[id] || len(f.seen) > maxFiles {
				continue
			}
			f.seen[id] = true
		}
		d := f.r.Dict(v)
		if d == nil || depth > treeDepth {
			continue
		}
		title := strings.Map(func(c rune) rune {
			if c < ' ' {
				return ' '
			}
			return c
		}, textOf(f.r.Resolve(d["T"])))
		title = title[:min(len(title), 100)]
		if title == "" {
			title = parent
		}
		if err := f.value(strings.ToValidUTF8(title, ""), d); err != nil {
			return err
		}
		if err := f.fields(f.r.Array(d["Kids"]), title, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// value puts what a field holds.
func (f *formRows) value(title string, d pdffile.Dict) error {
	var values []string
	switch v := f.r.Resolve(d["V"]).(type) {
	case pdffile.Text:
		values = append(values, textOf(v))
	case pdffile.Name:
		values = append(values, string(v))
	case *pdffile.Stream:
		values = append(values, string(f.r.head(v)))
	case pdffile.Array:
		for _, e := range v {
			values = append(values, textOf(f.r.Resolve(e)))
		}
	}
	for _, s := range values {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		i, ok := f.columns[title]
		if !ok {
			if len(f.columns) >= record.MaxPlaces {
				return nil
			}
			i = f.rows.Column(title, title)
			f.columns[title] = i
		}
		if err := f.rows.Put(i, []byte(s)); err != nil {
			return err
		}
	}
	return nil
}

// head gives the beginning of a stream.
func (r *reading) head(s *pdffile.Stream) []byte {
	b := make([]byte, 64<<10)
	n := 0
	for src := r.Data(s); n < len(b); {
		k, err := src.Read(b[n:])
		n += k
		if err != nil {
			break
		}
	}
	return b[:n]
}

// properties reads title, author and the like, as text (section 14.3).
func (r *reading) properties(root pdffile.Dict) error {
	var b strings.Builder
	info := r.Dict(r.Trailer["Info"])
	for _, key := range []pdffile.Name{"Title", "Author", "Subject", "Keywords"} {
		if s := strings.TrimSpace(textOf(r.Resolve(info[key]))); s != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, s)
		}
	}
	if err := r.running([]byte(b.String())); err != nil {
		return err
	}
	if s, ok := r.Resolve(root["Metadata"]).(*pdffile.Stream); ok {
		return r.out.Inner("metadata.xml", "application/xml", r.Data(s))
	}
	return nil
}

// attachments hands out the files that are attached: those that the document names, and those of annotations (section 7.11.4).
func (r *reading) attachments(root pdffile.Dict) error {
	if err := r.nameTree(r.Dict(root["Names"])["EmbeddedFiles"], 0); err != nil {
		return err
	}
	for _, v := range r.Array(root["AF"]) {
		if err := r.attachment(v); err != nil {
			return err
		}
	}
	return nil
}

// nameTree goes through a tree of names (section 7.9.6).
func (r *reading) nameTree(v any, depth int) error {
	id, _ := v.(pdffile.Ref)
	d := r.Dict(v)
	if d == nil || depth > treeDepth || id.Num != 0 && r.seen[id] {
		return nil
	}
	r.seen[id] = true
	names := r.Array(d["Names"])
	for i := 1; i < len(names); i += 2 {
		if err := r.attachment(names[i]); err != nil {
			return err
		}
	}
	for _, k := range r.Array(d["Kids"]) {
		if err := r.nameTree(k, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// attachment hands out one attached file, once.
func (r *reading) attachment(v any) error {
	spec := r.Dict(v)
	at, _ := r.Dict(spec["EF"])["F"].(pdffile.Ref)
	s, _ := r.Resolve(at).(*pdffile.Stream)
	if s == nil || r.seen[at] {
		return nil
	}
	r.seen[at] = true
	if r.files++; r.files > maxFiles {
		return fmt.Errorf("over %d attached files: %w", maxFiles, format.ErrLimit)
	}
	title := textOf(r.Resolve(spec["UF"]))
	if title == "" {
		title = textOf(r.Resolve(spec["F"]))
	}
	return r.out.Inner(fmt.Sprintf("%d %s", r.files, fileName(title)), "", r.Data(s))
}

// fileName makes a file's name fit to be shown.
func fileName(s string) string {
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c == '/' || c == '\\' || c == 0x7f {
			return '_'
		}
		return c
	}, strings.ToValidUTF8(s, "_"))
	if r := []rune(s); len(r) > 100 {
		s = string(r[len(r)-100:])
	}
	return s
}
