package lex

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// MaxForm is the length of the longest line that Form takes, in bytes.
const MaxForm = 1 << 10

// The bytes that stand for words in a form. No text in UTF-8 has them.
const (
	formFirst = 0xf8 // the lowest
	formUUID  = 0xf8
	formHex   = 0xf9 // one more for a word that begins with a digit, and two more for one with as many digits as a number with a label has
	formMixed = 0xfd // one more for a word that begins with a digit
	formRest  = 0xff
)

// The long words that may differ in lines of one form, in bytes.
const (
	minHex   = 6
	minMixed = 12
)

// Form gives what is left of a line when it is left open which digits stand in it: all are 0, and UUIDs, hashes and other long words that mix letters
// with digits are blots of their length. Lines of one form are cut into the same tokens of the same roles, so that the rules say the same of them but
// for the questions (Ask) that they put to digits. It is nil for a line that is too long, or has bytes that stand for something else in a form. The
// form is good until the next call.
func (s *Block) Form(line []byte) []byte {
	n := len(line)
	if n > MaxForm {
		return nil
	}
	form, marks := s.form[:n+8], s.marks[:n>>3+8]
	var digit, high, all, any uint64 // whether the byte before is a digit, or has the bit that letters have
	at := 0
	for ; at+8 <= n; at += 8 {
		x := binary.LittleEndian.Uint64(line[at:])
		d := digitBits(x)
		binary.LittleEndian.PutUint64(form[at:], x&^(d>>3-d>>7))
		m := d&(x<<9|high) | x<<1&(d<<8|digit)
		marks[at>>3] = byte(m >> 7 * 0x0102040810204080 >> 56)
		digit, high = d>>56, x>>55
		all |= x
		any |= m
	}
	var rest [8]byte
	copy(rest[:], line[at:])
	x := binary.LittleEndian.Uint64(rest[:])
	d := digitBits(x)
	binary.LittleEndian.PutUint64(form[at:], x&^(d>>3-d>>7))
	m := d&(x<<9|high) | x<<1&(d<<8|digit)
	binary.LittleEndian.PutUint64(marks[at>>3:], m>>7*0x0102040810204080>>56)
	if (all|x)&highs != 0 {
		return s.wideForm(line)
	}
	if any|m != 0 {
		s.formWords(form[:n], line)
	}
	return form[:n]
}

// digitBits gives the top bits of the digits among eight bytes that are in ASCII.
func digitBits(x uint64) uint64 { return (x + (0x80-'0')*ones) &^ (x + (0x7f-'9')*ones) & highs }

// formWords puts the words that mix letters with digits into the form. There is a mark, one bit, at each byte of the line where a digit stands beside a
// letter, or a sign that shares a bit with letters.
func (s *Block) formWords(form, line []byte) {
	for i := 0; i < len(line); {
		if m := binary.LittleEndian.Uint64(s.marks[i>>6<<3:]) >> (i & 63); m == 0 {
			i = i | 63 + 1
		} else {
			i = s.formWord(form, line, i+bits.TrailingZeros64(m))
		}
	}
}

// wideForm is Form for a line that is not in ASCII.
func (s *Block) wideForm(line []byte) []byte {
	form, marks := s.form[:len(line)], s.marks[:len(line)>>3+8]
	clear(marks)
	last := uint8(0)
	for i, c := range line {
		if c >= formFirst {
			return nil
		}
		f := formByte[c]
		form[i] = c
		if f == aDigit {
			form[i] = '0'
		}
		if f != 0 && last != 0 && (f == aDigit) != (last == aDigit) {
			marks[i>>3] |= 1 << (i & 7)
		}
		last = f
	}
	s.formWords(form, line)
	return form
}

// wordByte are the bytes of words, letters beyond ASCII among them.
var wordByte = func() (t [256]bool) {
	for c := range t {
		t[c] = junkByte[c] || c >= 0x7f
	}
	return t
}()

// apart are the bytes behind which a word is read from its beginning, whatever stands in it.
var apart = func() (t [256]bool) {
	for _, c := range []byte(" \t\n=:,;/[]{}\"<>|-+.)") {
		t[c] = true
	}
	return t
}()

// What a byte of a word is to formWord, as bits that are put together over a word.
const (
	aDigit  = 1 << iota
	aLetter // of a hexadecimal number
	moreLetter
	noForm // an underscore, or not ASCII
)

var formByte = func() (t [256]uint8) {
	for c := range t {
		switch {
		case classes[c] == ClassDigit:
			t[c] = aDigit
		case classes[c] == ClassLetter && linkBytes[c]&hexByte != 0:
			t[c] = aLetter
		case classes[c] == ClassLetter:
			t[c] = moreLetter
		case wordByte[c]:
			t[c] = noForm
		}
	}
	return t
}()

// formWord puts the word about byte at, which mixes letters with digits, into the form, and gives its end.
func (s *Block) formWord(form, line []byte, at int) int {
	if formByte[line[at-1]] == 0 || formByte[line[at]] == 0 {
		return at + 1 // a sign and a digit
	}
	from := at - 1
	for from > 0 && formByte[line[from-1]] != 0 {
		from--
	}
	to, is, digits := wordEnd(line, from)
	word := line[from:to]
	if to < len(line) && line[to] == '-' || from > 0 && line[from-1] == '-' {
		if i := startUUID(line, from, len(word)); i >= 0 {
			blot(form[i:i+lenUUID], formUUID)
			return i + lenUUID
		}
	}
	first := 0 // digits that the word begins with
	for first < len(word)-1 && classes[word[first]] == ClassDigit {
		first++
	}
	tail := word[first:]
	number := first > 0 && (len(tail) <= 2 || tail[0]|0x20 == 'x' || tail[0] == 'T') // that begins with digits, and is more than one token
	switch {
	case is&noForm != 0 && (len(word) <= 8 || !plainWord(word)), s.means(word, true), number && s.means(tail, digits > first):
		copy(form[from:to], word)
	case is&noForm != 0 || number || len(word) < minHex || from > 0 && !apart[line[from-1]] || iban(word):
	case is&moreLetter == 0:
		blot(form[from:to], formHex+Yes(first > 0)+2*Yes(digits >= LabelledDigits))
	case len(word) >= minMixed && digits >= LabelledDigits:
		blot(form[from:to], formMixed+Yes(first > 0))
	}
	return to
}

// means tells whether a short word has a role. Few that mix letters with digits have.
func (s *Block) means(word []byte, mixed bool) bool {
	return len(word) <= 8 && (!mixed || s.lexicon.mixed[word[0]|0x20]) && s.lexicon.roles(keyOf(word)) != 0
}

// plainWord tells whether a word is all letters, digits and underscores in ASCII; others are cut into several tokens.
func plainWord(word []byte) bool {
	for _, c := range word {
		if !junkByte[c] {
			return false
		}
	}
	return true
}

// wordEnd gives the end of the word that begins at byte from, what its bytes are, and how many of them are digits.
func wordEnd(line []byte, from int) (to int, is uint8, digits int) {
	for to = from; to+8 <= len(line); to += 8 {
		x := binary.LittleEndian.Uint64(line[to:])
		if x&highs != 0 {
			break
		}
		z := x | lowerBits
		d := (x + (0x80-'0')*ones) &^ (x + (0x7f-'9')*ones) & highs
		a := (z + (0x80-'a')*ones) & highs // a and above
		h := a &^ (z + (0x7f-'f')*ones)
		l := a &^ (z + (0x7f-'z')*ones)
		u := (z + ones) & highs
		n := bits.TrailingZeros64(^(d|l|u)&highs) &^ 7
		var in uint64 = 1<<n - 1 // n is at most 64, and 1<<64 is 0
		digits += bits.OnesCount64(d & in)
		if l&^h&in != 0 {
			is |= moreLetter
		}
		if u&in != 0 {
			is |= noForm
		}
		if n < 64 {
			return to + n>>3, is, digits
		}
	}
	for ; to < len(line); to++ {
		b := formByte[line[to]]
		if b == 0 {
			break
		}
		is |= b
		digits += int(b & aDigit)
	}
	return to, is, digits
}

// iban tells whether a word of minHex bytes or more begins as an IBAN does: a country's letters, in capitals, and two digits to check.
func iban(b []byte) bool {
	return b[0] >= 'A' && b[0] <= 'Z' && b[1] >= 'A' && b[1] <= 'Z' && classes[b[2]] == ClassDigit && classes[b[3]] == ClassDigit
}

// LabelledDigits is how many digits a word has at least that is a number with letters in it.
const LabelledDigits = 4

// blotted is what a blot is copied from.
var blotted = string(bytes.Repeat([]byte{formRest}, 64))

func blot(form []byte, kind byte) {
	for b := form; len(b) > 0; {
		b = b[copy(b, blotted):]
	}
	form[0] = kind
}

// startUUID gives where the UUID begins of which the word of n bytes from byte from on is a group, -1 when it is of none.
func startUUID(line []byte, from, n int) int {
	groups := [...]int{9, 14, 19}
	switch n {
	case 8:
		groups = [...]int{0, 0, 0}
	case 12:
		groups = [...]int{24, 24, 24}
	case 4:
	default:
		return -1
	}
	for _, before := range groups {
		if i := from - before; i >= 0 && (i == 0 || apart[line[i-1]]) && isUUID(line[i:]) {
			return i
		}
	}
	return -1
}

const lenUUID = 36

// isUUID tells whether a text begins with a UUID (RFC 9562, 4), alone or with more behind a sign. There is a digit in its first group.
func isUUID(b []byte) bool {
	if len(b) < lenUUID || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' || len(b) > lenUUID && wordByte[b[lenUUID]] {
		return false
	}
	first := uint8(0)
	for _, c := range b[:8] {
		first |= formByte[c] | hexOnly[c]
	}
	rest := uint8(0)
	for _, c := range b[24:lenUUID] {
		rest |= hexOnly[c]
	}
	for i := 9; i < 13; i++ {
		rest |= hexOnly[b[i]] | hexOnly[b[i+5]] | hexOnly[b[i+10]]
	}
	return first&(aDigit|notHex) == aDigit && rest == 0
}

const notHex = 0x80

// hexOnly is 0 for hexadecimal digits.
var hexOnly = func() (t [256]uint8) {
	for c := range t {
		if formByte[c]&(aDigit|aLetter) == 0 {
			t[c] = notHex
		}
	}
	return t
}()
