package dicom

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// repertoire is a character set by its registration number (PS3.3 section C.12.1.1.2).
type repertoire uint16

// The repertoires that are more than one byte table.
const (
	basic     repertoire = 6 // ISO 646, the default
	katakana  repertoire = 13
	gb2312    repertoire = 58
	kanji     repertoire = 87
	hangul    repertoire = 149
	kanjiMore repertoire = 159
	utf       repertoire = 192
	gbk       repertoire = 1000 // GBK and GB18030, which have no number
)

// single gives the table of a repertoire of single bytes; nil where it is none.
func single(r repertoire) *charmap.Charmap {
	switch r {
	case 100:
		return charmap.ISO8859_1
	case 101:
		return charmap.ISO8859_2
	case 109:
		return charmap.ISO8859_3
	case 110:
		return charmap.ISO8859_4
	case 144:
		return charmap.ISO8859_5
	case 127:
		return charmap.ISO8859_6
	case 126:
		return charmap.ISO8859_7
	case 138:
		return charmap.ISO8859_8
	case 148:
		return charmap.ISO8859_9
	case 203:
		return charmap.ISO8859_15
	case 166:
		return charmap.Windows874 // TIS 620 and a few more
	}
	return nil
}

// repertoireOf reads one value of Specific Character Set, whatever stands between its words.
func repertoireOf(term []byte) repertoire {
	s := strings.ToUpper(strings.TrimSpace(string(term[:min(len(term), 32)])))
	if strings.HasPrefix(s, "GB") {
		return gbk
	}
	if !strings.Contains(s, "IR") {
		return basic
	}
	n := repertoire(0)
	for _, c := range s[strings.LastIndex(s, "IR"):] {
		if c >= '0' && c <= '9' && n < 100 {
			n = n*10 + repertoire(c-'0')
		}
	}
	return n
}

// charset is the first repertoire of a data set. The others come by their escape sequences, which say themselves what they are.
type charset struct{ first repertoire }

// charsetOf reads Specific Character Set.
func charsetOf(value []byte) charset {
	first, _, _ := strings.Cut(string(value), "\\")
	if strings.TrimRight(first, " \x00") == "" {
		return charset{basic}
	}
	return charset{repertoireOf([]byte(first))}
}

// escapes are the sequences that switch the lower (G0) or upper (G1) half to a repertoire (PS3.3 table C.12-3 and C.12-4).
var escapes = []struct {
	text  string
	upper bool
	to    repertoire
}{
	{"(B", false, basic}, {"(J", false, basic}, {")I", true, katakana},
	{"-A", true, 100}, {"-B", true, 101}, {"-C", true, 109}, {"-D", true, 110}, {"-L", true, 144}, {"-G", true, 127},
	{"-F", true, 126}, {"-H", true, 138}, {"-M", true, 148}, {"-T", true, 166}, {"-b", true, 203},
	{"$B", false, kanji}, {"$@", false, kanji}, {"$(D", false, kanjiMore}, {"$)C", true, hangul}, {"$)A", true, gb2312},
}

// decoder turns values to UTF-8. Its memory is reused.
type decoder struct {
	out      []byte
	pair     [3]byte
	decoders map[encoding.Encoding]*encoding.Decoder
}

// decode gives a value in UTF-8. The result is good until the next call; it is the value itself where nothing is to be done.
func (d *decoder) decode(v []byte, c charset) []byte {
	plain := true
	for _, b := range v {
		if b >= utf8.RuneSelf || b == 0x1b {
			plain = false
			break
		}
	}
	if plain {
		return v
	}
	d.out = d.out[:0]
	switch {
	case c.first == utf:
		d.unicode(v)
	case c.first == gbk:
		d.whole(simplifiedchinese.GB18030, v)
	default:
		d.switched(v, c.first)
	}
	return d.out
}

// unicode passes UTF-8 and takes other bytes for Windows-1252, which is what they are when programs do as they please.
func (d *decoder) unicode(v []byte) {
	for len(v) > 0 {
		r, n := utf8.DecodeRune(v)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(v[0])
		}
		d.out = utf8.AppendRune(d.out, r)
		v = v[n:]
	}
}

// whole decodes by a table that has no state between values.
func (d *decoder) whole(e encoding.Encoding, v []byte) {
	t := d.decoders[e]
	if t == nil {
		if d.decoders == nil {
			d.decoders = map[encoding.Encoding]*encoding.Decoder{}
		}
		t = e.NewDecoder()
		d.decoders[e] = t
	}
	t.Reset()
	for {
		n := len(d.out)
		if cap(d.out)-n < utf8.UTFMax {
			d.out = append(d.out, make([]byte, max(64, 2*len(v)))...)[:n]
		}
		dst, src, err := t.Transform(d.out[n:cap(d.out)], v, true)
		d.out = d.out[:n+dst]
		v = v[src:]
		if err == transform.ErrShortDst {
			d.out = append(d.out, make([]byte, max(64, 2*len(v)))...)[:len(d.out)]
			continue
		}
		return
	}
}

// switched decodes by ISO 2022: halves that escape sequences switch, and that delimiters set back to the first repertoire.
func (d *decoder) switched(v []byte, first repertoire) {
	low, high := basic, first
	if first == kanji || first == kanjiMore {
		low, high = first, basic
	}
	start, upper := low, high
	for i := 0; i < len(v); {
		b := v[i]
		switch {
		case b == 0x1b:
			n := 1
			for _, e := range escapes {
				if rest := v[i+1:]; len(rest) >= len(e.text) && string(rest[:len(e.text)]) == e.text {
					n += len(e.text)
					if e.upper {
						high = e.to
					} else {
						low = e.to
					}
				}
			}
			i += n
		case b < 0x21 || b == 0x7f || low == basic && b < utf8.RuneSelf:
			d.out = append(d.out, b)
			if b == '\\' || b == '^' || b == '=' || b == '\r' || b == '\n' || b == '\f' || b == '\t' {
				low, high = start, upper
			}
			i++
		case b < utf8.RuneSelf:
			i += d.multi(v[i:], low, 0x80)
		case b < 0xa0 && high != basic:
			i++ // a control of the upper half
		default:
			i += d.upper(v[i:], high)
		}
	}
}

// upper decodes what stands in the upper half, and tells how many bytes it took.
func (d *decoder) upper(v []byte, high repertoire) int {
	switch high {
	case hangul, gb2312, kanji, kanjiMore:
		return d.multi(v, high, 0)
	case katakana:
		if v[0] > 0xa0 && v[0] < 0xe0 {
			d.out = utf8.AppendRune(d.out, 0xff61+rune(v[0]-0xa1)) // JIS X 0201
			return 1
		}
	}
	if table := single(high); table != nil {
		d.out = utf8.AppendRune(d.out, table.DecodeByte(v[0]))
		return 1
	}
	r, n := utf8.DecodeRune(v) // beyond the repertoire: as programs do
	if r == utf8.RuneError && n == 1 {
		r = charmap.Windows1252.DecodeByte(v[0])
	}
	d.out = utf8.AppendRune(d.out, r)
	return n
}

// multi decodes one character of two bytes, of which the table has the upper half.
func (d *decoder) multi(v []byte, r repertoire, lift byte) int {
	if len(v) < 2 {
		return 1
	}
	pair := append(d.pair[:0], v[0]|lift, v[1]|lift)
	switch r {
	case hangul:
		d.whole(korean.EUCKR, pair)
	case gb2312:
		d.whole(simplifiedchinese.GBK, pair)
	case kanjiMore:
		d.whole(japanese.EUCJP, append(d.pair[:0], 0x8f, v[0]|lift, v[1]|lift))
	default:
		d.whole(japanese.EUCJP, pair)
	}
	return 2
}
