package json

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strconv"

	"github.com/chartroom/chartroom/format"
)

// minInner is how long a string must be to be looked at as a document of its own.
const minInner = 64

// innerKind is how a document stands in a string.
type innerKind uint8

const (
	noInner innerKind = iota
	plainInner
	base64Inner
)

// base64Heads are the beginnings of well-known signatures in base64: zip, PDF, gzip, XML, {", HL7 v2, JPEG, PNG, GIF,
// RTF, the old Office container, TIFF, a MIME head.
var base64Heads = map[string]bool{
	"UEsD": true, "JVBE": true, "H4sI": true, "PD94": true, "eyJ": true, "TVNI": true, "RkhT": true, "QkhT": true, "/9j/": true,
	"iVBO": true, "R0lG": true, "e1xy": true, "0M8R": true, "SUkq": true, "TU0A": true, "TUlN": true, "PENs": true,
}

// innerOf tells by the first bytes of a string whether it is a document. It says no to nearly all strings by their first byte.
func innerOf(v []byte) innerKind {
	if len(v) < minInner {
		return noInner
	}
	switch v[0] {
	case '{':
		if v[1] == '"' || v[1] == '\n' || bytes.HasPrefix(v, []byte(`{\rtf`)) {
			return plainInner
		}
	case '[':
		if v[1] == '{' {
			return plainInner
		}
	case '<':
		if bytes.HasPrefix(v, []byte("<?xml")) || bytes.HasPrefix(v, []byte("<ClinicalDocument")) {
			return plainInner
		}
	case 'M', 'B', 'F':
		if h := string(v[:4]); h == "MSH|" || h == "BHS|" || h == "FHS|" {
			return plainInner
		}
	case '%':
		if bytes.HasPrefix(v, []byte("%PDF-")) {
			return plainInner
		}
	}
	if (base64Heads[string(v[:4])] || string(v[:3]) == "eyJ") && isBase64(v[:minInner]) {
		return base64Inner
	}
	return noInner
}

var base64Class = func() (t [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n") {
		t[c] = true
	}
	return t
}()

func isBase64(v []byte) bool {
	for _, c := range v {
		if !base64Class[c] {
			return false
		}
	}
	return true
}

// StringReader gives the string that a scanner stands in, all of its pieces, as a stream.
type StringReader struct {
	s    *Scanner
	rest []byte
}

// NewStringReader makes a stream of the scanner's last string. The scanner must not be used until the stream has been
// read, and Drop passes what is left of it.
func NewStringReader(s *Scanner) *StringReader { return &StringReader{s, s.Value()} }

// Read gives the next bytes of the string.
func (r *StringReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if !r.s.More() {
			return 0, io.EOF
		}
		if _, err := r.s.Next(); err != nil {
			return 0, err
		}
		r.rest = r.s.Value()
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Base64 decodes the scanner's last string while it is read. Blanks and missing padding are no damage.
func Base64(s *Scanner) io.Reader {
	return &decoder{base64.NewDecoder(base64.StdEncoding, &padded{r: NewStringReader(s)})}
}

// decoder calls what is no base64 damage.
type decoder struct{ r io.Reader }

// Read reads decoded bytes.
func (d *decoder) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	var corrupt base64.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = format.Damaged("base64")
	}
	return n, err
}

// padded takes blanks out of a stream of base64, and adds the padding that it lacks.
type padded struct {
	r     *StringReader
	count int
}

// Read reads what is no blank.
func (u *padded) Read(p []byte) (int, error) {
	for {
		n, err := u.r.Read(p)
		k := 0
		for _, c := range p[:n] {
			if c > ' ' {
				p[k] = c
				k++
			}
		}
		u.count += k
		if err == io.EOF && u.count%4 > 1 {
			u.count++
			p[0] = '='
			return 1, nil
		}
		if k > 0 || err != nil {
			return k, err
		}
	}
}

// inner hands a string that is a document to whoever reads it.
func (w *walker) inner(kind innerKind, node int32) error {
	w.inners++
	name := w.field(node) + "[" + strconv.Itoa(w.inners) + "]"
	var body io.Reader = NewStringReader(w.s)
	if kind == base64Inner {
		body = Base64(w.s)
	}
	if err := w.out.Inner(name, "", body); err != nil {
		return err
	}
	return w.s.Drop()
}
