package rtf

import (
	"errors"
	"io"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

// breaks are words that stand for a character.
var breaks = map[string]rune{
	"par": '\n', "line": '\n', "page": '\n', "sect": '\n', "row": '\n', "tab": '\t', "cell": '\t', "nestcell": '\t', "nestrow": '\n',
	"emdash": '—', "endash": '–', "bullet": '•', "lquote": '‘', "rquote": '’', "ldblquote": '“', "rdblquote": '”', "emspace": ' ', "enspace": ' ', "qmspace": ' ',
}

// silent are destinations that hold no text of the document (RTF 1.9, "Destinations").
var silent = map[string]bool{
	"fonttbl": true, "colortbl": true, "stylesheet": true, "pict": true, "object": true, "objdata": true, "themedata": true, "colorschememapping": true,
	"latentstyles": true, "datastore": true, "listtable": true, "listoverridetable": true, "rsidtbl": true, "generator": true, "xmlnstbl": true, "mmathPr": true,
	"filetbl": true, "fontemb": true, "panose": true, "falt": true, "bkmkstart": true, "bkmkend": true, "pnseclvl": true, "blipuid": true,
	"listpicture": true, "wgrffmtfilter": true, "passwordhash": true, "template": true, "nonshppict": true,
}

// spoken are destinations behind \* that hold text all the same.
var spoken = map[string]bool{"annotation": true, "atnauthor": true, "atnid": true, "fldinst": true, "revtbl": true, "shptxt": true, "shpinst": true, "docvar": true, "userprops": true,
	"company": true, "manager": true, "category": true, "hlinkbase": true, "footnote": true}

// pages are the code pages that a document may be written in (\ansicpg).
var pages = map[int]*charmap.Charmap{
	437: charmap.CodePage437, 850: charmap.CodePage850, 852: charmap.CodePage852, 866: charmap.CodePage866, 1250: charmap.Windows1250, 1251: charmap.Windows1251,
	1252: charmap.Windows1252, 1253: charmap.Windows1253, 1254: charmap.Windows1254, 1255: charmap.Windows1255, 1256: charmap.Windows1256, 1257: charmap.Windows1257,
	1258: charmap.Windows1258, 874: charmap.Windows874, 10000: charmap.Macintosh,
}

// word takes a control word.
func (t *plain) word(w string, number int, some bool) {
	g := t.top()
	if r, ok := breaks[w]; ok {
		t.put(r)
		return
	}
	switch w {
	case "u":
		t.unicode(number)
		return
	case "uc":
		g.bytes = min(max(number, 0), 16)
	case "ansicpg":
		if p := pages[number]; p != nil {
			t.page = p
		}
	case "mac":
		t.page = charmap.Macintosh
	case "pc":
		t.page = charmap.CodePage437
	case "pca":
		t.page = charmap.CodePage850
	case "bin":
		t.binary(int64(number))
	case "pict":
		t.pictures++
	case "objdata":
		t.objects++
	}
	if silent[w] || t.star && !spoken[w] {
		g.skip = true
	} else if t.star {
		g.skip = false
	}
	if t.fresh && !g.skip && (w == "title" || w == "author" || w == "footnote" || w == "header" || w == "footer" || w == "subject" || w == "doccomm") {
		t.put('\n')
	}
}

// unicode takes a character by its number, for which those behind it stand where Unicode is not understood.
func (t *plain) unicode(number int) {
	r := rune(uint16(int16(number)))
	if number > 0xffff {
		r = rune(number)
	}
	t.skipped = 0
	switch {
	case utf16.IsSurrogate(r) && r < 0xdc00:
		t.high = r
	case utf16.IsSurrogate(r):
		t.put(utf16.DecodeRune(t.high, r))
	default:
		t.put(r)
	}
	t.skipped = t.top().bytes
}

// binary passes over data that are not written as text.
func (t *plain) binary(n int64) {
	if n <= 0 {
		return
	}
	if _, err := io.CopyN(io.Discard, t.src, n); err != nil {
		t.err = err
		if errors.Is(err, io.EOF) {
			t.cut = true
		}
	}
}
