package ident

// maxBlank is the length of the longest filler.
const maxBlank = 19

// Blank tells whether nothing stands here: no bytes or only blanks, or one of the words and signs by which systems
// write a missing value: NULL, \N, N/A, NaN, none, unknown, HL7's two double quotes, a dash, dots, the zero date.
func Blank(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	if blankByte(b[0]) || blankByte(b[len(b)-1]) {
		b = Trim(b)
	}
	if len(b) == 0 {
		return true
	}
	if len(b) > maxBlank || !blankStart[b[0]] {
		return false
	}
	if !letter(b[0]) {
		return blankSign(b)
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

// blankStart are the bytes that a filler may begin with.
var blankStart = func() (t [256]bool) {
	for _, c := range []byte(`nNuU\-.?"'#<(0*_`) {
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
