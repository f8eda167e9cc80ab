package pdf

import (
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/chartroom/chartroom/format/pdffile"
)

// font turns the codes of a string into characters and widths (section 9).
type font struct {
	wide     bool              // a code has two bytes
	unicode  map[uint32]string // from the font's ToUnicode; nil = none
	simple   *[256]string      // of a font with codes of one byte
	widths   map[uint32]float64
	standard float64 // the width of all other codes, in thousandths of the font's size
	opaque   bool    // nothing says what the codes stand for
}

// maxCodes bounds what one font may map.
const maxCodes = 1 << 17

// newFont reads a font's dictionary.
func (f *file) newFont(v any) *font {
	d := f.Dict(v)
	t := &font{standard: 500}
	if d == nil {
		t.simple = &winAnsi
		return t
	}
	if s, ok := f.Resolve(d["ToUnicode"]).(*pdffile.Stream); ok {
		t.unicode = f.cmap(s)
	}
	if d["Subtype"] == pdffile.Name("Type0") {
		t.wide = true
		f.composite(t, d)
		return t
	}
	t.simple = f.encoding(d)
	f.simpleWidths(t, d)
	return t
}

// composite reads the widths of a font with codes of two bytes (section 9.7.4.3).
func (f *file) composite(t *font, d pdffile.Dict) {
	t.standard = 1000
	t.opaque = t.unicode == nil
	descendants := f.Array(d["DescendantFonts"])
	if len(descendants) == 0 {
		return
	}
	cid := f.Dict(descendants[0])
	if w, ok := f.Number(cid["DW"]); ok {
		t.standard = w
	}
	t.widths = map[uint32]float64{}
	list := f.Array(cid["W"])
	for i := 0; i+1 < len(list) && len(t.widths) < maxCodes; {
		first, _ := f.Number(list[i])
		if each := f.Array(list[i+1]); each != nil {
			for k, v := range each[:min(len(each), maxCodes)] {
				w, _ := f.Number(v)
				t.widths[uint32(first)+uint32(k)] = w
			}
			i += 2
			continue
		}
		if i+2 >= len(list) {
			break
		}
		last, _ := f.Number(list[i+1])
		w, _ := f.Number(list[i+2])
		for c := first; c <= last && c < 1<<16 && len(t.widths) < maxCodes; c++ {
			t.widths[uint32(c)] = w
		}
		i += 3
	}
}

func (f *file) simpleWidths(t *font, d pdffile.Dict) {
	first, _ := f.Number(d["FirstChar"])
	list := f.Array(d["Widths"])
	if len(list) == 0 {
		return
	}
	if w, ok := f.Number(f.Dict(d["FontDescriptor"])["MissingWidth"]); ok {
		t.standard = w
	}
	t.widths = map[uint32]float64{}
	for i, v := range list[:min(len(list), 256)] {
		w, _ := f.Number(v)
		t.widths[uint32(first)+uint32(i)] = w
	}
	if d["Subtype"] == pdffile.Name("Type3") { // its widths are in a space of the font's own
		if m := f.Array(d["FontMatrix"]); len(m) == 6 {
			if scale, ok := f.Number(m[0]); ok {
				for c := range t.widths {
					t.widths[c] *= scale * 1000
				}
			}
		}
	}
}

// winAnsi and macRoman are the encodings of those names (annex D.2).
var winAnsi, macRoman = tableOf(charmap.Windows1252), tableOf(charmap.Macintosh)

func tableOf(m *charmap.Charmap) (t [256]string) {
	for c := range t {
		if r := m.DecodeByte(byte(c)); c >= ' ' && r != utf8.RuneError {
			t[c] = string(r)
		}
	}
	return t
}

// encoding gives what each code of a simple font stands for (section 9.6.5).
func (f *file) encoding(d pdffile.Dict) *[256]string {
	base := &winAnsi
	v := f.Resolve(d["Encoding"])
	if n, ok := v.(pdffile.Name); ok && n == "MacRomanEncoding" {
		return &macRoman
	}
	e, ok := v.(pdffile.Dict)
	if !ok {
		return base
	}
	if e["BaseEncoding"] == pdffile.Name("MacRomanEncoding") {
		base = &macRoman
	}
	t := *base
	code := 0
	for _, v := range f.Array(e["Differences"]) {
		switch v := f.Resolve(v).(type) {
		case int64:
			code = int(v)
		case pdffile.Name:
			if code >= 0 && code < 256 {
				t[code] = glyph(string(v))
			}
			code++
		}
	}
	return &t
}

// glyph gives the character that a glyph is named after, by the rules of the Adobe Glyph List; "" where the name says nothing.
func glyph(n string) string {
	n, _, _ = strings.Cut(n, ".")
	if len(n) == 1 {
		return n
	}
	if s, ok := glyphs[n]; ok {
		return s
	}
	for _, prefix := range []string{"uni", "u"} {
		if h, ok := strings.CutPrefix(n, prefix); ok && len(h) >= 4 {
			if v, err := strconv.ParseUint(h[:min(len(h), 6-2*len(prefix)/3)], 16, 32); err == nil && utf8.ValidRune(rune(v)) {
				return string(rune(v))
			}
		}
	}
	return ""
}

// glyphs are names of the Adobe Glyph List for Latin texts.
var glyphs = func() map[string]string {
	m := map[string]string{"fi": "fi", "fl": "fl", "ff": "ff", "ffi": "ffi", "ffl": "ffl", "nbspace": " ", "sfthyphen": "-", "minus": "-"}
	for i, n := range strings.Fields(`space exclam quotedbl numbersign dollar percent ampersand quotesingle parenleft parenright asterisk plus comma hyphen period slash
		zero one two three four five six seven eight nine colon semicolon less equal greater question at`) {
		m[n] = string(rune(' ' + i))
	}
	for i, n := range strings.Fields("bracketleft backslash bracketright asciicircum underscore grave") {
		m[n] = string(rune('[' + i))
	}
	for i, n := range strings.Fields("braceleft bar braceright asciitilde") {
		m[n] = string(rune('{' + i))
	}
	for i, n := range strings.Fields(`exclamdown cent sterling currency yen brokenbar section dieresis copyright ordfeminine guillemotleft logicalnot - registered macron degree
		plusminus twosuperior threesuperior acute mu paragraph periodcentered cedilla onesuperior ordmasculine guillemotright onequarter onehalf threequarters questiondown
		Agrave Aacute Acircumflex Atilde Adieresis Aring AE Ccedilla Egrave Eacute Ecircumflex Edieresis Igrave Iacute Icircumflex Idieresis
		Eth Ntilde Ograve Oacute Ocircumflex Otilde Odieresis multiply Oslash Ugrave Uacute Ucircumflex Udieresis Yacute Thorn germandbls
		agrave aacute acircumflex atilde adieresis aring ae ccedilla egrave eacute ecircumflex edieresis igrave iacute icircumflex idieresis
		eth ntilde ograve oacute ocircumflex otilde odieresis divide oslash ugrave uacute ucircumflex udieresis yacute thorn ydieresis`) {
		m[n] = string(rune(0xa1 + i))
	}
	for n, s := range map[string]string{"quoteleft": "‘", "quoteright": "’", "quotedblleft": "“", "quotedblright": "”", "endash": "–", "emdash": "—", "bullet": "•",
		"ellipsis": "…", "Euro": "€", "OE": "Œ", "oe": "œ", "Scaron": "Š", "scaron": "š", "Zcaron": "Ž", "zcaron": "ž", "Ydieresis": "Ÿ", "dotlessi": "ı", "Lslash": "Ł", "lslash": "ł"} {
		m[n] = s
	}
	return m
}()

// decode gives the text of a string and its width in the font's units of a thousandth, the spacing of words and characters not counted.
func (t *font) decode(s pdffile.Text, to []byte) (out []byte, width float64, count, spaces int) {
	step := 1
	if t.wide {
		step = 2
	}
	for ; len(s) >= step; s = s[step:] {
		code := uint32(s[0])
		if t.wide {
			code = code<<8 | uint32(s[1])
		}
		w, ok := t.widths[code]
		if !ok {
			w = t.standard
		}
		width += w
		count++
		if code == ' ' && !t.wide {
			spaces++
		}
		if u, ok := t.unicode[code]; ok {
			to = append(to, u...)
		} else if t.simple != nil {
			to = append(to, t.simple[code&0xff]...)
		}
	}
	return to, width, count, spaces
}

// cmap reads what the codes of a font stand for (section 9.10.3).
func (f *file) cmap(s *pdffile.Stream) map[uint32]string {
	m := map[uint32]string{}
	l := pdffile.NewLexer(io.LimitReader(f.Data(s), 8<<20), 4<<10)
	var operands []any
	for {
		v, err := l.Object(false)
		if err != nil {
			return m
		}
		op, ok := v.(pdffile.Operator)
		if !ok {
			if len(operands) < 1000 {
				operands = append(operands, v)
			}
			continue
		}
		switch op {
		case "endbfchar":
			for i := 0; i+1 < len(operands); i += 2 {
				set(m, codeOf(operands[i]), operands[i+1], 0)
			}
		case "endbfrange":
			for i := 0; i+2 < len(operands); i += 3 {
				span(m, codeOf(operands[i]), codeOf(operands[i+1]), operands[i+2])
			}
		}
		operands = operands[:0]
	}
}

func codeOf(v any) uint32 {
	s, _ := v.(pdffile.Text)
	n := uint32(0)
	for _, c := range s[:min(len(s), 4)] {
		n = n<<8 | uint32(c)
	}
	return n
}

// span maps a range of codes: to characters that follow each other, or to those of a list.
func span(m map[uint32]string, from, to uint32, v any) {
	list, isList := v.(pdffile.Array)
	for n := uint32(0); from+n <= to && n < 1<<16 && len(m) < maxCodes; n++ {
		switch {
		case !isList:
			set(m, from+n, v, n)
		case int(n) < len(list):
			set(m, from+n, list[n], 0)
		}
	}
}

// set maps a code to a text in UTF-16, whose last unit is counted up.
func set(m map[uint32]string, code uint32, v any, plus uint32) {
	s, ok := v.(pdffile.Text)
	if !ok || len(s) == 0 || len(s) > 64 || len(m) >= maxCodes {
		return
	}
	if len(s) == 1 {
		m[code] = string(rune(uint32(s[0]) + plus))
		return
	}
	t := append(pdffile.Text(nil), s...)
	for i := len(t) - 1; i >= 0 && plus > 0; i-- {
		plus += uint32(t[i])
		t[i] = byte(plus)
		plus >>= 8
	}
	m[code] = utf16(t)
}

// utf16 decodes UTF-16 with the high byte first.
func utf16(s pdffile.Text) string {
	var b strings.Builder
	for ; len(s) >= 2; s = s[2:] {
		r := rune(s[0])<<8 | rune(s[1])
		if r >= 0xd800 && r < 0xdc00 && len(s) >= 4 {
			if low := rune(s[2])<<8 | rune(s[3]); low >= 0xdc00 && low < 0xe000 {
				r = (r-0xd800)<<10 + (low - 0xdc00) + 0x10000
				s = s[2:]
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// textOf gives a text string outside of pages as UTF-8: UTF-16 or UTF-8 by its mark, else close to Latin-1 (section 7.9.2.2).
func textOf(v any) string {
	s, _ := v.(pdffile.Text)
	switch {
	case len(s) >= 2 && s[0] == 0xfe && s[1] == 0xff:
		return utf16(s[2:])
	case len(s) >= 2 && s[0] == 0xff && s[1] == 0xfe:
		t := append(pdffile.Text(nil), s[2:]...)
		for i := 0; i+1 < len(t); i += 2 {
			t[i], t[i+1] = t[i+1], t[i]
		}
		return utf16(t)
	case len(s) >= 3 && string(s[:3]) == "\xef\xbb\xbf":
		return strings.ToValidUTF8(string(s[3:]), "?")
	}
	var b strings.Builder
	for _, c := range s {
		if c < ' ' {
			b.WriteByte(c)
		} else {
			b.WriteString(winAnsi[c])
		}
	}
	return b.String()
}
