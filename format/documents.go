package format

import (
	"bytes"
	"fmt"
	"io"
)

// maxTogether is how much of the documents of one field is handed out as one inner item, in bytes, and maxAlone how long one may be that
// is put together with others.
const (
	maxTogether = 1 << 20
	maxAlone    = 64 << 10
)

// Documents hands out the documents that stand in the values of one field. Small ones of a kind that can follow each other (JSON, HL7
// v2) are handed out together, as one inner item that holds many: a table with a document in each row has as many rows as it
// likes, and an inventory must not have as many items.
type Documents struct {
	Out   Output
	Field string
	count int
	held  [2][]byte // JSON, one a line, and messages
}

// Take takes a document that stands in a value. The bytes are copied, or read before it returns.
func (d *Documents) Take(how Embedding, v []byte) error {
	kind := -1
	if how == Plain && len(v) <= maxAlone {
		switch v[0] {
		case '{', '[':
			if v[1] != '\\' { // {\rtf
				kind = 0
			}
		case 'M':
			kind = 1
		}
	}
	if kind < 0 {
		return d.Open(how.Open(bytes.NewReader(v)))
	}
	if len(d.held[kind])+len(v) > maxTogether {
		if err := d.flush(kind); err != nil {
			return err
		}
	}
	if len(d.held[kind]) > 0 {
		d.held[kind] = append(d.held[kind], "\n\r"[kind])
	}
	d.held[kind] = append(d.held[kind], v...)
	return nil
}

// Open hands out one document as an inner item.
func (d *Documents) Open(body io.Reader) error {
	d.count++
	return d.Out.Inner(fmt.Sprintf("%s[%d]", d.Field, d.count), "", body)
}

// Flush hands out what is held.
func (d *Documents) Flush() error {
	for kind := range d.held {
		if err := d.flush(kind); err != nil {
			return err
		}
	}
	return nil
}

func (d *Documents) flush(kind int) error {
	held := d.held[kind]
	if len(held) == 0 {
		return nil
	}
	d.held[kind] = nil // the inner item is read before this returns, and may have a table of its own
	return d.Open(bytes.NewReader(held))
}
