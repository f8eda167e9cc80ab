package text

import (
	"bytes"

	"github.com/chartroom/chartroom/format"
)

// Borders finds the ends of lines, behind a blank line where one is near. It gives nil for texts in wide characters.
func Borders(in format.Input) *format.Borders {
	if bytes.IndexByte(in.Head, 0) >= 0 {
		return nil
	}
	return &format.Borders{Find: border}
}

// border finds the end of a line.
func border(window []byte) int {
	if i := bytes.Index(window[:min(len(window), searchSize)], []byte("\n\n")); i >= 0 {
		return i + 2
	}
	return bytes.IndexByte(window, '\n') + 1
}
