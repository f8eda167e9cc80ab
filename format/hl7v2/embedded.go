package hl7v2

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// text hands out running text, or the document that stands in its place.
func (r *reading) text(f *position, s span) error {
	s = r.tidy(s)
	if s.from >= s.to {
		return nil
	}
	if coding, ok := document(r.buf[s.from:min(s.to, s.from+64)]); ok && (coding == "" || s.to-s.from >= 64) {
		return r.innerAt(f.label(), "", body{coding: coding, head: r.buf[s.from:s.to]})
	}
	r.put(r.place(f, 0), s)
	return nil
}

// documents hands out the repetitions of a field of type ED.
func (r *reading) documents(f *position, s span) error {
	for s.from < s.to {
		end := r.repetitionEnd(s)
		if err := r.encapsulated(f, span{s.from, end}); err != nil {
			return err
		}
		s.from = end + 1
	}
	return nil
}

// encapsulated hands out data of type ED: what the first four components say of it as text, the data as an inner item.
func (r *reading) encapsulated(f *position, s span) error {
	at := r.dataPart(r.components(s))
	if at == 0 {
		return r.text(f, s)
	}
	kind, subtype, coding, data := r.described(at, span{r.parts[at].from, s.to})
	if about := (span{s.from, data.from - 1}); about.from < about.to {
		r.put(r.place(f, 0), about)
	}
	data = r.tidy(data)
	if data.from >= data.to || r.null(data) {
		return nil
	}
	b := body{coding: strings.ToLower(string(r.buf[coding.from:coding.to])), head: r.buf[data.from:data.to]}
	return r.innerAt(f.label(), r.mediaType(kind, subtype), b)
}

// dataPart is the index of the component of ED that holds the data: the fifth, or in a value that leaves components out
// the one that begins like a document; 0 when there is none.
func (r *reading) dataPart(n int) int {
	if n >= 5 {
		return 4
	}
	for i := n - 1; i > 0; i-- {
		if _, ok := document(r.buf[r.parts[i].from:r.parts[i].to]); ok {
			return i
		}
	}
	return 0
}

// described gives what stands before the data: type, subtype and coding. Where components were left out, the data
// themselves say what they are.
func (r *reading) described(at int, data span) (kind, subtype, coding, rest span) {
	if at < 4 {
		return span{}, span{}, span{}, data
	}
	return r.parts[1], r.parts[2], r.parts[3], data
}

// documentStarts are the beginnings of documents that stand in text fields, and how they are coded there.
var documentStarts = []struct{ prefix, coding string }{
	{"<?xml", ""}, {"<ClinicalDocument", ""}, {"{\\rtf", ""}, {"%PDF-", ""}, {"<html", ""}, {"<HTML", ""}, {"<!DOCTYPE", ""},
	{"JVBERi0", "base64"}, {"PD94bWw", "base64"}, {"PENsaW5pY2Fs", "base64"}, {"e1xydGY", "base64"}, {"UEsDB", "base64"},
	{"/9j/", "base64"}, {"iVBORw0KGgo", "base64"}, {"SUkqA", "base64"}, {"TU0AK", "base64"}, {"H4sIA", "base64"}, {"0M8R4KGxGuE", "base64"},
}

// document tells whether a value begins like a document.
func document(v []byte) (coding string, ok bool) {
	if len(v) < 5 {
		return "", false
	}
	if bytes.HasPrefix(v, []byte("{\\E\\rtf")) {
		return "", true
	}
	for i := range documentStarts {
		if p := documentStarts[i].prefix; v[0] == p[0] && len(v) >= len(p) && string(v[:len(p)]) == p {
			return documentStarts[i].coding, true
		}
	}
	return "", false
}

// mediaType puts the type and subtype of ED (HL7 tables 0191 and 0291) together to a media type.
func (r *reading) mediaType(kind, subtype span) string {
	if kind.to-kind.from > 64 || subtype.to-subtype.from > 64 {
		return ""
	}
	k := strings.ToLower(string(r.buf[kind.from:kind.to]))
	sub := strings.ToLower(string(r.buf[subtype.from:subtype.to]))
	switch k {
	case "ap", "":
		k = "application"
	case "im":
		k = "image"
	case "au":
		k = "audio"
	case "tx", "ft", "ns":
		k = "text"
	}
	switch {
	case strings.Contains(k, "/"):
		return k
	case sub == "":
		if k == "text" {
			return "text/plain"
		}
		return ""
	case strings.Contains(sub, "/"):
		return sub
	}
	return k + "/" + sub
}

// extension is the file extension that a media type stands for, where its subtype says it.
func extension(hint string) string {
	_, sub, _ := strings.Cut(hint, "/")
	if len(sub) < 2 || len(sub) > 5 {
		return ""
	}
	for _, c := range []byte(sub) {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9') {
			return ""
		}
	}
	if sub == "plain" {
		sub = "txt"
	}
	return "." + sub
}

// body is embedded data: what is in the buffer, and what is still to be read.
type body struct {
	coding string
	head   []byte
	rest   io.Reader // nil when the head is all
	stops  []byte    // where the rest ends
}

// decodeSize is how many digits of embedded data are decoded at a time.
const decodeSize = 32 << 10

// innerAt hands out an embedded item, named by its record, its field and its number in the input.
func (r *reading) innerAt(field, hint string, b body) error {
	r.inners++
	if b.coding == "" || b.coding == "a" {
		b.coding, _ = document(b.head)
	}
	var src io.Reader = bytes.NewReader(b.head)
	if b.rest != nil {
		src = io.MultiReader(src, b.rest)
	}
	size := decodeSize
	if b.rest == nil {
		size = min(len(b.head)+1, decodeSize)
	}
	var d *decoder
	switch {
	case b.coding == "base64":
		d = &decoder{src: src, table: &base64Values, escape: r.sep.escape, group: 4, size: size}
		src = d
	case b.coding == "hex":
		d = &decoder{src: src, table: &hexValues, escape: r.sep.escape, group: 2, size: size}
		src = d
	case len(b.head) <= longField && r.sep.escape != 0 && bytes.IndexByte(b.head, r.sep.escape) >= 0:
		src = bytes.NewReader(unescape(nil, b.head, r.sep))
	}
	name := fmt.Sprintf("%d/%s/%d%s", max(r.records, 1), field, r.inners, extension(hint))
	if err := r.out.Inner(name, hint, src); err != nil {
		return err
	}
	if d != nil && d.bad {
		r.broken++
	}
	return nil
}

// long streams the open segment's last field, or a line that is no segment, as an inner item if it is long, and cuts it
// out of the buffer. It tells whether it did.
func (r *reading) long() (bool, error) {
	name, hint, data, b := r.openField()
	if r.n-data <= longField {
		return false, nil
	}
	rest := &stream{src: r.src, stops: b.stops}
	b.head, b.rest = r.buf[data:r.n], rest
	r.records++ // the open record
	err := r.innerAt(name, hint, b)
	r.records--
	if err == nil {
		_, err = io.Copy(io.Discard, rest)
	}
	if err != nil {
		return true, err
	}
	r.eof = rest.eof
	r.n = data
	for r.n+len(rest.left) > r.limit {
		r.grow(2 * r.limit)
	}
	r.n += copy(r.buf[r.n:r.limit], rest.left)
	r.seek(data)
	r.batch.Use(r.buf[:r.n])
	return true, nil
}

// openField tells of what the buffer ends in: the field's name, and where its data begin, how they are coded and
// at which bytes they end.
func (r *reading) openField() (name, hint string, data int, b body) {
	b.stops = []byte{'\r', '\n', 0x1c}
	open := r.buf[r.at:r.n]
	if !segmentName(open) || open[3] != r.sep.field {
		return "line", "", r.at, b
	}
	b.stops = append(b.stops, r.sep.field)
	data = r.at + bytes.LastIndexByte(open, r.sep.field) + 1
	name = label(key(open), bytes.Count(r.buf[r.at:data], []byte{r.sep.field}))
	if name != "OBX-5" || r.openType() != "ED" {
		return name, "", data, b
	}
	if at := r.dataPart(r.components(span{data, r.n})); at > 0 {
		kind, subtype, coding, rest := r.described(at, span{r.parts[at].from, r.n})
		data, hint = rest.from, r.mediaType(kind, subtype)
		b.coding = strings.ToLower(string(r.buf[coding.from:coding.to]))
		b.stops = append(b.stops, r.sep.component, r.sep.repetition)
	}
	return name, hint, data, b
}

// openType is the second field of the open segment.
func (r *reading) openType() string {
	from := r.fieldEnd(r.at+4, r.n) + 1
	if from >= r.n {
		return ""
	}
	return string(r.buf[from:min(r.fieldEnd(from, r.n), from+8)])
}

// stream gives what an input holds up to the first of some bytes.
type stream struct {
	src   io.Reader
	stops []byte
	buf   []byte
	ready []byte
	left  []byte // what was read from the stop on
	ended bool
	eof   bool
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	for tries := 0; len(s.ready) == 0; tries++ {
		switch {
		case s.ended:
			return 0, io.EOF
		case tries > 100:
			return 0, errStalled
		}
		if s.buf == nil {
			s.buf = make([]byte, longField)
		}
		got, err := s.src.Read(s.buf)
		if err == io.EOF {
			s.eof, s.ended = true, true
		} else if err != nil {
			return 0, err
		}
		end := got
		for _, c := range s.stops {
			if at := bytes.IndexByte(s.buf[:end], c); at >= 0 {
				end, s.ended = at, true
			}
		}
		s.ready, s.left = s.buf[:end], s.buf[end:got]
	}
	n := copy(p, s.ready)
	s.ready = s.ready[n:]
	return n, nil
}
