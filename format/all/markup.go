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
	{"<!doctype html", "HTML"}, {"<html", "HTML"}, {"{\\rtf", "RTF"},
	{"begin:vcard", "vCard"}, {"begin:vcalendar", "iCalendar"},
	{"una:+", "EDIFACT"}, {"unb+", "EDIFACT"}, {"%!ps", "PostScript"},
	{"return-path:", "mail"}, {"received: ", "mail"}, {"delivered-to:", "mail"}, {"mime-version:", "mail"},
	{"dn: ", "LDIF"}, {"version: 1\ndn: ", "LDIF"},
}

// sealed is what an encrypted text begins with.
var sealed = []struct{ prefix, name string }{
	{"-----begin pgp message-----", "OpenPGP"}, {"-----begin age encrypted file-----", "age"},
	{"$ansible_vault;", "Ansible vault"}, {"-----begin pkcs7-----", "S/MIME"}, {"-----begin cms-----", "S/MIME"},
}

// markups by extension, for a text whose beginning does not tell.
var markups = map[string]string{
	"xml": "XML", "xsd": "XML", "xsl": "XML", "xslt": "XML", "svg": "XML", "rdf": "XML", "cda": "C-CDA", "ccda": "C-CDA",
	"html": "HTML", "htm": "HTML", "xhtml": "HTML", "mhtml": "mail", "mht": "mail",
	"rtf": "RTF",
	"eml": "mail", "mbox": "mailbox", "vcf": "vCard", "ics": "iCalendar", "ldif": "LDIF",
	"x12": "X12", "edi": "X12", "837": "X12", "835": "X12", "834": "X12", "270": "X12", "271": "X12", "276": "X12", "277": "X12", "278": "X12", "999": "X12",
	"ps": "PostScript", "eps": "PostScript",
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
	if interchange(start) {
		return unread("X12")
	}
	for _, o := range openings {
		if bytes.HasPrefix(low, []byte(o.prefix)) {
			return unread(o.name)
		}
	}
	if bytes.HasPrefix(low, []byte("<?xml")) || element(low) {
		return unread(dialectOfXML(text))
	}
	if mailbox(text) {
		return unread("mailbox")
	}
	if name, ok := markups[ext]; ok {
		if name == "XML" {
			name = dialectOfXML(text)
		}
		return unread(name)
	}
	return markup{}
}

// interchange tells whether a text begins with an X12 interchange header: ISA and 16 elements of fixed length, the
// separator after ISA before each, and the segment's end as byte 106 (X12.5, interchange control structures).
func interchange(text []byte) bool {
	if len(text) < 106 || string(text[:3]) != "ISA" {
		return false
	}
	sep := text[3]
	for _, at := range [...]int{6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103} {
		if text[at] != sep {
			return false
		}
	}
	return true
}

// element tells whether a text begins with an element or a comment of XML: "<name" and, somewhere near, its end.
func element(low []byte) bool {
	if len(low) < 4 || low[0] != '<' {
		return false
	}
	if bytes.HasPrefix(low, []byte("<!--")) {
		return true
	}
	if c := low[1]; c < 'a' || c > 'z' {
		return false
	}
	end := bytes.IndexByte(low, '>')
	name := bytes.IndexAny(low, " \t\n/>")
	return name > 0 && (end > 0 || len(low) == 256 && bytes.IndexByte(low, '=') > 0)
}

// dialectOfXML names the XML formats of health care by their namespaces and roots.
func dialectOfXML(text []byte) string {
	switch {
	case bytes.Contains(text, []byte("ClinicalDocument")) && bytes.Contains(text, []byte("urn:hl7-org:v3")):
		return "C-CDA"
	case bytes.Contains(text, []byte("urn:hl7-org:v3")):
		return "HL7 v3 XML"
	case bytes.Contains(text, []byte("http://hl7.org/fhir")):
		return "FHIR XML"
	case bytes.Contains(text, []byte("<html")):
		return "HTML"
	}
	return "XML"
}

// mailbox tells whether a text begins with the line that parts messages of an mbox (RFC 4155), and headers behind it.
func mailbox(text []byte) bool {
	if !bytes.HasPrefix(text, []byte("From ")) {
		return false
	}
	end := bytes.IndexByte(text, '\n')
	return end > 0 && end < 200 && bytes.Contains(text[end:min(len(text), 8192)], []byte("\nFrom: "))
}
