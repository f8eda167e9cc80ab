package formattest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// MaxBatch is how many bytes a batch may hold: a few chunks, so that many workers fit into one machine.
const MaxBatch = 8 << 20

// MaxCells is how many cells a batch may hold.
const MaxCells = 1 << 20

// Cell is one value as a reader gave it, in a form that tests can print and compare. It is for synthetic data only.
type Cell struct {
	Field   string
	Value   string
	Mode    record.Mode
	Kind    phi.Kind
	Part    phi.Part
	Subject phi.Subject
	Other   bool
	System  phi.System // the cell's own, else its place's
	Flags   record.CellFlags
	Classes phi.Classes
}

// Record is the cells of one record in their order.
type Record []Cell

// Gap is a part that the reader said it did not read.
type Gap struct {
	Reason estate.GapReason
	Detail string
}

// Inner is a thing within the input.
type Inner struct {
	Name, Hint string
	Body       string
}

// Summary is all that a reader gave for one input.
type Summary struct {
	Records []Record
	Gaps    []Gap
	Inner   []Inner
	Parts   map[string]*Summary // by name
	Err     error

	places []record.Place // as they were when a cell first named them
	faults []string       // breaches of the batch's contract
}

// Values gives the values that stand in a field, in their order.
func (s *Summary) Values(field string) []string {
	var out []string
	for _, r := range s.Records {
		for _, c := range r {
			if c.Field == field {
				out = append(out, c.Value)
			}
		}
	}
	return out
}

// records counts the records of the input and of its parts.
func (s *Summary) records() int {
	n := len(s.Records)
	for _, p := range s.Parts {
		n += p.records()
	}
	return n
}

// inners counts the things within the input and its parts.
func (s *Summary) inners() int {
	n := len(s.Inner)
	for _, p := range s.Parts {
		n += p.inners()
	}
	return n
}

// gaps gives the gaps of the input and of its parts.
func (s *Summary) gaps(yield func(Gap) bool) {
	for _, g := range s.Gaps {
		if !yield(g) {
			return
		}
	}
	for _, p := range s.Parts {
		for g := range p.gaps {
			if !yield(g) {
				return
			}
		}
	}
}

// Collect lets a reader read the data and gives all that it handed out. The name is the input's, for its extension.
func Collect(r format.Reader, name string, data []byte) *Summary {
	return collect(context.Background(), r, input{name: name, data: data, body: bytes.NewReader(data)})
}

// input is one reading: the bytes, the way they come, and what the outputs answer.
type input struct {
	name     string
	data     []byte
	body     io.Reader
	batchErr error
	innerErr error
	jumps    bool // the data can be read at any place
	scribble bool // overwrite labelled and column cells before Batch returns
}

// collect runs one reading and writes down everything.
func collect(ctx context.Context, r format.Reader, in input) *Summary {
	s := &Summary{}
	out := s.output(in)
	places := out.Places
	fi := format.Input{Name: in.name, Size: int64(len(in.data)), Head: in.data[:min(len(in.data), format.HeadSize)], Body: in.body}
	if in.jumps {
		fi.At = bytes.NewReader(in.data)
	}
	s.Err = r.Read(ctx, fi, out)
	for i, p := range s.places {
		if p.Field != places.At(uint32(i)).Field {
			s.fault("place %d changed its field's name: it points at memory that was reused", i)
		}
	}
	return s
}

// output writes down what is handed out.
func (s *Summary) output(in input) format.Output {
	places := &record.Places{}
	return format.Output{
		Places: places,
		Batch: func(b *record.Batch) error {
			s.take(places, b)
			if in.scribble {
				scribble(b)
			}
			return in.batchErr
		},
		Inner: func(name, hint string, body io.Reader) error {
			held, err := io.ReadAll(io.LimitReader(body, MaxBatch))
			s.Inner = append(s.Inner, Inner{name, hint, string(held)})
			if in.innerErr != nil {
				return in.innerErr
			}
			return err
		},
		Part: func(name string) (format.Output, func()) {
			p := &Summary{}
			if s.Parts == nil {
				s.Parts = map[string]*Summary{}
			}
			if s.Parts[name] != nil {
				s.fault("two parts of one name")
			}
			s.Parts[name] = p
			return p.output(in), func() { s.faults = append(s.faults, p.faults...) }
		},
		Gap: func(reason estate.GapReason, detail string) { s.Gaps = append(s.Gaps, Gap{reason, detail}) },
	}
}

func (s *Summary) fault(text string, args ...any) {
	if len(s.faults) < 10 {
		s.faults = append(s.faults, fmt.Sprintf(text, args...))
	}
}

// take copies a batch out and checks its form.
func (s *Summary) take(places *record.Places, b *record.Batch) {
	switch {
	case b.Places != places:
		s.fault("a batch has a table of places of its own")
		return
	case b.Len() == 0:
		s.fault("a batch without a record")
	case b.Open():
		s.fault("a batch with a record that is not closed")
	case b.Size() > MaxBatch || len(b.Cells) > MaxCells:
		s.fault("a batch of %d bytes and %d cells", b.Size(), len(b.Cells))
	}
	for i := len(s.places); i < places.Len(); i++ {
		p := *places.At(uint32(i))
		p.Field = strings.Clone(p.Field)
		s.places = append(s.places, p)
	}
	if places.Len() > record.MaxPlaces+1024 {
		s.fault("%d places", places.Len())
	}
	for i := range b.Len() {
		cells := b.Record(i)
		rec := make(Record, 0, len(cells))
		for _, c := range cells {
			if int(c.Place) >= places.Len() || int(c.Off)+int(c.Len) > b.Size() {
				s.fault("record %d: a cell outside the places or the memory", len(s.Records))
				continue
			}
			rec = append(rec, s.cell(places.At(c.Place), b, c))
		}
		s.Records = append(s.Records, rec)
	}
}

// cell copies one cell; of a lone text cell with context, what counts.
func (s *Summary) cell(p *record.Place, b *record.Batch, c record.Cell) Cell {
	v := b.Bytes(c)
	if b.To != 0 {
		if len(b.Cells) != 1 || p.Mode != record.Text || b.From > b.To || int(b.To) > len(v) {
			s.fault("bounds %d to %d on what is no lone text cell of that length", b.From, b.To)
		} else {
			v = v[b.From:b.To]
		}
	}
	sys := c.System
	if sys == 0 {
		sys = p.System
	}
	return Cell{strings.Clone(p.Field), string(v), p.Mode, p.Kind, p.Part, p.Subject, p.Other, sys, c.Flags, p.Classes}
}

// scribble overwrites the values that a reader has no further use for. Text cells are spared: they may be the context
// of the next one.
func scribble(b *record.Batch) {
	for _, c := range b.Cells {
		if b.Places.At(c.Place).Mode == record.Text {
			continue
		}
		v := b.Bytes(c)
		for i := range v {
			v[i] = '#'
		}
	}
}
