package dicom

import (
	"bytes"

	"github.com/chartroom/chartroom/phi"
)

// aged is the age above which an age is an identifier (45 CFR 164.514(b)(2)(i)(C)).
const aged = 89

// hand hands out a decoded value as the meaning says.
func (r *reading) hand(e *element, m *meaning, v []byte) {
	switch m.form {
	case person:
		for name, rest := cut(v, '\\'); len(name) > 0 || len(rest) > 0; name, rest = cut(rest, '\\') {
			r.person(e, m, name)
		}
	case whole:
		r.put(e, m, asIs, trim(v))
	case list:
		for one, rest := cut(v, '\\'); len(one) > 0 || len(rest) > 0; one, rest = cut(rest, '\\') {
			r.put(e, m, asIs, trim(one))
		}
	case ages:
		r.age(e, m, trim(v))
	case sexes, states:
		r.put(e, m, asIs, trim(v))
	case address:
		r.address(e, m, trim(v))
	case phones:
		for one, rest := cut(v, '\\'); len(one) > 0 || len(rest) > 0; one, rest = cut(rest, '\\') {
			if bytes.IndexByte(one, '@') > 0 {
				r.put(e, m, asEmail, trim(one))
			} else {
				r.put(e, m, asIs, trim(one))
			}
		}
	case texts:
		r.put(e, m, asText, trim(v))
	case private:
		if worded(v) {
			r.put(e, m, asText, trim(v))
		}
	}
}

// cut gives what stands before a separator and what behind it.
func cut(v []byte, c byte) (before, after []byte) {
	if at := bytes.IndexByte(v, c); at >= 0 {
		return v[:at], v[at+1:]
	}
	return v, nil
}

// trim drops blanks and padding.
func trim(v []byte) []byte { return bytes.Trim(v, " \x00\t\r\n") }

// person hands out a name in its parts (PS3.5 section 6.2.1.1): between equals signs the name in letters, in ideographs and
// as it is spoken; between carets the family name, given name, middle name, prefix and suffix.
func (r *reading) person(e *element, m *meaning, name []byte) {
	parts := [...]variant{asFamily, asGiven, asMiddle, asPrefix, asSuffix}
	for group, rest := cut(name, '='); len(group) > 0 || len(rest) > 0; group, rest = cut(rest, '=') {
		if bytes.IndexByte(group, '^') < 0 {
			r.put(e, m, asFull, trim(group))
			continue
		}
		for i, as := range parts {
			var part []byte
			part, group = cut(group, '^')
			if i == len(parts)-1 && len(group) > 0 {
				part = append(append(part[:len(part):len(part)], ' '), group...)
			}
			r.put(e, m, as, trim(part))
		}
	}
}

// age reads an age (PS3.5 table 6.2-1, AS): three digits and D, W, M or Y. It is handed out in whole years.
func (r *reading) age(e *element, m *meaning, v []byte) {
	n, digits := 0, 0
	for digits < len(v) && digits < 3 && v[digits] >= '0' && v[digits] <= '9' {
		n = n*10 + int(v[digits]-'0')
		digits++
	}
	if digits == 0 {
		return
	}
	if n == 0 && (digits == len(v) || v[digits] == 'Y') {
		return // not known: younger children are so many months, weeks or days old
	}
	if digits < len(v) {
		switch v[digits] {
		case 'D', 'd':
			n /= 365
		case 'W', 'w':
			n /= 52
		case 'M', 'm':
			n /= 12
		}
	}
	years := [3]byte{byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)}
	short := years[:]
	for len(short) > 1 && short[0] == '0' {
		short = short[1:]
	}
	if n > aged {
		r.put(e, m, asGreatAge, short)
		return
	}
	r.put(e, m, asIs, short)
}

// address hands out an address in one line, and its ZIP code and State where it ends in them.
func (r *reading) address(e *element, m *meaning, v []byte) {
	r.put(e, m, asIs, v)
	if len(v) > 1024 {
		return
	}
	head, zip := lastWord(v)
	if len(zip) != 5 && (len(zip) != 10 || zip[5] != '-') || len(bytes.Trim(zip, "0123456789-")) > 0 {
		return
	}
	r.put(e, m, asZIP, zip)
	if _, state := lastWord(head); len(state) == 2 && phi.ParseState(string(state)) != 0 {
		r.put(e, m, asState, state)
	}
}

// lastWord splits off the last word.
func lastWord(v []byte) (rest, word []byte) {
	v = bytes.TrimRight(v, " ,^\t")
	at := bytes.LastIndexAny(v, " ,^\t") + 1
	return v[:at], v[at:]
}

// worded tells whether a value of unknown representation may be text: it has nothing that no text has, and either letters or
// a few digits in groups. Numbers between backslashes or points are measures and identifiers of objects.
func worded(v []byte) bool {
	v = trim(v)
	letters, digits, groups, points := 0, 0, 0, 0
	for _, c := range v {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80:
			letters++
		case c >= '0' && c <= '9':
			digits++
		case c == '-' || c == '/' || c == '(' || c == ' ':
			groups++
		case c == '.' || c == '\\' || c == '+':
			points++
		case c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b || c == 0x7f:
			return false
		}
	}
	if letters > 0 {
		return len(v) > 3 && letters*8 > len(v)
	}
	return digits >= 7 && digits <= 16 && groups > 0 && points == 0
}

// readable tells whether bytes of unknown representation begin like text, whatever its character set: hardly anything in them is
// a control.
func readable(v []byte) bool {
	v = bytes.TrimRight(v, "\x00 ")
	if len(v) < 4 {
		return false
	}
	for _, c := range v {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b || c == 0x7f {
			return false
		}
	}
	return true
}
