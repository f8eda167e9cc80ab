package pool

import (
	"bytes"
	"strconv"
)

// Unescape replaces, in place, the characters that a workbook writes as _xHHHH_, since XML or its program would not keep them
// (ISO/IEC 29500-1, 22.9.2.19): line ends mostly.
func Unescape(v []byte) []byte {
	at := bytes.Index(v, []byte("_x"))
	if at < 0 {
		return v
	}
	to := v[:at]
	for i := at; i < len(v); {
		if i+7 <= len(v) && v[i] == '_' && v[i+1] == 'x' && v[i+6] == '_' {
			if n, err := strconv.ParseUint(string(v[i+2:i+6]), 16, 16); err == nil {
				if n == '\r' {
					n = ' '
				}
				to = append(to, string(rune(n))...) // at most three bytes in the place of seven
				i += 7
				continue
			}
		}
		to = append(to, v[i])
		i++
	}
	return to
}

// Heading takes the codes for sections, fonts, sizes and fields out of a sheet's header or footer, in place (ISO/IEC 29500-1,
// 18.3.1.46): what is left, and left of each other, is parted by blanks.
func Heading(v []byte) []byte {
	to := v[:0]
	for i := 0; i < len(v); i++ {
		if v[i] != '&' || i+1 == len(v) {
			to = append(to, v[i])
			continue
		}
		i++
		switch c := v[i]; {
		case c == '&':
			to = append(to, c)
		case c == '"':
			if end := bytes.IndexByte(v[i+1:], '"'); end >= 0 {
				i += end + 1
			}
		case c >= '0' && c <= '9':
			for i+1 < len(v) && v[i+1] >= '0' && v[i+1] <= '9' {
				i++
			}
		case bytes.IndexByte([]byte("BIUESXYHOK"), c) >= 0: // the style of what follows
		default:
			to = append(to, ' ')
		}
	}
	return bytes.TrimSpace(to)
}
