package words

import (
	"math/bits"
	"unicode/utf8"
)

// The byte classes of folding, beside the folded byte itself.
const (
	dropped = 0x00 // apostrophe, full stop
	wide    = 0xff // not ASCII
)

var foldByte = func() (t [256]byte) {
	for i := range t {
		c := byte(i)
		switch {
		case c >= utf8.RuneSelf:
			c = wide
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c == '\'' || c == '.':
			c = dropped
		}
		t[i] = c
	}
	return t
}()

// latin are the letters of U+00C0 to U+017F without their accents, two bytes each; the second is a blank where one is enough.
const latin = "a a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thss" +
	"a a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thy " +
	"a a a a a a c c c c c c c c d d d d e e e e e e e e e e g g g g " +
	"g g g g h h h h i i i i i i i i i i ijijj j k k k l l l l l l l " +
	"l l l n n n n n n n n n o o o o o o oeoer r r r r r s s s s s s " +
	"s s t t t t t t u u u u u u u u u u u u w w y y y z z z z z z s "

// foldRune gives the ASCII letters that stand for a rune: one or two, none when it is dropped (a combining accent, a curly
// apostrophe), or ok false when it stays as it is.
func foldRune(r rune) (a, b byte, ok bool) {
	switch {
	case r >= 0xc0 && r <= 0x17f:
		a, b = latin[2*(r-0xc0)], latin[2*(r-0xc0)+1]
		if a == ' ' {
			return 0, 0, false
		}
		if b == ' ' {
			b = 0
		}
		return a, b, true
	case r >= 0x300 && r <= 0x36f, r == '’', r == '‘', r == 'ʼ', r == '´':
		return 0, 0, true
	case r == 'ơ' || r == 'Ơ':
		return 'o', 0, true
	case r == 'ư' || r == 'Ư':
		return 'u', 0, true
	case r >= 0x218 && r <= 0x21b: // Romanian s and t with comma
		return "sstt"[r-0x218], 0, true
	case r >= 0x1ea0 && r <= 0x1ef9: // Vietnamese
		return vietnamese(r), 0, true
	}
	return 0, 0, false
}

func vietnamese(r rune) byte {
	switch {
	case r < 0x1eb8:
		return 'a'
	case r < 0x1ec8:
		return 'e'
	case r < 0x1ecc:
		return 'i'
	case r < 0x1ee4:
		return 'o'
	case r < 0x1ef2:
		return 'u'
	}
	return 'y'
}

const (
	hashSeed  = 0x9e3779b97f4a7c15
	hashPrime = 0x9fb21c651e98df25
)

// hash hashes the folded form of a string.
func hash(b []byte) uint64 {
	h := uint64(hashSeed)
	for i, c := range b {
		switch f := foldByte[c]; f {
		case dropped:
		case wide:
			return hashWide(h, b[i:])
		default:
			h = (h ^ uint64(f)) * hashPrime
		}
	}
	return finish(h)
}

// hashWide goes on from the first byte that is not ASCII.
func hashWide(h uint64, b []byte) uint64 {
	var buf [8]byte
	for len(b) > 0 {
		var folded []byte
		folded, b = step(buf[:0], b)
		for _, c := range folded {
			h = (h ^ uint64(c)) * hashPrime
		}
	}
	return finish(h)
}

func finish(h uint64) uint64 {
	h ^= bits.RotateLeft64(h, 25) ^ bits.RotateLeft64(h, 50)
	h *= 0xa24baed4963ee407
	return h ^ h>>28
}

// step appends the folded form of the first character of b to dst, and gives the rest of b.
func step(dst, b []byte) (folded, rest []byte) {
	switch f := foldByte[b[0]]; f {
	case dropped:
		return dst, b[1:]
	case wide:
	default:
		return append(dst, f), b[1:]
	}
	r, n := utf8.DecodeRune(b)
	x, y, ok := foldRune(r)
	switch {
	case !ok:
		return append(dst, b[:n]...), b[n:]
	case x == 0:
		return dst, b[n:]
	case y == 0:
		return append(dst, x), b[n:]
	}
	return append(dst, x, y), b[n:]
}

// Fold appends the folded form of b to dst: lower case, Latin letters without accents, without apostrophes and full stops.
// It is the form under which strings are looked up.
func Fold(dst, b []byte) []byte {
	for len(b) > 0 {
		dst, b = step(dst, b)
	}
	return dst
}
