package dicom

import (
	"context"
	"errors"
	"io"

	"github.com/chartroom/chartroom/format"
)

const (
	readSize = 64 << 10 // bytes that are read at a time
	maxValue = 1 << 20  // bytes of a value that are held; longer text comes in pieces
)

// errStalled ends the reading of an input that does not go on.
var errStalled = errors.New("a source that gives neither bytes nor an error")

// source is an input that is read forward. It skips without reading where the input can be read at any place.
type source struct {
	ctx      context.Context
	r        io.Reader
	sections *io.SectionReader // r, where it can jump
	buf      []byte
	from, to int   // what was read and not taken
	at       int64 // where buf[from] stands in the input
	err      error // what came behind buf[:to]
	first    int   // bytes of the first buffer
}

func newSource(ctx context.Context, in format.Input) *source {
	s := &source{ctx: ctx, r: in.Body, first: readSize}
	if in.Size >= 0 && in.Size < readSize {
		s.first = int(in.Size) + 1 // one more, to meet the end
	}
	if in.At != nil && in.Size >= 0 {
		s.sections = io.NewSectionReader(in.At, 0, in.Size)
		s.r = s.sections
	}
	return s
}

// peek gives the next n bytes, or fewer at the input's end. They are good until the next call. An error is one of reading.
func (s *source) peek(n int) ([]byte, error) {
	for s.to-s.from < n && s.err == nil {
		s.fill(n)
	}
	b := s.buf[s.from:min(s.to, s.from+n)]
	if len(b) < n && s.err != io.EOF {
		return nil, s.err
	}
	return b, nil
}

// fill reads once more, with room for n bytes in all.
func (s *source) fill(n int) {
	if s.from > 0 {
		s.to = copy(s.buf, s.buf[s.from:s.to])
		s.from = 0
	}
	if s.to == len(s.buf) {
		size := min(2*len(s.buf), n+readSize) // as much again as came so far, not as much as is said to come
		if len(s.buf) == 0 {
			size = s.first
		} else {
			size = max(size, readSize)
		}
		s.buf = append(make([]byte, 0, size), s.buf[:s.to]...)[:size]
	}
	if s.err = s.ctx.Err(); s.err != nil {
		return
	}
	for tries := 0; s.err == nil; tries++ {
		var got int
		got, s.err = s.r.Read(s.buf[s.to:])
		s.to += got
		if got > 0 {
			return
		}
		if tries == 100 {
			s.err = errStalled
		}
	}
}

// skip takes n bytes, or fewer at the input's end, and tells how many.
func (s *source) skip(n int64) (int64, error) {
	skipped := int64(0)
	for skipped < n {
		if s.from == s.to {
			if got, err := s.jump(n - skipped); got > 0 || err != nil {
				skipped += got
				if err != nil {
					return skipped, err
				}
				continue
			}
			if b, err := s.peek(1); len(b) == 0 {
				return skipped, err
			}
		}
		got := min(n-skipped, int64(s.to-s.from))
		s.from += int(got)
		s.at += got
		skipped += got
	}
	return skipped, nil
}

// jump skips what was not read yet, where that can be done without reading it.
func (s *source) jump(n int64) (int64, error) {
	if s.sections == nil || s.err != nil {
		return 0, nil
	}
	n = min(n, s.sections.Size()-s.at)
	if n <= 0 {
		return 0, nil
	}
	if _, err := s.sections.Seek(s.at+n, io.SeekStart); err != nil {
		return 0, err
	}
	s.at += n
	return n, nil
}

// Read implements io.Reader, for what stands within the input.
func (s *source) Read(p []byte) (int, error) {
	b, err := s.peek(min(len(p), 1))
	if err != nil {
		return 0, err
	}
	if len(b) == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	n := copy(p, s.buf[s.from:s.to])
	s.from += n
	s.at += int64(n)
	return n, nil
}
