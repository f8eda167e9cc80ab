package charset

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"
)

// wideBytes writes a text as UTF-16.
func wideBytes(text string, big bool) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

func decode(t testing.TB, data []byte, body io.Reader) (string, string) {
	t.Helper()
	r, name := Reader(data, body)
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), name
}

func TestReader(t *testing.T) {
	text := "Zoë Müller, 漢字 and 😀: 12 Elm St\r\n"
	for name, c := range map[string]struct {
		data []byte
		want string
		set  string
	}{
		"empty":                 {nil, "", UTF8},
		"ASCII":                 {[]byte("plain"), "plain", UTF8},
		"UTF-8":                 {[]byte(text), text, UTF8},
		"UTF-8 with a mark":     {[]byte("\ufeff" + text), text, UTF8},
		"a mark alone":          {[]byte("\ufeff"), "", UTF8},
		"UTF-16LE with a mark":  {wideBytes("\ufeff"+text, false), text, UTF16LE},
		"UTF-16BE with a mark":  {wideBytes("\ufeff"+text, true), text, UTF16BE},
		"UTF-16LE":              {wideBytes("Zoë Müller lives here", false), "Zoë Müller lives here", UTF16LE},
		"UTF-16BE":              {wideBytes("Zoë Müller lives here", true), "Zoë Müller lives here", UTF16BE},
		"half a unit":           {append(wideBytes("\ufeffab", false), 'c'), "ab\ufffd", UTF16LE},
		"half a pair":           {wideBytes("\ufeffab", false)[:4:4], "a", UTF16LE},
		"lone surrogate":        {[]byte("\xff\xfea\x00\x00\xd8b\x00"), "a\ufffdb", UTF16LE},
		"Latin-1":               {[]byte("Zo\xeb M\xfcller"), "Zoë Müller", Windows1252},
		"Windows-1252":          {[]byte("\x93quoted\x94 \x80 5"), "“quoted” € 5", Windows1252},
		"UTF-8 and Latin-1":     {[]byte("Zoë\nZo\xeb\n"), "Zoë\nZoë\n", Windows1252},
		"UTF-8 that is cut off": {[]byte("Zo\xc3"), "ZoÃ", UTF8},
	} {
		for how, body := range map[string]io.Reader{"whole": bytes.NewReader(c.data), "bytes": iotest.OneByteReader(bytes.NewReader(c.data)), "with EOF": iotest.DataErrReader(bytes.NewReader(c.data))} {
			got, set := decode(t, c.data, body)
			if got != c.want || set != c.set {
				t.Errorf("%s, %s: %q in %s, want %q in %s", name, how, got, set, c.want, c.set)
			}
		}
		if head := string(Head(c.data)); c.set != Windows1252 && name != "half a unit" && head != c.want && name != "UTF-8 that is cut off" {
			t.Errorf("%s: head %q", name, head)
		}
	}
}

// TestLatinBehindTheHead: a text whose beginning is ASCII may go on in any set.
func TestLatinBehindTheHead(t *testing.T) {
	data := []byte(strings.Repeat("plain ", 20000) + "Zo\xeb")
	r, set := Reader(data[:1024], bytes.NewReader(data))
	got, err := io.ReadAll(r)
	if err != nil || set != UTF8 || !strings.HasSuffix(string(got), "Zoë") || len(got) != len(data)+1 {
		t.Errorf("%v, %s, %d bytes", err, set, len(got))
	}
}

// TestInPlace: UTF-8 is read into the caller's memory, as much as there is room.
func TestInPlace(t *testing.T) {
	data := []byte(strings.Repeat("é", 4096))
	r, _ := Reader(data, bytes.NewReader(data))
	p := make([]byte, len(data))
	if n, err := r.Read(p); n != len(data) || err != nil || !bytes.Equal(p, data) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestSmallReads: a caller with little room gets everything.
func TestSmallReads(t *testing.T) {
	text := "Zoë 漢字 😀"
	for size := 1; size < 8; size++ {
		r, _ := Reader([]byte(text), strings.NewReader(text))
		var got []byte
		p := make([]byte, size)
		for {
			n, err := r.Read(p)
			if got = append(got, p[:n]...); err != nil {
				break
			}
		}
		if string(got) != text {
			t.Errorf("%d bytes at a time: %q", size, got)
		}
	}
}

func TestErrorPasses(t *testing.T) {
	broken := errors.New("disk")
	for _, head := range []string{"abc", "\xff\xfea\x00"} {
		r, _ := Reader([]byte(head), io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken)))
		if _, err := io.ReadAll(r); !errors.Is(err, broken) {
			t.Errorf("%q: %v", head, err)
		}
	}
}

func TestIsText(t *testing.T) {
	for name, c := range map[string]struct {
		head string
		want bool
	}{
		"empty":              {"", true},
		"text":               {"hello\tworld\r\n", true},
		"terminal colours":   {"\x1b[31mred\x1b[0m", true},
		"Latin-1":            {"na\xefve caf\xe9 owners", true},
		"UTF-16":             {string(wideBytes("\ufeffhello", false)), true},
		"UTF-16 of binary":   {"\xff\xfe\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00\x06\x00\x07\x00\x01\x00\x02\x00", false},
		"UTF-32":             {"\xff\xfe\x00\x00a\x00\x00\x00", false},
		"zero bytes":         {"ab\x00\x00\x00cd", false},
		"control characters": {strings.Repeat("\x01\x02\x03 abc", 50), false},
		"short noise":        {"\x9c\xed\xbd\x07\x60\x1c\x49\x96\x25", false},
		"KOI8-R, long":       {strings.Repeat("\xf0\xd2\xc9\xd7\xc5\xd4 ", 60), true},
	} {
		if got := IsText([]byte(c.head)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestWindows1252 compares every byte with the table of golang.org/x/text, but for the five without a letter.
func TestWindows1252(t *testing.T) {
	for c := 0x80; c < 0x100; c++ {
		want := charmap.Windows1252.DecodeByte(byte(c))
		if want == utf8.RuneError {
			want = rune(c)
		}
		if got := appendNarrow(nil, []byte{byte(c)}); string(got) != string(want) {
			t.Errorf("%#x: %q, want %q", c, got, want)
		}
	}
}

// TestAnyText: valid text comes back the same, whatever the set and however it is read.
func TestAnyText(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := "text " + strings.ReplaceAll(strings.ReplaceAll(rapid.String().Draw(rt, "text"), "\x00", ""), "\ufeff", "")
		data := []byte(text)
		if rapid.Bool().Draw(rt, "wide") {
			data = wideBytes("\ufeff"+text, rapid.Bool().Draw(rt, "big"))
		}
		head := data[:rapid.IntRange(min(4, len(data)), len(data)).Draw(rt, "head")]
		r, _ := Reader(head, iotest.HalfReader(bytes.NewReader(data)))
		if got, err := io.ReadAll(r); err != nil || string(got) != text {
			rt.Fatalf("%v: %q, want %q", err, got, text)
		}
	})
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("text"))
	f.Add([]byte("\xff\xfea\x00\x00\xd8"))
	f.Add([]byte("\xef\xbb"))
	f.Add([]byte("Zo\xeb"))
	f.Fuzz(func(t *testing.T, data []byte) {
		IsText(data)
		Head(data)
		whole, _ := decode(t, data, bytes.NewReader(data))
		if !utf8.ValidString(whole) {
			t.Fatalf("%q is no UTF-8", whole)
		}
		if parts, _ := decode(t, data, iotest.OneByteReader(bytes.NewReader(data))); parts != whole {
			t.Fatalf("%q byte by byte, %q at once", parts, whole)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	ascii := bytes.Repeat([]byte("2024-05-01 request done in 12 ms for user maria\n"), 1<<16)
	for name, data := range map[string][]byte{"ASCII": ascii, "Latin-1": bytes.ReplaceAll(ascii, []byte("maria"), []byte("mar\xeda")), "UTF-16": wideBytes("\ufeff"+string(ascii), false)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			p := make([]byte, 256<<10)
			for b.Loop() {
				r, _ := Reader(data[:65536], bytes.NewReader(data))
				for {
					if _, err := r.Read(p); err != nil {
						break
					}
				}
			}
		})
	}
}
