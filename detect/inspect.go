package detect

import (
	"slices"

	"github.com/chartroom/chartroom/detect/text"
	"github.com/chartroom/chartroom/phi"
)

// Span is an identifier in running text: bytes Start to End of the text that was given.
type Span struct {
	Start, End int
	Kind       phi.Kind
	Subject    phi.Subject
	Likelihood float32
	WellFormed bool
	Rule       string
}

// Inspector finds the spans of a text, the organisation's own identifiers among them. It is for one goroutine.
type Inspector struct {
	engine  *Engine
	scanner *text.Scanner
	spans   []Span
}

// Inspector makes one.
func (e *Engine) Inspector() *Inspector {
	return &Inspector{engine: e, scanner: text.New(e.words)}
}

// Spans emits the spans that start in b[from:to], in order of their start; the bytes around them are context.
func (in *Inspector) Spans(b []byte, from, to int, emit func(Span)) {
	in.spans = in.spans[:0]
	in.scanner.Reset()
	in.scanner.Scan(b, from, to, func(s text.Span) {
		in.spans = append(in.spans, Span{s.Start, s.End, s.Kind, s.Subject, s.Likelihood, s.WellFormed, s.Rule.String()})
	})
	for i := range in.engine.custom {
		c := &in.engine.custom[i]
		c.spans(b, from, to, func(start, end int) {
			in.spans = append(in.spans, Span{start, end, c.id.Kind, phi.Patient, customLikelihood, true, "the pattern of " + c.id.Name + " in the configuration"})
		})
	}
	slices.SortStableFunc(in.spans, func(x, y Span) int { return x.Start - y.Start })
	for _, s := range in.spans {
		emit(s)
	}
}
