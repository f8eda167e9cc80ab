// Package charset turns text of whatever byte order or character set into UTF-8 while it is read.
//
// UTF-16 is known by its byte order mark or by where its zero bytes stand. All else is taken as bytes of eight bits:
// what is valid UTF-8 passes as it is, and a byte that is not is read as Windows-1252 (which Latin-1 is a part of), so a
// log to which two programs wrote in two ways still reads right. UTF-8 passes in place, without a copy.
//
// Limits: UTF-32, EBCDIC and UTF-7 are not text here; other national sets of eight bits come out with
// wrong letters above 127 and right digits, marks and ASCII letters.
package charset

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf8"
)

// The names that Reader and Detect give.
const (
	UTF8        = "UTF-8"
	UTF16LE     = "UTF-16LE"
	UTF16BE     = "UTF-16BE"
	Windows1252 = "windows-1252"
)

var (
	markUTF8 = []byte("\xef\xbb\xbf")
	markLE   = []byte("\xff\xfe")
	markBE   = []byte("\xfe\xff")
)

// Detect names the character set of a text by its beginning, and tells how many bytes of it are a byte order mark.
func Detect(head []byte) (name string, mark int) {
	switch {
	case bytes.HasPrefix(head, markUTF8):
		return UTF8, 3
	case bytes.HasPrefix(head, markLE) && !bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")):
		return UTF16LE, 2
	case bytes.HasPrefix(head, markBE):
		return UTF16BE, 2
	}
	if name := unmarked(head); name != "" {
		return name, 0
	}
	if utf8.Valid(whole(head)) {
		return UTF8, 0
	}
	return Windows1252, 0
}

// Reader gives the text that r holds as UTF-8, without its byte order mark, and the name of the set it was written in.
// The head is the bytes that r begins with; r must stand at its beginning. A zero byte stays a zero byte.
func Reader(head []byte, r io.Reader) (io.Reader, string) {
	name, mark := Detect(head)
	switch name {
	case UTF16LE:
		return &wide{src: r, order: binary.LittleEndian, skip: mark}, name
	case UTF16BE:
		return &wide{src: r, order: binary.BigEndian, skip: mark}, name
	}
	return &narrow{src: r, skip: mark}, name
}

// Head gives the beginning of a text as UTF-8 without its byte order mark, for a reader that is asked for its claim. For
// text in UTF-8 or Windows-1252 it is a part of the same bytes; for UTF-16 it is a copy.
func Head(head []byte) []byte {
	name, mark := Detect(head)
	switch name {
	case UTF16LE:
		return appendWide(nil, head[mark:len(head)&^1], binary.LittleEndian)
	case UTF16BE:
		return appendWide(nil, head[mark:len(head)&^1], binary.BigEndian)
	}
	return head[mark:]
}

// sampleSize is how much of a head is looked at byte by byte.
const sampleSize = 4096

// IsText tells whether bytes look like the beginning of a text: UTF-16, or UTF-8 or mostly printable bytes without a
// zero byte and with next to no control characters. No bytes at all are an empty text.
func IsText(head []byte) bool {
	switch name, mark := Detect(head); name {
	case UTF16LE, UTF16BE:
		sample := head[mark:min(len(head)&^1, sampleSize)]
		return len(sample) == 0 || plausible(appendWide(nil, sample, order(name)), true)
	case UTF8:
		return bytes.IndexByte(head, 0) < 0 && plausible(head[mark:min(len(head), sampleSize)], true)
	}
	return bytes.IndexByte(head, 0) < 0 && plausible(head[:min(len(head), sampleSize)], false)
}

// plausible tells whether a sample holds as few control characters as a text does. A sample that is not valid in its
// set must besides be mostly ASCII, or long: a random string of 256 bytes has some thirty control characters.
func plausible(sample []byte, valid bool) bool {
	controls, ascii := 0, 0
	for _, c := range sample {
		switch {
		case c >= 0x20 && c < 0x7f || c >= '\a' && c <= '\r' || c == 0x1b:
			ascii++
		case c < 0x20 || c == 0x7f:
			controls++
		}
	}
	if valid {
		return controls <= 2+len(sample)/100
	}
	return controls <= len(sample)/200 && (10*ascii >= 6*len(sample) || controls == 0 && len(sample) >= 256)
}

func order(name string) binary.ByteOrder {
	if name == UTF16BE {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// unmarked knows UTF-16 without a mark by its zero bytes: in Latin text the upper byte of nearly every unit is zero and
// the lower one never is.
func unmarked(head []byte) string {
	sample := head[:min(len(head)&^1, 1024)]
	if len(sample) < 8 || bytes.IndexByte(sample, 0) < 0 {
		return ""
	}
	var zeros [2]int
	for i, c := range sample {
		if c == 0 {
			zeros[i&1]++
		}
	}
	units := len(sample) / 2
	switch {
	case zeros[0] == 0 && 10*zeros[1] >= 7*units:
		return UTF16LE
	case zeros[1] == 0 && 10*zeros[0] >= 7*units:
		return UTF16BE
	}
	return ""
}

// whole drops a rune at the end that is cut off.
func whole(p []byte) []byte { return p[:len(p)-cut(p)] }

// cut is how many bytes at the end are the beginning of a rune.
func cut(p []byte) int {
	for back := 1; back <= min(utf8.UTFMax-1, len(p)); back++ {
		c := p[len(p)-back]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(p[len(p)-back:]) {
				return back
			}
			return 0
		}
	}
	return 0
}
