package fhir

import (
	"bytes"
	"encoding/base64"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/json"
	"github.com/chartroom/chartroom/phi"
)

const (
	// maxInline is the longest base64 text that is decoded in place.
	maxInline = 192 << 10
	// sign is how many bytes of a picture or document stand for it in its record.
	sign = 32
)

// data takes Attachment.data. A picture of a person is one by its place; a text is decoded where it stands, so that it
// counts in its record; any other document is handed out to whoever reads it.
func (r *reading) data(n *node) error {
	v := r.s.Value()
	switch {
	case len(v) == 0:
		return nil
	case n.flags&photo != 0:
		r.put(n, n.labelled(phi.Photo, phi.PartNone), v[:min(len(v), sign)])
		return r.s.Drop()
	case n.class == conformance:
		return r.s.Drop()
	case !r.s.More() && len(v) <= maxInline && r.inline(n, v):
		return nil
	}
	r.put(n, n.labelled(phi.FreeText, phi.PartNone), v[:min(len(v), sign)])
	r.inners++
	name := n.path + "[" + strconv.Itoa(r.inners) + "]"
	if err := r.out.Inner(name, string(r.media), r.bytes(v)); err != nil {
		return err
	}
	return r.s.Drop()
}

// bytes is the attachment's bytes. What is no base64 is handed out as it is.
func (r *reading) bytes(v []byte) io.Reader {
	for _, c := range v[:min(len(v), sign)] {
		if !isBase64(c) {
			return json.NewStringReader(r.s)
		}
	}
	return format.Base64(json.NewStringReader(r.s))
}

func isBase64(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '+' || c == '/' || c == '=' || c == '\n' || c == '\r'
}

// inline decodes a text in place. It says no to what is none, or has a format of its own.
func (r *reading) inline(n *node, v []byte) bool {
	if !plain(strings.ToLower(string(r.media))) {
		return false
	}
	r.decoded = append(r.decoded[:0], make([]byte, base64.StdEncoding.DecodedLen(len(v)))...)
	k, err := base64.StdEncoding.Decode(r.decoded, v)
	text := r.decoded[:k]
	if err != nil || k == 0 || !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 || structured(text) {
		return false
	}
	r.put(n, n.text(), text)
	return true
}

// plain tells whether a content type is running text, or does not say.
func plain(media string) bool {
	media, _, _ = strings.Cut(media, ";")
	switch strings.TrimSpace(media) {
	case "", "text/plain", "text/html", "text/markdown", "text/xhtml", "application/xhtml+xml":
		return true
	}
	return false
}

// structured tells whether a text has a format that another reader knows.
func structured(text []byte) bool {
	for _, head := range []string{"<?xml", "<ClinicalDocument", "{\"", "{\\rtf", "[{", "MSH|", "FHS|", "BHS|", "ISA*", "%PDF", "PK\x03\x04", "From "} {
		if bytes.HasPrefix(text, []byte(head)) {
			return true
		}
	}
	return false
}
