package detect

import (
	"strings"

	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/detect/words"
)

// maxFieldName bounds the name of a field, in bytes.
const maxFieldName = 160

// hidden stands for a part of a field's name that may be a value.
const hidden = "{value}"

// fieldName gives the name of a column as answers may show it. A file without a header, or a document that takes identifiers
// as its keys, would otherwise bring values into the catalog by way of names.
func fieldName(name string, w *words.Tables) string {
	if len(name) > maxFieldName {
		name = strings.ToValidUTF8(name[:maxFieldName], "")
	}
	if !suspicious(name) {
		return name
	}
	parts := strings.Split(name, ".")
	for i, p := range parts {
		if valueLike(p, w) {
			parts[i] = hidden
		}
	}
	if whole := strings.Join(parts, "."); !valueLike(whole, w) || len(parts) > 1 && strings.Contains(whole, hidden) {
		return whole
	}
	return hidden
}

// suspicious is the cheap question: most names have neither digits, nor an @, nor a capital behind a small letter and a blank.
func suspicious(name string) bool {
	digits, capital := 0, false
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c >= '0' && c <= '9' {
			digits++
		}
		if c == '@' && !attribute(name, i) || c >= 0x80 {
			return true
		}
		capital = capital || c >= 'A' && c <= 'Z'
	}
	return digits >= 4 || capital
}

// attribute tells whether the @ at i marks an attribute in a path of XML, as in "person/@birthdate".
func attribute(name string, i int) bool { return i == 0 || name[i-1] == '/' }

// valueLike tells whether a part of a name looks like somebody's identifier and not like a name for one.
func valueLike(part string, w *words.Tables) bool {
	b := []byte(part)
	run := 0
	for i, c := range b {
		switch {
		case c == '@' && !attribute(part, i):
			return true
		case c >= '0' && c <= '9':
			if run++; run >= 5 {
				return true
			}
		default:
			run = 0
		}
	}
	for _, check := range []func([]byte) ident.Grade{ident.SSN, ident.MBI, ident.IPv4, ident.UUID} {
		if check(b) >= ident.Valid {
			return true
		}
	}
	return personName(part, w)
}

// personName tells whether a part is the name of a person: two or three capitalised words that are names and hardly words.
func personName(part string, w *words.Tables) bool {
	tokens := strings.FieldsFunc(part, func(r rune) bool { return r == ' ' || r == ',' || r == '^' })
	if len(tokens) < 2 || len(tokens) > 4 {
		return false
	}
	named := 0
	for _, t := range tokens {
		n := w.Name([]byte(t))
		if t[0] < 'A' || t[0] > 'Z' && t[0] < 0x80 || n.Word > 60 {
			return false
		}
		if n.Given > 8 || n.Surname > 8 {
			named++
		}
	}
	return named >= 2
}
