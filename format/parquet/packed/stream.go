// Package packed reads what a page of Parquet packs (Encodings.md of parquet-format): runs of small numbers, integers as
// differences, and byte arrays, from memory or through a window on a page that is too large to be held.
package packed

import (
	"encoding/binary"
	"io"
	"slices"

	"github.com/chartroom/chartroom/format"
)

const (
	// MaxValue is the longest value that is read, in bytes.
	MaxValue = 16 << 20
	// MaxSection is how much of a page's levels or lengths is held, in bytes.
	MaxSection = 4 << 20
	// WindowSize is how much of a page that is too large for memory is held.
	WindowSize = 64 << 10
)

// Stream is a page's bytes, from memory or, for a large page, through a window that slides over them.
type Stream struct {
	buf []byte
	at  int
	r   io.Reader       // nil = all is in buf
	err error           // why r ended
	own func(int) error // told what a window holds more
}

// NewStream reads a page that is held.
func NewStream(page []byte) Stream { return Stream{buf: page} }

// NewWindow reads a page as it comes. The buffer's memory is used; keep is told how many bytes more are held until the page
// ends, and may refuse.
func NewWindow(buf []byte, r io.Reader, keep func(n int) error) Stream {
	return Stream{buf: buf[:0], r: r, own: keep}
}

// Rest gives all that is left of a page that is held.
func (s *Stream) Rest() (b []byte, held bool) { return s.buf[s.at:], s.r == nil }

// have tells whether n more bytes are in the buffer, and reads them if need be.
func (s *Stream) have(n int) bool {
	return len(s.buf)-s.at >= n || s.r != nil && s.fill(n)
}

// fill slides the window until it holds n bytes.
func (s *Stream) fill(n int) bool {
	if s.err != nil || n > MaxValue {
		return false
	}
	s.buf = s.buf[:copy(s.buf, s.buf[s.at:])]
	s.at = 0
	if cap(s.buf) < n {
		if s.err = s.own(max(n, WindowSize)); s.err != nil {
			return false
		}
		s.buf = slices.Grow(s.buf, max(n, WindowSize)-len(s.buf))
	}
	for len(s.buf) < n && s.err == nil {
		var k int
		k, s.err = s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+k]
	}
	return len(s.buf) >= n
}

// Take gives the next n bytes, which are good until the next call.
func (s *Stream) Take(n int) ([]byte, error) {
	if n < 0 || !s.have(n) {
		return nil, s.fault()
	}
	s.at += n
	return s.buf[s.at-n : s.at], nil
}

// padding is how many bytes may be looked at behind packed numbers.
const padding = 9

// padded takes n bytes as Take does, with padding behind them that says nothing.
func (s *Stream) padded(n int) ([]byte, error) {
	if len(s.buf)-s.at >= n+padding {
		s.at += n
		return s.buf[s.at-n : s.at+padding], nil
	}
	b, err := s.Take(n)
	return append(slices.Clip(b), make([]byte, padding)...), err
}

// fault says why there is no more.
func (s *Stream) fault() error {
	if s.err != nil && s.err != io.EOF && s.err != io.ErrUnexpectedEOF {
		return s.err
	}
	return ErrShort
}

// ErrShort says that a page has fewer bytes than its values need.
var ErrShort = format.Damaged("page: its values end early")

// uvarint takes a number of up to 64 bits (ULEB128).
func (s *Stream) uvarint() (uint64, error) {
	s.have(binary.MaxVarintLen64)
	v, n := binary.Uvarint(s.buf[s.at:])
	if n <= 0 {
		return 0, s.fault()
	}
	s.at += n
	return v, nil
}

// Section takes n bytes as a stream of their own, which is good until the page ends.
func (s *Stream) Section(n int64) (Stream, error) {
	if n < 0 || n > MaxSection {
		return Stream{}, format.Damaged("page: %d bytes of levels", n)
	}
	b, err := s.Take(int(n))
	if err == nil && s.r != nil {
		b, err = slices.Clone(b), s.own(int(n))
	}
	return Stream{buf: b}, err
}

// Prefixed takes a section whose length stands before it in 4 bytes.
func (s *Stream) Prefixed() (Stream, error) {
	b, err := s.Take(4)
	if err != nil {
		return Stream{}, err
	}
	return s.Section(int64(binary.LittleEndian.Uint32(b)))
}

// Sized takes a value whose length stands before it.
func (s *Stream) Sized() ([]byte, error) {
	b, err := s.Take(4)
	if err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(b)
	if n > MaxValue {
		return nil, format.Damaged("page: a value of %d bytes", n)
	}
	return s.Take(int(n))
}

// Long takes as many bytes as the next length says.
func (s *Stream) Long(lengths *Deltas) ([]byte, error) {
	n, err := lengths.Next()
	if err != nil {
		return nil, err
	}
	if n < 0 || n > MaxValue {
		return nil, format.Damaged("page: a value of %d bytes", n)
	}
	return s.Take(int(n))
}
