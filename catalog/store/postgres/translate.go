package postgres

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// translate writes a statement for PostgreSQL: ? and ?N become $N, as SQLite counts them (a bare one is the number behind the highest so far),
// and CROSS JOIN, which SQLite takes for the order in which tables are to be read, becomes JOIN, as PostgreSQL finds the order itself.
// What stands in quotes stays.
func translate(text string) string {
	if text == "BEGIN IMMEDIATE" {
		return "BEGIN"
	}
	var b strings.Builder
	highest := 0
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\'' || c == '"':
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				end = len(text) - i - 2
			}
			b.WriteString(text[i : i+end+2])
			i += end + 2
		case c == '?':
			n := 0
			for i++; i < len(text) && '0' <= text[i] && text[i] <= '9' && n < 1<<16; i++ {
				n = n*10 + int(text[i]-'0')
			}
			if n == 0 {
				n = highest + 1
			}
			highest = max(highest, n)
			b.WriteString("$" + strconv.Itoa(n))
		case c == 'C' && strings.HasPrefix(text[i:], "CROSS JOIN "):
			i += len("CROSS ")
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// Plain makes a text one that PostgreSQL can hold: of its bytes, 0 and those that are no UTF-8 as \xNN. Names come in that form already
// (source.Display); what somebody typed, a host is called or another system answered may not.
func Plain(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i, r := range s {
		if r == 0 || r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			b.WriteString(`\x` + string(digits[s[i]>>4]) + string(digits[s[i]&15]))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
