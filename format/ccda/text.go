package ccda

import (
	"bytes"
	"encoding/base64"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/xml"
	"github.com/chartroom/chartroom/phi"
)

const (
	// maxPiece is from which size on gathered text is handed out, and goes on in a cell of its own.
	maxPiece = 64 << 10
	// maxInline is the longest base64 text that is decoded in place.
	maxInline = 192 << 10
	// sign is how many bytes of a document stand for it in its record.
	sign = 32
)

// gathering is a text that is being read.
type gathering struct {
	f     *frame
	media []byte // its content type
	depth int    // of its element
	block int    // depth of the paragraph, list or table within it that is being read; 0 = none
	at    int32  // the node of what is being read: the text itself, or a block of it
	said  bool   // the record has something at the text's own place
}

// gather reads a text to its end, with what is marked up in it. Each block of it is a cell of its own, in which lines and cells
// are divided. What is base64 is a document.
func (r *reading) gather(f *frame) error {
	g := gathering{f: f, depth: r.s.Depth(), at: f.node}
	for _, a := range r.s.Attrs() {
		switch string(a.Name) {
		case "representation":
			if string(a.Value) == "B64" {
				f.flags |= inBase64
			}
		case "compression":
			f.flags |= squeezed
		case "mediaType":
			g.media = append(g.media, a.Value[:min(len(a.Value), 64)]...)
		}
	}
	r.text = r.text[:0]
	for {
		t, err := r.s.Next()
		if err == nil {
			err = r.gathered(&g, t)
		}
		if err != nil || t == xml.EOF || t == xml.End && r.s.Depth() < g.depth {
			if e := r.say(&g); err == nil {
				err = e
			}
			r.depth--
			return err
		}
	}
}

// gathered takes one token of a text.
func (r *reading) gathered(g *gathering, t xml.Token) error {
	switch t {
	case xml.Start:
		if r.s.Depth() == g.depth+1 && (len(r.text) == 0 || blocks[string(r.s.Name())]) {
			if err := r.say(g); err != nil {
				return err
			}
			g.block, g.at = r.s.Depth(), r.child(g.f, r.s.Name())
		}
		r.divide(r.s.Name())
		r.refer()
	case xml.End:
		if g.block == 0 || r.s.Depth() >= g.block {
			r.divide(r.s.Name())
			return nil
		}
		err := r.say(g)
		g.block, g.at = 0, g.f.node
		return err
	case xml.Text:
		v := r.s.Value()
		if g.f.flags&inBase64 != 0 || format.EmbeddingOf(v) != format.NotEmbedded {
			g.said = true
			return r.media(g.f, g.media)
		}
		if r.s.More() {
			err := r.say(g)
			if err == nil {
				err = r.running(g.at)
			}
			return err
		}
		if n := len(r.text); n > 0 && r.text[n-1] > ' ' {
			r.text = append(r.text, ' ')
		}
		r.text = append(r.text, v...)
		if len(r.text) > maxPiece {
			return r.say(g)
		}
	case xml.Comment:
		return r.comment()
	case xml.Long, xml.Instruction:
		return r.s.Drop()
	}
	return nil
}

// say hands out the text that was gathered so far. What stands in a block is told at the text's own place by its beginning.
func (r *reading) say(g *gathering) error {
	v := bytes.TrimSpace(r.text)
	r.text = r.text[:0]
	if len(v) == 0 {
		return nil
	}
	n := &r.nodes[g.at]
	w := n.text()
	if g.f.flags&aDevice != 0 && g.f.means == valued {
		w = what{kind: phi.Device, subject: phi.Patient}
	} else if !g.said && g.at != g.f.node {
		r.put(&r.nodes[g.f.node], what{kind: phi.FreeText, subject: phi.Patient}, v[:min(len(v), sign)])
	}
	g.said = true
	r.put(n, w, v)
	if r.w.Long() {
		return r.cut()
	}
	return nil
}

// blocks are the elements of narrative that do not stand within a line. HL7 CDA R2, section 4.3.5, Section Narrative Block.
var blocks = map[string]bool{"table": true, "list": true, "paragraph": true, "renderMultiMedia": true}

// divide puts what divides a text where an element of narrative begins or ends.
func (r *reading) divide(name []byte) {
	t := r.text
	if len(t) == 0 {
		return
	}
	switch string(name) {
	case "td":
		if !bytes.HasSuffix(t, cell) && !bytes.HasSuffix(t, header) && t[len(t)-1] != '\n' {
			r.text = append(t, cell...)
		}
	case "th":
		if !bytes.HasSuffix(t, header) && t[len(t)-1] != '\n' {
			r.text = append(t, header...)
		}
	case "tr", "table", "thead", "tbody", "paragraph", "list", "item", "br", "caption":
		if t = bytes.TrimSuffix(bytes.TrimSuffix(t, cell), header); t[len(t)-1] != '\n' {
			t = append(t, '\n')
		}
		r.text = t
	}
}

// What divides the cells of a row, and what stands behind a header.
var cell, header = []byte(" | "), []byte(": ")

// refer takes what an element of narrative points at.
func (r *reading) refer() {
	switch string(r.s.Name()) {
	case "reference":
		if v := r.s.Attr("value"); len(v) > 0 && v[0] != '#' {
			if bytes.HasPrefix(v, []byte("mailto:")) {
				r.text = append(append(r.text, ' '), v...)
				return
			}
			r.links++
		}
	case "linkHtml":
		if v := r.s.Attr("href"); len(v) > 0 && v[0] != '#' {
			r.text = append(append(r.text, ' '), v...)
		}
	}
}

// media takes a document within the text: one of plain text is decoded where it stands, so that it counts in its record; any
// other is handed out to whoever reads it.
func (r *reading) media(f *frame, media []byte) error {
	v, n := r.s.Value(), &r.nodes[f.node]
	if f.flags&squeezed != 0 {
		r.put(n, what{kind: phi.FreeText, subject: phi.Patient}, v[:min(len(v), sign)])
		r.closed++
		return r.s.Drop()
	}
	plain := len(media) == 0 || bytes.HasPrefix(media, []byte("text/plain"))
	if plain && !r.s.More() && len(v) <= maxInline && f.flags&inBase64 != 0 {
		if text := r.decode(v); text != nil {
			r.put(n, n.text(), text)
			return nil
		}
	}
	r.put(n, what{kind: phi.FreeText, subject: phi.Patient}, v[:min(len(v), sign)])
	var body io.Reader = xml.ValueReader(r.s)
	if f.flags&inBase64 != 0 {
		body = format.Base64(body)
	} else {
		body = format.EmbeddingOf(v).Open(body)
	}
	r.inners++
	if err := r.out.Inner(n.path+"["+strconv.Itoa(r.inners)+"]", string(media), body); err != nil {
		return err
	}
	return r.s.Drop()
}

// decode decodes a text in place; nil when it is none, or has a format of its own.
func (r *reading) decode(v []byte) []byte {
	r.decoded = append(r.decoded[:0], v...)
	k := 0
	for _, c := range r.decoded {
		if c > ' ' {
			r.decoded[k] = c
			k++
		}
	}
	k, err := base64.StdEncoding.Decode(r.decoded, r.decoded[:k])
	text := r.decoded[:k]
	if err != nil || k == 0 || !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 || format.EmbeddingOf(text) != format.NotEmbedded {
		return nil
	}
	return bytes.TrimSpace(text)
}
