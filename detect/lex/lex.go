package lex

import (
	"encoding/binary"
	"math/bits"
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
					if t.Roles&telling != 0 {
						s.tell(t.Roles, n)
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
			if i < fast && text[i+1] != c && n > 0 && n < len(toks) && (oddness[c] == 0 || s.plain(i, g, &toks[n-1])) {
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

// begin empties the lists for a block of size bytes. No block has more tokens than bytes, so that the tokens never move.
func (s *Block) begin(text []byte, size int) {
	s.Text = text
	if cap(s.Tokens) < size+1 {
		s.Tokens = make([]Token, 0, max(size+1, 40<<10))
	}
	s.Tokens, s.Numbers, s.Capitals, s.Mixed, s.TermStarts = s.Tokens[:0], s.Numbers[:0], s.Capitals[:0], s.Mixed[:0], s.TermStarts[:0]
	s.Colons, s.Healthy = s.Colons[:0], s.Healthy[:0]
	s.lines, s.Lows, s.lineCaps, s.lineOdd, s.lineRoles, s.wasLow = s.lines[:0], s.Lows[:0], 0, 0, 0, false
	s.noGroups = 0
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
		if end-i >= 16 || end < len(s.Text) && goesOn[s.Text[end]] { // else the word is as it is in a text's middle: see lex
			s.lineOdd++
		}
	}
	s.word(i, end, g, k)
	return end
}

// lexOn reads a word that goes on behind its ASCII letters, and gives its end; 0 when the word is over.
func (s *Block) lexOn(i, end int, g Gap) int {
	c := s.Text[end]
	switch classes[c] {
	case ClassDigit:
		if i+8 < len(s.Text) && s.Text[i+8] == '-' && isUUID(s.Text[i:]) {
			return s.lexUUID(i, g)
		}
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
	if r&telling != 0 {
		s.tell(r, at)
	}
}

// telling are the roles of which words are listed.
const telling = termStart | healthWeak | HealthStrong

// tell lists word i, which begins a term or is one of health.
func (s *Block) tell(r Role, i int) {
	if r&termStart != 0 {
		s.TermStarts = append(s.TermStarts, int32(i))
	}
	if r&(healthWeak|HealthStrong) != 0 {
		s.Healthy = append(s.Healthy, int32(i))
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

// lexUUID takes a UUID for one token.
func (s *Block) lexUUID(i int, g Gap) int {
	s.push(i, i+lenUUID, Junk, g)
	s.lineOdd += 3
	return i + lenUUID
}
