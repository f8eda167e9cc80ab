package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/record"
	"github.com/chartroom/chartroom/source"
)

// Sampled is one record of somebody's sample: the traces of all that it could say of a person.
type Sampled struct {
	Item   string
	Name   uint64               // the same for two records that say the same
	Traces []fingerprint.Traced // good until the next one
}

// ErrEnough ends the reading of a sample.
var ErrEnough = errors.New("enough of the sample was read")

// Sample reads what somebody says that he took, with the same readers and limits as a survey, and calls yield with each record. Nothing of
// it is judged, and nothing kept. It gives what could not be read. Where yield returns ErrEnough it ends; every other error is Sample's.
func Sample(ctx context.Context, src source.Source, o Options, yield func(Sampled) error) ([]estate.Gap, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := &sampling{guess: o.Key.Marker("").Guess(), yield: yield, stop: cancel}
	o.taste = s.batch
	o.defaults()
	var gaps []estate.Gap
	w := newWorker(src, o, func(p Parcel) {
		for _, f := range p.Facts {
			if f.Gap != nil && len(gaps) < maxSampleGaps {
				gaps = append(gaps, *f.Gap)
			}
		}
	})
	err := src.Items(ctx, func(l source.Listed) error {
		w.listed(ctx, l)
		return context.Cause(ctx)
	})
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if err != nil && !errors.Is(err, ErrEnough) {
		return gaps, fmt.Errorf("read the sample %s: %w", src.Repository().Name, err)
	}
	return gaps, nil
}

// maxSampleGaps is how many gaps of a sample are told.
const maxSampleGaps = 1000

// tasting takes records that are not judged.
type tasting func(item string, places *record.Places, b *record.Batch) error

// sampling takes the records of a sample.
type sampling struct {
	guess *fingerprint.Guess
	yield func(Sampled) error
	stop  context.CancelCauseFunc
}

// batch takes a run of records.
func (s *sampling) batch(item string, places *record.Places, b *record.Batch) error {
	for i := range b.Len() {
		cells := b.Record(i)
		if len(cells) == 1 && places.At(cells[0].Place).Mode == record.Text {
			v := b.Bytes(cells[0])
			if b.To != 0 {
				v = v[b.From:min(int(b.To), len(v))]
			}
			for line := range bytes.Lines(v) {
				s.guess.Begin()
				s.guess.Line(line)
				if err := s.record(item); err != nil {
					return err
				}
			}
			continue
		}
		s.guess.Begin()
		for _, c := range cells {
			s.guess.Add(b.Bytes(c))
		}
		if err := s.record(item); err != nil {
			return err
		}
	}
	return nil
}

// record hands out the record that was guessed.
func (s *sampling) record(item string) error {
	traces := s.guess.Traces()
	if len(traces) == 0 {
		return nil
	}
	err := s.yield(Sampled{item, s.guess.Name(), traces})
	if err != nil {
		s.stop(err)
	}
	return err
}
