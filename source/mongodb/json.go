package mongodb

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// maxDepth is how deep a document may be; servers allow 100.
const maxDepth = 200

// errDocument says that bytes are no document.
var errDocument = errors.New("the server gives a document that is none")

// lines writes documents as JSON, one a line. Values stand in the form in which people write them: days and times as in RFC 3339, identifiers as
// hexadecimal digits, binary values as their text where they are one, and otherwise in base64.
type lines struct {
	encrypted int64 // values that were encrypted by a client
	opaque    int64 // binary values that are nothing known
}

// append appends a document and the end of the line.
func (l *lines) append(out []byte, doc bson.Raw) ([]byte, error) {
	out, err := l.container(out, doc, 0, false)
	return append(out, '\n'), err
}

// container appends a document or an array.
func (l *lines) container(out, doc []byte, depth int, array bool) ([]byte, error) {
	length, rest, ok := bsoncore.ReadLength(doc)
	if !ok || length < 5 || int(length) > len(doc) || depth > maxDepth {
		return out, errDocument
	}
	opening, closing := byte('{'), byte('}')
	if array {
		opening, closing = '[', ']'
	}
	out = append(out, opening)
	rest = rest[:length-4]
	for first := true; len(rest) > 1; first = false {
		element, left, ok := bsoncore.ReadElement(rest)
		if !ok {
			return out, errDocument
		}
		rest = left
		value, err := element.ValueErr()
		if err != nil {
			return out, errDocument
		}
		if !first {
			out = append(out, ',')
		}
		if !array {
			key, err := element.KeyBytesErr()
			if err != nil {
				return out, errDocument
			}
			out = append(appendString(out, key), ':')
		}
		if out, err = l.value(out, value, depth); err != nil {
			return out, err
		}
	}
	return append(out, closing), nil
}

// value appends a value.
func (l *lines) value(out []byte, v bsoncore.Value, depth int) ([]byte, error) {
	switch v.Type {
	case bsoncore.TypeEmbeddedDocument:
		return l.container(out, v.Data, depth+1, false)
	case bsoncore.TypeArray:
		return l.container(out, v.Data, depth+1, true)
	case bsoncore.TypeString, bsoncore.TypeJavaScript, bsoncore.TypeSymbol: // all three: a length, the text, a zero
		n, text, ok := bsoncore.ReadLength(v.Data)
		if !ok || n < 1 || int(n) > len(text) {
			return out, errDocument
		}
		return appendString(out, text[:n-1]), nil
	case bsoncore.TypeBinary:
		kind, data, ok := v.BinaryOK()
		if !ok {
			return out, errDocument
		}
		return l.binary(out, kind, data), nil
	}
	return appendScalar(out, v)
}

// appendScalar appends a value that is one thing.
func appendScalar(out []byte, v bsoncore.Value) ([]byte, error) {
	switch v.Type {
	case bsoncore.TypeInt32, bsoncore.TypeInt64:
		if n, ok := v.AsInt64OK(); ok {
			return strconv.AppendInt(out, n, 10), nil
		}
	case bsoncore.TypeDouble:
		if f, ok := v.DoubleOK(); ok && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return strconv.AppendFloat(out, f, 'g', -1, 64), nil
		}
	case bsoncore.TypeBoolean:
		if b, ok := v.BooleanOK(); ok {
			return strconv.AppendBool(out, b), nil
		}
	case bsoncore.TypeDateTime:
		if ms, ok := v.DateTimeOK(); ok {
			return appendTime(out, ms), nil
		}
	case bsoncore.TypeTimestamp:
		if seconds, _, ok := v.TimestampOK(); ok {
			return appendTime(out, int64(seconds)*1000), nil
		}
	case bsoncore.TypeObjectID:
		return append(hex.AppendEncode(append(out, '"'), v.Data[:min(12, len(v.Data))]), '"'), nil
	case bsoncore.TypeDecimal128:
		if high, low, ok := v.Decimal128OK(); ok {
			return appendString(out, []byte(bson.NewDecimal128(high, low).String())), nil
		}
	case bsoncore.TypeRegex:
		if pattern, _, ok := v.RegexOK(); ok {
			return appendString(out, []byte(pattern)), nil
		}
	case bsoncore.TypeCodeWithScope:
		if code, _, ok := v.CodeWithScopeOK(); ok {
			return appendString(out, []byte(code)), nil
		}
	}
	return append(out, "null"...), nil // null, undefined, the smallest and the largest key, a pointer of old, NaN
}

// appendTime appends a time; one of no year that is written in four digits as the number of milliseconds that it is.
func appendTime(out []byte, ms int64) []byte {
	t := time.UnixMilli(ms).UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return strconv.AppendInt(out, ms, 10)
	}
	return append(t.AppendFormat(append(out, '"'), time.RFC3339Nano), '"')
}

// Subtypes of binary values (BSON 1.1).
const (
	oldUUID   = 3
	uuid      = 4
	encrypted = 6
)

// binary appends a binary value.
func (l *lines) binary(out []byte, kind byte, data []byte) []byte {
	switch {
	case kind == encrypted:
		l.encrypted++
		return append(out, "null"...)
	case (kind == uuid || kind == oldUUID) && len(data) == 16:
		out = append(out, '"')
		for i, part := range [][]byte{data[:4], data[4:6], data[6:8], data[8:10], data[10:]} {
			if i > 0 {
				out = append(out, '-')
			}
			out = hex.AppendEncode(out, part)
		}
		return append(out, '"')
	case plain(data):
		return appendString(out, data)
	}
	if opaque(data) {
		l.opaque++
	}
	return append(base64.StdEncoding.AppendEncode(append(out, '"'), data), '"')
}

// plain tells whether bytes are text.
func plain(data []byte) bool {
	return utf8.Valid(data) && bytes.IndexFunc(data, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f }) < 0
}

// opaque tells whether bytes begin as nothing that readers know in base64: old Office and TIFF are what net/http does not know.
func opaque(data []byte) bool {
	for _, known := range []string{"\xd0\xcf\x11\xe0", "II*\x00", "MM\x00*"} {
		if bytes.HasPrefix(data, []byte(known)) {
			return false
		}
	}
	return http.DetectContentType(data) == "application/octet-stream"
}

const hexDigits = "0123456789abcdef"

// appendString appends a string of JSON. What is no UTF-8 is written as U+FFFD.
func appendString(out, s []byte) []byte {
	out = append(out, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && n == 1 {
				out = append(append(out, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += n
			continue
		}
		out = append(out, s[from:i]...)
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		default:
			out = append(out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	return append(append(out, s[from:]...), '"')
}
