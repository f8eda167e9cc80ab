package all

import (
	"bytes"
	"encoding/binary"
	"path"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format/charset"
)

// Unread names the format of an input that no reader claims, or that only the text reader does, and gives the reason of
// the gap that must be reported. text says that the input is text all the same: the text reader reads it, so that
// identifiers in it are seen, and the gap says that its structure was not understood. Without a reason there is no gap:
// plain text, source code, configuration, Markdown, or nothing at all. Bytes of no known format are an unknown binary.
func Unread(name string, head []byte) (formatName string, reason estate.GapReason, text bool) {
	if len(head) == 0 {
		return "", "", false
	}
	ext, plain := extension(name), charset.IsText(head)
	for _, s := range signatures {
		if (!plain || s.ascii || !s.wordy()) && s.fits(head) {
			formatName, reason = refine(s, ext, head)
			return formatName, reason, false
		}
	}
	if plain {
		if m := markupOf(ext, charset.Head(head)); m.name != "" {
			return m.name, m.reason, !m.sealed
		}
		return "", "", true
	}
	if n, ok := binaries[ext]; ok {
		return n.name, n.reason, false
	}
	return "", estate.GapUnknown, false
}

// extension gives a name's extension in small letters without the dot.
func extension(name string) string { return strings.ToLower(strings.TrimPrefix(path.Ext(name), ".")) }

// signature is how a format is known by its bytes.
type signature struct {
	name   string
	at     int    // offset of the magic bytes
	magic  string // as the format's specification or the registry of media types gives them
	also   string // must stand at offset alsoAt, too
	alsoAt int
	reason estate.GapReason // GapNoReader when empty
	ascii  bool             // printable, and still no text begins with it by chance
}

// fits tells whether the head carries the signature.
func (s signature) fits(head []byte) bool {
	return has(head, s.at, s.magic) && has(head, s.alsoAt, s.also)
}

// wordy tells whether the signature is all printable, so that a text may begin with it.
func (s signature) wordy() bool {
	for _, c := range []byte(s.magic + s.also) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

func has(head []byte, at int, magic string) bool {
	return len(head) >= at+len(magic) && string(head[at:at+len(magic)]) == magic
}

// signatures in the order in which they are tried: the longer and surer ones first where two could fit.
var signatures = []signature{
	{name: "cabinet", magic: "MSCF\x00\x00\x00\x00"},
	{name: "RPM", magic: "\xed\xab\xee\xdb"},
	{name: "ISO 9660", at: 32769, magic: "CD001"}, {name: "VMDK", magic: "KDMV"}, {name: "QCOW", magic: "QFI\xfb"},
	{name: "VHDX", magic: "vhdxfile"}, {name: "VHD", magic: "conectix"},

	{name: "NCPDP telecommunication", at: 6, magic: "D0", also: "\x1e\x1cAM", alsoAt: 56}, // request of version D.0: its header has 56 characters
	{name: "NCPDP telecommunication", magic: "D0", also: "\x1e\x1cAM", alsoAt: 31},        // and that of a response 31
	{name: "ORC", magic: "ORC"}, {name: "Arrow", magic: "ARROW1\x00\x00"}, {name: "SQLite log", magic: "\x37\x7f\x06\x82"}, {name: "SQLite log", magic: "\x37\x7f\x06\x83"}, {name: "SQLite log", magic: "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"},
	{name: "HDF5", magic: "\x89HDF\r\n\x1a\n"}, {name: "NetCDF", magic: "CDF\x01"}, {name: "NetCDF", magic: "CDF\x02"},
	{name: "NumPy", magic: "\x93NUMPY"}, {name: "Access", at: 4, magic: "Standard Jet DB"}, {name: "Access", at: 4, magic: "Standard ACE DB"},
	{name: "PostgreSQL dump", magic: "PGDMP"}, {name: "SQL Server backup", magic: "TAPE\x00\x00"}, {name: "Redis dump", magic: "REDIS0"},
	{name: "SAS data set", at: 12, magic: "\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00"},
	{name: "SAS transport", magic: "HEADER RECORD*******LIB", ascii: true}, {name: "SPSS", magic: "$FL2@(#)"}, {name: "SPSS", magic: "$FL3@(#)"},
	{name: "Stata", magic: "<stata_dta>", ascii: true}, {name: "R data", magic: "RDX3\n"}, {name: "R data", magic: "RDX2\n"},
	{name: "Outlook store", magic: "!BDN"}, {name: "Windows event log", magic: "ElfFile\x00"}, {name: "Java objects", magic: "\xac\xed\x00\x05"},

	{name: "PNG", magic: "\x89PNG\r\n\x1a\n"}, {name: "JPEG", magic: "\xff\xd8\xff"}, {name: "GIF", magic: "GIF87a"}, {name: "GIF", magic: "GIF89a"},
	{name: "TIFF", magic: "II*\x00"}, {name: "TIFF", magic: "MM\x00*"}, {name: "TIFF", magic: "II+\x00"}, {name: "TIFF", magic: "MM\x00+"},
	{name: "BMP", magic: "BM", also: "\x00\x00\x00\x00", alsoAt: 6}, {name: "WebP", magic: "RIFF", also: "WEBP", alsoAt: 8},
	{name: "JPEG 2000", magic: "\x00\x00\x00\x0cjP  "}, {name: "HEIF", at: 4, magic: "ftyphei"}, {name: "HEIF", at: 4, magic: "ftypmif1"},
	{name: "AVIF", at: 4, magic: "ftypavif"}, {name: "icon", magic: "\x00\x00\x01\x00", also: "\x00", alsoAt: 5}, {name: "Photoshop", magic: "8BPS"},
	{name: "DjVu", magic: "AT&TFORM"}, {name: "NIfTI", at: 344, magic: "n+1\x00"}, {name: "NIfTI", at: 344, magic: "ni1\x00"},

	{name: "audio", magic: "ID3"}, {name: "audio", magic: "fLaC"}, {name: "audio", magic: "OggS"}, {name: "audio", magic: "RIFF", also: "WAVE", alsoAt: 8},
	{name: "audio", magic: "\xff\xfb"}, {name: "audio", magic: "\xff\xf1"}, {name: "audio", magic: "MThd"}, {name: "audio", magic: "#!AMR"},
	{name: "audio", magic: "FORM", also: "AIFF", alsoAt: 8}, {name: "audio", at: 4, magic: "ftypM4A"},
	{name: "video", magic: "RIFF", also: "AVI ", alsoAt: 8}, {name: "video", at: 4, magic: "ftyp"}, {name: "video", magic: "\x1aE\xdf\xa3"},
	{name: "video", magic: "FLV\x01"}, {name: "video", magic: "\x00\x00\x01\xba"}, {name: "video", magic: "0&\xb2u\x8ef\xcf\x11"},

	{name: "OLE2 document", magic: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"},
	{name: "ELF program", magic: "\x7fELF"}, {name: "Windows program", magic: "MZ", also: "\x00", alsoAt: 3}, {name: "WebAssembly", magic: "\x00asm"},
	{name: "Mach-O program", magic: "\xfe\xed\xfa\xce"}, {name: "Mach-O program", magic: "\xfe\xed\xfa\xcf"},
	{name: "Mach-O program", magic: "\xce\xfa\xed\xfe"}, {name: "Mach-O program", magic: "\xcf\xfa\xed\xfe"},
	{name: "Java class", magic: "\xca\xfe\xba\xbe"}, {name: "Git pack", magic: "PACK\x00\x00\x00"}, {name: "packet capture", magic: "\xd4\xc3\xb2\xa1"},
	{name: "packet capture", magic: "\x0a\x0d\x0d\x0a"}, {name: "Windows shortcut", magic: "L\x00\x00\x00\x01\x14\x02\x00"},
	{name: "font", magic: "wOFF"}, {name: "font", magic: "wOF2"}, {name: "font", magic: "OTTO\x00"}, {name: "font", magic: "\x00\x01\x00\x00\x00", also: "\x00", alsoAt: 6},
	{name: "property list", magic: "bplist00"}, {name: "folder view", magic: "\x00\x00\x00\x01Bud1"},

	{name: "age", magic: "age-encryption.org/v1", ascii: true, reason: estate.GapEncrypted},
	{name: "OpenSSL", magic: "Salted__", reason: estate.GapEncrypted}, {name: "LUKS", magic: "LUKS\xba\xbe", reason: estate.GapEncrypted},
	{name: "BitLocker", at: 3, magic: "-FVE-FS-", reason: estate.GapEncrypted}, {name: "KeePass", magic: "\x03\xd9\xa2\x9a", reason: estate.GapEncrypted},
}

// refine tells apart the formats that share a signature.
func refine(s signature, ext string, head []byte) (string, estate.GapReason) {
	reason := s.reason
	if reason == "" {
		reason = estate.GapNoReader
	}
	switch s.name {
	case "OLE2 document":
		if bytes.Contains(head, []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")) {
			return "Office document", estate.GapEncrypted
		}
	case "Java class": // a universal Mach-O counts its parts where a class has its version, which is at least 45
		if len(head) >= 8 && binary.BigEndian.Uint32(head[4:]) < 45 {
			return "Mach-O program", reason
		}
	}
	return s.name, reason
}

// named is a format that only a file's extension names.
type named struct {
	name   string
	reason estate.GapReason
}

// binaries by extension, for bytes that are no text and carry no signature.
var binaries = map[string]named{
	"gpg": {"OpenPGP", estate.GapEncrypted}, "pgp": {"OpenPGP", estate.GapEncrypted}, "p7m": {"S/MIME", estate.GapEncrypted},
	"enc": {"encrypted file", estate.GapEncrypted}, "aes": {"encrypted file", estate.GapEncrypted},
	"dbf": {"dBase", estate.GapNoReader}, "dta": {"Stata", estate.GapNoReader}, "bak": {"backup", estate.GapNoReader},
	"bson": {"BSON", estate.GapNoReader}, "pkl": {"Python pickle", estate.GapNoReader},
	"ibd": {"InnoDB", estate.GapNoReader}, "frm": {"MySQL table", estate.GapNoReader}, "mdf": {"SQL Server database", estate.GapNoReader},
	"ldf": {"SQL Server log", estate.GapNoReader}, "dmp": {"dump", estate.GapNoReader}, "edf": {"EDF", estate.GapNoReader},
	"lzma": {"lzma", estate.GapNoReader}, "br": {"brotli", estate.GapNoReader}, "mp3": {"audio", estate.GapNoReader},
	"pyc": {"Python bytecode", estate.GapNoReader}, "tar": {"tar", estate.GapNoReader},
}
