package sqlite

import (
	"encoding/binary"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	utf "unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// value is one value of a row: its serial type, which is kind and length in one (section 2.1), and its bytes.
type value struct {
	serial int64
	bytes  []byte
}

// Serial types that stand for more than a length.
const (
	serialNull  = 0
	serialReal  = 7
	serialZero  = 8
	serialOne   = 9
	serialBlob0 = 12 // from here on even types are blobs, and odd ones text
)

// sizeOf is how many bytes a value of a type has; negative where there is no such type.
func sizeOf(serial int64) int64 {
	switch {
	case serial < 0 || serial == 10 || serial == 11:
		return -1
	case serial >= serialBlob0:
		return (serial - serialBlob0) / 2
	}
	return int64([...]int8{0, 1, 2, 3, 4, 6, 8, 8, 0, 0}[serial])
}

func (v value) isBlob() bool { return v.serial >= serialBlob0 && v.serial%2 == 0 }
func (v value) isText() bool { return v.serial >= serialBlob0 && v.serial%2 == 1 }

// integer gives a whole number; 0 for what is none.
func (v value) integer() int64 {
	switch {
	case v.serial == serialOne:
		return 1
	case v.serial == serialNull || v.serial >= serialReal:
		return 0
	}
	n := int64(int8(v.bytes[0]))
	for _, c := range v.bytes[1:] {
		n = n<<8 | int64(c)
	}
	return n
}

// text gives a text as UTF-8; nil for what is none.
func (v value) text(db *database) []byte {
	if !v.isText() {
		return nil
	}
	return db.appendText(nil, v.bytes)
}

// appendText appends a text as UTF-8.
func (db *database) appendText(to, text []byte) []byte {
	if db.encoding == utf8 {
		return append(to, text...)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if db.encoding == utf16be {
		order = binary.BigEndian
	}
	for ; len(text) >= 2; text = text[2:] {
		r := rune(order.Uint16(text))
		if utf16.IsSurrogate(r) && len(text) >= 4 {
			if pair := utf16.DecodeRune(r, rune(order.Uint16(text[2:]))); pair != utf.RuneError {
				r, text = pair, text[2:]
			}
		}
		to = utf.AppendRune(to, r)
	}
	return to
}

// decoded gives a stream of text as UTF-8.
func (db *database) decoded(r io.Reader) io.Reader {
	switch db.encoding {
	case utf16le:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder().Reader(r)
	case utf16be:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder().Reader(r)
	}
	return r
}

// appendNumber appends a number as text.
func (v value) appendNumber(to []byte) []byte {
	if v.serial != serialReal {
		return strconv.AppendInt(to, v.integer(), 10)
	}
	f := math.Float64frombits(binary.BigEndian.Uint64(v.bytes))
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.AppendInt(to, int64(f), 10) // a whole number in a column of numbers, as SQLite shows it
	}
	return strconv.AppendFloat(to, f, 'g', -1, 64)
}

func equal(a, b string) bool { return strings.EqualFold(a, b) }
