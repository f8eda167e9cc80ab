package charset

import (
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// bufferSize is how much a reader holds where it has to decode.
const bufferSize = 32 << 10

// narrow passes UTF-8 in place and decodes other bytes as Windows-1252.
type narrow struct {
	src     io.Reader
	skip    int    // bytes of the mark still to be dropped
	tail    []byte // the beginning of a rune whose rest was not read yet
	pending []byte // decoded, and not given out yet
	buf     []byte // memory of pending
	err     error
}

// Read implements io.Reader. It gives out no half runes, but to a caller with fewer than four bytes of room.
func (n *narrow) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if len(n.pending) > 0 {
			c := copy(p, n.pending)
			n.pending = n.pending[c:]
			return c, nil
		}
		if n.err != nil && len(n.tail) == 0 {
			return 0, n.err
		}
		if len(p) < utf8.UTFMax {
			n.step(make([]byte, utf8.UTFMax), true)
			continue
		}
		if got := n.step(p, false); got > 0 {
			return got, nil
		}
	}
}

// step reads once into p. What p then holds is given out as it is where it is valid UTF-8, else it becomes pending.
func (n *narrow) step(p []byte, hold bool) int {
	held := copy(p, n.tail)
	got := 0
	if n.err == nil {
		got, n.err = n.src.Read(p[held:])
	}
	data := p[:held+got]
	n.tail = n.tail[:0]
	if n.skip > 0 {
		drop := min(n.skip, len(data))
		n.skip -= drop
		data = p[:copy(p, data[drop:])]
	}
	if n.err == nil {
		c := cut(data)
		n.tail = append(n.tail, data[len(data)-c:]...)
		data = data[:len(data)-c]
	}
	if !hold && utf8.Valid(data) {
		return len(data)
	}
	n.buf = appendNarrow(n.buf[:0], data)
	n.pending = n.buf
	return 0
}

// appendNarrow decodes: valid runes as they are, other bytes as Windows-1252.
func appendNarrow(dst, src []byte) []byte {
	for i := 0; i < len(src); {
		if src[i] < utf8.RuneSelf {
			run := ascii(src[i:])
			dst = append(dst, src[i:i+run]...)
			i += run
			continue
		}
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 {
			r = rune(src[i])
			if r < 0xa0 {
				r = rune(c1[r-0x80])
			}
		}
		dst = utf8.AppendRune(dst, r)
		i += size
	}
	return dst
}

// ascii is how many bytes of ASCII a text begins with.
func ascii(p []byte) int {
	n := 0
	for n+8 <= len(p) && binary.LittleEndian.Uint64(p[n:])&0x8080808080808080 == 0 {
		n += 8
	}
	for n < len(p) && p[n] < utf8.RuneSelf {
		n++
	}
	return n
}

// c1 is what Windows-1252 has between 0x80 and 0x9F; the five bytes without a letter stay what Latin-1 says.
var c1 = [32]uint16{
	0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
	0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
}

// wide decodes UTF-16.
type wide struct {
	src     io.Reader
	order   binary.ByteOrder
	skip    int
	raw     []byte // read, from[0:held] not decoded yet
	held    int
	pending []byte
	buf     []byte
	err     error
}

// Read implements io.Reader.
func (w *wide) Read(p []byte) (int, error) {
	for len(w.pending) == 0 {
		if len(p) == 0 {
			return 0, nil
		}
		if w.err != nil {
			return 0, w.err
		}
		w.step()
	}
	c := copy(p, w.pending)
	w.pending = w.pending[c:]
	return c, nil
}

// step reads and decodes once. A unit, or the first half of a surrogate pair, that is cut off waits for the next step.
func (w *wide) step() {
	if w.raw == nil {
		w.raw = make([]byte, bufferSize)
	}
	got, err := w.src.Read(w.raw[w.held:])
	w.err = err
	data := w.raw[:w.held+got]
	drop := min(w.skip, len(data))
	w.skip -= drop
	data = data[drop:]
	n := len(data) &^ 1
	if err == nil && n >= 2 && utf16.IsSurrogate(rune(w.order.Uint16(data[n-2:]))) && w.order.Uint16(data[n-2:]) < 0xdc00 {
		n -= 2
	}
	w.buf = appendWide(w.buf[:0], data[:n], w.order)
	if err != nil && len(data)&1 == 1 {
		w.buf = utf8.AppendRune(w.buf, utf8.RuneError) // half a unit at the end
		n = len(data)
	}
	w.pending = w.buf
	w.held = copy(w.raw, data[n:])
}

// appendWide decodes an even number of bytes. A surrogate without its other half becomes U+FFFD.
func appendWide(dst, src []byte, order binary.ByteOrder) []byte {
	for i := 0; i+1 < len(src); i += 2 {
		u := order.Uint16(src[i:])
		if u < utf8.RuneSelf {
			dst = append(dst, byte(u))
			continue
		}
		r := rune(u)
		if utf16.IsSurrogate(r) {
			if i+3 < len(src) {
				r = utf16.DecodeRune(r, rune(order.Uint16(src[i+2:])))
			} else {
				r = utf8.RuneError
			}
			if r != utf8.RuneError {
				i += 2
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
