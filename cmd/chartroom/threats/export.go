package threats

import (
	"io"

	"github.com/chartroom/chartroom/threat/export"
)

// exporter is what writes the answer in a form for other tools; nil for the forms of every answer.
func (w *walk) exporter() func(io.Writer) error {
	for _, f := range export.Forms() {
		if f.Name == *w.Form {
			return func(out io.Writer) error { return f.Write(out, w.answer) }
		}
	}
	return nil
}
