package source

import (
	"context"
	"io"
)

// Sizes of a Stream: how much is made ready at once, in bytes, and how often.
const (
	StreamPart  = 64 << 10
	streamParts = 4
	streamLarge = 1 << 20 // a part that a long row made so large is not kept
)

// Stream is a content that is made while it is read: what comes next is made ready, by a goroutine of its own, while the last is
// looked at.
type Stream struct {
	fill       func(out []byte) ([]byte, error)
	out        []byte // ready
	at         int    // how much of it was handed on
	full, free chan []byte
	err        error // why there is no more; final when full is closed
	ended      bool  // all was handed on
}

// NewStream begins a content with what is ready, out, to which fill appends about StreamPart bytes at each call. It returns io.EOF with the
// last of them, and any other error where there is no more. The first part is made here; where that fails, nothing is begun.
func NewStream(out []byte, fill func(out []byte) ([]byte, error)) (*Stream, error) {
	s := &Stream{fill: fill, full: make(chan []byte, streamParts), free: make(chan []byte, streamParts)}
	if s.out, s.err = fill(out); s.err != nil {
		if s.err != io.EOF {
			return nil, s.err
		}
		close(s.full)
		return s, nil
	}
	for range streamParts - 1 { // and the first, which is full
		s.free <- nil
	}
	go s.ahead()
	return s, nil
}

// ahead makes ready what comes next, until the end.
func (s *Stream) ahead() {
	defer close(s.full)
	for part := range s.free {
		if cap(part) == 0 || cap(part) > streamLarge {
			part = make([]byte, 0, StreamPart+4096)
		}
		part, s.err = s.fill(part[:0])
		s.full <- part // never waits: there are no more than it takes
		if s.err != nil {
			return
		}
	}
}

// Read gives the next bytes.
func (s *Stream) Read(p []byte) (int, error) {
	for s.at == len(s.out) && !s.ended {
		if s.out != nil {
			s.free <- s.out // never waits, either
		}
		next, ok := <-s.full
		s.out, s.at, s.ended = next, 0, !ok
	}
	if s.ended {
		return 0, s.err
	}
	n := copy(p, s.out[s.at:])
	s.at += n
	return n, nil
}

// Outcome is what a reader of a stream is told for an error of it: that the context ended, what was left unread where that is known
// behind the last byte, or what explain makes of the error.
func Outcome(ctx context.Context, err error, left *error, explain func(error) error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case err == io.EOF && *left != nil:
		return *left
	case err == io.EOF:
		return err
	}
	return explain(err)
}

// Whole tells whether all was handed on, to the end. Until it was, the goroutine may be at work.
func (s *Stream) Whole() bool { return s.ended && s.err == io.EOF }

// Stop waits until nothing is made ready any more. Whatever fill waits for must have been closed.
func (s *Stream) Stop() {
	if s.ended {
		return
	}
	close(s.free)
	for range s.full { // until it is closed
	}
	s.out, s.at, s.ended = nil, 0, true
}
