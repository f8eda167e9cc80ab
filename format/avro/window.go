package avro

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/chartroom/chartroom/format"
)

const (
	// windowSize is how much of a file or block is held.
	windowSize = 64 << 10
	// maxName is how long a name may be, in bytes.
	maxName = 1 << 10
)

// errDamage is damage whose place is told by whoever knows it.
var errDamage = format.Damaged("block")

// window slides over bytes that are read once.
type window struct {
	buf   []byte
	at    int
	r     io.Reader
	err   error
	spend func(int) error // counts what was read
}

// have tells whether n more bytes, at most windowSize, are in the buffer, and reads them if need be.
func (w *window) have(n int) bool {
	return len(w.buf)-w.at >= n || w.fill(n)
}

func (w *window) fill(n int) bool {
	w.buf = w.buf[:copy(w.buf, w.buf[w.at:])]
	w.at = 0
	if cap(w.buf) < windowSize {
		w.buf = slices.Grow(w.buf, windowSize-len(w.buf))
	}
	for len(w.buf) < n && w.err == nil {
		var k int
		k, w.err = w.r.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+k]
		if err := w.spend(k); err != nil {
			w.err = err
		}
	}
	return len(w.buf) >= n
}

// fault says why there is no more.
func (w *window) fault() error {
	if w.err == nil || w.err == io.EOF || errors.Is(w.err, io.ErrUnexpectedEOF) {
		return errDamage
	}
	return w.err
}

// more tells whether the file goes on.
func (w *window) more() (bool, error) {
	if w.have(1) {
		return true, nil
	}
	if w.err == io.EOF {
		return false, nil
	}
	return false, w.fault()
}

// take gives the next n bytes, at most windowSize, which are good until the next call.
func (w *window) take(n int) ([]byte, error) {
	if !w.have(n) {
		return nil, w.fault()
	}
	w.at += n
	return w.buf[w.at-n : w.at], nil
}

// long takes an int or long: zigzag, in groups of seven bits, the least significant first.
func (w *window) long() (int64, error) {
	w.have(binary.MaxVarintLen64)
	v, n := binary.Uvarint(w.buf[w.at:])
	if n <= 0 {
		if n == 0 {
			return 0, w.fault()
		}
		return 0, errDamage
	}
	w.at += n
	return int64(v>>1) ^ -int64(v&1), nil
}

// blockCount takes the count of a block of an array or map; a negative one has the block's size in bytes behind it.
func (w *window) blockCount() (int64, error) {
	n, err := w.long()
	if n >= 0 || err != nil {
		return n, err
	}
	if n == -n { // the smallest number has no counterpart
		return 0, errDamage
	}
	_, err = w.long()
	return -n, err
}

// short takes a string of at most max bytes.
func (w *window) short(max int) (string, error) {
	n, err := w.long()
	if err != nil {
		return "", err
	}
	if n < 0 || n > int64(max) {
		return "", errDamage
	}
	if n <= windowSize {
		b, err := w.take(int(n))
		return string(b), err
	}
	b, err := io.ReadAll(&piece{w, n})
	if err == nil && int64(len(b)) != n {
		err = w.fault()
	}
	return string(b), err
}

// find passes to behind the next place where a marker stands.
func (w *window) find(marker []byte) error {
	for {
		if !w.have(len(marker)) {
			w.at = len(w.buf)
			if w.err == io.EOF {
				return nil
			}
			return w.fault()
		}
		if k := bytes.Index(w.buf[w.at:], marker); k >= 0 {
			w.at += k + len(marker)
			return nil
		}
		w.at = len(w.buf) - len(marker) + 1
	}
}

// piece is the next n bytes of a window, as a stream.
type piece struct {
	w *window
	n int64
}

// Read reads what is left of the piece.
func (p *piece) Read(b []byte) (int, error) {
	if p.n == 0 {
		return 0, io.EOF
	}
	if !p.w.have(1) {
		if p.w.err == io.EOF {
			return 0, io.ErrUnexpectedEOF
		}
		return 0, p.w.err
	}
	k := copy(b[:min(int64(len(b)), p.n)], p.w.buf[p.w.at:])
	p.w.at += k
	p.n -= int64(k)
	return k, nil
}

// skip passes what is left of the piece.
func (p *piece) skip() error {
	for p.n > 0 {
		if !p.w.have(1) {
			return p.w.fault()
		}
		k := min(int64(len(p.w.buf)-p.w.at), p.n)
		p.w.at += int(k)
		p.n -= k
	}
	return nil
}
