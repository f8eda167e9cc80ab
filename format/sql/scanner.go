package sql

import (
	"bytes"
	"context"
	"io"
)

// bufferSize is how much of a script is held.
const bufferSize = 256 << 10

// scanner is a window on the script. Its errors are kept until the statement is done, and everything behind one is the end.
type scanner struct {
	ctx context.Context
	src io.Reader
	buf []byte
	pos int // what comes next
	end int // of what was read
	eof bool
	err error
}

// fill brings more of the script in, and tells whether there was more. What stands before pos is dropped.
func (s *scanner) fill() bool {
	if s.eof {
		return false
	}
	if s.pos > 0 {
		s.end = copy(s.buf, s.buf[s.pos:s.end])
		s.pos = 0
	}
	before := s.end
	for tries := 0; s.end == before && s.end < len(s.buf) && !s.eof; tries++ {
		n, err := s.src.Read(s.buf[s.end:])
		s.end += n
		if err == nil {
			err = s.ctx.Err()
		}
		if err == nil && tries == 100 {
			err = io.ErrNoProgress
		}
		if err != nil {
			s.eof = true
			if err != io.EOF {
				s.err = err
			}
		}
	}
	return s.end > before
}

// failure is what kept the script from being read on.
func (s *scanner) failure() error { return s.err }

// ended tells whether nothing is left.
func (s *scanner) ended() bool { return s.pos == s.end && !s.fill() }

// peek gives the next byte; 0 at the end.
func (s *scanner) peek() byte {
	if s.ended() {
		return 0
	}
	return s.buf[s.pos]
}

// peekAt gives the byte that stands i further, at most a few; 0 behind the end.
func (s *scanner) peekAt(i int) byte {
	if b := s.ahead(i + 1); len(b) > i {
		return b[i]
	}
	return 0
}

// ahead gives the next n bytes, fewer at the end. n is far below the window's size.
func (s *scanner) ahead(n int) []byte {
	for s.end-s.pos < n && s.fill() {
	}
	return s.buf[s.pos:min(s.end, s.pos+n)]
}

// blanks skips blanks.
func (s *scanner) blanks() {
	for {
		for s.pos < s.end {
			if s.buf[s.pos] > ' ' {
				return
			}
			s.pos++
		}
		if !s.fill() {
			return
		}
	}
}

// through appends all up to and with the byte, which may be missing at the end, as long as the text is not longer than most. It tells
// whether the byte was met.
func (s *scanner) through(c byte, to []byte, most int) ([]byte, bool) {
	for {
		rest := s.buf[s.pos:s.end]
		i := bytes.IndexByte(rest, c)
		n := i + 1
		if i < 0 {
			n = len(rest)
		}
		if room := most - len(to); n > room {
			s.pos += room
			return append(to, rest[:room]...), false
		}
		to = append(to, rest[:n]...)
		s.pos += n
		if i >= 0 {
			return to, true
		}
		if !s.fill() {
			return to, false
		}
	}
}

// token reads a word, a name in quotation marks or a mark, behind blanks and comments, into the memory given. quoted tells that it was
// a name or text in quotation marks.
func (s *scanner) token(into []byte) (token []byte, quoted bool) {
	s.space()
	into = into[:0]
	if s.ended() {
		return into, false
	}
	c := s.buf[s.pos]
	if closing := closers[c]; closing != 0 {
		s.pos++
		for len(into) < maxName {
			c := s.peek()
			if c == 0 {
				break
			}
			s.pos++
			if c == closing {
				if closing == ']' || s.peek() != closing {
					break
				}
				s.pos++
			}
			into = append(into, c)
		}
		return into, true
	}
	if !wordy(c) {
		s.pos++
		return append(into, c), false
	}
	for len(into) < maxName && wordy(s.peek()) {
		into = append(into, s.buf[s.pos])
		s.pos++
	}
	return into, false
}

// maxName is the longest word or name.
const maxName = 256

// space skips blanks and comments.
func (s *scanner) space() {
	for {
		s.blanks()
		switch {
		case s.peek() == '-' && s.peekAt(1) == '-':
			s.skipTo("\n")
		case s.peek() == '/' && s.peekAt(1) == '*':
			s.skipTo("*/")
		default:
			return
		}
	}
}

// skipTo goes to behind the mark, or to the end.
func (s *scanner) skipTo(mark string) {
	for {
		if i := bytes.Index(s.buf[s.pos:s.end], []byte(mark)); i >= 0 {
			s.pos += i + len(mark)
			return
		}
		s.pos = max(s.pos, s.end-len(mark)+1)
		if !s.fill() {
			s.pos = s.end
			return
		}
	}
}
