package lex

import (
	"unicode"
	"unicode/utf8"
)

// wideLetter gives the length of the letter or mark beyond ASCII that b begins with, 0 when it is none.
func wideLetter(b []byte) int {
	if len(b) >= 2 && b[0] == 0xc3 && b[1] >= 0x80 && b[1] != 0x97 && b[1] != 0xb7 && b[1] <= 0xbf {
		return 2 // the letters of Latin-1
	}
	r, n := utf8.DecodeRune(b)
	if r == '’' { // an apostrophe when a letter follows, but not the s of a genitive
		if next, _ := utf8.DecodeRune(b[n:]); unicode.IsLetter(next) && next != 's' {
			return n
		}
		return 0
	}
	if r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsMark(r) {
		return 0
	}
	return n
}

// caseOf tells a word's case from its letters.
func caseOf(b []byte) Kind {
	first, others, n := false, 0, 0
	for i := 0; i < len(b); n++ {
		r, size := rune(b[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(b[i:])
		}
		i += size
		switch {
		case !unicode.IsLetter(r):
			n--
		case !unicode.IsUpper(r):
		case n == 0:
			first = true
		default:
			others++
		}
	}
	switch {
	case first && others == 0:
		return Capital
	case first && others == n-1:
		return Upper
	case others > 0:
		return MixedCase
	}
	return Lower
}

// lexWide reads from a byte that is not ASCII: a word, or a sign.
func (s *Block) lexWide(i int, g Gap) int {
	if n := wideLetter(s.Text[i:]); n > 0 {
		return s.lexMore(i, i+n, g)
	}
	r, n := utf8.DecodeRune(s.Text[i:])
	if r == '\u00a0' || r == '\u2003' || r == '\ufeff' { // blanks that are no ASCII; the next token is not glued
		s.push(i, i+n, Sign, g).Sign = ' '
		return i + n
	}
	c := byte(0)
	switch r {
	case '©':
		s.lineRoles |= Credit
	case '’', '‘':
		c = '\''
	case '“', '”', '«', '»':
		c = '"'
	case '–', '—':
		c = '-'
	}
	s.push(i, i+n, Sign, g).Sign = c
	return i + n
}

// lexMore reads on a word that holds letters beyond ASCII, or an inner apostrophe, from its byte end on.
func (s *Block) lexMore(i, end int, g Gap) int {
	for end < len(s.Text) {
		c := s.Text[end]
		switch cl := classes[c]; {
		case cl == ClassLetter:
			end++
			continue
		case cl == ClassDigit || c == '_':
			return s.lexJunk(i, end, g)
		case cl == classWide:
			if n := wideLetter(s.Text[end:]); n > 0 {
				end += n
				continue
			}
		}
		break
	}
	t := Token{Start: uint32(i), End: uint32(end), Gap: g, Kind: caseOf(s.Text[i:end])}
	if s.Text[end-1] >= utf8.RuneSelf || !ascii(s.Text[i:end]) {
		t.Flags = Wide
	}
	if end+2 < len(s.Text) && s.Text[end] == '\'' && s.Text[end+1]|0x20 == 's' {
		t.Flags |= Owning
	}
	if t.Kind != Lower {
		s.Capitals = append(s.Capitals, int32(len(s.Tokens)))
	}
	s.Tokens = append(s.Tokens, t)
	if t.Flags&Owning != 0 {
		end += 2
	}
	return end
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// lexApostrophe reads on a word behind whose letters an apostrophe and a letter follow: O'Brien goes on, John's does not.
// The letters end at end, and mark is the apostrophe, behind a backslash perhaps.
func (s *Block) lexApostrophe(i, end, mark int, g Gap) int {
	rest := mark + 1
	for rest < len(s.Text) && classes[s.Text[rest]] == ClassLetter {
		rest++
	}
	n := rest - mark - 1
	if n > 2 && end-i <= 2 && mark == end && (rest == len(s.Text) || classes[s.Text[rest]] != ClassDigit) {
		return s.lexMore(i, rest, g)
	}
	k := caseOf(s.Text[i:end])
	s.word(i, end, g, k)
	t := &s.Tokens[len(s.Tokens)-1]
	t.Flags |= Owning
	if t.Kind == Lower || n > 1 || s.Text[mark+1]|0x20 != 's' {
		t.Roles |= Common | Auxiliary // a contraction: don't, it's, I'm
	}
	return rest
}
