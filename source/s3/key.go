package s3

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// versionMark stands between a key and the version of the object, where all versions are listed.
const versionMark = "?versionId="

// display writes a key so that it can be shown, stored and told from every other: control characters, backslashes and bytes that are
// no UTF-8 as \xNN, as in the names of files. So is what has a meaning in the path of an item: the mark of a thing within a thing
// (!/), that of a version, and a slash at the end, behind which a name would be missing.
func display(key string) string {
	if ordinary(key) {
		return key
	}
	var b strings.Builder
	for i := 0; i < len(key); {
		r, n := utf8.DecodeRuneInString(key[i:])
		rest := key[i:]
		switch {
		case r == utf8.RuneError && n <= 1 || r < ' ' || r == 0x7f || r == '\\', strings.HasPrefix(rest, "!/"), strings.HasPrefix(rest, versionMark),
			rest == "/":
			fmt.Fprintf(&b, `\x%02x`, key[i])
			n = 1
		case invisible(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// ordinary tells whether a key can stand as it is.
func ordinary(key string) bool {
	for i := 0; i < len(key); i++ {
		if c := key[i]; c < ' ' || c >= 0x7f || c == '\\' || c == '!' || c == '?' {
			return false
		}
	}
	return !strings.HasSuffix(key, "/")
}

// invisible tells whether a character only changes how others are shown: C1 controls, and those that turn the direction.
func invisible(r rune) bool {
	return r >= 0x80 && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff
}

// undisplay gives the key that display wrote so; ok is false where it would not have.
func undisplay(shown string) (key string, ok bool) {
	if !strings.ContainsRune(shown, '\\') {
		return shown, display(shown) == shown
	}
	var b strings.Builder
	for i := 0; i < len(shown); {
		if shown[i] != '\\' {
			b.WriteByte(shown[i])
			i++
			continue
		}
		digits := 0
		if i+1 < len(shown) {
			digits = map[byte]int{'x': 2, 'u': 4}[shown[i+1]]
		}
		if digits == 0 || i+2+digits > len(shown) {
			return "", false
		}
		c, err := strconv.ParseUint(shown[i+2:i+2+digits], 16, 16)
		if err != nil {
			return "", false
		}
		if digits == 2 {
			b.WriteByte(byte(c))
		} else {
			b.WriteRune(rune(c))
		}
		i += 2 + digits
	}
	key = b.String()
	return key, display(key) == shown // each key has one form
}
