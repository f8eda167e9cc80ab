package all

import (
	"bytes"

	"github.com/chartroom/chartroom/estate"
)

// markup is a format that is written as text and has a structure of its own.
type markup struct {
	name   string
	reason estate.GapReason
	sealed bool // its text says nothing: it is encrypted
}

func unread(name string) markup { return markup{name: name, reason: estate.GapNoReader} }

// openings are what a text of the format begins with, past blanks, in any case of letters.
var openings = []struct{ prefix, name string }{

	{"una:+", "EDIFACT"}, {"unb+", "EDIFACT"}, {"%!ps", "PostScript"},
	{"dn: ", "LDIF"}, {"version: 1\ndn: ", "LDIF"},
}

// sealed is what an encrypted text begins with.
var sealed = []struct{ prefix, name string }{
	{"-----begin pgp message-----", "OpenPGP"}, {"-----begin age encrypted file-----", "age"},
	{"$ansible_vault;", "Ansible vault"}, {"-----begin pkcs7-----", "S/MIME"}, {"-----begin cms-----", "S/MIME"},
}

// markups by extension, for a text whose beginning does not tell.
var markups = map[string]string{
	"ldif": "LDIF",
	"ps":   "PostScript", "eps": "PostScript",
}

// markupOf names the format of a text, by its beginning first and by its extension then; the zero markup is plain text.
func markupOf(ext string, text []byte) markup {
	start := bytes.TrimLeft(text, " \t\r\n")
	low := bytes.ToLower(bytes.ReplaceAll(start[:min(len(start), 256)], []byte("\r\n"), []byte("\n")))
	for _, s := range sealed {
		if bytes.HasPrefix(low, []byte(s.prefix)) {
			return markup{name: s.name, reason: estate.GapEncrypted, sealed: true}
		}
	}
	for _, o := range openings {
		if bytes.HasPrefix(low, []byte(o.prefix)) {
			return unread(o.name)
		}
	}
	if name, ok := markups[ext]; ok {
		return unread(name)
	}
	return markup{}
}
