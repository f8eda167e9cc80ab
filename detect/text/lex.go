package text

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
func (s *Scanner) lex(text []byte, from, to int) {
	s.begin(text[:to], to-from)
	text = text[:to]
	toks, n := s.toks[:cap(s.toks)], 0
	g, health := newLine, 0
	fast := to - 24
	for i := from; i < to; {
		c := text[i]
		switch classes[c] {
		case classBlank:
			g = max(g, blank)
			i++
			continue
		case classLine:
			s.toks = toks[:n]
			s.endLine()
			g = min(max(g, blank)+1, emptyLine)
			i++
			continue
		case classLetter:
			if i < fast {
				x, y := binary.LittleEndian.Uint64(text[i:]), binary.LittleEndian.Uint64(text[i+8:])
				size, rest := letters(x), letters(y)
				if size < 8 {
					rest = 0
				}
				if end := i + size + rest; rest < 8 && !goesOn[text[end]] && n < len(toks) {
					below, below2 := lowBytes[size&15], lowBytes[rest&15]
					t := &toks[n]
					t.start, t.end = uint32(i), uint32(end)
					t.kind, t.gap, t.flags, t.sign = lower, g, 0, 0
					if big, more := ^x&lowerBits&below, ^y&lowerBits&below2; big|more != 0 {
						t.kind = caseOfBits(big, more, size+rest)
						s.caps = append(s.caps, int32(n))
					}
					key := longKey((x|lowerBits)&below, (y|lowerBits)&below2)
					t.roles = s.lexicon.roles(key)
					if i >= s.from && i < s.to {
						health += t.roles.weight()
					}
					if t.roles&termStart != 0 {
						s.starts = append(s.starts, int32(n))
					}
					n++
					i, g = end, glued
					if text[i] == ' ' {
						i++
						g = blank
					}
					continue
				}
			}
			s.toks = toks[:n]
			i = s.lexWord(i, g)
		case classDigit:
			s.toks = toks[:n]
			i = s.lexNumber(i, g)
		case classWide:
			s.toks = toks[:n]
			i = s.lexWide(i, g)
		default:
			if i < fast && text[i+1] != c && (oddness[c] == 0 || c == '.' && classes[text[i+1]] <= classLine) && n < len(toks) {
				toks[n] = token{start: uint32(i), end: uint32(i + 1), kind: sign, gap: g, sign: c}
				n++
				i++
				g = glued
				continue
			}
			s.toks = toks[:n]
			i = s.lexSign(i, g)
		}
		n = len(s.toks)
		g = glued
	}
	s.toks = toks[:n]
	s.endLine()
	s.health += health
}

// begin empties the lists for a block of size bytes. No block has more tokens than bytes, so that the tokens never move.
func (s *Scanner) begin(text []byte, size int) {
	s.text = text
	if cap(s.toks) < size+1 {
		s.toks = make([]token, 0, max(size+1, blockSize+2*context+1))
	}
	s.toks, s.nums, s.caps, s.odd, s.starts = s.toks[:0], s.nums[:0], s.caps[:0], s.odd[:0], s.starts[:0]
	s.colons = s.colons[:0]
	s.lines, s.lows, s.lineCaps, s.lineOdd, s.wasLow = s.lines[:0], s.lows[:0], 0, 0, false
}

// caseOfBits tells a word's case from the bits of its capitals, of which there is one at least: those of the first eight letters, and more.
func caseOfBits(big, more uint64, size int) kind {
	n := bits.OnesCount64(big) + bits.OnesCount64(more)
	switch {
	case big&0x20 == 0:
		return mixed
	case n == 1:
		return capital
	case n == size:
		return upper
	}
	return mixed
}

// load gives the eight bytes from i on, zeros beyond the end.
func (s *Scanner) load(i int) uint64 {
	if i+8 <= len(s.text) {
		return binary.LittleEndian.Uint64(s.text[i:])
	}
	var buf [8]byte
	copy(buf[:], s.text[i:])
	return binary.LittleEndian.Uint64(buf[:])
}

// lexWord reads a word that begins with an ASCII letter.
func (s *Scanner) lexWord(i int, g gap) int {
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
	if end < len(s.text) && goesOn[s.text[end]] {
		if end := s.lexOn(i, end, g); end > 0 {
			return end
		}
	}
	k := lower
	switch {
	case first && others == 0:
		k = capital
	case first && others == end-i-1:
		k = upper
	case others > 0:
		k = mixed
		s.lineOdd++
	}
	s.word(i, end, g, k)
	return end
}

// lexOn reads a word that goes on behind its ASCII letters, and gives its end; 0 when the word is over.
func (s *Scanner) lexOn(i, end int, g gap) int {
	c := s.text[end]
	switch classes[c] {
	case classDigit:
		return s.lexJunk(i, end, g)
	case classWide:
		if n := wideLetter(s.text[end:]); n > 0 {
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
	case mark+1 < len(s.text) && s.text[mark] == '\'' && (classes[s.text[mark+1]] == classLetter || classes[s.text[mark+1]] == classWide):
		return s.lexApostrophe(i, end, mark, g)
	}
	return 0
}

// word adds a word and what the lexicon says of it.
func (s *Scanner) word(i, end int, g gap, k kind) {
	if k != lower {
		s.caps = append(s.caps, int32(len(s.toks)))
	}
	s.toks = append(s.toks, token{start: uint32(i), end: uint32(end), gap: g, kind: k})
	s.role(i, end)
}

// role takes down what the lexicon says of the last token.
func (s *Scanner) role(i, end int) {
	at := len(s.toks) - 1
	r := s.lexicon.roles(keyOf(s.text[i:end]))
	s.toks[at].roles = r
	if i >= s.from && i < s.to {
		s.health += r.weight()
	}
	if r&termStart != 0 {
		s.starts = append(s.starts, int32(at))
	}
}

// lexJunk reads on a word that turned out to mix letters with digits or underscores.
func (s *Scanner) lexJunk(i, end int, g gap) int {
	for end < len(s.text) && junkByte[s.text[end]] {
		end++
	}
	at := len(s.toks)
	s.toks = append(s.toks, token{start: uint32(i), end: uint32(end), gap: g, kind: junk})
	s.lineOdd++
	switch n := end - i; {
	case n <= 8:
		s.role(i, end)
	case n <= maxNumber:
		s.odd = append(s.odd, int32(at))
	}
	if n := end - i; n >= minNumber && n <= 8 {
		s.odd = append(s.odd, int32(at))
	}
	return end
}

// lexApostrophe reads on a word behind whose letters an apostrophe and a letter follow: O'Brien goes on, John's does not.
// The letters end at end, and mark is the apostrophe, behind a backslash perhaps.
func (s *Scanner) lexApostrophe(i, end, mark int, g gap) int {
	rest := mark + 1
	for rest < len(s.text) && classes[s.text[rest]] == classLetter {
		rest++
	}
	n := rest - mark - 1
	if n > 2 && end-i <= 2 && mark == end && (rest == len(s.text) || classes[s.text[rest]] != classDigit) {
		return s.lexMore(i, rest, g)
	}
	k := caseOf(s.text[i:end])
	s.word(i, end, g, k)
	t := &s.toks[len(s.toks)-1]
	t.flags |= owning
	if t.kind == lower || n > 1 || s.text[mark+1]|0x20 != 's' {
		t.roles |= common | auxiliary // a contraction: don't, it's, I'm
	}
	return rest
}

// lexMore reads on a word that holds letters beyond ASCII, or an inner apostrophe, from its byte end on.
func (s *Scanner) lexMore(i, end int, g gap) int {
	for end < len(s.text) {
		c := s.text[end]
		switch cl := classes[c]; {
		case cl == classLetter:
			end++
			continue
		case cl == classDigit || c == '_':
			return s.lexJunk(i, end, g)
		case cl == classWide:
			if n := wideLetter(s.text[end:]); n > 0 {
				end += n
				continue
			}
		}
		break
	}
	t := token{start: uint32(i), end: uint32(end), gap: g, kind: caseOf(s.text[i:end])}
	if s.text[end-1] >= utf8.RuneSelf || !ascii(s.text[i:end]) {
		t.flags = wide
	}
	if end+2 < len(s.text) && s.text[end] == '\'' && s.text[end+1]|0x20 == 's' {
		t.flags |= owning
	}
	if t.kind != lower {
		s.caps = append(s.caps, int32(len(s.toks)))
	}
	s.toks = append(s.toks, t)
	if t.flags&owning != 0 {
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
func (s *Scanner) lexWide(i int, g gap) int {
	if n := wideLetter(s.text[i:]); n > 0 {
		return s.lexMore(i, i+n, g)
	}
	r, n := utf8.DecodeRune(s.text[i:])
	if r == '\u00a0' || r == '\u2003' || r == '\ufeff' { // blanks that are no ASCII; the next token is not glued
		s.toks = append(s.toks, token{start: uint32(i), end: uint32(i + n), gap: g, kind: sign, sign: ' '})
		return i + n
	}
	c := byte(0)
	switch r {
	case '’', '‘':
		c = '\''
	case '“', '”', '«', '»':
		c = '"'
	case '–', '—':
		c = '-'
	}
	s.toks = append(s.toks, token{start: uint32(i), end: uint32(i + n), gap: g, kind: sign, sign: c})
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
func caseOf(b []byte) kind {
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
		return capital
	case first && others == n-1:
		return upper
	case others > 0:
		return mixed
	}
	return lower
}

// lexNumber reads digits. A time of a log is one token; so is a number with letters behind it, unless these are few (3rd, 5mg), an
// extension (x12), or the T of a timestamp.
func (s *Scanner) lexNumber(i int, g gap) int {
	end := i + 1
	for end < len(s.text) && classes[s.text[end]] == classDigit {
		end++
	}
	if end-i == 4 && end+15 < len(s.text) && s.text[end] == '-' {
		if stop := s.stampEnd(i); stop > 0 {
			s.nums = append(s.nums, int32(len(s.toks)))
			s.toks = append(s.toks, token{start: uint32(i), end: uint32(stop), gap: g, kind: stamp})
			s.lineOdd += 3
			return stop
		}
	}
	if end < len(s.text) && (classes[s.text[end]] == classLetter || s.text[end] == '_') {
		tail := end
		for tail < len(s.text) && junkByte[s.text[tail]] {
			tail++
		}
		if n := tail - end; n > 2 && s.text[end]|0x20 != 'x' && s.text[end] != 'T' {
			return s.lexJunk(i, tail, g)
		}
		s.nums = append(s.nums, int32(len(s.toks)))
		s.toks = append(s.toks, token{start: uint32(i), end: uint32(end), gap: g, kind: number})
		return s.lexJunk(end, tail, glued)
	}
	if g != glued || !s.tag(i, end) {
		s.nums = append(s.nums, int32(len(s.toks)))
	}
	s.toks = append(s.toks, token{start: uint32(i), end: uint32(end), gap: g, kind: number})
	return end
}

// tag tells whether the number from i to end is a short one that belongs to the word before it, as in host-3, n=17 and app[411], and
// so need not be looked at.
func (s *Scanner) tag(i, end int) bool {
	if end-i > 4 || i < 2 || end >= len(s.text) || classes[s.text[i-2]] != classLetter {
		return false
	}
	next := s.text[end]
	switch s.text[i-1] {
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
func (s *Scanner) stampEnd(i int) int {
	const form = "0000-00-00T00:00:00"
	if i+len(form) > len(s.text) {
		return 0
	}
	for k := 4; k < len(form); k++ {
		c := s.text[i+k]
		switch form[k] {
		case '0':
			if classes[c] != classDigit {
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
	digit := func(i int) bool { return i < len(s.text) && classes[s.text[i]] == classDigit }
	for digit(end) || end < len(s.text) && strings.IndexByte(".,+-:", s.text[end]) >= 0 && digit(end+1) {
		end++ // fractions of a second, time zone
	}
	if end < len(s.text) && s.text[end]|0x20 == 'z' {
		end++
	}
	return end
}

// lexSign reads a run of one sign. The signs of e-mail addresses and URLs are looked at closer.
func (s *Scanner) lexSign(i int, g gap) int {
	c := s.text[i]
	if odd := oddness[c]; odd != 0 {
		s.lineOdd += int(odd)
		end := 0
		switch c {
		case '@':
			end = s.email(i, g)
		case ':':
			if end = s.colon(i, g); end == 0 && len(s.toks) > 0 && s.toks[len(s.toks)-1].has(nameLabel|cityLabel|initialWord) {
				s.colons = append(s.colons, int32(len(s.toks)))
			}
		case '.':
			end = s.dot(i, g)
		}
		if end > 0 {
			return end
		}
		if (c == '.' || c == '(') && g == glued && i+1 < len(s.text) && classes[s.text[i+1]] == classLetter {
			s.lineOdd += 2
		}
		s.lineOdd -= int(odd & 1)
	}
	end := i + 1
	for end < len(s.text) && s.text[end] == c {
		end++
	}
	s.toks = append(s.toks, token{start: uint32(i), end: uint32(end), gap: g, kind: sign, sign: c})
	return end
}
