package format

import (
	"bytes"
	"io"
	"math/rand/v2"
)

// Sizes of a sample.
const (
	// SampleBlocks is how many blocks a sample has at least: what none of 300 shows stands in at most 1 % of all, by the rule of three.
	SampleBlocks = 300
	minBlock     = 4 << 10 // bytes
	maxBlock     = 64 << 10
	sampleWindow = 2 << 10 // how much behind a block is looked at to find its last record's end, at first
)

// Sample is a random part of an input: blocks of equal size, drawn without replacement, each block with the same chance, and of each
// the records that begin in it. So each record has the same chance, too, wherever it stands.
type Sample struct {
	cutter
	near  near
	block int64
	of    int64 // blocks of the input
	want  int64 // of a sample
	next  int64 // the block that is looked at next
	drawn int64
	rng   *rand.Rand

	part io.Reader // what is handed on
}

// Draw draws a sample of a share of an input, from 0 to 1, and gives the input that a reader reads in its place: the records that were
// drawn, in their order. It gives nil where reading all is as good: the input is small, the share is large, or it cannot be read at any place.
func Draw(in Input, b *Borders, share float64, rng *rand.Rand) (*Sample, Input) {
	if in.At == nil || in.Size < SampleBlocks*minBlock || b == nil {
		return nil, in
	}
	s := &Sample{block: minBlock, rng: rng}
	for s.block < maxBlock && share*float64(in.Size) >= float64(2*s.block*SampleBlocks) {
		s.block *= 2
	}
	s.of = (in.Size + s.block - 1) / s.block
	s.want = max(int64(share*float64(s.of)+0.5), SampleBlocks)
	if s.want > s.of/2 {
		return nil, in
	}
	s.near.at = in.At
	s.cutter = cutter{at: &s.near, size: in.Size, find: b.Find, window: sampleWindow}
	in.Body, in.At, in.Head, in.Size = &sampled{s, b.Prefix}, nil, nil, -1
	return s, in
}

// Drawn tells how many blocks were drawn, and of how many.
func (s *Sample) Drawn() (n, of int64) { return s.drawn, s.of }

// Share is the share of the blocks that a whole reading draws.
func (s *Sample) Share() float64 { return float64(s.want) / float64(s.of) }

// sampled is the body of a sample. The prefix comes before the first part, unless that is the input's beginning.
type sampled struct {
	*Sample
	prefix []byte
}

// Read gives what was drawn.
func (s *sampled) Read(p []byte) (int, error) {
	for {
		if s.part != nil {
			n, err := s.part.Read(p)
			if n > 0 || err != nil && err != io.EOF {
				return n, err
			}
			s.part = nil
		}
		at, ok := s.choose()
		if !ok {
			return 0, io.EOF
		}
		if err := s.open(at); err != nil {
			return 0, err
		}
	}
}

// choose gives the next block that was drawn, by selection in one pass (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S).
func (s *Sample) choose() (at int64, ok bool) {
	for ; s.next < s.of && s.drawn < s.want; s.next++ {
		if s.rng.Int64N(s.of-s.next) < s.want-s.drawn {
			s.drawn++
			s.next++
			return (s.next - 1) * s.block, true
		}
	}
	return 0, false
}

// open makes ready the records that begin in a block. As a rule one reading is enough.
func (s *sampled) open(at int64) error {
	if err := s.near.fetch(at, min(s.block+max(s.needed, sampleWindow), s.size-at)); err != nil {
		return err
	}
	from, err := s.cut(at)
	if err != nil {
		return err
	}
	to, err := s.cut(min(at+s.block, s.size))
	if err != nil || to <= from {
		return err
	}
	s.part = io.NewSectionReader(&s.near, from, to-from)
	if from > 0 && s.prefix != nil {
		s.part = io.MultiReader(bytes.NewReader(s.prefix), s.part)
	}
	s.prefix = nil
	return nil
}

// near is an input of which the part that is looked at stands in memory.
type near struct {
	at   io.ReaderAt
	off  int64
	part []byte
}

func (n *near) fetch(off, size int64) error {
	if int64(cap(n.part)) < size {
		n.part = make([]byte, size)
	}
	k, err := n.at.ReadAt(n.part[:size], off)
	n.off, n.part = off, n.part[:k]
	if err == io.EOF {
		err = nil
	}
	return err
}

// ReadAt reads at a place, and from memory where all of it is there.
func (n *near) ReadAt(p []byte, off int64) (int, error) {
	if i := off - n.off; i >= 0 && i+int64(len(p)) <= int64(len(n.part)) {
		return copy(p, n.part[i:]), nil
	}
	return n.at.ReadAt(p, off)
}
