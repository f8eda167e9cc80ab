package fingerprint

import (
	"unicode/utf8"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// day writes a date of birth as YYYYMMDD; ok is false where it is not a full date or a well-known filler.
func day(b []byte) (out []byte, ok bool) {
	d, ok := phi.ParseDay(b)
	if !ok || d.Day == 0 || d.Year == 1900 && d.Month == 1 && d.Day == 1 {
		return nil, false
	}
	return []byte{byte('0' + d.Year/1000), byte('0' + d.Year/100%10), byte('0' + d.Year/10%10), byte('0' + d.Year%10),
		byte('0' + d.Month/10), byte('0' + d.Month%10), byte('0' + d.Day/10), byte('0' + d.Day%10)}, true
}

// name writes a person's name as family and first given name, folded, in alphabetical order, so that "Smith, John Q." and
// "JOHN SMITH JR" are one. It is empty where there are not two names.
func (m *Marker) name(id *record.Identity) []byte {
	family, given := id.Family, id.Given
	if len(family) == 0 || len(given) == 0 {
		if len(id.Full) == 0 {
			return nil
		}
		family, given = split(id.Full)
	}
	buf := m.buf[:0]
	buf = letters(buf, family)
	n := len(buf)
	buf = letters(buf, firstWord(given))
	m.buf = buf[:0]
	if n == 0 || len(buf) == n {
		return nil
	}
	a, b := buf[:n], buf[n:]
	if string(b) < string(a) {
		a, b = b, a
	}
	out := make([]byte, 0, len(buf)+1+16)
	return append(append(append(out, a...), ' '), b...)
}

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
		c := b[i]
		if c < utf8.RuneSelf {
			if c |= 0x20; c >= 'a' && c <= 'z' {
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

// compact appends the letters and digits of b in upper case, without leading zeros: 000-123 is 123 elsewhere.
func compact(dst, b []byte) []byte {
	start := len(dst)
	for _, c := range b {
		switch {
		case c >= 'a' && c <= 'z':
			c -= 0x20
		case c >= 'A' && c <= 'Z' || c > '0' && c <= '9' || c >= utf8.RuneSelf:
		case c == '0' && len(dst) > start:
		default:
			continue
		}
		dst = append(dst, c)
	}
	return dst
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
