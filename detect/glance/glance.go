// Package glance tells by a few operations on words of eight bytes that a value is like those before it, so that most values of a
// table need no closer look. It errs on one side only: what it lets pass is harmless, and what it does not may be so all the same.
package glance

import "encoding/binary"

// Usual says which bytes the values before have shown.
type Usual struct {
	Digits, Small, Large, At bool
	Hyphen                   bool
	Signs                    bool // others from blank to hyphen in ASCII
}

// Ranges are the bytes that would be odd in a value. They are fewer than those that are not usual: digits, letters and signs that
// an identifier would have which the values are not about. Of the zero Ranges is none odd.
type Ranges [2]byteRange

// byteRange finds bytes of a range in eight at a time. A byte is looked at with its bits turned by turn, which puts digits,
// signs and letters apart. Adding from to seven bits gives the top bit if they are in the range or beyond, adding beyond if they
// are beyond. The zero range is empty.
type byteRange struct{ from, beyond uint64 }

const (
	ones = 0x0101010101010101
	tops = 0x80 * ones
	turn = '0' * ones
)

func inRange(low, high uint64) byteRange {
	return byteRange{(0x80 - low) * ones, (0x7f - high) * ones}
}

// The bytes as a byteRange sees them: '0' to '9' are 0 to 9, blank to slash 0x10 to 0x1f, and letters, with @ and what stands
// between and behind them in ASCII, 0x40 to 0x7f, large ones from 0x60 on.
const (
	seenBlank  = ' ' ^ '0'
	seenHyphen = '-' ^ '0'
	seenSmall  = 0x40
	seenLarge  = 0x60
	seenAt     = '@' ^ '0'
	seenEnd    = 0x7f
)

// Beside gives what would be odd beside what is usual.
func Beside(u Usual) (r Ranges) {
	letters := u.Small || u.Large
	switch {
	case !u.Digits:
		r[0] = inRange(0, 9)
	case u.At:
	case !letters:
		r[0] = inRange(seenSmall, seenEnd)
	case !u.Large: // as digests are
		r[0] = inRange(seenLarge, seenEnd)
	default:
		r[0] = inRange(seenAt, seenAt)
	}
	switch {
	case !u.Digits && u.At:
	case !u.Digits && letters:
		r[1] = inRange(seenAt, seenAt)
	case !u.Digits:
		r[1] = inRange(seenSmall, seenEnd)
	case !u.Signs && !u.Hyphen:
		r[1] = inRange(seenBlank, seenHyphen)
	case !u.Hyphen:
		r[1] = inRange(seenHyphen, seenHyphen)
	}
	return r
}

// None tells whether no byte would be odd.
func (r *Ranges) None() bool { return r[0].from|r[1].from == 0 }

// Odd8 has the top bit of each byte of a word that is odd.
func (r *Ranges) Odd8(w uint64) uint64 {
	x := (w ^ turn) &^ tops
	return ((x+r[0].from)&^(x+r[0].beyond) | (x+r[1].from)&^(x+r[1].beyond)) & tops
}

// First masks the first n bytes of a word, n at most 8.
func First(n uint32) uint64 { return first[n&63] }

// Beyond8 masks those of the word behind it that belong to a value of n bytes, at most 16.
func Beyond8(n uint32) uint64 { return first[(n+16)&63] }

var first = func() (t [64]uint64) {
	for n := range 17 {
		t[n] = ^uint64(0) >> (64 - 8*min(n, 8))
		t[n+16] = ^uint64(0) >> (64 - 8*max(n-8, 0))
	}
	return t
}()

// Odd is not zero if some byte of a value is odd.
func (r *Ranges) Odd(v []byte) (odd uint64) {
	n := len(v)
	if n < 8 {
		var w [8]byte
		copy(w[:], v)
		return r.Odd8(binary.LittleEndian.Uint64(w[:])) & first[n]
	}
	for i := 0; i+8 < n; i += 8 {
		odd |= r.Odd8(binary.LittleEndian.Uint64(v[i:]))
	}
	return odd | r.Odd8(binary.LittleEndian.Uint64(v[n-8:])) // which may begin in the word before
}
