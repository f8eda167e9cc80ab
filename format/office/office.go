// Package office reads the documents of office programs: workbooks, texts and presentations in Office Open XML (ISO/IEC 29500:
// XLSX, DOCX, PPTX, with macros or as templates) and in OpenDocument (ISO/IEC 26300: ODS, ODT, ODP, also as one flat XML file).
//
// A document is a package: a ZIP of parts. All parts are read, whether another names them or not, since what a program no longer
// shows is still there for whoever takes the file: hidden sheets, cached rows of deleted sheets, deleted text that is tracked,
// comments, notes, properties. What a part is, its root element says, and not its name. Tables become records, a row each; all
// else is running text, a place for each kind of part. Embedded files, and parts in a format that is not known here, are inner
// items; pictures and macros are a gap.
//
// Parts are read as a stream. What must be looked up (shared strings) is held in memory while it is small, and beyond in format's
// sealed spool. What comes out of a package is bounded by what goes in.
package office

import (
	"bytes"
	"context"
	"encoding/binary"
	"path"
	"strings"

	"github.com/chartroom/chartroom/format"
)

// Reader reads documents of office programs.
type Reader struct{}

// Name gives format and version.
func (Reader) Name() string { return "office/1" }

// Claims is Certain when the first names in the ZIP are those of a document's parts, whatever they are where its own name says that
// it is a document, or when a flat document says so; Likely when only its name says so.
func (Reader) Claims(name string, head []byte) format.Claim {
	if flat(head) {
		return format.Certain
	}
	if !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return format.No
	}
	named := extensions[strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))]
	switch {
	case signed(head, named):
		return format.Certain
	case named:
		return format.Likely
	}
	return format.No
}

// extensions of documents that are packages.
var extensions = map[string]bool{
	"xlsx": true, "xlsm": true, "xltx": true, "xltm": true, "xlam": true, "xlsb": true,
	"docx": true, "docm": true, "dotx": true, "dotm": true,
	"pptx": true, "pptm": true, "potx": true, "potm": true, "ppsx": true, "ppsm": true, "sldx": true, "ppam": true, "thmx": true,
	"ods": true, "ots": true, "odt": true, "ott": true, "odp": true, "otp": true, "odg": true, "otg": true, "odf": true, "odc": true, "odb": true, "odm": true,
}

const (
	localHeader = 30 // bytes of a local file header before the name (APPNOTE 4.3.7)
	openDoc     = "application/vnd.oasis.opendocument"
)

// signed tells whether a ZIP begins as a document: with a part of a package, and one of a document's own folders among the names
// in the head; or with the media type that OpenDocument demands as first entry (ISO/IEC 26300-3, 3.3). Where its own name says that
// it is a document, a part of any package will do.
func signed(head []byte, named bool) bool {
	first := nameAt(head, 0)
	if bytes.Equal(first, []byte("mimetype")) {
		body := head[localHeader+len(first):]
		extra := int(binary.LittleEndian.Uint16(head[28:]))
		if bytes.HasPrefix(body[min(extra, len(body)):], []byte(openDoc)) {
			return true
		}
	}
	if !named && !ofPackage(first) {
		return false
	}
	for at := 0; ; {
		if name := nameAt(head, at); own(name) || named && ofPackage(name) {
			return true
		}
		k := bytes.Index(head[at+1:], []byte("PK\x03\x04"))
		if k < 0 {
			return false
		}
		at += 1 + k
	}
}

// nameAt gives the name in the local file header at an offset, nil when it is not whole.
func nameAt(head []byte, at int) []byte {
	if at+localHeader > len(head) {
		return nil
	}
	n := int(binary.LittleEndian.Uint16(head[at+26:]))
	if at+localHeader+n > len(head) {
		return nil
	}
	return head[at+localHeader : at+localHeader+n]
}

// own tells whether a name stands in a folder that only a document of Office Open XML has.
func own(name []byte) bool {
	return bytes.HasPrefix(name, []byte("word/")) || bytes.HasPrefix(name, []byte("xl/")) || bytes.HasPrefix(name, []byte("ppt/"))
}

// ofPackage tells whether a name is one that a package may begin with (ISO/IEC 29500-2, and 26300-3, 3.1).
func ofPackage(name []byte) bool {
	for _, prefix := range [...]string{"[Content_Types].xml", "_rels/", "docProps/", "customXml/", "word/", "xl/", "ppt/",
		"content.xml", "META-INF/manifest.xml"} {
		if bytes.HasPrefix(name, []byte(prefix)) {
			return true
		}
	}
	return false
}

// flat tells whether a text is an OpenDocument in one XML file (ISO/IEC 26300-3, 3.1.2).
func flat(head []byte) bool {
	text := bytes.TrimLeft(head[:min(len(head), 4096)], "\ufeff \t\r\n")
	if !bytes.HasPrefix(text, []byte("<?xml")) && !bytes.HasPrefix(text, []byte("<office:document")) {
		return false
	}
	at := bytes.Index(text, []byte("<office:document"))
	return at >= 0 && len(text) > at+16 && (text[at+16] == ' ' || text[at+16] == '\n' || text[at+16] == '\r')
}

// Read reads the document's parts.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) (err error) {
	d := newDocument(ctx, out)
	defer func() { d.close() }()
	if flat(in.Head) {
		return d.flat(in)
	}
	whole, err := in.Whole(ctx)
	if err != nil {
		return err
	}
	defer whole.Close()
	if err := d.open(whole); err != nil {
		return err
	}
	return d.read()
}
