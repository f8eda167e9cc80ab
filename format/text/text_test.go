package text

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// story is what a reading handed out.
type story struct {
	whole  []byte // the parts that count, one behind the other
	cells  int
	before int // least context before a chunk but the first
	behind int // least context behind a chunk but the last
	gaps   []string
}

func read(t testing.TB, data []byte, body io.Reader) story {
	t.Helper()
	s := story{before: 1 << 20, behind: 1 << 20}
	last := -1
	out := format.Output{Places: &record.Places{}, Gap: func(reason estate.GapReason, detail string) { s.gaps = append(s.gaps, string(reason)+": "+detail) }}
	out.Batch = func(b *record.Batch) error {
		if b.Len() != 1 || len(b.Cells) != 1 {
			t.Fatalf("%d records of %d cells", b.Len(), len(b.Cells))
		}
		place := out.Places.At(b.Cells[0].Place)
		if place.Mode != record.Text || place.Kind != phi.FreeText || place.Field != "text" {
			t.Fatalf("place %+v", *place)
		}
		v := b.Bytes(b.Cells[0])
		s.whole = append(s.whole, v[b.From:b.To]...)
		if s.cells > 0 {
			s.before, s.behind = min(s.before, int(b.From)), min(s.behind, last)
		}
		last = len(v) - int(b.To)
		s.cells++
		return nil
	}
	in := format.Input{Name: "a.log", Size: int64(len(data)), Head: data[:min(len(data), format.HeadSize)], Body: body}
	if err := (Reader{}).Read(context.Background(), in, out); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPassesUTF8AsItIs(t *testing.T) {
	line := "2024-05-01 12:00:00 GET /café/Zoë 200 Müller 漢字 😀\n"
	text := []byte(strings.Repeat(line, 3*format.ChunkSize/len(line)))
	s := read(t, text, bytes.NewReader(text))
	if !bytes.Equal(s.whole, text) {
		t.Fatal("the parts that count are not the text")
	}
	if s.cells < 3 || s.before < 512 || s.behind < 512 {
		t.Fatalf("%d cells, context %d before and %d behind", s.cells, s.before, s.behind)
	}
}

func TestOneEndlessLine(t *testing.T) {
	for _, unit := range []string{"x", "漢", "word "} {
		text := []byte(strings.Repeat(unit, 3*format.ChunkSize/len(unit)))
		s := read(t, text, iotest.HalfReader(bytes.NewReader(text)))
		if !bytes.Equal(s.whole, text) || s.before < 512 || s.behind < 512 {
			t.Fatalf("%q: %d bytes of %d, context %d and %d", unit, len(s.whole), len(text), s.before, s.behind)
		}
	}
}

func TestDecodes(t *testing.T) {
	want := "Patient Zoë Müller – née O’Hara\r\nseen 2024-05-01\r\n"
	latin := []byte("Patient Zo\xeb M\xfcller \x96 n\xe9e O\x92Hara\r\nseen 2024-05-01\r\n")
	wide := func(order func([]byte, uint16) []byte, text string) (b []byte) {
		for _, u := range utf16.Encode([]rune(text)) {
			b = order(b, u)
		}
		return b
	}
	little := func(b []byte, u uint16) []byte { return append(b, byte(u), byte(u>>8)) }
	big := func(b []byte, u uint16) []byte { return append(b, byte(u>>8), byte(u)) }
	for name, text := range map[string][]byte{
		"UTF-8":             []byte(want),
		"UTF-8 with mark":   []byte("\ufeff" + want),
		"Windows-1252":      latin,
		"UTF-16LE with BOM": wide(little, "\ufeff"+want),
		"UTF-16BE with BOM": wide(big, "\ufeff"+want),
		"UTF-16LE":          wide(little, want),
		"UTF-16BE":          wide(big, want),
	} {
		if (Reader{}).Claims("a", text) != format.Fallback {
			t.Errorf("%s: not claimed", name)
		}
		for how, body := range map[string]io.Reader{"whole": bytes.NewReader(text), "byte by byte": iotest.OneByteReader(bytes.NewReader(text))} {
			if s := read(t, text, body); string(s.whole) != want {
				t.Errorf("%s, %s: %q", name, how, s.whole)
			}
		}
	}
}

func TestBinaryInTheMiddle(t *testing.T) {
	line := "May 01 12:00:00 host sshd[123]: accepted key for maria\n"
	text := strings.Repeat(line, 64<<10/len(line))
	noise := make([]byte, 40<<10)
	src := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(src.Uint32())
	}
	data := []byte(text + string(noise) + text)
	s := read(t, data, bytes.NewReader(data))
	if len(s.gaps) != 1 || !strings.HasPrefix(s.gaps[0], "unknown binary: binary in 1 places") {
		t.Fatalf("gaps %v", s.gaps)
	}
	if got := bytes.Count(s.whole, []byte("maria")); got < 2*(64<<10/len(line))-2*blockSize/len(line)-2 {
		t.Fatalf("%d lines read", got)
	}
	padded := []byte(text + "\x00" + text)
	if s := read(t, padded, bytes.NewReader(padded)); len(s.gaps) != 0 || !bytes.Equal(s.whole, padded) {
		t.Fatalf("a lone zero byte: gaps %v", s.gaps)
	}
}

func TestClaims(t *testing.T) {
	noise := make([]byte, 4096)
	for i := range noise {
		noise[i] = byte(i*7919>>3) ^ byte(i)
	}
	for name, c := range map[string]struct {
		head string
		want format.Claim
	}{
		"text":       {"hello, world\n", format.Fallback},
		"empty":      {"", format.Fallback},
		"colours":    {"\x1b[31mred\x1b[0m\n", format.Fallback},
		"RTF":        {"{\\rtf1\\ansi hello}", format.No},
		"PNG":        {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", format.No},
		"gzip":       {"\x1f\x8b\x08\x08\x01\x02\x03\x04\xff\xfe\xfd", format.No},
		"noise":      {string(noise), format.No},
		"cut rune":   {strings.Repeat("é", 100) + "\xc3", format.Fallback},
		"zero bytes": {strings.Repeat("\x00", 100), format.No},
	} {
		if got := (Reader{}).Claims("x", []byte(c.head)); got != c.want {
			t.Errorf("%s: claim %d, want %d", name, got, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	out := format.Output{Places: &record.Places{}, Batch: func(*record.Batch) error { return nil }, Gap: func(estate.GapReason, string) {}}
	broken := errors.New("disk")
	in := format.Input{Size: -1, Body: io.MultiReader(strings.NewReader("text"), iotest.ErrReader(broken))}
	if err := (Reader{}).Read(context.Background(), in, out); !errors.Is(err, broken) {
		t.Errorf("a read error became %v", err)
	}
	full := errors.New("full")
	out.Batch = func(*record.Batch) error { return full }
	in.Body = strings.NewReader("text")
	if err := (Reader{}).Read(context.Background(), in, out); !errors.Is(err, full) {
		t.Errorf("an error of the output became %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := (Reader{}).Read(ctx, in, out); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled reading gave %v", err)
	}
}

// TestNothingLost: whatever valid text, and however it is read, the parts that count make it up.
func TestNothingLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		piece := rapid.StringN(1, 40, -1).Draw(rt, "piece")
		if strings.ContainsFunc(piece, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfeff || r == utf8.RuneError }) {
			rt.Skip()
		}
		text := []byte("the text begins here " + strings.Repeat(piece, rapid.IntRange(0, 30000).Draw(rt, "times")))
		var body io.Reader = bytes.NewReader(text)
		if rapid.Bool().Draw(rt, "halved") {
			body = iotest.HalfReader(body)
		}
		if s := read(t, text, body); !bytes.Equal(s.whole, text) {
			rt.Fatalf("%d bytes of %d", len(s.whole), len(text))
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("plain text\n"))
	f.Add([]byte("\xff\xfeh\x00i\x00"))
	f.Add([]byte("text \x00\x01\x02\x03\x04\x05\x06 more"))
	f.Add([]byte("Zo\xeb"))
	f.Fuzz(func(t *testing.T, data []byte) {
		Reader{}.Claims("x", data)
		s := read(t, data, bytes.NewReader(data))
		if utf8.Valid(data) && len(s.gaps) == 0 && bytes.IndexByte(data, 0) < 0 && !bytes.HasPrefix(data, []byte("\ufeff")) && !bytes.Equal(s.whole, data) {
			t.Fatal("valid text was changed")
		}
	})
}

func BenchmarkRead(b *testing.B) {
	line := "2024-05-01 12:00:00,123 INFO [worker-7] request 8f2c41 done in 12 ms for user maria\n"
	ascii := []byte(strings.Repeat(line, 16<<20/len(line)))
	latin := bytes.ReplaceAll(ascii, []byte("maria"), []byte("mar\xeda"))
	for name, data := range map[string][]byte{"ASCII": ascii, "UTF-8": bytes.ReplaceAll(ascii, []byte("maria"), []byte("maría")), "Windows-1252": latin} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			out := format.Output{Places: &record.Places{}, Batch: func(*record.Batch) error { return nil }, Gap: func(estate.GapReason, string) {}}
			for b.Loop() {
				in := format.Input{Size: int64(len(data)), Head: data[:format.HeadSize], Body: bytes.NewReader(data)}
				if err := (Reader{}).Read(context.Background(), in, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
