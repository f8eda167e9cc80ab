package format

import (
	"strings"
	"unicode/utf8"
)

// maxShown is how many bytes of a name are kept.
const maxShown = 128

// Shown makes the name of a column or table fit to be shown: on one line, valid UTF-8, and not too long.
func Shown(name string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(name[:min(len(name), maxShown)], "")))
}

// PlainText tells whether binary data are a text all the same: UTF-8 without control characters but line breaks and tabs. A character
// that is cut off at the end does not count, so that the beginning of a long value can be asked.
func PlainText(b []byte) bool {
	for back := 1; back < utf8.UTFMax && back < len(b); back++ {
		if tail := b[len(b)-back:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				b = b[:len(b)-back]
			}
			break
		}
	}
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
	}
	return utf8.Valid(b)
}
