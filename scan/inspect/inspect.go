// Package inspect finds where identifiers stand in one text, and says nothing of what they are.
package inspect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
)

// Found is what stands in one text: where, and how sure, never what.
type Found struct {
	Spans      []Span `json:"spans"`
	Characters int64  `json:"characters"` // length of the text in characters (Unicode code points)
}

// Span is one identifier in a text. Start and End count characters from 0; End is exclusive.
type Span struct {
	Start      int64   `json:"start"`
	End        int64   `json:"end"`
	Kind       string  `json:"kind"`
	Subject    string  `json:"subject"`
	Likelihood float64 `json:"likelihood"`
	WellFormed bool    `json:"wellformed"`
	Rule       string  `json:"rule"`
}

// Context that a scanner of text gets before and after the piece it looks at, in bytes.
const overlap = 4 << 10

// Text finds the spans of a text in any encoding. It refuses what is no text.
func Text(r io.Reader, engine *detect.Engine) (*Found, error) {
	head := make([]byte, format.HeadSize)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	head = head[:n]
	out := &Found{Spans: []Span{}}
	if n == 0 {
		return out, nil
	}
	if !charset.IsText(head) {
		return nil, &notText{estate.GapUnknown}
	}
	decoded, _ := charset.Reader(head, io.MultiReader(bytes.NewReader(head), r))
	return out, out.read(decoded, engine.Inspector())
}

// notText says that a file is no text.
type notText struct{ reason estate.GapReason }

// Error names the reason.
func (e *notText) Error() string { return fmt.Sprintf("it is no text (%s)", e.reason) }

// read goes through the text in pieces that overlap.
func (out *Found) read(r io.Reader, in *detect.Inspector) error {
	buf := make([]byte, 0, format.ChunkSize+2*overlap)
	from := 0 // where the part not yet looked at begins
	chars := int64(0)
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return err
		}
		if !ended && len(buf) < cap(buf) {
			continue
		}
		to := len(buf)
		if !ended {
			to -= overlap
			for to > from && !utf8.RuneStart(buf[to]) {
				to--
			}
		}
		counted, at := chars, from
		in.Spans(buf, from, to, func(s detect.Span) {
			counted += int64(utf8.RuneCount(buf[at:s.Start]))
			at = s.Start
			out.Spans = append(out.Spans, Span{counted, counted + int64(utf8.RuneCount(buf[s.Start:s.End])), s.Kind.String(),
				s.Subject.String(), float64(s.Likelihood), s.WellFormed, s.Rule})
		})
		chars += int64(utf8.RuneCount(buf[from:to]))
		if ended {
			out.Characters = chars
			return nil
		}
		keep := max(0, to-overlap)
		from = to - keep
		buf = buf[:copy(buf, buf[keep:])]
	}
}
