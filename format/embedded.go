package format

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
)

// minEmbedded is how long a value must be to be looked at as a document of its own.
const minEmbedded = 64

// Embedding is how a document stands in a value.
type Embedding uint8

// The embeddings.
const (
	NotEmbedded Embedding = iota
	Plain                 // as it is
	InBase64
)

// base64Heads are the beginnings of well-known signatures in base64: zip, PDF, gzip, XML, HL7 v2, JPEG, PNG, GIF, RTF, the old
// Office container, TIFF, a MIME head.
var base64Heads = map[string]bool{
	"UEsD": true, "JVBE": true, "H4sI": true, "PD94": true, "TVNI": true, "RkhT": true, "QkhT": true, "/9j/": true,
	"iVBO": true, "R0lG": true, "e1xy": true, "0M8R": true, "SUkq": true, "TU0A": true, "TUlN": true, "PENs": true,
}

// EmbeddingOf tells by the first bytes of a value, of a text or of a binary column alike, whether a document of its own stands
// in it: JSON, XML, HL7 v2, X12, RTF, PDF, an archive, a picture. It says no to nearly all values by their first byte. Prose is
// no document.
func EmbeddingOf(v []byte) Embedding {
	if len(v) < minEmbedded {
		return NotEmbedded
	}
	switch v[0] {
	case '{':
		if v[1] == '"' || v[1] == '\n' || bytes.HasPrefix(v, []byte(`{\rtf`)) {
			return Plain
		}
	case '[':
		if v[1] == '{' {
			return Plain
		}
	case '<':
		if bytes.HasPrefix(v, []byte("<?xml")) || bytes.HasPrefix(v, []byte("<ClinicalDocument")) || bytes.HasPrefix(v, []byte("<Bundle")) {
			return Plain
		}
	case 'M', 'B', 'F', 'I':
		if h := string(v[:4]); h == "MSH|" || h == "BHS|" || h == "FHS|" || h == "ISA*" {
			return Plain
		}
	case '%':
		if bytes.HasPrefix(v, []byte("%PDF-")) {
			return Plain
		}
	}
	if binarySignature(v) {
		return Plain
	}
	if (base64Heads[string(v[:4])] || string(v[:3]) == "eyJ") && isBase64(v[:minEmbedded]) {
		return InBase64
	}
	return NotEmbedded
}

// binarySignature tells whether bytes begin as a compressed file, an archive, a picture or a DICOM object does.
func binarySignature(v []byte) bool {
	switch v[0] {
	case 'P':
		return v[1] == 'K' && v[2] == 3 && v[3] == 4
	case 0x1f:
		return v[1] == 0x8b && v[2] == 8
	case 0x28:
		return v[1] == 0xb5 && v[2] == 0x2f && v[3] == 0xfd
	case 0xff:
		return v[1] == 0xd8 && v[2] == 0xff
	case 0x89:
		return string(v[1:4]) == "PNG"
	case 0xd0:
		return v[1] == 0xcf && v[2] == 0x11 && v[3] == 0xe0
	case 'I', 'M':
		return string(v[:4]) == "II*\x00" || string(v[:4]) == "MM\x00*"
	}
	return len(v) > 132 && string(v[128:132]) == "DICM"
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

// Open gives the document that stands in a value, by how it stands there.
func (e Embedding) Open(v io.Reader) io.Reader {
	if e == InBase64 {
		return Base64(v)
	}
	return v
}

// Base64 decodes a text while it is read (RFC 4648 section 4). Blanks and missing padding are no damage; anything else that does
// not belong is ErrDamaged.
func Base64(text io.Reader) io.Reader {
	return &decoder{base64.NewDecoder(base64.StdEncoding, &padded{r: text})}
}

// decoder calls what is no base64 damage.
type decoder struct{ r io.Reader }

// Read reads decoded bytes.
func (d *decoder) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	var corrupt base64.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = Damaged("base64")
	}
	return n, err
}

// padded takes blanks out of a stream of base64, and adds the padding that it lacks.
type padded struct {
	r     io.Reader
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
		if err == io.EOF && k == 0 && u.count%4 > 1 {
			u.count++
			p[0] = '='
			return 1, nil
		}
		if k > 0 {
			return k, nil // an error comes again
		}
		if err != nil {
			return 0, err
		}
	}
}
