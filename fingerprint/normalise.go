package fingerprint

import (
	"slices"
	"unicode/utf8"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// day appends a date of birth as YYYYMMDD, and nothing where it is no full date or a well-known filler.
func day(dst, b []byte) []byte {
	if len(b) == 0 {
		return dst
	}
	d, ok := phi.ParseDay(b)
	if !ok || d.Day == 0 || d.Year == 1900 && d.Month == 1 && d.Day == 1 {
		return dst
	}
	return append(dst, byte('0'+d.Year/1000), byte('0'+d.Year/100%10), byte('0'+d.Year/10%10), byte('0'+d.Year%10),
		byte('0'+d.Month/10), byte('0'+d.Month%10), byte('0'+d.Day/10), byte('0'+d.Day%10))
}

// names takes what an identity says of a name. It keeps the hash of the family name, and the first letter of the given one, and gives a hash
// of family and first given name whatever their order, so that "Smith, John Q." and "JOHN SMITH JR" are one; 0 where there are not two names.
func (m *Marker) names(id *record.Identity) (name uint64) {
	family, given := id.Family, id.Given
	if len(family) == 0 && len(id.Full) > 0 {
		family, given = split(id.Full)
	}
	m.family, m.initial = m.word(family), 0
	if first := letters(m.buf[:0], given[:min(len(given), 2)]); len(first) > 0 {
		m.initial = first[0]
	}
	a := m.family
	if len(given) == 0 && len(id.Full) > 0 { // and a family name
		family, given = split(id.Full)
		a = m.word(family)
	}
	if b := m.word(firstWord(given)); a != 0 && b != 0 {
		return a + b
	}
	return 0
}

// word is the hash of a name, 0 where it has no letters.
func (m *Marker) word(v []byte) uint64 {
	if l := letters(m.buf[:0], cut(v, maxName)); len(l) > 0 {
		return m.part('4', l)
	}
	return 0
}

// maxName bounds how much of a name counts, in bytes.
const maxName = 48

// cut bounds how much of a value counts.
func cut(v []byte, most int) []byte { return v[:min(len(v), most)] }

// split takes a whole name apart: "Family, Given ..." or "Title Given ... Family Suffix".
func split(full []byte) (family, given []byte) {
	for i, c := range full {
		if c == ',' && !suffix(trim(full[i+1:])) {
			return full[:i], trim(full[i+1:])
		}
	}
	words := fields(full)
	for len(words) > 0 && title(words[0]) {
		words = words[1:]
	}
	for len(words) > 1 && suffix(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	if len(words) < 2 {
		return nil, nil
	}
	return words[len(words)-1], words[0]
}

func fields(b []byte) (out [][]byte) {
	for i := 0; i < len(b); {
		if b[i] <= ' ' || b[i] == ',' {
			i++
			continue
		}
		j := i
		for j < len(b) && b[j] > ' ' && b[j] != ',' {
			j++
		}
		out = append(out, b[i:j])
		i = j
	}
	return out
}

func trim(b []byte) []byte {
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	return b
}

func firstWord(b []byte) []byte {
	b = trim(b)
	for i, c := range b {
		if c <= ' ' {
			return b[:i]
		}
	}
	return b
}

func folded(b []byte) string {
	var buf [8]byte
	return string(letters(buf[:0], b))
}

func title(b []byte) bool {
	switch folded(b) {
	case "mr", "mrs", "ms", "miss", "dr", "prof", "rev", "sir", "mx":
		return true
	}
	return false
}

func suffix(b []byte) bool {
	switch folded(b) {
	case "jr", "sr", "ii", "iii", "iv", "md", "phd", "do", "rn", "dds", "esq":
		return true
	}
	return false
}

// letters appends the letters of b in lower case, common Latin accents dropped.
func letters(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		if c := b[i]; c < utf8.RuneSelf {
			if c |= 0x20; c-'a' < 26 {
				dst = append(dst, c)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		i += n
		if base := latin(r); base != 0 {
			dst = append(dst, base)
		} else if r != utf8.RuneError {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// latinBases are the letters of U+00C0 to U+017F without their accents; 0 where the letter has none.
const latinBases = "aaaaaaaceeeeiiiidnooooo\x00ouuuuyts" + "aaaaaaaceeeeiiiidnooooo\x00ouuuuyty" +
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"

func latin(r rune) byte {
	if r < 0xC0 || int(r-0xC0) >= len(latinBases) {
		return 0
	}
	return latinBases[r-0xC0]
}

// digits appends the digits of b.
func digits(dst, b []byte) []byte {
	for _, c := range b {
		if c >= '0' && c <= '9' {
			dst = append(dst, c)
		}
	}
	return dst
}

// compacted says what compact makes of a byte: small letters large, signs and blanks nothing.
var compacted = func() (t [256]byte) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z':
			t[c] = byte(c) - 0x20
		case c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf:
			t[c] = byte(c)
		}
	}
	return t
}()

// compact appends the letters and digits of b in upper case, without leading zeros: 000-123 is 123 elsewhere.
func compact(dst, b []byte) []byte {
	for len(b) > 0 && (b[0] == '0' || compacted[b[0]] == 0) {
		b = b[1:]
	}
	n := len(dst)
	dst = slices.Grow(dst, len(b))[:n+len(b)]
	for _, c := range b { // without a branch on what is dropped
		c = compacted[c]
		dst[n] = c
		if c != 0 {
			n++
		}
	}
	return dst[:n]
}

func lower(dst, b []byte) []byte {
	for _, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}
