package json

import (
	"io"
	"strconv"

	"github.com/chartroom/chartroom/format"
)

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

// inner hands a string that is a document to whoever reads it.
func (w *walker) inner(how format.Embedding, node int32) error {
	w.inners++
	name := w.field(node) + "[" + strconv.Itoa(w.inners) + "]"
	if err := w.out.Inner(name, "", how.Open(NewStringReader(w.s))); err != nil {
		return err
	}
	return w.s.Drop()
}
