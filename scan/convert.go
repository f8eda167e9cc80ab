package scan

import (
	"context"
	"path"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format/converter"
	"github.com/chartroom/chartroom/phi"
)

// converter gives the first converter for a content that no reader understands, nil where there is none.
func (w *worker) converter(formatName, name, hint string) *converter.Converter {
	for i := range w.o.Converters {
		if c := &w.o.Converters[i]; c.Takes(formatName, path.Ext(name), cutParams(hint)) {
			return c
		}
	}
	return nil
}

// convert reads the text that a converter makes of a content, as an item within.
func (w *worker) convert(ctx context.Context, it *estate.Item, c *converter.Converter, in input) {
	it.Evidence.Reader = "converter " + c.Name
	content := &tailCount{r: in.body}
	text, err := c.Start(ctx, content)
	if err != nil {
		it.Evidence.Coverage = estate.NotRead.String()
		w.gap(it, estate.GapUnreadable, err.Error())
		return
	}
	w.inner(ctx, it, c.Name+".txt", input{body: text, depth: in.depth + 1})
	err = text.Close()
	it.Read, it.Verdict = content.n, phi.VerdictNone
	if err != nil {
		it.Evidence.Coverage = estate.Partial.String()
		w.failed(it, err)
	}
}
