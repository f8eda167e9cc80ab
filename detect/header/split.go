package header

import "strings"

// maxName bounds how much of a name is looked at.
const maxName = 200

// Key gives the letters and digits of a name, in lower case.
func Key(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c-'a' < 26, c-'0' < 10, c >= 0x80:
			b.WriteByte(c)
		case c-'A' < 26:
			b.WriteByte(c | 0x20)
		}
	}
	return b.String()
}

// trimDigits takes the digits off the end.
func trimDigits(s string) string { return strings.TrimRight(s, "0123456789") }

// Pieces cuts a name into pieces: at signs and blanks, before a capital that begins a word (patientFirstName, HTTPServer),
// and, where a piece is not in the vocabulary, between known pieces (PATIENTINSURANCEID). Digits at a piece's end are dropped,
// pieces of digits alone too.
func (x *Lexicon) Pieces(name string) []string {
	if len(name) > maxName {
		name = name[len(name)-maxName:]
	}
	var out []string
	for _, word := range cutCase(name) {
		if x.pieces[word] != (piece{}) {
			out = append(out, word)
			continue
		}
		bare := trimDigits(word)
		if bare == "" {
			continue
		}
		if x.pieces[bare] != (piece{}) {
			out = append(out, bare)
			continue
		}
		out = append(out, x.segment(bare)...)
	}
	return out
}

// cutCase cuts at everything that is no letter or digit, and at the change from small to capital letters.
func cutCase(name string) []string {
	var out []string
	start := -1
	flush := func(end int) {
		if start >= 0 && end > start {
			out = append(out, strings.ToLower(name[start:end]))
		}
		start = -1
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		isUpper := c-'A' < 26
		if !isUpper && c-'a' >= 26 && c-'0' >= 10 && c < 0x80 {
			flush(i)
			continue
		}
		if isUpper && start >= 0 {
			before := name[i-1]
			nextSmall := i+1 < len(name) && name[i+1]-'a' < 26
			if before-'a' < 26 || before-'A' < 26 && nextSmall && !(i+2 == len(name) && name[i+1] == 's') {
				flush(i)
			}
		}
		if start < 0 {
			start = i
		}
	}
	flush(len(name))
	return out
}

// safeEnds are the endings that may be cut off a piece whose rest is not in the vocabulary.
var safeEnds = []string{"datetime", "timestamp", "number", "address", "email", "phone", "name", "date", "code", "zip"}

// ordinary are words that merely end like one of the vocabulary.
var ordinary = map[string]bool{"candidate": true, "mandate": true, "consolidate": true, "validate": true, "liquidate": true, "accommodate": true, "barcode": true,
	"unicode": true, "encode": true, "decode": true, "microphone": true, "rename": true, "gunzip": true, "bzip": true, "predate": true, "outdate": true, "postdate": true}

// segment cuts a run of letters into pieces of the vocabulary, the fewest that do; or cuts off a safe ending; or leaves it whole.
func (x *Lexicon) segment(s string) []string {
	const most = 40
	if len(s) < 5 || len(s) > most || ordinary[s] {
		return []string{s}
	}
	// best[i] is the least cost of the first i bytes; from[i] is where the last piece of them begins.
	var best, from [most + 1]int
	for i := 1; i <= len(s); i++ {
		best[i] = 1 << 20
		for j := max(0, i-14); j < i; j++ {
			word := s[j:i]
			p, ok := x.pieces[word]
			if !ok || !p.known() || len(word) < 2 || len(word) == 2 && i != len(s) && j != 0 {
				continue
			}
			cost := best[j] + 10
			if len(word) < 4 {
				cost += 3
			}
			if cost < best[i] {
				best[i], from[i] = cost, j
			}
		}
	}
	if best[len(s)] <= 46 {
		var out []string
		for i := len(s); i > 0; i = from[i] {
			out = append([]string{s[from[i]:i]}, out...)
		}
		return out
	}
	for _, end := range safeEnds {
		if rest, ok := strings.CutSuffix(s, end); ok && len(rest) >= 3 {
			return append(x.segment(rest), end)
		}
	}
	return []string{s}
}
