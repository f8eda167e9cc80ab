package json

import "bytes"

// PassString passes over the next value if it is a string, and tells whether it was.
func (s *Scanner) PassString() (bool, error) {
	if s.byte() != '"' || s.expect != expectValue {
		return false, nil
	}
	s.r++
	s.expect = expectSeparator
	return true, s.skipString()
}

// PassKnown passes over the next value if it is the string v, and tells whether it was. It compares, which is faster than to
// search for the end. v must have neither quotes, backslashes nor control characters.
func (s *Scanner) PassKnown(v string) bool {
	if s.byte() != '"' || s.expect != expectValue {
		return false
	}
	from, to := s.r+1, s.r+1+len(v)
	if to >= s.w || s.buf[to] != '"' || string(s.buf[from:to]) != v {
		return false
	}
	s.r = to + 1
	s.expect = expectSeparator
	return true
}

// Skip passes over the next value without decoding it.
func (s *Scanner) Skip() error {
	c := s.byte()
	switch c {
	case '"':
		s.r++
		s.expect = expectSeparator
		return s.skipString()
	case '{', '[':
		s.expect = expectSeparator
		return s.skipContainer()
	}
	_, err := s.value(c)
	return err
}

// Drop passes over the pieces of the last string that were not yet read.
func (s *Scanner) Drop() error {
	if !s.more {
		return nil
	}
	s.more = false
	return s.skipString()
}

// SkipRest passes over the rest of the innermost container, whose end is the next token then.
func (s *Scanner) SkipRest() error {
	if err := s.Drop(); err != nil {
		return err
	}
	return s.skipTo(1)
}

// skipContainer passes over the container that begins here.
func (s *Scanner) skipContainer() error {
	s.r++
	if err := s.skipTo(1); err != nil {
		return err
	}
	s.r++
	return nil
}

// skipTo passes text until the bracket that closes the n-th container around it. It does not tell one bracket from the
// other: whoever skips does not judge.
func (s *Scanner) skipTo(n int) error {
	for {
		i, b := s.r, s.buf[:s.w]
		for i < len(b) && classes[b[i]]&(bracket|quote) == 0 {
			i++
		}
		s.r = i
		if i == len(b) {
			if !s.fill() {
				return s.short()
			}
			continue
		}
		switch b[i] {
		case '"':
			s.r++
			if err := s.skipString(); err != nil {
				return err
			}
			continue
		case '{', '[':
			n++
		default:
			if n--; n == 0 {
				s.expect = expectSeparator
				return nil
			}
		}
		s.r++
	}
}

// Resync passes to the next line and forgets all open containers, after damage in a text of one document a line. It
// tells whether there is a further line.
func (s *Scanner) Resync() bool {
	s.depth, s.object, s.expect, s.more = 0, false, expectValue, false
	for {
		if i := bytes.IndexByte(s.buf[s.r:s.w], '\n'); i >= 0 {
			s.r += i + 1
			return true
		}
		s.r = s.w
		if !s.fill() {
			return false
		}
	}
}

// skipString passes the rest of a string, of whatever length.
func (s *Scanner) skipString() error {
	for {
		end, seen := stringEnd(s.buf[:s.w], s.r)
		if end >= 0 {
			if s.lines && seen != clean && bytes.IndexByte(s.buf[s.r:end], '\n') >= 0 {
				return s.damaged("a string runs over the line's end")
			}
			s.r = end + 1
			return nil
		}
		// An odd number of backslashes at the end escapes what comes next.
		i := s.w
		for i > s.r && s.buf[i-1] == '\\' {
			i--
		}
		s.r = s.w - (s.w-i)&1
		if !s.fill() {
			return s.short()
		}
	}
}
