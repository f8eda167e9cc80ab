package text

import (
	"unicode/utf8"

	"github.com/chartroom/chartroom/detect/words"
)

// kind is what a token is.
type kind uint8

// The kinds of tokens. Words come first.
const (
	lower   kind = iota // a word without capitals
	capital             // a word with a capital at its beginning, or a lone capital
	upper               // a word of capitals
	mixed               // a word with a capital further on: camelCase, McKenzie
	number              // digits
	junk                // a word that mixes letters with digits or underscores
	link                // an e-mail address, a URL, an IP address: already reported
	stamp               // date and time as machines write it
	sign                // anything else; runs of one sign are one token
)

// gap is what stands before a token.
type gap uint8

// The gaps.
const (
	glued gap = iota
	blank
	newLine
	emptyLine
)

// flags of a token.
type flags uint8

// The flags.
const (
	owning  flags = 1 << iota // 's follows
	claimed                   // part of a span, or of a number that is none
	looked                    // the entry was looked up
	wide                      // holds letters that are not ASCII
	lowText                   // stands in a line without capitals
)

// token is a piece of the text.
type token struct {
	start, end uint32
	kind       kind
	gap        gap
	flags      flags
	sign       byte // of a sign: which
	entry      words.Entry
	roles      role
}

func (t *token) word() bool      { return t.kind <= mixed }
func (t *token) len() int        { return int(t.end - t.start) }
func (t *token) is(c byte) bool  { return t.kind == sign && t.sign == c }
func (t *token) has(r role) bool { return t.roles&r != 0 }
func (t *token) free() bool      { return t.flags&claimed == 0 }

// class is the lexer's view of a byte.
type class uint8

// The classes; those from classLetter on may be part of a word.
const (
	classBlank class = iota
	classLine
	classSign
	classLetter
	classDigit
	classWide
)

var classes = func() (t [256]class) {
	for c := range t {
		switch {
		case c == '\n':
			t[c] = classLine
		case c <= ' ' || c == 0x7f:
			t[c] = classBlank
		case c >= utf8.RuneSelf:
			t[c] = classWide
		case c >= '0' && c <= '9':
			t[c] = classDigit
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			t[c] = classLetter
		default:
			t[c] = classSign
		}
	}
	return t
}()

// goesOn are the bytes with which a word of ASCII letters is not over: digits, letters beyond ASCII, apostrophes.
var goesOn = func() (t [256]bool) {
	for c := range t {
		t[c] = classes[c] == classDigit || classes[c] == classWide || c == '_' || c == '\'' || c == '\\'
	}
	return t
}()

// junkByte are the bytes of words that mix letters and digits.
var junkByte = func() (t [256]bool) {
	for c := range t {
		t[c] = classes[c] == classLetter || classes[c] == classDigit || c == '_'
	}
	return t
}()

// oddness is how much a sign makes a line look like program text. An odd number marks the signs that need a closer look and
// weighs one less.
var oddness = func() (t [256]uint8) {
	for _, c := range []byte("{}=_<|$*`~^") {
		t[c] = 2
	}
	for _, c := range []byte("@:.(") {
		t[c] = 1
	}
	return t
}()
