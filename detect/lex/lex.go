package lex

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// The lengths of a record, account or licence number with letters in it.
const (
	minNumber = 6
	maxNumber = 34
)

// letters gives how many of the eight bytes of x, from the lowest, are ASCII letters.
func letters(x uint64) int {
	y := (x | lowerBits) &^ highs
	outside := (^(y + (0x80-'a')*ones) | (y + (0x7f-'z')*ones) | x) & highs
	return bits.TrailingZeros64(outside) >> 3
}

// digits gives how many of the eight bytes of x, from the lowest, are digits.
func digits(x uint64) int {
	y := x &^ highs
	outside := (^(y + (0x80-'0')*ones) | (y + (0x7f-'9')*ones) | x) & highs
	return bits.TrailingZeros64(outside) >> 3
}

// lowBytes are the masks of a word's lowest bytes, by their number.
var lowBytes = func() (t [16]uint64) {
	for n := range t {
		t[n] = 1<<(8*min(n, 8)) - 1
	}
	return t
}()

// capitals gives the bits 5 of the capitals among the lowest n bytes of x, which are letters.
func capitals(x uint64, n int) uint64 {
	m := ^x & lowerBits
	if n < 8 {
		m &= 1<<(8*n) - 1
	}
	return m
}

// lex cuts text[from:to] into tokens, and these into lines. The plain word, by far the most common token, is read in this
// loop; all others have functions of their own.
func (s *Block) lex(text []byte, from, to int) {
	s.begin(text[:to], to-from)
	text = text[:to]
	toks, n := s.Tokens[:cap(s.Tokens)], 0
	g, roles := NewLine, Role(0)
	fast := to - 24
	for i := from; i < to; {
		c := text[i]
		switch classes[c] {
		case ClassBlank:
			g = max(g, Blank)
			i++
			continue
		case ClassLine:
			s.Tokens = toks[:n]
			s.lineRoles |= roles
			roles = 0
			s.endLine()
			g = min(max(g, Blank)+1, EmptyLine)
			i++
			continue
		case ClassLetter:
			if i < fast {
				x, y := binary.LittleEndian.Uint64(text[i:]), binary.LittleEndian.Uint64(text[i+8:])
				size, rest := letters(x), letters(y)
				if size < 8 {
					rest = 0
				}
				if end := i + size + rest; rest < 8 && !goesOn[text[end]] && n < len(toks) {
					below, below2 := lowBytes[size&15], lowBytes[rest&15]
					t := &toks[n]
					t.Start, t.End = uint32(i), uint32(end)
					t.Kind, t.Gap, t.Flags, t.Sign = Lower, g, 0, 0
					if big, more := ^x&lowerBits&below, ^y&lowerBits&below2; big|more != 0 {
						t.Kind = caseOfBits(big, more, size+rest)
						s.Capitals = append(s.Capitals, int32(n))
					}
					key := longKey((x|lowerBits)&below, (y|lowerBits)&below2)
					t.Roles = s.lexicon.roles(key)
					roles |= t.Roles
					if t.Roles&termStart != 0 {
						s.TermStarts = append(s.TermStarts, int32(n))
					}
					n++
					i, g = end, Glued
					if text[i] == ' ' {
						i++
						g = Blank
					}
					continue
				}
			}
			s.Tokens = toks[:n]
			i = s.lexWord(i, g)
		case ClassDigit:
			if i < fast {
				size := digits(binary.LittleEndian.Uint64(text[i:]))
				if end := i + size; size < 8 && !junkByte[text[end]] && (size != 4 || text[end] != '-') && n < len(toks) {
					if g != Glued || !s.tag(i, end) {
						s.Numbers = append(s.Numbers, int32(n))
					}
					toks[n].set(i, end, Number, g)
					n++
					i, g = end, Glued
					continue
				}
			}
			s.Tokens = toks[:n]
			i = s.lexNumber(i, g)
		case classWide:
			s.Tokens = toks[:n]
			i = s.lexWide(i, g)
		default:
			if i < fast && text[i+1] != c && n < len(toks) {
				if odd := oddness[c]; odd&1 == 0 {
					s.lineOdd += int(odd)
				} else if i == from || n == 0 || s.special(i, &toks[n-1]) {
					s.Tokens = toks[:n]
					i = s.lexSign(i, g)
					n = len(s.Tokens)
					g = Glued
					continue
				} else if g == Glued && (c == '.' || c == '(') && classes[text[i+1]] == ClassLetter {
					s.lineOdd += 2
				}
				t := &toks[n]
				t.set(i, i+1, Sign, g)
				t.Sign = c
				n++
				i++
				g = Glued
				continue
			}
			s.Tokens = toks[:n]
			i = s.lexSign(i, g)
		}
		n = len(s.Tokens)
		g = Glued
	}
	s.Tokens = toks[:n]
	s.lineRoles |= roles
	s.endLine()
}

// special tells whether the sign at i, behind the token last, may be more than a sign: one of an e-mail address, a URL, a host name, an IPv6
// or MAC address, a copyright, or the colon behind a label.
func (s *Block) special(i int, last *Token) bool {
	before, next := s.Text[i-1], s.Text[i+1]
	switch s.Text[i] {
	case '.':
		return strings.IndexByte("coneg", next) >= 0 || before|0x20 == 'w'
	case '(':
		return next|0x20 == 'c'
	case ':':
		if next == '/' || last.Roles&(NameLabel|CityLabel|InitialWord) != 0 {
			return true
		}
		return linkBytes[next]&hexByte != 0 && linkBytes[before]&hexByte != 0 && !s.clock(i)
	}
	return true
}

// clock tells whether the colon at i is one of a time of day: 23:59, 23:59:59.
func (s *Block) clock(i int) bool {
	first := i
	if i >= 3 && s.Text[i-3] == ':' {
		first = i - 3
	}
	if first < 3 || first+9 > len(s.Text) {
		return false
	}
	b := s.Text[first-3 : first+9]
	pair := func(k int) bool { return classes[b[k]] == ClassDigit && classes[b[k+1]] == ClassDigit }
	if !pair(1) || !pair(4) || linkBytes[b[0]]&hexByte != 0 {
		return false
	}
	end := 6
	if b[6] == ':' {
		if !pair(7) {
			return false
		}
		end = 9
	}
	return linkBytes[b[end]]&hexByte == 0
}

// begin empties the lists for a block of size bytes. No block has more tokens than bytes, so that the tokens never move.
func (s *Block) begin(text []byte, size int) {
	s.Text = text
	if cap(s.Tokens) < size+1 {
		s.Tokens = make([]Token, 0, max(size+1, 40<<10))
	}
	s.Tokens, s.Numbers, s.Capitals, s.Mixed, s.TermStarts = s.Tokens[:0], s.Numbers[:0], s.Capitals[:0], s.Mixed[:0], s.TermStarts[:0]
	s.Colons = s.Colons[:0]
	s.lines, s.Lows, s.lineCaps, s.lineOdd, s.lineRoles, s.wasLow = s.lines[:0], s.Lows[:0], 0, 0, 0, false
}

// push adds a token. There is room for it: see begin.
func (s *Block) push(i, end int, k Kind, g Gap) *Token {
	n := len(s.Tokens)
	s.Tokens = s.Tokens[:n+1]
	t := &s.Tokens[n]
	t.set(i, end, k, g)
	return t
}

// caseOfBits tells a word's case from the bits of its capitals, of which there is one at least: those of the first eight letters, and more.
func caseOfBits(big, more uint64, size int) Kind {
	n := bits.OnesCount64(big) + bits.OnesCount64(more)
	switch {
	case big&0x20 == 0:
		return MixedCase
	case n == 1:
		return Capital
	case n == size:
		return Upper
	}
	return MixedCase
}

// load gives the eight bytes from i on, zeros beyond the end.
func (s *Block) load(i int) uint64 {
	if i+8 <= len(s.Text) {
		return binary.LittleEndian.Uint64(s.Text[i:])
	}
	var buf [8]byte
	copy(buf[:], s.Text[i:])
	return binary.LittleEndian.Uint64(buf[:])
}

// lexWord reads a word that begins with an ASCII letter.
func (s *Block) lexWord(i int, g Gap) int {
	x := s.load(i)
	n := letters(x)
	big := capitals(x, n)
	first, others := big&0x20 != 0, bits.OnesCount64(big>>8)
	end := i + n
	for n == 8 {
		x = s.load(end)
		n = letters(x)
		others += bits.OnesCount64(capitals(x, n))
		end += n
	}
	if end < len(s.Text) && goesOn[s.Text[end]] {
		if end := s.lexOn(i, end, g); end > 0 {
			return end
		}
	}
	k := Lower
	switch {
	case first && others == 0:
		k = Capital
	case first && others == end-i-1:
		k = Upper
	case others > 0:
		k = MixedCase
		s.lineOdd++
	}
	s.word(i, end, g, k)
	return end
}

// lexOn reads a word that goes on behind its ASCII letters, and gives its end; 0 when the word is over.
func (s *Block) lexOn(i, end int, g Gap) int {
	c := s.Text[end]
	switch classes[c] {
	case ClassDigit:
		return s.lexJunk(i, end, g)
	case classWide:
		if n := wideLetter(s.Text[end:]); n > 0 {
			return s.lexMore(i, end+n, g)
		}
		return 0
	}
	mark := end
	if c == '\\' { // an apostrophe that was escaped: I\'m
		mark++
	}
	switch {
	case c == '_':
		return s.lexJunk(i, end, g)
	case mark+1 < len(s.Text) && s.Text[mark] == '\'' && (classes[s.Text[mark+1]] == ClassLetter || classes[s.Text[mark+1]] == classWide):
		return s.lexApostrophe(i, end, mark, g)
	}
	return 0
}

// word adds a word and what the lexicon says of it.
func (s *Block) word(i, end int, g Gap, k Kind) {
	if k != Lower {
		s.Capitals = append(s.Capitals, int32(len(s.Tokens)))
	}
	s.push(i, end, k, g)
	s.role(i, end)
}

// role takes down what the lexicon says of the last token.
func (s *Block) role(i, end int) {
	at := len(s.Tokens) - 1
	r := s.lexicon.roles(keyOf(s.Text[i:end]))
	s.Tokens[at].Roles = r
	s.lineRoles |= r
	if r&termStart != 0 {
		s.TermStarts = append(s.TermStarts, int32(at))
	}
}

// lexJunk reads on a word that turned out to mix letters with digits or underscores.
func (s *Block) lexJunk(i, end int, g Gap) int {
	for end < len(s.Text) && junkByte[s.Text[end]] {
		end++
	}
	at := len(s.Tokens)
	s.push(i, end, Junk, g)
	s.lineOdd++
	switch n := end - i; {
	case n <= 8:
		s.role(i, end)
	case n <= maxNumber:
		s.Mixed = append(s.Mixed, int32(at))
	}
	if n := end - i; n >= minNumber && n <= 8 {
		s.Mixed = append(s.Mixed, int32(at))
	}
	return end
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

// lexNumber reads digits. A time of a log is one token; so is a number with letters behind it, unless these are few (3rd, 5mg), an
// extension (x12), or the T of a timestamp.
func (s *Block) lexNumber(i int, g Gap) int {
	end := i + 1
	for end < len(s.Text) && classes[s.Text[end]] == ClassDigit {
		end++
	}
	if end-i == 4 && end+15 < len(s.Text) && s.Text[end] == '-' {
		if stop := s.stampEnd(i); stop > 0 {
			s.Numbers = append(s.Numbers, int32(len(s.Tokens)))
			s.push(i, stop, Stamp, g)
			s.lineOdd += 3
			return stop
		}
	}
	if end < len(s.Text) && (classes[s.Text[end]] == ClassLetter || s.Text[end] == '_') {
		tail := end
		for tail < len(s.Text) && junkByte[s.Text[tail]] {
			tail++
		}
		if n := tail - end; n > 2 && s.Text[end]|0x20 != 'x' && s.Text[end] != 'T' {
			return s.lexJunk(i, tail, g)
		}
		s.Numbers = append(s.Numbers, int32(len(s.Tokens)))
		s.push(i, end, Number, g)
		return s.lexJunk(end, tail, Glued)
	}
	if g != Glued || !s.tag(i, end) {
		s.Numbers = append(s.Numbers, int32(len(s.Tokens)))
	}
	s.push(i, end, Number, g)
	return end
}

// tag tells whether the number from i to end is a short one that belongs to the word before it, as in host-3, n=17 and app[411], and
// so need not be looked at.
func (s *Block) tag(i, end int) bool {
	if end-i > 4 || i < 2 || end >= len(s.Text) || classes[s.Text[i-2]] != ClassLetter {
		return false
	}
	next := s.Text[end]
	switch s.Text[i-1] {
	case '-':
		return next != '-' && next != '/'
	case '=':
		return next != '/' && next != '-' && next != '.'
	case '[':
		return next == ']'
	}
	return false
}

// stampEnd gives the end of a time of day with its date as machines write it (ISO 8601, RFC 3339), of which the year begins
// at i: 2024-01-31T23:59:59.123+01:00, or with a blank; 0 when it is none.
func (s *Block) stampEnd(i int) int {
	const form = "0000-00-00T00:00:00"
	if i+len(form) > len(s.Text) {
		return 0
	}
	for k := 4; k < len(form); k++ {
		c := s.Text[i+k]
		switch form[k] {
		case '0':
			if classes[c] != ClassDigit {
				return 0
			}
		case 'T':
			if c != 'T' && c != ' ' && c != 't' && c != '_' {
				return 0
			}
		default:
			if c != form[k] {
				return 0
			}
		}
	}
	end := i + len(form)
	digit := func(i int) bool { return i < len(s.Text) && classes[s.Text[i]] == ClassDigit }
	for digit(end) || end < len(s.Text) && strings.IndexByte(".,+-:", s.Text[end]) >= 0 && digit(end+1) {
		end++ // fractions of a second, time zone
	}
	if end < len(s.Text) && s.Text[end]|0x20 == 'z' {
		end++
	}
	return end
}

// lexSign reads a run of one sign. The signs of e-mail addresses and URLs are looked at closer.
func (s *Block) lexSign(i int, g Gap) int {
	c := s.Text[i]
	if odd := oddness[c]; odd != 0 {
		s.lineOdd += int(odd)
		if c == '(' && i+1 < len(s.Text) && s.Text[i+1]|0x20 == 'c' {
			s.lineRoles |= Credit // as far as a line's roles tell: (c)
		}
		end := 0
		switch c {
		case '@':
			end = s.email(i, g)
		case ':':
			if end = s.colon(i, g); end == 0 && len(s.Tokens) > 0 && s.Tokens[len(s.Tokens)-1].Has(NameLabel|CityLabel|InitialWord) {
				s.Colons = append(s.Colons, int32(len(s.Tokens)))
			}
		case '.':
			end = s.dot(i, g)
		}
		if end > 0 {
			return end
		}
		if (c == '.' || c == '(') && g == Glued && i+1 < len(s.Text) && classes[s.Text[i+1]] == ClassLetter {
			s.lineOdd += 2
		}
		s.lineOdd -= int(odd & 1)
	}
	end := i + 1
	for end < len(s.Text) && s.Text[end] == c {
		end++
	}
	s.push(i, end, Sign, g).Sign = c
	return end
}
