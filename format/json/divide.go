package json

import (
	"bytes"
	"encoding/json"

	"github.com/chartroom/chartroom/format"
)

// Borders finds the documents of an input with one on each of its lines. It gives nil for any other.
func Borders(in format.Input) *format.Borders {
	first, _, ok := bytes.Cut(bytes.TrimLeft(in.Head, "\xef\xbb\xbf \t\r\n"), []byte("\n"))
	if !ok || !LineDocuments(in.Name, in.Head) || !json.Valid(first) {
		return nil
	}
	return &format.Borders{Find: border}
}

// border finds a line that is a document, behind one that ends as a document does.
func border(window []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(window[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
		line, _, ok := bytes.Cut(window[at:], []byte("\n"))
		if !ok {
			return -1
		}
		if len(line) > 1 && (line[0] == '{' || line[0] == '[') && json.Valid(line) {
			return at
		}
	}
}
