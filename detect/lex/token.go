package lex

import (
	"unicode/utf8"

	"github.com/chartroom/chartroom/detect/words"
)

// Kind is what a token is.
type Kind uint8

// The kinds of tokens. Words come first.
const (
	Lower     Kind = iota // a word without capitals
	Capital               // a word with a capital at its beginning, or a lone capital
	Upper                 // a word of capitals
	MixedCase             // a word with a capital further on: camelCase, McKenzie
	Number                // digits
	Junk                  // a word that mixes letters with digits or underscores
	link                  // an e-mail address, a URL, an IP address: already reported
	Stamp                 // date and time as machines write it
	Sign                  // anything else; runs of one sign are one token
)

// Gap is what stands before a token.
type Gap uint8

// The gaps.
const (
	Glued Gap = iota
	Blank
	NewLine
	EmptyLine
)

// Flags of a token.
type Flags uint8

// The flags.
const (
	Owning  Flags = 1 << iota // 's follows
	Claimed                   // part of a span, or of a number that is none
	looked                    // the entry was looked up
	Wide                      // holds letters that are not ASCII
	LowText                   // stands in a line without capitals
)

// Token is a piece of the text.
type Token struct {
	Start, End uint32
	Kind       Kind
	Gap        Gap
	Flags      Flags
	Sign       byte // of a sign: which
	entry      words.Entry
	Roles      Role
}

// set makes the token anew. It writes field by field: a token put together first and copied then stalls on its own stores.
func (t *Token) set(i, end int, k Kind, g Gap) {
	t.Start, t.End = uint32(i), uint32(end)
	t.Kind, t.Gap, t.Flags, t.Sign = k, g, 0, 0
	t.Roles = 0
}

// Word tells whether the token is a word of letters.
func (t *Token) Word() bool { return t.Kind <= MixedCase }

// Len is its length in bytes.
func (t *Token) Len() int { return int(t.End - t.Start) }

// Is tells whether it is a run of the sign c.
func (t *Token) Is(c byte) bool { return t.Kind == Sign && t.Sign == c }

// Has tells whether it has one of the roles r.
func (t *Token) Has(r Role) bool { return t.Roles&r != 0 }

// Free tells whether nothing claimed it.
func (t *Token) Free() bool { return t.Flags&Claimed == 0 }

// Class is the lexer's view of a byte.
type Class uint8

// The classes; those from ClassLetter on may be part of a word.
const (
	ClassBlank Class = iota
	ClassLine
	ClassSign
	ClassLetter
	ClassDigit
	classWide
)

var classes = func() (t [256]Class) {
	for c := range t {
		switch {
		case c == '\n':
			t[c] = ClassLine
		case c <= ' ' || c == 0x7f:
			t[c] = ClassBlank
		case c >= utf8.RuneSelf:
			t[c] = classWide
		case c >= '0' && c <= '9':
			t[c] = ClassDigit
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			t[c] = ClassLetter
		default:
			t[c] = ClassSign
		}
	}
	return t
}()

// ClassOf tells a byte's class.
func ClassOf(c byte) Class { return classes[c] }

// goesOn are the bytes with which a word of ASCII letters is not over: digits, letters beyond ASCII, apostrophes.
var goesOn = func() (t [256]bool) {
	for c := range t {
		t[c] = classes[c] == ClassDigit || classes[c] == classWide || c == '_' || c == '\'' || c == '\\'
	}
	return t
}()

// junkByte are the bytes of words that mix letters and digits.
var junkByte = func() (t [256]bool) {
	for c := range t {
		t[c] = classes[c] == ClassLetter || classes[c] == ClassDigit || c == '_'
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

// WordByte tells whether a byte may be part of a word or number.
func WordByte(c byte) bool { return wordByte[c] }
