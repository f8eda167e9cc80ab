package ident

// maxBlank is the length of the longest filler.
const maxBlank = 19

// Blank tells whether nothing stands here: no bytes or only blanks, or one of the words and signs by which systems
// write a missing value: NULL, \N, N/A, NaN, none, unknown, HL7's two double quotes, a dash, dots, the zero date.
func Blank(b []byte) bool {
	return len(b) == 0 || blankStart[b[0]] && blank(b) // most values are told by their first byte, without a call
}

func blank(b []byte) bool {
	b = Trim(b)
	switch {
	case len(b) == 0:
		return true
	case len(b) > maxBlank || !blankStart[b[0]]:
		return false
	case !letter(b[0]):
		return blankSign(b)
	case blankLengths>>len(b)&1 == 0:
		return false
	}
	var low [maxBlank]byte
	for i, c := range b {
		low[i] = c | 0x20
	}
	switch string(low[:len(b)]) { // '/' is kept by |0x20, a blank too
	case "null", "nil", "n/a", "na", "n.a.", "nan", "none", "unknown", "unk", "undefined", "not available", "not applicable", "not specified", "nullflavor":
		return true
	}
	return false
}

// blankLengths has a bit for each length of the words below: many a name begins as they do.
const blankLengths = 1<<2 | 1<<3 | 1<<4 | 1<<7 | 1<<9 | 1<<10 | 1<<13 | 1<<14

// blankStart are the bytes that a filler may begin with, blanks before it included.
var blankStart = func() (t [256]bool) {
	for _, c := range []byte(" \t\n\v\f\r" + `nNuU\-.?"'#<(0*_`) {
		t[c] = true
	}
	return t
}()

// blankSign knows the fillers that begin with no letter.
func blankSign(b []byte) bool {
	if b[0] == '0' {
		return zeroDate(b)
	}
	switch string(b) {
	case `""`, `''`, `\N`, `\n`, "#N/A", "#NULL!", "<null>", "<NULL>", "(null)", "(NULL)", "(none)", "(blank)", "-NaN":
		return true
	}
	switch b[0] {
	case '-', '.', '?', '*', '_':
		return sameByte(b)
	}
	return false
}

// zeroDate tells 0000-00-00, 00/00/0000, 00000000 and their forms with a time from the number 0 and codes of zeros.
func zeroDate(b []byte) bool {
	if len(b) < 8 || len(b) == 9 {
		return false
	}
	for _, c := range b {
		switch c {
		case '0', '-', '/', ' ', ':', 'T':
		default:
			return false
		}
	}
	return len(b) == 8 || b[4] == '-' || b[2] == '/'
}
