package text

import "github.com/chartroom/chartroom/detect/lex"

// The rules may look over the end of a line in some cases only, which hang on the last token before it and the first behind it: a label that ends with a
// colon has its value on the next line, "and" goes on a list, a month its day. At all other ends of lines stand walls (lex.Block.Divide), so that a line
// says the same by itself and among others. Addresses, and terms that may be denied, look further: the block notes that it leaned on what it was not
// given, and is read again with more.

// What a sign at the end of a line may be looked at for from the next line.
const (
	byNumber = 1 << iota // by a number that begins it
	byWord               // by a word
	bySign               // by a sign that goes on a label or a date
	byQuote              // by a quote mark or bracket, of which the words before it are looked at
)

// endSigns are the signs that end a line, by what may look at them.
var endSigns = func() (t [256]uint8) {
	for c := range t {
		t[c] = byNumber | byWord | bySign | byQuote
	}
	for _, c := range []byte(")]}>;|*%!{[<\"'`") {
		t[c] = 0
	}
	t['.'], t['/'], t['-'], t['+'] = byNumber, byNumber|bySign, byNumber|bySign, byNumber|bySign
	t['"'], t['\''] = bySign, bySign
	t['='], t['?'], t['#'] = bySign|byQuote, bySign|byQuote, bySign
	t[','] = byWord | bySign | byQuote
	return t
}()

// The roles of the last word of a line, and of the first of the next, for which they are looked at together.
const (
	rolesOfLast      = lex.AndWord | lex.ProviderWord | lex.PatientWord
	rolesBeforeDigit = lex.Month | lex.PhoneWord | lex.FaxWord | lex.VerbBe | lex.IDLabel | lex.Location | lex.BoxWord
	rolesOfFirst     = lex.AndWord | lex.Month | lex.PhoneWord | lex.FaxWord | lex.Auxiliary | lex.HumanVerb | lex.VerbBe | lex.Object | lex.BoxWord
	rolesAfterVerb   = lex.Participle | lex.Location
	rolesAfterDigit  = lex.Month | lex.PhoneWord | lex.FaxWord | lex.AndWord | lex.BoxWord
)

// looks decides whether rules may look from the line x into the text y behind it, which begins with its first word or sign, or back.
func (s *Scanner) looks(x, y []byte) bool {
	n := len(x)
	for n > 0 && lex.ClassOf(x[n-1]) <= lex.ClassLine {
		n--
	}
	if n == 0 {
		return false
	}
	x = x[:n]
	switch lex.ClassOf(x[n-1]) {
	case lex.ClassLetter:
		return s.looksBehindWord(x, y)
	case lex.ClassDigit:
		return s.looksBehindNumber(x, y)
	case lex.ClassSign:
		return s.looksBehindSign(x, y)
	}
	return true
}

// looksBehindWord is looks for a line that ends with a letter.
func (s *Scanner) looksBehindWord(x, y []byte) bool {
	from := len(x) - 1
	for from > 0 && lex.WordByte(x[from-1]) {
		from--
	}
	if from > 0 && (x[from-1] == '\'' || x[from-1] == '\\') {
		return true // a contraction, or a genitive
	}
	word := x[from:]
	last := s.on.RolesOf(word)
	if tail := lettersAt(word); len(tail) < len(word) { // a word may be glued to a time of day, of which a Z is the end
		last |= s.on.RolesOf(tail) | s.on.RolesOf(tail[1:])
	}
	if last&rolesOfLast != 0 {
		return true
	}
	switch lex.ClassOf(y[0]) {
	case lex.ClassDigit:
		return last&rolesBeforeDigit != 0 || len(word) == 2 && is(word, "ip") || fiveDigits(y)
	case lex.ClassLetter:
		w := firstWord(y)
		first := s.on.RolesOf(w)
		if first&rolesOfFirst != 0 || last&lex.VerbBe != 0 && first&rolesAfterVerb != 0 {
			return true
		}
		switch len(w) {
		case 2:
			return w[0] <= 'Z' && w[1] <= 'Z' || is(w, "to") || is(w, "of")
		case 4:
			return is(w, "have")
		}
		return false
	case lex.ClassSign:
		switch y[0] {
		case '-':
			return last&lex.Month != 0
		case '#':
			return last&lex.UnitLabel != 0
		}
		return !plainStart[y[0]]
	}
	return true
}

// lettersAt gives the letters that a word ends with.
func lettersAt(word []byte) []byte {
	n := len(word)
	for n > 0 && lex.ClassOf(word[n-1]) == lex.ClassLetter {
		n--
	}
	return word[n:]
}

// plainStart are the signs at the beginning of a line of which no rule thinks more.
var plainStart = func() (t [256]bool) {
	for _, c := range []byte("{}[]<>|*%") {
		t[c] = true
	}
	return t
}()

// looksBehindNumber is looks for a line that ends with a digit.
func (s *Scanner) looksBehindNumber(x, y []byte) bool {
	switch lex.ClassOf(y[0]) {
	case lex.ClassDigit:
		return false
	case lex.ClassLetter:
		w := firstWord(y)
		return s.on.RolesOf(w)&rolesAfterDigit != 0 || len(w) == 2 && (w[0] <= 'Z' && w[1] <= 'Z' || is(w, "of"))
	case lex.ClassSign:
		return !plainStart[y[0]] && y[0] != '"' && y[0] != '#'
	}
	return true
}

// looksBehindSign is looks for a line that ends with a sign.
func (s *Scanner) looksBehindSign(x, y []byte) bool {
	c := x[len(x)-1]
	looks := endSigns[c]
	if c == '"' || c == '\'' { // the word before a quotation is what announces it
		n := len(x)
		for n > 0 && (x[n-1] == '"' || x[n-1] == '\'' || lex.ClassOf(x[n-1]) <= lex.ClassLine) {
			n--
		}
		if n == 0 || x[n-1] == ':' || x[n-1] == ',' {
			looks |= byWord
		}
	}
	switch lex.ClassOf(y[0]) {
	case lex.ClassDigit:
		return looks&byNumber != 0
	case lex.ClassLetter:
		if looks&byWord != 0 {
			return true
		}
		w := firstWord(y)
		return s.on.RolesOf(w)&(rolesOfFirst&^lex.Object) != 0 || len(w) == 2 && (w[0] <= 'Z' && w[1] <= 'Z' || is(w, "of"))
	case lex.ClassSign:
		switch {
		case plainStart[y[0]]:
			return looks == byNumber|byWord|bySign|byQuote
		case y[0] == '"' || y[0] == '\'':
			return looks&byQuote != 0
		case y[0] == '-' || y[0] == '#':
			return looks&bySign != 0
		}
	}
	return true
}

// firstWord gives the word that a text begins with.
func firstWord(y []byte) []byte {
	n := 1
	for n < len(y) && n < 32 && lex.WordByte(y[n]) {
		n++
	}
	return y[:n]
}

// is tells whether a word is the lower-case word want, in any case.
func is(word []byte, want string) bool {
	for i := range want {
		if word[i]|0x20 != want[i] {
			return false
		}
	}
	return true
}

// fiveDigits tells whether a text begins with a number as long as a ZIP code.
func fiveDigits(y []byte) bool {
	n := 0
	for n < len(y) && n < 6 && lex.ClassOf(y[n]) == lex.ClassDigit {
		n++
	}
	return n == 5
}
