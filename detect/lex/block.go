package lex

import (
	"encoding/binary"
	"math"

	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

// Block is a stretch of a text, cut into tokens and lines, with the lists of the tokens that are worth a look.
type Block struct {
	Tables  *words.Tables
	lexicon *lexicon

	Text       []byte
	Tokens     []Token
	Numbers    []int32 // indices of the numbers
	Capitals   []int32 // indices of the words with capitals
	Lows       []int32 // indices of the words of lines without capitals that may be names
	TermStarts []int32 // indices of the words that begin a term of sensitivity
	Healthy    []int32 // indices of the words of health
	Mixed      []int32 // indices of the words that mix letters and digits, as long as a record number may be
	Colons     []int32 // indices of the colons behind the labels of forms
	lines      []Line
	Spans      []Span // what was found

	Noting bool    // take down the questions
	Asked  []Asked // those that were put since Read, while noting
	Leaned bool    // since Read, something was judged by where the text ends, and more text could change it
	Narrow bool    // since Read, a number was compared, so that what was found holds for this text and not for its form

	form  [MaxForm + 8]byte
	marks [MaxForm>>3 + 8]byte

	walls  []int32 // the tokens behind walls
	wall   int     // which one ends what At gives: the tokens from lo to hi
	lo, hi int

	lineAt    int                   // the line that was asked for last
	lineCaps  int                   // caps before the current line
	lineRoles Role                  // of the words of the current line
	lineOdd   int                   // how much the current line looks like program text
	known     [1 << knownBits]known // words that were looked up of late

	wasLow   bool // the line before had no capitals
	noGroups int  // up to here no colon stands in an IPv6 or MAC address
	opens    Opening
}

// New makes a block that knows the words of w.
func New(w *words.Tables) *Block { return &Block{Tables: w, lexicon: loadLexicon()} }

// Opening tells of the line at byte At whether names in lower case are looked for in it, should it be without capitals. What stands before the text
// decides that.
type Opening struct {
	At  int
	Low bool
}

// Read cuts text[from:to] into tokens, in place of what was there before. There are no walls until Divide puts them.
func (s *Block) Read(text []byte, from, to int, opens Opening) {
	s.Spans, s.Asked, s.Leaned, s.Narrow, s.opens = s.Spans[:0], s.Asked[:0], false, false, opens
	s.walls, s.wall, s.lo, s.hi = s.walls[:0], 0, 0, math.MaxInt
	s.lex(text, from, to)
	s.closeWalls()
}

// Labels are the roles of the words that are abbreviated before a number: No., Tel., Acct.
const Labels = PhoneWord | FaxWord | IDLabel | AcctLabel | SSNLabel | MRNLabel | PlanLabel | LicenseLabel | UnitLabel | DateWord | DOBWord | Month

// labelReach is how many tokens, signs included, are looked at for a label.
const labelReach = 24

// Bytes gives a token's text.
func (s *Block) Bytes(i int) []byte { return s.Text[s.Tokens[i].Start:s.Tokens[i].End] }

// BytesAt gives the text of token i, nothing where At gives no such token.
func (s *Block) BytesAt(i int) []byte {
	if i < s.lo || i >= s.hi {
		return nil
	}
	return s.Bytes(i)
}

// Between gives the text from token i to token j, both included.
func (s *Block) Between(i, j int) []byte { return s.Text[s.Tokens[i].Start:s.Tokens[j].End] }

// Look gives what the tables know of a word.
func (s *Block) Look(i int) words.Entry {
	t := &s.Tokens[i]
	if t.Flags&looked == 0 {
		t.Flags |= looked
		t.entry = s.lookUp(t)
	}
	return t.entry
}

// known is a word that was looked up: its key, and what the tables know of it.
type known struct {
	key   uint64
	entry words.Entry
}

const knownBits = 11

// Key gives a number that stands for the letters of a word in either case, and whether it is this word's alone: words that are longer, or hold
// letters that are not ASCII, share it.
func (s *Block) Key(t *Token) (key uint64, whole bool) {
	n := t.Len()
	if n > 16 || !t.Word() || t.Flags&Wide != 0 {
		return 0, false
	}
	return s.key(t), true
}

// key is the key of a word.
func (s *Block) key(t *Token) uint64 {
	if rest := s.Text[t.Start:]; len(rest) >= 16 {
		n := min(t.Len(), 16)
		x, y := binary.LittleEndian.Uint64(rest), binary.LittleEndian.Uint64(rest[8:])
		return longKey((x|lowerBits)&lowBytes[min(n, 8)], (y|lowerBits)&lowBytes[max(n-8, 0)])
	}
	return keyOf(s.Text[t.Start:t.End])
}

// lookUp asks the tables, and for a plain word first the few that were asked for of late: words repeat.
func (s *Block) lookUp(t *Token) words.Entry {
	b := s.Text[t.Start:t.End]
	key, whole := s.Key(t)
	if !whole {
		return s.Tables.Look(b)
	}
	k := &s.known[key*0x9e3779b97f4a7c15>>(64-knownBits)]
	if k.key != key {
		*k = known{key, s.Tables.Look(b)}
	}
	return k.entry
}

// At gives token i, an empty sign where there is none, or a wall stands before it.
func (s *Block) At(i int) *Token {
	if i < s.lo || i >= s.hi {
		return &NoToken
	}
	return &s.Tokens[i]
}

// Add reports the tokens i to j, both included, and claims them.
func (s *Block) Add(i, j int, sp Span) {
	sp.Start, sp.End = int(s.Tokens[i].Start), int(s.Tokens[j].End)
	s.Spans = append(s.Spans, sp)
	for ; i <= j; i++ {
		s.Tokens[i].Flags |= Claimed
	}
}

// StartsLine tells whether token i is the first of its line, but for signs: a quote mark, a bullet.
func (s *Block) StartsLine(i int) bool {
	for s.At(i).Gap < NewLine {
		i--
		if s.At(i).Kind != Sign {
			return false
		}
	}
	return true
}

// Says tells whether token i is the lower-case word w, in any case.
func (s *Block) Says(i int, w string) bool {
	b := s.BytesAt(i)
	if len(b) != len(w) {
		return false
	}
	for k := range b {
		if b[k]|0x20 != w[k] {
			return false
		}
	}
	return true
}

// Separated tells whether number i is followed by the sign c and another number without blanks, and not by more of the word.
func (s *Block) Separated(i int, c byte) bool { return s.Joint(i) == c }

// Joint gives the sign that stands by itself and without blanks between number i and another number, 0 when none does.
func (s *Block) Joint(i int) byte {
	if i+2 >= len(s.Tokens) {
		return 0
	}
	t, u := &s.Tokens[i+1], &s.Tokens[i+2]
	if t.Kind != Sign || t.Gap|u.Gap != Glued || u.Kind != Number || t.Len() != 1 {
		return 0
	}
	return t.Sign
}

// Continues tells whether the number or group that ends with token i goes on: -12, .3, a letter.
func (s *Block) Continues(i int) bool {
	t, u := s.At(i+1), s.At(i+2)
	if t.Gap != Glued {
		return false
	}
	if t.Word() || t.Kind == Junk || t.Kind == Number {
		return true
	}
	return (t.Is('-') || t.Is('/') || t.Is('.') || t.Is(':')) && u.Gap == Glued && (u.Kind == Number || u.Kind == Junk)
}

// PartOfWord tells whether number i is a piece of something longer that is no number: v1, 0x1f, 12ab34, a UUID's group.
func (s *Block) PartOfWord(i int) bool {
	t, before := &s.Tokens[i], s.At(i-1)
	if next := s.At(i + 1); next.Gap == Glued && next.Kind == Junk && !s.Extension(i+1) && s.Text[next.Start]|0x20 != 't' {
		return true
	}
	if t.Gap != Glued {
		return false
	}
	if before.Kind == Junk || before.Kind == link {
		return true
	}
	if before.Kind != Sign || before.Gap != Glued {
		return false
	}
	switch before.Sign {
	case '-', '_', '.', '/', '\\', '=', '+', '%', '$', '~', '#', '@', ':':
		w := s.At(i - 2)
		if before.Sign == ':' || before.Sign == '#' || before.Sign == '=' {
			return w.Kind == Junk || before.Sign == ':' && (w.Kind == Lower && w.Len() <= 2 || w.Kind == Number)
		}
		return w.Kind == Junk || w.Kind == link || w.Word() && w.Len() > 0 && before.Sign != '.' && before.Sign != ':' && !w.Has(PhoneWord|FaxWord)
	}
	return false
}

// Extension tells whether token i is the extension of a telephone number: x123.
func (s *Block) Extension(i int) bool {
	b := s.Bytes(i)
	if len(b) < 2 || len(b) > 7 || b[0]|0x20 != 'x' {
		return false
	}
	return allDigits(b[1:])
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if ClassOf(c) != ClassDigit {
			return false
		}
	}
	return len(b) > 0
}

// Label gathers the roles of the words that stand before token i in its sentence, six of them at most, and tells whether a
// colon, a number sign or a form of "is" stands directly before it.
func (s *Block) Label(i int) (r Role, direct bool) {
	if s.Tokens[i].Gap >= NewLine && !s.At(i-1).Is(':') {
		return 0, false
	}
	for j, left := i-1, 6; j >= 0 && j > i-labelReach && left > 0; j-- {
		t := &s.Tokens[j]
		switch {
		case t.Word():
			r |= t.Roles
			if r&(socialWord|securityWord) == socialWord|securityWord {
				r |= SSNLabel
			}
			left--
			if j == i-1 && t.Has(VerbBe) {
				direct = true
			}
		case t.Is(':') || t.Is('#') || t.Is('='):
			direct = direct || j == i-1
		case t.Kind == Number && j < i-1 || t.Is('?') || t.Is('!') || t.Is(';') || t.Is('\\') || t.Is('|'):
			return r, direct
		case t.Is('.') && s.At(j+1).Gap != Glued && (s.At(j-1).Len() > 5 || !s.At(j-1).Has(Labels)):
			return r, direct
		}
		if t.Gap >= NewLine {
			break
		}
	}
	return r, direct
}

// SubjectOf tells from the roles of a label whom its value is about.
func SubjectOf(r Role) phi.Subject {
	switch {
	case r&ProviderWord != 0:
		return phi.Provider
	case r&PatientWord != 0:
		return phi.Patient
	}
	return phi.Unknown
}

// NoToken stands for what is before the first and behind the last token. Nobody writes to it.
var NoToken = Token{Kind: Sign, Gap: EmptyLine, Flags: Claimed}

// termWord is a word that may be one of a term.
type termWord struct {
	key    uint64 // 0 when it is none
	at     int    // token
	digits bool   // it has digits, or is no word
}

// TermAt gives the term that begins with token i, the longest one, and its last token; nil when there is none. Walls do not matter.
func (s *Block) TermAt(i int) (*Term, int) {
	words, known := [len(Term{}.words)]termWord{{key: s.key(&s.Tokens[i]), at: i}}, 1
	for k := *s.lexicon.start(words[0].key) - 1; ; k++ {
		t, n := &s.lexicon.terms[k], 1
		for ; n < int(t.n); n++ {
			if n == known {
				words[n] = s.termWord(words[n-1].at + 1)
				known++
			}
			s.Narrow = s.Narrow || t.digits&(1<<n) != 0 && words[n].digits
			if words[n].key != t.words[n] {
				break
			}
		}
		if n == int(t.n) {
			return t, words[n-1].at
		}
		if !t.more {
			return nil, i
		}
	}
}

// termWord gives the word with which a term goes on at token i, over hyphens and slashes.
func (s *Block) termWord(i int) termWord {
	for i < len(s.Tokens) && (s.Tokens[i].Is('-') || s.Tokens[i].Is('/')) {
		i++
	}
	if i >= len(s.Tokens) {
		s.Leaned = true
		return termWord{at: i, digits: true}
	}
	t := &s.Tokens[i]
	w := termWord{at: i, digits: !t.Word()}
	if t.Gap != EmptyLine && (t.Word() || t.Kind == Junk || t.Kind == Number) {
		w.key = s.key(t)
	}
	return w
}

// RolesOf gives the roles of a word that stands by itself.
func (s *Block) RolesOf(word []byte) Role { return s.lexicon.roles(keyOf(word)) }
