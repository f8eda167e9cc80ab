package scan

import (
	"context"
	"io"
	"math"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/all"
	"github.com/chartroom/chartroom/source"
)

// open opens an item. It draws a sample of its records where that is wanted and the source can, and takes it in parts where the source can.
func (w *worker) open(ctx context.Context, li source.Item) (io.ReadCloser, error) {
	w.sampled, w.parts = nil, nil
	if s, ok := w.src.(source.Sampler); ok && w.o.Sample.Wanted() {
		body, err := s.OpenSample(ctx, li, w.o.Sample)
		if err == nil {
			w.sampled, _ = body.(source.Sampled)
		}
		return body, err
	}
	if d, ok := w.src.(source.Divider); ok && w.o.taste == nil {
		body, rest, err := d.OpenParts(ctx, li)
		w.parts = rest
		return body, err
	}
	return w.src.Open(ctx, li)
}

// spots is how small parts of a body are read at many places.
func spots(body io.Reader, p *Progress) io.ReaderAt {
	if s, ok := body.(source.Scattered); ok {
		return &jumping{s.Scattered(), p.read}
	}
	return nil
}

// draw draws a sample of an input whose format allows it, and gives what is read in the input's place; what cannot be sampled
// stays as it is, and is read whole.
func (w *worker) draw(it *estate.Item, r format.Reader, in format.Input, at io.ReaderAt) format.Input {
	from := in
	from.At = at
	s, drawn := format.Draw(from, all.Borders(r, from), w.o.Sample.Share, w.o.Sample.Random(it.Path))
	if s == nil {
		return in
	}
	if err := drawn.Begin(); err != nil || len(drawn.Head) == 0 {
		return in // reading it whole tells what is wrong
	}
	w.sampled = s
	w.ofSample(it)
	return drawn
}

// ofSample marks an item of which a sample is read, or which stands in one.
func (w *worker) ofSample(it *estate.Item) {
	if w.sampled != nil {
		it.Evidence.Coverage, it.Evidence.Rules = estate.Sampled.String(), w.o.SampleRules()
	}
}

// amongSampled says of a thing within a sampled item that what stands in it is a sample, too, of records that nobody has counted.
func (w *worker) amongSampled(it *estate.Item) {
	if w.sampled == nil || it.Outer == "" || it.Evidence.Coverage != estate.Sampled.String() {
		return
	}
	e := &it.Evidence
	e.Sample, e.Unit = it.Records, estate.UnitRecord
	e.Of = int64(math.Ceil(float64(it.Records) / w.sampled.Share()))
}

// drawn says how much of a top item was looked at, when it was read.
func (w *worker) drawn(it *estate.Item) {
	e := &it.Evidence
	if w.sampled == nil || e.Coverage == estate.NotRead.String() {
		return
	}
	e.Sample, e.Of = w.sampled.Drawn()
	e.Unit = estate.UnitRecord
	if _, blocks := w.sampled.(*format.Sample); blocks {
		e.Unit = estate.UnitBlock
	}
	w.o.Progress.DoneBytes.Add(max(0, it.Bytes-it.Read)) // what was not drawn is done, too
}
