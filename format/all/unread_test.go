package all

import (
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
)

func TestUnread(t *testing.T) {
	zeros := strings.Repeat("\x00", 40000)
	for _, c := range []struct {
		name, head, format string
		reason             estate.GapReason
		text               bool
	}{
		{"a.iso", zeros[:32769] + "CD001", "ISO 9660", estate.GapNoReader, false},
		{"a", "123456D0B1PCN       1011234567893     20240501SOFTWARE  \x1e\x1cAM04\x1cC2987654321", "NCPDP telecommunication", estate.GapNoReader, false},
		{"a", "D0B11A011234567893     20240501\x1e\x1cAM20\x1cF4words", "NCPDP telecommunication", estate.GapNoReader, false},
		{"a.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "OLE2 document", estate.GapNoReader, false},
		{"a.docx", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00", "Office document", estate.GapEncrypted, false},
		{"A.class", "\xca\xfe\xba\xbe\x00\x00\x00\x34", "Java class", estate.GapNoReader, false},
		{"a", "\xca\xfe\xba\xbe\x00\x00\x00\x02", "Mach-O program", estate.GapNoReader, false},
		{"a.webp", "RIFF\x10\x00\x00\x00WEBPVP8 ", "WebP", estate.GapNoReader, false},
		{"a.mp4", "\x00\x00\x00\x20ftypisom\x00", "video", estate.GapNoReader, false},
		{"a.age", "age-encryption.org/v1\n-> X25519 abc\n", "age", estate.GapEncrypted, false},
		{"a.asc", "-----BEGIN PGP MESSAGE-----\n\nabc\n", "OpenPGP", estate.GapEncrypted, false},
		{"a.gpg", "\x85\x01\x0c\x03\x00\x01\x02", "OpenPGP", estate.GapEncrypted, false},
		{"blob", "\x00\x01\x02\x03\x80\x81", "", estate.GapUnknown, false},

		{"main.go", "package main\n", "", "", true},
		{"README.md", "# Title\n", "", "", true},
		{"a.conf", "a = b\n", "", "", true},
		{"a.txt", "From here on, all is text.\n", "", "", true},
		{"a.txt", "ORC is a word, and so is ID3.\n", "", "", true},
		{"syslog", "<134>Jan  1 00:00:00 host app: text\n", "", "", true},
		{"empty", "", "", "", false},
	} {
		format, reason, text := Unread(c.name, []byte(c.head))
		if format != c.format || reason != c.reason || text != c.text {
			t.Errorf("%s %.24q: %q, %q, %v; want %q, %q, %v", c.name, c.head, format, reason, text, c.format, c.reason, c.text)
		}
	}
}

// FuzzUnread checks that no beginning makes it panic, and that what is named has a reason.
func FuzzUnread(f *testing.F) {
	f.Add("a.zip", []byte("PK\x03\x04"))
	f.Add("a.xml", []byte("<a"))
	f.Fuzz(func(t *testing.T, name string, head []byte) {
		if format, reason, text := Unread(name, head); format != "" && reason == "" || reason == estate.GapUnknown && text {
			t.Errorf("%q, %q, %v", format, reason, text)
		}
	})
}
