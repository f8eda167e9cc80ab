package html

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/format/xml"
)

// Reader reads HTML.
type Reader struct{}

// Name is the format and the version of the rules.
func (Reader) Name() string { return "html/1" }

// openings are elements that a page or a piece of one begins with.
var openings = words(`html head body title meta div p table span style script form h1 h2 h3 ul ol font br center link base`)

// Claims looks for the document type, for the root, or for a piece of a page.
func (Reader) Claims(name string, head []byte) format.Claim {
	text := bytes.TrimLeft(charset.Head(head), " \t\r\n")
	if len(text) < 3 || text[0] != '<' {
		return format.No
	}
	low := bytes.ToLower(text[:min(len(text), 2048)])
	named := named(name)
	for len(low) > 0 { // past a declaration and comments
		low = bytes.TrimLeft(low, " \t\r\n")
		switch {
		case bytes.HasPrefix(low, []byte("<!doctype html")), bytes.HasPrefix(low, []byte("<html")):
			return format.Certain
		case bytes.HasPrefix(low, []byte("<?xml")), bytes.HasPrefix(low, []byte("<!--")):
			end := bytes.IndexByte(low, '>')
			if low[1] == '!' {
				end = bytes.Index(low, []byte("-->")) + 2
			}
			if end < 2 {
				return claim(named)
			}
			low = low[end+1:]
			continue
		}
		break
	}
	end := bytes.IndexAny(low, " \t\r\n/>")
	switch {
	case named, end > 1 && openings[string(low[1:end])] && !xml.Named(name):
		return format.Likely
	}
	return format.No
}

func claim(named bool) format.Claim {
	if named {
		return format.Likely
	}
	return format.No
}

// named tells whether a file's name says that it is HTML.
func named(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".html", ".htm", ".xhtml", ".shtml":
		return true
	}
	return false
}

// reading is one page being read.
type reading struct {
	s   *xml.Scanner
	out format.Output

	page   *format.Rows // the running text, and the tables
	fields *format.Rows // of forms and meta
	data   *format.Rows // that elements carry
	named  map[string]int

	text  []byte // of the page, not handed out yet
	body  int    // its column
	notes int    // that of comments; -1 = none yet
	stack []*table
	kind  []byte // the type of the script that was opened
	skip  bool   // the text that comes is no text: a style sheet, a script
	json  bool   // it is JSON
	area  int    // column of the textarea that is open, one more than its number; 0 = none
	inner int

	pictures int64
}

const (
	// maxText is how much running text is gathered before it is handed out.
	maxText = 32 << 10
	// maxNames bounds how many names of inputs and data a page may have.
	maxNames = 4096
)

// Read reads the page.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	body, _ := charset.Reader(in.Head, in.Body)
	r := &reading{s: xml.NewScanner(ctx, body, in.Size), out: out, page: format.NewRows(out), fields: format.NewRows(out),
		data: format.NewRows(out), named: map[string]int{}, notes: -1}
	r.s.HTML()
	r.body = r.page.Column("body", "")
	err := r.read()
	for _, flush := range []func() error{r.endTables, r.say, r.page.Flush, r.fields.Flush, r.data.Flush} {
		if e := flush(); err == nil {
			err = e
		}
	}
	if r.pictures > 0 {
		out.Gap(estate.GapNoReader, fmt.Sprintf("%d pictures within the page", r.pictures))
	}
	return err
}

func (r *reading) read() error {
	for {
		t, err := r.s.Next()
		if err != nil {
			return err
		}
		switch t {
		case xml.EOF:
			return nil
		case xml.Start:
			err = r.start()
		case xml.End:
			err = r.end(string(r.s.Name()))
		case xml.Text:
			err = r.content()
		case xml.Long:
			err = r.long()
		case xml.Comment:
			err = r.comment()
		default:
			err = r.s.Drop()
		}
		if err != nil {
			return err
		}
	}
}

// start takes a start tag.
func (r *reading) start() error {
	name := string(r.s.Name())
	if err := r.divide(name); err != nil {
		return err
	}
	if err := r.attributes(); err != nil {
		return err
	}
	switch name {
	case "script":
		r.kind = append(r.kind[:0], r.attr("type")...)
		r.json = bytes.Contains(bytes.ToLower(r.kind), []byte("json"))
		r.skip = true
	case "style":
		r.skip, r.json = true, false
	case "input", "option", "button":
		return r.input(name)
	case "textarea":
		r.area = r.field(r.fields, "form", r.attr("name")) + 1
	case "meta":
		key := r.attr("name")
		if len(key) == 0 {
			key = r.attr("property")
		}
		if v := r.attr("content"); len(key) > 0 && !technical[string(bytes.ToLower(key))] {
			return r.fields.Put(r.field(r.fields, "meta", key), v)
		}
	case "iframe":
		if v := r.attr("srcdoc"); len(v) > 0 {
			r.inner++
			return r.out.Inner("iframe["+strconv.Itoa(r.inner)+"]", "text/html", bytes.NewReader(v))
		}
	}
	return nil
}

// end takes an end tag.
func (r *reading) end(name string) error {
	switch name {
	case "script", "style":
		r.skip, r.json = false, false
	case "textarea":
		r.area = 0
	case "td", "th":
		if t := r.table(); t != nil {
			t.endCell()
			return nil
		}
	case "form", "head":
		return r.fields.End()
	case "table":
		if len(r.stack) > 0 {
			return r.endTable()
		}
	}
	return r.divide(name)
}

// technical are the metadata that tell of the page's making, and of nobody.
var technical = words(`viewport generator robots theme-color color-scheme format-detection referrer progid originator csrf-token csrf-param msapplication-tilecolor`)

// attr gives the value of an attribute of the tag.
func (r *reading) attr(name string) []byte {
	for _, a := range r.s.Attrs() {
		if len(a.Name) == len(name) && bytes.EqualFold(a.Name, []byte(name)) {
			return a.Value
		}
	}
	return nil
}

// has tells whether the tag has an attribute, with a value or without.
func (r *reading) has(name string) bool {
	for _, a := range r.s.Attrs() {
		if bytes.EqualFold(a.Name, []byte(name)) {
			return true
		}
	}
	return false
}

// attributes takes what any element may carry: a text that is shown, data of its own, an address of mail or telephone.
func (r *reading) attributes() error {
	carries := false
	for _, a := range r.s.Attrs() {
		if len(a.Value) == 0 || len(a.Name) < 3 {
			continue
		}
		switch c := a.Name[0] | 0x20; {
		case c == 'd' && len(a.Name) > 5 && bytes.EqualFold(a.Name[:5], []byte("data-")):
			carries = true
			if err := r.data.Put(r.field(r.data, "data", a.Name[5:]), a.Value); err != nil {
				return err
			}
		case c == 'h' && bytes.EqualFold(a.Name, []byte("href")):
			for _, scheme := range []string{"mailto:", "tel:", "sms:"} {
				if v, ok := bytes.CutPrefix(a.Value, []byte(scheme)); ok {
					r.append(v)
				}
			}
		case c == 'a' && bytes.EqualFold(a.Name, []byte("alt")), c == 't' && bytes.EqualFold(a.Name, []byte("title")),
			c == 'a' && bytes.EqualFold(a.Name, []byte("aria-label")):
			r.append(a.Value)
		case c == 's' && bytes.EqualFold(a.Name, []byte("src")) && bytes.HasPrefix(a.Value, []byte("data:")):
			r.pictures++
		}
	}
	if carries {
		return r.data.End()
	}
	return nil
}

// input takes what stands in a field of a form.
func (r *reading) input(name string) error {
	key, v := r.attr("name"), r.attr("value")
	if len(key) == 0 {
		key = r.attr("id")
	}
	switch strings.ToLower(string(r.attr("type"))) {
	case "submit", "button", "reset", "image":
		return nil
	case "checkbox", "radio":
		if !r.has("checked") {
			return nil
		}
	}
	if name != "input" {
		return nil
	}
	return r.fields.Put(r.field(r.fields, "form", key), v)
}

// field gives the column of a name that the page chose: in a form, in its metadata, in a table. A name that may be data is none.
func (r *reading) field(rows *format.Rows, of string, name []byte) int {
	column := ""
	if plain(name) && len(r.named) < maxNames {
		column = string(name)
	}
	key := of
	if column != "" {
		key += "/" + column
	}
	n, ok := r.named[key]
	if !ok {
		n = rows.Column(key, column)
		r.named[key] = n
	}
	return n
}

// plain tells whether a name is one that somebody gave to a field, and not data itself.
func plain(name []byte) bool {
	digits := 0
	for _, c := range name {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '@' || c < ' ' || c >= 0x80:
			return false
		}
	}
	return len(name) > 0 && len(name) <= 80 && digits < 5
}

// content takes text.
func (r *reading) content() error {
	switch {
	case r.json:
		r.inner++
		if err := r.out.Inner("script["+strconv.Itoa(r.inner)+"]", string(r.kind), xml.ValueReader(r.s)); err != nil {
			return err
		}
		return r.s.Drop()
	case r.skip:
		return r.s.Drop()
	case r.area > 0:
		if r.s.More() {
			return r.fields.Text(r.area-1, xml.ValueReader(r.s))
		}
		return r.fields.Put(r.area-1, r.s.Value())
	}
	if !r.s.More() {
		r.append(r.s.Value())
		return r.full()
	}
	if err := r.endTables(); err != nil {
		return err
	}
	if err := r.say(); err != nil {
		return err
	}
	return r.page.Text(r.body, xml.ValueReader(r.s))
}

// long takes an attribute that is longer than a chunk: a picture, nearly always.
func (r *reading) long() error {
	if bytes.HasPrefix(r.s.Value(), []byte("data:")) {
		r.pictures++
		return r.s.Drop()
	}
	return r.page.Text(r.body, xml.ValueReader(r.s))
}

// comment takes a comment.
func (r *reading) comment() error {
	v := bytes.TrimSpace(r.s.Value())
	if len(v) == 0 && !r.s.More() {
		return nil
	}
	if r.notes < 0 {
		r.notes = r.fields.Column("comment()", "")
	}
	return r.fields.Text(r.notes, xml.ValueReader(r.s))
}

func words(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(text) {
		out[w] = true
	}
	return out
}
