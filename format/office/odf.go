package office

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/office/grid"
	"github.com/chartroom/chartroom/format/office/markup"
)

// manifest looks whether the parts of an OpenDocument are encrypted (ISO/IEC 26300-3, 4.8): then none of them can be read.
func (d *document) manifest() error {
	i, ok := d.byName["meta-inf/manifest.xml"]
	if !ok {
		return nil
	}
	s, c, err := d.xmlOf(i)
	if err != nil {
		return nil // told when its turn comes
	}
	defer c.Close()
	for {
		token, err := s.Next()
		if err != nil || token == markup.EOF {
			return d.stop
		}
		if token == markup.Start && string(s.Name()) == "encryption-data" {
			return fmt.Errorf("an OpenDocument: %w", format.ErrEncrypted)
		}
	}
}

// flat reads an OpenDocument in one XML file.
func (d *document) flat(in format.Input) error {
	s := d.scan(bufio.NewReaderSize(&steady{d, in.Body}, peekSize))
	err := d.via(s, kind{read: (*document).content})
	if err != nil && !errors.Is(err, format.ErrDamaged) {
		return err
	}
	return errors.Join(d.finish(), err)
}

// steady is a body that ends with the context.
type steady struct {
	d *document
	r io.Reader
}

// Read reads.
func (b *steady) Read(p []byte) (int, error) {
	if err := b.d.ctx.Err(); err != nil {
		return 0, err
	}
	return b.r.Read(p)
}

// openText is a reading of the content of an OpenDocument, or of its styles, where headers and footers stand.
type openText struct {
	*prose
	asides []int // depths of the open elements that stand aside
	repeat int   // of the open row
	cells  int   // of the open cell
	value  []byte
	figure grid.Kind
}

// content reads a content.xml or styles.xml (ISO/IEC 26300-3, 3.1.3).
func (d *document) content(s *markup.Scanner) error {
	o := &openText{prose: newProse(d, s, "text")}
	return o.finish(o.read())
}

func (o *openText) read() error {
	for {
		token, err := o.s.Next()
		if err != nil || token == markup.EOF {
			return err
		}
		switch token {
		case markup.Start:
			err = o.start(string(o.s.Name()))
		case markup.End:
			err = o.close(string(o.s.Name()))
		case markup.Text:
			if o.depth > 0 {
				err = o.add(o.s.Text())
			}
		}
		if err != nil {
			return err
		}
	}
}

// start reads the start of an element.
func (o *openText) start(name string) error {
	switch name {
	case "spreadsheet":
		o.loose = false
	case "p", "h":
		o.begin()
	case "s": // 6.1.3: blanks
		n := min(max(whole(o.s.Attr("c")), 1), 256)
		return o.add(bytes.Repeat([]byte{' '}, n))
	case "tab":
		return o.add([]byte{'\t'})
	case "line-break":
		return o.add([]byte{'\n'})
	case "table":
		return o.beginTable(o.tableName(fieldName(o.s.Attr("name"))))
	case "table-header-rows":
		if top := o.top(); top != nil {
			top.marked = true
		}
	case "table-row":
		o.repeat = whole(o.s.Attr("number-rows-repeated"))
	case "table-cell", "covered-table-cell":
		o.startCell(name)
	case "annotation", "note-body", "tracked-changes", "notes", "header", "footer", "header-left", "footer-left":
		o.step(name)
	case "creator":
		v, err := o.s.Gather(nil, maxValue)
		if err != nil {
			return err
		}
		return o.tellAuthor("comments.author", v)
	case "title", "desc":
		return o.gatherLine("descriptions", o.s)
	case "note-citation", "styles", "automatic-styles", "font-face-decls", "settings", "scripts", "meta":
		return o.apart(name)
	case "date":
		if !o.s.NextAttr() { // of a comment; the field of a text has attributes
			return o.s.Skip()
		}
	case "binary-data":
		o.pictures++
		return o.s.Skip()
	default:
		return o.beside()
	}
	return nil
}

// apart passes over layout, and reads a flat document's properties.
func (o *openText) apart(name string) error {
	if name != "meta" {
		return o.s.Skip()
	}
	return o.core(o.s)
}

// beside reads what the attributes of fields, forms and links say.
func (o *openText) beside() error {
	for o.s.NextAttr() {
		switch string(o.s.Key()) {
		case "string-value", "current-value", "expression":
			if err := o.document.text("fields").line(o.s.Value()); err != nil {
				return err
			}
		case "href":
			if v := o.s.Value(); bytes.IndexByte(v, ':') > 0 {
				if err := o.document.text("links").line(v); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// tableName gives the name of a table, numbered where it has none.
func (o *openText) tableName(name string) string {
	if name == "" || len(o.counts) > maxFields {
		return o.count("table")
	}
	return name
}

// step goes into a part of the text that stands aside.
func (o *openText) step(name string) {
	o.asides = append(o.asides, o.s.Depth())
	if len(o.asides) > 1 {
		return // what stands in it goes where it does
	}
	field := map[string]string{"annotation": "comments", "note-body": "footnotes", "tracked-changes": "tracked changes", "notes": "notes",
		"header": "header", "header-left": "header", "footer": "footer", "footer-left": "footer"}[name]
	o.aside = o.document.text(field)
}

// startCell reads a cell's attributes (9.1.4 and 19.384 to 19.389). A date is taken as the document writes it for machines; of all
// else what is shown, which has the zeros that a number has lost.
func (o *openText) startCell(name string) {
	o.cells, o.figure, o.value = 1, grid.Plain, o.value[:0]
	rows := 1
	for o.s.NextAttr() {
		switch string(o.s.Key()) {
		case "number-columns-repeated":
			o.cells = max(whole(o.s.Value()), 1)
		case "number-rows-spanned":
			rows = whole(o.s.Value())
		case "value-type":
			switch string(o.s.Value()) {
			case "float", "percentage", "currency", "date", "time", "boolean":
				o.figure = grid.Figure
			}
		case "date-value":
			o.value = append(o.value[:0], o.s.Value()...)
		}
	}
	o.beginCell(rows-1, name == "covered-table-cell")
}

// close reads the end of an element.
func (o *openText) close(name string) error {
	if n := len(o.asides); n > 0 && o.s.Depth() < o.asides[n-1] {
		if o.asides = o.asides[:n-1]; len(o.asides) == 0 {
			o.aside = nil
		}
	}
	switch name {
	case "p", "h":
		return o.end()
	case "table-cell", "covered-table-cell":
		o.endCell(o.value, o.figure, o.cells)
	case "table-row":
		return o.endRow(o.repeat)
	case "table-header-rows":
		if top := o.top(); top != nil {
			top.marked = false
		}
	case "table":
		return o.endTable()
	}
	return nil
}
